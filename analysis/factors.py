"""What a sweep varies: its axes as the sweep names them, with the value of every point.

Axes that move together (zip) are one factor; so are, without a description of the sweep, parameters
that others do not determine.
"""
import dataclasses
import re

import numpy as np

import axis
import sweepfile

# Name in a sweep file -> variable, where they differ.
STORED = {"loss": "loss_function"}


@dataclasses.dataclass(frozen=True)
class Factor:
    names: tuple        # of the variables
    codes: np.ndarray   # (config) which value a point has
    values: list        # code -> a tuple of values, one for each name
    texts: list         # code -> how the value reads

    @property
    def title(self):
        return " + ".join(self.names)

    @property
    def short(self):
        return self.names[0] + (" and what moves with it" if len(self.names) > 1 else "")

    @property
    def is_seed(self):
        return self.names == ("seed",)

    def take(self, rows):
        """The factor of some of the points."""
        return dataclasses.replace(self, codes=self.codes[rows])


def parameters(dataset):
    """Names of the parameters: a result file has them as coordinates of its results, one of measured
    features names those of its files."""
    if sweepfile.is_measured(dataset):
        return sweepfile.coordinates(dataset)
    named = [name for name in dataset.coords if dataset[name].dims == ("config",) and name != "config"]
    found = named or [name for name in axis.PARAMETERS if name in dataset.variables]
    return [name for name in found if name not in ("ending", "kappa_ratio")]


def columns(dataset, name):
    """(values of every point as the columns of an array, how a value reads)."""
    if name == "width_per_class":
        return axis.values(dataset, name)[:, None], number
    if name == "kappa_ratio":
        return axis.prepared(dataset)[name].values[:, None], number
    if name not in dataset.variables or dataset[name].dims[:1] != ("config",):
        return None, None
    values = dataset[name].values
    if "flag_meanings" in dataset[name].attrs:
        meanings = sweepfile.flag_names(dataset[name])
        return values[:, None], lambda value: meanings.get(int(value), "?")
    return (values if values.ndim == 2 else values[:, None]), number


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1e4 and float(value).is_integer() else f"{value:.6g}"


def read(dataset, names):
    """The factor of variables that vary together; None where one is not stored."""
    parts, texts = [], []
    for name in names:
        values, text = columns(dataset, name)
        if values is None or values.dtype.kind not in "fiu":
            return None
        parts.append(values)
        texts += [text] * values.shape[1]
    rows, codes = np.unique(np.hstack(parts).astype(float), axis=0, return_inverse=True)
    values = [tuple(row) for row in rows.tolist()]
    written = [", ".join(text(value) for text, value in zip(texts, row) if value == value)
               for row in values]
    return Factor(tuple(names), codes.reshape(-1), values, written)


def described(dataset):
    """[names of axes that move together], as the sweep of the file has them."""
    text = sweepfile.text(dataset, "sweep_canonical")
    groups = [group for line in re.findall(r"^(?:grid \d+\.)?axes:(.*)$", text, re.M)
              for group in line.split(",")]
    names = [tuple(STORED.get(name.strip(), name.strip()) for name in group.split("+"))
             for group in dict.fromkeys(groups)]
    return [group for group in names if all(group)]


def combined(factors, count):
    """(config) number of the combination of values that a point has."""
    codes = np.zeros(count, dtype=np.int64)
    for factor in factors:
        codes = np.unique(codes * len(factor.values) + factor.codes, return_inverse=True)[1]
    return codes.reshape(-1)


def is_determined(factor, codes):
    """Whether points of one combination always have one value."""
    pairs = len(np.unique(codes * len(factor.values) + factor.codes))
    return pairs == len(np.unique(codes))


def swept(dataset):
    """The factors in the order of the sweep; a parameter that varies besides follows them."""
    candidates = described(dataset) + [(name,) for name in parameters(dataset)]
    found, count = [], dataset.sizes["config"]
    for names in candidates:
        factor = read(dataset, names)
        if factor and len(factor.values) > 1 and not is_determined(factor, combined(found, count)):
            found.append(factor)
    return found
