"""Ways down compared: the table of solution.py and the picture optimizers."""
import pathlib

import h5py
import numpy as np
import pytest

from conftest import Program
from scripts import script

SWEEP = """
name: ways
grid:
  zip:
    - {classes: [6, 4], depth: [3, 2]}
    - {optimizer: [gd, gd, lbfgs], schedule: [constant, cosine, constant], decay_steps: [40, 0, 0]}
  seed: {range: [0, 2]}
point: {width: 8, lambda: 0.004, learning_rate: 0.3, max_steps: 400}
output: {history: HISTORY}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Path of a finished file of SWEEP; not to be changed."""
    folder = tmp_path_factory.mktemp("ways")
    (folder / "ways.yaml").write_text(SWEEP.replace("HISTORY", "200"))
    Program(folder)("run", "ways.yaml", "-o", "ways.h5")
    return folder / "ways.h5"


def cells(line):
    return [cell.strip() for cell in line.strip("|\n").split("|")]


def test_table(finished, tmp_path):
    done = script("solution.py", finished, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "ways.h5: 18 of 18 points done; dufm " in lines[0]
    first = lines.index("classes 4, depth 2, width 8, lambda 0.004") + 2
    rows = [dict(zip(cells(lines[first]), cells(line))) for line in lines[first + 2:first + 5]]
    assert [row["way"] for row in rows] == ["gd, cosine", "gd, then decay", "lbfgs, 10 pairs"]
    with h5py.File(finished) as file:
        value = {name: data[:] for name, data in file.items() if data.shape}
    for row, (optimizer, decay) in zip(rows, [(0, 0), (0, 40), (3, 0)]):
        chosen = ((value["classes"] == 4) & (value["optimizer"] == optimizer)
                  & (value["decay_steps"] == decay))
        arrived = [value["history_step"][i][np.argmax(
            value["history_loss"][i] <= value["loss"][i] + 1e-6)] for i in np.flatnonzero(chosen)]
        assert row["points"] == "3"
        assert row["steps to its end"] == f"{np.median(arrived):,.0f}"
        goal = 1.001 * value["loss_dnc"][chosen]
        reached = (value["history_loss"][chosen].T <= goal).any(axis=0)
        assert int(row["reaches 1.001 DNC"].split(",")[0]) == reached.sum()
    assert rows[0]["evaluations a step"] == "1.00" and float(rows[2]["evaluations a step"]) > 1


def test_picture(finished, tmp_path):
    image = tmp_path / "ways.svg"
    done = script("plot.py", "optimizers", finished, "-o", image, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    words = image.read_text()
    for expected in ("Sweep “ways”", "classes 6, depth 3", "classes 4, depth 2", "lbfgs, 10 pairs",
                     "gd, then decay", "3 seeds", "seconds of descent", "DNC (deep neural collapse)"):
        assert expected in words, expected


def test_without_history(tmp_path):
    (tmp_path / "bare.yaml").write_text(SWEEP.replace("HISTORY", "0"))
    Program(tmp_path)("run", "bare.yaml", "-o", "bare.h5")
    for words in (["solution.py"], ["plot.py", "optimizers"]):
        done = script(*words, "bare.h5", folder=pathlib.Path(tmp_path))
        assert done.returncode == 2 and "without history_step" in done.stderr
        assert "Traceback" not in done.stderr


def test_too_many_settings(tmp_path):
    (tmp_path / "many.yaml").write_text(
        "grid: {classes: [3, 4, 5, 6, 7]}\npoint: {depth: 2, width: 8, lambda: 0.01, max_steps: 9}\n")
    Program(tmp_path)("run", "many.yaml", "-o", "many.h5")
    done = script("plot.py", "optimizers", "many.h5", folder=tmp_path)
    assert done.returncode == 2 and "at most 4 settings" in done.stderr
