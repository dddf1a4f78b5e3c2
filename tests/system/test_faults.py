"""Points that bring their process down: the sweep goes on, they are tried again, given up."""
import json
import os
import signal
import subprocess

import h5py
import pytest
from conftest import DUFM, ROOT, Program, library
from halting import HALTING_POINTS, seconds_of_work, state, wait_for
from sweeps import DONE, children, column, ranks_of

QUARANTINED = 4

# Every width is one point's own: 24 points of some milliseconds.
WIDTHS = """
name: widths
grid: {width: {range: [8, 31]}}
point: {depth: 3, classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.5, max_steps: 800}
output: {history: 4}
"""
POINTS, BAD_WIDTH, BAD_ROW = 24, 15, 7


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """Result hashes of a run without faults."""
    folder = tmp_path_factory.mktemp("healthy")
    (folder / "sweep.yaml").write_text(WIDTHS)
    Program(folder)("run", "sweep.yaml", "-o", "out.h5")
    return hashes(folder / "out.h5")


@pytest.fixture
def faulty(dufm, sweep, fault_library):
    """Run the sweep with faults: faulty(ranks, arguments..., SETTING=value) -> the process."""
    path = sweep(WIDTHS)

    def run(ranks, *arguments, start=False, **settings):
        names = {"ROWS": BAD_WIDTH, **settings}
        process = dufm.start("run", path, "-o", "out.h5", *arguments, ranks=ranks, preload=[fault_library],
                             **{f"FAULT_{key}": value for key, value in names.items()})
        if start:
            return process
        _, process.text = process.communicate(timeout=100)
        return process
    return run


def hashes(path):
    with h5py.File(path) as file:
        return [bytes(row.tobytes()) for row in file["result_hash"][()]]


def faults_of(dufm):
    return dufm.folder / "out.h5.faults"


def assert_others_are_whole(dufm, healthy, bad_rows):
    found = hashes(dufm.folder / "out.h5")
    assert [row for row in range(POINTS) if found[row] != healthy[row]] == sorted(bad_rows)
    assert "whole" in dufm("verify", "out.h5").stdout


@pytest.mark.parametrize("ranks", [None, 1, 2, 3])
def test_a_point_that_always_faults_is_quarantined(dufm, faulty, healthy, ranks):
    done = faulty(ranks)
    assert done.returncode == 3, done.text
    status = column(dufm.folder / "out.h5", "status")
    assert status[BAD_ROW] == QUARANTINED and (status == DONE).sum() == POINTS - 1
    assert_others_are_whole(dufm, healthy, [BAD_ROW])
    [failure] = json.loads(dufm("status", "out.h5", "--json").stdout)["failures"]
    assert failure == {"row": BAD_ROW, "point": f"width {BAD_WIDTH}", "status": "quarantined",
                       "reason": "signal_segv"}
    assert (f"row {BAD_ROW}: quarantined, signal_segv; width {BAD_WIDTH}"
            in dufm("status", "out.h5").stdout)
    assert "quarantined" in done.text and "1 failed" in done.text
    assert faults_of(dufm).stat().st_size == 3 * 32
    assert not (dufm.folder / "out.h5.lock").exists()

    again = dufm("run", "sweep.yaml", "-o", "out.h5", ranks=ranks, expect=3)
    assert "--retry-failed" in again.stderr
    dufm("run", "sweep.yaml", "-o", "out.h5", "--retry-failed", ranks=ranks)
    assert hashes(dufm.folder / "out.h5") == healthy
    assert not faults_of(dufm).exists()
    assert set(column(dufm.folder / "out.h5", "failure")) == {0}


@pytest.mark.parametrize("ranks, number, reason", [
    (None, signal.SIGABRT, "abort"), (None, signal.SIGFPE, "fpe"), (None, signal.SIGILL, "ill"),
    (None, signal.SIGBUS, "bus"), (3, signal.SIGABRT, "abort")])
def test_every_fatal_signal(dufm, faulty, healthy, ranks, number, reason):
    done = faulty(ranks, SIGNAL=int(number))
    assert done.returncode == 3, done.text
    assert_others_are_whole(dufm, healthy, [BAD_ROW])
    shown = dufm("show", "out.h5", "--where", f"width == {BAD_WIDTH}", "--columns",
                 "status,failure", "--csv").stdout
    assert f"signal_{reason}" in shown and "quarantined" in shown


@pytest.mark.parametrize("ranks", [None, 2, 3])
def test_a_point_that_faults_once_is_done_in_the_end(dufm, faulty, healthy, ranks):
    done = faulty(ranks, ONCE="once")
    assert done.returncode == 0, done.text
    assert hashes(dufm.folder / "out.h5") == healthy
    assert (dufm.folder / f"once-{BAD_WIDTH}").exists() and not faults_of(dufm).exists()


def test_deaths_of_a_removed_file_are_forgotten(dufm, faulty, healthy):
    assert faulty(None).returncode == 3
    (dufm.folder / "out.h5").unlink()
    assert faults_of(dufm).exists()
    dufm("run", "sweep.yaml", "-o", "out.h5", ranks=2)
    assert hashes(dufm.folder / "out.h5") == healthy
    assert not faults_of(dufm).exists()


def test_a_program_that_begins_anew_takes_its_own_lock_over(dufm, sweep, healthy, fault_library,
                                                            tmp_path):
    """Where there are no locks, its number in the lock file is that of a living process."""
    process = dufm.start("run", sweep(WIDTHS), "-o", "out.h5", FAULT_ROWS=BAD_WIDTH, HOSTILE_LOCKS="none",
                         preload=[fault_library, library("hostile", tmp_path)])
    _, text = process.communicate(timeout=180)
    assert process.returncode == 3, text
    assert_others_are_whole(dufm, healthy, [BAD_ROW])


@pytest.mark.parametrize("ranks", [None, 3, 4])
def test_several_faulty_points(dufm, faulty, healthy, ranks):
    """More of them than there are workers: rank 0 takes over what is short."""
    done = faulty(ranks, ROWS="9,15,22,30")
    assert done.returncode == 3, done.text
    assert_others_are_whole(dufm, healthy, [1, 7, 14, 22])
    assert faults_of(dufm).stat().st_size == 12 * 32
    if ranks:
        assert "no worker is left" in done.text


# Six points that take hours by their steps, and none in fact; the widest come first.
HOURS = """
name: hours
grid: {width: {range: [8, 13]}}
point: {depth: 3, classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.5, max_steps: 500000000,
        stop_loss_change: 0.5}
"""
WIDEST = "10,11,12,13"


def test_a_job_goes_on_where_no_worker_is_left(dufm, sweep, fault_library):
    """The next launches have their workers; of those two take two faulty points with them each.
    The script of slurm/, with a Slurm that does as it is told, begins them."""
    programs = dufm.folder / "bin"
    programs.mkdir()
    for name, text in {"squeue": 'case "$*" in *%T*) echo RUNNING ;; *) echo 1:00:00 ;; esac',
                       "scontrol": 'echo "$*" >>requeued'}.items():
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    environment = dict(dufm.environment, PATH=f"{programs}:{os.environ['PATH']}", SLURM_JOB_ID="7",
                       LAUNCHER="mpirun --quiet -n 3", FAULT_ROWS=WIDEST,
                       DUFM=f"env LD_PRELOAD={fault_library} {DUFM}")

    def attempt():
        return subprocess.run(["bash", ROOT / "slurm" / "sweep.sbatch", sweep(HOURS), "out.h5"],
                              cwd=dufm.folder, env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=180)
    for tries in (1, 2):
        done = attempt()
        assert done.returncode == 75 and "queued again" in done.stdout, done.stdout
        assert "no worker is left; run the same command again" in done.stdout
        assert "stopped with 6 of 6 points left" in done.stdout
        assert not (dufm.folder / "out.h5.lock").exists()
        assert (dufm.folder / "requeued").read_text() == tries * "requeue 7\n"
    done = attempt()
    assert done.returncode == 3 and "completed with 4 failed points" in done.stdout, done.stdout
    assert "no worker is left" not in done.stdout
    out = dufm.folder / "out.h5"
    assert column(out, "status").tolist() == 2 * [DONE] + 4 * [QUARANTINED]
    assert faults_of(dufm).stat().st_size == 12 * 32
    dufm("run", "sweep.yaml", "-o", "out.h5", "--retry-failed")
    dufm("run", "sweep.yaml", "-o", "whole.h5")
    assert hashes(out) == hashes(dufm.folder / "whole.h5")


@pytest.mark.parametrize("ranks", [None, 3])
def test_max_failures(dufm, faulty, healthy, ranks):
    done = faulty(ranks, "--max-failures", 1, ROWS="9,15,22")
    assert done.returncode == 1, done.text
    assert "more than --max-failures 1" in done.text and "--retry-failed" in done.text
    assert (column(dufm.folder / "out.h5", "status") == QUARANTINED).sum() == 2
    assert not (dufm.folder / "out.h5.lock").exists()
    done = faulty(ranks, "--max-failures", 1, ROWS="9,15,22")  # one is left
    assert done.returncode == 3, done.text
    dufm("run", "sweep.yaml", "-o", "out.h5", "--retry-failed", ranks=ranks)
    assert hashes(dufm.folder / "out.h5") == healthy


@pytest.mark.parametrize("count", ["-1", "-2", "few"])
def test_max_failures_is_a_number_of_points(dufm, sweep, count):
    refused = dufm("run", sweep(WIDTHS), "-o", "out.h5", "--max-failures", count, expect=2)
    assert "--max-failures" in refused.stderr and not (dufm.folder / "out.h5").exists()


def all_but_the_suspect_are_done(dufm):
    out = dufm.folder / "out.h5"
    return out.exists() and (column(out, "status") == DONE).sum() == POINTS - 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_child_does_not_count(dufm, faulty, healthy, number):
    process = faulty(None, start=True, ONCE="once", SLEEP=60)
    wait_for(lambda: all_but_the_suspect_are_done(dufm), process)
    wait_for(lambda: [state(child) for child in children(process.pid)] == ["S"], process)
    [child] = children(process.pid)  # it is asleep in its decomposition
    os.kill(child, number)
    _, text = process.communicate(timeout=180)
    assert process.returncode == 75, text
    assert "was killed" in text and "1 of 24 points left" in text
    assert faults_of(dufm).stat().st_size == 32
    dufm("run", "sweep.yaml", "-o", "out.h5")
    assert hashes(dufm.folder / "out.h5") == healthy


# The last point takes a second or two, the other one none; it has more classes.
LONG_SUSPECT = """
name: long-suspect
zip: {classes: [4, 5], max_steps: [200, 1000000]}
point: {depth: 3, width: 9, samples: 2, lambda: 0.004, learning_rate: 0.5, stop_loss_change: 0,
        stop_gradient: 0}
output: {history: 4}
"""
AT_FIRST = {"ROWS": 5, "ONCE": "once"}  # it faults at its first record


def checkpoints(dufm):
    return sorted(path.name for path in dufm.folder.glob("out.h5.checkpoints/*.checkpoint"))


@pytest.mark.parametrize("ranks", [None, 3])
def test_a_stop_while_a_suspect_runs(dufm, faulty, sweep, ranks):
    """It is saved, and goes on from there to the same bits."""
    sweep(LONG_SUSPECT)
    process = faulty(ranks, "--checkpoint", 0.02, start=True, **AT_FIRST)
    wait_for(lambda: list(dufm.folder.glob("out.h5.checkpoints/*-1000000.checkpoint")), process)
    process.send_signal(signal.SIGUSR1)
    _, text = process.communicate(timeout=180)
    assert process.returncode == 75, text
    assert "1 of 2 points left" in text and len(checkpoints(dufm)) == 1
    assert not (dufm.folder / "out.h5.lock").exists()
    assert faults_of(dufm).stat().st_size == 32
    again = dufm("run", "sweep.yaml", "-o", "out.h5", ranks=ranks)
    assert "1 checkpoint of points under way" in again.stderr
    assert not (dufm.folder / "out.h5.checkpoints").exists()
    dufm("run", "sweep.yaml", "-o", "whole.h5", ranks=2)
    assert hashes(dufm.folder / "out.h5") == hashes(dufm.folder / "whole.h5")


def test_a_stop_saves_a_suspect(dufm, faulty, sweep):
    """Where none was due before: like other points, once it has run for a second."""
    sweep(LONG_SUSPECT.replace("1000000", "500000000"))
    process = faulty(None, start=True, **AT_FIRST)
    wait_for(lambda: any(seconds_of_work(child) > 1.2 for child in children(process.pid)), process)
    process.send_signal(signal.SIGUSR1)
    _, text = process.communicate(timeout=180)
    assert process.returncode == 75, text
    assert len(checkpoints(dufm)) == 1
    assert column(dufm.folder / "out.h5", "status").tolist() == [DONE, 0]


def test_the_state_of_a_suspect_is_kept(dufm, faulty, sweep):
    """As that of any point that ends at its limit."""
    sweep(LONG_SUSPECT.replace("1000000", "2000"))
    done = faulty(3, "--keep-unfinished", **AT_FIRST)
    assert done.returncode == 0 and "tried again" in done.text, done.text
    assert sorted(name.split("-")[1] for name in checkpoints(dufm)) == [
        "200.checkpoint", "2000.checkpoint"]


@pytest.mark.parametrize("ranks", [None, 3])
def test_nothing_is_left_of_a_suspect_that_is_given_up(dufm, faulty, sweep, ranks):
    """It faults at its end, after it was saved on the way."""
    sweep(LONG_SUSPECT.replace("width: 9", f"width: {BAD_WIDTH}").replace("1000000", "200000"))
    done = faulty(ranks, "--checkpoint", 0.02, ROWS=f"{BAD_WIDTH}")
    assert done.returncode == 3, done.text
    assert (column(dufm.folder / "out.h5", "status") == QUARANTINED).all()
    assert not (dufm.folder / "out.h5.checkpoints").exists()


@pytest.mark.parametrize("ranks, number", [(None, signal.SIGSEGV), (3, signal.SIGSEGV),
                                           (3, signal.SIGABRT), (3, signal.SIGKILL)])
def test_a_signal_from_outside_does_not_count(dufm, halted, ranks, number):
    run = halted(ranks=ranks)
    run.signal(number, ranks_of(run.process)[2] if ranks else run.process.pid)
    run.process.communicate(timeout=180)
    assert run.process.returncode not in (0, 3, 75)
    assert not faults_of(dufm).exists()
    dufm("run", "sweep.yaml", "-o", "out.h5", ranks=ranks)
    assert (column(dufm.folder / "out.h5", "status") == DONE).sum() == HALTING_POINTS
