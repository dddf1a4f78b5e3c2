"""Several ways down from the same starts: how fast, and to which endings. A row a setting:
(a) least loss so far over the DNC loss against the seconds of the descent, median of each way,
(b) where each descent ends, by way and kind of ending, with the median time to get there.
"""
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

import captions
import palette
import trajectories
import ways
from page import ending_handles, ending_style, heading, source
from sweepfile import Unusable

SETTINGS_MAX, WAYS_MAX = 4, 16
TIMES = 200                     # points of a median curve
FIRST_LINE = 0.6               # inches, below a legend of two rows
WIDTH, TOP, HEIGHT, GAP = 11, 1.3, 3.1, 0.75   # inches
NARROWEST = 0.05                # range of final losses over the DNC loss
SPREAD = 0.5                    # of a way's row, over its seeds
STYLES = {"gd": "-", "momentum": (0, (5, 1.5)), "adam": (0, (1.5, 1)), "lbfgs": (0, (5, 1.5, 1, 1.5))}


def check(dataset):
    ways.check(dataset)
    found = ways.settings(dataset)
    most = max(len(ways.ways(points)) for _, points in found)
    if len(found) > SETTINGS_MAX or most > WAYS_MAX:
        raise Unusable(f"optimizers draws at most {SETTINGS_MAX} settings and {WAYS_MAX} ways down; "
                       f"the file has {len(found)} and {most}")


def looks(names):
    """Way -> (colour, line style); the style says which optimizer it is."""
    scale = matplotlib.colormaps["turbo"]
    return {name: (scale(0.05 + 0.9 * i / max(len(names) - 1, 1)), STYLES.get(name.split(",")[0], "-"))
            for i, name in enumerate(names)}


def curve(points, times):
    """(times) median over the descents of the least loss so far, over the DNC loss."""
    steps = times / ways.seconds_a_step(points)
    rows = np.minimum.accumulate(trajectories.on_steps(points, "history_loss", steps), axis=1)
    return np.median(rows / points["loss_dnc"].values[:, None], axis=0)


def draw_curves(axes, points, styles):
    longest = max(float(of_way["steps"].values.max()) * ways.seconds_a_step(of_way)
                  for _, of_way in ways.ways(points))
    times = np.geomspace(longest / 10 ** 3.5, longest, TIMES)
    for name, of_way in ways.ways(points):
        colour, style = styles[name]
        axes.plot(times, curve(of_way, times), color=colour, linestyle=style, linewidth=1.4)
    axes.axhline(1, color="#000000", linewidth=0.8)
    least = float(np.nanmin((points["loss"] / points["loss_dnc"]).values))
    axes.set_xscale("log")
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(least - 0.02, 1.15)
    axes.set_xlabel("seconds of descent", labelpad=1)
    axes.set_ylabel("loss / DNC loss")


def draw_endings(axes, points):
    """A row a way; seeds are spread within it, the same seed at the same height."""
    found = ways.ways(points)
    seeds = np.unique(points["seed"].values)
    for height, (name, of_way) in enumerate(found):
        ratio = (of_way["loss"] / of_way["loss_dnc"]).values
        shift = np.searchsorted(seeds, of_way["seed"].values) / max(len(seeds) - 1, 1) - 0.5
        for x, up, kind in zip(ratio, shift, of_way["ending"].values):
            look = palette.ending(kind)
            axes.plot(x, height + SPREAD * up, linestyle="", marker=look.marker, color=look.colour,
                      markersize=4.5, markeredgewidth=0.4, **ending_style(look))
        time = np.nanmedian(ways.seconds(of_way, ways.arrivals(of_way)))
        axes.annotate(f"{time:.2g} s", (1, height), xycoords=("axes fraction", "data"), xytext=(4, 0),
                      textcoords="offset points", va="center", fontsize=7.5)
    low, high = axes.get_xlim()
    if high - low < NARROWEST:
        middle = 0.5 * (low + high)
        axes.set_xlim(middle - NARROWEST / 2, middle + NARROWEST / 2)
    axes.set_yticks(range(len(found)), [name for name, _ in found])
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlabel("final loss / DNC loss; right: median time to within 1e-6 of it", labelpad=1)


def draw(dataset, facts):
    """The whole figure, 11 inches wide."""
    check(dataset)
    found = ways.settings(dataset)
    names = list(dict.fromkeys(name for _, points in found for name, _ in ways.ways(points)))
    styles = looks(names)
    height = TOP + len(found) * (HEIGHT + GAP)
    figure = plt.figure(figsize=(WIDTH, height))
    grid = figure.add_gridspec(len(found), 2, left=0.06, right=0.94, top=1 - TOP / height,
                               bottom=0.5 / height, wspace=0.42, hspace=GAP / HEIGHT)
    for row, (setting, points) in enumerate(found):
        text = ", ".join(f"{name} {value:.4g}" for name, value in setting.items())
        left, right = (figure.add_subplot(grid[row, column]) for column in range(2))
        draw_curves(left, points, styles)
        draw_endings(right, points)
        heading(left, chr(ord("a") + 2 * row), text, 4)
        heading(right, chr(ord("b") + 2 * row), f"{len(np.unique(points['seed'].values))} seeds", 4)
        if row == 0:
            handles = [Line2D([], [], color=styles[name][0], linestyle=styles[name][1], linewidth=1.4,
                              label=name) for name in names]
            # Where no median is: it falls from above 1 at the left.
            left.legend(handles=handles, loc="lower left", fontsize=7, handlelength=2.6, frameon=True, framealpha=1,
                        edgecolor="none")
    source(figure, f"Sweep “{facts.name}”", [facts.line(), *captions.wrapped([captions.held(dataset)])], FIRST_LINE)
    figure.legend(handles=list(ending_handles(dataset)), loc="upper right", ncols=4,
                  bbox_to_anchor=(0.99, 1 - 0.12 / height), fontsize=7.5)
    return figure
