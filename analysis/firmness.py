"""How firm endings are: (a) sharpness and (b) smallest curvature of each ending, against the rate;
(c) how far a kick moves it and (d) which share comes back, against the size of the kick. Hollow and
broken: endings at a constant rate.
"""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

import captions
import palette
import shares
from page import LINE, below_legend, ending_handles, heading, kinds_present, source
from sweepfile import Unusable

NEEDED = ("curvature_max", "curvature_min", "sharpness", "kick", "kick_distance", "learning_rate", "decay_steps",
          "lambda", "seed", "depth")
BACK = 0.1          # distance of the Gram matrices up to which an ending has come back
FEWEST = 5          # points of a kind of ending below which no curve is drawn
SPREAD = 0.11       # of the markers of one rate or kick, in decades
WIDTH, HEIGHT = 11, 8.0  # inches
LEGEND_COLUMNS = 3
DECAYED = {True: ("rate falls to zero", "-"), False: ("constant rate", (0, (4, 2)))}


def check(dataset):
    missing = [name for name in NEEDED if name not in dataset]
    if missing:
        raise Unusable(f"the file has no {', '.join(missing)}: firmness needs a sweep of schema version 7")
    if not np.isfinite(dataset["curvature_max"].values).any():
        raise Unusable("no point of the file has a curvature; firmness needs `curvature` in its sweep")
    if len(np.unique(dataset["kick"].values[dataset["kick"].values > 0])) < 2:
        raise Unusable("'kick' has fewer than two values above 0 in this file: there is nothing to draw along it")


def kinds(dataset):
    """[(kind of ending, whether its rate fell to zero, points)], those that are there."""
    decayed = dataset["decay_steps"].values > 0
    found = [(kind, fell, dataset.isel(config=(dataset["ending"].values == kind) & (decayed == fell)))
             for kind in kinds_present(dataset) for fell in (False, True)]
    return [(kind, fell, points) for kind, fell, points in found if points.sizes["config"]]


def once(dataset):
    """One of the points that differ in the kick alone: their descents are the same."""
    seen = dataset["kick"].values
    return dataset.isel(config=seen == seen.min())


def shift(number, count):
    """Factor by which the markers of kind `number` of `count` are moved sideways."""
    return 10 ** (SPREAD * (number - (count - 1) / 2) / max(count - 1, 1) * 2)


def style(kind, fell):
    look = palette.ending(kind)
    return dict(marker=look.marker, color=look.colour, markersize=4.5, markeredgewidth=0.7,
                markeredgecolor="#333333" if fell else palette.edge(look),
                markerfacecolor=look.colour if fell else "none")


def draw_points(axes, dataset, value):
    """A marker an ending, over its rate."""
    found = kinds(once(dataset))
    for number, (kind, fell, points) in enumerate(found):
        axes.plot(points["learning_rate"].values * shift(number, len(found)), value(points), linestyle="",
                  **style(kind, fell))
    ticks(axes, np.unique(dataset["learning_rate"].values))
    axes.set_xlabel("learning rate", labelpad=1)


def ticks(axes, values):
    axes.set_xscale("log")
    axes.set_xlim(values[0] / 1.6, values[-1] * 1.6)
    axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()


def quartiles(points):
    """Median, lower and upper quartile of the distances; those that have none left out."""
    distances = points["kick_distance"].values
    return np.quantile(distances[np.isfinite(distances)], [0.5, 0.25, 0.75]) if np.isfinite(
        distances).any() else [np.nan] * 3


def returned(points):
    """Share of the points whose ending is as near as BACK to the one before, with its interval."""
    share = shares.share(points["kick_distance"].values <= BACK)
    return share.value, *share.interval


def draw_curves(axes, dataset, value):
    """A curve a kind of ending over the kicks, which are placed evenly: the least stands for none."""
    kicks = np.unique(dataset["kick"].values[dataset["kick"].values > 0])
    found = [(kind, fell, points) for kind, fell, points in kinds(dataset)
             if points.sizes["config"] >= FEWEST * len(kicks)]
    for number, (kind, fell, points) in enumerate(found):
        groups = [(kicks.tolist().index(kick), group) for (kick,), group in shares.groups(points, ["kick"])
                  if kick > 0]
        place = np.array([at for at, _ in groups]) + 0.3 * (number - (len(found) - 1) / 2) / max(len(found), 1)
        centre, low, high = np.array([value(group) for _, group in groups]).T
        look = palette.ending(kind)
        bars = np.maximum([centre - low, high - centre], 0)  # an end of an interval is rounded
        axes.errorbar(place, centre, yerr=bars, linewidth=1.3, elinewidth=0.8, linestyle=DECAYED[fell][1],
                      path_effects=palette.outline(look, 1.3), **style(kind, fell))
    axes.set_xticks(range(len(kicks)), [f"{kick:g}" for kick in kicks])
    axes.set_xlabel("size of the kick, relative to the parameters", labelpad=1)


def legend(dataset):
    for handle in ending_handles(dataset):
        yield handle
    for fell, (label, line) in DECAYED.items():
        yield Line2D([], [], color=palette.DARK, linestyle=line, marker="o", markersize=5,
                     markerfacecolor=palette.DARK if fell else "none", label=label)


def depths(dataset):
    """'endings: DNC 48 at L = 3, 8 at L = 4; low rank 39 at L = 4', where there are several depths."""
    if len(np.unique(dataset["depth"].values)) < 2:
        return ""
    found = once(dataset)
    words = [f"{palette.ending(kind).short} " + ", ".join(
        f"{points.sizes['config']} at L = {depth}" for (depth,), points in
        shares.groups(found.isel(config=found["ending"].values == kind), ["depth"])) for kind in kinds_present(found)]
    return f"endings: {'; '.join(words)}"


def draw(dataset, facts):
    """The whole figure, 11 inches wide."""
    check(dataset)
    figure, panels = plt.subplots(2, 2, figsize=(WIDTH, HEIGHT))
    (sharp, flat), (moved, back) = panels
    draw_points(sharp, dataset, lambda points: points["sharpness"].values)
    sharp.axhline(1, color="#000000", linewidth=0.9)
    sharp.set_yscale("log")
    sharp.set_ylabel("sharpness: largest curvature / (2/rate)")
    draw_points(flat, dataset, lambda points: (points["curvature_min"] / points["lambda"]).values)
    flat.axhline(0, color="#000000", linewidth=0.9)
    flat.set_ylabel(r"smallest curvature / $\lambda$")
    draw_curves(moved, dataset, quartiles)
    moved.axhline(BACK, color="#777777", linewidth=0.9, linestyle=":")
    moved.set_yscale("log")
    moved.set_ylabel("distance of the Grams after the kick")
    draw_curves(back, dataset, returned)
    back.set_ylim(-0.03, 1.03)
    back.set_ylabel(f"share that comes back (distance up to {BACK:g})")
    titles = ("can the rate follow the steepest direction?", "is there a direction down, short of kinks?",
              "how far from the ending before", "which come back")
    for letter, axes, title in zip("abcd", panels.flat, titles):
        heading(axes, letter, title, 4)
    seeds = len(np.unique(dataset["seed"].values))
    handles = list(legend(dataset))
    lines = [facts.line(), *captions.wrapped([
        captions.held(dataset), depths(dataset), *captions.unconverged(once(dataset)),
        f"{seeds} seeds of each setting; kinds of endings with at least {FEWEST} points a kick; (c) median and quartiles of those "
        "that end in something, (d) Wilson's 95 % interval; the least kick shows what descent does that only goes on"])]
    first = below_legend(len(handles), LEGEND_COLUMNS)
    source(figure, f"Sweep “{facts.name}”", lines, first)
    figure.subplots_adjust(left=0.07, right=0.98, top=1 - (first + LINE * len(lines) + 0.35) / HEIGHT, bottom=0.065, wspace=0.2,
                           hspace=0.35)
    figure.legend(handles=handles, loc="upper right", ncols=LEGEND_COLUMNS,
                  bbox_to_anchor=(0.99, 1 - 0.08 / HEIGHT), fontsize=7.5)
    return figure
