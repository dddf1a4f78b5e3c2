"""Losses of the reference solutions, where they are solutions of their own."""
import numpy as np

import palette

ALIKE = 1e-6  # relative difference of losses below which two references are one


def stored(dataset):
    """(variable, look) of the references that the file holds, in the order of legends."""
    return [(name, look) for name, look in palette.REFERENCES.items() if name in dataset]


def losses(dataset, name):
    """Loss of the reference `name` for every point, NaN where it does not exist.

    Of the relaxed, the clique and the mixed solution those below the trivial loss: files before
    schema version 7 hold that loss where there is none. A clique solution of order two is the plain
    one, and most best mixtures are of one family.
    """
    values = np.array(dataset[name].values, dtype=float)
    if name in ("loss_srg_relaxed", "loss_srg_clique", "loss_mixture") and "loss_trivial" in dataset:
        values[values >= dataset["loss_trivial"].values] = np.nan
    if name == "loss_mixture" and "loss_srg_clique" in dataset:
        values[np.isclose(values, dataset["loss_srg_clique"].values, rtol=ALIKE, atol=0)] = np.nan
    if name == "loss_srg_clique" and "clique_order" in dataset:
        values[dataset["clique_order"].values == 2] = np.nan
    return values


def constants(dataset):
    """[(look, loss)] of the references of points that share one problem, without the
    trivial one."""
    found = [(look, losses(dataset, name)[0]) for name, look in stored(dataset)
             if name != "loss_trivial"]
    return [(look, float(loss)) for look, loss in found if np.isfinite(loss)]


def is_behind_relu(dataset):
    """Whether collapse is that of cross-entropy behind a ReLU, where its class means have a mean."""
    if "loss_dnc_bound" not in dataset:
        return np.zeros(dataset.sizes["config"], dtype=bool)
    return np.isfinite(dataset["loss_dnc_bound"].values)


def is_bounded(dataset):
    """Whether only a lower bound of collapse is known: behind a ReLU, of files that no other loss of
    collapse was written into. Where one was, a point without it has none."""
    relu, unknown = is_behind_relu(dataset), np.isnan(dataset["loss_dnc"].values)
    return relu & unknown if unknown[relu].all() else np.zeros_like(relu)


def collapse(dataset):
    """Loss of collapse of every point, or its lower bound where only that is known."""
    bounded, values = is_bounded(dataset), np.array(dataset["loss_dnc"].values, dtype=float)
    if bounded.any():
        values[bounded] = dataset["loss_dnc_bound"].values[bounded]
    return values


def collapse_label(dataset):
    return "bound of the DNC loss" if is_bounded(dataset).any() else "DNC loss"
