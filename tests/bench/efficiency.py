#!/usr/bin/env python3
"""The table of simulated runs (simulate.c) for people, and its picture: efficiency over workers.

    tests/bench/efficiency.py SCALE.csv PICTURE.png
"""
import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")  # before pyplot: no display is needed
import matplotlib.pyplot as plt  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "analysis"))
import palette  # noqa: E402

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000", "#999999")
MARKERS = "osD^vPXh"


def read(path):
    """points -> (workers, batched, singly), each a list, in the order of the file."""
    found = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            workers, batched, singly = found.setdefault(row["points"], ([], [], []))
            if int(row["batch"]) > 1:
                workers.append(int(row["workers"]))
                batched.append(float(row["efficiency"]))
            else:
                singly.append(float(row["efficiency"]))
    return found


def show(found):
    numbers = next(iter(found.values()))[0]
    print("| points | batches | " + " | ".join(f"{count:,}" for count in numbers) + " |")
    print("|" + "---|" * (len(numbers) + 2))
    for name, (_, batched, singly) in found.items():
        for how, values in (("yes", batched), ("no", singly)):
            print(f"| {name} | {how} | " + " | ".join(f"{100 * v:.1f}" for v in values) + " |")


def draw(found):
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    for (name, (workers, batched, singly)), colour, marker in zip(found.items(), COLOURS, MARKERS):
        axes.plot(workers, batched, color=colour, marker=marker, label=name)
        axes.plot(workers, singly, color=colour, marker=marker, linestyle=":", linewidth=1,
                  markersize=3)
    axes.set(xscale="log", ylim=(0, 1.03), xlabel="workers of one coordinator",
             ylabel="efficiency", title="Solid: in batches; dotted: one point at a time")
    axes.legend(title="a point takes", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def main(table, picture):
    found = read(table)
    palette.apply()
    show(found)
    draw(found).savefig(picture, dpi=100)
    print(picture)


main(*sys.argv[1:])
