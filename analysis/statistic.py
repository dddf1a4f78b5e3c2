"""A statistic of a map, from its name: a value of every point, and how a cell's points become one.

    share:KIND      share of a kind of ending, such as share:dnc
    A<B             share of the points whose A is below B, such as 'loss<loss_dnc'
    falling         share of the points whose loss was still falling
    A/B             median of a ratio, such as loss/loss_dnc
    A               median of a variable

A and B are variables on config, or min:, mean: or max: of one on (config, layer) over the hidden
layers 2 .. L, such as min:rank_mean_post; numerical ranks are those of tolerance 1e-2.
"""
import typing

import numpy as np

import axis
import shares
from sweepfile import Unusable, flag_names

BELOW = 1e-9       # relative difference of losses that rounding explains
REDUCTIONS = {"min": np.fmin, "max": np.fmax, "mean": np.add}
WORDS = {"loss_dnc": "DNC loss", "loss_srg": "SRG loss", "rank_mean_post": "rank",
         "classes": "K", "width": "d", "depth": "L"}


class Statistic(typing.NamedTuple):
    label: str
    values: np.ndarray  # (config), NaN where undefined
    is_share: bool      # the values are 0 or 1, and the statistic is their mean

    def of(self, rows):
        """Of the points `rows`; NaN where fewer than half of them have a value."""
        values = self.values[rows]
        known = values[np.isfinite(values)]
        if not known.size or 2 * known.size < values.size:
            return np.nan
        return float(known.mean() if self.is_share else np.median(known))


def usable(dataset):
    """(variables on config, variables on (config, layer)) that are numbers."""
    flat, layered = [], []
    for name, variable in dataset.variables.items():
        if variable.dtype.kind not in "fiu" or "flag_meanings" in variable.attrs:
            continue
        if variable.dims == ("config",):
            flat.append(name)
        elif variable.dims in (("config", "layer"), ("config", "layer", "tolerance")):
            layered.append(name)
    return sorted(flat), sorted(layered)


def reduced(dataset, reduction, name):
    """(config) least, mean or largest value over the layers 2 .. L; NaN where one has none."""
    values, hidden = axis.by_layer(dataset, name)
    empty = {"min": np.inf, "max": -np.inf, "mean": 0.0}[reduction]
    found = REDUCTIONS[reduction].reduce(np.where(hidden, values, empty), axis=1)
    count = hidden.sum(axis=1)
    unknown = (np.isnan(values) & hidden).any(axis=1) | (count == 0)
    return np.where(unknown, np.nan, found / (np.maximum(count, 1) if reduction == "mean" else 1))


def unit(variable):
    units = variable.attrs.get("units", "1")
    return "" if units == "1" else f" ({units})"


def operand(dataset, text):
    """(label, values on config)"""
    reduction, _, name = text.rpartition(":")
    flat, layered = usable(dataset)
    if reduction and reduction not in REDUCTIONS:
        raise Unusable(f"statistic '{text}': expected min:, mean: or max: before a variable by layer")
    if reduction and name in layered:
        words = {"min": "least", "max": "largest", "mean": "mean"}[reduction]
        label = f"{words} {WORDS.get(name, name)} of layers 2..L{unit(dataset[name])}"
        return label, reduced(dataset, reduction, name)
    if reduction:
        raise Unusable(f"statistic '{text}': no variable by layer '{name}'; there are {', '.join(layered)}")
    if name in layered:
        raise Unusable(f"'{name}' has a value for each layer: say min:{name}, mean:{name} or max:{name}")
    if name not in flat:
        raise Unusable(f"no statistic '{text}'; there are share:KIND, falling, of variables {', '.join(flat)}, and "
                       f"min:, mean: or max: of {', '.join(layered)}; A/B and A<B of two of them")
    return WORDS.get(name, name) + unit(dataset[name]), dataset[name].values.astype(float)


def share_of_kind(dataset, kind):
    kinds = list(flag_names(dataset["outcome"]).values())
    if kind not in kinds:
        raise Unusable(f"no kind of ending '{kind}'; there are {', '.join(kinds)}")
    return Statistic(f"share of endings: {kind}", (dataset["ending"].values == kind).astype(float), True)


def parse(dataset, text):
    """The Statistic of that name."""
    if text.startswith("share:"):
        return share_of_kind(dataset, text.removeprefix("share:"))
    if text == "falling":
        if "history_loss" not in dataset:
            raise Unusable("'falling' needs a history: run the sweep with output: {history: 64}")
        return Statistic("share still falling", shares.still_falling(dataset).astype(float), True)
    for sign in "</":
        if sign in text:
            (left, a), (right, b) = (operand(dataset, part.strip()) for part in text.split(sign, 1))
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = a / b
            if sign == "/":
                return Statistic(f"median {left} / {right}", ratio, False)
            # What diverged is not below; what has no B is not counted.
            return Statistic(f"share of {left} < {right}",
                             np.where(np.isfinite(b), a < b * (1 - BELOW), np.nan), True)
    label, values = operand(dataset, text)
    return Statistic(f"median {label}", values, False)
