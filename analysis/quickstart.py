"""The first picture of a sweep: where descents end, what their layers look like, how often.

(a) final loss over the DNC loss against the regularization, beside the reference solutions,
(b) spectra of the hidden layers of one point of each kind of ending,
(c) share of each kind of ending by classes and depth.
"""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation

import networks
import palette
import references
from losses import draw_losses, pair_counts, reference_handles, select_pair
from page import ending_handles, heading, kinds_present, layer_handles, layer_marker, source
from sweepfile import is_measured

KINDS_MAX = 6        # kinds of endings in (b)
EMPTY = ("none", "trivial")  # endings without singular values to show
BARS_MAX = 10        # (classes, depth) pairs in (c); with more: one bar a depth
SPECTRUM_FLOOR = 1e-6  # singular values below are drawn on this line


# ------------------------------------------------------------------ (b) spectra by layer
def representatives(dataset):
    """kind -> row of its point of median loss ratio, in the deepest (K, L) with the most kinds.

    A kind that never ended there is shown from wherever it did.
    """
    def variety(pair):
        kinds = set(kinds_present(select_pair(dataset, pair))) - set(EMPTY)
        return len(kinds), pair[1], pair[0]

    home = max(pair_counts(dataset), key=variety)
    kinds, rows = dataset["ending"].values, {}
    at_home = (dataset["classes"].values == home[0]) & (dataset["depth"].values == home[1])
    ratio = dataset["loss"].values / references.collapse(dataset)
    for kind in kinds_present(dataset):
        if kind in EMPTY:
            continue
        candidates = np.flatnonzero((kinds == kind) & at_home)
        if not candidates.size:
            candidates = np.flatnonzero(kinds == kind)
        order = candidates[np.argsort(ratio[candidates], kind="stable")]
        rows[kind] = int(order[(order.size - 1) // 2])
    return dict(list(rows.items())[:KINDS_MAX])


def caption(point):
    """The parameters of a point in two short lines."""
    regularization = float(point["lambda"]) if "lambda" in point.variables else np.nan
    exponent = np.log2(regularization)
    if np.isnan(regularization):
        power = rf"$K\bar\lambda/\kappa_{{\max}}$ = {float(point['kappa_ratio']):.3g}"
    elif exponent == round(exponent):
        power = rf"$\lambda$ = $2^{{{int(exponent)}}}$"
    else:
        power = rf"$\lambda$ = {regularization:.3g}"
    seed = f", seed {int(point['seed'])}" if "seed" in point.variables else ""
    return (f"K = {int(point['classes'])}, L = {int(point['depth'])}, "
            f"d = {int(point['width'])}\n{power}{seed}")


def title(axes, look):
    """Name of the ending behind its marker of (a), above the two lines of the caption."""
    place = dict(xycoords="axes fraction", textcoords="offset points", va="center")
    axes.annotate(look.short, (0, 1), xytext=(10, 34), fontweight="bold",
                  fontsize=7.6, **place)
    offset = ScaledTranslation(3 / 72, 34 / 72, axes.figure.dpi_scale_trans)
    axes.plot(0, 1, marker=look.marker, color=look.colour, markersize=6, clip_on=False,
              markeredgecolor="#333333", markeredgewidth=0.4,
              transform=axes.transAxes + offset)


def hidden_spectra(point):
    """Singular values of the class means after the ReLU: one row each of layers 2 .. L."""
    count = min(int(point["classes"]), int(point["width"]))
    return point["sv_mean_post"].values[1:int(point["depth"]), :count]


def draw_spectrum(axes, point, kind, colours):
    spectra = hidden_spectra(point)
    count = spectra.shape[1]
    for i, values in enumerate(spectra):  # small on large, so that equal values all show
        size = 6.5 - 3.0 * i / max(len(colours) - 1, 1)
        axes.plot(np.arange(1, count + 1), np.maximum(values, SPECTRUM_FLOOR),
                  color=colours[i], linewidth=1.0, markersize=size, markeredgewidth=0.4,
                  marker=layer_marker(i), markeredgecolor="white", clip_on=False, zorder=3)
    axes.set_yscale("log")
    title(axes, palette.ending(kind))
    axes.text(0, 1.02, caption(point), transform=axes.transAxes, va="bottom", fontsize=7.5,
              color="#333333")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlim(0.5, count + 0.5)


def spectrum_floor(points):
    """The power of ten below the smallest value that is drawn; at least two decades."""
    smallest = min((np.nanmin(part) for point in points for part in hidden_spectra(point)),
                   default=1.0)
    return min(10.0 ** np.floor(np.log10(max(smallest, SPECTRUM_FLOOR))), 1e-2)


def draw_spectra(figure, grid, dataset, letter="b"):
    rows = representatives(dataset)
    if not rows or "sv_mean_post" not in dataset:
        axes = figure.add_subplot(grid)
        axes.text(0.5, 0.5, "no spectra: all points diverged or are trivial, or none are stored",
                  ha="center")
        axes.set_axis_off()
        return heading(axes, letter, "Spectra of the hidden layers", 10)
    panels = grid.subgridspec(1, max(len(rows), 4), wspace=0.12).subplots(sharey=True)
    points = {kind: dataset.isel(config=row) for kind, row in rows.items()}
    colours = palette.layer_colours(max(int(point["depth"]) for point in points.values()) - 1)
    for axes, (kind, point) in zip(panels, points.items()):
        draw_spectrum(axes, point, kind, colours)
        axes.set_xlabel("index $i$")
    for axes in panels[len(rows):]:
        axes.set_visible(False)
    panels[0].set_ylabel(r"singular value $s_i$")
    panels[0].yaxis.set_major_locator(LogLocator(numticks=8))
    panels[0].set_ylim(bottom=spectrum_floor(points.values()))
    panels[len(rows) - 1].legend(handles=layer_handles(colours), loc="center left",
                                 bbox_to_anchor=(1.02, 0.5), handlelength=1.6)
    heading(panels[0], letter, "Class means after the ReLU in the hidden layers: singular values of "
            "one point of each kind of ending", 46)


# ------------------------------------------------------------------ (c) shares of endings
def bars(dataset):
    """Label -> the points of one bar: a (K, L) pair, or a depth where pairs are many."""
    pairs = pair_counts(dataset)
    if len(pairs) <= BARS_MAX:
        return {f"K = {k}, L = {l}": select_pair(dataset, (k, l)) for k, l in pairs}
    depths = np.unique(dataset["depth"].values.astype(int))
    return {f"L = {l}": dataset.isel(config=dataset["depth"].values == l) for l in depths}


def draw_shares(figure, grid, dataset):
    axes = figure.add_subplot(grid)
    groups = bars(dataset)
    for height, points in enumerate(groups.values()):
        left, kinds = 0.0, points["ending"].values
        for kind in kinds_present(dataset):
            share = 100.0 * np.mean(kinds == kind)
            axes.barh(height, share, left=left, height=0.72, color=palette.ending(kind).colour,
                      edgecolor="white", linewidth=0.6)
            left += share
        axes.text(101.5, height, f"{kinds.size:,}", va="center", fontsize=7.5)
    axes.text(101.5, -0.75, "points", va="center", fontsize=7.5)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the finished points (%)")
    axes.grid(False)
    heading(axes, "c", "How descents end", 24)


# ------------------------------------------------------------------ the page
def draw_legends(figure, grid, dataset):
    axes = figure.add_subplot(grid)
    axes.set_axis_off()
    style = dict(loc="upper left", alignment="left", borderaxespad=0, borderpad=0,
                 title_fontproperties={"weight": "bold", "size": 8})
    endings = axes.legend(handles=list(ending_handles(dataset)), handlelength=1.2,
                          title="Endings: points (a), bars (c)",
                          bbox_to_anchor=(-0.3, 1.0), **style)
    axes.add_artist(endings)
    axes.legend(handles=list(reference_handles(dataset)), handlelength=3.2,
                title="References: lines (a)", bbox_to_anchor=(0.47, 1.0), **style)


def draw(dataset, facts):
    """The whole figure, 11 by 8.5 inches; of measured features that of `networks`."""
    if is_measured(dataset):
        return networks.draw(dataset, facts)
    figure = plt.figure(figsize=(11, 8.5))
    rows = figure.add_gridspec(2, 1, height_ratios=(1.75, 1), hspace=0.53, left=0.06,
                               right=0.925, top=0.86, bottom=0.06)
    top = rows[0].subgridspec(1, 2, width_ratios=(2.35, 1), wspace=0.26)
    side = top[1].subgridspec(2, 1, height_ratios=(1, 1), hspace=0.45)
    draw_losses(figure, top[0], dataset)
    draw_shares(figure, side[0], dataset)
    draw_legends(figure, side[1], dataset)
    draw_spectra(figure, rows[1], dataset)
    source(figure, f"Sweep “{facts.name}”", [facts.line()])
    return figure
