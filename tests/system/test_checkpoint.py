"""Long points are left under way and gone on with: same bits, no file left over."""
import contextlib
import os
import random
import signal
import time

import pytest
from halting import seconds_of_work, state, wait_for
from sweeps import DONE, ENDLESS, assert_same_results, column

# Six descents of about half a second, of both optimizers, with history and a final decay.
LONG = """
name: long
grid:
  optimizer: [gd, momentum]
  seed: {range: [0, 2]}
point: {depth: 4, width: 40, classes: 10, samples: 5, lambda: 0.004, learning_rate: 0.4, momentum: 0.5,
        max_steps: MAX_STEPS, stop_loss_change: 0, decay_steps: 300}
output: {history: 32, weights: true}
"""


def text(max_steps=6000):
    return LONG.replace("MAX_STEPS", str(max_steps))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The file of a run that was left alone."""
    from conftest import Program
    folder = tmp_path_factory.mktemp("whole")
    (folder / "sweep.yaml").write_text(text())
    Program(folder)("run", "sweep.yaml", "-o", "whole.h5", ranks=2)
    return folder / "whole.h5"


def checkpoints(dufm):
    folder = dufm.folder / "out.h5.checkpoints"
    return sorted(folder.glob("*.checkpoint")) if folder.exists() else []


def saves(dufm):
    """The checkpoints that are there, each time that one is saved another one."""
    found = set()
    for path in checkpoints(dufm):
        with contextlib.suppress(FileNotFoundError):  # its point has ended meanwhile
            found.add((path.name, path.stat().st_mtime_ns))
    return found


def wait_for_checkpoint(dufm, process, before=frozenset()):
    """Until one is saved that was not there before."""
    wait_for(lambda: saves(dufm) - before, process, pause=0.002)


def halt_at_checkpoint(dufm, process):
    """Halt a process while there is one."""
    wait_for_checkpoint(dufm, process)
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: state(process.pid) == "T", process)
    if not checkpoints(dufm):
        process.send_signal(signal.SIGCONT)
        halt_at_checkpoint(dufm, process)


def interrupt(dufm, path, seconds, ranks, *options, out="out.h5"):
    """Run, send USR1 that many seconds after points began (None: when one was saved since); exit
    code and what was said."""
    before = saves(dufm)
    process = dufm.start("run", path, "-o", out, *options, ranks=ranks)
    begun = ""
    while " to run on " not in begun:
        # Past the buffer of process.stderr, which communicate does not know of.
        piece = os.read(process.stderr.fileno(), 65536).decode()
        assert piece, begun
        begun += piece
    if seconds is None:
        wait_for_checkpoint(dufm, process, before)
    else:
        time.sleep(seconds)
    process.send_signal(signal.SIGUSR1)
    _, said = process.communicate(timeout=180)
    if ranks and process.returncode == -signal.SIGUSR1:
        # mpirun itself no longer minds a signal when it is about to end: there is nothing left.
        assert (column(dufm.folder / out, "status") == DONE).all(), begun + said
        return 0, begun + said
    return process.returncode, begun + said


def test_interrupted_at_random_with_changing_ranks(dufm, sweep, whole):
    path, out, chance = sweep(text()), dufm.folder / "out.h5", random.Random(5)
    seen = tries = 0
    code = 75
    while code == 75:
        tries += 1
        assert tries < 100
        # Longer and longer, so that a slow machine, too, gets somewhere.
        seconds = chance.uniform(0.05, 0.5) * (1 + tries / 20) if tries > 3 else None
        code, said = interrupt(dufm, path, seconds, 1 + tries % 3,
                               "--checkpoint", "0.02")
        assert code in (0, 75), said
        seen += len(checkpoints(dufm))
    assert seen >= 3
    dufm("run", path, "-o", out)
    assert_same_results(out, whole)
    assert not (dufm.folder / "out.h5.checkpoints").exists()
    assert dufm("verify", out).stdout.endswith("whole\n")


# Optimizers and schedules that remember more: moments, pairs, a rate found on the way.
MINDFUL = """
name: mindful
zip:
  optimizer: [adam, lbfgs, gd, gd]
  learning_rate: [0.005, 1, 0.4, 0.4]
  schedule: [cosine, constant, inverse, auto]
point: {depth: 4, width: 40, classes: 10, samples: 5, lambda: 0.004, max_steps: 2500, stop_loss_change: 0,
        stop_gradient: 0, decay_steps: 300}
output: {history: 32, weights: true}
"""


def test_every_memory_is_saved(dufm, sweep):
    path, out = sweep(MINDFUL), dufm.folder / "out.h5"
    dufm("run", path, "-o", "whole.h5")
    chance, code, seen = random.Random(3), 75, 0
    for tries in range(60):
        seconds = chance.uniform(0.05, 0.4) * (1 + tries / 5) if seen > 2 else None
        code, said = interrupt(dufm, path, seconds, None, "--checkpoint", "0.02")
        assert code in (0, 75), said
        if code == 0:
            break
        seen += len(checkpoints(dufm))
    assert code == 0 and seen >= 3
    assert_same_results(out, dufm.folder / "whole.h5")


def test_killed_after_periodic_checkpoints(dufm, sweep, whole):
    path, out = sweep(text()), dufm.folder / "out.h5"
    process = dufm.start("run", path, "-o", out, "--checkpoint", "0.02")
    halt_at_checkpoint(dufm, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (dufm.folder / "out.h5.checkpoints" / "0-1.checkpoint.tmp").write_text("half")
    again = dufm("run", path, "-o", out)
    assert "checkpoint of points under way" in again.stderr
    assert_same_results(out, whole)
    assert not (dufm.folder / "out.h5.checkpoints").exists()


def test_cheap_points_are_run_again(dufm, sweep, fault_library):
    """By default nothing is saved of a point that has run for less than a second: this one gets its
    signal when its first record, of ten class means, is taken."""
    process = dufm.start("run", sweep(text()), "-o", "out.h5", preload=[fault_library], FAULT_ROWS=10,
                         FAULT_SIGNAL=int(signal.SIGUSR1), FAULT_ONCE="told")
    _, said = process.communicate(timeout=180)
    assert process.returncode == 75, said
    assert not checkpoints(dufm)


@pytest.mark.parametrize("options, saved", [((), 1), (("--checkpoint", "0"), 0)],
                         ids=["by default", "switched off"])
def test_interruption_saves_a_long_point(dufm, sweep, options, saved):
    process = dufm.start("run", sweep(ENDLESS), "-o", "out.h5", *options)
    wait_for(lambda: seconds_of_work(process.pid) > 2, process)
    process.send_signal(signal.SIGUSR1)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 75, said
    assert len(checkpoints(dufm)) == saved


@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_unusable_checkpoint_costs_only_time(dufm, sweep, whole, damage):
    path, out = sweep(text()), dufm.folder / "out.h5"
    code, said = interrupt(dufm, path, None, None, "--checkpoint", "0.02")
    assert code == 75, said
    victim = checkpoints(dufm)[0]
    data = bytearray(victim.read_bytes())
    if damage == "flipped":
        data[len(data) // 2] ^= 1
    else:
        del data[-100:]
    victim.write_bytes(data)
    again = dufm("run", path, "-o", out)
    assert "its point starts anew" in again.stderr and victim.name in again.stderr
    assert_same_results(out, whole)
    assert not victim.exists()


def test_folder_that_is_none_is_refused(dufm, sweep):
    (dufm.folder / "out.h5.checkpoints").write_text("in the way")
    failed = dufm("run", sweep(text()), "-o", "out.h5", expect=1)
    assert "out.h5.checkpoints: Not a directory" in failed.stderr


def test_rate_of_saving_is_checked(dufm, sweep):
    failed = dufm("run", sweep(text()), "--checkpoint", "-1", expect=2)
    assert "--checkpoint needs seconds" in failed.stderr


def test_a_raised_limit_is_gone_on_with(dufm, sweep, whole):
    """Points that ended at max_steps go on from there, as if the limit had always been so."""
    path, out = sweep(text(2000)), dufm.folder / "out.h5"
    dufm("run", path, "-o", out, "--keep-unfinished", ranks=2)
    assert len(checkpoints(dufm)) == 6
    later = sweep(text(), "later.yaml")
    refused = dufm("run", later, "-o", out, expect=2)
    assert "holds another sweep" in refused.stderr and "max_steps" in refused.stderr
    again = dufm("run", later, "-o", out, "--keep-unfinished", ranks=2)
    assert "6 checkpoints of points under way" in again.stderr
    assert "grown from 6 to 6 points, 6 new, 6 removed" in again.stderr
    assert list(column(out, "result_hash")[6:].flatten()) == list(
        column(whole, "result_hash").flatten())
    assert column(out, "steps").tolist() == 6 * [2300] + 6 * [6300]
    assert len(checkpoints(dufm)) == 6 and all("-6000." in path.name for path in checkpoints(dufm))


def test_what_a_kill_left_of_a_finished_point_goes(dufm, sweep):
    """Killed between the commit of a row and the removal of its checkpoint."""
    path, out = sweep(text()), dufm.folder / "out.h5"
    code, said = interrupt(dufm, path, None, None, "--checkpoint", "0.02")
    assert code == 75, said
    left = checkpoints(dufm)[0]
    data = left.read_bytes()
    dufm("run", path, "-o", out)
    assert not left.parent.exists()
    left.parent.mkdir()
    left.write_bytes(data)
    dufm("run", path, "-o", out)  # nothing to do but to tidy up
    assert not left.parent.exists()
