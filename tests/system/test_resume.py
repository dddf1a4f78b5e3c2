"""dufm run is stopped and killed; the same command again completes the same file."""
import os
import signal
import time

import pytest
from conftest import Program
from halting import HALTING, HALTING_POINTS
from sweeps import DONE, assert_same_results, column, ranks_of


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of a run that was left alone."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "sweep.yaml").write_text(HALTING)
    Program(folder)("run", "sweep.yaml", "-o", "whole.h5", ranks=2)
    return folder / "whole.h5"


def resume(dufm, ranks):
    """Run again; ranks of a killed job may hold the file a moment longer."""
    end = time.monotonic() + 30
    while True:
        try:
            return dufm("run", "sweep.yaml", "-o", "out.h5", ranks=ranks)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def some_finished(out):
    """Which rows are done, some of them and not all."""
    finished = column(out, "status") == DONE
    assert 0 < finished.sum() < HALTING_POINTS
    return finished


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_signal_stops_one_process(dufm, halted, number):
    run = halted()
    run.signal(number)
    assert "run the same command again" in run.end(75)
    some_finished(dufm.folder / "out.h5")


def test_stopped_run_goes_on(dufm, halted, whole):
    run, out = halted(), dufm.folder / "out.h5"
    run.signal(signal.SIGINT)
    run.end(75)
    finished = some_finished(out)
    kept = column(out, "checksum")[finished].tobytes()
    again = dufm("run", "sweep.yaml", "-o", out)
    assert f"{finished.sum()} of {HALTING_POINTS} points are done already" in again.stderr
    assert column(out, "checksum")[finished].tobytes() == kept
    assert_same_results(out, whole)


@pytest.mark.parametrize("target", ["mpirun", "rank 0", "rank 2"])
def test_signal_anywhere_stops_all_ranks(dufm, halted, whole, target):
    run, out = halted(ranks=3), dufm.folder / "out.h5"
    run.signal(signal.SIGUSR1,
               None if target == "mpirun" else ranks_of(run.process)[int(target[-1])])
    text = run.end(75)
    assert text.count("run the same command again") == 1, text
    some_finished(out)
    dufm("run", "sweep.yaml", "-o", out, ranks=2)
    assert_same_results(out, whole)


@pytest.mark.parametrize("ranks", [None, 3])
def test_killed_run_is_completed(dufm, halted, whole, ranks):
    run, out = halted(ranks=ranks), dufm.folder / "out.h5"
    run.kill()
    finished = some_finished(out)
    kept = column(out, "checksum")[finished].tobytes()
    resume(dufm, ranks)
    assert column(out, "checksum")[finished].tobytes() == kept
    assert_same_results(out, whole)


def test_one_killed_rank_ends_the_job(dufm, halted, whole):
    run, out = halted(ranks=3), dufm.folder / "out.h5"
    os.kill(ranks_of(run.process)[2], signal.SIGKILL)
    run.process.communicate(timeout=180)
    assert run.process.returncode not in (0, 3, 75)
    some_finished(out)
    resume(dufm, 3)
    assert_same_results(out, whole)
