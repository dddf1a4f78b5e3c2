"""The first picture of a sweep: where descents end, what their layers look like, how often.

(a) final loss over the DNC loss against the regularization, beside the reference solutions,
(b) spectra of the hidden layers of one point of each kind of ending,
(c) share of each kind of ending by classes and depth.
"""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation

import palette

PANELS_MAX = 4       # (classes, depth) pairs in (a)
KINDS_MAX = 6        # kinds of endings in (b)
BARS_MAX = 10        # (classes, depth) pairs in (c); with more: one bar a depth
SPECTRUM_FLOOR = 1e-6  # singular values below are drawn on this line
NEAR_SHARE, NEAR_LEAST = 0.6, 0.1  # how far above the references the panels of (a) reach:
                                   # a share of their own range, at least that much


def pair_counts(dataset):
    """(classes, depth) -> number of points, sorted by the pair."""
    pairs = zip(dataset["classes"].values.astype(int), dataset["depth"].values.astype(int))
    counts = {}
    for pair in pairs:
        counts[pair] = counts.get(pair, 0) + 1
    return dict(sorted(counts.items()))


def select_pair(dataset, pair):
    mask = (dataset["classes"].values == pair[0]) & (dataset["depth"].values == pair[1])
    return dataset.isel(config=mask)


def kinds_present(dataset):
    """Kinds of endings in the order of the legend, then those the palette does not know."""
    present = set(dataset["ending"].values.tolist())
    return [kind for kind in palette.ENDINGS if kind in present] + sorted(
        present - set(palette.ENDINGS))


# ------------------------------------------------------------------ (a) loss and references
def spacing(x):
    """Least distance of distinct values on the axis, in powers of two."""
    distinct = np.unique(np.log2(x[np.isfinite(x)]))
    return np.diff(distinct).min() if distinct.size > 1 else 1.0


def spread(x):
    """x shifted a little, by the row's number, so that equal values do not hide each other."""
    # Multiples of the golden ratio modulo 1 fill an interval evenly for any number of rows.
    shift = np.mod(np.arange(x.size) * 0.6180339887, 1.0) - 0.5
    return x * 2.0 ** (0.6 * spacing(x) * shift)


def reference_curve(dataset, name, x):
    """Least value of loss_`name` / loss_dnc at each distinct x (some need a width)."""
    ratio = (dataset[name] / dataset["loss_dnc"]).values
    keep = np.isfinite(ratio) & np.isfinite(x)
    levels = np.unique(x[keep])
    return levels, np.array([ratio[keep & (x == level)].min() for level in levels])


def reference_range(dataset):
    """Lowest and highest loss ratio of the references, without the trivial solution, which
    leaves the DNC loss far behind where regularization is weak."""
    seen = [1.0]
    for name in palette.REFERENCES:
        if name in dataset and name != "loss_trivial":
            values = (dataset[name] / dataset["loss_dnc"]).values
            seen += values[np.isfinite(values)].tolist()
    return min(seen), max(seen)


def limits(dataset):
    """Lowest and highest loss ratio of the panels: the references and what lies near them.

    Descents that are far from done, or trivial, must not squeeze the others together.
    """
    low, high = reference_range(dataset)
    ratio = (dataset["loss"] / dataset["loss_dnc"]).values
    alive = ratio[np.isfinite(ratio) & (dataset["ending"].values != "trivial")]
    if alive.size:
        low = min(low, alive.min())
        ceiling = high + max(NEAR_SHARE * (high - low), NEAR_LEAST)
        high = max(high, min(np.quantile(alive, 0.99), ceiling))
    margin = 0.06 * (high - low) + 0.01
    return low - margin, high + margin


def draw_references(axes, dataset, x):
    """Lines of the reference solutions."""
    for name, look in palette.REFERENCES.items():
        if name not in dataset:
            continue
        levels, values = reference_curve(dataset, name, x)
        if not levels.size:
            continue
        if levels.size == 1:  # one regularization: a line as wide as the spread points
            levels, values = levels * 2.0 ** np.array([-0.4, 0.4]), np.repeat(values, 2)
        axes.plot(levels, values, color=look.colour, linestyle=look.style, linewidth=1.1,
                  zorder=3)

def draw_points(axes, dataset, x, ratio, ceiling):
    """Points by kind, those above the ceiling at the top edge; a note that counts them."""
    shown, kinds = spread(x), dataset["ending"].values
    size = 16 if x.size <= 150 else 9
    for kind in kinds_present(dataset):
        look = palette.ending(kind)
        mask = (kinds == kind) & np.isfinite(ratio)
        edge = {} if look.marker == "x" else {"edgecolors": "#333333"}
        axes.scatter(shown[mask], np.minimum(ratio[mask], ceiling), s=size, marker=look.marker,
                     color=look.colour, linewidths=0.3 if edge else 1.0, zorder=4, **edge,
                     clip_on=False)
    above, lost = int(np.sum(ratio > ceiling)), int(np.sum(~np.isfinite(ratio)))
    return ", ".join(f"{count:,} {what}" for count, what in
                     ((above, "above"), (lost, "without ratio")) if count)


def draw_loss_panel(axes, dataset, pair, ceiling):
    x = dataset["kappa_ratio"].values
    ratio = (dataset["loss"] / dataset["loss_dnc"]).values
    axes.set_xscale("log", base=2)
    draw_references(axes, dataset, x)
    note = draw_points(axes, dataset, x, ratio, ceiling)
    axes.set_title(f"K = {pair[0]}, L = {pair[1]}", loc="left", fontweight="bold")
    axes.set_title(note, loc="right", fontsize=7, color="#555555")
    axes.xaxis.set_minor_formatter(NullFormatter())


def draw_losses(figure, grid, dataset):
    counts = pair_counts(dataset)
    pairs = sorted(sorted(counts, key=lambda pair: -counts[pair])[:PANELS_MAX])
    columns = 1 if len(pairs) == 1 else 2
    rows = -(-len(pairs) // columns)
    panels = grid.subgridspec(rows, columns, hspace=0.3, wspace=0.08).subplots(
        sharex=True, sharey=True, squeeze=False)
    low, high = limits(dataset)
    for axes, pair in zip(panels.flat, pairs):
        draw_loss_panel(axes, select_pair(dataset, pair), pair, high)
    for axes in panels.flat[len(pairs):]:
        axes.set_visible(False)
    panels[0, 0].set_ylim(low, high)
    label_losses(figure, panels, pairs, len(counts))


def label_losses(figure, panels, pairs, total):
    for axes in panels[:, 0]:
        axes.set_ylabel("loss / DNC loss")
    for column in range(panels.shape[1]):
        lowest = [axes for axes in panels[:, column] if axes.get_visible()][-1]
        lowest.tick_params(labelbottom=True)
        lowest.set_xlabel(r"regularization $K\bar\lambda\,/\,\kappa_{\max}(L)$")
    chosen = f"; {len(pairs)} of {total} (K, L) pairs" if total > len(pairs) else ""
    heading(panels[0, 0], "a", f"Final loss beside the reference solutions{chosen}", 24)


# ------------------------------------------------------------------ (b) spectra by layer
def representatives(dataset):
    """kind -> row of its point of median loss ratio, in the deepest (K, L) with the most kinds.

    A kind that never ended there is shown from wherever it did.
    """
    def variety(pair):
        kinds = set(kinds_present(select_pair(dataset, pair))) - {"none", "trivial"}
        return len(kinds), pair[1], pair[0]

    home = max(pair_counts(dataset), key=variety)
    kinds, rows = dataset["ending"].values, {}
    at_home = (dataset["classes"].values == home[0]) & (dataset["depth"].values == home[1])
    ratio = (dataset["loss"] / dataset["loss_dnc"]).values
    for kind in kinds_present(dataset):
        if kind == "none":  # diverged: nothing to show
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
    axes.annotate(look.label.split(" (")[0], (0, 1), xytext=(10, 34), fontweight="bold",
                  fontsize=7.6, **place)
    offset = ScaledTranslation(3 / 72, 34 / 72, axes.figure.dpi_scale_trans)
    axes.plot(0, 1, marker=look.marker, color=look.colour, markersize=6, clip_on=False,
              markeredgecolor="#333333", markeredgewidth=0.4,
              transform=axes.transAxes + offset)


def hidden_spectra(point):
    """Singular values of the class means after the ReLU: one row each of layers 2 .. L."""
    count = min(int(point["classes"]), int(point["width"]))
    return point["sv_mean_post"].values[1:int(point["depth"]), :count]


def layer_marker(position):
    return palette.LAYER_MARKERS[position % len(palette.LAYER_MARKERS)]


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
    smallest = min((part.min() for point in points for part in hidden_spectra(point)),
                   default=1.0)
    return min(10.0 ** np.floor(np.log10(max(smallest, SPECTRUM_FLOOR))), 1e-2)


def draw_spectra(figure, grid, dataset):
    rows = representatives(dataset)
    if not rows or "sv_mean_post" not in dataset:
        axes = figure.add_subplot(grid)
        axes.text(0.5, 0.5, "no spectra: every finished point diverged or none are stored",
                  ha="center")
        axes.set_axis_off()
        return heading(axes, "b", "Spectra of the hidden layers", 10)
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
    layer_legend(panels[len(rows) - 1], colours)
    heading(panels[0], "b", "Class means after the ReLU in the hidden layers: singular values of "
            "one point of each kind of ending (below $10^{-6}$: on the axis)", 46)


def layer_legend(axes, colours):
    handles = [Line2D([], [], color=colour, linewidth=1.0, markersize=4,
                      marker=layer_marker(i), label=f"layer {i + 2}")
               for i, colour in enumerate(colours)]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5),
                handlelength=1.6)


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
def heading(axes, letter, text, pad):
    axes.annotate(rf"$\bf{{({letter})}}$ {text}", (0, 1), xytext=(-6, pad), fontsize=9.5,
                  xycoords="axes fraction", textcoords="offset points", va="bottom")


def ending_handles(dataset):
    for kind in kinds_present(dataset):
        look = palette.ending(kind)
        plain = {} if look.marker == "x" else {"markeredgecolor": "#333333"}
        yield Line2D([], [], linestyle="", marker=look.marker, color=look.colour, markersize=6,
                     markeredgewidth=0.4 if plain else 1.2, label=look.label, **plain)


def reference_handles(dataset):
    """Of the lines that pass through a panel."""
    high = limits(dataset)[1]
    for name, look in palette.REFERENCES.items():
        if name in dataset and (dataset[name] / dataset["loss_dnc"] < high).any():
            yield Line2D([], [], color=look.colour, linestyle=look.style, label=look.label)


def draw_legends(figure, grid, dataset):
    axes = figure.add_subplot(grid)
    axes.set_axis_off()
    style = dict(loc="upper left", alignment="left", borderaxespad=0, borderpad=0,
                 title_fontproperties={"weight": "bold", "size": 8})
    endings = axes.legend(handles=list(ending_handles(dataset)), handlelength=1.2,
                          title="Endings: points (a), bars (c)",
                          bbox_to_anchor=(-0.17, 1.0), **style)
    axes.add_artist(endings)
    axes.legend(handles=list(reference_handles(dataset)), handlelength=3.2,
                title="References: lines (a)", bbox_to_anchor=(0.5, 1.0), **style)


def draw(dataset, facts):
    """The whole figure, 11 by 8.5 inches."""
    figure = plt.figure(figsize=(11, 8.5))
    rows = figure.add_gridspec(2, 1, height_ratios=(1.75, 1), hspace=0.53, left=0.06,
                               right=0.925, top=0.86, bottom=0.06)
    top = rows[0].subgridspec(1, 2, width_ratios=(1.6, 1), wspace=0.24)
    side = top[1].subgridspec(2, 1, height_ratios=(1, 1), hspace=0.45)
    draw_losses(figure, top[0], dataset)
    draw_shares(figure, side[0], dataset)
    draw_legends(figure, side[1], dataset)
    draw_spectra(figure, rows[1], dataset)
    figure.text(0.012, 0.975, f"Sweep “{facts.name}”", fontsize=13, fontweight="bold", va="top")
    figure.text(0.012, 0.945, facts.line(), fontsize=8.5, color="#444444", va="top")
    return figure
