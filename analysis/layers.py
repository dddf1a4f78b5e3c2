"""Measured features of networks by layer: a column of panels for each coordinate of their files.

The seed is no axis: files that differ in it alone are a line, their median, in a band, their range. Up to
LAYERS_MAX layers a panel goes along the coordinate, with a line for each layer, or with colours for the values of
another coordinate and a style for each of some layers. With more layers it goes along these, with colours for the
values of the coordinate and a style for the ends of another one.
"""
import dataclasses

import numpy as np
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator
from matplotlib.transforms import Affine2D, ScaledTranslation

import palette
import sweepfile
from effects import QUANTITIES
from page import heading, layer_marker

LAYERS_MAX = 8   # that are lines of a panel
COLUMNS_MAX = 3  # coordinates with a column
COLOURS_MAX, STYLED_MAX = 4, 3  # values with a colour, layers with a style; the ends and those between
NAME_MAX = 16    # letters of a layer's name
TICKS_MAX = 6
STYLES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
WIDE, GROWING = 30, 5  # of an axis in powers at least: largest over least positive value, largest over least step


@dataclasses.dataclass(frozen=True)
class Curve:
    rows: np.ndarray  # (config) which files it is made of
    layers: list      # one layer along a coordinate, all of them along the layers
    look: dict        # of matplotlib


@dataclasses.dataclass(frozen=True)
class Column:
    name: str         # of the coordinate, '' for the layers of files that no coordinate tells apart
    values: np.ndarray  # (config) along the axis; None along the layers
    curves: list
    legends: list     # lists of handles, a line each


# ------------------------------------------------------------------ what there is
def varying(dataset):
    """Coordinates with more than one value, without the seed; 'row' where only rows tell files apart."""
    given = sweepfile.coordinates(dataset)
    found = [name for name in given if name != "seed" and len(levels(dataset[name].values)) > 1]
    if found or dataset.sizes["config"] < 2 or has_seeds(dataset):
        return found
    return ["row"]


def values_of(dataset, name):
    return np.arange(dataset.sizes["config"]) if name == "row" else dataset[name].values


def levels(values):
    return np.unique(values[np.isfinite(values)])


def some(items, most):
    """At most so many of the items: the ends, and others evenly between them."""
    places = np.unique(np.linspace(0, len(items) - 1, min(len(items), most)).round().astype(int))
    return [items[place] for place in places]


def shortened(name):
    return name if len(name) <= NAME_MAX else f"…{name[1 - NAME_MAX:]}"


def names(dataset):
    """'fc1 (24)': layers with their widths, where all files have the same."""
    widths = dataset["layer_width"].values
    return [f"{shortened(str(name))} ({width[0]:.0f})" if len(set(width)) == 1 else shortened(str(name))
            for name, width in zip(dataset["layer_name"].values, widths.T)]


def chosen(dataset):
    """(coordinates with a column, coordinate -> the other one that is told apart in its column, or '')."""
    found = varying(dataset)
    count = {name: len(levels(values_of(dataset, name))) for name in found}
    ranked = sorted(found, key=lambda name: -count[name])
    partner = {name: next((other for other in ranked if other != name), "") for name in found}
    return [name for name in found if name in ranked[:COLUMNS_MAX]], partner


# ------------------------------------------------------------------ columns
def colours(values):
    """Value -> colour, from dark to light."""
    return dict(zip(values, palette.layer_colours(len(values))))


def handle(label, **look):
    return Line2D([], [], label=label, markersize=4, **look)


def titled(name):
    """What stands before the values of a coordinate in a legend."""
    return handle(f"{name}:", linestyle="")


def of_values(name, shown):
    return [titled(name), *(handle(f"{value:g}", color=colour) for value, colour in shown.items())]


def of_layers(dataset, name):
    """Along the coordinate, a colour for each layer."""
    everything, labels = np.ones(dataset.sizes["config"], dtype=bool), names(dataset)
    looks = [dict(color=colour, marker=layer_marker(layer), linestyle="-")
             for layer, colour in enumerate(palette.layer_colours(len(labels)))]
    return Column(name, values_of(dataset, name), [Curve(everything, [layer], look) for layer, look in enumerate(looks)],
                  [[handle(label, **look) for label, look in zip(labels, looks)]])


def of_another(dataset, name, other):
    """Along the coordinate, a colour for values of the other one, a style for some layers."""
    values, labels = values_of(dataset, other), names(dataset)
    shown = colours(some(levels(values), COLOURS_MAX))
    styled = dict(zip(some(range(len(labels)), STYLED_MAX)[::-1], STYLES))
    curves = [Curve(values == value, [layer], dict(color=colour, marker=layer_marker(layer), linestyle=style))
              for layer, style in styled.items() for value, colour in shown.items()]
    return Column(name, values_of(dataset, name), curves,
                  [of_values(other, shown),
                   [handle(labels[layer], color=palette.DARK, marker=layer_marker(layer), linestyle=style)
                    for layer, style in sorted(styled.items())]])


def along_layers(dataset, name, other):
    """Along the layers, a colour for values of the coordinate, a style for the ends of the other one."""
    layers = list(range(dataset.sizes["layer"]))
    values = values_of(dataset, name) if name else np.zeros(dataset.sizes["config"])
    shown = colours(some(levels(values), COLOURS_MAX))
    besides = values_of(dataset, other) if other else np.zeros(dataset.sizes["config"])
    styled = dict(zip(levels(besides)[[-1, 0]], STYLES[::2])) if other else {0.0: STYLES[0]}
    marker = "o" if len(layers) <= LAYERS_MAX else ""
    curves = [Curve((values == value) & (besides == end), layers, dict(color=colour, linestyle=style, marker=marker))
              for end, style in styled.items() for value, colour in shown.items()]
    ends = [handle(f"{end:g}", color=palette.DARK, linestyle=style) for end, style in styled.items()]
    return Column(name, None, curves, [of_values(name, shown) if name else [], [titled(other), *ends] if other else []])


def columns(dataset):
    found, partner = chosen(dataset)
    if dataset.sizes["layer"] > LAYERS_MAX or not found:
        return [along_layers(dataset, name, partner.get(name, "")) for name in found or [""]]
    return [of_another(dataset, name, partner[name]) if partner[name] else of_layers(dataset, name) for name in found]


# ------------------------------------------------------------------ drawing
def summarized(parts):
    """Medians, least and largest of arrays, NaN where nothing is finite."""
    known = [part[np.isfinite(part)] for part in parts]
    known = [part if part.size else np.array([np.nan]) for part in known]
    return np.array([(np.median(part), part.min(), part.max()) for part in known]).T


def draw_curve(axes, column, curve, values):
    if column.values is None:
        x, parts = np.arange(1, values.shape[1] + 1), list(values[curve.rows].T)
    else:
        x = levels(column.values[curve.rows])
        parts = [values[curve.rows & (column.values == level), curve.layers[0]] for level in x]
    middle, low, high = summarized(parts)
    axes.plot(x, middle, linewidth=1.2, markersize=4.5, markeredgecolor="white", markeredgewidth=0.4, **curve.look)
    axes.fill_between(x, low, high, color=curve.look["color"], alpha=0.15, linewidth=0)


def scale(axes, x):
    """Powers where steps grow with the values, linear between zero and the least positive one; ticks at values."""
    positive, steps = x[x > 0], np.diff(x)
    powers = bool(positive.size > 1 and x.min() >= 0 and positive.max() / positive.min() > WIDE
                  and (len(x) < 3 or steps.max() > GROWING * steps.min()))
    if powers:
        axes.set_xscale("log") if x.min() > 0 else axes.set_xscale("symlog", linthresh=positive.min(), linscale=0.5)
    if powers or len(x) <= TICKS_MAX:
        axes.set_xticks(some(x, TICKS_MAX), [f"{value:g}" for value in some(x, TICKS_MAX)])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_minor_formatter(NullFormatter())


def along(axes, column, dataset):
    """The x-axis of a panel."""
    count = dataset.sizes["layer"]
    if column.values is not None:
        scale(axes, levels(column.values))
    elif count > LAYERS_MAX:
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.set_xlim(1 - 0.02 * count, 1.02 * count)
    else:
        axes.set_xticks(range(1, count + 1), names(dataset), rotation=20 if count > 3 else 0)
        axes.set_xlim(0.8, count + 0.2)
    if axes.get_subplotspec().is_last_row():
        axes.set_xlabel(column.name if column.values is not None else "layer")


def draw_legends(axes, column, first):
    """A line for each list of handles, above the panel, that of layers above the first column alone; how many points
    high."""
    found = [handles if first or handles[0].get_label().endswith(":") else [] for handles in column.legends if handles]
    for line, handles in enumerate(reversed(found)):
        axes.add_artist(Legend(axes, handles, [entry.get_label() for entry in handles], loc="lower left",
                               bbox_to_anchor=(-6, 3 + 12 * line), bbox_transform=points_above(axes), fontsize=7,
                               ncols=len(handles), borderaxespad=0, borderpad=0, handlelength=2.0,
                               columnspacing=1.0))
    return 12 * len(found)


def points_above(axes):
    """Coordinates in points, from the upper left corner of the panel."""
    return Affine2D().scale(1 / 72) + axes.figure.dpi_scale_trans + ScaledTranslation(0, 1, axes.transAxes)


def scale_up(axes, values):
    """Powers along y, written out where they are not even one apart."""
    if values.size:
        axes.set_yscale("log")
    if values.size and values.max() < 10 * values.min():
        for which in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
            which(FuncFormatter(lambda value, _: f"{value:g}"))


def draw_column(panels, column, dataset):
    for axes, quantity in zip(panels, (q for q in QUANTITIES if q.variable in dataset)):
        values = dataset[quantity.variable].values
        for curve in column.curves:
            draw_curve(axes, column, curve, values)
        if quantity.logarithmic:
            scale_up(axes, values[np.isfinite(values) & (values > 0)])
    for axes in panels:
        along(axes, column, dataset)


def pooled(dataset):
    """What the bands are over, in words."""
    if len(varying(dataset)) > 2:
        return "all other coordinates"
    return "seeds" if has_seeds(dataset) else ""


def has_seeds(dataset):
    return "seed" in sweepfile.coordinates(dataset) and len(levels(dataset["seed"].values)) > 1


def title(dataset):
    found, _ = chosen(dataset)
    several = len(varying(dataset))
    over = ", ".join(found) + (f" ({len(found)} of {several} coordinates)" if several > len(found) else "")
    band = f"; bands: range over {pooled(dataset)}" if pooled(dataset) else ""
    return f"Layers{f' over {over}' if over else ''}, after the activation{band}"


def draw_layers(figure, grid, dataset):
    """The panels: a row for each quantity and a column for each coordinate, or the quantities side by side for one
    column; legends above them."""
    shown = columns(dataset)
    quantities = [quantity for quantity in QUANTITIES if quantity.variable in dataset]
    if len(shown) == 1:
        parts = grid.subgridspec(1, len(quantities), wspace=0.3).subplots(squeeze=False)
    else:
        parts = grid.subgridspec(len(quantities), len(shown), hspace=0.14, wspace=0.1).subplots(
            sharex="col", sharey="row", squeeze=False).T
    height = 0
    for column, panels in zip(shown, parts):
        draw_column(panels, column, dataset)
        height = max(height, draw_legends(panels[0], column, column is shown[0]))
    for axes, quantity in zip(parts[0], quantities):
        axes.set_ylabel(quantity.label)
    if len(shown) > 1:
        figure.align_ylabels(parts[0])
    heading(parts[0, 0], "a", title(dataset), 7 + height)
