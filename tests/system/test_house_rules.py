"""Targets of `make check` find what is planted in a copy of the tree, and name it.

test_layers.py and test_check.py plant for the checks that are this project's own.
"""
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

C_FILE = "src/base/planted.c"
HEADER = '#include "dufm/clock.h"\n\n#include <stdlib.h>\n'

# target: (program it needs, file, text, what must be said)
PLANTS = {
    "format": ("clang-format", C_FILE, "int  planted( void ) {return 0;}\n", "clang-formatted"),
    "scripts": ("shellcheck", "tests/planted", "#!/bin/sh\nrm $1\n", "SC2086"),
    "cppcheck": ("cppcheck", C_FILE, "int planted(void);\nint planted(void) {\n    int three[3] = {0};\n"
                                     "    return three[3];\n}\n", "arrayIndexOutOfBounds"),
    "tidy": ("clang-tidy", C_FILE, HEADER + "int planted(int a);\nint planted(int a) {\n"
                                   "    if (a = 1) return 2;\n    return 3;\n}\n", "assignment"),
    "strict": ("clang", C_FILE, HEADER + "static int planted(void) {\n    return 2;\n}\n",
               "defined but not used"),
}


@pytest.fixture
def copy(tmp_path):
    """The tree with next to no sources, so that nothing takes long."""
    root = tmp_path / "tree"
    for part in ("include", "tests", "slurm"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__", "planted*"))
    for folder in ("base", "command"):
        (root / "src" / folder).mkdir(parents=True)
    shutil.copy(ROOT / "src" / "base" / "clock.c", root / "src" / "base")
    (root / "src" / "command" / "main.c").write_text("int main(void) {\n    return 0;\n}\n")
    for part in ("Makefile", "README.md", ".clang-format", ".clang-tidy", ".ci"):
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, root / part)
    return root


def make(root, target):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(["make", target, f"PYTHON={sys.executable}"], cwd=root, text=True,
                          capture_output=True, env=environment, timeout=200)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("target", PLANTS)
def test_planted_fault(copy, target):
    program, file, text, said = PLANTS[target]
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed: make deps-all")
    (copy / file).write_text(text)
    code, output = make(copy, target)
    assert code != 0 and said in output and "planted" in output, output


def test_memcheck_finds_a_bad_read(tmp_path):
    """Of a program that stands for dufm."""
    if not shutil.which("valgrind"):
        pytest.skip("valgrind is not installed: make deps-all")
    (tmp_path / "bad.c").write_text("#include <stdlib.h>\n"
                                    "int main(void) { int *p = malloc(4); return p[1] > 3; }\n")
    subprocess.run(["cc", "-O0", "-g", "-o", tmp_path / "dufm", tmp_path / "bad.c"], check=True)
    done = subprocess.run([ROOT / "tests" / "check" / "memcheck", tmp_path], text=True,
                          capture_output=True, timeout=100)
    assert done.returncode == 9 and "Invalid read of size 4" in done.stderr, done.stderr
