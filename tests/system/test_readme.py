"""Every command line and every Python block of every README, run as it is typed.

They run in one scratch copy, in the order of the files: those of README.md come first and make
quickstart.h5, which the others may name. A block that is not to be run has another language.
"""
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import DUFM, ROOT, Program

READMES = [ROOT / "README.md", *sorted(ROOT.glob("*/README.md")),
           *sorted(ROOT.glob("*/*/README.md"))]
FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.M)
LANGUAGES = {"sh", "python", "yaml", "text"}

# Programs that stand before the real ones on the PATH. A target of make exists when a dry run
# of it succeeds; a job of Slurm runs at once.
STUBS = {
    "make": 'exec {make} -n -C {root} "$@"',
    "python3": 'exec {python} "$@"',
    "sbatch": """\
while case "$1" in -*) true;; *) false;; esac; do
    case "$1" in --ntasks=*) export LAUNCHER="mpirun -n ${{1#*=}}";; esac
    shift
done
exec bash "$@"
""",
}


def blocks(path):
    """(place, language, text) of every fenced block."""
    text = path.read_text()
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield f"{path.relative_to(ROOT)}:{line}", *found.groups()


ALL = [block for path in READMES for block in blocks(path)]
RUN = [block for block in ALL if block[1] in ("sh", "python")]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder as the readers of a README have theirs, and the environment to run in."""
    folder = tmp_path_factory.mktemp("readme")
    for part in ("sweeps", "analysis", "slurm"):
        shutil.copytree(ROOT / part, folder / part)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "dufm").symlink_to(DUFM)
    for name, script in STUBS.items():
        script = script.format(make=shutil.which("make"), root=ROOT, python=sys.executable)
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    environment = {key: value for key, value in Program(folder).environment.items()
                   if not key.startswith(("MAKE", "MFLAGS", "SLURM_", "DUFM"))}
    environment.update(PATH=f"{programs}:{os.environ['PATH']}", PYTHONDONTWRITEBYTECODE="1")
    return folder, environment


def test_every_block_has_a_language():
    unknown = [(place, language) for place, language, _ in ALL if language not in LANGUAGES]
    assert not unknown, f"expected one of {LANGUAGES}"


def test_no_command_stands_outside_of_a_block():
    for path in READMES:
        indented = re.findall(r"^    \S.*$", FENCE.sub("", path.read_text()), re.M)
        assert not indented, f"{path}: put these into a block with a language"


def test_blocks_are_found():
    assert len({place.split(":")[0] for place, _, _ in RUN}) >= 3
    assert any("mpirun" in text for _, _, text in RUN)
    assert any(language == "python" for _, language, _ in RUN)


@pytest.mark.parametrize("place, language, text", RUN, ids=[block[0] for block in RUN])
def test_block(scratch, place, language, text):
    folder, environment = scratch
    command = ["python3", "-c", text] if language == "python" else \
        ["bash", "-eu", "-o", "pipefail", "-c", text]
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True,
                          timeout=300)
    assert done.returncode == 0, f"{place}:\n{text}\n{done.stdout}{done.stderr}"


def test_yaml_of_the_first_page(dufm, sweep):
    """sweeps/README.md's are planned in test_language.py."""
    texts = [text for place, language, text in ALL
             if language == "yaml" and place.startswith("README.md")]
    assert texts
    for text in texts:
        assert "points" in dufm("plan", sweep(text)).stdout
