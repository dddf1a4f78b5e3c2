"""dufm run is stopped and killed; the same command again completes the same file."""
import os
import pathlib
import signal
import time

import pytest
from sweeps import (DONE, LONGER, LONGER_POINTS, assert_same_results, column, kill_all, ranks_of,
                    wait_until_done)

SHARED_MEMORY = pathlib.Path("/dev/shm")


@pytest.fixture
def no_litter():
    """Killed ranks leave shared memory behind: take away what appeared during the test."""
    before = set(SHARED_MEMORY.iterdir())
    yield
    for path in set(SHARED_MEMORY.iterdir()) - before:
        if path.name.startswith("vader_segment"):
            path.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of a run that was left alone."""
    from conftest import Program
    folder = tmp_path_factory.mktemp("whole")
    (folder / "sweep.yaml").write_text(LONGER)
    Program(folder)("run", "sweep.yaml", "-o", "whole.h5", ranks=2)
    return folder / "whole.h5"


def resume(dufm, path, ranks):
    """Run again; ranks of a killed job may hold the file a moment longer."""
    end = time.monotonic() + 10
    while True:
        try:
            return dufm("run", path, "-o", "out.h5", ranks=ranks)
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def stop_early(dufm, path, out, number):
    """Start on one process, send the signal after three rows; returns which rows are done."""
    process = dufm.start("run", path, "-o", out)
    wait_until_done(dufm, process, out, 3)
    process.send_signal(number)
    _, text = process.communicate(timeout=20)
    assert process.returncode == 75, text
    assert "run the same command again" in text
    finished = column(out, "status") == DONE
    assert 3 <= finished.sum() < LONGER_POINTS
    return finished


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2])
def test_signal_stops_one_process(dufm, sweep, number):
    stop_early(dufm, sweep(LONGER), dufm.folder / "out.h5", number)


def test_stopped_run_goes_on(dufm, sweep, whole):
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    finished = stop_early(dufm, path, out, signal.SIGINT)
    kept = column(out, "checksum")[finished].tobytes()
    again = dufm("run", path, "-o", out)
    assert f"{finished.sum()} of {LONGER_POINTS} points are done already" in again.stderr
    assert column(out, "checksum")[finished].tobytes() == kept
    assert_same_results(out, whole)


@pytest.mark.parametrize("target", ["mpirun", "rank 0", "rank 2"])
def test_signal_anywhere_stops_all_ranks(dufm, sweep, whole, target):
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    process = dufm.start("run", path, "-o", out, ranks=3)
    wait_until_done(dufm, process, out, 3)
    pid = process.pid if target == "mpirun" else ranks_of(process)[int(target[-1])]
    os.kill(pid, signal.SIGUSR1)
    _, text = process.communicate(timeout=20)
    assert process.returncode == 75, text
    assert text.count("run the same command again") == 1, text
    finished = (column(out, "status") == DONE).sum()
    assert 3 <= finished < LONGER_POINTS
    dufm("run", path, "-o", out, ranks=2)
    assert_same_results(out, whole)


@pytest.mark.parametrize("ranks, rows", [(None, 2), (3, 30)])
def test_killed_run_is_completed(dufm, sweep, whole, no_litter, ranks, rows):
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    process = dufm.start("run", path, "-o", out, ranks=ranks)
    wait_until_done(dufm, process, out, rows)
    kill_all(process)
    finished = column(out, "status") == DONE
    assert rows <= finished.sum() < LONGER_POINTS
    kept = column(out, "checksum")[finished].tobytes()
    resume(dufm, path, ranks)
    assert column(out, "checksum")[finished].tobytes() == kept
    assert_same_results(out, whole)


def test_one_killed_rank_ends_the_job(dufm, sweep, whole, no_litter):
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    process = dufm.start("run", path, "-o", out, ranks=3)
    wait_until_done(dufm, process, out, 3)
    pids = ranks_of(process)
    os.kill(pids[2], signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode not in (0, 3, 75)
    resume(dufm, path, 3)
    assert_same_results(out, whole)
