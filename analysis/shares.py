"""Shares of the kinds of endings in groups of points, with Wilson score intervals."""
import dataclasses
import math

import numpy as np

import sweepfile
import trajectories

Z95 = 1.959963984540054  # quantile 0.975 of the normal distribution
FALL = 1e-3  # relative fall over the second half of a descent that counts as still falling


def wilson(p, total):
    """Wilson's 95 % score interval (lower, upper) of a share p of N, E. B. Wilson, JASA 22 (1927):
    (p + z^2/2N -+ z sqrt(p(1-p)/N + z^2/4N^2)) / (1 + z^2/N)."""
    z = Z95
    centre = p + z * z / (2 * total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return (max(0.0, (centre - half) / (1 + z * z / total)),
            min(1.0, (centre + half) / (1 + z * z / total)))


@dataclasses.dataclass(frozen=True)
class Share:
    count: int
    total: int

    @property
    def value(self):
        return self.count / self.total

    @property
    def interval(self):
        return wilson(self.value, self.total)

    def text(self):
        """'4 of 100 (1.6-9.8 %)'"""
        low, high = self.interval
        return f"{self.count:,} of {self.total:,} ({100 * low:.1f}-{100 * high:.1f} %)"


def share(mask):
    return Share(int(np.sum(mask)), int(np.size(mask)))


def groups(dataset, names):
    """[(values of the variables `names`, points that have them)], sorted by the values."""
    columns = [dataset[name].values for name in names]
    codes = np.zeros(dataset.sizes["config"], dtype=np.int64)
    for column in columns:
        values, of_point = np.unique(column, return_inverse=True)
        codes = np.unique(codes * values.size + of_point, return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if order.size else []
    return [(tuple(column[rows[0]].item() for column in columns), dataset.isel(config=rows))
            for rows in parts]


def still_falling(dataset):
    """Whether the loss of each point fell by more than FALL of itself over the second half
    of its main phase (the final phase, whose rate falls to zero, not counted). What a vanishing
    gradient or the trivial solution's basin stopped has arrived, however late it fell."""
    before = dataset["loss_before_decay"].values
    decayed = np.isfinite(before)
    late = np.where(decayed, before, dataset["loss"].values)
    main = dataset["steps"].values - np.where(decayed, dataset["decay_steps"].values, 0)
    middle = trajectories.at_each(dataset, "history_loss", main / 2)
    arrived = np.isin(sweepfile.flags(dataset["stop_reason"]), ["gradient", "trivial"])
    with np.errstate(invalid="ignore"):  # what diverged does not fall
        return (middle - late > FALL * late) & ~arrived
