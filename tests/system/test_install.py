"""make install and uninstall; manual pages and completion, made from the tables of --help."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest
from conftest import DUFM, ROOT

COMMANDS = re.findall(r"^  ([a-z]+) +[A-Z]", subprocess.run(
    [DUFM, "help"], text=True, capture_output=True, check=True).stdout, re.M)
PREFIX = "opt/some prefix"


def make(target, folder):
    return subprocess.run(["make", "--no-print-directory", "-C", ROOT, target,
                           f"DESTDIR={folder}", f"PREFIX=/{PREFIX}"], text=True,
                          capture_output=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The prefix of an installation, with a file of somebody else's beside it."""
    folder = tmp_path_factory.mktemp("root")
    foreign = folder / PREFIX / "share/man/man1/other.1"
    foreign.parent.mkdir(parents=True)
    foreign.write_text("other")
    done = make("install", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    yield folder / PREFIX
    done = make("uninstall", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    left = [path for path in folder.rglob("*") if path.is_file()]
    assert left == [foreign]
    assert not (folder / PREFIX / "share/dufm").exists()
    done = make("uninstall", folder)
    assert done.returncode != 0 and "nothing is installed" in done.stderr


def test_files_are_in_the_usual_places(installed):
    found = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    pages = {f"share/man/man1/dufm-{command}.1" for command in COMMANDS}
    shipped = {f"share/dufm/{path.relative_to(ROOT)}" for pattern in
               ("sweeps/*.yaml", "analysis/*.py", "analysis/*.css", "slurm/*") for path in ROOT.glob(pattern)}
    assert {"bin/dufm", "share/man/man1/dufm.1",
            "share/bash-completion/completions/dufm"} | pages | shipped <= found
    listed = (installed / "share/dufm/files").read_text().split("\n")[:-1]
    assert set(listed) | {"share/man/man1/other.1"} == found
    assert os.access(installed / "bin/dufm", os.X_OK)
    assert {"plan", "run", "show", "help"} <= set(COMMANDS)


def test_installed_program_runs(installed, tmp_path):
    sweep = installed / "share/dufm/sweeps/quickstart.yaml"
    done = subprocess.run([installed / "bin/dufm", "plan", sweep], cwd=tmp_path, text=True,
                          capture_output=True)
    assert done.returncode == 0 and "points" in done.stdout


def test_manual_pages_render(installed):
    pages = sorted(installed.glob("share/man/man1/dufm*.1"))
    assert len(pages) == len(COMMANDS) + 1
    for page in pages:
        text = page.read_text()
        assert text.startswith(".TH DUFM") and ".SH NAME" in text and ".SH EXIT STATUS" in text
        assert text.count("\n.EX\n") == text.count("\n.EE\n"), page
        if shutil.which("groff"):
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-P-cbou", page], text=True,
                                  capture_output=True)
            assert done.returncode == 0 and done.stderr == "", f"{page}: {done.stderr}"


@pytest.mark.parametrize("command", COMMANDS)
def test_manual_and_help_say_the_same(dufm, command):
    """Every line of --help is on the page, and every option is proposed by the completion."""
    text = dufm(command, "--help").stdout
    assert dufm("help", command).stdout == text
    roff = dufm("help", "--man", command).stdout
    page = re.sub(r"\\f[BRI]", "", roff).replace("\\-", "-").replace("\\&", "").replace("\\e", "\\")
    for line in text.splitlines()[1:]:
        for part in re.split(r" {2,}", line.strip()):
            if part not in ("Options:", "-h, --help", "print this help", "Examples:"):
                assert part in page or part.rstrip(".") in page, part
    completion = dufm("help", "--completion", "bash").stdout
    branch = completion.split(f"    {command})\n")[1].split("esac")[0]
    for option in re.findall(r"^ +(?:-\w, )?(--[\w-]+)", text.split("Options:")[1], re.M):
        assert option in branch


def complete(script, folder, *words):
    """What bash proposes for the last word."""
    program = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dufm; '
               'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "--norc", "-c", program, script, *words], cwd=folder, text=True,
                          capture_output=True)
    assert done.stderr == "", done.stderr
    return set(done.stdout.split("\n")) - {""}


def test_completion(installed, tmp_path):
    script = installed / "share/bash-completion/completions/dufm"
    for name in ("a.yaml", "a.h5", "two words.h5", "notes.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "folder").mkdir()
    for words, expected in [
            (["dufm", ""], set(COMMANDS)),
            (["dufm", "re"], {"reference"}),
            (["dufm", "--"], {"--help", "--version"}),
            (["dufm", "run", ""], {"a.yaml", "folder"}),
            (["dufm", "plan", "a"], {"a.yaml"}),
            (["dufm", "run", "a.yaml", "-o", ""], {"a.h5", "two words.h5", "folder"}),
            (["dufm", "run", "a.yaml", "--output", "=", "t"], {"two words.h5"}),
            (["dufm", "show", ""], {"a.h5", "two words.h5", "folder"}),
            (["dufm", "status", "--w"], {"--watch"}),
            (["dufm", "show", "--limit", ""], set()),
            (["dufm", "version", ""], {"--json", "--help"}),
            (["dufm", "reference", "--activation", ""], {"relu", "linear"}),
            (["dufm", "help", "s"], {"status", "show", "salvage"})]:
        assert complete(script, tmp_path, *words) == expected, words


def test_completion_is_clean_shell(installed):
    shellcheck = shutil.which("shellcheck")
    script = installed / "share/bash-completion/completions/dufm"
    done = subprocess.run([shellcheck, "-s", "bash", script] if shellcheck else
                          ["bash", "-n", script], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_bad_use_of_help(dufm):
    for arguments, message in [(["help", "shwo"], "no command 'shwo'"),
                               (["help", "--completion", "fish"], "there is one for bash"),
                               (["help", "--completion", "bash", "run"], "stands alone"),
                               (["shwo"], "did you mean 'show'"), (["x"], "'dufm help' lists")]:
        assert message in dufm(*arguments, expect=2).stderr
    assert pathlib.Path(DUFM).exists() and "usage: dufm" in dufm(expect=2).stderr
