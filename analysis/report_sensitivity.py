"""Which axis an ending and a loss depend on, and how firm they are over the seeds."""
import numpy as np

import sensitivity
import shares
from markup import element, paragraph, section, table
from report_words import change_cell, number_cell, plural, share_cell, swatch


def changes(study):
    """[(factor, its groups, change of endings)] for the factors that have pairs."""
    found = []
    for factor in study.factors:
        group = sensitivity.groups(study.factors, factor)
        change = sensitivity.of_endings(study.ending, group, factor.is_seed) if study.ending.size else None
        if change:
            found.append((factor, group, change))
    return found


def strongest(study):
    """(factor, its change, that of the seed or None) of the axis that changes endings most, or None."""
    found = changes(study)
    seed = next((change for factor, _, change in found if factor.is_seed), None)
    others = [(factor, change) for factor, _, change in found if not factor.is_seed]
    if not others:
        return None
    factor, change = max(others, key=lambda pair: pair[1].value)
    return (factor, change, seed) if change.value > 0 else None


def quartiles_cell(values):
    if values is None:
        return number_cell("–")
    low, middle, high = values
    return element("td", element("span", f"{middle:.3g}", class_="value"),
                   element("span", f"{low:.3g}–{high:.3g}", class_="more"), class_="number")


def sensitivity_table(study, found):
    found = sorted(found, key=lambda item: (item[0].is_seed, -item[2].value))
    rows = [(factor.short + (" (another start)" if factor.is_seed else ""),
             number_cell(f"{int(sensitivity.pairs(group).sum()):,}"), change_cell(change),
             *(change_cell(sensitivity.of_ending(study.ending, kind, group, factor.is_seed)) for kind in study.kinds),
             quartiles_cell(sensitivity.of_values(study.ratio, group))) for factor, group, change in found]
    return table("How often an ending changes when one axis alone changes",
                 ["axis", "pairs", "any ending", *(swatch(kind) for kind in study.kinds),
                  f"change of loss / {study.reference or 'reference'}"], rows)


SENSITIVITY = (
    "Two finished descents make a pair for an axis if they agree in every other one, the seed included. The table "
    "has the share of pairs of which the endings differ, and of which just one ends in the way that the column "
    "names; then by how much loss ratios differ, median and quartiles. Shares are means over the groups of "
    "points that differ in that axis alone, each counted once, so holes in the grid favour no axis; intervals "
    "are Wilson's with these groups as trials, of the seed with disjoint pairs. An axis that changes no more than "
    "the row of the seed matters no more than the start does.")


def cells(study):
    """(number of different endings, most minus least loss ratio, or NaN) of every combination of
    the axes that has several seeds."""
    group = sensitivity.groups(study.factors, study.seed)
    several = np.bincount(group) > 1
    kinds = np.unique(study.ending, return_inverse=True)[1]
    distinct = np.bincount(np.unique(np.stack([group, kinds]), axis=1)[0], minlength=several.size)
    low, high = np.full(several.size, np.inf), np.full(several.size, -np.inf)
    known = np.isfinite(study.ratio)
    np.minimum.at(low, group[known], study.ratio[known])
    np.maximum.at(high, group[known], study.ratio[known])
    counted = np.bincount(group[known], minlength=several.size) > 1
    spread = np.where(counted, np.where(counted, high, 0) - np.where(counted, low, 0), np.nan)
    return distinct[several], spread[several]


def spread_row(spread):
    spread = spread[np.isfinite(spread)]
    if not spread.size:
        return paragraph("No combination has loss ratios of several seeds.")
    low, middle, high = np.quantile(spread, (0.25, 0.5, 0.75))
    return paragraph(f"Largest minus least loss ratio over the seeds of one combination: {middle:.3g} in the median, "
                     f"quartiles {low:.3g} and {high:.3g}, at most {spread.max():.3g}.")


def stability(study):
    if study.seed is None:
        return paragraph("The sweep has no axis of seeds: how firm an ending is over starts is not known.")
    distinct, spread = cells(study)
    if not distinct.size:
        return paragraph("No combination of the axes has two finished seeds yet.")
    rows = [("all alike" if number == 1 else f"{number} different endings",
             share_cell(shares.share(distinct == number))) for number in np.unique(distinct).tolist()]
    caption = f"Stability over seeds: endings within {plural(distinct.size, 'combination')} of the axes"
    return [table(f"{caption} with several seeds", ["endings", "share of combinations, number"], rows),
            spread_row(spread)]


def render(study):
    found = changes(study)
    parts = [paragraph(SENSITIVITY), sensitivity_table(study, found)] if found else [
        paragraph("No two finished points differ in one axis alone: there is nothing to compare.")]
    return section("Sensitivity and stability", parts, stability(study))
