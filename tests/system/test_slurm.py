"""Sweeps as jobs of a real Slurm with emulated nodes (slurm_cluster.py).

Jobs wait far more than they compute. So they are all queued at the beginning, and what is done to
some of them goes on side by side; the tests then look at one after the other.
"""
import concurrent.futures
import json
import os
import re
import signal
import time

import pytest
from slurm_cluster import Cluster, missing, wait_for
from slurm_jobs import Plain, check_whole, done_points, log, numbers, queue, wait_for_points, work
from sweeps import DONE, SMALL, SMALL_POINTS, assert_same_results, column

WINDOW = 20  # seconds of a try that runs out of time: a start in it may be slow; "long" takes twice 24

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no Slurm here: {missing()} missing")


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def plain(cluster, tmp_path_factory):
    plain = Plain(cluster, tmp_path_factory.mktemp("plain"))
    for name in ("small", "steady", "long"):
        plain.make(name)
    return plain


# --- what happens to jobs -------------------------------------------------------------------

def requeued_by_hand(cluster, plain):
    number = queue(cluster, "steady", "requeued.h5", "--ntasks-per-node", 3)
    wait_for_points(cluster, "requeued.h5", 5)
    cluster("scontrol", "requeue", number)
    check_whole(cluster, plain, number, "steady", "requeued.h5")
    assert cluster.job(number)["Restarts"] == "1"
    assert "points are done already" in log(cluster, "requeued.h5")


def preempted_twice(cluster, plain):
    """By jobs of a partition that goes first, which take the only node it may have."""
    number = queue(cluster, "steady", "preempted.h5", "--ntasks-per-node", 3, "--",
                   "--nodelist=n3", "--exclusive")
    for restarts in ("1", "2"):
        cluster.wait_for_state(number, "RUNNING")
        wait_for_points(cluster, "preempted.h5", done_points(cluster, "preempted.h5") + 3)
        cluster("sbatch", "--partition=urgent", "--nodelist=n3", "--exclusive",
                "--output=/dev/null", "--wrap=sleep 1")
        wait_for(lambda: cluster.job(number)["Restarts"] == restarts, "the preemption")
    check_whole(cluster, plain, number, "steady", "preempted.h5")
    assert cluster.job(number)["Restarts"] == "2"


def warned_long_before_the_limit(cluster, plain):
    """As a preemption with a warning is: the job queues itself, its points go on."""
    number = queue(cluster, "long", "warned.h5", "--ntasks-per-node", 2)
    wait_for_points(cluster, "warned.h5", 0)
    time.sleep(WINDOW / 2)
    cluster("scancel", "--batch", "--signal=USR1", number)
    check_whole(cluster, plain, number, "long", "warned.h5")
    text = log(cluster, "warned.h5")
    assert "preempted with work left; queued again (time limits 0, faults 0, preemptions 1)" in text
    assert "checkpoint of points under way" in text


def cancelled_then_submitted_again(cluster, plain):
    number = queue(cluster, "steady", "cancelled.h5", "--ntasks-per-node", 3)
    wait_for_points(cluster, "cancelled.h5", 5)
    cluster("scancel", number)
    cluster.wait_for_state(number, "CANCELLED")
    wait_for(lambda: not cluster.find(number, "dufm run"), "ranks to be gone")
    cluster("dufm", "verify", "cancelled.h5")
    assert (column(work(cluster, "cancelled.h5"), "status") == DONE).sum() >= 5
    second = queue(cluster, "steady", "cancelled.h5", "--ntasks-per-node", 3)
    check_whole(cluster, plain, second, "steady", "cancelled.h5")
    assert cluster.job(number)["Restarts"] == "0"


def a_rank_is_killed(cluster, plain):
    number = queue(cluster, "steady", "rank.h5", "--nodes", 2, "--ntasks-per-node", 2)
    wait_for_points(cluster, "rank.h5", 5)
    os.kill(cluster.find(number, "dufm run .*rank.h5")[-1], signal.SIGKILL)
    check_whole(cluster, plain, number, "steady", "rank.h5")
    assert "faults 1" in log(cluster, "rank.h5")


def a_slurmstepd_is_killed(cluster, plain):
    """Its launcher may wait for it for ever: nothing is written any more."""
    number = queue(cluster, "steady", "step.h5", "--nodes", 2, "--ntasks-per-node", 2,
                   DUFM_STALL_MINUTES=str(2 * WINDOW / 60))
    wait_for_points(cluster, "step.h5", 5)
    os.kill(cluster.steps(number)[-1], signal.SIGKILL)
    check_whole(cluster, plain, number, "steady", "step.h5")


def lose_a_node(cluster, plain, output, **environment):
    number = queue(cluster, "steady", output, "--partition=frail", "--nodes", 2,
                   "--ntasks-per-node", 2, "--", "--exclusive", **environment)
    wait_for_points(cluster, output, 3)
    lost = re.findall(r"\d", cluster.job(number)["NodeList"])[-1]
    cluster.lose(f"n{lost}")
    check_whole(cluster, plain, number, "steady", output)
    assert cluster.job(number)["Restarts"] == "1"
    assert lost not in cluster.job(number)["NodeList"]


def a_node_under_srun_is_lost(cluster, plain):
    """The job is requeued by Slurm, once the node counts as down."""
    lose_a_node(cluster, plain, "lost_srun.h5")


def a_node_under_mpirun_is_lost(cluster, plain):
    """The job queues itself at once."""
    lose_a_node(cluster, plain, "lost_mpirun.h5", LAUNCHER="mpirun --quiet")
    assert "faults 1" in log(cluster, "lost_mpirun.h5")


def ten_at_once(cluster, plain):
    for i in range(10):
        work(cluster, f"ten{i}.yaml").write_text(SMALL)
    jobs = numbers(cluster.submit(*(f"ten{i}.yaml" for i in range(10))).stdout)
    assert len(set(jobs)) == 10
    for i, number in enumerate(jobs):
        check_whole(cluster, plain, number, "small", f"ten{i}.h5")


def a_chain_of_sweeps(cluster, plain):
    for name in ("first", "second"):
        work(cluster, f"{name}.yaml").write_text(SMALL)
    jobs = numbers(cluster.submit("first.yaml", "second.yaml", "--chain").stdout)
    for name, number in zip(("first", "second"), jobs):
        check_whole(cluster, plain, number, "small", f"{name}.h5")
    first, second = (cluster.job(number) for number in jobs)
    assert first["EndTime"] <= second["StartTime"]


def an_ordinary_user(cluster, plain):
    folder = work(cluster, "nobody")
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    shown = cluster.submit("../small.yaml", "--nodes=2", user="nobody", cwd=folder).stdout
    [number] = numbers(shown)
    cluster.wait_for_state(number, "COMPLETED", "FAILED")
    assert "completed" in (folder / "small.h5.log").read_text()
    assert cluster.job(number)["UserId"] == "nobody(65534)"
    assert (folder / "small.h5").stat().st_uid == 65534
    assert_same_results(folder / "small.h5", plain["small"])


ROOT_ONLY = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; "
                                                        "all others ran as an ordinary one")
EVENTS = [a_node_under_srun_is_lost, a_node_under_mpirun_is_lost, a_slurmstepd_is_killed, preempted_twice, requeued_by_hand,
          warned_long_before_the_limit, cancelled_then_submitted_again, a_rank_is_killed,
          a_chain_of_sweeps, pytest.param(an_ordinary_user, marks=ROOT_ONLY), ten_at_once]
LAYOUTS = [(launcher, nodes) for launcher in ("srun", "mpirun") for nodes in (1, 2, 3)]


@pytest.fixture(scope="module")
def jobs(cluster, plain):
    """Numbers of jobs that need no looking after: of every layout, and those that run out of
    time: WINDOW seconds after they began by themselves, or up to half a minute before the
    limit, warned by Slurm."""
    jobs, short = {}, {"DUFM_WARNING": str(120 - WINDOW)}
    late = ["--time=2", "--", "--signal=B:USR1@1"]
    jobs["limit"] = queue(cluster, "long", "limit.h5", *late, **short)
    jobs["follow"] = queue(cluster, "long", "follow.h5", *late, "--no-requeue", **short)
    jobs["vain"] = queue(cluster, "endless", "vain.h5", *late,
                         DUFM_RUN_OPTIONS="--checkpoint 0", **short)
    jobs["signal"] = queue(cluster, "endless", "signal.h5", "--time=1", "--", "--signal=B:USR1@1",
                           DUFM_WARNING="0", DUFM_MAX_RESTARTS="1")
    for launcher, nodes in LAYOUTS:
        chosen = {"LAUNCHER": "mpirun --quiet"} if launcher == "mpirun" else {}
        jobs[launcher, nodes] = queue(cluster, "small", f"{launcher}{nodes}.h5", "--nodes", nodes,
                                      "--ntasks-per-node", 2, **chosen)
    return jobs


@pytest.fixture(scope="module", autouse=True)
def events(cluster, plain, jobs):
    """All that happens to jobs, under way or over, by what it is."""
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        plain_functions = [getattr(event, "values", [event])[0] for event in EVENTS]
        yield {function: pool.submit(function, cluster, plain) for function in plain_functions
               if function is not an_ordinary_user or os.getuid() == 0}


@pytest.mark.parametrize("launcher, nodes", LAYOUTS)
def test_launchers_and_nodes(cluster, plain, jobs, events, launcher, nodes):
    output = f"{launcher}{nodes}.h5"
    check_whole(cluster, plain, jobs[launcher, nodes], "small", output)
    assert f": {launcher} " in log(cluster, output)
    facts = json.loads(cluster("dufm", "status", output, "--json").stdout)
    assert facts["launch"]["ranks"] == 2 * nodes


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_is_lost(events, event):
    events[event].result()


def test_time_limits(cluster, plain, jobs):
    check_whole(cluster, plain, jobs["limit"], "long", "limit.h5")
    assert int(cluster.job(jobs["limit"])["Restarts"]) >= 2
    assert "checkpoint of points under way" in log(cluster, "limit.h5")


def test_jobs_follow_each_other_where_requeueing_is_forbidden(cluster, plain, jobs):
    def last():
        line = log(cluster, "follow.h5").splitlines()[-1]
        return line if "completed" in line or "gave up" in line else None
    number = wait_for(last, "the end of the jobs").split()[2].rstrip(":")
    assert number != jobs["follow"]
    check_whole(cluster, plain, number, "long", "follow.h5")


def test_gives_up_when_nothing_comes_of_it(cluster, jobs):
    cluster.wait_for_state(jobs["vain"], "FAILED")
    assert "gave up: stopped before the time limit with work left, and no point was finished " \
        "or saved since the last try (1 points left)" in log(cluster, "vain.h5").splitlines()[-1]
    job = cluster.job(jobs["vain"])
    assert job["Restarts"] == "1" and job["ExitCode"] == "75:0"


def test_gives_up_when_slurm_warned_it_often_enough(cluster, jobs):
    cluster.wait_for_state(jobs["signal"], "FAILED")
    text = log(cluster, "signal.h5")
    assert "warned and stopped before the time limit with work left; queued again" in text
    assert "1 checkpoint of points under way" in text
    assert "for the 2. time (DUFM_MAX_RESTARTS is 1; 1 points left)" in text.splitlines()[-1]


def test_tasks_that_cannot_find_each_other_are_refused(cluster, plain):
    """srun without PMI: none of them may take itself for the only one."""
    done = cluster("srun", "--mpi=none", "-n", 2, "dufm", "run", "small.yaml", "-o", "none.h5",
                   check=False)
    assert done.returncode != 0 and "PMI" in done.stderr
    assert not work(cluster, "none.h5").exists()
    alone = cluster("srun", "--mpi=none", "-n", 1, "dufm", "run", "small.yaml", "-o", "alone.h5")
    assert f"{SMALL_POINTS} points run" in alone.stderr
    cluster("sbatch", "--wait", "-n", 2, "--output=/dev/null",
            "--wrap=dufm run small.yaml -o batch.h5")
    assert (column(work(cluster, "batch.h5"), "status") == DONE).all()
