"""The reference columns of a result file: the oracle's and those of `dufm reference`."""
import json
import math

import h5py
import numpy as np
import pytest

import dufm_oracle as oracle

COLUMNS = ("loss_trivial", "loss_dnc", "loss_dnc_bound", "loss_srg", "loss_srg_relaxed", "loss_srg_clique",
           "clique_order", "rho", "kappa_ratio", "loss_low_rank", "loss_mixture")

# No descent: one step. All shapes share two sets of lambdas, so the oracle's slow searches are few.
SWEEP = """
name: references
union:
  - grid: {classes: [6, 10], width: [9, 30], activation: [relu, linear]}
    point: {lambda: 0.004}
  - grid: {classes: [6, 10]}
    point: {width: 15, lambdas: [0.003, 0.004, 0.005, 0.002], lambda_h: 0.001, samples: 2}
  - grid: {classes: [7, 10], lambda: [0.004, 0.3], samples: [1, 2]}
    point: {width: 15}
  - grid: {classes: [6, 7], width: [5, 6], activation: [relu, linear], lambda: [0.004, 0.3]}
    point: {loss: ce}
point: {depth: 4, max_steps: 1}
"""


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """(parameters, reference columns, lambdas) of every point, and the program in its folder."""
    from conftest import Program
    folder = tmp_path_factory.mktemp("references")
    (folder / "sweep.yaml").write_text(SWEEP)
    program = Program(folder)
    program("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    with h5py.File(folder / "out.h5") as file:
        found = []
        for row in range(file["config"].shape[0]):
            value = {name: file[name][row] for name in ("classes", "depth", "width", "samples",
                                                        "activation", "lambda_h", "loss_function")}
            value["lambdas"] = [float(entry) for entry in file["lambdas"][row, :value["depth"]]]
            columns = {name: float(file[name][row]) for name in COLUMNS if name in file}
            found.append((value, columns))
    return program, found


def test_every_column_is_there(points):
    assert all(columns.keys() == set(COLUMNS) for _, columns in points[1])


def test_as_the_command_says(points):
    """Null is NaN, and 0 for an order."""
    program, found = points
    kinds = set()
    for value, columns in found:
        answer = json.loads(program(
            "reference", "--classes", value["classes"], "--depth", value["depth"], "--samples",
            value["samples"], "--width", value["width"], "--activation",
            ("relu", "linear")[value["activation"]], "--loss", ("mse", "ce")[value["loss_function"]], "--lambda-h", repr(float(value["lambda_h"])),
            "--lambdas", ",".join(map(repr, value["lambdas"])), "--json").stdout)
        for name, got in columns.items():
            want = answer[name]
            if want is None:
                assert math.isnan(got) or (name == "clique_order" and got == 0), (name, value)
            else:
                assert got == want, (name, value)
            kinds.add((name, want is None))
    assert {(name, True) for name in COLUMNS} - kinds == {("loss_trivial", True), ("kappa_ratio", True)}


def test_as_the_oracle_says(points):
    searched = {}  # the relaxed and the clique solution take the oracle seconds
    for value, columns in points[1]:
        if value["loss_function"] == 1:
            continue  # test_reference.py computes those
        K, L, d, n = (int(value[name]) for name in ("classes", "depth", "width", "samples"))
        arguments = (K, L, tuple(value["lambdas"]), float(value["lambda_h"]), n)
        has_dnc, has_graph = d >= K, d >= K and value["activation"] == 0
        nothing = (math.nan, math.nan)
        want = {"loss_trivial": 0.5, "loss_dnc": (oracle.dnc_loss(*arguments) if has_dnc else nothing)[0],
                "loss_srg": oracle.srg_loss(*arguments) if has_graph else math.nan,
                "kappa_ratio": K * oracle.scale(L, *arguments[2:]) / oracle.nonzero_threshold(L)}
        for name, expected in want.items():
            assert columns[name] == pytest.approx(expected, rel=1e-9, nan_ok=True), (name, value)
        if not has_graph or oracle.srg_order(K) is None:
            assert np.isnan([columns["rho"], columns["loss_srg_relaxed"], columns["loss_srg_clique"],
                             columns["loss_mixture"]]).all()
            assert columns["clique_order"] == 0
            continue
        assert columns["rho"] == pytest.approx(oracle.srg_ratio(K, L), rel=1e-12)
        if max(value["lambdas"]) > 0.1:
            continue  # the oracle's search has no minimum to find there
        key = (*arguments, d)
        if key not in searched:
            searched[key] = (oracle.srg_relaxed_loss(*arguments),
                             *oracle.srg_clique_loss(*arguments, width=d))
        relaxed, clique, order = searched[key]
        assert columns["loss_srg_relaxed"] == pytest.approx(relaxed, rel=1e-7), value
        assert columns["loss_srg_clique"] == pytest.approx(clique, rel=1e-7), value
        assert columns["clique_order"] == order, value
    assert len(searched) >= 5
