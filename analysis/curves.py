"""Curves over one swept axis: a quantity of the descents at each value, a line for each value of a
second parameter, a panel for each of a third. Shares have Wilson's 95 % interval, other quantities
the median and the range from the first to the third quartile.
"""
import dataclasses
import itertools
import typing

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

import axis
import captions
import palette
import references
import shares
from page import LINE, below_legend, heading, layer_marker, source
from sweepfile import Unusable

COLUMNS, PANELS_MAX, LINES_MAX = 3, 12, 10
LEGEND_COLUMNS = 5
WIDTH, ABOVE, HEIGHT, GAP = 11, 0.3, 2.5, 0.8  # inches
RATIO_NEAR = 0.005  # panels of ratios reach this far from 1: what differs less is equal to the eye


# ---- quantities: points of one value -> (centre, low, high) ----

def share_of(mask):
    share = shares.share(mask)
    return (share.value, *share.interval)


def quartiles(values):
    values = values[np.isfinite(values)]
    if not values.size:
        return np.nan, np.nan, np.nan
    return tuple(np.quantile(values, (0.5, 0.25, 0.75)))


def collapsed(points):
    return share_of(points["ending"].values == "dnc")


def low_rank(points):
    return share_of(np.isin(points["ending"].values, ("low_rank", "low_rank_high")))


def below(points):
    return share_of(points["loss"].values / references.collapse(points) < 1 - 1e-9)


def loss_ratio(points):
    return quartiles(points["loss"].values / references.collapse(points))


def rank(points):
    return quartiles(points["mean_rank"].values)


def rank_share(points):
    return quartiles((points["mean_rank"] / points["classes"]).values)


def graph_ratio(points):
    """Of the closed forms, the same for all points of one value."""
    return quartiles((points["loss_srg"] / points["loss_dnc"]).values)


class Quantity(typing.NamedTuple):
    label: str
    of: typing.Callable
    limits: tuple  # of the axis; None: by the data
    is_share: bool = False


QUANTITIES = {
    "collapsed": Quantity("share of DNC endings", collapsed, (-0.03, 1.03), True),
    "low_rank": Quantity("share of low-rank endings", low_rank, (-0.03, 1.03), True),
    "below": Quantity("share below the DNC loss", below, (-0.03, 1.03), True),
    "loss_ratio": Quantity("loss / DNC loss", loss_ratio, None),
    "rank": Quantity("average rank of layers 2..L", rank, None),
    "rank_share": Quantity("average rank / K", rank_share, (0, 1.03)),
    "graph_ratio": Quantity("SRG loss / DNC loss", graph_ratio, None),
}


@dataclasses.dataclass(frozen=True)
class Curves:
    """What a picture shows: rows of (x, quantity), lines, panels, how x is scaled."""
    rows: tuple
    lines: str
    panels: str = ""
    log: bool = True
    marked: typing.Callable = None  # x -> whether its tick is set in bold
    note: str = ""
    second: typing.Callable = None  # x -> second line of its tick, '' for none


def with_mean_rank(dataset):
    """Adds the mean over layers 2 .. L of the rank of the class means after the ReLU."""
    ranks, hidden = axis.hidden_ranks(dataset)
    mean = np.where(hidden, ranks, 0).sum(axis=1) / np.maximum(hidden.sum(axis=1), 1)
    return dataset.assign(mean_rank=("config", mean))


def along(points, x, quantity):
    """(values of x, centre, low, high) of the quantity at each."""
    found = shares.groups(points, [x])
    xs = np.array([value for (value,), _ in found], dtype=float)
    return xs, *np.array([quantity.of(group) for _, group in found]).T


def draw_line(axes, points, x, quantity, colour, marker):
    xs, centre, low, high = along(points, x, quantity)
    axes.plot(xs, centre, color=colour, marker=marker, markersize=4, linewidth=1.2)
    axes.fill_between(xs, low, high, color=colour, alpha=0.15, linewidth=0)


def set_ticks(axes, xs, curves):
    if curves.log:
        axes.set_xscale("log", base=2)
    ticks = axis.apart(xs, 9, curves.log) if curves.marked is None else xs
    seconds = [f"\n{curves.second(tick)}" if curves.second else "" for tick in ticks]
    axes.set_xticks(ticks, [first + rest for first, rest in zip(axis.tick_labels(ticks), seconds)])
    axes.minorticks_off()
    if curves.marked is None and max(len(f"{tick:.3g}") for tick in ticks) > 5:
        axes.tick_params(axis="x", labelrotation=25, labelsize=7)
    for label, tick in zip(axes.get_xticklabels(), ticks):
        if curves.marked is not None:
            label.set_fontsize(7)
            label.set_rotation(90)
            label.set_fontweight("bold" if curves.marked(tick) else "normal")


def values_of(dataset, name):
    return [value for (value,), _ in shares.groups(dataset, [name])] if name else [None]


def check(dataset, curves):
    axis.check(dataset, {x for x, _ in curves.rows})
    for name in filter(None, (curves.lines, curves.panels)):
        if name not in dataset:
            raise Unusable(f"the file has no parameter '{name}'")
    panels, lines = values_of(dataset, curves.panels), values_of(dataset, curves.lines)
    others = list(filter(None, (curves.lines, curves.panels)))
    for x in {x for x, _ in curves.rows} - set(others):
        if all(len(np.unique(points[x].values)) < 2 for _, points in shares.groups(dataset, others)):
            raise Unusable(f"no line has two values of '{x}': this picture has one for each value of {' and '.join(others)}; "
                           f"swept are {', '.join(axis.swept(dataset))}")
    if len(panels) * len(curves.rows) > PANELS_MAX or len(lines) > LINES_MAX:
        raise Unusable(f"this picture has at most {PANELS_MAX} panels and {LINES_MAX} lines in each")
    return panels, lines


def draw_levels(axes, points):
    """The average ranks of layers 2 .. L of collapse, K, and of the graph solution: r of all layers but
    the last, which has K."""
    classes, depth = (captions.one(points[name].values) for name in ("classes", "depth"))
    if classes is None or depth is None or depth < 2:
        return
    levels = [(classes, f"DNC: K = {classes:g}")]
    order = (1 + (1 + 8 * classes) ** 0.5) / 2
    if order.is_integer() and order >= 4 and depth >= 3:
        levels.append((((depth - 2) * order + classes) / (depth - 1), f"SRG: {((depth - 2) * order + classes) / (depth - 1):.3g}"))
    for level, text in levels:
        axes.axhline(level, color="#555555", linewidth=0.9, linestyle=":")
        axes.annotate(text, (1, level), xycoords=("axes fraction", "data"), fontsize=7, color="#333333", ha="right", va="bottom")


def draw(dataset, facts, curves):
    """The whole figure, 11 inches wide."""
    dataset = with_mean_rank(axis.prepared(dataset))
    panels, lines = check(dataset, curves)
    places = list(itertools.product(panels, curves.rows)) if len(panels) > 1 else [
        (panels[0], row) for row in curves.rows]
    columns = min(COLUMNS, len(places))
    rows = -(-len(places) // columns)
    notes = [facts.line(), *captions.wrapped([captions.held(dataset), seeds_note(dataset, curves), curves.note,
                                              *captions.unconverged(dataset)])]
    first = below_legend(len(lines), LEGEND_COLUMNS)
    top = first + LINE * len(notes) + ABOVE
    height = top + rows * (HEIGHT + GAP)
    figure = plt.figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(rows, columns, left=0.06, right=0.985, top=1 - top / height,
                               bottom=0.6 / height, wspace=0.24, hspace=GAP / HEIGHT)
    colours = dict(zip(lines, palette.layer_colours(len(lines))))
    for number, (panel, (x, name)) in enumerate(places):
        axes, quantity = figure.add_subplot(grid[number]), QUANTITIES[name]
        points = dataset if panel is None else dataset.isel(config=dataset[curves.panels].values == panel)
        for i, (value, colour) in enumerate(colours.items()):
            of_line = points.isel(config=points[curves.lines].values == value)
            if of_line.sizes["config"]:
                draw_line(axes, of_line, x, quantity, colour, layer_marker(i))
        if name.endswith("ratio"):
            axes.axhline(1, color="#000000", linewidth=0.8)
            low, high = axes.get_ylim()
            axes.set_ylim(min(low, 1 - RATIO_NEAR), max(high, 1 + RATIO_NEAR))
        if name == "rank":
            draw_levels(axes, points)
        set_ticks(axes, values_of(points, x), curves)
        if quantity.limits:
            axes.set_ylim(*quantity.limits)
        axes.set_xlabel(axis.label(x), labelpad=1)
        axes.set_ylabel(quantity.label)
        setting = "" if panel is None else f"{axis.symbol(curves.panels)} = {panel:.4g}"
        heading(axes, chr(ord("a") + number), setting, 4)
    source(figure, f"Sweep “{facts.name}”", notes, first)
    handles = [Line2D([], [], color=colour, marker=layer_marker(i), markersize=4, linewidth=1.2,
                      label=f"{axis.symbol(curves.lines)} = {value:.4g}")
               for i, (value, colour) in enumerate(colours.items())]
    figure.legend(handles=handles, loc="upper right", ncols=min(LEGEND_COLUMNS, len(handles)),
                  bbox_to_anchor=(0.99, 1 - 0.12 / height))
    return figure


def seeds_note(dataset, curves):
    """Which interval is drawn, and how many descents stand behind a marker."""
    names = list(filter(None, {curves.lines, curves.panels, *(x for x, _ in curves.rows)}))
    most = max(points.sizes["config"] for _, points in shares.groups(dataset, names))
    if most == 1:
        return ""
    is_share = {QUANTITIES[name].is_share for _, name in curves.rows}
    words = {True: "Wilson's 95 % interval", False: "first to third quartile"}
    bands = words[is_share.pop()] if len(is_share) == 1 else "Wilson's 95 % interval of shares, quartiles of the rest"
    return f"{most} descents a marker at most; bands: {bands}"
