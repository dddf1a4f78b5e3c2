"""Phase diagrams: a map over two swept axes for each value of the others. A column each:
(a) the most frequent ending of a cell, paler where fewer of its seeds agree, (b) the share of
descents below the loss of collapse, (c) the median loss over it, (d) the median least rank of
the hidden layers.
"""
import itertools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import FuncNorm, Normalize, to_rgb

import axis
import captions
import palette
import shares
import statistic
from page import LINE, below_legend, ending_handles, heading, kinds_present, source
from sweepfile import Unusable

ROWS_MAX = 6
WIDTH, ABOVE, HEIGHT, GAP = 11, 0.55, 2.1, 1.1  # inches
COLUMNS = 4       # of the legend
MARKED_MAX = 200  # cells of a map whose endings have markers
PALEST = 0.25  # of the colour of an ending in a cell where all differ


def most_frequent(kinds):
    """Of a list; the first of those that are as frequent."""
    return max(dict.fromkeys(kinds), key=kinds.count)


def ending(kinds):
    """Colour of the most frequent of the list, mixed with white by the share that differs."""
    best = most_frequent(kinds)
    weight = PALEST + (1 - PALEST) * kinds.count(best) / len(kinds)
    return [1 - weight * (1 - part) for part in to_rgb(palette.ending(best).colour)]


# Heading -> (statistic, its colours from 0 to 1); None: from the least to the largest ratio.
STATISTICS = {
    "share below the DNC loss": ("loss<loss_dnc", "cividis"),
    "median loss / DNC loss": ("loss/loss_dnc", None),
    "median least rank / K": ("min:rank_mean_post/classes", "magma"),
}
RATIO_COLOURS = "PuOr_r"  # white at 1
ROUND = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01, 1.05, 1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100)
RATIO_NEAR = 0.01         # the colours of ratios reach this far from 1 at least


def ratio_norm(values):
    """Colours of ratios, logarithmic to both sides of 1, which is in the middle: below it down to the
    least of the values, above it up to the largest."""
    known = values[np.isfinite(values) & (values > 0)]
    low = np.log(min(known.min(initial=1), 1 - RATIO_NEAR))
    high = np.log(max(known.max(initial=1), 1 + RATIO_NEAR))

    def forward(ratio):
        unmasked = np.ma.filled(np.ma.asarray(ratio, dtype=float), np.nan)  # a masked cell stays without colour
        logarithm = np.log(np.maximum(unmasked, np.finfo(float).tiny))
        return np.where(logarithm < 0, -logarithm / low, logarithm / high)

    def inverse(place):
        return np.exp(np.where(place < 0, -place * low, place * high))
    return FuncNorm((forward, inverse), vmin=np.exp(low), vmax=np.exp(high))


def ratio_ticks(norm):
    """Round ratios: 1, a few on either side, and none closer than an eighth of the bar."""
    chosen = [1.0]
    for ratio in sorted(ROUND, key=lambda ratio: abs(np.log(ratio)), reverse=True):
        place = float(norm(ratio))
        if 0 <= place <= 1 and all(abs(place - float(norm(other))) > 0.125 for other in chosen):
            chosen.append(ratio)
    return sorted(chosen)


def cells(points, names):
    """(values of x, values of y, {(x, y): rows of the points of the cell})."""
    found = {}
    for row, key in enumerate(zip(*(points[name].values.tolist() for name in names))):
        found.setdefault(key, []).append(row)
    return sorted({x for x, _ in found}), sorted({y for _, y in found}), found


def table(xs, ys, found, value, empty):
    return np.array([[value(found[x, y]) if (x, y) in found else empty for x in xs] for y in ys])


def draw_endings(axes, points, names):
    """The map of the most frequent endings, with their markers for readers without colours."""
    xs, ys, found = cells(points, names)
    kinds = points["ending"].values
    image = table(xs, ys, found, lambda rows: ending(kinds[rows].tolist()), [1, 1, 1])
    known = table(xs, ys, found, lambda rows: 1.0, 0.0)
    drawn = draw_map(axes, (xs, ys), (image, {"alpha": known}))
    if len(found) > MARKED_MAX:
        return drawn
    for (x, y), rows in found.items():
        look = palette.ending(most_frequent(kinds[rows].tolist()))
        axes.plot(xs.index(x), ys.index(y), linestyle="", marker=look.marker, markersize=4.2, color="#FFFFFF",
                  markeredgewidth=0.7, markeredgecolor="#FFFFFF" if look.marker == "x" else "#222222")
    return drawn


def draw_statistic(axes, points, names, shown, colours):
    """The map of a Statistic of these points; `colours`: of imshow."""
    xs, ys, found = cells(points, names)
    image = table(xs, ys, found, shown.of, np.nan).astype(float)
    return draw_map(axes, (xs, ys), (image, colours))


def draw_map(axes, values, image):
    """`image`: (rows, columns) or with colours, and options of imshow; row 0 is the least y. Cells without
    a value show the hatched ground."""
    xs, ys = values
    axes.patch.set(facecolor="#FFFFFF", edgecolor="#AAAAAA", hatch="/////")
    drawn = axes.imshow(image[0], origin="lower", aspect="auto", interpolation="nearest", **image[1])
    axes.set_xticks(*axis.sparse_ticks(xs, 6), rotation=40, ha="right")
    axes.set_yticks(*axis.sparse_ticks(ys, 12))
    axes.grid(False)
    return drawn


def medians(rows, names):
    """Median ratios of loss to that of collapse of all cells of all rows of panels."""
    found = []
    for _, points in rows:
        shown = statistic.parse(points, STATISTICS["median loss / DNC loss"][0])
        found += [shown.of(members) for members in cells(points, names)[2].values()]
    return np.array(found)


def draw_row(figure, panels, points, names, ratios):
    """`ratios`: the norm of the colours of ratios."""
    draw_endings(panels[0], points, names)
    for axes, (name, colours) in zip(panels[1:], STATISTICS.values()):
        look = dict(cmap=colours, norm=Normalize(0, 1)) if colours else dict(cmap=RATIO_COLOURS, norm=ratios)
        drawn = draw_statistic(axes, points, names, statistic.parse(points, name), look)
        bar = figure.colorbar(drawn, ax=axes, fraction=0.06, pad=0.03)
        if not colours:
            ticks = ratio_ticks(ratios)
            bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks])
            bar.minorticks_off()
        axes.tick_params(labelleft=False)
    panels[0].set_ylabel(axis.label(names[1]))
    for axes in panels:
        axes.set_xlabel(axis.label(names[0]), labelpad=1)


def notes(dataset, seeds):
    """Small lines: what was held fixed, what a cell holds, and how many descents were still falling."""
    cell = (f"{seeds} descents a cell at most; hatched: none, or no value of most of them; shares and medians are of all "
            "descents, trivial endings among them")
    return captions.wrapped([captions.held(dataset), cell, *captions.unconverged(dataset)])


def draw(dataset, facts, names):
    """The whole figure; `names`: of the variables along x and y."""
    dataset = axis.prepared(dataset)
    others = [name for name in axis.swept(dataset) if name not in (*names, "seed")]
    axis.check(dataset, names)
    rows = shares.groups(dataset, others) if others else [((), dataset)]
    if len(rows) > ROWS_MAX:
        raise Unusable(f"a map over {' and '.join(names)} has at most {ROWS_MAX} rows; the other axes "
                       f"({', '.join(others)}) have {len(rows)} combinations")
    seeds = max(len(found) for _, points in rows for found in cells(points, names)[2].values())
    lines = [facts.line(), *notes(dataset, seeds)]
    first = below_legend(len(kinds_present(dataset)), COLUMNS)
    top = first + LINE * len(lines) + ABOVE
    height = top + len(rows) * (HEIGHT + GAP)
    figure = plt.figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(len(rows), 4, left=0.07, right=0.96, top=1 - top / height,
                               bottom=0.62 / height, wspace=0.3, hspace=GAP / HEIGHT,
                               width_ratios=[1, 1.12, 1.12, 1.12])
    titles = ["most frequent ending", *STATISTICS]
    letters = itertools.count(ord("a"))
    ratios = ratio_norm(medians(rows, names))
    for row, (values, points) in enumerate(rows):
        panels = [figure.add_subplot(grid[row, column]) for column in range(4)]
        draw_row(figure, panels, points, names, ratios)
        for axes, title in zip(panels, titles):
            heading(axes, chr(next(letters)), title, 4)
        setting = ", ".join(f"{axis.symbol(name)} = {value:.4g}" for name, value in zip(others, values))
        panels[0].annotate(setting, (0, 1), xytext=(-6, 18), xycoords="axes fraction", fontweight="bold",
                           textcoords="offset points", va="bottom")
    source(figure, f"Sweep “{facts.name}”", lines, first)
    figure.legend(handles=list(ending_handles(dataset)), loc="upper right", ncols=COLUMNS,
                  bbox_to_anchor=(0.99, 1 - 0.12 / height), fontsize=7.5)
    return figure
