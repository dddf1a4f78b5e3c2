"""The picture `quickstart` of measured features: (a) layers over the coordinates of their files, (b) spectra of
the layers of some files, (c) what the layers form."""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator

import layers
import palette
import sweepfile
from page import ending_handles, heading, kinds_present, layer_marker, source

FILES_MAX = 4  # whose spectra are shown
LINES_MAX = 3  # of a caption
BARS_MAX = 8
FLOOR = 1e-6   # of the largest singular value of a panel: smaller ones are drawn there


def ordered(dataset):
    """Rows by NC1 of the last layer, those without one at the end."""
    last = dataset["nc1_trace_post"].values[:, -1]
    return np.argsort(np.where(np.isfinite(last), last, np.inf), kind="stable")


def told_apart(dataset):
    """What a caption names of a file: the coordinates of (a), and the seed where there is room."""
    found = [name for name in layers.chosen(dataset)[0] if name != "row"]
    return [*found, *(["seed"] if layers.has_seeds(dataset) else [])][:LINES_MAX]


def caption(point, given):
    """Values of the given coordinates, one a line; the name of the file without one."""
    words = [f"{layers.shortened(name)} = {float(point[name]):.4g}" for name in given]
    return "\n".join(words) or layers.shortened(sweepfile.texts(point["source_file"].expand_dims("config"))[0])


def draw_spectrum(axes, point, title, shown, colours):
    longest, least, largest = 1, np.inf, 0.0
    for number, (layer, colour) in enumerate(zip(shown, colours)):  # small on large, so that equal values all show
        values = point["sv_mean_post"].values[layer]
        values = values[np.isfinite(values) & (values > 0)]
        if values.size:
            longest, least, largest = max(longest, values.size), min(least, values.min()), max(largest, values.max())
            axes.plot(np.arange(1, values.size + 1), values, color=colour, linewidth=1.0, clip_on=True,
                      markersize=6 - 2.5 * number / max(len(shown) - 1, 1), marker=layer_marker(number),
                      markeredgecolor="white", markeredgewidth=0.4)
    axes.set_yscale("log")
    axes.set_xlim(0.5, longest + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("index $i$")
    axes.set_title(title, loc="left", fontsize=7.5, linespacing=1.3)
    return least, largest


def draw_spectra(figure, grid, dataset, letter="b"):
    """A panel for some files, from the one whose last layer is collapsed most to the one where it is least."""
    rows = layers.some(list(ordered(dataset)), FILES_MAX)
    shown = layers.some(list(range(dataset.sizes["layer"])), layers.LAYERS_MAX)
    colours, names = palette.layer_colours(len(shown)), layers.names(dataset)
    panels = grid.subgridspec(1, FILES_MAX, wspace=0.12).subplots(sharey=True)
    points = [dataset.isel(config=row) for row in rows]
    titles = [caption(point, told_apart(dataset)) for point in points]
    found = [draw_spectrum(axes, point, title, shown, colours) for axes, point, title in zip(panels, points, titles)]
    for axes in panels[len(rows):]:
        axes.set_visible(False)
    largest = max(high for _, high in found)
    if largest > 0:
        panels[0].set_ylim(max(min(low for low, _ in found) / 1.5, FLOOR * largest), 2 * largest)
    panels[0].set_ylabel(r"singular value $s_i$")
    panels[0].yaxis.set_major_locator(LogLocator(numticks=6))
    handles = [Line2D([], [], color=colour, linewidth=1.0, markersize=4, marker=layer_marker(number), label=names[layer])
               for number, (layer, colour) in enumerate(zip(shown, colours))]
    panels[len(rows) - 1].legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=7.5,
                                 handlelength=1.6)
    part = f" of {len(shown)} of {len(names)} layers" if len(shown) < len(names) else ""
    which = f"; {len(rows)} files, by NC1 of the last layer" if len(rows) > 1 else ""
    lines = max(title.count("\n") + 1 for title in titles)
    heading(panels[0], letter, f"Singular values of the class means{part}{which}", 8 + 11 * lines)


def bars(dataset):
    """Label -> rows: for each value of the first coordinate with a column, or all."""
    name = next(iter(layers.chosen(dataset)[0]), "")
    values = layers.values_of(dataset, name) if name else np.zeros(dataset.sizes["config"])
    found = layers.levels(values)
    if not name or len(found) > BARS_MAX:
        return {"all": np.ones(values.size, dtype=bool)}, ""
    return {f"{value:g}": values == value for value in found}, name


def draw_structures(figure, grid, dataset):
    axes = figure.add_subplot(grid)
    groups, name = bars(dataset)
    kinds = dataset["ending"].values
    for height, mask in enumerate(groups.values()):
        left = 0.0
        for kind in kinds_present(dataset):
            share = 100.0 * np.mean(kinds[mask] == kind)
            axes.barh(height, share, left=left, height=0.72, color=palette.ending(kind).colour, edgecolor="white",
                      linewidth=0.6)
            left += share
        axes.text(101.5, height, f"{mask.sum():,}", va="center", fontsize=7.5)
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(max(len(groups), 3) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the files (%)")
    axes.grid(False)
    handles = list(ending_handles(dataset))
    for entry, kind in zip(handles, kinds_present(dataset)):
        entry.set_label(palette.ending(kind).short)
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(-0.05, 1.0), ncols=2, fontsize=7.5, handlelength=1.0,
                borderaxespad=0.3, columnspacing=1.0)
    over = f", by {layers.shortened(name)}" if name else ""
    heading(axes, "c", f"Structure{over}", 8 + 12 * -(-len(handles) // 2))


def draw(dataset, facts):
    """The whole figure, 11 by 9.5 inches."""
    figure = plt.figure(figsize=(11, 9.5))
    rows = figure.add_gridspec(2, 1, height_ratios=(2.1, 1), hspace=0.4, left=0.075, right=0.965, top=0.855,
                               bottom=0.055)
    below = rows[1].subgridspec(1, 2, width_ratios=(3.6, 1), wspace=0.45)
    layers.draw_layers(figure, rows[0], dataset)
    draw_spectra(figure, below[0], dataset)
    draw_structures(figure, below[1], dataset)
    source(figure, f"Features “{facts.name}”", [facts.line()])
    return figure
