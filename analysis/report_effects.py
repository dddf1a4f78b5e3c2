"""Which coordinate of measured networks changes what in which layer, beyond what seeds change."""
import numpy as np

import effects
from markup import details, element, paragraph, section, table
from report_words import listed, number_cell, plural

LAYERS_MAX = 16  # rows of a table; of more layers every so many

SEEDS = "what seeds change"
OTHERS = "the most that another coordinate changes"

EXPLAINED = (
    "Each row compares files that differ in that coordinate alone, medians over the seeds, and names the layer where it "
    "shows most. The change is between two values of the coordinate, on average over its pairs, in the median over the values "
    "of the others; below it is where it is largest. NC1 spreads over decades, so its changes are factors (×) and compared "
    "as logarithms. The last column says how many times as large the change is "
    "as {spread}: up to about {firm:g} a coordinate changes nothing that can be told from that.")


def read(study):
    return effects.read(study.done, study.factors)


def layer_names(study):
    return [str(name) for name in study.done["layer_name"].values]


def plain(effect, values):
    return f"{effect.quantity.plain(values[effect.layer]):.3g}"


def times(value):
    return f"{value:.3g}" if np.isfinite(value) else "–"


def spread_words(study):
    return SEEDS if effects.has_seeds(study.factors) else OTHERS


def ends(factor):
    used = np.unique(factor.codes)
    return factor.texts[used[0]], factor.texts[used[-1]]


def change_cell(effect, layer):
    """A change, above the most that it is and where."""
    largest = f"at most {effect.quantity.difference(effect.largest[layer])} at {effect.where[layer]}"
    return element("td", element("span", effect.quantity.difference(effect.change[layer]), class_="value"),
                   element("span", largest if effect.where[layer] else "", class_="more"), class_="number")


def overview(study, found):
    order = list(dict.fromkeys(effect.factor.title for effect in sorted(
        found, key=lambda effect: -np.nan_to_num(effect.times[effect.layer]))))
    rows = []
    for effect in sorted(found, key=lambda effect: order.index(effect.factor.title)):
        spread = effect.spread[effect.layer]
        rows.append((f"{effect.factor.short}: {effect.quantity.words}", layer_names(study)[effect.layer],
                     " to ".join(ends(effect.factor)),
                     number_cell(f"{plain(effect, effect.least)} → {plain(effect, effect.most)}"),
                     change_cell(effect, effect.layer),
                     number_cell(effect.quantity.difference(spread) if np.isfinite(spread) else "–"),
                     number_cell(times(effect.times[effect.layer]))))
    return table("Which coordinate changes what, and where",
                 ["coordinate: quantity", "layer", "from its least to its largest value", "median there",
                  "change between two values", spread_words(study), "times as much"], rows)


def cell(effect, layer):
    """A change above how many times the spread it is."""
    if not np.isfinite(effect.change[layer]):
        return number_cell("–")
    more = f"{times(effect.times[layer])} times" if np.isfinite(effect.times[layer]) else ""
    return element("td", element("span", effect.quantity.difference(effect.change[layer]), class_="value"),
                   element("span", more, class_="more"), class_="number")


def some_layers(count):
    return np.unique(np.linspace(0, count - 1, min(count, LAYERS_MAX)).round().astype(int))


def over_layers(study, found, quantity):
    own = [effect for effect in found if effect.quantity is quantity]
    names, seeds = layer_names(study), effects.has_seeds(study.factors)
    rows = []
    for layer in some_layers(len(names)):
        spread = own[0].spread[layer]
        noise = [number_cell(quantity.difference(spread) if np.isfinite(spread) else "–")] if seeds else []
        rows.append((f"{layer + 1}: {names[layer]}", *(cell(effect, layer) for effect in own), *noise))
    return table(f"{quantity.words[0].upper()}{quantity.words[1:]} by layer: change between two values",
                 ["layer", *(effect.factor.short for effect in own), *(["seed"] if seeds else [])], rows)


def sentence(study):
    """What changes the layers most, for the top of the page; None without a coordinate that varies."""
    found = read(study)
    if not found:
        return None
    if effects.has_seeds(study.factors) and all(effect.is_weak for effect in found):
        return (f"No coordinate changes {listed(dict.fromkeys(effect.quantity.words for effect in found))} of a layer by "
                "more than can be told from what seeds change.")
    top = effects.strongest(found)
    least, most = ends(top.factor)
    beside = ""
    if np.isfinite(top.times[top.layer]):
        than = "seeds change it" if effects.has_seeds(study.factors) else "any other coordinate changes it"
        beside = f", {times(top.times[top.layer])} times as much as {than}"
    words = (f"What changes the layers most is {top.factor.short}: from {least} to {most} {top.quantity.words} of "
             f"{layer_names(study)[top.layer]} goes from {plain(top, top.least)} to {plain(top, top.most)}{beside}.")
    return words + weak(study, found)


def weak(study, found):
    """Coordinates that change no quantity of any layer beyond the seeds."""
    if not effects.has_seeds(study.factors):
        return ""
    names = dict.fromkeys(effect.factor.short for effect in found)
    names = [name for name in names if all(effect.is_weak for effect in found if effect.factor.short == name)]
    return f" No more than {effects.FIRM:g} times as much as the seeds changes {listed(names)}." if names else ""


def headline(study):
    """(number, words) for a tile, or None."""
    found = read(study)
    if not found or all(effect.is_weak for effect in found):
        return None
    top = effects.strongest(found)
    return (top.quantity.difference(top.change[top.layer]),
            f"change of {top.quantity.words} of {layer_names(study)[top.layer]} with {top.factor.short}")


def alone(study):
    """Why there is nothing to compare."""
    if effects.has_seeds(study.factors):
        return paragraph(f"The files differ in the seed alone, of which there are {len(study.seed.values)}: the figures "
                         "have their range.")
    return paragraph(f"No coordinate has more than one value in {plural(study.ending.size, 'file')}: there is nothing to "
                     "compare. A number as an attribute of the files of features is one.")


def render(study):
    found = read(study)
    if not found:
        return section("What changes the layers", alone(study))
    quantities = [quantity for quantity in effects.QUANTITIES if any(effect.quantity is quantity for effect in found)]
    return section("What changes the layers",
                   paragraph(EXPLAINED.format(spread=spread_words(study), firm=effects.FIRM)), overview(study, found),
                   details("Every layer", [over_layers(study, found, quantity) for quantity in quantities]))
