"""Endings: planted structures after descent, distances recomputed, the rules in words."""
import itertools
import math
import re

import h5py
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from conftest import ROOT

OUTCOMES = ("none", "trivial", "dnc", "partial", "srg", "clique", "low_rank", "low_rank_high",
            "other")

GRAPHS = """
name: graphs
grid:
  init: [dnc, srg, clique]
  classes: [6, 10, 15]
  depth: [3, 4]
  samples: [1, 2]
point: {width: 21, lambda: 0.003, init_noise: 0.002, learning_rate: 0.3, max_steps: 400}
output: {weights: true, gram: true, history: 0}
"""


def read(path, *names):
    with h5py.File(path) as file:
        return [file[name][:] for name in names]


def outcomes(path):
    return [OUTCOMES[value] for value in read(path, "outcome")[0]]


# ------------------------------------------------------------------ distances, independently
def relative(G, P):
    return np.linalg.norm(G / np.linalg.norm(G) - P / np.linalg.norm(P))


def cliques(r, m):
    """Incidence of the m-subsets of r vertices and the edges."""
    edges = list(itertools.combinations(range(r), 2))
    return np.array([[set(e) <= set(s) for e in edges]
                     for s in itertools.combinations(range(r), m)], dtype=float)


def neurons(M, shapes):
    """|M - M'|_F / |M|_F: every row of M by the best multiple of the best shape."""
    shapes = shapes / np.linalg.norm(shapes, axis=1, keepdims=True)
    explained = ((M @ shapes.T)**2).max(axis=1)
    return math.sqrt(max((M**2).sum() - explained.sum(), 0) / (M**2).sum())


def relaxed_distance(G, M, A):
    def layer(v):
        return 2 * np.eye(len(A)) + v * A

    gram = minimize_scalar(lambda v: relative(G, layer(v) @ layer(v)), bounds=(0, 1),
                           method="bounded", options={"xatol": 1e-10})
    return max(gram.fun, neurons(M, layer(gram.x)))


def clique_neurons(M, r, m):
    """At r = 4 the first and the last edge may change places: triangles become stars."""
    N = cliques(r, m)
    mirrored = N[:, [5, 1, 2, 3, 4, 0]] if r == 4 else N
    return min(neurons(M, N), neurons(M, mirrored))


def clique_distance(G, M, r, d):
    found = {m: max(relative(G, cliques(r, m).T @ cliques(r, m)), clique_neurons(M, r, m))
             for m in range(3, r) if math.comb(r, m) <= d}
    order = min(found, key=found.get)
    return found[order], order


def layer_means(file, row):
    """Class means of s(H_l), l = 2..L."""
    L, K, n, d = (int(file[name][row]) for name in ("depth", "classes", "samples", "width"))
    means, H = [], file["feature"][row, :d, :K * n]
    for layer in range(L - 1):
        H = file["weight"][row, layer, :d, :d] @ (H if layer == 0 else np.maximum(H, 0))
        means.append(np.maximum(H, 0).reshape(d, K, n).mean(axis=2))
    return means


def distances(file, row):
    """(dnc, srg, clique, its order); the planted order of classes is the lexicographic one."""
    means = layer_means(file, row)
    grams = [M.T @ M for M in means]
    K, d = int(file["classes"][row]), int(file["width"][row])
    r = round((1 + math.sqrt(1 + 8 * K)) / 2)
    B = np.array([[v in e for e in itertools.combinations(range(r), 2)] for v in range(r)], float)
    BB = B.T @ B
    A = BB - 2 * np.eye(K)
    early = max(relative(G, BB) for G in grams[:-1])
    clique, order = clique_distance(grams[-1], means[-1], r, d)
    return (max(relative(G, np.eye(K)) for G in grams),
            max(early, relaxed_distance(grams[-1], means[-1], A)), max(early, clique), order)


def test_distances(dufm, sweep, tmp_path):
    sweep(GRAPHS)
    dufm("run", "sweep.yaml", "-o", "out.h5")
    kinds = outcomes(tmp_path / "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        for row, kind in enumerate(kinds):
            dnc, srg, clique, order = distances(file, row)
            assert file["distance_dnc"][row] == pytest.approx(dnc, abs=1e-10)
            planted = ("dnc", "srg", "clique")[file["init"][row] - 2]
            if planted == "dnc":  # no order of classes to compare with
                assert kind == "dnc" and file["distance_srg"][row] > 0.7
                continue
            # Every shape is tried here, the likeliest by the program: noise may hide the best.
            assert -1e-7 < file["distance_srg"][row] - srg < 1e-4
            assert -1e-7 < file["distance_clique"][row] - clique < 1e-4
            assert file["distance_clique_order"][row] == order
            best = file["clique_order"][row]
            assert kind == ("clique" if planted == "clique" and best > 2 else "srg")


def test_no_structure_no_distance(dufm, sweep, tmp_path):
    sweep("""
grid: {classes: [6, 7], width: [5, 8], depth: [2, 3], activation: [relu, linear]}
point: {lambda: 0.004, learning_rate: 0.1, max_steps: 50}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    names = ("classes", "width", "depth", "activation", "distance_dnc", "distance_srg",
             "distance_clique", "distance_clique_order")
    for K, d, L, activation, dnc, srg, clique, order in zip(*read(tmp_path / "out.h5", *names)):
        graph = K == 6 and d >= 6 and L == 3 and activation == 0
        assert (np.isfinite(dnc), np.isfinite(srg)) == (d >= K, graph)
        assert (np.isfinite(clique), order > 0) == (graph, graph)


# ------------------------------------------------------------------ after descent
def test_planted_graph_is_recognized_after_descent(dufm, sweep, tmp_path):
    """Without noise at a small rate it stays SRG, relaxed, with and without a final decay."""
    sweep("""
grid: {classes: [6, 10], depth: [3, 5], decay_steps: [0, 6000]}
point: {width: 20, lambda: 0.004, init: srg, learning_rate: 0.1, max_steps: 3000,
        stop_gradient: 0, stop_loss_change: 0}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    assert set(outcomes(tmp_path / "out.h5")) == {"srg"}
    distance, before, loss, decay = read(tmp_path / "out.h5", "distance_srg", "loss_before_decay",
                                         "loss", "decay_steps")
    assert (distance < 0.01).all()
    assert (loss[decay > 0] < before[decay > 0]).all() and np.isnan(before[decay == 0]).all()


def test_planted_endings_with_noise(dufm, sweep, tmp_path):
    """Noise breaks the symmetry of the plain graph: at r = 5 it ends in 3-cliques."""
    sweep("""
grid: {init: [dnc, srg, clique], depth: [3, 4]}
point: {classes: 10, width: 30, lambda: 0.004, init_noise: 0.001, learning_rate: 0.5,
        max_steps: 20000, decay_steps: 10000, stop_gradient: 0, stop_loss_change: 0}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    assert outcomes(tmp_path / "out.h5") == ["dnc"] * 2 + ["clique"] * 4
    clique, order, dnc = read(tmp_path / "out.h5", "distance_clique", "distance_clique_order",
                              "distance_dnc")
    assert (order[2:] == 3).all() and (clique[2:] < 0.2).all() and (dnc[:2] < 1e-3).all()


# ------------------------------------------------------------------ words
def test_the_rules_are_the_same_everywhere(dufm, sweep, tmp_path):
    """The table of the README is the comment of the variable, which is the program's."""
    sweep("grid: {depth: 2}\npoint: {classes: 3, width: 4, lambda: 0.01, max_steps: 10}\n")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        comment = file["outcome"].attrs["comment"]
        names = file["outcome"].attrs["flag_meanings"]
    comment = comment.decode() if isinstance(comment, bytes) else comment
    names = names.decode() if isinstance(names, bytes) else names
    first, *rules = comment.split("; ")
    assert first == "the first rule that holds"
    readme = (ROOT / "src" / "metrics" / "README.md").read_text()
    section = readme.split("## What an ending is")[1].split("\n## ")[0]
    table = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.M)
    assert [": ".join(row) for row in table] == rules
    assert sorted(name for name, _ in table) == sorted(names.split()) == sorted(OUTCOMES)
