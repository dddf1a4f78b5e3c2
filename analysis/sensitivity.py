"""How much an ending, or a loss, changes when one factor alone changes.

For one factor, points that agree in all the others form a group. In each group the change is the
mean of |y_i - y_j| over its pairs, as in the elementary effects of Morris (Technometrics 33, 1991)
with steps of any size; groups count equally. So neither a grid with holes nor one with more points
in some places favours a factor. For y = 1 where a descent ends in some way, else 0, that is the share
of pairs of which just one does.
"""
import dataclasses

import numpy as np

import shares
from factors import combined


@dataclasses.dataclass(frozen=True)
class Change:
    """Of a share: its mean over the groups."""
    value: float
    trials: float

    @property
    def interval(self):
        """Wilson's, wide enough for any quantity between 0 and 1, whose variance is at most p(1-p)."""
        return shares.wilson(self.value, self.trials)


def groups(factors, factor):
    """(config) number of the group of points that differ in this factor alone."""
    others = [other for other in factors if other.names != factor.names]
    return combined(others, factor.codes.size)


def pairs(group):
    """(group) pairs of points."""
    count = np.bincount(group).astype(float)
    return count * (count - 1) / 2


def differences(values, group):
    """(group) mean of |y_i - y_j| over the pairs, NaN where there is none.

    Of n values in ascending order the sum over the pairs is sum_i (2i - n + 1) y_(i), i = 0 .. n-1.
    """
    order = np.lexsort((values, group))
    count = np.bincount(group)
    place = np.arange(values.size) - np.repeat(np.cumsum(count) - count, count)
    weight = 2 * place - np.repeat(count, count) + 1
    total = np.bincount(group[order], weight * values[order], count.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / pairs(group)


def mean_change(parts, group, independent):
    """Mean over the groups. Each is one trial; where its points are independent, as seeds are, it
    is worth as many as it has disjoint pairs: n/2 (Hoeffding, Ann. Math. Statist. 19, 1948). Groups
    of m_g trials and equal weight are worth G^2 / sum_g 1/m_g together."""
    known = np.isfinite(parts)
    if not known.any():
        return None
    worth = np.bincount(group)[known] // 2 if independent else np.ones(known.sum())
    return Change(float(parts[known].mean()), float(known.sum() ** 2 / np.sum(1 / worth)))


def of_ending(ending, kind, group, independent=False):
    """Change of the share of one ending; None without pairs."""
    return mean_change(differences((ending == kind).astype(float), group), group, independent)


def of_endings(ending, group, independent=False):
    """Share of pairs that end differently; None without pairs."""
    parts = sum(differences((ending == kind).astype(float), group) for kind in np.unique(ending)) / 2
    return mean_change(parts, group, independent)


def of_values(values, group):
    """(first quartile, median, third quartile) over the groups of the mean change of a quantity,
    where it is finite; None without pairs."""
    known = np.isfinite(values)
    parts = differences(values[known], np.unique(group[known], return_inverse=True)[1]) \
        if known.any() else np.array([])
    parts = parts[np.isfinite(parts)]
    return tuple(np.quantile(parts, (0.25, 0.5, 0.75))) if parts.size else None
