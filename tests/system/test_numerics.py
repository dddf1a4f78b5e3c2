"""What the program stores, recomputed from the stored weights by numpy and the oracle."""
import h5py
import numpy as np
import pytest

import dufm_oracle as oracle
from measured import load


@pytest.fixture(params=["shapes", "unequal"])
def stored(request):
    return load(request.param)[0]


def rows(file):
    return range(file["config"].shape[0])


def test_every_point_is_done(stored):
    assert set(stored["status"][:]) == {2}


def linear_fit(point):
    """1/(2N) |W_L .. W_1 H_1 - Y|^2"""
    Y = oracle.labels(point.K, point.n)
    Z = np.linalg.multi_dot([*point.W[::-1], point.H1])
    return 0.5 / Y.shape[1] * ((Z - Y)**2).sum()


def test_losses_and_gradient(stored):
    for row in rows(stored):
        point = stored["points"][row]
        arguments = (point.H1, point.W, oracle.labels(point.K, point.n), point.lambdas,
                     point.value["lambda_h"])
        fit, weights, feature = oracle.loss_terms(*arguments)
        value = point.value
        if value["activation"] != 0:  # the oracle's fit has the ReLU
            fit = linear_fit(point)
        assert value["loss"] == pytest.approx(fit + sum(weights) + feature, rel=1e-12)
        assert value["loss_fit"] == pytest.approx(fit, rel=1e-12)
        assert value["loss_regularization"] == pytest.approx(sum(weights) + feature, rel=1e-12)
        assert value["regularization_feature"] == pytest.approx(feature, rel=1e-12)
        assert stored["regularization_weight"][row, :point.L] == pytest.approx(
            np.array(weights), rel=1e-12)
        if value["activation"] != 0:
            continue
        dH, dW = oracle.gradient(*arguments)
        norm = np.sqrt(sum((g**2).sum() for g in [dH, *dW]))
        assert value["gradient_norm"] == pytest.approx(norm, rel=1e-9)


def test_references(stored):
    for row in rows(stored):
        point = stored["points"][row]
        if point.d >= point.K:
            want, _ = oracle.dnc_loss(point.K, point.L, list(point.lambdas),
                                      point.value["lambda_h"], point.n)
            assert point.value["loss_dnc"] == pytest.approx(want, rel=1e-9, nan_ok=True)
        else:
            assert np.isnan(point.value["loss_dnc"])


def test_history(stored):
    if "history_loss" not in stored:
        return
    for row in rows(stored):
        steps = stored["history_step"][row]
        used = steps >= 0
        assert steps[0] == 0 and steps[used][-1] == stored["steps"][row]
        assert (np.diff(steps[used]) > 0).all()
        assert stored["history_loss"][row][used][-1] == stored["loss"][row]
        assert stored["history_loss_fit"][row][used][-1] == stored["loss_fit"][row]
        norms = stored["history_norm_weight"][row][used][-1]
        depth = stored["depth"][row]
        want = [np.linalg.norm(W) for W in stored["points"][row].W]
        assert norms[:depth] == pytest.approx(want, rel=1e-12)


def columns(path, *names):
    with h5py.File(path) as file:
        return [file[name][:] for name in names]


def test_planted_collapse_reaches_its_loss(dufm, sweep, tmp_path):
    sweep("""
grid: {depth: [2, 4], samples: [1, 3], init_scale: [0.95, 1]}
point: {classes: 10, width: 30, lambda: 0.004, init: dnc, init_noise: 0.001, learning_rate: 0.5,
        max_steps: 60000, stop_gradient: 1e-9, stop_loss_change: 0}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    loss, want, outcome = columns(tmp_path / "out.h5", "loss", "loss_dnc", "outcome")
    assert np.abs(loss - want).max() < 1e-8
    assert set(outcome) == {2}


def test_planted_graph_ends_at_the_relaxed_loss(dufm, sweep, tmp_path):
    """Symmetric, without noise, the rate decayed to zero. At larger rates rounding breaks the
    symmetry within some 10,000 steps and descent slides lower, towards the clique solution."""
    sweep("""
grid: {max_steps: [0, 3000, 10000]}
point: {depth: 4, classes: 10, width: 30, lambda: 0.004, init: srg, learning_rate: 0.1,
        decay_steps: 20000, stop_gradient: 0, stop_loss_change: 0}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    loss, want, before, srg, outcome = columns(tmp_path / "out.h5", "loss", "loss_srg_relaxed",
                                               "loss_before_decay", "loss_srg", "outcome")
    assert set(outcome) == {4}
    assert ((loss - want > -1e-6) & (loss - want < 2e-5)).all()
    assert (before > loss).all()
    assert before[0] == pytest.approx(srg[0], rel=1e-12)  # the start is the plain solution


def test_planted_graph_with_noise_ends_at_the_clique_loss(dufm, sweep, tmp_path):
    sweep("""
grid: {init: [srg, clique]}
point: {depth: 4, classes: 10, width: 30, lambda: 0.004, init_noise: 0.001, learning_rate: 0.5,
        max_steps: 50000, decay_steps: 50000, stop_gradient: 0, stop_loss_change: 0}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    loss, want, outcome = columns(tmp_path / "out.h5", "loss", "loss_srg_clique", "outcome")
    assert np.abs(loss - want).max() < 1e-7
    assert set(outcome) == {5}


def test_every_stop_is_recorded(dufm, sweep, tmp_path):
    """One point for each reason to stop, in one sweep a reason."""
    common = "classes: 4, width: 8, seed: 1"
    cases = {
        1: "lambda: 0.004, stop_loss_change: 0.01, stop_window: 500, max_steps: 100000",
        2: "lambda: 0.004, init: dnc, stop_gradient: 1e-5, stop_loss_change: 0",
        3: "lambda: 0.004, max_steps: 50",
        4: "lambda: 1e-6, max_steps: 1000000000, max_seconds: 0.2, stop_loss_change: 0, "
           "stop_gradient: 0",
        5: "lambda: 0.004, learning_rate: 1000",
        7: "lambda: 0.05, init: constant, init_scale: 0.01, init_scale_h: 0.01, "
           "stop_loss_change: 0, stop_gradient: 0",
    }
    for reason, text in cases.items():
        sweep(f"grid: {{depth: 3}}\npoint: {{{common}, {text}}}\n", f"s{reason}.yaml")
        dufm("run", f"s{reason}.yaml", "-o", f"s{reason}.h5")
        stop, status, outcome, loss = columns(tmp_path / f"s{reason}.h5", "stop_reason", "status",
                                              "outcome", "loss")
        assert (stop[0], status[0]) == (reason, 2)
        if reason == 5:
            assert outcome[0] == 0 and not np.isfinite(loss[0])
        if reason == 7:
            assert outcome[0] == 1 and loss[0] == pytest.approx(0.5, abs=1e-9)


def test_starts_do_not_depend_on_what_is_compared(dufm, sweep, tmp_path):
    sweep("""
grid: {lambda: [0.001, 0.01], learning_rate: [0.1, 0.5], optimizer: [gd, momentum], seed: [0, 1]}
point: {depth: 3, classes: 4, width: 8, max_steps: 10}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    fit, seed = columns(tmp_path / "out.h5", "history_loss_fit", "seed")
    for value in (0, 1):
        assert len(set(fit[seed == value, 0])) == 1
    assert len(set(fit[:, 0])) == 2
