#!/usr/bin/env python3
"""A table of a result file: how descents end in groups of points, in Markdown.

    python3 analysis/summary.py FILE.h5 --by samples init_scale

A row a group; shares as "count (Wilson's 95 % interval in %)".
"""
import argparse
import sys

import numpy as np

import effects
import layers
import markdown
import shares
import sweepfile
from page import kinds_present

TOLERANCE = 1e-2  # of the ranks shown


def parse(arguments):
    parser = argparse.ArgumentParser(prog="summary.py", description=__doc__.split("\n")[0])
    parser.add_argument("file", metavar="FILE.h5", help="result file, also while it is written")
    parser.add_argument("--by", nargs="+", metavar="VARIABLE",
                        help="variables on config whose values make a group (default: classes depth; of measured "
                             "features the coordinates that vary, without the seed)")
    return parser.parse_args(arguments)


def cell(share, points=None):
    """'7 (40-89)', or '7 of 8 (53-98)' where fewer than all `points` count."""
    low, high = share.interval
    of = "" if points in (None, share.total) else f" of {share.total}"
    return f"{share.count}{of} ({100 * low:.0f}-{100 * high:.0f})"


def below(points, reference):
    """Share of the points whose loss is below a reference by more than rounding, among
    those where that solution exists."""
    limit = points[reference].values
    known = np.isfinite(limit)
    if not known.any():
        return "-"
    lower = points["loss"].values[known] < limit[known] * (1 - 1e-9)
    return cell(shares.share(lower), points.sizes["config"])


def columns(dataset):
    """Heading -> function of a group's points."""
    measured = sweepfile.is_measured(dataset)
    table = {"files" if measured else "points": lambda points: str(points.sizes["config"])}
    for kind in kinds_present(dataset):
        table[kind] = lambda points, kind=kind: cell(
            shares.share(points["ending"].values == kind))
    return {**table, **(of_layers(dataset) if measured else of_descents(dataset))}


def of_layers(dataset):
    """Columns of measured features: medians of the first and of the last layer."""
    where = " to ".join(dict.fromkeys(str(name) for name in dataset["layer_name"].values[[0, -1]]))
    return {f"{quantity.words} of {where}, median": lambda points, quantity=quantity: ends(points, quantity)
            for quantity in effects.QUANTITIES if quantity.variable in dataset}


def ends(points, quantity):
    """'0.31 to 0.002'"""
    found = [values[np.isfinite(values)] for values in points[quantity.variable].values.T]
    found = [f"{np.median(values):.3g}" if values.size else "-" for values in found]
    return " to ".join([found[0], found[-1]] if len(found) > 1 else found)


def of_descents(dataset):
    table = {}
    for heading, name in (("loss < DNC", "loss_dnc"), ("loss < SRG", "loss_srg")):
        if name in dataset and np.isfinite(dataset[name]).any():
            table[heading] = lambda points, name=name: below(points, name)
    table["loss/DNC: least, median, most"] = loss_ratio
    if "rank_mean_post" in dataset:
        table[f"rank of layers 2, 3, ... at {TOLERANCE:g}, median"] = ranks
    if "nc1_trace_post" in dataset:
        table["largest NC1 of layers 2, 3, ..., median"] = variability
    if "history_loss" in dataset:
        table["still falling"] = lambda points: cell(shares.share(shares.still_falling(points)))
    return table


def loss_ratio(points):
    ratio = (points["loss"] / points["loss_dnc"]).values
    ratio = ratio[np.isfinite(ratio)]
    if not ratio.size:
        return "-"
    return ", ".join(f"{value:.4f}" for value in
                     (ratio.min(), np.median(ratio), ratio.max()))


def hidden(points, name):
    """Values of the layers 2 .. L of the shallowest of the points: one row a point."""
    return points[name].values[:, 1:int(points["depth"].values.min())]


def ranks(points):
    """Numerical ranks of the class means after the ReLU: '5, 5, 10'."""
    at = points.isel(tolerance=int(np.argmin(np.abs(points["tolerance"].values - TOLERANCE))))
    medians = np.median(hidden(at, "rank_mean_post"), axis=0)
    return ", ".join(f"{median:g}" for median in medians) or "-"


def variability(points):
    """'1.2e-12'"""
    values = hidden(points, "nc1_trace_post")
    values = values[np.isfinite(values).all(axis=1)]
    return f"{np.median(values.max(axis=1)):.1e}" if values.size else "-"


def shown(variable, value):
    """A number, or the name of a choice such as an optimizer."""
    if "flag_meanings" in variable.attrs:
        return sweepfile.flag_names(variable).get(int(value), "")
    return f"{value:g}"


def rows(dataset, by):
    table = columns(dataset)
    yield [*by, *table]
    for key, points in shares.groups(dataset, by):
        yield [*(shown(dataset[name], value) for name, value in zip(by, key)),
               *(make(points) for make in table.values())]


def default(dataset):
    found = [name for name in layers.varying(dataset) if name != "row"] if sweepfile.is_measured(dataset) else []
    return found or ["classes", "depth"]


def check(dataset, by):
    for name in by:
        usable = name in dataset.variables and dataset[name].dims == ("config",)
        if not usable or dataset[name].dtype.kind not in "fiu":
            raise sweepfile.Unusable(f"--by {name}: no number on config in this file; expected "
                                     "a parameter such as depth, samples or init_scale")


def main(arguments=None):
    options = parse(arguments)
    try:
        with sweepfile.open_finished(options.file) as (dataset, facts):
            by = options.by or default(dataset)
            check(dataset, by)
            lines = list(rows(dataset, by))
    except (sweepfile.Unusable, OSError) as error:
        print(f"summary.py: {error}", file=sys.stderr)
        return 2
    print(facts.line() + "\n")
    for line in markdown.table(lines[0], lines[1:]):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
