"""dufm run --time-left: stops by the clock, begins nothing in vain, loses nothing."""
import shutil
import signal
import time

import pytest
from halting import HALTING_POINTS, EndedTooSoon, WaitedTooLong, wait_for
from sweeps import DONE, SMALL, assert_same_results, column

# One point that takes long on any machine and a few that take none.
MIXED = """
name: mixed
grid:
  max_steps: [100, 200, 1000000000]
point: {depth: 3, width: 12, classes: 6, lambda: 0.001, samples: 1, learning_rate: 0.1,
        stop_loss_change: 0, stop_gradient: 0}
"""


def halted_past_its_deadline(dufm, halted, ranks):
    """A run that has halted with time left, which then runs out; a slow machine gets more of it."""
    for seconds in (3, 10, 30):
        try:
            run = halted("--time-left", seconds, ranks=ranks, patience=seconds + 10)
            time.sleep(seconds)  # it counts from its own start
            return run
        except (EndedTooSoon, WaitedTooLong):  # the latter: one rank has halted, the other got no more work
            for left in [*dufm.folder.glob("out.h5*"), *dufm.folder.glob("halted-*")]:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    raise AssertionError("not even 30 s are enough to come to the middle")


@pytest.mark.parametrize("ranks", (None, 3))
def test_a_run_in_pieces_ends_with_the_same_file(dufm, halted, ranks):
    out = dufm.folder / "out.h5"
    run = halted_past_its_deadline(dufm, halted, ranks)
    run.go_on()
    assert "run the same command again" in run.end(75)
    assert 0 < (column(out, "status") == DONE).sum() < HALTING_POINTS
    dufm("run", "sweep.yaml", "-o", out, "--time-left", 3600, ranks=ranks)
    dufm("run", "sweep.yaml", "-o", "whole.h5", ranks=ranks)
    assert_same_results(out, dufm.folder / "whole.h5")


@pytest.mark.parametrize("ranks", (None, 2))
def test_what_cannot_end_is_not_begun(dufm, sweep, ranks):
    """The long point comes first by its length; without checkpoints it would be in vain."""
    done = dufm("run", sweep(MIXED), "-o", "out.h5", "--time-left", 60, "--checkpoint", 0,
                ranks=ranks, expect=75)
    assert "would not end in the time left: 1\n" in done.stderr
    assert list(column(dufm.folder / "out.h5", "status") == DONE) == [True, True, False]


def test_what_can_be_saved_is_begun(dufm, sweep):
    process = dufm.start("run", sweep(MIXED), "-o", "out.h5", "--time-left", 60, "--checkpoint", 0.05)
    wait_for(lambda: list(dufm.folder.glob("out.h5.checkpoints/*.checkpoint")), process)
    process.send_signal(signal.SIGUSR1)
    _, text = process.communicate(timeout=180)
    assert process.returncode == 75, text


def test_no_time_at_all(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5", "--time-left", 0, expect=75)
    assert not (column(dufm.folder / "out.h5", "status") == DONE).any()


def test_a_program_that_begins_anew_has_no_more_time(dufm, sweep):
    """After a point that brought it down it is told when it first began."""
    dufm.environment["DUFM_STARTED"] = f"{time.monotonic() - 100:.3f}"
    dufm("run", sweep(SMALL), "-o", "out.h5", "--time-left", 90, expect=75)
    assert not (column(dufm.folder / "out.h5", "status") == DONE).any()
    dufm("run", sweep(SMALL), "-o", "out.h5", "--time-left", 3600)


@pytest.mark.parametrize("seconds", ("-1", "soon", "nan"))
def test_nonsense(dufm, sweep, seconds):
    done = dufm("run", sweep(SMALL), "-o", "out.h5", "--time-left", seconds, expect=2)
    assert "--time-left" in done.stderr
