"""What `make run` does after building, and what README.md and the gallery say came of it."""
import os
import re
import subprocess
import sys

import h5py
import pytest
from conftest import DUFM, ROOT, Program

POINTS = 120
# Descents of the same sweep that may end in another way on another kind of CPU.
ELSEWHERE = 2


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(folder for output, what was printed) of the script that `make run` calls."""
    folder = tmp_path_factory.mktemp("quickstart")
    (folder / "dufm").symlink_to(DUFM)
    done = subprocess.run(
        [ROOT / "tests" / "quickstart", folder], cwd=ROOT, text=True, capture_output=True, timeout=900,
        env=dict(Program(folder).bare_environment, RANKS="3", MPIRUN="mpirun", PYTHON=sys.executable,
                 PYTHONDONTWRITEBYTECODE="1"))
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def endings(made):
    """{(classes, depth, lambda): [(name of the ending, loss over the DNC loss)]}"""
    found = {}
    with h5py.File(made[0] / "quickstart.h5") as file:
        assert (file["status"][:] == 2).all()
        names = file["outcome"].attrs["flag_meanings"]
        names = (names.decode() if isinstance(names, bytes) else str(names)).split()
        for key, outcome, loss, dnc in zip(
                zip(*(file[name][:] for name in ("classes", "depth", "lambda"))),
                file["outcome"][:], file["loss"][:], file["loss_dnc"][:]):
            found.setdefault(key, []).append((names[outcome], loss / dnc))
    return found


def count(endings, wanted, **where):
    """(number of points that end so, number of all) where depth, lambda_ have these values."""
    chosen = [name for (_, depth, lambda_), points in endings.items() for name, _ in points
              if depth in where.get("depth", (depth,)) and lambda_ == where.get("lambda_", lambda_)]
    return chosen.count(wanted), len(chosen)


def test_leaves_a_sweep_a_table_and_a_picture(made, endings):
    folder, shown = made
    assert sum(map(len, endings.values())) == POINTS
    assert len({name for points in endings.values() for name, _ in points}) >= 3
    assert len(shown.splitlines()) > 20
    assert (folder / "quickstart.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in folder.iterdir()} == {"dufm", "quickstart.h5", "quickstart.png"}


def test_first_page(endings):
    said = " ".join((ROOT / "README.md").read_text().split())
    numbers = re.search(
        r"The quickstart sweep, (\d+) descents at width 30: of the (\d+) at depth 3, (\d+) end in neural "
        r"collapse; at depth 5, (\d+) do, and (\d+) end in a hidden layer of rank below K with a loss "
        r"below that of collapse, down to (0\.\d+) of it\. Under the strongest regularization \(2\^-4\) "
        r"all (\d+) descents at depth 4 and 5 end in nothing\.", said)
    points, shallow, shallow_dnc, deep_dnc, deep_low, least, nothing = map(float, numbers.groups())
    assert points == POINTS
    dnc, all_shallow = count(endings, "dnc", depth=(3,))
    assert shallow == all_shallow and abs(shallow_dnc - dnc) <= ELSEWHERE
    assert abs(deep_dnc - count(endings, "dnc", depth=(5,))[0]) <= ELSEWHERE
    assert abs(deep_low - count(endings, "low_rank", depth=(5,))[0]) <= ELSEWHERE
    ratios = [ratio for (_, depth, _), points in endings.items() for _, ratio in points if depth == 5]
    assert least == pytest.approx(min(ratio for ratio in ratios if ratio == ratio), abs=0.03)
    assert (nothing, nothing) == count(endings, "trivial", depth=(4, 5), lambda_=2**-4)


def rows(text):
    """Cells of the first Markdown table of a text."""
    lines = re.search(r"(?:^\|.*\|\n)+", text, re.M)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "---" not in line]


def test_gallery(made):
    done = subprocess.run([sys.executable, ROOT / "analysis" / "summary.py", made[0] / "quickstart.h5",
                           "--by", "classes", "depth"], text=True, capture_output=True, check=True,
                          env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
    section = (ROOT / "analysis" / "gallery" / "README.md").read_text().split("## quickstart")[1]
    shown, fresh = rows(section), rows(done.stdout)
    assert shown[0] == fresh[0] and len(shown) == len(fresh)
    for old, new in zip(shown[1:], fresh[1:]):
        for name, one, other in zip(shown[0], old, new):
            if re.match(r"\d+( of \d+)? \(", one):
                assert abs(int(one.split()[0]) - int(other.split()[0])) <= ELSEWHERE, (name, old, new)
        assert old[:3] == new[:3]
