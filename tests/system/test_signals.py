"""Where a signal goes under mpirun, and what comes of it: what README.md and --help say.

Through mpirun USR1 and USR2 reach every rank; INT and TERM make it end them itself.
"""
import json
import signal

import pytest
from sweeps import DONE, SMALL, assert_same_results, column, ranks_of
from test_checkpoint import checkpoints, text
from test_store import hostile, hostile_library  # noqa: F401 (fixtures)

CLEAN, OWN_CODE = 75, 1


@pytest.mark.parametrize("number, target, code", [
    (signal.SIGUSR2, "mpirun", CLEAN),
    (signal.SIGINT, "rank 0", CLEAN), (signal.SIGTERM, "rank 2", CLEAN),
    (signal.SIGINT, "mpirun", OWN_CODE), (signal.SIGTERM, "mpirun", OWN_CODE),
])
def test_signal(dufm, halted, number, target, code):
    run, out = halted(ranks=3), dufm.folder / "out.h5"
    finished = json.loads(dufm("status", out, "--json").stdout)["status"]["done"]
    assert finished > 0
    run.signal(number, None if target == "mpirun" else ranks_of(run.process)[int(target[-1])])
    run.end(code)
    assert json.loads(dufm("status", out, "--json").stdout)["status"]["done"] >= finished
    assert "whole" in dufm("verify", out).stdout


@pytest.mark.parametrize("ranks, only, file, at", [
    (None, {}, ".checkpoint.tmp", 3), (None, {}, "out.h5", 1), (None, {}, "out.h5", 40),
    (3, {}, ".checkpoint.tmp", 3), (3, {"RANK": 0}, "out.h5", 1), (3, {}, "out.h5", 40),
], ids=["saving", "opening", "committing", "a worker that saves", "the coordinator",
        "a worker that commits"])
def test_a_second_interrupt_ends_at_once(dufm, sweep, hostile, ranks, only, file, at):
    """Wherever it comes, in the middle of a save or a commit, too: the file is whole, rows and
    checkpoints that were there stay, and the same command goes on."""
    path = sweep(SMALL if file == "out.h5" else text().replace("[0, 2]", "[0, 0]"))
    seconds = "0" if file == "out.h5" else "0.05"  # 0: none, however slow the machine
    run = ("run", path, "-o", "out.h5", "--checkpoint", seconds)
    done = hostile(*run, ranks=ranks, FILE=file, KILL=at, WHEN="half", HOW="interrupt", **only)
    assert done.returncode == CLEAN, done.stderr
    assert len(checkpoints(dufm)) >= (file != "out.h5")
    assert ": whole" in dufm("verify", "out.h5").stdout
    assert (column(dufm.folder / "out.h5", "status") != DONE).any()
    again = dufm(*run, ranks=2).stderr
    assert ("of points under way" in again) == (file != "out.h5")
    assert ": whole" in dufm("verify", "out.h5").stdout
    dufm("run", path, "-o", "whole.h5", ranks=2)
    assert_same_results(dufm.folder / "out.h5", dufm.folder / "whole.h5")
