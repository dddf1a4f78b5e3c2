"""The top of a report: what was asked, how far it is, what came out, in a paragraph."""
import numpy as np

import report_effects
import report_measured
import shares
from markup import element, paragraph
from report_design import header
from report_sensitivity import strongest
from report_words import bracket, interval, listed, median, name, percent, plural, prose


def axes_in_words(study):
    seeds = [factor for factor in study.axes if factor.is_seed]
    words = [f"{factor.short} ({len(factor.values)} values)" for factor in study.axes
             if not factor.is_seed]
    words += [plural(len(factor.values), "seed") for factor in seeds]
    return listed(words) if words else "no axis: a single setting"


def extent(study):
    total, done = study.points.sizes["config"], study.ending.size
    yield f"The sweep has {plural(total, 'point')} over {axes_in_words(study)}."
    if done == total:
        yield "All of them are done." if total > 1 else "It is done."
    else:
        yield (f"{done:,} are done so far ({percent(done / total)} %), the longest first; what follows is of these, "
               "which are no fair sample.")


def outcome(study):
    ranked = sorted(study.kinds, key=lambda kind: -study.share(kind).count)
    parts = [f"{study.share(kind).count:,} {bracket(study.share(kind))} "
             f"{prose(kind)}" for kind in ranked[:3]]
    rest = "; others end in other ways" if len(ranked) > 3 else ""
    yield f"Of {plural(study.ending.size, 'descent')}, with 95 % intervals, end {listed(parts)}{rest}."
    below = study.below
    if below:
        where = "" if below.total == study.ending.size else " for which there is one"
        yield (f"Below the {study.reference} end {below.count:,} of the {below.total:,}{where} {bracket(below)}; "
               f"the least loss is {np.nanmin(study.ratio):.4g} times it.")


def reasons(study):
    found = strongest(study)
    if found:
        factor, change, seed = found
        text = (f"What changes an ending most is {factor.short}: of descents that differ in it alone "
                f"{percent(change.value)} % of the pairs end differently ({interval(change)})")
        yield text + (f"; of those that differ in the seed alone {percent(seed.value)} % "
                      f"({interval(seed)})." if seed else ".")
    if study.falling is not None:
        share = shares.share(study.falling)
        yield f"Not converged, with a loss that was still falling, are {share.count:,} {bracket(share)}."


def of_features(study):
    """The sentences of measured features."""
    total, done = study.points.sizes["config"], study.ending.size
    over = f" over {axes_in_words(study)}" if study.axes else ""
    yield f"Features are of {plural(total, 'file')}{over}."
    if done < total:
        yield f"{done:,} could be measured so far; what follows is of these."
    if done:
        yield report_measured.layers_in_words(study)
        yield report_measured.structures(study)
        yield report_effects.sentence(study) or ""


def of_descents(study):
    yield from extent(study)
    if study.ending.size:
        yield from outcome(study)
        yield from reasons(study)
    else:
        yield "No point is done yet: endings and pictures come with the first ones."


def tiles_of_features(study):
    yield from report_measured.tiles(study)
    change = report_effects.headline(study) if study.ending.size else None
    if change:
        yield change


def tiles(study):
    """Five numbers above everything else."""
    total, done = study.points.sizes["config"], study.ending.size
    yield f"{done:,} / {total:,}", "points done"
    if not done:
        return
    top = max(study.kinds, key=lambda kind: study.share(kind).count)
    yield f"{percent(study.share(top).value)} %", f"end in {name(top)}, the most frequent"
    if study.below:
        yield f"{percent(study.below.value)} %", f"below the {study.reference}"
        yield median(study.ratio, "{:.4f}"), f"median loss / {study.reference}"
    if study.falling is not None:
        yield f"{percent(float(np.mean(study.falling)))} %", "not converged"


def render(study):
    measured = study.facts.measured
    sentences = filter(None, of_features(study) if measured else of_descents(study))
    question = header(study)[:1]
    return element("header", paragraph("Report of " + ("measured features" if measured else "a sweep"), class_="kind"),
                   element("h1", study.facts.name),
                   [paragraph(text, class_="question") for text in question],
                   paragraph(" ".join(sentences), class_="summary"),
                   element("ul", [element("li", element("strong", value), element("span", words))
                                  for value, words in (tiles_of_features if measured else tiles)(study)],
                           class_="tiles"))
