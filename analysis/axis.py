"""Axes of a sweep: which parameters vary, how they are called and where their ticks are."""
import numpy as np

from sweepfile import Unusable

# Parameters that a picture may have along an axis -> (symbol, what it is).
PARAMETERS = {
    "depth": ("L", "depth $L$"),
    "width": ("d", "width $d$"),
    "classes": ("K", "classes $K$"),
    "samples": ("n", "samples a class $n$"),
    "kappa_ratio": (r"$\kappa$ ratio", r"regularization $K\bar\lambda\,/\,\kappa_{\max}(L)$"),
    "lambda": (r"$\lambda$", r"regularization $\lambda$"),
    "init_scale": ("s", "initial scale $s$"),
    "learning_rate": ("rate", "learning rate"),
    "width_per_class": ("d/K", "width for each class $d/K$"),
    "seed": ("seed", "seed"),
    "momentum": ("momentum", "momentum"),
    "imbalance": ("imbalance", "ratio of largest to smallest class"),
    "init_scale_h": ("$s_H$", "initial scale of $H_1$"),
    "init_noise": ("noise", "noise of the planted start"),
}


def symbol(name):
    return PARAMETERS.get(name, (name, name))[0]


def label(name):
    return PARAMETERS.get(name, (name, name))[1]


def values(dataset, name):
    """(config) of a parameter; the ratio width / classes is none that a file stores."""
    if name == "width_per_class":
        return (dataset["width"] / dataset["classes"]).values
    return dataset[name].values


def prepared(dataset):
    """With width / K, and kappa_ratio to 6 digits: it is stored as lambda gives it back. What the
    points do not have is left out."""
    if "width" in dataset:
        dataset = dataset.assign(width_per_class=("config", values(dataset, "width_per_class")))
    if "kappa_ratio" not in dataset:
        return dataset
    ratio = dataset["kappa_ratio"].values
    digits = 10.0 ** (5 - np.floor(np.log10(np.where(ratio > 0, ratio, 1))))
    return dataset.assign(kappa_ratio=("config", np.round(ratio * digits) / digits))


def by_layer(dataset, name):
    """(config, layer) of a variable, numerical ranks at tolerance 1e-2, and which of the layers
    are hidden: 2 .. L."""
    variable = dataset[name]
    if "tolerance" in variable.dims:
        variable = variable.isel(tolerance=int(np.argmin(np.abs(dataset["tolerance"].values - 1e-2))))
    values = variable.values.astype(float)
    layer = np.arange(1, values.shape[1] + 1)[None, :]
    return values, (layer >= 2) & (layer <= dataset["depth"].values[:, None])


def hidden_ranks(dataset):
    """(config, layer) rank of the class means after the ReLU, and which layers are hidden."""
    return by_layer(dataset, "rank_mean_post")


def swept(dataset):
    """Parameters with more than one value that no other one determines: of lambda and
    kappa_ratio, and of width and width / K, the one with fewer values."""
    found = [name for name in PARAMETERS if name == "width_per_class" or name in dataset]
    counts = {name: len(np.unique(np.round(values(dataset, name).astype(float), 9))) for name in found}
    varying = [name for name in found if counts[name] > 1]
    for first, second in (("lambda", "kappa_ratio"), ("width", "width_per_class")):
        if second in varying:
            both = first in varying
            varying.remove(first if both and counts[first] > counts[second] else second)
    return varying


def check(dataset, names):
    for name in names:
        if name not in dataset:
            raise Unusable(f"the file has no parameter '{name}'; swept are {', '.join(swept(dataset))}")
        if len(np.unique(dataset[name].values)) < 2:
            raise Unusable(f"'{name}' has one value in this file: there is nothing to draw along it")


def sparse_ticks(found, most):
    """(positions, labels) of about `most` of the sorted values."""
    step = -(-len(found) // most)
    places = list(range(0, len(found), step))
    return places, tick_labels([found[place] for place in places], small="{:.2g}")


def tick_labels(ticks, small="{:.3g}"):
    """Numbers, those below 1 as `small` says, or powers of two where all are negative ones."""
    exponents = np.log2(np.maximum(ticks, np.finfo(float).tiny))
    if len(ticks) and np.all(exponents < 0) and np.array_equal(exponents, np.round(exponents)):
        return [f"$2^{{{exponent:.0f}}}$" for exponent in exponents]
    return [small.format(tick) if tick < 1 else f"{tick:.3g}" for tick in ticks]


def apart(found, most, log):
    """About `most` of the sorted values, none close to the one before it."""
    chosen = []
    for value in found:
        room = value / chosen[-1] > 1.08 if chosen and log else True
        if room:
            chosen.append(value)
    return chosen[::-(-len(chosen) // most)]
