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
