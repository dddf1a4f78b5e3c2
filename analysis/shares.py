"""Shares of the kinds of endings in groups of points, with Wilson score intervals."""
import dataclasses
import math

import numpy as np

import trajectories
from page import kinds_present

Z95 = 1.959963984540054  # quantile 0.975 of the normal distribution
FALL = 1e-3  # relative fall over the second half of a descent that counts as still falling


@dataclasses.dataclass(frozen=True)
class Share:
    count: int
    total: int

    @property
    def value(self):
        return self.count / self.total

    @property
    def interval(self):
        """Wilson's 95 % score interval (lower, upper), E. B. Wilson, JASA 22 (1927):
        (p + z^2/2N -+ z sqrt(p(1-p)/N + z^2/4N^2)) / (1 + z^2/N)."""
        p, z, total = self.value, Z95, self.total
        centre = p + z * z / (2 * total)
        half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total))
        return (max(0.0, (centre - half) / (1 + z * z / total)),
                min(1.0, (centre + half) / (1 + z * z / total)))


def share(mask):
    return Share(int(np.sum(mask)), int(np.size(mask)))


def ending_shares(dataset):
    """kind -> Share among the points of `dataset`, kinds without a point left out."""
    kinds = dataset["ending"].values
    return {kind: share(kinds == kind) for kind in kinds_present(dataset)}


def groups(dataset, names):
    """[(values of the variables `names`, points that have them)], sorted by the values."""
    keys = list(zip(*(dataset[name].values.tolist() for name in names)))
    return [(key, dataset.isel(config=[other == key for other in keys]))
            for key in sorted(set(keys))]


def still_falling(dataset):
    """Whether the loss of each point fell by more than FALL of itself over the second half
    of its main phase (the final phase, whose rate falls to zero, not counted)."""
    before = dataset["loss_before_decay"].values
    decayed = np.isfinite(before)
    late = np.where(decayed, before, dataset["loss"].values)
    main = dataset["steps"].values - np.where(decayed, dataset["decay_steps"].values, 0)
    middle = [trajectories.at(dataset, "history_loss", row, step / 2)
              for row, step in enumerate(main)]
    return np.array(middle) - late > FALL * late
