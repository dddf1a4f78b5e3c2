"""How often collapse persists where lower ranks cost less: against width and against lambda.

A row an axis, a line a value of the other: shares of endings with Wilson's 95 % interval, the
average rank, the loss over that of collapse beside the low-rank solution, with quartiles.
"""
import matplotlib.pyplot as plt
import numpy as np

import axis
import captions
import curves
import palette
import references
import shares
from page import FIRST, LINE, heading, layer_marker, source
from sweepfile import Unusable

AXES = ("width", "lambda")
QUANTITIES = ("collapsed", "low_rank", "rank", "loss_ratio")
LINES_MAX = 8
APART = 0.02  # of the axis, between the markers of two lines
WIDTH, ABOVE, HEIGHT, GAP = 11, 0.5, 2.3, 1.1  # inches
SHADE = dict(color="#000000", alpha=0.07, linewidth=0)


def lines_of(dataset, x):
    """[(value of the other axis, points)] that have at least two values of x."""
    other = AXES[1 - AXES.index(x)]
    found = [(value, points) for (value,), points in shares.groups(dataset, [other])
             if len(np.unique(points[x].values)) > 1]
    if len(found) > LINES_MAX:
        raise Unusable(f"this picture has at most {LINES_MAX} lines; '{other}' has {len(found)} values")
    return found


def low_rank_ratio(dataset, x):
    """(values of x, loss_low_rank / loss_dnc there), where both are known."""
    if "loss_low_rank" not in dataset:
        return np.array([]), np.array([])
    ratio = (dataset["loss_low_rank"] / dataset["loss_dnc"]).values
    xs = np.unique(dataset[x].values[np.isfinite(ratio)])
    return xs, np.array([np.median(ratio[(dataset[x].values == value) & np.isfinite(ratio)]) for value in xs])


def spans(xs, ratio):
    """[(from, to)] of x where the low-rank solution lies below collapse; between two values of x
    the ratio is taken to be linear in log x."""
    grid = np.geomspace(xs[0], xs[-1], 2001) if xs.size > 1 else xs
    under = np.interp(np.log(grid), np.log(xs), ratio) < 1 if xs.size else np.array([], dtype=bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], under, [False]])))
    return [(float(grid[start]), float(grid[end - 1])) for start, end in zip(edges[::2], edges[1::2])]


def draw_levels(axes, dataset):
    """The ranks of collapse and of the low-rank solution; behind a ReLU the class means of collapse
    have a mean, and rank K with it."""
    classes = np.unique(dataset["classes"].values)
    if classes.size > 1:
        return
    levels = ([(classes[0], "K")] if references.is_behind_relu(dataset).any() else
              [(classes[0] - 1, "K - 1"), (classes[0] / 2, "K / 2")])
    for level, text in levels:
        axes.axhline(level, color="#777777", linewidth=0.9, linestyle=":")
        axes.annotate(text, (1, level), xycoords=("axes fraction", "data"), fontsize=7, color="#555555",
                      ha="right", va="bottom")


def draw_panel(axes, lines, x, name, dataset):
    quantity = curves.QUANTITIES[name]
    for i, ((_, points), colour) in enumerate(zip(lines, palette.layer_colours(len(lines)))):
        xs, centre, low, high = curves.along(points, x, quantity)
        aside = xs * (xs[-1] / xs[0]) ** (APART * (i - (len(lines) - 1) / 2))
        axes.errorbar(aside, centre, yerr=np.maximum([centre - low, high - centre], 0), color=colour, marker=layer_marker(i),
                      markersize=4, linewidth=1.2, elinewidth=0.9, capsize=1.5, clip_on=False, zorder=3)
        if name == "loss_ratio":
            axes.plot(*low_rank_ratio(points, x), color=colour, linestyle=(0, (3, 3)), linewidth=1.2)
    if name == "loss_ratio":
        bound = references.is_bounded(dataset).any()
        axes.axhline(1, color="#000000", linewidth=0.9, linestyle=(0, (8, 2, 1, 2)) if bound else "-")
    if name == "rank":
        draw_levels(axes, dataset)
    if x == "lambda":
        for start, end in spans(*low_rank_ratio(dataset, x)):
            axes.axvspan(start, end, **SHADE)
    if quantity.limits:
        axes.set_ylim(*quantity.limits)
    label = f"loss / {references.collapse_label(dataset)}" if name == "loss_ratio" else quantity.label
    axes.set_ylabel(label)


def set_ticks(axes, lines, x):
    xs = sorted({value for _, points in lines for value in points[x].values.tolist()})
    curves.set_ticks(axes, xs, curves.Curves((), ""))
    axes.set_xlabel(axis.label(x), labelpad=1)


def notes(dataset, facts):
    most = max(points.sizes["config"] for _, points in shares.groups(dataset, AXES))
    known = np.isfinite(dataset["loss_low_rank"].values).any() if "loss_low_rank" in dataset else False
    lines = (["dashed: the low-rank solution, of rank K / 2; shaded: it lies below collapse (closed forms)"] if known else [])
    if references.is_bounded(dataset).any():
        lines.append("the file has only a lower bound of the loss of collapse behind a ReLU: losses are over that")
    return [facts.line(), *captions.wrapped([
        captions.held(dataset), f"{most} descents a marker at most; bars: Wilson's 95 % interval of shares, quartiles of the rest",
        "; ".join(lines + captions.unconverged(dataset))])]


def draw(dataset, facts):
    """The whole figure, 11 inches wide."""
    dataset = curves.with_mean_rank(axis.prepared(dataset))
    known = all(name in dataset for name in AXES)
    table = [(x, lines) for x in AXES if (lines := lines_of(dataset, x))] if known else []
    if not table:
        raise Unusable("this picture needs several values of width or of lambda: run a sweep like sweeps/gk-linear-ce.yaml")
    words = notes(dataset, facts)
    top = FIRST + LINE * len(words) + ABOVE
    height = top + len(table) * (HEIGHT + GAP)
    figure = plt.figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(len(table), len(QUANTITIES), left=0.055, right=0.985, top=1 - top / height,
                               bottom=0.5 / height, wspace=0.33, hspace=GAP / HEIGHT)
    for row, (x, lines) in enumerate(table):
        other = AXES[1 - AXES.index(x)]
        for column, name in enumerate(QUANTITIES):
            axes = figure.add_subplot(grid[row, column])
            draw_panel(axes, lines, x, name, dataset)
            set_ticks(axes, lines, x)
            heading(axes, chr(ord("a") + len(QUANTITIES) * row + column), "", 4)
            if column == 0:
                names = axis.tick_labels([value for value, _ in lines])
                axes.legend(axes.containers, [f"{axis.symbol(other)} = {name}" for name in names], ncols=len(names),
                            loc="lower left", bbox_to_anchor=(-0.02, 1.08), handlelength=1.5)
    source(figure, f"Sweep “{facts.name}”", words)
    return figure
