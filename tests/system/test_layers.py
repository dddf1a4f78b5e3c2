"""The layer check passes on the tree and finds exactly the faults planted in a copy."""
import re
import runpy
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

CHECK = ROOT / "tests" / "check" / "layers"

# (file, line appended to it, what must be said of that line; None: the line is allowed)
PLANTS = [
    ("src/model/planted.c", "#include <mpi.h>", "model may not include mpi.h"),
    ("src/model/planted.c", '#include "dufm/point.h"', None),
    ("src/model/planted.c", '#include "dufm/sweep.h"', "model may not include dufm/sweep.h"),
    ("src/sched/planted.c", "#include <mpi.h>", "sched may not include mpi.h: only comm, store"),
    ("src/sched/planted.c", '#include "dufm/store.h"', None),
    ("src/sched/policy.c", '#include "dufm/memory.h"', None),
    ("src/sched/policy.c", '#include "dufm/store.h"', "sched/policy may not include dufm/store.h"),
    ("src/sched/order.c", '#include "dufm/point.h"', "sched/order may not include dufm/point.h"),
    ("include/dufm/policy.h", '#include "dufm/message.h"', "sched/policy may not include"),
    ("include/dufm/order.h", '#include "dufm/sweep.h"', "sched/order may not include"),
    ("src/sched/planted.c", "#include <hdf5.h>", "sched may not include hdf5.h"),
    ("src/comm/planted.c", "#  include <cblas.h>", "comm may not include cblas.h"),
    ("src/base/planted.c", '#include "dufm/log.h"', None),
    ("src/base/planted.c", '#include "dufm/comm.h"', "base may not include dufm/comm.h of comm"),
    ("src/sweep/planted.c", '#include "dufm/store.h"', "sweep may not include dufm/store.h"),
    ("src/sweep/planted.c", '#include "../base/text.h"', "private to another folder"),
    ("src/extra/planted.c", "int planted;", "not in the table of layers"),
    ("include/dufm/clock.h", "double clock_twice(double seconds); /* 2 s */", None),
    ("include/dufm/clock.h", "double clock_thrice(double seconds);", "without a comment"),
    ("include/dufm/log.h", "void log_it(size_t_ count); /* unknown type */", "not self-contained"),
    ("include/dufm/orphan.h", "struct orphan;", "no src/*/ has a .c file of this name that"),
    ("src/base/long.c", "\n" * 449, None),
    ("src/base/longer.c", "\n" * 450, "451 lines, at most 450"),
    ("notes.txt", "notes", "not one of the agreed names"),
]
# Faults of a file as a whole are told at this line.
WHOLE_FILE = {"src/extra/planted.c": 1, "include/dufm/orphan.h": 1, "include/dufm/log.h": 1,
              "src/base/longer.c": 451, "notes.txt": 1}


def run(root):
    return subprocess.run([sys.executable, CHECK, root], text=True, capture_output=True,
                          timeout=180)


def faults(done):
    """(file, line, message) of each line printed."""
    return [(file, int(line), message) for file, line, message in
            re.findall(r"^(.+?):(\d+): (.*)$", done.stdout, re.M)]


@pytest.fixture
def copy(tmp_path):
    """A copy of the parts of the tree that the check reads."""
    root = tmp_path / "tree"
    for part in ("src", "include"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "Makefile", root)
    return root


def track(root):
    """As if someone had added all files that are there now."""
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *arguments], cwd=root, check=True)


def plant(path, text):
    """Append a line to a file; the number of that line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text() if path.exists() else ""
    path.write_text(f"{before}{text}\n")
    return before.count("\n") + 1


def test_tree_is_clean():
    done = run(ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_planted_faults(copy):
    expected = {}
    for file, line, message in PLANTS:
        number = plant(copy / file, line)
        if message:
            expected[file, WHOLE_FILE.get(file, number)] = message
    track(copy)
    (copy / "own.txt").write_text("a file that nobody added")
    done = run(copy)
    found = {(file, line): message for file, line, message in faults(done)}
    assert done.returncode == 1
    assert found.keys() == expected.keys(), done.stdout
    for place, message in expected.items():
        assert message in found[place], place


def test_first_page_says_the_same():
    """The graph in README.md is the table of the check, base left out."""
    table = runpy.run_path(str(CHECK))["MAY_USE"]
    block = re.search(r"All use base, and\n\n```text\n(.*?)```", (ROOT / "README.md").read_text(),
                      re.S)[1]
    said = dict(re.findall(r"(\w+): ([\w, ]+?)(?=   |$)", block, re.M))
    assert said.pop("sched") == said.pop("command") == "all above"
    below = table.keys() - {"sched", "command"}
    assert set(table["sched"]) == below and set(table["command"]) == below | {"sched"}
    used = {name: {entry.split("/")[0] for entry in table[name]} - {"base"} for name in below}
    assert {name: set(names.split(", ")) for name, names in said.items()} == \
        {name: names for name, names in used.items() if names}


def test_wrong_root(tmp_path):
    done = run(tmp_path)
    assert done.returncode != 0 and "no include/dufm here" in done.stderr
