"""How firm an ending is: curvatures against whole Hessians from stored weights, the return after a
kick, and that neither changes anything else of a point."""
import json

import h5py
import numpy as np
import pytest
from sweeps import assert_same_results, column
from test_checkpoint import checkpoints, interrupt

NEW = ("curvature", "kick", "sharpness")
OF_THE_POINT = ("point_id", "result_hash", "grid_index")
VARYING = ("wall_time", "checksum", "launch", "layout")
TRIVIAL, DNC, NONE = 1, 2, 0
STOP_MAX_STEPS = 3


def run(dufm, sweep, text, name="out.h5"):
    dufm("run", sweep(text), "-o", name, "--quiet")
    with h5py.File(dufm.folder / name) as file:
        return {key: data[()] for key, data in file.items() if data.shape}


class Objective:
    """The objective of a row and its gradient in numpy, of one vector of all parameters."""

    def __init__(self, values, row):
        self.L, self.d, self.K, n = (int(values[name][row]) for name in ("depth", "width", "classes", "samples"))
        self.N, self.ce = self.K * n, values["loss_function"][row] == 1
        self.linear = values["activation"][row] == 1
        self.Y = np.kron(np.eye(self.K), np.ones(n))
        self.lambdas = [values["lambda_h"][row], *values["lambdas"][row, :self.L]]
        rows = [self.d] * (self.L - 1) + [self.K]
        self.at = [values["feature"][row, :self.d, :self.N],
                   *(values["weight"][row, l, :r, :self.d] for l, r in enumerate(rows))]

    def vector(self, blocks):
        return np.concatenate([block.ravel() for block in blocks])

    def blocks(self, x):
        ends = np.cumsum([block.size for block in self.at])[:-1]
        return [part.reshape(block.shape) for part, block in zip(np.split(x, ends), self.at)]

    def gradient(self, x):
        H, *W = self.blocks(x)
        post, gates = [H], [1.0]
        for weight in W[:-1]:
            pre = weight @ post[-1]
            gates.append(1.0 if self.linear else (pre > 0) * 1.0)
            post.append(pre * gates[-1])
        Z = W[-1] @ post[-1]
        P = np.exp(Z - Z.max(axis=0)) if self.ce else Z
        D = ((P / P.sum(axis=0) if self.ce else P) - self.Y) / self.N
        parts = []
        for weight, below, gate in zip(W[::-1], post[::-1], gates[::-1]):
            parts.append(D @ below.T)
            D = gate * (weight.T @ D)
        return self.vector([part + lam * block for part, lam, block in
                            zip([D, *parts[::-1]], self.lambdas, self.blocks(x))])

    def hessian(self):
        x, step = self.vector(self.at), 1e-6
        columns = [(self.gradient(x + step * unit) - self.gradient(x - step * unit)) / (2 * step)
                   for unit in np.eye(x.size)]
        return np.array(columns)


# Few steps from a start: no unit lies at a kink.
CURVED = """
grid:
  depth: [1, 2, 3]
  loss: [mse, ce]
  activation: [relu, linear]
point: {width: 5, classes: 3, samples: 2, lambda: 0.004, lambda_h: 0.02, learning_rate: 0.1, max_steps: 20,
        curvature: 500}
output: {weights: true}
"""


def test_curvatures_are_the_ends_of_the_whole_spectrum(dufm, sweep):
    values = run(dufm, sweep, CURVED)
    assert len(values["config"]) == 12
    for row in range(12):
        ends = np.linalg.eigvalsh(Objective(values, row).hessian())[[0, -1]]
        found = [values[name][row] for name in ("curvature_min", "curvature_max")]
        bounds = [values[name][row] for name in ("curvature_residual_min", "curvature_residual_max")]
        assert found == pytest.approx(ends, abs=1e-7) and ends[0] < ends[1] - 0.05
        assert all(0 < bound <= 1e-6 * max(np.abs(found)) for bound in bounds)
        assert values["sharpness"][row] == values["curvature_max"][row] * 0.1 / 2
        assert 1 < values["curvature_steps"][row] <= 500


def test_few_steps_say_how_far_they_came(dufm, sweep):
    values = run(dufm, sweep, CURVED.replace("curvature: 500", "curvature: 4"))
    for row in range(12):
        eigenvalues = np.linalg.eigvalsh(Objective(values, row).hessian())
        for end in ("max", "min"):
            off = np.abs(eigenvalues - values[f"curvature_{end}"][row]).min()
            assert off <= values[f"curvature_residual_{end}"][row] + 1e-7
        assert values["curvature_residual_max"][row] > 1e-6 and values["curvature_steps"][row] == 4


BOTH = """
name: both
grid: {optimizer: [gd, momentum, adam, lbfgs], seed: [0, 1]%s}
point: {depth: 3, width: 12, classes: 6, samples: 2, lambda: 0.004, learning_rate: 0.1, max_steps: 400%s}
override: {where: optimizer != lbfgs, set: {decay_steps: 50}}
output: {history: 8, weights: true}
"""


def test_nothing_else_changes(dufm, sweep):
    """Bits of all other results, and the identity of points that ask for nothing."""
    plain = run(dufm, sweep, BOTH % ("", ""), "plain.h5")
    asked = run(dufm, sweep, BOTH % ("", ", curvature: 0, kick: 0"), "asked.h5")
    both = run(dufm, sweep, BOTH % ("", ", curvature: 40, kick: 0.1"), "both.h5")
    assert np.array_equal(plain["point_id"], asked["point_id"])
    assert np.array_equal(plain["result_hash"], asked["result_hash"])
    assert not (plain["point_id"] == both["point_id"]).all(axis=1).any()
    names = [name for name in plain if not name.startswith(NEW + OF_THE_POINT + VARYING)]
    assert len(names) > 80
    for name in names:
        assert plain[name].tobytes() == both[name].tobytes(), name
    for name in ("curvature_max", "sharpness", "kick_loss", "kick_distance"):
        assert np.isnan(plain[name]).all()
    assert (plain["curvature_steps"] == -1).all() and (plain["kick_steps"] == -1).all()
    assert (plain["kick_outcome"] == 0).all() and (plain["kick_stop_reason"] == 0).all()
    assert np.isfinite(both["curvature_max"]).all() and (both["kick_steps"] > 0).all()


def test_only_optimizers_of_a_fixed_rate_have_a_sharpness(dufm, sweep):
    values = run(dufm, sweep, BOTH % ("", ", curvature: 60"))
    bound = {0: 2 / 0.1, 1: 2 * 1.9 / 0.1}
    for optimizer, largest, sharpness in zip(values["optimizer"], values["curvature_max"], values["sharpness"]):
        assert (sharpness == pytest.approx(largest / bound[optimizer], rel=1e-14) if optimizer in bound
                else np.isnan(sharpness))


def test_collapse_comes_back(dufm, sweep):
    """From a planted solution: to the same Grams after a small kick; after one that is far larger than
    the parameters, to another place."""
    values = run(dufm, sweep, """
grid: {kick: [0.001, 0.03, 100]}
point: {init: dnc, depth: 3, width: 12, classes: 6, lambda: 0.001, learning_rate: 0.1, max_steps: 20000,
        stop_loss_change: 0, curvature: 200}
""")
    assert (values["outcome"] == DNC).all()
    assert list(values["kick_outcome"][:2]) == [DNC, DNC] and values["kick_outcome"][2] != DNC
    assert np.all(values["kick_distance"][:2] < 0.01) and not values["kick_distance"][2] < 0.1
    assert np.all(np.abs(values["kick_loss_change"][:2]) < 1e-6)
    assert np.all(values["kick_loss_change"] == values["kick_loss"] - values["loss"]) or np.isnan(values["kick_loss"][2])
    assert np.all(values["curvature_min"] > -1e-9) and np.all(values["sharpness"] < 1)
    assert len(set(values["curvature_max"])) == 1


def test_nothing_stays_nothing(dufm, sweep):
    """At a trivial ending the parameters, and so the kick, are next to nothing; there is no Gram."""
    values = run(dufm, sweep, """
grid: {kick: [0.5], seed: [0, 1]}
point: {depth: 3, width: 8, classes: 4, lambda: 0.1, init_scale: 0.1, curvature: 100, max_steps: 20000}
""")
    assert (values["outcome"] == TRIVIAL).all() and (values["kick_outcome"] == TRIVIAL).all()
    assert np.isnan(values["kick_distance"]).all()
    assert values["curvature_min"] == pytest.approx(0.1, abs=1e-6)
    assert values["curvature_max"] == pytest.approx(0.1, abs=1e-6)


def test_what_diverged_has_neither(dufm, sweep):
    values = run(dufm, sweep, """
point: {depth: 3, width: 8, classes: 4, lambda: 0.01, learning_rate: 500, curvature: 100, kick: 0.1}
""")
    assert values["outcome"][0] == NONE and values["kick_outcome"][0] == NONE
    assert np.isnan(values["curvature_max"][0]) and np.isnan(values["kick_loss"][0])


# Four descents and as long a way back; 3,000 steps of each take a tenth of a second.
LONG = """
name: long
grid: {optimizer: [gd, momentum], seed: [0, 1]}
point: {depth: 4, width: 40, classes: 10, samples: 5, lambda: 0.004, learning_rate: 0.3, momentum: 0.5,
        max_steps: %d, stop_loss_change: 0, decay_steps: %d, curvature: 80, kick: 0.05}
output: {history: 16, weights: true}
"""


def test_ranks_and_interruptions_do_not_matter(dufm, sweep):
    """Left on the way down, while it is measured, or on the way back."""
    path, out = sweep(LONG % (5000, 100)), dufm.folder / "out.h5"
    dufm("run", path, "-o", "whole.h5", "--quiet", ranks=3)
    code, tries, seen = 75, 0, 0
    while code == 75:
        tries += 1
        assert tries < 60
        # First as soon as there is something to go on with, however fast the machine; then longer
        # and longer, so that a slow one, too, gets to an end.
        seconds = None if seen < 2 else 0.1 * 1.6 ** tries
        code, said = interrupt(dufm, path, seconds, 1 + tries % 3, "--checkpoint", "0.02")
        assert code in (0, 75), said
        seen += len(checkpoints(dufm))
    assert seen >= 2
    assert_same_results(out, dufm.folder / "whole.h5")
    assert not (dufm.folder / "out.h5.checkpoints").exists()
    assert dufm("verify", out).stdout.endswith("whole\n")


def test_a_raised_limit_is_gone_on_with(dufm, sweep):
    """What is kept of a descent at its limit is its state there, whatever was saved on the way back."""
    early, late, out = sweep(LONG % (600, 0)), sweep(LONG % (1200, 0), "late.yaml"), dufm.folder / "out.h5"
    dufm("run", late, "-o", "whole.h5", "--quiet")
    kept = []
    for seconds in ("0", "0.001"):
        out.unlink(missing_ok=True)
        dufm("run", early, "-o", out, "--keep-unfinished", "--checkpoint", seconds, "--quiet")
        kept.append([np.frombuffer(path.read_bytes(), np.uint8) for path in checkpoints(dufm)])
    assert len(kept[0]) == len(kept[1]) == 4  # the same but for the seconds so far and the hash
    assert all(np.sum(one != other) <= 16 for one, other in zip(*kept))
    dufm("run", late, "-o", out, "--keep-unfinished", "--checkpoint", "0.02", "--quiet")
    rows = [sorted(tuple(row) for row in column(path, "result_hash").tolist())
            for path in (out, dufm.folder / "whole.h5")]
    assert set(rows[1]) <= set(rows[0]) and len(rows[0]) == 8
    assert (column(dufm.folder / "whole.h5", "stop_reason") == STOP_MAX_STEPS).all()


def test_plan_foresees_both(dufm, sweep):
    """Parameters: 10 (30 + 30) + 3 * 900; a product with the Hessian is one basis vector."""
    text = "point: {depth: 4, width: 30, classes: 10, lambda: 0.004%s}\n"
    plain, curved, kicked = (json.loads(dufm("plan", sweep(text % more), "--json").stdout)
                             for more in ("", ", curvature: 1000", ", kick: 0.1"))
    basis = curved["worker_bytes"] - plain["worker_bytes"]
    assert 1000 * 3300 * 8 < basis < 1000 * 3300 * 8 + 500_000
    assert kicked["worker_bytes"] - plain["worker_bytes"] > 3300 * 8
    assert kicked["core_hours"] == pytest.approx(2 * plain["core_hours"], rel=0.01)
    assert curved["core_hours"] > plain["core_hours"]
