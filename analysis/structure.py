#!/usr/bin/env python3
"""What an ending looks like from inside: the vertices its classes share, and its neurons by name.

    python3 analysis/structure.py FILE.h5 ROW [ROW ...]
    python3 analysis/structure.py FILE.h5 --least 5          # the five of least loss

Needs a sweep with `output: {weights: true}`. The class means of the last two hidden layers are
computed from the stored weights. Neurons of one direction count as one pattern.
"""
import argparse
import collections
import dataclasses
import sys
import typing

import numpy as np
import scipy.optimize

import graphs
import naming
import sweepfile

ALIKE = 0.995       # cosine from which two neurons are of one pattern
WEAKEST = 1e-3      # share of a layer's squared norm below which a pattern is left out
RANK = 1e-2         # relative tolerance of a rank
REPRODUCED = 0.05   # relative distance within which other patterns make up one


@dataclasses.dataclass
class Pattern:
    """Neurons of one direction."""
    response: np.ndarray  # to each class, the largest is 1
    neurons: int          # how many
    share: float          # of the layer's squared norm

    def support(self):
        return frozenset(np.flatnonzero(self.response > naming.RESPONDS).tolist())

    def evenness(self):
        """Least over largest response to the classes that it responds to."""
        return float(self.response[self.response > naming.RESPONDS].min())


class Vertices(typing.NamedTuple):
    """What classes lie on."""
    ends: list            # vertices of each class, frozensets; empty: no vertices were found
    count: int            # of the vertices
    source: str           # how they were found, or why not
    strength: np.ndarray  # (vertices, classes) response of a vertex to a class, its largest is 1


@dataclasses.dataclass
class Structure:
    ends: list       # as of Vertices
    vertices: int
    source: str
    graph: str       # what the classes are, in words
    patterns: list   # of the last hidden layer, most neurons first
    names: list      # (name, which) of each pattern


def class_sizes(classes, samples, imbalance=1.0):
    """Samples of each class: n, of each of the last floor(K/2) n / R, rounded and at least 1."""
    fewer = max(int(np.floor(samples / imbalance + 0.5)), 1)
    return np.array([samples] * (classes - classes // 2) + [fewer] * (classes // 2))


def class_means(weights, feature, sizes, relu=True):
    """Class means of s(H_l) of every hidden layer l = 1 .. L; samples are sorted by class, `sizes`
    of each."""
    layers, state, first = [], feature, np.cumsum(sizes) - sizes
    for layer in range(len(weights)):
        layers.append(np.add.reduceat(state, first, axis=1) / sizes)
        state = weights[layer] @ state
        if relu:
            state = np.maximum(state, 0)
    return layers


def patterns_of(means):
    """The patterns of a layer's neurons (rows), by falling share."""
    norms = np.linalg.norm(means, axis=1)
    total = (norms**2).sum()
    groups = []  # [sum of rows, squared norm, count]
    for row in np.argsort(-norms, kind="stable"):
        if norms[row] ** 2 <= 1e-9 * total:
            break
        for group in groups:
            if means[row] @ group[0] >= ALIKE * norms[row] * np.linalg.norm(group[0]):
                group[0] = group[0] + means[row]
                group[1] += norms[row] ** 2
                group[2] += 1
                break
        else:
            groups.append([means[row], norms[row] ** 2, 1])
    found = [Pattern(total_row / total_row.max(), count, square / total)
             for total_row, square, count in groups
             if square > WEAKEST * total and total_row.max() > 0]
    return sorted(found, key=lambda pattern: -pattern.share)


def generators(patterns):
    """Those that are not made up of the others with weights of at least 0; the weakest go first."""
    kept = list(patterns)
    for pattern in reversed(patterns):
        others = [other for other in kept if other is not pattern]
        if not others:
            break
        rest = scipy.optimize.nnls(np.array([other.response for other in others]).T, pattern.response)[1]
        if rest <= REPRODUCED * np.linalg.norm(pattern.response):
            kept = others
    return kept


def stars_of(gram):
    """The vertices of K_r, each as the set of its r - 1 classes, where the classes are its edges:
    each has the 2(r-2) others that share a vertex for the largest entries of its row. None where
    K is no r(r-1)/2, r >= 5, or that does not fit together."""
    classes = len(gram)
    r = round((1 + (1 + 8 * classes) ** 0.5) / 2)
    if r < 5 or r * (r - 1) // 2 != classes:
        return None
    entries = gram - np.diag(np.full(classes, np.inf))
    near = [set(np.argsort(-row, kind="stable")[:2 * (r - 2)].tolist()) for row in entries]
    found = set()
    for k in range(classes):
        for j in near[k]:
            common = near[k] & near[j]  # the other classes of the vertex, and the third side of a triangle
            if len(common) != r - 2:
                return None
            third = min(common, key=lambda class_: len(near[class_] & common))
            found.add(frozenset(common - {third} | {k, j}))
    fits = len(found) == r and all(sum(k in star for star in found) == 2 for k in range(classes))
    return sorted(found, key=sorted) if fits else None


def find_ends(means):
    """The Vertices of the classes; none where there are more patterns than the layer's rank,
    but for one more in each block K_{a,b}."""
    classes = means.shape[1]
    stars = stars_of(means.T @ means)
    if stars is not None:
        ends = [frozenset(v for v, star in enumerate(stars) if k in star) for k in range(classes)]
        incidence = np.array([[k in star for k in range(classes)] for star in stars], dtype=float)
        return Vertices(ends, len(stars), "by the Gram matrix of the layer before the last", incidence)
    corners = generators(patterns_of(means))
    values = np.linalg.svd(means, compute_uv=False)
    rank = int((values > RANK * values[0]).sum())
    ends = [frozenset(v for v, corner in enumerate(corners) if corner.response[k] > naming.RESPONDS)
            for k in range(classes)]
    if len(corners) - rank not in (0, graphs.dependent(ends)):
        return Vertices([], 0, f"the layer before the last has {len(corners)} patterns, but rank {rank}", None)
    strength = np.array([corner.response for corner in corners])
    return Vertices(ends, len(corners), "the patterns of the layer before the last", strength)


def describe(layers):
    """The Structure of class means of s(H_l), l = 1 .. L; L >= 3, so that a ReLU acts on the
    layer before the last."""
    found = find_ends(layers[-2])
    patterns = patterns_of(layers[-1])
    names = [naming.name_pattern(pattern, found.ends, found.strength) for pattern in patterns]
    return Structure(found.ends, found.count, found.source, graphs.name_graph(found.ends, found.count), patterns, names)


def counts(structure):
    """Name -> number of different patterns, in the order of falling share."""
    return collections.Counter(name for name, _ in structure.names)


def read_layers(dataset, row):
    """Class means of s(H_l) of a row of the file."""
    depth, width, classes, samples = (int(dataset[name][row]) for name in
                                      ("depth", "width", "classes", "samples"))
    weight = dataset["weight"][row].values
    weights = [weight[l, :width if l < depth - 1 else classes, :width] for l in range(depth)]
    imbalance = float(dataset["imbalance"][row]) if "imbalance" in dataset else 1.0
    sizes = class_sizes(classes, samples, imbalance)
    feature = dataset["feature"][row].values[:width, :sizes.sum()]
    activation = sweepfile.flag_names(dataset["activation"])[int(dataset["activation"][row])]
    return class_means(weights, feature, sizes, activation == "relu")


def lines(dataset, row):
    """The page of a row, in Markdown."""
    structure = describe(read_layers(dataset, row))
    loss, seed = float(dataset["loss"][row]), int(dataset["seed"][row])
    ratios = [f"{loss / float(dataset[name][row]):.5f} {name}" for name in ("loss_dnc", "loss_srg_clique", "loss_mixture")
              if name in dataset and np.isfinite(dataset[name][row])]
    yield f"## Row {row}, seed {seed}: loss {loss:.7f}" + (f" = {' = '.join(ratios)}" if ratios else "")
    yield ""
    if structure.ends:
        yield f"{structure.vertices} vertices ({structure.source}). Classes: {structure.graph}:"
        yield ", ".join(f"{k} = {graphs.label(end) or 'none'}" for k, end in enumerate(structure.ends)) + "."
    else:
        yield f"No vertices: {structure.source}."
    yield "Patterns of the last hidden layer: " + ", ".join(
        f"{count} x {name}" for name, count in counts(structure).items())
    yield ""
    yield "| pattern | which | neurons | share of the squared norm | least / largest response |"
    yield "| --- | --- | --- | --- | --- |"
    for pattern, (name, which) in zip(structure.patterns, structure.names):
        yield f"| {name} | {which} | {pattern.neurons} | {pattern.share:.4f} | {pattern.evenness():.3f} |"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="structure.py", description=__doc__.split("\n")[0])
    parser.add_argument("file", metavar="FILE.h5", help="result file of a sweep with weights: true")
    parser.add_argument("rows", metavar="ROW", type=int, nargs="*", help="rows of the file, from 0")
    parser.add_argument("--least", metavar="N", type=int, default=0, help="the N finished rows of least loss, too")
    return parser.parse_args(arguments)


def choose(dataset, options):
    """The rows asked for; those not finished, or too shallow, are refused."""
    done = [state == "done" for state in sweepfile.flags(dataset["status"])]
    finite = np.isfinite(dataset["loss"].values) & np.array(done)
    deep = finite & (dataset["depth"].values >= 3)
    order = [int(row) for row in np.argsort(np.where(deep, dataset["loss"].values, np.inf), kind="stable")
             if deep[row]]
    rows = list(dict.fromkeys(options.rows + order[:options.least]))
    if not rows:
        raise sweepfile.Unusable("no row to describe: name rows, or --least N")
    for row in rows:
        if not 0 <= row < len(done):
            raise sweepfile.Unusable(f"row {row}: the file has the rows 0 to {len(done) - 1}")
        if not finite[row]:
            raise sweepfile.Unusable(f"row {row} is not finished, or its loss is not finite")
        if int(dataset["depth"][row]) < 3:
            raise sweepfile.Unusable(f"row {row} has depth {int(dataset['depth'][row])}: at least 3 is needed, so "
                                     "that a layer behind an activation comes before the last")
    return rows


def main(arguments=None):
    options = parse(arguments)
    try:
        with sweepfile.open_raw(sweepfile.pathlib.Path(options.file)) as dataset:
            sweepfile.check_names(dataset, options.file)
            if "weight" not in dataset or "feature" not in dataset:
                raise sweepfile.Unusable(f"{options.file} has no weights: run the sweep with "
                                         "output: {weights: true}")
            for row in choose(dataset, options):
                print("\n".join(lines(dataset, row)) + "\n")
    except (sweepfile.Unusable, OSError) as error:
        print(f"structure.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
