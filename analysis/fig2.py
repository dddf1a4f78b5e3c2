"""One setting from several initial scales: how the loss falls, what the layers become.

A column an initial scale; rows:
(a) loss over steps beside the reference solutions, one row a number of samples n,
(b) within-class variability NC1 of the hidden layers over steps, at the largest n > 1,
(c) singular values of the class means at the end, one row a number of samples n,
(d) share of each kind of ending with Wilson intervals.
"""
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

import palette
import references
import shares
import trajectories
from page import ending_handles, heading, kinds_present, layer_handles, layer_marker, source
from sweepfile import Unusable, flags

# What a picture has one value of, and its symbol in the second line of the page.
SETTING = {"depth": "L", "classes": "K", "width": "d", "lambda": r"$\lambda$",
           "learning_rate": "rate"}
NEEDED = ("history_step", "history_loss", "init_scale", "samples", "sv_mean_post",
          *SETTING, "max_steps", "decay_steps")
SCALES_MAX, SAMPLES_MAX = 6, 2
DECADES = 3.0         # of steps that the panels over steps show, up to the last
ABOVE_DNC = 1.25      # the loss panels reach up to this multiple of the DNC loss ...
BELOW_LEAST = 0.965   # ... and down to this of the least loss or reference
NC1_FLOOR = 1e-16     # what is left of NC1 below is rounding: drawn on this line
DECAY = dict(facecolor="none", edgecolor="#BBBBBB", hatch="//////", linewidth=0, zorder=0)
LEFT, RIGHT = 0.09, 0.87   # edges of the columns
TOP = 1.5                   # inches above the first row's panels
HEIGHT, GAP = 1.55, 0.62    # inches of a row's panels, and between two rows
KINDS_A_ROW = 4.0           # kinds of endings whose names fit into that height


# ------------------------------------------------------------------ the choice of points
def distinct(dataset, name):
    return np.unique(dataset[name].values).tolist()


def check(dataset):
    """Refuse a file whose sweep asks another question, with the reason."""
    missing = [name for name in NEEDED if name not in dataset.variables]
    if missing:
        raise Unusable(f"this picture needs {', '.join(missing)}, which the file does not have: "
                       "run a sweep like sweeps/fig2.yaml, with a history")
    for name in (*SETTING, "max_steps", "decay_steps"):
        values = distinct(dataset, name)
        if len(values) != 1:
            raise Unusable(f"fig2 draws one {name}; the file has {len(values)} ({values[0]:g} to "
                           f"{values[-1]:g}): draw a sweep like sweeps/fig2.yaml, or quickstart")
    for name, most in (("init_scale", SCALES_MAX), ("samples", SAMPLES_MAX)):
        if len(distinct(dataset, name)) > most:
            raise Unusable(f"fig2 draws at most {most} values of {name}; the file has "
                           f"{len(distinct(dataset, name))}")


def select(dataset, **values):
    mask = np.ones(dataset.sizes["config"], dtype=bool)
    for name, value in values.items():
        mask &= dataset[name].values == value
    return dataset.isel(config=mask)


# ------------------------------------------------------------------ panels over steps
def step_axis(axes, points):
    """Logarithmic steps; the phase whose rate falls to zero is shaded."""
    main = float(points["max_steps"].values[0])
    last = main + float(points["decay_steps"].values[0])
    axes.set_xscale("log")
    axes.set_xlim(last / 10 ** DECADES, last)
    if last > main:
        axes.axvspan(main, last, **DECAY)


def draw_reference_lines(axes, points):
    for look, loss in references.constants(points):
        axes.axhline(loss, color=look.colour, linestyle=look.style, linewidth=1.0, zorder=2)


def draw_loss(axes, points, grid):
    """Every descent in the colour of its ending, their median and the band of all."""
    step_axis(axes, points)
    draw_reference_lines(axes, points)
    rows = trajectories.on_steps(points, "history_loss", grid)
    low, median, high = trajectories.band(rows)
    axes.fill_between(grid, low, high, color="#BBBBBB", alpha=0.35, linewidth=0, zorder=1)
    for row, kind in zip(rows, points["ending"].values):
        look = palette.ending(kind)
        axes.plot(grid, row, color=look.colour, linewidth=0.8, zorder=3,
                  path_effects=palette.outline(look, 0.8))
    axes.plot(grid, median, color="#000000", linewidth=1.8, zorder=4)


def loss_limits(points):
    """The y axis of a row: around the references, where descents end."""
    values = [loss for _, loss in references.constants(points)]
    values += points["loss"].values[np.isfinite(points["loss"].values)].tolist()
    dnc = float(references.collapse(points)[0])
    top = ABOVE_DNC * dnc if np.isfinite(dnc) else max(values, default=1.0)
    return BELOW_LEAST * min(values, default=0.0), top


def reference_legend(axes, points):
    """Beside the row's last panel: the lines with their values."""
    handles = [Line2D([], [], color=look.colour, linestyle=look.style, linewidth=1.0,
                      label=f"{look.short} {loss:.4f}")
               for look, loss in references.constants(points)]
    handles += [Line2D([], [], color="#000000", linewidth=1.8, label="median"),
                Patch(color="#BBBBBB", alpha=0.5, label="all seeds")]
    if points["decay_steps"].values[0] > 0:
        handles.append(Patch(label="rate falls to 0", **DECAY))
    side_legend(axes, handles)


def side_legend(axes, handles, **options):
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.04, 1.05),
                handlelength=2.4, borderaxespad=0, fontsize=7.5, **options)


def draw_losses(panels, dataset, samples, letter):
    of_row = select(dataset, samples=samples)
    grid = trajectories.steps(dataset)
    for axes, scale in zip(panels, distinct(dataset, "init_scale")):
        points = select(of_row, init_scale=scale)
        if points.sizes["config"]:
            draw_loss(axes, points, grid)
    panels[0].set_ylim(*loss_limits(of_row))
    panels[0].set_ylabel("loss")
    reference_legend(panels[-1], of_row)
    label_steps(panels)
    heading(panels[0], letter, f"Loss over steps, n = {samples:g}: every descent in the "
            "colour of its ending", 18 if letter == "a" else 4)


def label_steps(panels):
    for axes in panels:
        axes.set_xlabel("step", labelpad=1)


def has_nc1(dataset):
    return "history_nc1" in dataset and bool(np.isfinite(dataset["history_nc1"].values).any())


def draw_nc1(panels, dataset, letter, colours):
    samples = distinct(dataset, "samples")[-1]
    grid = trajectories.steps(dataset)
    for axes, scale in zip(panels, distinct(dataset, "init_scale")):
        points = select(dataset, samples=samples, init_scale=scale)
        if not points.sizes["config"]:
            continue
        step_axis(axes, points)
        for i, colour in enumerate(colours):
            rows = trajectories.on_steps(points, "history_nc1", grid, layer=i + 1)
            low, median, high = trajectories.band(np.maximum(rows, NC1_FLOOR))
            axes.fill_between(grid, low, high, color=colour, alpha=0.2, linewidth=0)
            axes.plot(grid, median, color=colour, linewidth=1.3)
    panels[0].set_yscale("log")
    panels[0].set_ylabel(r"NC1 = tr $S_W$ / tr $S_B$")
    handles = [Line2D([], [], color=colour, label=f"layer {i + 2}")
               for i, colour in enumerate(colours)]
    side_legend(panels[-1], handles + [Patch(color="#888888", alpha=0.3, label="all seeds")])
    label_steps(panels)
    heading(panels[0], letter, f"Within-class variability after the ReLU over steps, "
            f"n = {samples:g}: median and all seeds", 4)


# ------------------------------------------------------------------ spectra and shares
def draw_spectrum(axes, points, colours):
    """Singular values of every layer: median over the descents, bars from least to most."""
    count = int(min(points["classes"].values[0], points["width"].values[0]))
    values = points["sv_mean_post"].values[:, 1:len(colours) + 1, :count]
    values = values[np.isfinite(values).all(axis=(1, 2))]
    for i, colour in enumerate(colours if len(values) else []):
        of_layer = values[:, i]
        median = np.median(of_layer, axis=0)
        x = np.arange(1, count + 1) + 0.5 * ((i + 0.5) / len(colours) - 0.5)
        axes.errorbar(x, median, yerr=[median - of_layer.min(axis=0),
                                       of_layer.max(axis=0) - median],
                      color=colour, marker=layer_marker(i), markersize=3.2, linewidth=0.9,
                      elinewidth=0.7, capsize=0)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("index $i$", labelpad=1)


def draw_spectra(panels, dataset, samples, letter, colours):
    for axes, scale in zip(panels, distinct(dataset, "init_scale")):
        points = select(dataset, samples=samples, init_scale=scale)
        if points.sizes["config"]:
            draw_spectrum(axes, points, colours)
    panels[0].set_ylim(bottom=0)
    panels[0].set_ylabel(r"singular value $s_i$")
    side_legend(panels[-1], layer_handles(colours))
    heading(panels[0], letter, f"Class means after the ReLU at the end, n = {samples:g}: "
            "singular values, median and range over the seeds", 4)


def draw_share(axes, points, kinds, shift, filled):
    for height, kind in enumerate(kinds):
        share = shares.share(points["ending"].values == kind)
        look = palette.ending(kind)
        low, high = share.interval
        axes.plot([100 * low, 100 * high], [height + shift] * 2, color=look.colour,
                  linewidth=1.3, solid_capstyle="butt",
                  path_effects=palette.outline(look, 1.3))
        axes.plot(100 * share.value, height + shift, color=look.colour, clip_on=False,
                  marker="o" if filled else "s", markersize=4.5,
                  markeredgecolor=palette.edge(look),
                  markerfacecolor=look.colour if filled else "white", zorder=5)


def draw_shares(panels, dataset, letter):
    kinds, samples = kinds_present(dataset), distinct(dataset, "samples")
    for axes, scale in zip(panels, distinct(dataset, "init_scale")):
        for position, number in enumerate(samples):
            points = select(dataset, samples=number, init_scale=scale)
            if points.sizes["config"]:
                shift = 0.36 * (position - (len(samples) - 1) / 2)
                draw_share(axes, points, kinds, shift, filled=position == 0)
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of seeds (%)", labelpad=1)
    names = [palette.ending(kind).short.replace(", ", ",\n") for kind in kinds]
    panels[0].set_yticks(range(len(kinds)), names)
    panels[0].set_ylim(len(kinds) - 0.4, -0.6)
    handles = [Line2D([], [], color="#444444", marker="os"[i], markersize=4.5,
                      markerfacecolor="#444444" if i == 0 else "white", label=f"n = {number:g}")
               for i, number in enumerate(samples)]
    side_legend(panels[-1], handles, title="Wilson 95 %", title_fontsize=7.5, alignment="left")
    heading(panels[0], letter, "How descents end: share of each kind, with 95 % intervals", 4)


# ------------------------------------------------------------------ the page
def start(dataset):
    """The law of the random start, where all points share one."""
    laws = {"fan_in": "s^2/d", "constant": "s^2"}
    if not {"init", "init_scale_h"} <= set(dataset.variables):
        return ""
    kinds, features = set(flags(dataset["init"])), distinct(dataset, "init_scale_h")
    if len(kinds) != 1 or not kinds <= set(laws) or len(features) != 1:
        return ""
    return (rf"start: $W \sim N(0, {laws[kinds.pop()]})$, "
            rf"$H_1 \sim N(0, {features[0] ** 2:g})$")


def setting(dataset):
    """Two lines: 'L = 4, K = 10, ...; 10 seeds' and 'start: ...; 120,000 steps, ...' """
    values = ", ".join(f"{symbol} = {distinct(dataset, name)[0]:g}"
                       for name, symbol in SETTING.items())
    seeds = f"{len(distinct(dataset, 'seed'))} seeds" if "seed" in dataset.variables else ""
    main, decay = distinct(dataset, "max_steps")[0], distinct(dataset, "decay_steps")[0]
    steps = f"{main:,.0f} steps at most" + (
        f", then {decay:,.0f} whose rate falls to 0" if decay else "")
    return ["; ".join(filter(None, parts))
            for parts in ((values, seeds), (start(dataset), steps))]


def page(rows, columns, kinds):
    """A figure of rows x columns panels; the last row has room for the names of `kinds`."""
    last = max(1.0, kinds / KINDS_A_ROW)
    height = TOP + (rows - 1 + last) * HEIGHT + rows * GAP
    figure = plt.figure(figsize=(11, height))
    grid = figure.add_gridspec(rows, columns, left=LEFT, right=RIGHT, top=1 - TOP / height,
                               bottom=0.42 / height, wspace=0.12,
                               hspace=GAP * rows / ((rows - 1 + last) * HEIGHT),
                               height_ratios=[1.0] * (rows - 1) + [last])
    return figure, [row_panels(figure, grid, row, columns) for row in range(rows)]


def row_panels(figure, grid, row, columns):
    panels = [figure.add_subplot(grid[row, 0])]
    for column in range(1, columns):
        panels.append(figure.add_subplot(grid[row, column], sharey=panels[0]))
        panels[-1].tick_params(labelleft=False)
    return panels


def draw(dataset, facts):
    """The whole figure, 11 inches wide."""
    check(dataset)
    samples, scales = distinct(dataset, "samples"), distinct(dataset, "init_scale")
    rows = 2 * len(samples) + has_nc1(dataset) + 1
    figure, panels = page(rows, len(scales), len(kinds_present(dataset)))
    letters, remaining = iter("abcdef"), iter(panels)
    colours = palette.layer_colours(int(dataset["depth"].values[0]) - 1)
    for number in samples:
        draw_losses(next(remaining), dataset, number, next(letters))
    if has_nc1(dataset):
        draw_nc1(next(remaining), dataset, next(letters), colours)
    for number in samples:
        draw_spectra(next(remaining), dataset, number, next(letters), colours)
    draw_shares(next(remaining), dataset, next(letters))
    for axes, scale in zip(panels[0], scales):
        axes.set_title(f"initial scale s = {scale:g}", fontweight="bold", loc="left", pad=4)
    source(figure, f"Sweep “{facts.name}”", [*setting(dataset), facts.line()])
    figure.legend(handles=list(ending_handles(dataset)), loc="upper right", ncols=2,
                  bbox_to_anchor=(0.99, 1 - 0.15 / figure.get_size_inches()[1]), fontsize=7.5)
    return figure
