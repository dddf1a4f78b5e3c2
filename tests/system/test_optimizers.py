"""Optimizers and schedules beside independent ones: recurrences in numpy, scipy's L-BFGS."""
import json
import math

import h5py
import numpy as np
import pytest
from scipy.optimize import minimize

import dufm_oracle as oracle
from stored_point import Point

STEPS, DECAY = 50, 10
POINT = f"""point: {{depth: 3, width: 9, classes: 5, samples: 2, lambda: 0.02, lambda_h: 0.03, seed: 4,
        max_steps: MAX, stop_loss_change: 0, stop_gradient: 0}}
output: {{weights: true, history: 0}}
"""
PLATEAU, MAX_STEPS = 1, 3
OPTIMIZERS = ["gd", "momentum", "adam", "lbfgs"]


def rows(path):
    """The rows of a file whose weights are stored."""
    with h5py.File(path) as file:
        values = {name: data[:] for name, data in file.items() if data.shape}
    return [Point(values, row) for row in range(len(values["config"]))]


def solve(dufm, sweep, text, name="sweep"):
    sweep(text, f"{name}.yaml")
    dufm("run", f"{name}.yaml", "-o", f"{name}.h5", "--quiet")
    return rows(dufm.folder / f"{name}.h5")


def loss_and_gradient(point, x):
    """At the parameters x = (H_1, W_1, ..), flat; by the oracle, or for linear activation here."""
    W, H1 = unpack(point, x)
    arguments = (H1, W, oracle.labels(point.K, point.n), point.lambdas, point.value["lambda_h"])
    dH, dW = oracle.gradient(*arguments)
    return oracle.loss(*arguments), np.concatenate([dH.ravel(), *(w.ravel() for w in dW)])


def pack(point):
    return np.concatenate([point.H1.ravel(), *(W.ravel() for W in point.W)])


def unpack(point, x):
    H1, x = np.split(x, [point.H1.size])
    W = []
    for like in point.W:
        flat, x = np.split(x, [like.size])
        W.append(flat.reshape(like.shape))
    return W, H1.reshape(point.H1.shape)


# ---- recurrences ----

class Gd:
    def __init__(self, value):
        pass

    def step(self, x, g, rate):
        return x - rate * g


class Momentum:
    def __init__(self, value):
        self.momentum, self.velocity = value["momentum"], 0.0

    def step(self, x, g, rate):
        self.velocity = self.momentum * self.velocity + g
        return x - rate * self.velocity


class Adam:
    def __init__(self, value):
        self.betas, self.epsilon = (value["beta1"], value["beta2"]), value["epsilon"]
        self.moments, self.steps = [0.0, 0.0], 0

    def step(self, x, g, rate):
        self.steps += 1
        hats = []
        for i, power in enumerate((g, g**2)):
            self.moments[i] = self.betas[i] * self.moments[i] + (1 - self.betas[i]) * power
            hats.append(self.moments[i] / (1 - self.betas[i]**self.steps))
        return x - rate * hats[0] / (np.sqrt(hats[1]) + self.epsilon)


def rate_of(value, step):
    """Of the step after `step` ones, both phases."""
    if step >= STEPS:
        left = STEPS + DECAY - step
        return rate_of(value, STEPS - 1) * left / (DECAY + 1)
    period = value["schedule_steps"]
    return value["learning_rate"] * {0: lambda: 1.0,
                                     1: lambda: (1 + math.cos(math.pi * (step % period) / period)) / 2,
                                     2: lambda: 1 / (1 + step / period)}[value["schedule"]]()


@pytest.mark.parametrize("optimizer, kind, settings", [
    ("gd", Gd, "learning_rate: 0.2"),
    ("momentum", Momentum, "learning_rate: 0.05, momentum: 0.8"),
    ("adam", Adam, "learning_rate: 0.01"),
    ("adam", Adam, "learning_rate: 0.03, beta1: 0.5, beta2: 0.9, epsilon: 1e-3"),
], ids=["gd", "momentum", "adam", "other adam"])
def test_recurrences(dufm, sweep, optimizer, kind, settings):
    """Every first-order optimizer under every schedule, and into the final decay."""
    grid = f"zip: {{schedule: [constant, cosine, cosine, inverse], schedule_steps: [1, {STEPS}, 20, 7]}}\n"
    start = solve(dufm, sweep, POINT.replace("MAX", "0"), "start")[0]
    fixed = f"optimizer: {optimizer}, decay_steps: {DECAY}, {settings}, max_steps: {STEPS}"
    for point in solve(dufm, sweep, grid + POINT.replace("max_steps: MAX", fixed)):
        x, way = pack(start), kind(point.value)
        for step in range(STEPS + DECAY):
            x = way.step(x, loss_and_gradient(point, x)[1], rate_of(point.value, step))
        assert np.abs(x - pack(start)).max() > 0.01
        assert np.abs(pack(point) - x).max() < 1e-10
        assert point.value["steps"] == point.value["evaluations"] == STEPS + DECAY


def automatic(point, x, rate, steps):
    """Schedule auto: (parameters, times that an interval was taken back)."""
    kept, best, back = None, None, 0
    for step in range(steps + 1):
        loss, g = loss_and_gradient(point, x)
        fit = oracle.loss_terms(unpack(point, x)[1], unpack(point, x)[0], oracle.labels(point.K, point.n),
                                point.lambdas, point.value["lambda_h"])[0]
        if step % 200 == 0 or step == steps or not fit <= 2 * best:
            if kept is None or loss <= best:
                rate *= 1 if kept is None else 1.2
                kept, best = x, loss
            else:
                x, rate, back = kept, rate / 2, back + 1
                loss, g = loss_and_gradient(point, x)
        if step < steps:
            x = x - rate * g
    return x, back


@pytest.mark.parametrize("rate", [0.2, 20])
def test_automatic_rate(dufm, sweep, rate):
    """A rate that is too large at the start finds its way down, one that is small grows."""
    start = solve(dufm, sweep, POINT.replace("MAX", "0"), "start")[0]
    fixed = f"schedule: auto, learning_rate: {rate}, max_steps: 500"
    point = solve(dufm, sweep, POINT.replace("max_steps: MAX", fixed))[0]
    x, back = automatic(point, pack(start), rate, 500)
    assert (back > 0) == (rate > 1)
    assert np.abs(pack(point) - x).max() < 1e-9
    assert point.value["loss"] < start.value["loss"]


# ---- L-BFGS ----

def test_lbfgs_reaches_collapse(dufm, sweep):
    points = solve(dufm, sweep, """
grid: {depth: [2, 4], samples: [1, 3], init_noise: [1e-4, 1e-3]}
point: {classes: 10, width: 30, lambda: 0.004, init: dnc, optimizer: lbfgs, max_steps: 20000,
        stop_loss_change: 0}
output: {weights: true, history: 0}
""")
    for point in points:
        value = point.value
        assert value["loss"] == pytest.approx(value["loss_dnc"], abs=1e-9)
        assert value["outcome"] == 2
        assert value["steps"] < value["evaluations"] < 1.5 * value["steps"] + 20


def linear_loss_and_gradient(point, x):
    W, H1 = unpack(point, x)
    layers = [H1]
    for matrix in W:
        layers.append(matrix @ layers[-1])
    Y, lambda_h = oracle.labels(point.K, point.n), point.value["lambda_h"]
    D = (layers[-1] - Y) / Y.shape[1]
    loss = 0.5 * Y.shape[1] * (D**2).sum() + 0.5 * lambda_h * (H1**2).sum()
    gradients = []
    for weight, matrix, below in reversed(list(zip(point.lambdas, W, layers))):
        loss += 0.5 * weight * (matrix**2).sum()
        gradients.insert(0, D @ below.T + weight * matrix)
        D = matrix.T @ D
    return loss, np.concatenate([(D + lambda_h * H1).ravel(), *(g.ravel() for g in gradients)])


def test_lbfgs_beside_scipy(dufm, sweep):
    """Linear layers: smooth, and from these starts the same minimum for both."""
    text = """
grid: {depth: [1, 2, 3], lbfgs_memory: [3, 10]}
point: {classes: 4, width: 6, samples: 2, lambda: 0.01, activation: linear, optimizer: lbfgs,
        max_steps: MAX, stop_loss_change: 0}
output: {weights: true, history: 0}
"""
    starts = solve(dufm, sweep, text.replace("MAX", "0"), "start")
    for start, point in zip(starts, solve(dufm, sweep, text.replace("MAX", "3000"))):
        assert start.value["loss"] == pytest.approx(linear_loss_and_gradient(start, pack(start))[0])
        found = minimize(lambda x, start=start: linear_loss_and_gradient(start, x), pack(start), jac=True,
                         method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-9})
        assert point.value["loss"] == pytest.approx(found.fun, abs=1e-9)
        assert point.value["loss"] < 0.9 * start.value["loss"]


def test_steepest_descent_when_nothing_is_kept(dufm, sweep):
    points = solve(dufm, sweep, """
grid: {lbfgs_memory: [0, 1, 10]}
point: {depth: 2, classes: 4, width: 6, lambda: 0.01, optimizer: lbfgs, max_steps: 300, seed: 3}
output: {weights: true, history: 0}
""")
    losses = [point.value["loss"] for point in points]
    assert max(losses) < 0.5 and len(set(losses)) == 3


def test_lbfgs_ends_where_nothing_lowers_the_loss(dufm, sweep):
    """No rule is on: rounding, or a kink, is the end, with the reason of a plateau."""
    points = solve(dufm, sweep, """
grid: {activation: [relu, linear], seed: {range: [0, 3]}}
point: {depth: 2, classes: 4, width: 6, lambda: 0.01, optimizer: lbfgs, max_steps: 1000000,
        stop_loss_change: 0, stop_gradient: 0}
output: {weights: true, history: 16}
""")
    for point in points:
        assert point.value["stop_reason"] == PLATEAU
        assert 0 < point.value["steps"] < 1000000
        assert point.value["loss"] < 0.5


# ---- what a sweep sees ----

def test_unused_parameters_make_no_points(dufm, sweep):
    """A choice in a zip beside values that it does not look at: repeated points are one."""
    sweep("""
union:
  - zip: {optimizer: [gd, gd, lbfgs, lbfgs, adam], learning_rate: [0.5, 0.5, 0.5, 0.1, 0.5],
          beta1: [0.9, 0.5, 0.9, 0.5, 0.9], lbfgs_memory: [10, 20, 10, 10, 5]}
  - point: {optimizer: lbfgs, learning_rate: 0.3, schedule: cosine, decay_steps: 7, momentum: 0.1}
  - point: {schedule: inverse, schedule_steps: 200000, beta2: 0.5}
  - point: {schedule: inverse}
point: {depth: 3, width: 8, classes: 4, lambda: 0.01}
""")
    said = json.loads(dufm("plan", "sweep.yaml", "--json").stdout)
    assert said["points"] == 4  # gd, lbfgs, adam; gd with schedule inverse


def worker_bytes(dufm, sweep, grids):
    sweep(f"union: [{', '.join('{grid: {' + text + '}}' for text in grids)}]\n"
          "point: {depth: 3, classes: 4, lambda: 0.01}\n")
    return json.loads(dufm("plan", "sweep.yaml", "--json").stdout)["worker_bytes"]


def test_memory_is_that_of_the_most_demanding_point(dufm, sweep):
    count = 2 * 64 * 64 + 4 * 64 + 4 * 64  # W_1, W_2, W_3, H_1 at width 64
    plain = worker_bytes(dufm, sweep, ["width: 64"])
    extra = {"momentum": 1, "adam": 3, "lbfgs, lbfgs_memory: 7": 2 + 2 * 8}
    for optimizer, blocks in extra.items():
        assert worker_bytes(dufm, sweep, [f"width: 64, optimizer: {optimizer}"]) - plain == 8 * blocks * count
    assert worker_bytes(dufm, sweep, ["width: 64, schedule: auto"]) - plain in range(8 * count, 8 * count + 128)
    narrow = worker_bytes(dufm, sweep, ["width: 64", "width: 4, optimizer: lbfgs"])
    assert narrow - plain == 8 * 24 * (2 * 16 + 32)  # of the narrow points


def test_prediction_knows_the_optimizer(dufm, sweep):
    sweep("""
zip: {optimizer: [gd, momentum, adam, lbfgs, lbfgs], lbfgs_memory: [1, 1, 1, 5, 50]}
point: {depth: 4, width: 30, classes: 10, lambda: 0.01}
""")
    kinds = json.loads(dufm("plan", "sweep.yaml", "--json").stdout)["kinds"]
    assert [kind["optimizer"] for kind in kinds] == ["lbfgs", "lbfgs", "adam", "momentum", "gd"]
    seconds = [kind["seconds_per_point"] for kind in kinds]
    assert seconds == sorted(seconds, reverse=True) and len(set(seconds)) == 5
