"""What the program stores, recomputed from the stored weights by numpy and the oracle."""
import h5py
import numpy as np
import pytest

import dufm_oracle as oracle
from stored_point import Point

SHAPES = """
name: shapes
grid:
  depth: [1, 2, 4]
  classes: [3, 5]
  samples: [1, 3]
  activation: [relu, linear]
  optimizer: [gd, momentum]
point: {width: 7, lambda: 0.004, lambda_h: 0.006, learning_rate: 0.05, momentum: 0.5,
        max_steps: 300, init_scale: 0.9}
output: {weights: true, gram: true, history: 16}
"""

UNEQUAL = """
name: unequal
grid:
  seed: {range: [0, 3]}
  width: [3, 12]
point: {depth: 3, classes: 4, samples: 2, lambdas: [0.003, 0.005, 0.004], lambda_h: 0.002,
        learning_rate: 0.3, max_steps: 500}
output: {weights: true, gram: true, history: 0}
"""

SPECTRA = ("weight", "feature_pre", "feature_post", "mean_pre", "mean_post")


@pytest.fixture(scope="module", params=[SHAPES, UNEQUAL], ids=["shapes", "unequal"])
def stored(request, tmp_path_factory):
    from conftest import Program
    folder = tmp_path_factory.mktemp("numerics")
    (folder / "sweep.yaml").write_text(request.param)
    Program(folder)("run", "sweep.yaml", "-o", "out.h5")
    with h5py.File(folder / "out.h5") as file:
        yield file


def rows(file):
    return range(file["config"].shape[0])


def test_every_point_is_done(stored):
    assert set(stored["status"][:]) == {2}


def test_spectra(stored):
    for row in rows(stored):
        point = Point(stored, row)
        for layer in range(point.L):
            for name, matrix in point.matrices(layer).items():
                values = np.linalg.svd(matrix, compute_uv=False)
                got = stored[f"sv_{name}"][row, layer]
                assert np.allclose(got[:len(values)], values, rtol=0, atol=1e-10 * values[0])
                assert np.isnan(got[len(values):]).all()
        for name in SPECTRA:
            assert np.isnan(stored[f"sv_{name}"][row, point.L:]).all()
        values = np.linalg.svd(point.Z, compute_uv=False)
        got = stored["sv_output"][row]
        assert np.allclose(got[:len(values)], values, rtol=0, atol=1e-10 * values[0])
        assert np.isnan(got[len(values):]).all()


def test_ranks(stored):
    tolerances = stored["tolerance"][:]
    for row in rows(stored):
        point = Point(stored, row)
        for layer in range(point.L):
            for name, matrix in point.matrices(layer).items():
                s = np.linalg.svd(matrix, compute_uv=False)
                want = [(s > max(t * s[0], 1e-6)).sum() for t in tolerances]
                assert list(stored[f"rank_{name}"][row, layer]) == want
                assert stored[f"stable_rank_{name}"][row, layer] == pytest.approx(
                    (s**2).sum() / s[0]**2, rel=1e-10)
                p = s[s > 0] / s.sum()
                assert stored[f"effective_rank_{name}"][row, layer] == pytest.approx(
                    np.exp(-(p * np.log(p)).sum()), rel=1e-10)


def test_grams(stored):
    for row in rows(stored):
        point = Point(stored, row)
        for layer in range(point.L):
            for side, H in (("pre", point.pre[layer]), ("post", point.post[layer])):
                G = point.means(H).T @ point.means(H)
                got = stored[f"gram_{side}"][row, layer]
                scale = np.abs(G).max()
                assert np.allclose(got[:point.K, :point.K], G, rtol=0, atol=1e-12 * scale)
                assert np.isnan(got[point.K:]).all() and np.isnan(got[:, point.K:]).all()
                frame = np.linalg.norm(G / np.linalg.norm(G) - np.eye(point.K) / point.K**0.5)
                assert stored[f"nc2_frame_{side}"][row, layer] == pytest.approx(frame, abs=1e-10)


def test_losses_and_gradient(stored):
    for row in rows(stored):
        point = Point(stored, row)
        if point.value["activation"] != 0:
            continue  # the oracle has the ReLU
        arguments = (point.H1, point.W, oracle.labels(point.K, point.n), point.lambdas,
                     point.value["lambda_h"])
        fit, weights, feature = oracle.loss_terms(*arguments)
        value = point.value
        assert value["loss"] == pytest.approx(oracle.loss(*arguments), rel=1e-12)
        assert value["loss_fit"] == pytest.approx(fit, rel=1e-12)
        assert value["loss_regularization"] == pytest.approx(sum(weights) + feature, rel=1e-12)
        assert value["regularization_feature"] == pytest.approx(feature, rel=1e-12)
        assert stored["regularization_weight"][row, :point.L] == pytest.approx(
            np.array(weights), rel=1e-12)
        dH, dW = oracle.gradient(*arguments)
        norm = np.sqrt(sum((g**2).sum() for g in [dH, *dW]))
        assert value["gradient_norm"] == pytest.approx(norm, rel=1e-9)


def test_references(stored):
    for row in rows(stored):
        point = Point(stored, row)
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
        want = [np.linalg.norm(W) for W in Point(stored, row).W]
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
