#!/usr/bin/env python3
"""Time to solution by optimizer, in Markdown: a row for each way down of each setting.

    python3 analysis/solution.py FILE.h5

Medians over the points; steps and seconds until within 1e-6 (absolute) of a descent's own final
loss, and until 1.001 times the DNC loss; shares as "count (Wilson's 95 % interval in %)". Seconds are
steps times the least time a step among the points of the row, which other work disturbs least.
"""
import argparse
import sys

import numpy as np

import markdown
import shares
import sweepfile
import ways
from page import kinds_present
from summary import cell, loss_ratio


def parse(arguments):
    parser = argparse.ArgumentParser(prog="solution.py", description=__doc__.split("\n")[0])
    parser.add_argument("file", metavar="FILE.h5", help="result file, also while it is written")
    return parser.parse_args(arguments)


def median(values, text="{:,.0f}"):
    """Of those that are finite; '-' where none is."""
    values = values[np.isfinite(values)]
    return text.format(np.median(values)) if values.size else "-"


def goal(points):
    """'8, 12,000 steps, 0.41 s': how many reached it, and their medians"""
    steps = ways.to_goal(points)
    count = int(np.isfinite(steps).sum())
    if not count:
        return "0"
    return f"{count}, {median(steps)} steps, {median(ways.seconds(points, steps), '{:.2f}')} s"


def row(points, kinds):
    arrived = ways.arrivals(points)
    evaluations = points["evaluations"].values / np.maximum(points["steps"].values, 1)
    yield str(points.sizes["config"])
    yield median(points["steps"].values)
    yield median(evaluations, "{:.2f}")
    yield f"{1e6 * ways.seconds_a_step(points):.1f}"
    yield median(arrived)
    yield median(ways.seconds(points, arrived), "{:.2f}")
    yield goal(points)
    yield loss_ratio(points)
    for kind in kinds:
        yield cell(shares.share(points["ending"].values == kind))


def table(dataset):
    for setting, points in ways.settings(dataset):
        kinds = kinds_present(points)
        yield ""
        yield ", ".join(f"{name} {value:.6g}" for name, value in setting.items())
        yield ""
        heads = ["way", "points", "steps", "evaluations a step", "µs a step", "steps to its end",
                 "seconds to its end", "reaches 1.001 DNC", "loss/DNC: least, median, most", *kinds]
        yield from markdown.table(heads, ([name, *row(of_way, kinds)] for name, of_way in ways.ways(points)))


def main(arguments=None):
    options = parse(arguments)
    try:
        with sweepfile.open_finished(options.file) as (dataset, facts):
            ways.check(dataset)
            lines = list(table(dataset))
    except (sweepfile.Unusable, OSError) as error:
        print(f"solution.py: {error}", file=sys.stderr)
        return 2
    print(facts.line())
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
