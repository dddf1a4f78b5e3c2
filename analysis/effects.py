"""How much the layers of measured networks change with each coordinate of their files, beside the
seeds.

Seeds are pooled first: the value of a setting is the median of its files. For one coordinate, settings
that agree in all others form a group, whose change is the mean of |y_i - y_j| over its pairs
(`sensitivity`); the change of the coordinate is the median over the groups. What seeds change is the same
over the files of a setting. Quantities that spread over decades are compared as logarithms.
"""
import dataclasses

import numpy as np

import sensitivity
from factors import Factor, combined

FIRM = 3.0  # times the spread from which on a change is more than that; twice as much where it is the largest of many


@dataclasses.dataclass(frozen=True)
class Quantity:
    variable: str      # on (config, layer)
    words: str         # in a text
    label: str         # at an axis
    logarithmic: bool

    def of(self, dataset):
        """(config, layer) as it is compared, NaN where there is none."""
        values = np.array(dataset[self.variable].values, dtype=float)
        if not self.logarithmic:
            return values
        return np.log10(np.where(values > 0, values, np.nan))

    def plain(self, value):
        """A compared value as it was measured."""
        return 10.0 ** value if self.logarithmic else value

    def difference(self, change):
        """'× 130' or '1.2': a change in words."""
        return f"× {10.0 ** change:.3g}" if self.logarithmic else f"{change:.3g}"


QUANTITIES = (
    Quantity("nc1_trace_post", "NC1", "NC1", True),
    Quantity("effective_rank_mean_post", "effective rank", "effective rank\nof class means", False),
    Quantity("nc2_etf_post", "distance from a simplex ETF", "distance from\na simplex ETF", False),
)


@dataclasses.dataclass(frozen=True)
class Effect:
    """Of one coordinate on one quantity; arrays are on layers, NaN where nothing can be compared."""
    factor: Factor
    quantity: Quantity
    change: np.ndarray  # between two values of the coordinate, median over the groups
    largest: np.ndarray  # the same of the group where it is most
    where: list         # that group: 'epoch = 30', '' where there is one alone
    least: np.ndarray   # median at its least value
    most: np.ndarray    # at its largest
    spread: np.ndarray  # what seeds change; without seeds the most that another coordinate does

    @property
    def times(self):
        """Change over spread, NaN where there is no spread to compare with."""
        return self.over_spread(self.change)

    def over_spread(self, change):
        known = np.isfinite(change) & (np.nan_to_num(self.spread) > 0)
        return np.where(known, change / np.where(known, self.spread, 1), np.nan)

    @property
    def is_weak(self):
        """Nowhere more than the spread, or nothing to compare with."""
        middle, most = (np.nan_to_num(self.over_spread(change)).max() for change in (self.change, self.largest))
        return bool(np.isfinite(self.times).any() and middle <= FIRM and most <= 2 * FIRM)

    @property
    def layer(self):
        """Where it shows most beside the spread, or by itself where there is none; None without a change."""
        shown = self.times if np.isfinite(self.times).any() else self.change
        return int(np.nanargmax(shown)) if np.isfinite(shown).any() else None


def by_layer(values, group):
    """(layer) median over the groups of the mean change, NaN without pairs."""
    found = (sensitivity.of_values(column, group) for column in values.T)
    return np.array([np.nan if quartiles is None else quartiles[1] for quartiles in found])


def medians(values, group):
    """(group, layer) median of the known values."""
    found = np.full((group.max(initial=-1) + 1, values.shape[1]), np.nan)
    for number in range(len(found)):
        part = values[group == number]
        known = np.isfinite(part).any(axis=0)
        found[number, known] = np.nanmedian(part[:, known], axis=0)
    return found


def settings(factors):
    """(number of the setting of every file, factors without the seed at the settings)."""
    others = [factor for factor in factors if not factor.is_seed]
    group = combined(others, factors[0].codes.size)
    first = np.unique(group, return_index=True)[1]
    return group, [factor.take(first) for factor in others]


def most(values, group, others):
    """(layer) largest change of a group, and that group in words: the values of the other factors."""
    first = np.unique(group, return_index=True)[1]
    largest, where = np.full(values.shape[1], np.nan), [""] * values.shape[1]
    for layer, column in enumerate(values.T):
        changes = sensitivity.differences(column, group)  # NaN where one value is not known
        if np.isfinite(changes).any():
            place = int(np.nanargmax(changes))
            largest[layer] = changes[place]
            where[layer] = ", ".join(f"{other.short} = {other.texts[other.codes[first[place]]]}" for other in others)
    return largest, where


def of_quantity(quantity, dataset, factors):
    """Effects of all coordinates, without their spread, and the spread over the seeds."""
    values = quantity.of(dataset)
    group, others = settings(factors)
    pooled, seeds = medians(values, group), by_layer(values, group)
    for factor in others:
        used = np.unique(factor.codes)
        ends = [medians(pooled, (factor.codes != code).astype(int))[0] for code in used[[0, -1]]]
        same = sensitivity.groups(others, factor)
        rest = [other for other in others if other is not factor]
        yield Effect(factor, quantity, by_layer(pooled, same), *most(pooled, same, rest), *ends, seeds)


def against_others(found):
    """Effects of one quantity beside the largest that another coordinate has."""
    for effect in found:
        rest = np.array([other.change for other in found if other is not effect])
        known = np.isfinite(rest)
        spread = np.where(known, rest, -np.inf).max(axis=0) if rest.size else np.full(effect.change.shape, np.nan)
        yield dataclasses.replace(effect, spread=np.where(np.isfinite(spread), spread, np.nan))


def has_seeds(factors):
    return any(factor.is_seed for factor in factors)


def read(dataset, factors):
    """Effects of every coordinate but the seed on every quantity that the file has."""
    effects = []
    for quantity in QUANTITIES:
        if factors and quantity.variable in dataset:
            found = list(of_quantity(quantity, dataset, factors))
            effects += found if has_seeds(factors) else against_others(found)
    return [effect for effect in effects if effect.layer is not None]


def strongest(effects):
    """The effect that exceeds its spread most; without any spread the largest of the first quantity."""
    compared = [effect for effect in effects if np.isfinite(effect.times).any()]
    if compared:
        return max(compared, key=lambda effect: effect.times[effect.layer])
    first = [effect for effect in effects if effect.quantity is effects[0].quantity]
    return max(first, key=lambda effect: effect.change[effect.layer], default=None)
