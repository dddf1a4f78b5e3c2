"""Only one job writes a file: who is refused, who waits, who takes over."""
import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import time

import pytest
from conftest import library
from halting import HALTING_POINTS, wait_for
from sweeps import DONE, ENDLESS, LONGER, column, ranks_of, wait_until_done


@pytest.fixture
def no_locks(tmp_path):
    """What makes a file system one that has no locks."""
    return {"preload": [library("hostile", tmp_path)], "HOSTILE_LOCKS": "none"}


def wait_until_gone(pid, seconds=20):
    """A killed process has its number until its parent, a new one, has noticed."""
    end = time.monotonic() + seconds
    while pathlib.Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, f"process {pid} is still there"
        time.sleep(0.05)


def has_open(pid, path):
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if os.readlink(descriptor) == str(path):
                return True
        except FileNotFoundError:
            pass  # closed meanwhile
    return False


def completes(dufm):
    """The same command again, as soon as killed ranks are gone, finishes the sweep."""
    dufm("run", "sweep.yaml", "-o", "out.h5", ranks=3)
    assert (column(dufm.folder / "out.h5", "status") == DONE).sum() == HALTING_POINTS
    assert not (dufm.folder / "out.h5.lock").exists()


def test_the_refusal_says_who_writes(dufm, halted):
    dufm.environment["JOB_ID"] = "4711"  # the one of these names that mpirun leaves alone
    run = halted(ranks=3)
    coordinator = ranks_of(run.process)[0]
    refusal = dufm("run", "sweep.yaml", "-o", "out.h5", ranks=2, expect=2).stderr
    launch = json.loads(dufm("status", "out.h5", "--json").stdout)["launch"]
    for fact in (f"host {socket.gethostname()}", f"pid {coordinator}",
                 "job sge 4711", f"since {launch['start']}"):
        assert fact in refusal
    assert refusal.count("dufm run: ") == 1
    run.signal(signal.SIGUSR1)
    run.end(75)  # it was not disturbed
    assert launch == json.loads(dufm("status", "out.h5", "--json").stdout)["launch"]


def test_an_orphan_holds_the_next_job_off(dufm, halted):
    """A rank that outlives its launcher for longer than a moment: the next job is refused."""
    run = halted(ranks=3)
    coordinator = ranks_of(run.process)[0]
    run.kill()
    with open(dufm.folder / "out.h5.lock", "rb") as lock:
        # As a rank that lives on does: byte 1, shared. (One that is stopped would be killed
        # with its launcher.)
        fcntl.fcntl(lock, fcntl.F_OFD_SETLK,
                    struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 1, 1, 0))
        refusal = dufm("run", "sweep.yaml", "-o", "out.h5", expect=2).stderr
        assert "a rank of it still runs" in refusal and f"pid {coordinator}" in refusal
    completes(dufm)


def test_a_writer_whose_launcher_is_gone_is_waited_for(dufm, sweep):
    """It will end in a moment: the next job takes over then, and is not refused meanwhile."""
    lock, command = dufm.folder / "out.h5.lock", ("run", sweep(ENDLESS), "-o", "out.h5")

    def writer():
        said = re.search(r"(?m)^pid (\d+)$", lock.read_text())
        return said and int(said[1])
    launcher = subprocess.Popen(["sh", "-c", '"$@" & wait', "sh", *dufm.command(*command)], cwd=dufm.folder,
                                env=dufm.environment, start_new_session=True, stderr=subprocess.DEVNULL)
    started = [launcher]
    try:
        wait_for(lambda: (dufm.folder / "out.h5").exists(), launcher)
        orphan = writer()
        launcher.kill()
        launcher.wait()
        for _ in range(2):
            started.append(dufm.start(*command))
            wait_for(lambda: has_open(started[-1].pid, lock), started[-1], pause=0.001)
        impatient, patient = started[1:]
        impatient.terminate()
        assert impatient.wait(timeout=60) == 75 and "stopped while waiting" in impatient.stderr.read()
        assert patient.poll() is None and writer() == orphan
        os.kill(orphan, signal.SIGKILL)
        wait_for(lambda: writer() == patient.pid, patient)
    finally:
        for process in started:
            dufm.kill_group(process)
            process.communicate()


def test_a_dead_jobs_lock_is_taken_over(dufm, halted):
    halted(ranks=3).kill()
    assert (dufm.folder / "out.h5.lock").exists()
    completes(dufm)


def test_without_locks_the_living_process_counts(dufm, halted, no_locks):
    run = halted(ranks=3, **no_locks)
    coordinator = ranks_of(run.process)[0]

    def again(code):
        process = dufm.start("run", "sweep.yaml", "-o", "out.h5", **no_locks)
        _, text = process.communicate(timeout=180)
        assert process.returncode == code, text
        return text
    refusal = again(2)
    assert "the file system has no locks" in refusal and f"pid {coordinator}" in refusal
    run.kill()
    wait_until_gone(coordinator)
    assert (dufm.folder / "out.h5.lock").exists()
    assert "never write one result file from two hosts" in again(0)
    assert not (dufm.folder / "out.h5.lock").exists()
    assert (column(dufm.folder / "out.h5", "status") == DONE).sum() == HALTING_POINTS


@pytest.mark.parametrize("first, second", [("link.h5", "out.h5"), ("out.h5", "link.h5")])
def test_a_link_and_what_it_leads_to_are_one_file(dufm, sweep, first, second):
    """A job under one of the names keeps others under the other away, and all that belongs to the file lies beside
    it, also while there is nothing yet that the link leads to."""
    place = dufm.folder / "place"
    place.mkdir()
    names = {"out.h5": "place/out.h5", "link.h5": "link.h5"}
    (dufm.folder / "link.h5").symlink_to("place/out.h5")
    text = LONGER.replace("40000", "4000000").replace("width: 12", "width: 40, decay_steps: 300")
    process = dufm.start("run", sweep(text), "-o", names[first], "--checkpoint", "0.1")
    try:
        wait_until_done(dufm, process, place / "out.h5", 0)
        for words in ["run", "sweep.yaml", "-o", names[second]], ["compact", names[second]]:
            said = dufm(*words, expect=2).stderr
            assert f"{names[second]} is being written by another job" in said, said
        end = time.monotonic() + 60
        while not list(place.glob("out.h5.checkpoints/*.checkpoint")):
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGUSR1)
        assert process.wait(timeout=180) == 75, process.stderr.read()
    finally:
        dufm.kill_group(process)
        process.communicate()
    assert (dufm.folder / "link.h5").is_symlink()
    assert {path.name for path in place.iterdir()} == {"out.h5", "out.h5.checkpoints"}
    assert not [path.name for path in dufm.folder.iterdir() if path.name.startswith("link.h5.")]


def test_a_link_stays_when_its_file_is_replaced(dufm, sweep):
    """By its compact form, and by a larger one when the sweep has grown; the new name keeps its place."""
    text = "name: x\ngrid: {seed: [0, 1]}\npoint: {depth: 2, width: 6, classes: 3, lambda: 0.01, max_steps: 50}\n"
    (dufm.folder / "place").mkdir()
    link, real = dufm.folder / "link.h5", dufm.folder / "place" / "out.h5"
    link.symlink_to("place/out.h5")
    dufm("run", sweep(text), "-o", link)
    assert link.is_symlink() and real.is_file() and not real.is_symlink()
    bytes_before = real.stat().st_size
    dufm("compact", "link.h5")
    assert link.is_symlink() and real.stat().st_size < bytes_before
    dufm("run", sweep(text.replace("0, 1]", "0, 1, 2]")), "-o", link, ranks=3)
    assert link.is_symlink() and (column(real, "status") == DONE).sum() == 3
    assert [path.name for path in real.parent.iterdir()] == ["out.h5"]


def test_a_file_of_several_names_is_not_written_to(dufm, sweep):
    path, out = sweep(LONGER.replace("40000", "400")), dufm.folder / "out.h5"
    dufm("run", path, "-o", "out.h5", "--quiet")
    os.link(out, dufm.folder / "other.h5")
    before = out.read_bytes()
    for ranks in None, 2:
        refusal = dufm("run", path, "-o", "other.h5", ranks=ranks, expect=2).stderr
        assert "other.h5 has 2 names (hard links)" in refusal and "mv other.h5.own other.h5" in refusal
    assert out.read_bytes() == before and not (dufm.folder / "other.h5.lock").exists()
    assert dufm("verify", "other.h5").stdout.endswith("whole\n")  # read it may be
    subprocess.run("cp other.h5 other.h5.own && mv other.h5.own other.h5", shell=True, cwd=dufm.folder, check=True)
    dufm("run", path, "-o", "other.h5")
