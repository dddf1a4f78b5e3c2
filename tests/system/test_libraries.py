"""What the program asks of the libraries below it: one BLAS thread, no memory during a descent."""
import json
import os
import pathlib
import subprocess

import pytest
from conftest import DUFM

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture
def preloaded(dufm, tmp_path):
    """Run with a library of this folder before the others: preloaded(name, arguments, SETTING=x)."""
    def run(name, *arguments, **settings):
        library = tmp_path / f"{name}.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / f"{name}.c"],
                       check=True)
        environment = dict(dufm.environment, LD_PRELOAD=str(library), **settings)
        return subprocess.run(dufm.command(*arguments), cwd=dufm.folder, text=True,
                              capture_output=True, timeout=120, env=environment)
    return run


@pytest.mark.parametrize("build", ["openmp", "own"])
def test_one_blas_thread(preloaded, build):
    """Set by the switch that works for the build."""
    done = preloaded("threads", "version", "--json", THREADS_BUILD=build)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["blas_threads"] == 1


@pytest.mark.parametrize("build", ["openmp", "own"])
def test_more_blas_threads_are_refused(preloaded, sweep, build):
    path = sweep("point: {depth: 2, width: 4, classes: 3, lambda: 0.01, max_steps: 10}\n")
    for arguments in (["version"], ["run", path, "-o", "out.h5"]):
        done = preloaded("threads", *arguments, THREADS_BUILD=build, THREADS_STUCK="yes")
        assert done.returncode == 1
        assert "BLAS would run 4 threads" in done.stderr
        assert "set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1" in done.stderr
    assert not (path.parent / "out.h5").exists()


SWEEP = """
grid: {depth: [1, 4], optimizer: [gd, momentum], width: [9, 70], loss: [mse, ce]}
point: {classes: 5, samples: 2, lambda: 0.004, max_steps: %d, decay_steps: 100,
        stop_loss_change: 0, stop_gradient: 0}
output: {history: %d, weights: true}
"""


@pytest.mark.skipif("san" in DUFM.parent.name, reason="a sanitizer has its own malloc")
@pytest.mark.parametrize("records", [0, 8])
def test_descent_allocates_nothing(preloaded, sweep, tmp_path, records):
    """Ten times the steps, as many allocations."""
    counts = []
    for steps in (400, 4000):
        path = sweep(SWEEP % (steps, records), f"{steps}.yaml")
        done = preloaded("allocations", "run", path, "-o", f"{steps}.h5", "--quiet",
                         ALLOCATIONS=str(tmp_path / "count"), OMPI_MCA_btl="self")
        assert done.returncode == 0, done.stderr
        counts.append(int((tmp_path / "count").read_text()))
    assert counts[0] > 1000 and abs(counts[0] - counts[1]) <= 10, counts
