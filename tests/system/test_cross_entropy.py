"""Cross-entropy: losses recomputed from stored weights, every optimizer, references, endings."""
import h5py
import numpy as np
import pytest
from scipy.special import logsumexp

from stored_point import Point, stored_values

SWEEP = """
name: entropy
zip:
  depth: [1, 2, 4]
  lambdas: [[0.003], [0.003, 0.004], [0.003, 0.004, 0.005, 0.006]]
  lambda_h: [0.002, 0.002, 0.004]
grid:
  samples: [1, 3]
  activation: [relu, linear]
  optimizer: [gd, momentum, adam, lbfgs]
point: {loss: ce, classes: 5, width: 8, learning_rate: 0.05, max_steps: 300}
output: {weights: true, history: 8}
"""


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """(stored values of the file, its rows recomputed)."""
    values = stored_values(tmp_path_factory.mktemp("entropy"), SWEEP)
    return values, [Point(values, row) for row in range(len(values["config"]))]


def fit(point):
    """1/N sum_j [logsumexp(z_j) - z_{y_j, j}]."""
    labels = np.repeat(np.arange(point.K), point.n)
    return np.mean(logsumexp(point.Z, axis=0) - point.Z[labels, np.arange(point.K * point.n)])


def test_losses(points):
    values, found = points
    assert len(found) == 48
    for row, point in enumerate(found):
        regularization = 0.5 * float(point.value["lambda_h"]) * np.sum(point.H1**2) + sum(
            0.5 * value * np.sum(W**2) for value, W in zip(point.lambdas, point.W))
        assert values["loss_fit"][row] == pytest.approx(fit(point), rel=1e-12)
        assert values["loss_regularization"][row] == pytest.approx(regularization, rel=1e-12)
        assert values["loss"][row] == pytest.approx(fit(point) + regularization, rel=1e-12)


def test_gradient_norms(points):
    """The norm of the gradient at the end, by numpy."""
    values, found = points
    for row, point in enumerate(found):
        Y = np.repeat(np.eye(point.K), point.n, axis=1)
        D = (np.exp(point.Z - logsumexp(point.Z, axis=0)) - Y) / (point.K * point.n)
        square = 0.0
        for layer in range(point.L - 1, -1, -1):
            square += np.sum((D @ point.post[layer].T + point.lambdas[layer] * point.W[layer])**2)
            D = point.W[layer].T @ D
            if layer > 0 and point.value["activation"] == 0:
                D = D * (point.pre[layer] > 0)
        square += np.sum((D + point.value["lambda_h"] * point.H1)**2)
        assert values["gradient_norm"][row] == pytest.approx(np.sqrt(square), rel=1e-9, abs=1e-14)


def test_every_optimizer_goes_down(points):
    values, _ = points
    first, last = values["history_loss"][:, 0], values["loss"]
    assert (last < 0.9 * first).all()
    assert set(values["loss_function"]) == {1}


# ---------------------------------------------------------------------- where descents end
def read(path, *names):
    with h5py.File(path) as file:
        return [file[name][:] for name in names]


DNC, LOW_RANK = 2, 6


def test_linear_endings(dufm, sweep, tmp_path):
    """From the simplex ETF with noise descent comes back to it; from random starts it ends there or
    in a lower rank with a lower loss. The closed form is where descent ends, in every digit."""
    sweep("""
grid: {init: [fan_in, dnc], seed: {range: [0, 7]}}
point: {depth: 2, width: 20, classes: 6, samples: 2, lambda: 0.001953125, learning_rate: 0.5, loss: ce,
        activation: linear, max_steps: 20000, init_scale: 0.7, init_noise: 0.001}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    outcome, loss, loss_dnc, least, distance, ranks, graph = read(
        tmp_path / "out.h5", "outcome", "loss", "loss_dnc", "loss_low_rank", "distance_dnc", "rank_mean_post",
        "distance_srg")
    rank = ranks[:, 1, 1]
    assert (outcome[8:] == DNC).all() and set(outcome[:8]) == {DNC, LOW_RANK}
    dnc = outcome == DNC
    assert loss[dnc] == pytest.approx(loss_dnc[dnc], rel=1e-9)
    assert (distance[dnc] < 1e-6).all() and (rank[dnc] == 5).all()
    assert (loss[~dnc] < loss_dnc[~dnc]).all() and (rank[~dnc] < 5).all() and (distance[~dnc] > 0.3).all()
    assert (loss > least).all() and np.isnan(graph).all()


def test_relu_endings(dufm, sweep, tmp_path):
    """With ReLU descent from random starts and from collapse with noise collapses at loss_dnc."""
    sweep("""
grid: {init: [fan_in, dnc], depth: [2, 3], seed: {range: [0, 3]}}
point: {width: 16, classes: 4, samples: 2, lambda: 0.002, learning_rate: 0.5, loss: ce,
        max_steps: 20000, init_scale: 0.7, init_noise: 0.001}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    init, outcome, loss, bound, loss_dnc, ranks = read(
        tmp_path / "out.h5", "init", "outcome", "loss", "loss_dnc_bound", "loss_dnc", "rank_mean_post")
    dnc = outcome == DNC
    assert dnc[init == 2].all() and (dnc & (init == 0)).any()
    assert loss[init == 2] == pytest.approx(loss_dnc[init == 2], rel=1e-7)
    assert loss[dnc] == pytest.approx(loss_dnc[dnc], rel=1e-3) and (loss[dnc] > loss_dnc[dnc] * (1 - 1e-9)).all()
    assert (loss_dnc > 1.01 * bound).all() and (ranks[dnc, 1, 1] == 4).all()


def test_trivial_ending(dufm, sweep, tmp_path):
    sweep("""
point: {depth: 3, width: 6, classes: 4, lambda: 0.5, learning_rate: 0.1, loss: ce, max_steps: 20000}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    outcome, loss, trivial = read(tmp_path / "out.h5", "outcome", "loss", "loss_trivial")
    assert outcome == [1] and loss == pytest.approx(np.log(4), abs=1e-9) and trivial == np.log(4)


def test_divergence_is_a_result(dufm, sweep, tmp_path):
    sweep("point: {depth: 4, width: 8, classes: 4, lambda: 0.01, learning_rate: 1000, loss: ce, max_steps: 100}\n")
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    outcome, stop = read(tmp_path / "out.h5", "outcome", "stop_reason")
    assert (outcome, stop) == ([0], [5])
