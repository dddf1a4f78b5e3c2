"""What was swept: the sweep's own words, its axes with their values, what was held fixed."""
import re

import numpy as np

import factors
import sweepfile
from markup import details, element, paragraph, section, table
from report_words import number_cell

VALUES_MAX = 14  # of an axis that are written out

# Parameters that say what was computed; others are shown where the sweep's text names them.
TELLING = ("depth", "width", "classes", "samples", "lambda", "loss_function", "activation", "optimizer",
           "learning_rate", "init", "init_scale", "max_steps", "decay_steps")


def header(study):
    """Paragraphs of the comment that a sweep's text begins with."""
    paragraphs = [""]
    for line in sweepfile.text(study.points, "sweep_text").splitlines():
        if not line.startswith("#"):
            break
        words = line.lstrip("#").strip()
        paragraphs[-1:] = [f"{paragraphs[-1]} {words}".strip()] if words else [paragraphs[-1], ""]
    return [text for text in paragraphs if text]


def values(texts):
    """All values of an axis, or its ends where they are many."""
    if len(texts) <= VALUES_MAX:
        return ", ".join(texts) if all("," not in text for text in texts) else "; ".join(texts)
    return f"{', '.join(texts[:4])}, …, {', '.join(texts[-2:])}"


def meaning(study, name):
    if name == "width_per_class":
        return "width over the number of classes d/K"
    return str(study.points[name].attrs.get("long_name", ""))


def axes_table(study):
    rows = [(factor.title, "; ".join(filter(None, (meaning(study, name) for name in factor.names))),
             number_cell(f"{len(factor.values):,}"), values(factor.texts)) for factor in study.axes]
    if not rows:
        return paragraph("No parameter has more than one value.")
    return table("Axes", ["axis", "meaning", "number", "values"], rows)


def is_told(name, text):
    written = name.replace("loss_function", "loss")
    return name in TELLING or bool(re.search(rf"\b{re.escape(written)}\s*:", text))


def fixed_table(study):
    """Parameters outside of the axes: of one value, or of those that follow from the axes."""
    text = sweepfile.text(study.points, "sweep_text")
    swept = {name for factor in study.axes for name in factor.names}
    rows = []
    for name in factors.parameters(study.points):
        factor = factors.read(study.points, (name,))
        if name in swept or not factor or not factor.texts or not is_told(name, text):
            continue
        many = len(factor.values) > 1
        shown = f"{factor.texts[0]} to {factor.texts[-1]}, as the axes have it" if many else factor.texts[0]
        rows.append((name, meaning(study, name), shown or "–"))
    return table("Held fixed, or following from the axes", ["parameter", "meaning", "value"], rows)


def regularization(study):
    """How strong it is in units of where collapse stops to pay, a threshold of mse alone."""
    if "loss_function" not in study.points:  # of measured networks no loss is known
        return None
    squares = [loss == "mse" for loss in sweepfile.flags(study.points["loss_function"])]
    ratio = study.points["kappa_ratio"].values[squares]
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size or "kappa_ratio" in {name for factor in study.axes for name in factor.names}:
        return None
    return paragraph(f"In units of where collapse meets the trivial loss the regularization (kappa_ratio) is "
                     f"{ratio.min():.3g}" + (f" to {ratio.max():.3g}." if ratio.max() > ratio.min() else "."))


def render(study):
    canonical = sweepfile.text(study.points, "sweep_canonical")
    words = header(study)[1:]  # the first paragraph stands at the top of the page
    quoted = element("blockquote", [paragraph(text) for text in words]) if words else None
    return section("What was swept", quoted, axes_table(study), fixed_table(study), regularization(study),
                   details("Every parameter of the sweep", element("pre", canonical, tabindex="0"))
                   if canonical else None)
