"""Shares of the endings over every axis of a sweep: a panel an axis, Wilson's 95 % intervals as bars."""
import matplotlib.pyplot as plt
import numpy as np

import palette
import shares
from page import ending_handles, heading, source

COLUMNS, PANELS_MAX = 3, 9
POINTS_MAX, TICKS_MAX = 20, 9  # of a panel; an axis with more values is thinned to stretches
WIDTH, TOP, HEIGHT, GAP = 11, 1.25, 2.1, 0.85  # inches


def stretches(factor):
    """[(text of the first value, mask of the points)] of at most POINTS_MAX stretches of the axis."""
    used = np.unique(factor.codes)
    parts = np.array_split(used, POINTS_MAX) if used.size > POINTS_MAX else used[:, None]
    return [(tick(factor, part[0]), (factor.codes >= part[0]) & (factor.codes <= part[-1])) for part in parts]


def tick(factor, code):
    """A value in three digits, where it is one number."""
    text, values = factor.texts[code], factor.values[code]
    is_number = len(values) == 1 and text[:1].isdigit()
    return f"{values[0]:.3g}" if is_number and abs(values[0]) < 1000 else text


def draw_panel(axes, study, factor):
    parts = stretches(factor)
    for number, kind in enumerate(study.kinds):
        look = palette.ending(kind)
        found = [shares.share(study.ending[mask] == kind) for _, mask in parts]
        value = np.array([share.value for share in found])
        low, high = np.array([share.interval for share in found]).T
        place = np.arange(len(parts)) + 0.36 * (number / max(len(study.kinds) - 1, 1) - 0.5)
        axes.errorbar(place, 100 * value, yerr=100 * np.array([value - low, high - value]).clip(0), color=look.colour,
                      marker=look.marker, markersize=4.5, linewidth=1.0, elinewidth=0.8, markeredgewidth=0.4,
                      markeredgecolor=palette.edge(look) if look.marker == "x" else "#333333",
                      path_effects=palette.outline(look, 1.0))
    ticks = range(0, len(parts), -(-len(parts) // TICKS_MAX))
    long = max(len(parts[i][0]) for i in ticks) > 5
    axes.set_xticks(list(ticks), [shortened(parts[i][0]) for i in ticks], rotation=30 if long else 0,
                    ha="right" if long else "center")
    axes.set_xlim(-0.5, len(parts) - 0.5)
    axes.set_ylim(-3, 103)
    axes.set_xlabel(shortened(factor.short, 44), labelpad=1)


def shortened(text, most=14):
    return text if len(text) <= most else text[:most - 1] + "…"


def draw(study):
    """The whole figure, 11 inches wide."""
    axes = [factor for factor in study.factors if not factor.is_seed][:PANELS_MAX]
    rows = -(-len(axes) // COLUMNS)
    height = TOP + rows * (HEIGHT + GAP)
    figure = plt.figure(figsize=(WIDTH, height))
    columns = min(COLUMNS, len(axes))
    grid = figure.add_gridspec(rows, columns, left=0.06, right=0.985, top=1 - TOP / height, bottom=0.7 / height,
                               wspace=0.18, hspace=GAP / HEIGHT)
    for number, factor in enumerate(axes):
        panel = figure.add_subplot(grid[number])
        draw_panel(panel, study, factor)
        if number % COLUMNS == 0:
            panel.set_ylabel(f"share of {'files' if study.facts.measured else 'descents'} (%)")
        heading(panel, chr(ord("a") + number), "", 4)
    notes = [study.facts.line(), "bars: Wilson's 95 % intervals; other axes pooled"]
    source(figure, f"{study.facts.kind} “{study.facts.name}”", notes)
    figure.legend(handles=list(ending_handles(study.done)), loc="upper right", ncols=3,
                  bbox_to_anchor=(0.99, 1 - 0.12 / height), fontsize=7.5)
    return figure
