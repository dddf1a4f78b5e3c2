"""dufm status beside a Slurm that answers, does not know, does not answer, or is not there."""
import json
import time

import h5py
import pytest
from sweeps import SMALL, SMALL_POINTS

RUNS = 'echo "RUNNING|1-02:03:04|None"'
WAITS = 'echo "PENDING|10:00|BeginTime"'
GONE = 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1'


@pytest.fixture
def unfinished(dufm, sweep):
    """A file that job 12 left with a point to do, on another machine. Returns a function that
    puts a squeue on the PATH and takes the status."""
    dufm.environment["SLURM_JOB_ID"] = "12"
    dufm("run", sweep(SMALL), "-o", "out.h5", "-q")
    with h5py.File(dufm.folder / "out.h5", "r+") as file:
        file["status"][0] = 0
        file["launch_host"][0, 0] = b"?"
        an_hour_ago = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
        for i, letter in enumerate(an_hour_ago.encode()):
            file["launch_start"][0, i] = bytes([letter])

    def look(script, *options):
        squeue = dufm.folder / "squeue"
        squeue.write_text(f'#!/bin/sh\necho "$@" >>{dufm.folder}/asked\n{script}\n')
        squeue.chmod(0o755)
        dufm.environment["PATH"] = f"{dufm.folder}:/usr/bin:/bin"
        return dufm("status", "out.h5", *options).stdout
    return look


@pytest.mark.parametrize("script, state, job", [
    (RUNS, "running", {"id": "12", "state": "RUNNING", "reason": None, "time_left": 93784.0}),
    (WAITS, "queued", {"id": "12", "state": "PENDING", "reason": "BeginTime", "time_left": 600.0}),
    ('echo "PENDING|UNLIMITED|Resources|x"', "queued",
     {"id": "12", "state": "PENDING", "reason": "Resources|x", "time_left": None}),
    ('echo "CANCELLED|0:00|None"', "stopped",
     {"id": "12", "state": "CANCELLED", "reason": None, "time_left": 0.0}),
    (GONE, "stopped", {"id": "12", "state": "GONE", "reason": None, "time_left": None}),
    ("exit 1", "unknown", None),
    ("echo 'Unable to contact slurm controller' >&2; exit 1", "unknown", None),
    ("yes", "unknown", None),
    ("", "unknown", None),
])
def test_state_of_the_job(unfinished, dufm, script, state, job):
    facts = json.loads(unfinished(script, "--json"))
    assert (facts["state"], facts["job"]) == (state, job)
    assert facts["status"]["pending"] == 1 and facts["status"]["done"] == SMALL_POINTS - 1
    assert (dufm.folder / "asked").read_text().split()[:3] == ["-h", "-tall", "-j12"]


def test_text(unfinished):
    assert "  job          12, RUNNING, 1 d 2 h until its time limit\n" in unfinished(RUNS)
    assert "  job          12, PENDING (BeginTime)\n" in unfinished(WAITS)
    assert "  job " not in unfinished("exit 1")


def test_a_slurm_that_does_not_answer_is_not_waited_for(unfinished):
    start = time.monotonic()
    assert json.loads(unfinished("exec sleep 60", "--json"))["job"] is None
    assert time.monotonic() - start < 20


def test_a_running_job_on_another_machine_has_a_rate(unfinished):
    facts = json.loads(unfinished(RUNS, "--json"))
    assert facts["rate"] > 0 and facts["seconds_left"] > 0


def test_without_a_slurm(dufm, sweep):
    dufm.environment.update(SLURM_JOB_ID="12", PATH="/nowhere")
    dufm("run", sweep(SMALL), "-o", "out.h5", "-q")
    assert json.loads(dufm("status", "out.h5", "--json").stdout)["job"] is None


@pytest.mark.parametrize("job", ("pbs 12", "slurm", "slurm x", "slurm 1 --help", "slurm -1"))
def test_other_jobs_are_not_asked_for(unfinished, dufm, job):
    with h5py.File(dufm.folder / "out.h5", "r+") as file:
        text = job.encode().ljust(file["launch_job"].shape[1], b"\0")
        file["launch_job"][0] = [text[i:i + 1] for i in range(len(text))]
    assert json.loads(unfinished(RUNS, "--json"))["job"] is None
    assert not (dufm.folder / "asked").exists()
