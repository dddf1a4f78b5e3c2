"""What real descents end in: planted structures with and without noise, and every other kind of
ending, judged once more by the rules of src/metrics/README.md from the stored weights."""
import h5py
import numpy as np

from stored_point import Point

OUTCOMES = ("none", "trivial", "dnc", "partial", "srg", "clique", "low_rank", "low_rank_high",
            "other")

# (start, noise) -> ending. The plain graph is a saddle: noise leads to 3-cliques, and without it
# a small rate keeps the symmetry for some thousand steps.
PLANTED = {("dnc", 0): "dnc", ("srg", 0): "srg", ("clique", 0): "clique",
           ("dnc", 1e-3): "dnc", ("srg", 1e-3): "clique", ("clique", 1e-3): "clique"}
PLANTED_SWEEP = """
union:
  - grid: {init: [dnc, srg, clique]}
    point: {init_noise: 0, learning_rate: 0.1, max_steps: 3000, decay_steps: 6000}
  - grid: {init: [dnc, srg, clique]}
    point: {init_noise: 1e-3, learning_rate: 0.5, max_steps: 20000, decay_steps: 10000}
point: {classes: 10, width: 30, depth: 4, lambda: 0.004, stop_gradient: 0, stop_loss_change: 0}
"""

# Short descents from random starts, small ones and large ones, end in every other way.
RANDOM_SWEEP = """
union:
  - grid: {samples: [1, 3], seed: {range: [0, 4]}}
    point: {classes: 10, width: 12, depth: 4, lambda: 0.004, init_scale: 0.2, learning_rate: 0.5}
  - grid: {lambda: [0.002, 0.00390625], seed: {range: [0, 29]}}
    point: {classes: 6, width: 12, depth: 4, init_scale: 1, learning_rate: 0.5}
  - grid: {lambda: [0.0625], seed: {range: [0, 2]}}
    point: {classes: 6, width: 12, depth: 3, learning_rate: 0.5}
  - point: {classes: 6, width: 12, depth: 3, lambda: 0.004, learning_rate: 1000}
point: {max_steps: 4000, decay_steps: 1000, stop_loss_change: 0,
        stop_gradient: 0}
output: {weights: true}
"""


def run(dufm, sweep, text):
    dufm("run", sweep(text), "-o", "out.h5", "--quiet")
    return h5py.File(dufm.folder / "out.h5")


def test_planted(dufm, sweep):
    with run(dufm, sweep, PLANTED_SWEEP) as file:
        starts = ("fan_in", "constant", "dnc", "srg", "clique")
        ended = {(starts[init], float(noise)): OUTCOMES[outcome] for init, noise, outcome in
                 zip(file["init"][:], file["init_noise"][:], file["outcome"][:])}
    assert ended == PLANTED


def within_share(point, H):
    """1 - n |M|^2 / |H|^2"""
    return 1 - point.n * (point.means(H)**2).sum() / (H**2).sum()


def judge(point, value):
    """The first rule that holds; distances as stored (test_outcome.py recomputes them)."""
    if not np.isfinite(value["loss"]):
        return "none"
    if np.linalg.norm(point.Z, 2) <= 1e-6:
        return "trivial"
    hidden = point.post[1:] if point.L > 1 else point.post
    collapsed = [within_share(point, H) <= 1e-3 for H in hidden]
    values = [np.linalg.svd(point.means(H), compute_uv=False) for H in hidden]
    ranks = [(s > max(0.01 * s[0], 1e-6)).sum() for s in values]
    low = min(ranks) < point.K
    G = point.means(hidden[-1]).T @ point.means(hidden[-1])
    frame = np.linalg.norm(G / np.linalg.norm(G) - np.eye(point.K) / point.K**0.5)
    rules = {"dnc": all(collapsed) and not low and value["distance_dnc"] <= 0.2,
             "srg": all(collapsed) and value["distance_srg"] <= 0.2,
             "clique": all(collapsed) and value["distance_clique"] <= 0.2,
             "low_rank": low and value["loss"] < value["loss_dnc"],
             "low_rank_high": low,
             "partial": collapsed[-1] and frame <= 0.2,
             "other": True}
    return next(name for name, holds in rules.items() if holds)


def test_random(dufm, sweep):
    with run(dufm, sweep, RANDOM_SWEEP) as file:
        points = [Point(file, row) for row in range(file["config"].shape[0])]
    endings = [OUTCOMES[point.value["outcome"]] for point in points]
    assert endings == [judge(point, point.value) for point in points]
    assert {"none", "trivial", "dnc", "partial", "low_rank", "low_rank_high",
            "other"} <= set(endings), endings
