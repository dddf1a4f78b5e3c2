"""dufm measure on files that another program replaces or writes meanwhile."""
import os
import pathlib
import subprocess

import h5py
import numpy as np
import pytest
from features import write

SOURCE = pathlib.Path(__file__).with_name("swap_file.c")
LABELS = np.arange(12) % 3
VALUES = np.random.default_rng(1).normal(size=(12, 5))
LAYERS = {"fc1": {"post": VALUES}, "fc2": {"post": VALUES}}
WIDE = np.random.default_rng(2).normal(size=(12, 400))
OTHERS = {
    "wider": (LABELS, {"fc1": {"post": WIDE}, "fc2": {"post": WIDE}}, {"epoch": 2}),
    "another attribute": (LABELS, LAYERS, {"width": 2}),
    "more layers": (LABELS, {**LAYERS, "fc3": {"post": VALUES}}, {"epoch": 2}),
    "fewer layers": (LABELS, {"fc1": {"post": VALUES}}, {"epoch": 2}),
    "more classes": (np.arange(12) % 4, LAYERS, {"epoch": 2}),
    "another value": (LABELS, LAYERS, {"epoch": 3}),
}


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "swap_file.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True)
    return path


@pytest.fixture
def measure(dufm, shim, tmp_path):
    """Measure a.h5 and b.h5, which next.h5 replaces before it is opened for the `number`-th time."""
    def run(number):
        write(tmp_path / "a.h5", LABELS, LAYERS, {"epoch": 1})
        write(tmp_path / "b.h5", LABELS, LAYERS, {"epoch": 2})
        environment = dict(dufm.environment, LD_PRELOAD=str(shim), SWAP_FILE="b.h5", SWAP_WITH="next.h5",
                           SWAP_AT=str(number))
        return subprocess.run(dufm.command("measure", "a.h5", "b.h5", "-o", "out.h5"), cwd=tmp_path,
                              env=environment, text=True, capture_output=True, timeout=60)
    return run


@pytest.mark.parametrize("case", OTHERS)
def test_another_file_of_that_name(tmp_path, measure, case):
    """Each opening is two: of the first bytes, and by HDF5. The third one is the first of the measuring."""
    write(tmp_path / "next.h5", *OTHERS[case])
    done = measure(3)
    assert not (tmp_path / "next.h5").exists()
    assert done.returncode == 2, done.stderr
    assert "b.h5 has changed while it was measured" in done.stderr, done.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("out")]


def test_a_file_that_stays(tmp_path, measure):
    """The number of openings that the test above rests on."""
    write(tmp_path / "next.h5", LABELS, LAYERS, {"epoch": 2})
    done = measure(5)
    assert done.returncode == 0 and (tmp_path / "next.h5").exists(), done.stderr
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["epoch"][:].tolist() == [1, 2]
