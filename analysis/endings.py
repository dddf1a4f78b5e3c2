#!/usr/bin/env python3
"""Which of many endings are the same: by their kind, least rank, vertices of their classes, and loss.

    python3 analysis/endings.py FILE.h5

A table in Markdown of the different endings of each setting, the most frequent first, with Wilson's
95 % interval of their share of its starts. Needs a sweep with `output: {weights: true}`, depth 3 or more.
"""
import argparse
import dataclasses
import sys

import numpy as np

import axis
import graphs
import markdown
import shares
import structure
import sweepfile

GAP = 5e-3  # relative gap of losses from which two endings of one structure differ
EMPTY = ("none", "trivial")  # kinds without a structure


@dataclasses.dataclass(frozen=True)
class Ending:
    """Descents of one setting that ended alike."""
    kind: str
    rank: int    # least of the hidden layers
    graph: str   # what the classes are
    rows: tuple  # of the dataset, by rising loss

    @property
    def shown(self):
        """The row of median loss."""
        return self.rows[(len(self.rows) - 1) // 2]


def settings(dataset):
    """[({parameter: value}, rows)] of the descents that differ in their start alone."""
    names = [name for name in axis.swept(dataset) if name not in ("seed", "init_scale")]
    found = {}
    for row, key in enumerate(zip(*(dataset[name].values.tolist() for name in names)) if names
                              else [()] * dataset.sizes["config"]):
        found.setdefault(key, []).append(row)
    return [(dict(zip(names, key)), rows) for key, rows in sorted(found.items())]


def split(rows, losses):
    """Rows by rising loss, cut where the loss rises by more than GAP."""
    order = sorted(rows, key=lambda row: losses[row])
    groups = [[order[0]]]
    for before, row in zip(order, order[1:]):
        if losses[row] > (1 + GAP) * losses[before]:
            groups.append([])
        groups[-1].append(row)
    return groups


def graph_of(dataset, row):
    found = structure.find_ends(structure.read_layers(dataset, row)[-2])
    return graphs.name_graph(found.ends, found.count)


def distinct(dataset, rows):
    """The endings of these rows that have a structure: the most frequent first, then by loss."""
    losses, kinds = dataset["loss"].values, dataset["ending"].values
    ranks, hidden = axis.hidden_ranks(dataset)
    least = np.min(np.where(hidden, ranks, np.inf), axis=1)
    alike = {}
    for row in rows:
        if kinds[row] not in EMPTY:
            key = kinds[row], int(least[row]), graph_of(dataset, row)
            alike.setdefault(key, []).append(row)
    found = [Ending(*key, tuple(group)) for key, members in alike.items() for group in split(members, losses)]
    return sorted(found, key=lambda ending: (-len(ending.rows), losses[ending.rows[0]]))


def choose(found, most, losses):
    """At most `most` of them: the most frequent, the last in favour of that of least loss."""
    chosen = found[:most]
    best = min(found, key=lambda ending: losses[ending.rows[0]], default=None)
    if chosen and best not in chosen:
        chosen[-1] = best
    return chosen


def empty_counts(dataset, rows):
    """{kind: Share} of the endings without a structure."""
    kinds = dataset["ending"].values[rows]
    return {kind: shares.share(kinds == kind) for kind in EMPTY if (kinds == kind).any()}


def check(dataset):
    missing = [name for name in ("weight", "feature") if name not in dataset.variables]
    if missing:
        raise sweepfile.Unusable(f"the file has no {' and no '.join(missing)}: run a sweep like sweeps/fig5.yaml, with "
                                 "output: {weights: true}")
    if int(dataset["depth"].values.min()) < 3:
        raise sweepfile.Unusable("endings are told apart from depth 3 on, where a layer behind an activation comes "
                                 "before the last")


def setting_text(setting):
    return ", ".join(f"{axis.symbol(name)} = {value:.4g}" for name, value in setting.items()) or "one setting"


def span(values):
    """'0.9296 to 0.9305', or one number where they agree."""
    first, last = (f"{value:.4f}" for value in (min(values), max(values)))
    return first if first == last else f"{first} to {last}"


def ratios(dataset, ending):
    return (dataset["loss"] / dataset["loss_dnc"]).values[list(ending.rows)]


def ranks(dataset, row):
    """'3, 3, 5': of the class means of layers 2 .. L after the activation."""
    return ", ".join(f"{rank:g}" for rank in axis.hidden_ranks(dataset)[0][row, 1:int(dataset["depth"][row])])


def falling(dataset, ending):
    """'2 of 4', '-' without a history"""
    if "history_loss" not in dataset:
        return "-"
    return f"{int(shares.still_falling(dataset.isel(config=list(ending.rows))).sum())} of {len(ending.rows)}"


def table(dataset):
    yield ["setting", "ending", "starts", "loss / DNC loss", "ranks of layers 2..L at median loss", "classes", "still falling"]
    for setting, rows in settings(dataset):
        for kind, share in empty_counts(dataset, rows).items():
            yield [setting_text(setting), kind, share.text(), "", "", "", ""]
        for ending in distinct(dataset, rows):
            yield [setting_text(setting), ending.kind, shares.Share(len(ending.rows), len(rows)).text(),
                   span(ratios(dataset, ending)), ranks(dataset, ending.shown), ending.graph, falling(dataset, ending)]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="endings.py", description=__doc__.split("\n")[0])
    parser.add_argument("file", metavar="FILE.h5", help="result file of a sweep with weights: true")
    options = parser.parse_args(arguments)
    try:
        with sweepfile.open_finished(options.file) as (dataset, facts):
            check(dataset)
            lines = list(table(axis.prepared(dataset)))
    except (sweepfile.Unusable, OSError) as error:
        print(f"endings.py: {error}", file=sys.stderr)
        return 2
    print(facts.line() + "\n")
    for line in markdown.table(lines[0], lines[1:]):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
