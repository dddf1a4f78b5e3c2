"""Endings from inside: of many starts those that differ, a row each, with their share.

A row: parts of the loss, singular values by layer before and after the ReLU, class means of two
layers and the Gram matrix of one, in an order of classes and neurons that shows their structure.
"""
import dataclasses
import re
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

import axis
import captions
import endings
import order
import palette
import shares
import structure
from page import LINE, layer_marker, source
from sweepfile import Unusable, flags

NEEDED = ("regularization_weight", "regularization_feature", "loss_fit", "sv_feature_pre",
          "sv_feature_post", "sv_mean_post")
ROWS_MAX = 8
FLOOR = 1e-7   # singular values below this part of the largest are drawn on this line
COLOURS = "Blues"
LABELLED = 16  # classes that have labels
WIDTH, TOP, HEAD, HEIGHT, FOOT = 11, 0.7, 0.66, 1.3, 0.5  # inches
WIDEST = 200  # characters of a line of details


@dataclasses.dataclass(frozen=True)
class Layers:
    """Which layers have heat-maps; from 1, or from the last one back: 0 is L, -1 is L-1."""
    first: int
    second: int
    gram: int

    @staticmethod
    def place(number, depth):
        return number if number > 0 else depth + number


def check(dataset):
    endings.check(dataset)
    missing = [name for name in NEEDED if name not in dataset.variables]
    if missing:
        raise Unusable(f"this picture needs {', '.join(missing)}, which the file does not have")
    if set(flags(dataset["activation"])) != {"relu"}:
        raise Unusable("this picture shows networks with a ReLU; the file has linear ones")


# ---- panels of a row ----

def collapse_parts(loss, depth):
    """(fit, each factor) of collapse with the mse: at the root x of MODEL's equation (1-x) x^((L-1)/(L+1)) = K lbar
    all L+1 factors cost x(1-x)/2, so that 2 loss = (1-x)(1 + L x)."""
    x = (depth - 1 + np.sqrt((depth - 1) ** 2 + 4 * depth * (1 - 2 * loss))) / (2 * depth)
    return (1 - x) ** 2 / 2, x * (1 - x) / 2


def parts(dataset, row):
    """[(name, part of the loss)]"""
    depth = int(dataset["depth"][row])
    weights = dataset["regularization_weight"].values[row, :depth]
    return [("fit", float(dataset["loss_fit"][row])), ("$H_1$", float(dataset["regularization_feature"][row])),
            *((f"$W_{l + 1}$", float(value)) for l, value in enumerate(weights))]


def draw_parts(axes, dataset, row):
    found, depth, dnc = parts(dataset, row), int(dataset["depth"][row]), float(dataset["loss_dnc"][row])
    heights = range(len(found))
    axes.barh(heights, [value for _, value in found], height=0.7, color=["#D55E00"] + ["#56B4E9"] * (depth + 1),
              edgecolor="#333333", linewidth=0.4)
    fit = 0.0
    if np.isfinite(dnc) and "mse" in flags(dataset["loss_function"]):
        fit, factor = collapse_parts(dnc, depth)
        for height in heights:
            x = factor if height else fit
            axes.plot([x, x], [height - 0.45, height + 0.45], color="#000000", linewidth=1.2)
    axes.annotate(f"{found[0][1]:.2g}", (max(found[0][1], fit), 0), xytext=(4, 0), textcoords="offset points",
                  va="center", fontsize=7)
    axes.set_yticks(heights, [name for name, _ in found], fontsize=7)
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(axis="x", labelsize=7)
    axes.set_title("parts of the loss", fontsize=8, pad=3)


def draw_spectra(axes, dataset, row, name, title, colours, first):
    """Of the layers from `first` on; class means dashed where a class has several samples."""
    depth = int(dataset["depth"][row])
    variants = [(name, "-")] + ([("sv_mean_post", (0, (2, 2)))] if first > 1 and int(dataset["samples"][row]) > 1 else [])
    largest = np.nanmax(dataset[name].values[row, first - 1:depth])
    for variable, style in variants:
        for layer in range(first, depth + 1):
            values = dataset[variable].values[row, layer - 1]
            values = np.maximum(values[np.isfinite(values)], FLOOR * largest)
            axes.plot(np.arange(1, values.size + 1), values, color=colours[layer - 1], linestyle=style, linewidth=0.9,
                      marker=layer_marker(layer - 1), markersize=2.6)
    axes.set_yscale("log")
    axes.set_ylim(0.5 * FLOOR * largest, 2 * largest)
    axes.set_yticks([10.0**power for power in range(-8, 3, 2)])
    axes.minorticks_off()
    axes.set_ylim(0.5 * FLOOR * largest, 2 * largest)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.tick_params(labelsize=7, pad=1)
    axes.set_xlabel("index $i$", fontsize=7, labelpad=0)
    axes.set_title(title, fontsize=8, pad=3)


def draw_matrix(axes, matrix, title, labels, rows=None):
    """`rows`: labels of the rows, which are neurons without them."""
    axes.imshow(matrix, cmap=COLOURS, vmin=0, aspect="auto", interpolation="nearest")
    axes.grid(False)
    axes.spines[["top", "right"]].set_visible(True)
    few = len(labels) <= LABELLED
    axes.set_xticks(range(len(labels)) if few else [], labels if few else None, fontsize=5.5,
                    rotation=90 if len(labels) > 6 else 0)
    axes.set_yticks(range(len(rows)) if rows and few else [], rows if rows and few else None, fontsize=5.5)
    axes.tick_params(length=1.5, pad=1)
    axes.set_title(f"{title}, max {matrix.max():.3g}", fontsize=8, pad=3)


def draw_means(axes, layers, layer, classes, ends):
    means, labels = layers[layer - 1], order.class_labels(classes, ends)
    neurons = order.of_neurons(means, classes, ends)
    draw_matrix(axes, means[np.ix_(neurons, classes)], mean_name(layer), labels)
    axes.set_ylabel(f"{len(neurons)} of {means.shape[0]} neurons", fontsize=7, labelpad=2)


def mean_name(layer):
    return f"$M_{layer}$" if layer == 1 else rf"$\sigma(M_{layer})$"


def draw_row(panels, dataset, row, shown, colours):
    layers, depth = structure.read_layers(dataset, row), int(dataset["depth"][row])
    first, second, gram = (Layers.place(number, depth) for number in (shown.first, shown.second, shown.gram))
    ends = structure.find_ends(layers[-2]).ends
    classes = order.of_classes(layers[-2], ends)
    labels = order.class_labels(classes, ends)
    draw_parts(panels[0], dataset, row)
    same = " = M_l" if int(dataset["samples"][row]) == 1 else ""
    draw_spectra(panels[1], dataset, row, "sv_feature_pre", f"$s_i$ of $H_l{same}$", colours, 1)
    draw_spectra(panels[2], dataset, row, "sv_feature_post", r"$s_i$ of $\sigma(H_l)$", colours, 2)
    draw_means(panels[3], layers, first, classes, ends)
    draw_means(panels[4], layers, second, classes, ends)
    product = layers[gram - 1].T @ layers[gram - 1]
    draw_matrix(panels[5], product[np.ix_(classes, classes)], f"Gram of {mean_name(gram)}", labels, labels)


# ---- words ----

def headline(dataset, ending, setting, total):
    share = shares.Share(len(ending.rows), total)
    ratio = float(dataset["kappa_ratio"][ending.shown])
    scale = f" ($\\kappa$ ratio {ratio:.3g})" if "lambda" in setting else ""
    return (f"{endings.setting_text(setting)}{scale}: {palette.ending(ending.kind).label}, "
            f"{share.text().replace(f'of {total}', f'of {total} starts')}")


def details(dataset, ending):
    row = ending.shown
    found = structure.describe(structure.read_layers(dataset, row))
    graph = re.sub(r"K_(\{[\d,]+\}|\d+)", r"$K_{\1}$", found.graph)
    placed = (f"classes in the order of their vertices: {graph}" if found.ends else
              "no vertices: classes in the order of a clustering by angles")
    words = [f"loss / DNC loss {endings.span(endings.ratios(dataset, ending))}",
             f"ranks of layers 2..L {endings.ranks(dataset, row)}", placed,
             f"seed {int(dataset['seed'][row])}, s = {float(dataset['init_scale'][row]):g}"]
    if "history_loss" in dataset:
        words.append(f"{endings.falling(dataset, ending)} still falling")
    return "\n".join(textwrap.wrap("; ".join(words), WIDEST))


def chosen(dataset):
    """[(setting, rows of it, its endings, those shown)]; as many of each setting as fit."""
    losses, found = dataset["loss"].values, []
    for setting, rows in endings.settings(dataset):
        found.append((setting, rows, endings.distinct(dataset, rows)))
    found = [item for item in found if item[2]]
    if not found or len(found) > ROWS_MAX:
        raise Unusable(f"this picture shows 1 to {ROWS_MAX} settings with endings that are not trivial; there are {len(found)}")
    budget = 1
    while budget < ROWS_MAX and sum(min(budget + 1, len(kinds)) for _, _, kinds in found) <= ROWS_MAX:
        budget += 1
    return [(setting, rows, kinds, endings.choose(kinds, budget, losses)) for setting, rows, kinds in found]


def notes(dataset, table):
    """What is drawn and how, and what is not."""
    texts = []
    for setting, rows, kinds, shown in table:
        empty = "".join(f", {share.count} {kind}" for kind, share in endings.empty_counts(dataset, rows).items())
        if len(shown) < len(kinds) or empty:
            texts.append(f"{endings.setting_text(setting)}: {len(shown)} of {len(kinds)} endings{empty}")
    rest = f"shown are the most frequent and that of least loss ({'; '.join(texts)})" if texts else "every ending is shown"
    text = (f"A row: endings of one kind, least rank and graph whose losses have no gap of {100 * endings.GAP:g} %, with "
            f"Wilson's 95 % interval; drawn is the one of median loss; {rest}. Black ticks: the parts of collapse. "
            r"$\sigma$: the ReLU; $M_l$: class means of $H_l$.")
    return captions.wrapped([captions.held(dataset), text])


def legend(figure, depth, colours, height):
    handles = [Line2D([], [], color=colours[layer - 1], marker=layer_marker(layer - 1), markersize=3.5, linewidth=1,
                      label=f"layer {layer}") for layer in range(1, depth + 1)]
    figure.legend(handles=handles, loc="upper right", ncols=4, fontsize=7.5, bbox_to_anchor=(0.86, 1 - 0.1 / height))
    bar = figure.add_axes([0.88, 1 - 0.3 / height, 0.1, 0.1 / height])
    figure.colorbar(ScalarMappable(Normalize(0, 1), COLOURS), cax=bar, orientation="horizontal").set_ticks(
        [0, 1], labels=["0", "largest"], fontsize=7)


def draw(dataset, facts, layers):
    """The whole figure, 11 inches wide."""
    check(dataset)
    dataset = axis.prepared(dataset)
    table = chosen(dataset)
    rows = [(setting, len(members), ending) for setting, members, _, shown in table for ending in shown]
    lines = [facts.line(), *notes(dataset, table)]
    above = TOP + LINE * len(lines)
    height = above + len(rows) * (HEAD + HEIGHT + FOOT)
    figure = plt.figure(figsize=(WIDTH, height))
    depth = int(dataset["depth"].values.max())
    colours = palette.layer_colours(depth)
    limits = {}
    for number, (setting, total, ending) in enumerate(rows):
        top = height - above - number * (HEAD + HEIGHT + FOOT) - HEAD
        grid = figure.add_gridspec(1, 6, left=0.045, right=0.985, top=top / height, bottom=(top - HEIGHT) / height,
                                   wspace=0.27)
        panels = [figure.add_subplot(grid[column]) for column in range(6)]
        draw_row(panels, dataset, ending.shown, layers, colours)
        limits.setdefault(endings.setting_text(setting), []).append(panels[0])
        figure.text(0.012, (top + 0.56) / height, rf"$\bf{{({chr(ord('a') + number)})}}$ " +
                    headline(dataset, ending, setting, total), fontsize=9.5, va="center")
        figure.text(0.03, (top + 0.34) / height, details(dataset, ending), fontsize=7.5, color="#333333", va="center")
    for panels in limits.values():
        widest = max(axes.get_xlim()[1] for axes in panels)
        for axes in panels:
            axes.set_xlim(0, widest)
    source(figure, f"Sweep “{facts.name}”", lines)
    legend(figure, depth, colours, height)
    return figure
