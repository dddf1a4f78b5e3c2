"""Inner records of the history, recomputed by numpy from the weights of descents that end there."""
import h5py
import numpy as np
import pytest

import dufm_oracle as oracle
from stored_point import Point

SWEEP = """
grid: {{depth: [1, 3], samples: [1, 3], optimizer: [gd, momentum], seed: [0, 1]}}
point: {{width: 9, classes: 5, lambda: 0.02, learning_rate: 0.3, momentum: 0.5, max_steps: {steps},
         stop_loss_change: 0, stop_gradient: 0}}
output: {{history: {records}, weights: true}}
"""
LAST = 700
TOLERANCE = 1e-2  # of the rank in the history
FLOOR = 1e-6


@pytest.fixture(scope="module")
def histories(tmp_path_factory):
    """(history of all points, [(step, its records, the points of a descent that ends there)])"""
    from conftest import Program
    folder = tmp_path_factory.mktemp("records")

    def run(steps, records):
        (folder / f"{steps}.yaml").write_text(SWEEP.format(steps=steps, records=records))
        Program(folder)("run", f"{steps}.yaml", "-o", f"{steps}.h5", "--quiet")
        return h5py.File(folder / f"{steps}.h5")

    with run(LAST, 12) as file:
        history = {name: data[:] for name, data in file.items() if name.startswith("history_")}
    steps = history["history_step"]
    assert (steps == steps[0]).all()
    inner = np.flatnonzero((steps[0] > 0) & (steps[0] < LAST))
    ended = []
    for record in (inner[len(inner) // 2], inner[-1]):
        with run(int(steps[0, record]), 0) as file:
            ended.append((record, [Point(file, row) for row in range(file["config"].shape[0])]))
    return history, ended


def records(histories):
    """(point, the values of its record by name) of every point at each chosen step."""
    history, ended = histories
    for record, points in ended:
        for row, point in enumerate(points):
            yield point, {name: values[row, record] for name, values in history.items()}


def test_loss(histories):
    for point, record in records(histories):
        arguments = (point.H1, point.W, oracle.labels(point.K, point.n), point.lambdas,
                     point.value["lambda_h"])
        assert record["history_step"] == point.value["steps"]
        assert record["history_loss"] == pytest.approx(oracle.loss(*arguments), rel=1e-11)
        assert record["history_loss_fit"] == pytest.approx(oracle.loss_terms(*arguments)[0], rel=1e-11)
        norms = [np.linalg.norm(W) for W in point.W]
        assert record["history_norm_weight"][:point.L] == pytest.approx(norms, rel=1e-11)


def test_variability(histories):
    defined = 0
    for point, record in records(histories):
        for layer, H in enumerate(point.post):
            got = record["history_nc1"][layer]
            if point.n == 1:
                assert np.isnan(got)
                continue
            M = point.means(H)
            within = ((H - np.repeat(M, point.n, axis=1))**2).sum() / H.shape[1]
            between = ((M - M.mean(axis=1, keepdims=True))**2).sum() / point.K
            assert got == pytest.approx(within / between, rel=1e-8)
            defined += 1
    assert defined


def test_ranks(histories):
    found = set()
    for point, record in records(histories):
        for layer, H in enumerate(point.post):
            s = np.linalg.svd(point.means(H), compute_uv=False)
            rank = (s > max(TOLERANCE * s[0], FLOOR)).sum()
            if (np.abs(s / s[0] - TOLERANCE) > 1e-6).all():
                assert record["history_rank"][layer] == rank
            found.add(int(rank))
    assert len(found) > 1
