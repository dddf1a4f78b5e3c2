"""Histories of several descents on common steps: medians and bands over the seeds."""
import numpy as np


def steps(dataset):
    """The steps that are recorded, from the longest history, without the start (step 0 has
    no place on a logarithmic axis)."""
    longest = dataset["history_step"].values
    longest = longest[np.argmax(np.nanmax(longest, axis=1))]
    return longest[(longest > 0) & np.isfinite(longest)]


def at(dataset, name, row, grid, layer=None):
    """`name` of one descent at the steps `grid`: interpolated linearly, and held at its last
    value after the descent has ended; NaN without records."""
    step, value = dataset["history_step"].values[row], dataset[name].values[row]
    value, known = value if layer is None else value[:, layer], np.isfinite(step)
    if not known.any():
        return np.full(np.shape(grid), np.nan)
    return np.interp(grid, step[known], value[known])


def at_each(dataset, name, steps):
    """(config) `name` of every descent at a step of its own, as `at` has it."""
    step, value = dataset["history_step"].values, dataset[name].values
    last = np.isfinite(step).sum(axis=1) - 1  # records come in order, padding after them
    row = np.arange(last.size)
    after = np.clip(np.sum(step < steps[:, None], axis=1), 0, np.maximum(last, 0))
    before = np.maximum(after - 1, 0)
    (x0, x1), (y0, y1) = ([table[row, before], table[row, after]] for table in (step, value))
    with np.errstate(invalid="ignore", divide="ignore"):  # what diverged ends at infinity
        weight = np.clip(np.where(x1 > x0, (steps - x0) / (x1 - x0), 1), 0, 1)
        return np.where(last < 0, np.nan, np.where(weight == 1, y1, y0 + weight * (y1 - y0)))


def on_steps(dataset, name, grid, layer=None):
    """(config, step) the same of every descent."""
    return np.array([at(dataset, name, row, grid, layer)
                     for row in range(dataset.sizes["config"])])


def band(rows):
    """(lowest, median, highest) over the descents, each of the length of the steps; without
    those that diverged."""
    finite = rows[np.isfinite(rows).all(axis=1)]
    if not len(finite):
        return np.full((3, rows.shape[1]), np.nan)
    return np.array([finite.min(axis=0), np.median(finite, axis=0), finite.max(axis=0)])
