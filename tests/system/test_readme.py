"""Every command line and every Python block of every README, run as it is typed.

They run in one scratch copy, as in one shell, in the order of the files: those of README.md come
first, set the PATH and make quickstart.h5, which the others may name. A block that is not to be run
has another language. Three things are not the real ones: a target of make is only asked for in a
dry run (test_quickstart.py runs what `make run` does, .ci/run the others), a job of Slurm runs at
once, and the sweep fig2 is shortened.
"""
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import DUFM, ROOT, Program
from readmes import FENCE, blocks

READMES = [ROOT / "README.md", *sorted(ROOT.glob("*/README.md")),
           *sorted(ROOT.glob("*/*/README.md"))]
LANGUAGES = {"sh", "python", "yaml", "text"}

# Programs that stand before the real ones on the PATH.
STUBS = {
    "make": 'exec {make} -n -C {root} "$@"',
    "python3": 'exec {python} "$@"',
    "sbatch": """\
while case "$1" in -*) true;; *) false;; esac; do
    case "$1" in --ntasks=*) export LAUNCHER="mpirun --oversubscribe -n ${{1#*=}}";; esac
    shift
done
bash "$@" >&2 && echo 1
""",
}


ALL = [block for path in READMES for block in blocks(path)]
RUN = [block for block in ALL if block[1] in ("sh", "python")]


def shorten(sweep):
    """As many points with as long descents take minutes: fewer and shorter ones."""
    text = sweep.read_text()
    for old, new in ((" [0, 9]}", " [0, 1]}"), (" 120000 ", " 6000 "), (" 30000 ", " 2000 ")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    sweep.write_text(text)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A folder as the readers of a README have theirs, and the environment to run in."""
    folder = tmp_path_factory.mktemp("readme")
    for part in ("sweeps", "analysis", "slurm"):
        shutil.copytree(ROOT / part, folder / part)
    shorten(folder / "sweeps" / "fig2.yaml")
    (folder / "build").mkdir()
    (folder / "build" / "dufm").symlink_to(DUFM)
    programs = folder / "bin"
    programs.mkdir()
    for name, script in STUBS.items():
        script = script.format(make=shutil.which("make"), root=ROOT, python=sys.executable)
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    environment = {key: value for key, value in Program(folder).bare_environment.items()
                   if not key.startswith(("MAKE", "MFLAGS", "SLURM_", "DUFM"))}
    (folder / "exported").write_text("")  # what the blocks before have exported
    environment.update(PATH=f"{programs}:{os.environ['PATH']}", PYTHONDONTWRITEBYTECODE="1")
    return folder, environment


def test_every_block_has_a_language():
    unknown = [(place, language) for place, language, _ in ALL if language not in LANGUAGES]
    assert not unknown, f"expected one of {LANGUAGES}"


def test_no_command_stands_outside_of_a_block():
    for path in READMES:
        indented = re.findall(r"^    \S.*$", FENCE.sub("", path.read_text()), re.M)
        assert not indented, f"{path}: put these into a block with a language"


def test_the_first_page_is_short():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) < 200
    assert [line for line in lines if len(line) > 120] == []


def test_blocks_are_found():
    assert len({place.split(":")[0] for place, _, _ in RUN}) >= 3
    assert any("mpirun" in text for _, _, text in RUN)
    assert any(language == "python" for _, language, _ in RUN)


@pytest.mark.parametrize("place, language, text", RUN, ids=[block[0] for block in RUN])
def test_block(scratch, place, language, text):
    folder, environment = scratch
    command = ["python3", "-c", text] if language == "python" else \
        ["bash", "-eu", "-o", "pipefail", "-c", f". ./exported\n{text}\nexport -p > exported"]
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


def test_transcripts(dufm, sweep):
    """A text block with "$ " before its first line: what that command prints; ... is any text."""
    sweep("grid:\n  depth: [3, 4]\n  widht: [16, 32]\n", "bad.yaml")
    texts = [text for _, language, text in ALL if language == "text" and text.startswith("$ ")]
    assert texts
    for text in texts:
        command, _, shown = text[2:].partition("\n")
        done = subprocess.run(command, shell=True, cwd=dufm.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=dict(os.environ, PATH=f"{DUFM.parent}:/usr/bin:/bin"))
        pattern = re.escape(shown).replace(re.escape("..."), ".*")
        assert re.fullmatch(pattern, done.stdout), done.stdout
