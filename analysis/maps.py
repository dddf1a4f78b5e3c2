"""A map of any statistic over any two axes, with a panel for each value of up to two others."""
import itertools
import typing

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm, Normalize

import axis
import captions
import phase
import shares
import statistic
from page import FIRST, LINE, below_legend, ending_handles, heading, kinds_present, source
from sweepfile import Unusable

ENDING = "ending"           # the statistic that is no number
VALUES_MAX = 64             # of an axis
ROWS_MAX, COLUMNS_MAX = 8, 6
WIDTH, ABOVE, GAP, BOTTOM = 11, 0.4, 0.95, 0.62  # inches
LEGEND_COLUMNS = 4


class Request(typing.NamedTuple):
    """What was asked for: names of parameters, the name of a statistic."""
    x: str
    y: str
    statistic: str
    rows: str = None
    columns: str = None
    log: bool = False

    def axes(self):
        return [name for name in (self.x, self.y, self.rows, self.columns) if name]


def check(dataset, request):
    """Refuse what cannot be an axis, and name what can."""
    names = request.axes()
    there = ", ".join(axis.swept(dataset))
    flat, _ = statistic.usable(dataset)
    for name in names:
        if name not in flat:
            raise Unusable(f"no parameter '{name}' with a number for each point; swept are {there}")
        count = len(np.unique(dataset[name].values))
        if count > VALUES_MAX:
            raise Unusable(f"'{name}' has {count:,} values, an axis at most {VALUES_MAX}; swept are {there}")
    axis.check(dataset, (request.x, request.y))
    if len(set(names)) < len(names):
        raise Unusable(f"a parameter is named twice: {', '.join(names)}")
    for name, most in ((request.rows, ROWS_MAX), (request.columns, COLUMNS_MAX)):
        if name and len(np.unique(dataset[name].values)) > most:
            raise Unusable(f"'{name}' has {len(np.unique(dataset[name].values))} values; this picture has at most "
                           f"{ROWS_MAX} rows and {COLUMNS_MAX} columns of panels")


def panels(dataset, request):
    """[[(setting, rows of the points)]]: rows and columns of panels."""
    def values(name):
        return sorted(set(dataset[name].values.tolist())) if name else [None]

    def rows_of(setting):
        mask = np.ones(dataset.sizes["config"], dtype=bool)
        for name, value in setting.items():
            mask &= dataset[name].values == value
        return np.flatnonzero(mask)

    table = []
    for row in values(request.rows):
        settings = [{name: value for name, value in ((request.rows, row), (request.columns, column)) if name}
                    for column in values(request.columns)]
        table.append([(setting, rows_of(setting)) for setting in settings])
    return table


def colours(shown, found, log):
    """Options of imshow, the same for all panels; `found`: values of all cells."""
    if shown.is_share:
        return dict(cmap="cividis", norm=Normalize(0, 1))
    known = found[np.isfinite(found)]
    if not known.size:
        raise Unusable(f"{shown.label}: no cell has a value")
    if log and known.min() <= 0:
        raise Unusable(f"--log: {shown.label} is {known.min():.3g} in a cell")
    return dict(cmap="viridis", norm=(LogNorm if log else Normalize)(known.min(), known.max()))


def part(shown, rows):
    return shown._replace(values=shown.values[rows])


def pooled(dataset, request):
    """'pooled over samples (1, 5)' of what is swept and has no axis, without seeds."""
    names = [name for name in axis.swept(dataset) if name != "seed" and name not in request.axes()]
    shared = {"lambda": "kappa_ratio", "kappa_ratio": "lambda",
              "width": "width_per_class", "width_per_class": "width"}
    names = [name for name in names if shared.get(name) not in request.axes()]
    texts = []
    for name in names:
        values = np.unique(dataset[name].values)
        some = ", ".join(f"{value:.3g}" for value in values[:4])
        texts.append(f"{axis.symbol(name)} ({some}{', ...' if len(values) > 4 else ''})")
    return f"; pooled over {', '.join(texts)}" if texts else ""


def notes(dataset, request, cells):
    """What a cell holds, and how far descents had come."""
    counts = [len(rows) for rows in cells]
    text = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)} to {max(counts)}"
    lines = [f"{text} descents a cell{pooled(dataset, request)}; hatched: none, or no value of most of them"]
    if "<" in request.statistic:
        lines[0] += "; trivial endings count in shares below a reference, as not below it"
    falling = captions.unconverged(dataset)
    if falling:
        still = shares.still_falling(dataset)
        falling[0] += f"; in a cell at most {100 * max(still[rows].mean() for rows in cells):.0f} %"
    return captions.wrapped([captions.held(dataset), *lines, *falling])


def draw(dataset, facts, request):
    """The whole figure, 11 inches wide."""
    dataset = axis.prepared(dataset)
    check(dataset, request)
    shown = None if request.statistic == ENDING else statistic.parse(dataset, request.statistic)
    table = panels(dataset, request)
    names = (request.x, request.y)
    cells = [rows[found] for line in table for _, rows in line
             for found in phase.cells(dataset.isel(config=rows), names)[2].values()]
    look = shown and colours(shown, np.array([shown.of(rows) for rows in cells]), request.log)
    each = 3.6 if len(table) == len(table[0]) == 1 else 2.3  # inches high
    lines = [facts.line(), *notes(dataset, request, cells)]
    first = FIRST if shown else below_legend(len(kinds_present(dataset)), LEGEND_COLUMNS)
    top = first + LINE * len(lines) + ABOVE
    height = top + BOTTOM + len(table) * each + (len(table) - 1) * GAP
    figure = plt.figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(len(table), len(table[0]), left=0.07, right=0.87, top=1 - top / height,
                               bottom=BOTTOM / height, wspace=0.12, hspace=GAP / each)
    letters = itertools.count()
    for i, line in enumerate(table):
        for j, (setting, rows) in enumerate(line):
            if not rows.size:
                continue
            axes, points = figure.add_subplot(grid[i, j]), dataset.isel(config=rows)
            drawn = (phase.draw_statistic(axes, points, names, part(shown, rows), look) if shown
                     else phase.draw_endings(axes, points, names))
            axes.set_xlabel(axis.label(request.x), labelpad=1)
            if j == 0:
                axes.set_ylabel(axis.label(request.y))
            text = ", ".join(f"{axis.symbol(name)} = {value:.4g}" for name, value in setting.items())
            heading(axes, letter(next(letters)), text or (shown.label if shown else "most frequent ending"), 4)
    if shown:
        inset = figure.add_axes([0.9, BOTTOM / height, 0.014, min(0.6, 3 / height)])
        figure.colorbar(drawn, cax=inset, label=shown.label)
    else:
        figure.legend(handles=list(ending_handles(dataset)), loc="upper right", ncols=LEGEND_COLUMNS,
                      bbox_to_anchor=(0.99, 1 - 0.12 / height), fontsize=7.5)
    source(figure, f"Sweep “{facts.name}”", lines, first)
    return figure


def letter(number):
    """a .. z, then aa, ab, ..."""
    rest, last = divmod(number, 26)
    return (letter(rest - 1) if rest else "") + chr(ord("a") + last)
