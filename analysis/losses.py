"""Final losses over the DNC loss beside the reference solutions: one panel a (K, L) pair."""
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

import palette
import references
from axis import label as axis_label
from page import heading, kinds_present
from sweepfile import flags

PANELS_MAX = 6   # (classes, depth) pairs that are drawn
COLUMNS_MAX = 3
NEAR_SHARE, NEAR_LEAST = 0.6, 0.1  # how far above the references the panels reach: a share
                                   # of their own range, at least that much


def along(dataset):
    """The axis of regularization: kappa_ratio compares collapse with nothing for mse alone."""
    if "loss_function" in dataset and "ce" in flags(dataset["loss_function"]):
        return "lambda"
    return "kappa_ratio"


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


def spacing(x):
    """Least distance of distinct values on the axis, in powers of two."""
    distinct = np.unique(np.log2(x[np.isfinite(x)]))
    return np.diff(distinct).min() if distinct.size > 1 else 1.0


def spread(x):
    """x shifted a little, by the row's number, so that equal values do not hide each other."""
    # Multiples of the golden ratio modulo 1 fill an interval evenly for any number of rows.
    shift = np.mod(np.arange(x.size) * 0.6180339887, 1.0) - 0.5
    return x * 2.0 ** (0.6 * spacing(x) * shift)


def reference_ratio(dataset, name):
    """Loss of the reference over that of collapse of every point, NaN where one does not exist."""
    return references.losses(dataset, name) / references.collapse(dataset)


def reference_curve(dataset, name, x):
    """Every distinct x and there the least ratio of points that have the solution (some
    need a width), or NaN."""
    ratio = reference_ratio(dataset, name)
    levels = np.unique(x[np.isfinite(x)])
    values = [np.append(ratio[(x == level) & np.isfinite(ratio)], np.inf).min()
              for level in levels]
    return levels, np.where(np.isfinite(values), values, np.nan)


def reference_range(dataset):
    """Lowest and highest loss ratio of the references, without the trivial solution, which
    leaves the DNC loss far behind where regularization is weak."""
    seen = [1.0]
    for name, _ in references.stored(dataset):
        if name != "loss_trivial":
            values = reference_ratio(dataset, name)
            seen += values[np.isfinite(values)].tolist()
    return min(seen), max(seen)


def limits(dataset):
    """Lowest and highest loss ratio of the panels: the references and what lies near them.

    Descents that are far from done, or trivial, must not squeeze the others together.
    """
    low, high = reference_range(dataset)
    ratio = dataset["loss"].values / references.collapse(dataset)
    alive = ratio[np.isfinite(ratio) & (dataset["ending"].values != "trivial")]
    if alive.size:
        low = min(low, alive.min())
        ceiling = high + max(NEAR_SHARE * (high - low), NEAR_LEAST)
        high = max(high, min(np.quantile(alive, 0.99), ceiling))
    margin = 0.06 * (high - low) + 0.01
    return low - margin, high + margin


def lone(values):
    """Which finite values have no finite neighbour: a line would not show them."""
    finite = np.pad(np.isfinite(values), 1)
    return finite[1:-1] & ~finite[:-2] & ~finite[2:]


def draw_references(axes, dataset, x):
    """Lines between neighbouring regularizations that both have the solution; dashes as
    wide as the spread points where only one has."""
    for name, look in references.stored(dataset):
        levels, values = reference_curve(dataset, name, x)
        style = dict(color=look.colour, linestyle=look.style, linewidth=1.1, zorder=3)
        axes.plot(levels, values, **style)
        half = 2.0 ** (0.4 * spacing(x))
        for level, value in zip(levels[lone(values)], values[lone(values)]):
            axes.plot([level / half, level * half], [value, value], **style)


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
    counts = {"above": np.sum(ratio > ceiling), "diverged": np.sum(kinds == "none"),
              "without DNC": np.sum(np.isnan(references.collapse(dataset)))}
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)


def draw_panel(axes, dataset, pair, ceiling):
    x = dataset[along(dataset)].values
    ratio = dataset["loss"].values / references.collapse(dataset)
    axes.set_xscale("log", base=2)
    draw_references(axes, dataset, x)
    note = draw_points(axes, dataset, x, ratio, ceiling)
    axes.set_title(f"K = {pair[0]}, L = {pair[1]}", loc="left", fontweight="bold")
    axes.set_title(note, loc="right", fontsize=7, color="#555555")
    axes.xaxis.set_minor_formatter(NullFormatter())


def draw_losses(figure, grid, dataset):
    """The panels of the pairs with the most points."""
    counts = pair_counts(dataset)
    pairs = sorted(sorted(counts, key=lambda pair: -counts[pair])[:PANELS_MAX])
    columns = min(len(pairs), 2 if len(pairs) == 4 else COLUMNS_MAX)
    rows = -(-len(pairs) // columns)
    panels = grid.subgridspec(rows, columns, hspace=0.3, wspace=0.08).subplots(
        sharex=True, sharey=True, squeeze=False)
    low, high = limits(dataset)
    for axes, pair in zip(panels.flat, pairs):
        draw_panel(axes, select_pair(dataset, pair), pair, high)
    for axes in panels.flat[len(pairs):]:
        axes.set_visible(False)
    panels[0, 0].set_ylim(low, high)
    label(panels, dataset)
    chosen = f"; {len(pairs)} of {len(counts)} (K, L) pairs" if len(counts) > len(pairs) else ""
    heading(panels[0, 0], "a", f"Final loss beside the reference solutions{chosen}", 24)


def label(panels, dataset):
    for axes in panels[:, 0]:
        axes.set_ylabel(f"loss / {references.collapse_label(dataset)}")
    for column in panels.T:
        lowest = [axes for axes in column if axes.get_visible()][-1]
        lowest.tick_params(labelbottom=True)
        lowest.set_xlabel(axis_label(along(dataset)))


def reference_handles(dataset):
    """Of the lines that pass through a panel."""
    high = limits(dataset)[1]
    for name, look in references.stored(dataset):
        if (reference_ratio(dataset, name) < high).any():
            yield Line2D([], [], color=look.colour, linestyle=look.style, label=look.label)
