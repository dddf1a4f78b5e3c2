"""Small lines below a title: what was held fixed, and what had not converged."""
import textwrap

import numpy as np

import axis
import shares
from sweepfile import flag_names

WIDEST = 160  # characters of a line that fill a page of 11 inches

# What a caption names of what a file holds fixed -> the symbol before its value.
FIXED = ("classes", "depth", "width", "samples", "imbalance", "lambda", "kappa_ratio", "init_scale", "learning_rate")
DEFAULTS = {"imbalance": 1}  # a value that needs no words
OF_DESCENT = ("init_scale", "learning_rate")


def one(values):
    """The value that all agree in; None where they do not, or where it is no number."""
    found = np.unique(np.asarray(values, dtype=float))
    return float(found[0]) if found.size == 1 and np.isfinite(found[0]) else None


def words_of(dataset, name):
    """The word of a flag variable that all points agree in, '' without one."""
    value = one(dataset[name].values) if name in dataset.variables else None
    return flag_names(dataset[name]).get(int(value), "") if value is not None else ""


def is_still(dataset):
    """Whether no point takes a step: closed forms alone are looked at."""
    return "max_steps" in dataset.variables and one(dataset["max_steps"].values) == 0


def descent(dataset):
    """['momentum 0.9'] of one optimizer for all points, with what else is not the usual problem."""
    optimizer = words_of(dataset, "optimizer")
    momentum = one(dataset["momentum"].values) if optimizer == "momentum" and "momentum" in dataset.variables else None
    if optimizer and not is_still(dataset):
        yield {"gd": "gradient descent"}.get(optimizer, optimizer) + (f" {momentum:g}" if momentum else "")
    if words_of(dataset, "loss_function") == "ce":
        yield "cross-entropy"
    if words_of(dataset, "activation") == "linear":
        yield "linear activation"


def held(dataset):
    """'K = 10, L = 4, d = 30, n = 1, rate 0.5, gradient descent': of what all points share."""
    found = []
    for name in FIXED:
        value = one(dataset[name].values) if name in dataset.variables else None
        idle = name in OF_DESCENT and is_still(dataset)
        known = name == "kappa_ratio" and any(text.startswith(axis.symbol("lambda")) for text in found)
        if value is None or known or idle or value == DEFAULTS.get(name):
            continue
        found.append(f"{axis.symbol(name)}{' ' if name == 'learning_rate' else ' = '}{value:.4g}")
    return ", ".join([*found, *descent(dataset)])


def unconverged(dataset):
    """The line that says how many descents were still falling; none without a history."""
    if "history_loss" not in dataset:
        return []
    falling = shares.share(shares.still_falling(dataset))
    return [f"still falling at the end of the main phase: {falling.text()}"]


def wrapped(lines):
    """The lines, those too long for a page in several; empty ones left out."""
    return [part for line in lines if line for part in textwrap.wrap(line, WIDEST)]
