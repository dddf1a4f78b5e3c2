"""The order of classes and neurons that shows the structure of a layer."""
import numpy as np
import scipy.cluster.hierarchy

import graphs
import naming
import structure


def of_classes(means, ends):
    """By the vertices of the classes where there are any, else so that similar classes are
    neighbours: average linkage of 1 - cosine, leaves in the optimal order."""
    if ends:
        return sorted(range(len(ends)), key=lambda k: (sorted(ends[k]), k))
    return seriation(means.T)


def seriation(rows):
    """The order of rows in which similar ones are neighbours."""
    if len(rows) < 2:
        return list(range(len(rows)))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(lengths > 0, lengths, 1)
    distances = np.maximum(1 - (units @ units.T)[np.triu_indices(len(rows), 1)], 0)
    tree = scipy.cluster.hierarchy.linkage(distances, "average", optimal_ordering=True)
    return scipy.cluster.hierarchy.leaves_list(tree).tolist()


def of_neurons(means, classes, ends):
    """Rows of the neurons that matter: by the places of the classes that they respond to where
    these have vertices, else similar ones as neighbours, the first to the first classes."""
    norms = np.linalg.norm(means, axis=1)
    alive = np.flatnonzero(norms**2 > structure.WEAKEST * (norms**2).sum())
    if not ends:
        placed = alive[seriation(means[alive])]
        centres = means[placed][:, classes] @ np.arange(len(classes)) / means[placed].sum(axis=1)
        upwards = np.polyfit(range(len(placed)), centres, 1)[0] >= 0 if len(placed) > 1 else True
        return placed[::1 if upwards else -1].tolist()

    def place(neuron):
        response = means[neuron][classes]
        return tuple(np.flatnonzero(response > naming.RESPONDS * response.max())), -norms[neuron]
    return sorted(alive.tolist(), key=place)


def class_labels(order, ends):
    """Letters of the vertices, or the numbers of the classes."""
    return [(graphs.label(ends[k]) or "-") if ends else str(k) for k in order]
