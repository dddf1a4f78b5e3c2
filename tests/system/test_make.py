"""What the Makefile says about itself and about what is missing."""
import os
import subprocess

import pytest
from conftest import ROOT

# A compiler that does not know what one of its programs, or of its arguments, names.
COMPILER = """#!/bin/sh
text=$(cat)
case "$text $*" in *"$LACKING"*) exit 1;; esac
printf '%s\\n' "$text" | cc "$@"
"""


def make(*arguments, **environment):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(["make", "-C", ROOT, *arguments], text=True, capture_output=True,
                          env=dict(clean, **environment), timeout=180)


@pytest.mark.parametrize("lacking, overrides, said", [
    ("", [], ""),
    ("Random123", [], "Random123 is not found"),
    ("cmocka.h", [], "cmocka is not found: the tests need it"),
    ("-lhdf5_hl", [], "high-level library is not found: name it with HDF5_HL"),
    ("H5_HAVE_PARALLEL", [], "HDF5 is a serial build: name a parallel one with HDF5_PC"),
    ("", ["HDF5_PC=hdf5-of-mars"], "pkg-config does not find hdf5-of-mars"),
    ("", ["BLAS_PC=blas-of-mars"], "pkg-config does not find blas-of-mars"),
])
def test_what_is_missing_is_told(tmp_path, lacking, overrides, said):
    (tmp_path / "cc").write_text(COMPILER)
    (tmp_path / "cc").chmod(0o755)
    found = tmp_path / "found"
    done = make("PYTHON=python3", f"BUILD={tmp_path}", f"CC={tmp_path}/cc", *overrides, str(found),
                LACKING=lacking or "nothing is lacking")
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert found.exists() == (not said)
    assert (lines == []) if not said else (len(lines) == 2 and said in lines[0]), done.stderr
    assert not said or "make deps" in lines[1]


def test_help_names_every_target_of_the_first_page():
    shown = make("help").stdout
    for word in ("make run", "make test", "make bench", "make check", "make deps-all", "SAN=1"):
        assert word in shown
