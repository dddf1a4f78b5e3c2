"""Points of every kind with what the program stores of them: from sweeps, and made by hand.

load(name) gives the variables by name, rows first, and under "points" the rows recomputed from
their weights (stored_point.py).
"""
import functools
import os
import pathlib
import subprocess
import tempfile

import h5py
import numpy as np

from conftest import DUFM, ROOT, Program
from stored_point import Point

RANDOM = """
name: random
grid:
  depth: [1, 2, 4]
  classes: [2, 5]
  samples: [1, 3]
  width: [3, 9]
  activation: [relu, linear]
point: {lambda: 0.004, learning_rate: 0.05, max_steps: 200, init_scale: 0.9}
output: {weights: true, history: 6}
"""

# Collapsed, orthogonal means (centred: a simplex ETF) in every layer, exactly and nearly.
COLLAPSED = """
name: collapsed
grid: {depth: [1, 4], samples: [1, 4], init_noise: [0, 1e-8, 1e-3]}
point: {init: dnc, classes: 6, width: 8, lambda: 0.002, learning_rate: 1e-12, max_steps: 1}
output: {weights: true, history: 2}
"""

# Hidden layers of rank 5 for ten classes, exactly and nearly.
GRAPH = """
name: graph
grid: {init: [srg, clique], samples: [1, 3], width: [10, 14], init_noise: [0, 1e-3]}
point: {depth: 4, classes: 10, lambda: 0.004, learning_rate: 1e-12, max_steps: 1}
output: {weights: true, history: 2}
"""

# Descent into rank deficiency, its trailing singular values anywhere.
DEFICIENT = """
name: deficient
grid: {seed: [0, 1], samples: [1, 2]}
point: {depth: 5, classes: 6, width: 10, lambda: 0.01, learning_rate: 0.5, max_steps: 6000,
        init_scale: 0.7}
output: {weights: true, history: 9}
"""

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

# Almost nothing is left.
TRIVIAL = """
name: trivial
grid: {samples: [1, 2], depth: [2, 3]}
point: {width: 5, classes: 3, lambda: 0.05, max_steps: 300, init: constant, init_scale: 0.02,
        init_scale_h: 0.02, learning_rate: 0.5, stop_loss_change: 0, stop_gradient: 0}
output: {weights: true, history: 0}
"""

SWEEPS = {"random": RANDOM, "collapsed": COLLAPSED, "graph": GRAPH, "deficient": DEFICIENT,
          "trivial": TRIVIAL, "shapes": SHAPES, "unequal": UNEQUAL}
EVERY = (*SWEEPS, "etf")


def from_sweep(text):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "sweep.yaml").write_text(text)
        Program(pathlib.Path(folder))("run", "sweep.yaml", "-o", "out.h5", "--quiet")
        with h5py.File(pathlib.Path(folder) / "out.h5") as file:
            values = {name: data[:] for name, data in file.items() if data.shape}
    values["points"] = [Point(values, row) for row in range(len(values["config"]))]
    return values


def orthogonal(generator, size):
    return np.linalg.qr(generator.normal(size=(size, size)))[0]


def simplex(generator, d, K, n, noise):
    """H_1 whose class means are a simplex ETF, turned; its rank is K - 1."""
    M = 2 * orthogonal(generator, d)[:, :K] @ (np.eye(K) - np.ones((K, K)) / K)
    return np.repeat(M, n, axis=1) + noise * generator.normal(size=(d, K * n))


@functools.lru_cache(maxsize=None)
def measure_program():
    """tests/system/measure.c, built as the other tests in C are."""
    program = DUFM.parent / "tests" / "system" / "measure"
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    build = f"BUILD={DUFM.parent.relative_to(ROOT)}" if DUFM.is_relative_to(ROOT) else "BUILD=build"
    subprocess.run(["make", "-s", "-C", ROOT, build, "PYTHON=python3",
                    *(["SAN=1"] if "san" in DUFM.parent.name else []), program.relative_to(ROOT)],
                   env=clean, check=True, capture_output=True)
    return program


def measure(L, K, n, activation, H1, W):
    """Every stored array of one point, padded to nothing, with a first axis of length 1."""
    d = H1.shape[0]
    data = np.array([L, d, K, n, activation], dtype=np.int32).tobytes()
    data += b"".join(matrix.T.astype(float).tobytes() for matrix in (H1, *W))
    done = subprocess.run([measure_program()], input=data, capture_output=True, check=True)
    values = {}
    for line in done.stdout.decode().splitlines():
        name, *numbers = line.split()
        array = np.array(numbers, dtype=float)
        values[name] = (array.reshape(1) if name == "nc3_duality" else array.reshape(1, -1)
                        if name.endswith("_output") else array.reshape(1, L, K, K)
                        if name.startswith("gram") else array.reshape(1, L, -1)
                        if name.startswith(("sv_", "rank_")) else array.reshape(1, L))
    weight = np.full((1, L, d, d), np.nan)
    for layer, matrix in enumerate(W):
        weight[0, layer, :matrix.shape[0]] = matrix
    values.update(config=np.zeros(1), depth=np.array([L]), width=np.array([d]), classes=np.array([K]),
                  samples=np.array([n]), activation=np.array([activation]), lambdas=np.zeros((1, L)),
                  feature=H1[None], weight=weight)
    values["points"] = [Point(values, 0)]
    return values


def made_simplices():
    """Simplex ETFs: in every layer where the activation is linear, before it otherwise."""
    generator = np.random.default_rng(5)
    found = []
    for K, d, n, activation, noise in ((4, 4, 1, 1, 0), (4, 7, 3, 1, 0), (6, 9, 2, 0, 0),
                                       (6, 6, 2, 1, 1e-8), (5, 8, 4, 1, 1e-3), (10, 12, 1, 0, 0)):
        H1 = simplex(generator, d, K, n, noise)
        W = [1.5 * orthogonal(generator, d), 0.7 * orthogonal(generator, d)[:K]]
        found.append(measure(2, K, n, activation, H1, W))
    return found


@functools.lru_cache(maxsize=None)
def load(name):
    """[variables by name] of that kind of points: one file, or one entry a point made by hand."""
    return made_simplices() if name == "etf" else [from_sweep(SWEEPS[name])]
