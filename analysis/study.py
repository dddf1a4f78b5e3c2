"""What a report knows of a sweep: its points, its factors, and what each descent came to.

Arrays alone, one value a finished point, so that a hundred thousand points are no more than one.
"""
import dataclasses
import pathlib

import numpy as np
import xarray

import axis
import factors
import shares
import sweepfile
from page import kinds_present

BELOW = 1 - 1e-9  # of a reference loss: lower than by rounding

# Loss that the losses of a sweep are divided by: the first that any point has.
REFERENCES = {"loss_dnc": "DNC loss", "loss_dnc_bound": "lower bound of the DNC loss"}


@dataclasses.dataclass(frozen=True)
class Study:
    path: pathlib.Path
    facts: sweepfile.Facts
    points: xarray.Dataset   # all points
    done: xarray.Dataset     # those that are finished, with `ending`
    rows: np.ndarray         # their rows in the file
    axes: list               # factors of all points
    kinds: list              # endings there are, in the order of legends
    ending: np.ndarray       # of finished points, as those below
    reference: str           # what `ratio` is over, '' where no point has one
    ratio: np.ndarray        # loss over that reference loss, or NaN
    least_rank: np.ndarray   # least rank of the hidden layers, or NaN
    falling: np.ndarray      # whether the loss was still falling; None without a history

    @property
    def factors(self):
        """The axes, at the finished points."""
        return [factor.take(self.rows) for factor in self.axes]

    @property
    def seed(self):
        return next((factor for factor in self.factors if factor.is_seed), None)

    @property
    def below(self):
        """Share of the points below the reference loss, among those that have one; or None."""
        known = np.isfinite(self.ratio)
        return shares.share(self.ratio[known] < BELOW) if known.any() else None

    def share(self, kind):
        return shares.share(self.ending == kind)


def loss_ratio(done):
    """(name of the reference, loss over it)."""
    for name, words in REFERENCES.items():
        if name in done and np.isfinite(done[name].values).any():
            return words, (done["loss"] / done[name]).values
    return "", np.full(done.sizes["config"], np.nan)


def least_rank(done):
    if "rank_mean_post" not in done or "tolerance" not in done or not done.sizes["config"]:
        return np.full(done.sizes["config"], np.nan)
    ranks, hidden = axis.hidden_ranks(done)
    least = np.min(np.where(hidden, ranks, np.inf), axis=1)
    return np.where(np.isfinite(least), least, np.nan)  # depth 1 has no hidden layer


def still_falling(done):
    known = "history_loss" in done and "history_step" in done and "loss_before_decay" in done
    return shares.still_falling(done) if known and done.sizes["config"] else None


def read(points, facts, path):
    done = sweepfile.finished(points)
    rows = np.flatnonzero([state == "done" for state in sweepfile.flags(points["status"])])
    reference, ratio = loss_ratio(done)
    return Study(path=pathlib.Path(path), facts=facts, points=points, done=done, rows=rows,
                 axes=factors.swept(points), kinds=kinds_present(done),
                 ending=done["ending"].values.astype(str), reference=reference, ratio=ratio,
                 least_rank=least_rank(done), falling=still_falling(done))
