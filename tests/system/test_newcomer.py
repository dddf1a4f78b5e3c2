"""A newcomer's whole way as one story: from a clone to a page about a sweep of one's own.

Each command is found in a README by some of its text and typed as it stands there, in one shell,
but for what the README says to put in: the repository, the names of one's own files, a process.
test_readme.py runs every command by itself; here each has what those before have left, and what
a newcomer looks at is looked at.
"""
import os
import re
import shutil
import subprocess
import time

import h5py
import pytest
from conftest import ROOT, Program
from readmes import block, line, said

FIRST, ANALYSIS = "README.md", "analysis/README.md"
DONE = 2  # of the variable status
PATIENCE = 600  # seconds until a run that was started has finished its first point
PNG = b"\x89PNG"


def git(*arguments, folder):
    command = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@localhost", *arguments]
    return subprocess.run(command, cwd=folder, text=True, capture_output=True, check=True).stdout


def repository(folder):
    """What can be cloned: this checkout where it is clean, else its files as they are, committed."""
    try:
        if not git("status", "--porcelain", folder=ROOT):
            return ROOT
    except (subprocess.CalledProcessError, FileNotFoundError):
        pass  # no checkout
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", "build", "build-*", "*.h5"))
    git("init", "-q", folder=folder)
    git("add", "-A", folder=folder)
    git("commit", "-q", "-m", "as it is", folder=folder)
    return folder


class Shell:
    """One shell: exported variables and the folder outlive each command."""

    def __init__(self, folder):
        self.state, self.bin = folder / "exported", folder / "bin"
        self.bin.mkdir()
        self.environment = {key: value for key, value in Program(folder).bare_environment.items()
                            if not key.startswith(("MAKE", "MFLAGS", "SLURM_", "DUFM", "RANKS", "BUILD"))}
        self.environment.update(PATH=f"{self.bin}:{os.environ['PATH']}", PYTHONDONTWRITEBYTECODE="1",
                                MPLCONFIGDIR=str(folder), PWD=str(folder))
        self.state.write_text(f"cd '{folder}'\n")
        self.names = {}

    def own(self, command):
        """The command for one's own files."""
        for theirs, mine in self.names.items():
            command = command.replace(theirs, mine)
        return command

    def start(self, command):
        return subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail", "-c",
             f'. "{self.state}"\n{command}\n(export -p; echo "cd \'$PWD\'") > "{self.state}"'],
            env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)

    def __call__(self, command, expect=0):
        """Type it; the CompletedProcess, once its exit code was looked at."""
        return self.ended(self.start(self.own(command)), command, expect)

    @staticmethod
    def ended(process, command, expect):
        try:
            shown, told = process.communicate(timeout=1800)
        except BaseException:
            Program.kill_group(process)
            raise
        assert process.returncode == expect, f"{command}: exit {process.returncode}\n{shown}\n{told}"
        return subprocess.CompletedProcess(command, process.returncode, shown, told)


@pytest.fixture
def shell(tmp_path):
    return Shell(tmp_path)


# ------------------------------------------------------------------ the steps
def clone(shell, folder):
    command = line(FIRST, "git clone")
    assert command.count("<this repository>") == 1
    shell(command.replace("<this repository>", f"'{repository(folder / 'repository')}'"))
    return folder / "dufm"


def make_run(shell, home):
    """It ends in a table and a picture, and the program is found from then on."""
    shown = shell(line(FIRST, "make run")).stdout.splitlines()
    sweep, picture = said(FIRST, r"leaves the sweep in `(\S+)` and its picture in `(\S+)`")
    header, = (at for at, row in enumerate(shown) if row.startswith("row "))
    table = [row.split() for row in shown[header:-1]]
    assert len(table) > 10 and {len(row) for row in table} == {len(table[0])} and shown[-1] == picture
    assert (home / picture).read_bytes().startswith(PNG) and h5py.is_hdf5(home / sweep)
    shell(line(FIRST, "export PATH"))
    assert shell("command -v dufm").stdout.strip() == str(home / "build" / "dufm")
    info = shell(said(FIRST, r"`python3` is one with .*?; `(make info)` names the one that was found")).stdout
    python = re.search(r"^python: (\S+)$", info, re.M)[1]
    (shell.bin / "python3").write_text(f'#!/bin/sh\nPATH="{os.environ["PATH"]}" exec {python} "$@"\n')
    (shell.bin / "python3").chmod(0o755)


def write_a_sweep(shell, home):
    """The one of the page, by hand; (its file, that of its results, number of points)."""
    sweep, their_sweep, file, their_file = said(
        FIRST, r"Save yours as `(\S+)`, and in the commands below write `\1` for `(\S+)` and `(\S+)` for `(\S+)`\.")
    shell.names = {their_sweep: sweep, their_file: file}
    (home / sweep).write_text(block(FIRST, "name: ranks"))
    return home / sweep, home / file, planned(shell)


def planned(shell):
    return int(re.search(r"^points +(\d+)$", shell(line(FIRST, "dufm plan")).stdout, re.M)[1])


def wait_for_a_point(shell, run):
    """The process that status names, once a point is done."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and run.poll() is None:
        look = shell.start(shell.own(line(FIRST, "dufm status")))
        shown = look.communicate()[0]  # there is no file yet, at first
        if re.search(r"^ +state +running$", shown, re.M) and re.search(r"\b[1-9]\d* done", shown):
            return re.search(r"\bprocess (\d+)$", shown, re.M)[1]
        time.sleep(0.2)
    return pytest.fail(f"no point while it ran: exit {run.poll()}")


def interrupt(shell, points):
    """Stopped by the command that the page names, with its exit code; status knows what is left."""
    command = line(FIRST, "mpirun")
    run = shell.start(shell.own(command))
    try:
        process = wait_for_a_point(shell, run)
    except BaseException:
        Program.kill_group(run)
        raise
    kill, code = said(FIRST, r"type `(kill [^`]+)` elsewhere, with the process that `dufm status` names: it ends "
                             r"cleanly, with exit code (\d+)")
    assert kill.count("PROCESS") == 1
    shell(kill.replace("PROCESS", process))
    told = shell.ended(run, command, int(code)).stderr
    left = int(re.search(rf"stopped with (\d+) of {points} points left; run the same command again", told)[1])
    status = shell(line(FIRST, "dufm status")).stdout
    assert 0 < left < points and re.search(r"^ +state +stopped$", status, re.M)
    assert f"{left} pending, {points - left} done" in status
    return left


def rows(path):
    """{identity: (launch, hash of the values)} of the rows that are done."""
    with h5py.File(path) as file:
        columns = (file[name][:] for name in ("status", "point_id", "launch_index", "result_hash"))
        return {bytes(point): (int(launch), bytes(values)) for status, point, launch, values in zip(*columns)
                if status == DONE}


def run_the_rest(shell, file, points, left):
    """The same command again: what was done stays as it was, the rest is of a later launch."""
    before = rows(file)
    assert len(before) == points - left
    told = shell(line(FIRST, "mpirun")).stderr
    assert f"{points - left} of {points} points are done already" in told
    assert f"{left} points run in" in told
    after = rows(file)
    assert len(after) == points and {point: after[point] for point in before} == before
    latest = max(launch for launch, _ in before.values())
    assert {launch for point, (launch, _) in after.items() if point not in before} == {latest + 1}


def grow(shell, sweep, file, points):
    text = sweep.read_text()
    assert text.count("depth: [3, 4]") == 1
    sweep.write_text(text.replace("depth: [3, 4]", "depth: [2, 3, 4]"))
    more = planned(shell)
    assert more > points
    run_the_rest(shell, file, more, more - points)
    assert shell(line(FIRST, "dufm verify")).stdout == f"{file.name}: {more} rows ({more} done): whole\n"
    return more


def look(shell, file, points):
    """In the shell and in Python."""
    status = shell(line(FIRST, "dufm status")).stdout
    assert f"{points} done\n" in status and re.search(r"^ +state +finished$", status, re.M)
    shown = shell(line(FIRST, "dufm show quickstart.h5 --by")).stdout.splitlines()
    assert shown[0].split()[:3] == ["depth", "lambda", "count"]
    assert sum(int(row.split()[2]) for row in shown[1:]) == points
    assert f"config = {points} ;" in shell(said(FIRST, r"`(ncdump [^`]+)`")).stdout
    (ratio, spectrum, ranks), = re.findall(
        r"^(\S+) (\(.*?\)) (\(.*?\))$", python(shell, block(FIRST, "import xarray")), re.M)
    with h5py.File(file) as stored:
        shape = stored["sv_mean_post"].shape
    assert 0 < float(ratio) < 1.1 and shape[0] == points
    assert (spectrum, ranks) == (str(shape[1:]), str(shape[:2]))
    table = shell(line(ANALYSIS, "python3 analysis/summary.py")).stdout.splitlines()
    assert [row.split()[1] for row in table if row.startswith("| ")] == ["depth", "---", "2", "3", "4"]


def python(shell, text):
    return shell(f"python3 - <<'END'\n{text}END").stdout


def draw(shell, home, points):
    """A picture, a map and a page."""
    made = []
    for beginning in ("quickstart", "phase"):
        command = line(FIRST, f"python3 analysis/plot.py {beginning} ")
        made.append(home / re.search(r"-o (\S+)", command)[1])
        shell(command)
    assert all(path.read_bytes().startswith(PNG) for path in made)
    command = line(FIRST, "python3 analysis/report.py")
    shell(command)
    page = (home / re.search(r"-o (\S+)", command)[1]).read_text()
    assert f"{points} points" in page and "<h1>" in page and page.count('src="data:image/png;base64,') >= 4


def compact(shell, file, points):
    """Small, whole, and known to be finished."""
    size, before = file.stat().st_size, rows(file)
    shell(said(FIRST, r"`(dufm compact [^`]+)`"))
    assert file.stat().st_size < size / 2 and rows(file) == before
    assert f"{points} done): whole" in shell(line(FIRST, "dufm verify")).stdout
    assert f"all {points} points are done already" in shell(line(FIRST, "mpirun")).stderr


def test_the_whole_way(shell, tmp_path):
    home = clone(shell, tmp_path)
    make_run(shell, home)
    sweep, file, points = write_a_sweep(shell, home)
    left = interrupt(shell, points)
    run_the_rest(shell, file, points, left)
    points = grow(shell, sweep, file, points)
    look(shell, file, points)
    draw(shell, home, points)
    compact(shell, file, points)
    # What is made here is ignored: only what was written is new.
    assert git("status", "--porcelain", folder=home) == f"?? {sweep.name}\n"
