"""Files of features as a user writes them, planted structures, and their metrics by numpy."""
import itertools

import h5py
import numpy as np

TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-6)


def write(path, labels, layers, coordinates=(), ordered=True):
    """`layers`: name -> {pre, post, weight}, in their order."""
    with h5py.File(path, "w") as file:
        file["labels"] = labels
        group = file.create_group("layers", track_order=ordered)
        for name, arrays in layers.items():
            for key, values in arrays.items():
                group[f"{name}/{key}"] = values
        file.attrs.update(dict(coordinates))
    return path


def means_of(features, labels):
    """m_k as columns, d x K."""
    return np.array([features[labels == k].mean(axis=0) for k in range(labels.max() + 1)]).T


def collapse(features, labels):
    """NC1 of both kinds and NC2 of the definitions, in float64."""
    features = features.reshape(len(features), -1).astype(float)
    means = means_of(features, labels)
    centred = means - means.mean(axis=1, keepdims=True)
    classes, deviations = means.shape[1], features - means.T[labels]
    within = deviations.T @ deviations / len(labels)
    between = centred @ centred.T / classes
    gram, full = centred.T @ centred, means.T @ means
    simplex = (np.eye(classes) - 1 / classes) / np.sqrt(classes - 1)
    norms = np.sqrt(np.diag(gram))
    cosines = (gram / np.outer(norms, norms))[np.triu_indices(classes, 1)]
    values = np.linalg.svd(means, compute_uv=False)
    return {
        "nc1_trace": np.trace(within) / np.trace(between),
        "nc1_pinv": np.trace(within @ np.linalg.pinv(between, rcond=1e-6, hermitian=True)) / classes,
        "nc2_frame": np.linalg.norm(full / np.linalg.norm(full) - np.eye(classes) / np.sqrt(classes)),
        "nc2_etf": np.linalg.norm(gram / np.linalg.norm(gram) - simplex),
        "nc2_equinorm": norms.std() / norms.mean(),
        "nc2_equiangle": cosines.std(),
        "condition": values[0] / values[-1] if values[-1] > 1e-13 * values[0] else np.inf,
    }


def alignment(weight, means):
    """NC3 by rows; `weight` out x d. A class whose mean is zero has no direction."""
    norms = np.linalg.norm(means, axis=0)
    columns = (means / np.where(norms > 0, norms, 1))[:, norms > 0]
    return (weight @ columns).max(axis=1).sum() / np.linalg.norm(weight, axis=1).sum()


def ranks(values):
    return [int((values > max(tolerance * values[0], 1e-6)).sum()) for tolerance in TOLERANCES]


def effective_rank(values):
    shares = values[values > 0] / values.sum()
    return np.exp(-(shares * np.log(shares)).sum())


# ---- structures: class means with a column for each class

def frame(classes):
    return np.eye(classes)


def simplex(classes):
    return np.eye(classes) - 1 / classes


def incidence(vertices):
    """B of K_r: a row a vertex, a column an edge."""
    edges = [(i, j) for i in range(vertices) for j in range(i)]
    return np.array([[float(v in edge) for edge in edges] for v in range(vertices)])


def graph_layers(vertices):
    """s(H_1), s(H_2), s(H_3) of the graph solution: the last is 2 I + A = B^T B, squared in its Gram."""
    b = incidence(vertices)
    plain = np.eye(b.shape[1])
    return [b, b, 2 * plain]


def sampled(means, labels, noise, rng, width=None):
    """Samples around the means of their classes, turned into `width` dimensions: None, as they are."""
    features = means.T[labels]
    if width is not None:
        turn = np.linalg.qr(rng.normal(size=(width, means.shape[0])))[0]
        features = features @ turn.T
    return features + noise * rng.normal(size=features.shape)


# ---- files as several runs leave them

def write_runs(folder, decays, seeds, epochs=(None,), widths=(24, 16, 12), more=()):
    """A file for each weight decay, seed and epoch: samples as far from their class means as the decay is
    weak, (1e-4 / decay)^(1/2), and the epochs few, so that NC1 falls hundredfold with a decay of a hundred
    times. Seeds differ by a tenth. The class means of the last layer are a simplex, of the others a frame."""
    names = []
    for decay, seed, epoch in itertools.product(decays, seeds, epochs):
        rng = np.random.default_rng([seed, epoch or 0, round(1e6 * decay)])
        labels = np.repeat(np.arange(4), 25)
        noise = (1e-4 / decay) ** 0.5 * (1 + 0.1 * rng.random()) / (1 + (epoch or 0) / 10)
        layers = {f"fc{number}": {"post": sampled(simplex(4) if number == len(widths) else frame(4), labels,
                                                  noise / number, rng, width)}
                  for number, width in enumerate(widths, 1)}
        coordinates = {"weight_decay": decay, "seed": seed, **({} if epoch is None else {"epoch": epoch}), **dict(more)}
        names.append(write(folder / f"run-{decay}-{seed}-{epoch}.h5", labels, layers, coordinates).name)
    return names
