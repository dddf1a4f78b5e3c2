"""The ways down that a sweep compares: optimizers with their schedules, and when they arrive."""
import numpy as np

import shares
import sweepfile

NEEDED = ("optimizer", "schedule", "lbfgs_memory", "decay_steps", "history_step", "history_loss",
          "steps", "evaluations", "wall_time", "seed")
ARRIVED = 1e-6   # above its own final loss, absolute, a descent has arrived
GOAL = 1.001     # of the DNC loss: a goal that all ways have in common
SETTING = ("classes", "depth", "width", "lambda")


def check(dataset):
    """Refuse a file that does not hold what is compared, with the reason."""
    missing = [name for name in (*NEEDED, *SETTING) if name not in dataset.variables]
    if missing:
        raise sweepfile.Unusable(f"ways down cannot be compared without {', '.join(missing)}, which "
                                 "the file does not have: run a sweep like sweeps/optimizers.yaml, "
                                 "with a history")


def label(optimizer, schedule, memory, decay):
    """'gd', 'gd, then decay', 'adam, cosine', 'lbfgs, 10 pairs'"""
    parts = [optimizer]
    if optimizer == "lbfgs":
        parts.append(f"{memory:g} pairs")
    if schedule != "constant":
        parts.append(schedule)
    if decay > 0:
        parts.append("then decay")
    return ", ".join(parts)


def settings(dataset):
    """[(setting by name, its points)], in the order of the file."""
    keys = list(zip(*(dataset[name].values.tolist() for name in SETTING)))
    return sorted(((dict(zip(SETTING, key)), points) for key, points in shares.groups(dataset, SETTING)),
                  key=lambda pair: keys.index(tuple(pair[0].values())))


def ways(points):
    """[(label, points that go this way)], in the order of the flag values."""
    names = ("optimizer", "decay_steps", "schedule", "lbfgs_memory")
    optimizers, schedules = (sweepfile.flag_names(points[name]) for name in ("optimizer", "schedule"))
    return [(label(optimizers[int(optimizer)], schedules[int(schedule)], memory, decay), of_way)
            for (optimizer, decay, schedule, memory), of_way in shares.groups(points, names)]


def first_step(points, row, limit):
    """Step of the first record whose loss is at most `limit`; NaN where there is none."""
    step, loss = (points[name].values[row] for name in ("history_step", "history_loss"))
    known = np.isfinite(step) & (step >= 0)
    below = np.flatnonzero(loss[known] <= limit)
    return float(step[known][below[0]]) if below.size else np.nan


def arrivals(points):
    """(config) steps until within ARRIVED of the descent's own final loss."""
    return np.array([first_step(points, row, loss + ARRIVED)
                     for row, loss in enumerate(points["loss"].values)])


def to_goal(points):
    """(config) steps until the loss is at most GOAL times the DNC loss; NaN: never."""
    return np.array([first_step(points, row, GOAL * loss)
                     for row, loss in enumerate(points["loss_dnc"].values)])


def seconds_a_step(points):
    """Of the descent that other work on the machine disturbed least."""
    return float(np.min(points["wall_time"].values / np.maximum(points["steps"].values, 1)))


def seconds(points, steps):
    """Seconds that descents of one way and one setting take undisturbed to these steps."""
    return seconds_a_step(points) * steps
