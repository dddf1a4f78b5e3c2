"""A report's own words and tables for measured features of networks, which have no loss and no descent."""
import shares
from markup import definitions, details, paragraph, section, table
from report_design import axes_table
from report_effects import layer_names, some_layers
from report_endings import stretches
from report_words import bracket, listed, meaning, median, number_cell, percent, plural, prose, share_cell, swatch

NAMED_MAX = 6  # layers that a sentence names
# Columns of the table of layers: heading -> variable on (config, layer).
SHOWN = {"NC1": "nc1_trace_post", "effective rank of class means": "effective_rank_mean_post",
         "effective rank of features": "effective_rank_feature_post", "distance from a simplex ETF": "nc2_etf_post",
         "NC3 alignment": "nc3_alignment"}


def span(values):
    """'24', or '16 to 32' of widths that differ."""
    known = values[values > 0]
    ends = dict.fromkeys((int(known.min()), int(known.max()))) if known.size else ()
    return " to ".join(f"{end:,}" for end in ends) or "–"


def layers_table(study):
    names, done = layer_names(study), study.done
    heads = {heading: done[name].values for heading, name in SHOWN.items() if name in done}
    rows = [(f"{layer + 1}: {names[layer]}", number_cell(span(done["layer_width"].values[:, layer])),
             *(number_cell(median(values[:, layer], "{:.3g}")) for values in heads.values()))
            for layer in some_layers(len(names))]
    return table(f"The {plural(len(names), 'layer')}, after the activation: medians over all files",
                 ["layer", "width", *heads], rows)


def samples(study):
    counts = study.done["sample_count"].values
    return paragraph(f"{span(counts)} samples of {span(study.done['classes'].values)} classes in each file.")


def render(study):
    """What was measured."""
    parts = [axes_table(study)]
    if study.ending.size:
        parts += [samples(study), layers_table(study)]
    return section("What was measured", parts)


def overall(study):
    rows = [(swatch(kind), share_cell(study.share(kind)),
             number_cell(median(study.least_rank[study.ending == kind], "{:g}"))) for kind in study.kinds]
    return table(f"What the layers of {plural(study.ending.size, 'file')} form; shares with Wilson's 95 % interval",
                 ["structure", "share, number", "median least rank of class means"], rows)


def by_coordinate(study, factor):
    rows = [(text, number_cell(f"{mask.sum():,}"),
             *(share_cell(shares.share(study.ending[mask] == kind)) for kind in study.kinds))
            for text, mask in stretches(factor)]
    return table(f"Structures over {factor.short}",
                 [factor.short, "files", *(swatch(kind) for kind in study.kinds)], rows)


def render_endings(study):
    tables = [by_coordinate(study, factor) for factor in study.factors if not factor.is_seed]
    return section("What the layers form", overall(study),
                   definitions([(swatch(kind), meaning(kind, measured=True)) for kind in study.kinds]),
                   details("Tables of structures over each coordinate", tables) if tables and len(study.kinds) > 1
                   else None)


# ------------------------------------------------------------------ sentences
def layers_in_words(study):
    names = layer_names(study)
    return (f"{'Layers are' if len(names) > 1 else 'The layer is'} {listed(names)}." if len(names) <= NAMED_MAX
            else f"There are {len(names)} layers, {names[0]} to {names[-1]}.")


def structures(study):
    ranked = sorted(study.kinds, key=lambda kind: -study.share(kind).count)
    parts = [f"{study.share(kind).count:,} {bracket(study.share(kind))} {prose(kind, measured=True)}"
             for kind in ranked[:3]]
    rest = "; the rest form others" if len(ranked) > 3 else ""
    return f"Of {plural(study.ending.size, 'file')}, with 95 % intervals, {listed(parts)}{rest}."


def tiles(study):
    """Numbers above everything else."""
    files = study.points.sizes["config"]
    yield f"{files:,}", "files" if files > 1 else "file"
    if study.ending.size:
        count = study.points.sizes["layer"]
        yield f"{count:,}", "layers" if count > 1 else "layer"
        top = max(study.kinds, key=lambda kind: study.share(kind).count)
        yield f"{percent(study.share(top).value)} %", prose(top, measured=True)
