"""Every example of every --help, run as it is typed."""
import re
import shutil
import subprocess

import features
import pytest
from conftest import DUFM, Program
from sweeps import SMALL

TEXTS = {command: subprocess.run([DUFM, command, "--help"], text=True, capture_output=True,
                                 check=True).stdout
         for command in re.findall(r"^  ([a-z]+) +[A-Z]", subprocess.run(
             [DUFM, "help"], text=True, capture_output=True, check=True).stdout, re.M)}
EXAMPLES = [line.strip() for text in TEXTS.values()
            for line in text.split("Examples:\n")[1].splitlines() if line.strip()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the examples find what they name: two sweeps, two result files, three of features."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "sweeps").mkdir()
    for name in "quickstart", "phase":
        (folder / "sweeps" / f"{name}.yaml").write_text(SMALL)
    for name in "phase.h5", "other.h5":
        Program(folder)("run", "sweeps/phase.yaml", "-o", name, "--quiet")
    for name in "features.h5", "epoch-1.h5", "epoch-2.h5":
        features.write(folder / name, [0, 1, 0, 1], {"fc": {"post": [[1.0], [2.0], [3.0], [5.0]]}}, {"epoch": 1})
    return folder


def test_every_command_has_examples():
    for command, text in TEXTS.items():
        examples = text.split("Examples:\n")[1]
        assert f"dufm {command}" in examples, command
        assert all(len(line) <= 90 for line in text.splitlines()), command


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(folder, example):
    for tool in "jq", "man":  # programs to look at the output with need not be there
        if not shutil.which(tool):
            example = re.sub(rf"\| {tool}\b.*", "| cat", example)
    environment = dict(Program(folder).bare_environment, PATH=f"{DUFM.parent}:/usr/bin:/bin",
                       PAGER="cat", MANPAGER="cat")
    done = subprocess.run(["bash", "-o", "pipefail", "-c", example], cwd=folder, text=True,
                          capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, f"{example}\n{done.stderr}"
    assert done.stdout or "run" in example or "source" in example
