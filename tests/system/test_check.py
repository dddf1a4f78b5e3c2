"""The checks of symbols and of leftovers find what is planted, and nothing else."""
import pathlib
import subprocess
import sys

import pytest
from conftest import DUFM, ROOT

SYMBOLS = ROOT / "tests" / "check" / "symbols"
LEFTOVERS = ROOT / "tests" / "check" / "leftovers"
HEADER = """\
struct box;
/* box_unheard(void) stands in a comment only. */
void shelf_add(struct box *box);
void box_open(struct box *box);
void corner_find(void);
extern const int lost;
"""
SOURCE = """\
#include "dufm/shelf.h"
void shelf_add(struct box *box) { (void)box; }
void box_open(struct box *box) { (void)box; }
void corner_find(void) {}
void box_unheard(void) {}
const int lost = 1;
static void hidden(void) {}
void (*shelf_hook)(void) = hidden;
"""


def symbols(library, root):
    done = subprocess.run([sys.executable, SYMBOLS, library, root], text=True,
                          capture_output=True)
    return done.returncode, done.stdout.splitlines()


def test_symbols_of_the_library():
    assert symbols(DUFM.parent / "libdufm.a", ROOT) == (0, [])


def test_planted_symbols(tmp_path):
    (tmp_path / "include" / "dufm").mkdir(parents=True)
    (tmp_path / "include" / "dufm" / "shelf.h").write_text(HEADER)
    (tmp_path / "corner.c").write_text(SOURCE)
    subprocess.run(["cc", "-c", "-Iinclude", "corner.c"], cwd=tmp_path, check=True)
    subprocess.run(["ar", "rcs", "planted.a", "corner.o"], cwd=tmp_path, check=True)
    code, lines = symbols(tmp_path / "planted.a", tmp_path)
    assert code == 1
    assert sorted(line.split()[1] for line in lines) == ["box_unheard", "lost", "shelf_hook"]
    assert "begins with none of box, corner, shelf" in "\n".join(lines)


def test_symbols_of_nothing(tmp_path):
    (tmp_path / "empty.a").write_bytes(b"!<arch>\n")
    done = subprocess.run([sys.executable, SYMBOLS, tmp_path / "empty.a"], capture_output=True,
                          text=True)
    assert done.returncode != 0 and "no symbols" in done.stderr


def leftovers(script):
    done = subprocess.run([sys.executable, LEFTOVERS, "sh", "-c", script], text=True,
                          capture_output=True)
    return done.returncode, [line for line in done.stderr.splitlines()
                             if line.startswith("left behind")]


@pytest.mark.parametrize("script, code", [("true", 0), ("exit 3", 3),
                                          ('touch "$TMPDIR/a"; rm "$TMPDIR/a"', 0)])
def test_nothing_is_left(script, code):
    assert leftovers(script) == (code, [])


def test_what_is_left_in_the_tree():
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    planted = [ROOT / "planted.h5", ROOT / "tests" / "planted"]
    try:
        code, lines = leftovers(f"touch {planted[0]} {planted[1]}")
    finally:
        for path in planted:
            path.unlink(missing_ok=True)
    assert code == 1
    assert lines == ["left behind in the source tree: !! planted.h5",
                     "left behind in the source tree: ?? tests/planted"]


def test_what_is_left(tmp_path):
    shared = pathlib.Path("/dev/shm") / f"planted_{tmp_path.parent.name}_{tmp_path.name}"
    try:
        code, lines = leftovers(f'touch "$TMPDIR/a" {shared}')
    finally:
        shared.unlink(missing_ok=True)
    assert code == 1
    assert lines == ["left behind in the folder for temporary files: a",
                     f"left behind in shared memory: {shared}"]
