"""Collapse metrics and their history, recomputed from the stored weights by numpy alone."""
import h5py
import numpy as np
import pytest

from measured import COLLAPSED, EVERY, SWEEPS, load
from sweeps import column

SIDES = ("pre", "post")
METRICS = ("nc1_trace", "nc1_pinv", "nc2_frame", "nc2_etf", "nc2_equinorm", "nc2_equiangle",
           "condition")
PINV_CUT = 1e-6
EPS = np.finfo(float).eps


@pytest.fixture(params=[name for name in EVERY if name != "trivial"])
def files(request):
    return load(request.param)


@pytest.fixture(params=[name for name in SWEEPS if name not in ("trivial", "unequal")])
def stored(request):
    return load(request.param)[0]


def rows(files):
    for stored in files:
        for row, point in enumerate(stored["points"]):
            yield stored, row, point


def layers(files):
    """(point, features, class means, centred class means, stored values); a layer whose features
    are all zero has no value and is left out."""
    for stored, row, point in rows(files):
        for side in SIDES:
            for layer in range(point.L):
                H = (point.pre if side == "pre" else point.post)[layer]
                M = point.means(H)
                got = {name: stored[f"{name}_{side}"][row, layer] for name in METRICS}
                if H.any():
                    yield point, H, M, M - M.mean(axis=1, keepdims=True), got
                else:
                    assert np.isnan(list(got.values())).all()


def close(got, want, scale=1.0):
    assert abs(got - want) <= 1e-10 * scale, (got, want, scale)


def covariances(point, H, M):
    """S_W and S_B as d x d matrices."""
    E = H - np.repeat(M, point.n, axis=1)
    C = M - H.mean(axis=1, keepdims=True)
    return E @ E.T / H.shape[1], C @ C.T / point.K


def close_squares(got, want, scale, condition=1.0):
    """Of values that are sums of squares of differences: each of these is good to epsilon of
    what was subtracted, whose own sum of squares is `scale`."""
    assert abs(got**0.5 - want**0.5) <= 1e-10 * condition * want**0.5 + 1e-14 * scale**0.5


def test_variability(files):
    defined = 0
    for point, H, M, _, got in layers(files):
        if point.n == 1:
            assert np.isnan(got["nc1_trace"]) and np.isnan(got["nc1_pinv"])
            continue
        S_W, S_B = covariances(point, H, M)
        square = (H**2).sum() / H.shape[1]
        close_squares(got["nc1_trace"], np.trace(S_W) / np.trace(S_B), square / np.trace(S_B))
        values = np.linalg.eigvalsh(S_B)[::-1]
        least = values[values > PINV_CUT * values[0]][-1]
        if (np.abs(np.log(np.maximum(values, 1e-300) / PINV_CUT / values[0])) < 0.1).any():
            continue  # too near the cut-off to say which side
        inverse = np.linalg.pinv(S_B, rcond=PINV_CUT, hermitian=True)
        # The eigenvalues of S_B are good to epsilon of the largest one.
        close_squares(got["nc1_pinv"], max(np.trace(S_W @ inverse), 0) / point.K,
                      square / least, max(1, 1e-5 * values[0] / least))
        defined += 1
    assert defined


def test_frames(files):
    for point, _, M, C, got in layers(files):
        K = point.K
        G, G_c = M.T @ M, C.T @ C
        frame = np.linalg.norm(G / np.linalg.norm(G) - np.eye(K) / np.sqrt(K))
        close(got["nc2_frame"], frame)
        simplex = (np.eye(K) - np.ones((K, K)) / K) / np.sqrt(K - 1)
        close(got["nc2_etf"], np.linalg.norm(G_c / np.linalg.norm(G_c) - simplex))
        norms = np.linalg.norm(C, axis=0)
        close(got["nc2_equinorm"], norms.std() / norms.mean())
        unit = C / norms
        cosines = (unit.T @ unit)[np.triu_indices(K, 1)]
        # A short mean among long ones has a direction to epsilon of their ratio only.
        close(got["nc2_equiangle"], cosines.std(), max(1, 1e-4 * np.abs(M).max() / norms.min()))


def test_condition(files):
    singular = regular = 0
    for _, _, M, _, got in layers(files):
        s = np.linalg.svd(M, compute_uv=False)
        close(1 / got["condition"], s[-1] / s[0])
        if s[-1] > 1e-12 * s[0]:
            close(got["condition"], s[0] / s[-1], s[0] / s[-1] * max(1, 1e-5 * s[0] / s[-1]))
            regular += 1
        elif s[-1] < 0.01 * max(M.shape) * EPS * s[0]:
            assert np.isinf(got["condition"])
            singular += 1
    assert singular + regular > 0


def test_alignment(files):
    for stored, row, point in rows(files):
        for layer, (W, H) in enumerate(zip(point.W, point.post)):
            M = point.means(H)
            norms = np.linalg.norm(W, axis=1)
            if not M.any():
                assert np.isnan(stored["nc3_alignment"][row, layer])
                continue
            best = [max(w @ m / np.linalg.norm(w) / np.linalg.norm(m) for m in M.T if m.any())
                    if w.any() else 0 for w in W]
            close(stored["nc3_alignment"][row, layer], np.average(best, weights=norms))
        if not M.any():
            assert np.isnan(point.value["nc3_duality"])
            continue
        close(point.value["nc3_duality"],
              np.linalg.norm(W / np.linalg.norm(W) - M.T / np.linalg.norm(M)))


def test_nothing_beyond_the_depth(stored):
    for row, point in enumerate(stored["points"]):
        for name in [f"{metric}_{side}" for metric in METRICS for side in SIDES] + ["nc3_alignment"]:
            assert np.isnan(stored[name][row, point.L:]).all()
        assert np.isnan(stored["history_nc1"][row, :, point.L:]).all()
        assert (stored["history_rank"][row, :, point.L:] == -1).all()


def test_history(stored):
    for row, point in enumerate(stored["points"]):
        used = stored["history_step"][row] >= 0
        nc1, rank = stored["history_nc1"][row], stored["history_rank"][row]
        assert np.isnan(nc1[~used]).all() and (rank[~used] == -1).all()
        last = np.flatnonzero(used)[-1]
        assert np.array_equal(nc1[last], stored["nc1_trace_post"][row], equal_nan=True)
        assert np.array_equal(rank[last], stored["rank_mean_post"][row, :, 1])
        assert np.isnan(nc1).all() == (point.n == 1)
        assert (rank[used, :point.L] >= 0).all()


def test_history_starts_at_the_start(dufm, sweep, tmp_path):
    """Record 0 of a descent is the last record of one that goes nowhere from the same start."""
    for name, steps in (("moved", "learning_rate: 0.3, max_steps: 500"),
                        ("still", "learning_rate: 1e-12, max_steps: 1")):
        sweep("grid: {seed: [0, 1]}\n"
              f"point: {{depth: 3, width: 9, classes: 5, samples: 3, lambda: 0.004, {steps}}}\n"
              "output: {history: 5}\n", f"{name}.yaml")
        dufm("run", f"{name}.yaml", "-o", f"{name}.h5")
    moved, still = (column(tmp_path / f"{name}.h5", "history_nc1") for name in ("moved", "still"))
    assert np.allclose(moved[:, 0], still[:, 1], rtol=1e-9)
    assert not np.allclose(moved[:, 0], moved[:, 4], rtol=0.01)


def test_known_values(dufm, sweep, tmp_path):
    """Planted collapse without noise: every metric at its ideal value."""
    sweep(COLLAPSED.replace("init_noise: [0, 1e-8, 1e-3]", "lambda_h: [0.001, 0.003]"))
    dufm("run", "sweep.yaml", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        for row in range(file["config"].shape[0]):
            L = file["depth"][row]
            for name in ("nc2_frame", "nc2_etf", "nc2_equinorm", "nc2_equiangle"):
                for side in SIDES:
                    assert np.abs(file[f"{name}_{side}"][row, :L]).max() < 1e-10
            assert file["condition_post"][row, :L] == pytest.approx(1, abs=1e-10)
            assert file["nc3_alignment"][row, :L] == pytest.approx(1, abs=1e-10)
            assert file["nc3_duality"][row] < 1e-10
            if file["samples"][row] > 1:
                assert np.abs(file["nc1_trace_post"][row, :L]).max() < 1e-25


def test_recording_changes_nothing(dufm, sweep, tmp_path):
    text = """
grid: {seed: [0, 1], samples: [1, 3]}
point: {depth: 3, width: 9, classes: 5, lambda: 0.004, max_steps: 700, decay_steps: 100}
output: {weights: true, history: %d}
"""
    for records in (0, 64, 512):
        sweep(text % records, f"h{records}.yaml")
        dufm("run", f"h{records}.yaml", "-o", f"h{records}.h5")
    for name in ("weight", "feature", "loss", "nc1_trace_post", "sv_weight"):
        values = [column(tmp_path / f"h{records}.h5", name).tobytes() for records in (0, 64, 512)]
        assert values[0] == values[1] == values[2], name


def test_divergence_and_decay(dufm, sweep, tmp_path):
    """A diverged point has no metric; a trivial one has sound ones, or none."""
    sweep("grid: {learning_rate: [1000, 0.5], samples: [1, 2]}\n"
          "point: {depth: 3, width: 5, classes: 3, lambda: 0.05, max_steps: 3000, init: constant,\n"
          "        init_scale: 0.02, init_scale_h: 0.02, stop_loss_change: 0, stop_gradient: 0}\n"
          "output: {history: 8}\n")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        metrics = [name for name in file if name.startswith(("nc", "condition", "sv_", "stable",
                                                             "effective"))]
        assert len(metrics) > 25
        outcome = file["outcome"][:]
        assert list(outcome) == [0, 0, 1, 1]
        for name in metrics:
            assert np.isnan(file[name][:2]).all(), name
            assert not np.isinf(file[name][2:]).any() or name.startswith("condition"), name
        assert (file["rank_mean_post"][:2] == -1).all()
        blown = ~np.isfinite(file["history_loss"][:2])
        assert blown.any(axis=1).all()
        assert np.isnan(file["history_nc1"][:2][blown]).all()
        assert (file["history_rank"][:2][blown] == -1).all()
        for name in ("nc2_frame_pre", "nc2_etf_post", "nc2_equinorm_pre"):
            value = file[name][2:]
            assert (np.isnan(value) | ((value >= 0) & (value < 2))).all()
