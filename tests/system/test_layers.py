"""The layer check passes on the tree and catches a planted fault of each kind."""
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

CHECK = ROOT / "tests" / "check" / "layers"
HEADER = "include/dufm/clock.h"


def run(root):
    return subprocess.run([sys.executable, CHECK, root], text=True, capture_output=True,
                          timeout=60)


@pytest.fixture
def copy(tmp_path):
    """A copy of the parts of the tree that the check reads."""
    root = tmp_path / "tree"
    for part in ("src", "include"):
        shutil.copytree(ROOT / part, root / part)
    for part in ("Makefile", ".gitignore"):
        shutil.copy(ROOT / part, root / part)
    return root


def plant(path, text):
    """Append a line to a file; the number of that line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(f"{before}{text}\n")
    return before.count("\n") + 1


def test_tree_is_clean():
    done = run(ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_copy_is_clean(copy):
    assert run(copy).returncode == 0


@pytest.mark.parametrize("file, line, message", [
    ("src/model/model.c", "#include <mpi.h>", "model may not include mpi.h"),
    ("src/sched/policy.c", "#include <hdf5.h>", "sched may not include hdf5.h"),
    ("src/comm/comm.c", "#  include <cblas.h>", "comm may not include cblas.h"),
    ("src/base/error.c", '#include "dufm/log.h"', None),
    ("src/base/error.c", '#include "dufm/comm.h"', "base may not include dufm/comm.h of comm"),
    ("src/model/model.c", '#include "dufm/point.h"', None),
    ("src/model/model.c", '#include "dufm/sweep.h"', "model may not include dufm/sweep.h"),
    ("src/sweep/grid.c", '#include "dufm/store.h"', "sweep may not include dufm/store.h"),
    ("src/sweep/grid.c", '#include "../base/log.h"', "private to another folder"),
    ("src/extra/extra.c", "", "not in the table of layers"),
    (HEADER, "double clock_twice(double seconds);", "a prototype without a comment"),
    (HEADER, "double clock_twice(double seconds); /* 2 s */", None),
    (HEADER, "/* Not known here. */\nint clock_of(const struct x *x, uint64_t y);",
     "not self-contained"),
    ("include/dufm/orphan.h", "", "no src/*/ has a .c file of this name"),
    ("src/base/long.c", "\n" * 450, "451 lines, at most 450"),
    ("notes.txt", "", "not one of the agreed names"),
])
def test_planted_line(copy, file, line, message):
    number = plant(copy / file, line)
    done = run(copy)
    if message is None:
        assert (done.returncode, done.stdout) == (0, "")
        return
    assert done.returncode == 1
    hits = [fault for fault in done.stdout.splitlines() if message in fault]
    assert hits and hits[0].startswith(f"{file}:"), done.stdout
    if message.endswith(("a comment", ".h")):
        assert hits[0].startswith(f"{file}:{number}:"), (number, hits)


def test_wrong_root(tmp_path):
    done = run(tmp_path)
    assert done.returncode != 0 and "no include/dufm here" in done.stderr
