"""The pictures of a report: those that fit the axes of a sweep, each with words that stand for it."""
import base64
import dataclasses
import functools
import io
import typing

import matplotlib.pyplot as plt
import numpy as np

import axis
import curves
import fig2
import layers
import networks
import optimizers
import palette
import phase
import plot
import quickstart
import tendencies
from losses import draw_losses, reference_handles
from markup import element, paragraph, scroller, section
from page import ending_handles, source
from report_words import listed, name
from sweepfile import Unusable, is_measured

DPI = 130
VALUES_MIN = 3  # of an axis that is drawn along
LINES_MAX, PANELS_MAX = 8, 3
LOG_FROM = 8    # largest over least value of an axis that is drawn in logarithms
# Variables that the pictures over axes need, beside losses: no spectra, which are most of a file.
SLIM = ("clique_order", "kappa_ratio", "rank_mean_post", "tolerance", "history_loss", "history_step", "steps",
        "stop_reason", "depth", "width", "classes")


@dataclasses.dataclass(frozen=True)
class Picture:
    kind: object          # the function that draws it, by which doubles are told
    draw: typing.Callable  # () -> figure; may say that the file is not to be drawn so
    title: str
    text: str             # caption below it
    alternative: str      # what it shows, for those who do not see it


def numeric(study):
    """Axes with a number each that pictures know, those with most values first."""
    found = [factor for factor in study.factors if len(factor.names) == 1 and not factor.is_seed
             and factor.names[0] in axis.PARAMETERS and len(np.unique(factor.codes)) > 1]
    return sorted(found, key=lambda factor: -len(np.unique(factor.codes)))


def slim(study):
    done = study.done
    return done.drop_vars([name_ for name_ in done.data_vars
                           if name_ not in SLIM and not name_.startswith("loss")])


# ------------------------------------------------------------------ candidates
def own_picture(study):
    """The one that was made for a sweep of this name."""
    draw, about = plot.PICTURES.get(study.facts.name, (None, ""))
    if draw not in (None, quickstart.draw):  # the panels of quickstart stand below, larger
        yield Picture(getattr(draw, "func", draw), functools.partial(draw, study.done, study.facts),
                      "The picture of this sweep", f"{about[0].upper()}{about[1:]}.",
                      f"Picture made for the sweep {study.facts.name}: {about}. Its numbers are in the tables "
                      "of this page.")


def of_endings(study):
    if [factor for factor in study.factors if not factor.is_seed]:
        axes = listed(factor.short for factor in study.factors if not factor.is_seed)
        yield Picture(tendencies.draw, functools.partial(tendencies.draw, study), "Endings over each axis",
                      f"Share of each ending over {axes}, all other axes pooled; bars are Wilson's 95 % intervals.",
                      f"One panel for each axis ({axes}) with the share of {listed(map(name, study.kinds))} at every "
                      "value; the same numbers are in the tables of endings over each axis.")


def draw_beside_references(dataset, facts):
    figure = plt.figure(figsize=(11, 5.9))
    grid = figure.add_gridspec(1, 1, left=0.06, right=0.77, top=0.8, bottom=0.09)
    draw_losses(figure, grid[0], dataset)
    style = dict(loc="upper left", alignment="left", title_fontproperties={"weight": "bold", "size": 8})
    endings = figure.legend(handles=list(ending_handles(dataset)), title="Endings: points",
                            bbox_to_anchor=(0.78, 0.84), **style)
    figure.add_artist(endings)
    figure.legend(handles=list(reference_handles(dataset)), title="References: lines", handlelength=3.2,
                  bbox_to_anchor=(0.78, 0.45), **style)
    source(figure, f"Sweep “{facts.name}”", [facts.line()])
    return figure


def beside_references(study):
    if np.isfinite((study.done["loss_dnc"] * study.done["kappa_ratio"]).values).any():
        yield Picture(quickstart.draw, functools.partial(draw_beside_references, slim(study), study.facts),
                      "Losses beside the reference solutions",
                      "Final loss over the DNC loss against the regularization: of mse in units of where collapse "
                      "meets the trivial loss, of cross-entropy λ. No reference is a proven minimum.",
                      f"Scatter of {study.ending.size:,} final losses, in panels by classes and depth, with lines "
                      "of the reference solutions.")


def diagrams(study):
    """A map over the two axes with most values."""
    axes = [factor for factor in numeric(study) if len(np.unique(factor.codes)) >= VALUES_MIN]
    if len(axes) > 1 and "rank_mean_post" in study.done:
        x, y = (factor.names[0] for factor in axes[:2])
        yield Picture(phase.draw, functools.partial(phase.draw, slim(study), study.facts, names=(x, y)),
                      f"Map over {x} and {y}",
                      "The most frequent ending of a cell, paler where its seeds differ; the share of losses below "
                      "DNC; the median loss over that of DNC; the median least rank of the hidden layers over K.",
                      f"Heat maps over {x} and {y}: most frequent ending, share below the DNC loss, median loss "
                      "ratio, median least rank.")


def over_axis(study):
    """Curves over the axis with most values, a line for each value of a second one, a panel for each of a
    third."""
    axes = numeric(study)
    if not axes or "rank_mean_post" not in study.done or len(np.unique(axes[0].codes)) < VALUES_MIN:
        return
    x, rest = axes[0], axes[1:]
    lines = next((factor for factor in rest if len(factor.values) <= LINES_MAX), None)
    panels = next((factor for factor in rest if factor is not lines and len(factor.values) <= PANELS_MAX), None)
    quantities = ("below", "loss_ratio", "rank_share") if study.reference == "DNC loss" else ("collapsed", "rank_share")
    along = [value for value, in x.values]
    shown = curves.Curves(tuple((x.names[0], quantity) for quantity in quantities),
                          lines.names[0] if lines else "depth", panels.names[0] if panels else "",
                          log=along[0] > 0 and along[-1] >= LOG_FROM * along[0])
    split = f", a line for each {lines.short}" if lines else ""
    split += f", panels for each {panels.short}" if panels else ""
    yield Picture(curves.draw, functools.partial(curves.draw, slim(study), study.facts, curves=shown),
                  f"Curves over {x.short}",
                  f"Shares with Wilson's 95 % interval, other quantities with quartiles, over {x.short}{split}; axes "
                  "that are not named are pooled.",
                  f"Curves over {x.short}{split}: {listed(curves.QUANTITIES[q].label for q in quantities)}.")


def histories(study):
    """One setting from several scales; several ways down."""
    swept = {name_ for factor in study.factors for name_ in factor.names}
    if "init_scale" in swept:
        yield Picture(fig2.draw, functools.partial(fig2.draw, study.done, study.facts), "Losses over steps",
                      "Every descent in the colour of its ending, by initial scale; NC1, spectra and shares below.",
                      "Curves of the loss over steps by initial scale, with reference lines.")
    if swept & {"optimizer", "schedule"}:
        yield Picture(optimizers.draw, functools.partial(optimizers.draw, study.done, study.facts), "Ways down",
                      "Median of the least loss so far against seconds, and where descents end, by optimizer.",
                      "Curves of the loss against seconds for each optimizer, and final losses by ending.")


def draw_spectra(dataset, facts):
    figure = plt.figure(figsize=(11, 3.9))
    grid = figure.add_gridspec(1, 1, left=0.06, right=0.925, top=0.6, bottom=0.12)
    quickstart.draw_spectra(figure, grid[0], dataset, letter="a")
    source(figure, f"Sweep “{facts.name}”", [facts.line()])
    return figure


def spectra(study):
    if "sv_mean_post" in study.done:
        yield Picture(draw_spectra, functools.partial(draw_spectra, study.done, study.facts), "Spectra by layer",
                      "Singular values of the class means after the ReLU, layer by layer, on a logarithmic scale, "
                      "of the point of median loss ratio among those of each ending. A layer that keeps its rank has "
                      "K values of one size; where they drop by decades, the rank is lower.",
                      "Singular values against their index, on a logarithmic scale, a line for each hidden layer and a "
                      "panel for each ending.")


# ------------------------------------------------------------------ of measured features
def draw_layers(dataset, facts):
    figure = plt.figure(figsize=(11, 6.2))
    grid = figure.add_gridspec(1, 1, left=0.08, right=0.97, top=0.79, bottom=0.09)
    layers.draw_layers(figure, grid[0], dataset)
    source(figure, f"Features “{facts.name}”", [facts.line()])
    return figure


def of_layers(study):
    """Each layer over what the files are told apart by."""
    over = listed(layers.chosen(study.done)[0] or ["depth"])
    yield Picture(draw_layers, functools.partial(draw_layers, study.done, study.facts), f"Layers over {over}",
                  "NC1, effective rank of the class means and distance from a simplex ETF after the activation: median "
                  "over the files that no line tells apart, with their range.",
                  f"Curves of the layers over {over}: NC1, effective rank, distance from a simplex ETF; their numbers "
                  "are in the tables of what changes the layers.")


def draw_spectra_of_layers(dataset, facts):
    figure = plt.figure(figsize=(11, 3.9))
    grid = figure.add_gridspec(1, 1, left=0.06, right=0.86, top=0.62, bottom=0.12)
    networks.draw_spectra(figure, grid[0], dataset, letter="a")
    source(figure, f"Features “{facts.name}”", [facts.line()])
    return figure


def spectra_of_layers(study):
    if "sv_mean_post" in study.done:
        yield Picture(draw_spectra_of_layers, functools.partial(draw_spectra_of_layers, study.done, study.facts),
                      "Spectra by layer",
                      "Singular values of the class means after the activation, layer by layer, on a logarithmic scale, of "
                      "files from the one with the least NC1 in the last layer to the one with the largest. Where they "
                      "drop by decades before the K-th, the rank is lower.",
                      "Singular values against their index, on a logarithmic scale, a line for each layer and a panel for "
                      "each file.")


def structures(study):
    """Over the coordinates, where files differ in what they form."""
    if len(study.kinds) > 1 and [factor for factor in study.factors if not factor.is_seed]:
        axes = listed(factor.short for factor in study.factors if not factor.is_seed)
        yield Picture(tendencies.draw, functools.partial(tendencies.draw, study), "Structures over each coordinate",
                      f"Share of each structure over {axes}, all other coordinates pooled; bars are Wilson's 95 % intervals.",
                      f"One panel for each coordinate ({axes}) with the share of {listed(map(name, study.kinds))} at every "
                      "value; the same numbers are in the tables of structures over each coordinate.")


CANDIDATES = (own_picture, of_endings, diagrams, over_axis, beside_references, histories, spectra)
MEASURED_CANDIDATES = (of_layers, spectra_of_layers, structures)


# ------------------------------------------------------------------ on the page
def embedded(figure):
    """The figure as a PNG inside of the page."""
    image = io.BytesIO()
    figure.savefig(image, dpi=DPI, format="png", metadata={"Software": None})
    plt.close(figure)
    return "data:image/png;base64," + base64.b64encode(image.getvalue()).decode()


def figure_element(picture):
    """The picture with its caption, or None where the file is not to be drawn so."""
    try:
        data = embedded(picture.draw())
    except Unusable:
        plt.close("all")
        return None
    image = element("img", src=data, alt=picture.alternative)
    return element("figure", element("h3", picture.title), scroller(picture.title, image),
                   element("figcaption", picture.text))


def figures(study):
    """One of each kind, in the order of the candidates."""
    palette.apply()
    seen = set()
    for candidate in MEASURED_CANDIDATES if is_measured(study.done) else CANDIDATES:
        for picture in candidate(study):
            drawn = None if picture.kind in seen else figure_element(picture)
            if drawn:
                seen.add(picture.kind)
                yield drawn


def render(study):
    found = list(figures(study))
    return section("Figures", found or paragraph("There is nothing to draw of these points."))
