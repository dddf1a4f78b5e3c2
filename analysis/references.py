"""Losses of the reference solutions, where they are solutions of their own."""
import numpy as np

import palette


def stored(dataset):
    """(variable, look) of the references that the file holds, in the order of legends."""
    return [(name, look) for name, look in palette.REFERENCES.items() if name in dataset]


def losses(dataset, name):
    """Loss of the reference `name` for every point, NaN where it does not exist.

    The relaxed and the clique solution are stored as the trivial one where no better point
    of their family exists, and a clique solution of order two is the plain one.
    """
    values = np.array(dataset[name].values, dtype=float)
    if name in ("loss_srg_relaxed", "loss_srg_clique") and "loss_trivial" in dataset:
        values[values >= dataset["loss_trivial"].values] = np.nan
    if name == "loss_srg_clique" and "clique_order" in dataset:
        values[dataset["clique_order"].values == 2] = np.nan
    return values


def constants(dataset):
    """[(look, loss)] of the references of points that share one problem, without the
    trivial one."""
    found = [(look, losses(dataset, name)[0]) for name, look in stored(dataset)
             if name != "loss_trivial"]
    return [(look, float(loss)) for look, loss in found if np.isfinite(loss)]
