"""How descents end: overall, over each axis, and what the endings mean."""
import numpy as np

import shares
import study as studies
from markup import definitions, details, section, table
from report_words import meaning, median, number_cell, plural, share_cell, swatch

GROUPS_MAX = 16  # rows of an axis; one with more values is cut into as many stretches


def overall(study):
    rows = []
    for kind in study.kinds:
        mask = study.ending == kind
        rows.append((swatch(kind), share_cell(study.share(kind)), number_cell(median(study.ratio[mask], "{:.4f}")),
                     number_cell(median(study.least_rank[mask], "{:g}"))))
    reference = f"median loss / {study.reference}" if study.reference else "median loss ratio"
    return table(f"Endings of {plural(study.ending.size, 'descent')}; shares with Wilson's 95 % interval",
                 ["ending", "share, number", reference, "median least rank of hidden layers"], rows)


def stretches(factor):
    """[(how the values read, mask of the points)]: a value each, or stretches of an axis."""
    used = np.unique(factor.codes)
    parts = [part for part in np.array_split(used, GROUPS_MAX) if part.size] \
        if used.size > GROUPS_MAX else used[:, None]
    for part in parts:
        ends = [factor.texts[part[0]], factor.texts[part[-1]]]
        yield " to ".join(dict.fromkeys(ends)), (factor.codes >= part[0]) & (factor.codes <= part[-1])


def by_axis(study, factor):
    rows = []
    for text, mask in stretches(factor):
        ratio = study.ratio[mask]
        known = np.isfinite(ratio)
        below = shares.share(ratio[known] < studies.BELOW) if known.any() else None
        rows.append((text, number_cell(f"{mask.sum():,}"),
                     *(share_cell(shares.share(study.ending[mask] == kind)) for kind in study.kinds),
                     share_cell(below, int(mask.sum())), number_cell(median(ratio, "{:.4f}"))))
    reference = study.reference or "reference loss"
    return table(f"Endings over {factor.short}",
                 [factor.short, "points", *(swatch(kind) for kind in study.kinds), f"below the {reference}",
                  f"median loss / {reference}"], rows)


def render(study):
    tables = [by_axis(study, factor) for factor in study.factors if not factor.is_seed]
    return section("How descents end", overall(study),
                   details("Tables of endings over each axis", tables) if tables else None)


def render_meanings(study):
    return section("What the endings mean in practice",
                   definitions([(swatch(kind), meaning(kind)) for kind in study.kinds]))
