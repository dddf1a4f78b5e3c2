"""What slurm/submit refuses, how a job ends by what its launcher says, what status knows of it."""
import json
import shutil

import pytest
from slurm_cluster import Cluster, missing, wait_for
from slurm_jobs import Plain, log, queue, wait_for_points, work
from sweeps import SMALL
from test_faults import WIDTHS

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no Slurm here: {missing()} missing")

@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster(nodes=4)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def plain(cluster, tmp_path_factory):
    return Plain(cluster, tmp_path_factory.mktemp("plain"))


# --- what is refused ------------------------------------------------------------------------

def refused(cluster, *arguments, says, code=2, **environment):
    """slurm/submit queues nothing and says why."""
    done = cluster.submit(*arguments, check=False, **environment)
    assert (done.returncode, says in done.stderr) == (code, True), done.stdout + done.stderr
    assert "dufm-refused" not in cluster("squeue", "-h", "-o", "%j").stdout
    return done


def test_bad_sweeps_are_refused_by_the_plan(cluster, plain):
    work(cluster, "bad.yaml").write_text(SMALL.replace("depth", "deepth"))
    done = refused(cluster, "bad.yaml", "-o", "refused.h5", says="bad.yaml:")
    assert "deepth" in done.stderr
    refused(cluster, "small.yaml", "bad.yaml", says="bad.yaml:")  # nor is the good one queued
    refused(cluster, "none.yaml", "-o", "refused.h5", says="none.yaml: No such file")


@pytest.mark.parametrize("arguments, says", [
    ([], "no sweep file"), (["small.yaml", "steady.yaml", "-o", "refused.h5"], "one file"),
    (["small.yaml", "-o", "nowhere/refused.h5"], "no folder nowhere"),
    (["small.yaml", "--nodes", "some"], "'some'"), (["small.yaml", "--nodes"], "needs a value"),
    (["small.yaml", "--ranks", "3"], "unknown option --ranks"),
    (["small.yaml", "./small.yaml"], "two sweeps would write"),
])
def test_bad_usage(cluster, plain, arguments, says):
    refused(cluster, *arguments, says=says)


def test_without_a_slurm(cluster, plain):
    folder = work(cluster, "bin")
    folder.mkdir()
    for name in ("bash", "dirname"):
        (folder / name).symlink_to(shutil.which(name))
    refused(cluster, "small.yaml", "-o", "refused.h5", says="there is no Slurm here",
            PATH=str(folder))


def test_words_of_sbatch_are_passed_on(cluster, plain):
    refused(cluster, "small.yaml", "-o", "refused.h5", "--partition", "nowhere", code=1,
            says="invalid partition specified: nowhere")
    refused(cluster, "small.yaml", "-o", "refused.h5", "--", "--constraint=gold", code=1,
            says="Invalid feature specification")


def test_a_second_job_on_a_file(cluster, plain):
    number = queue(cluster, "small", "twice.h5", "--", "--hold")
    done = refused(cluster, "small.yaml", "-o", "./twice.h5", says=f"job {number} on")
    assert "is PENDING already" in done.stderr and f"scancel {number}" in done.stderr
    second = queue(cluster, "small", "twice.h5", "--again", "--", "--hold")
    cluster("scancel", number, second)
    cluster("scancel", queue(cluster, "small", "twice.h5", "--", "--hold"))


def test_what_would_be_queued(cluster, plain):
    shown = cluster.submit("small.yaml", "-o", "a b.h5", "--dry-run", "--nodes=2", "--qos", "q",
                           "--account=a", "--", "--exclude=n1").stdout
    assert "  sbatch --qos=q --account=a --nodes=2 " in shown
    for word in ("--ntasks-per-node=1", "--mem-per-cpu=", "--exclude=n1", "a\\ b.h5"):
        assert word in shown
    assert "dufm-a b" not in cluster("squeue", "-h", "-o", "%j").stdout
    assert "Examples:" in cluster.submit("--help").stdout


# --- how it ends ----------------------------------------------------------------------------

# A launcher that ends with the first code when the job begins, later with the second one; "run"
# runs the program.
LAUNCHER = """\
code=$1
[ "${SLURM_RESTART_COUNT:-0}" = 0 ] || code=$2
shift 2
[ "$code" = run ] && exec "$@"
exit "$code"
"""

ENDINGS = {  # codes, exit code of the job, restarts, its last words
    "lost_node": ("205 run", "0:0", "1", "completed: "),
    "cut_off": ("0 run", "0:0", "1", "completed: "),
    "lost_rank": ("137 137", "137:0", "1", "gave up: ended with 137: an error, a lost rank or "
                  "node, and no point was finished or saved since the last try"),
    "usage": ("2 run", "2:0", "0", "gave up: error 2, see above"),
    "no_program": ("127 run", "127:0", "0", "gave up: error 127, see above"),
}


def make_failures(cluster, plain, path):
    """The file of a sweep two of whose points brought their processes down."""
    (plain.work / "widths.yaml").write_text(WIDTHS)
    plain.dufm.environment.update(LD_PRELOAD=str(cluster.folder / "fault.so"), FAULT_ROWS="15,20")
    plain.dufm("run", plain.work / "widths.yaml", "-o", path, "-q", expect=3)
    del plain.dufm.environment["LD_PRELOAD"]


@pytest.fixture(scope="module")
def endings(cluster, plain):
    script = work(cluster, "launcher")
    script.write_text("#!/bin/sh\n" + LAUNCHER)
    script.chmod(0o755)
    jobs = {name: queue(cluster, "small", f"{name}.h5", LAUNCHER=f"{script} {case[0]}")
            for name, case in ENDINGS.items()}
    make_failures(cluster, plain, work(cluster, "failed.h5"))
    jobs["failed"] = queue(cluster, "widths", "failed.h5")
    return jobs


@pytest.mark.parametrize("name", ENDINGS)
def test_codes_of_the_launcher(cluster, endings, name):
    _, code, restarts, words = ENDINGS[name]
    cluster.wait_for_state(endings[name], "COMPLETED", "FAILED")
    job, last = cluster.job(endings[name]), log(cluster, f"{name}.h5").splitlines()[-1]
    assert (job["ExitCode"], job["Restarts"]) == (code, restarts), last
    assert last.startswith(f"dufm job {endings[name]}: {words}")
    assert not work(cluster, f"{name}.h5.job").exists()


def test_failed_points_are_an_ending(cluster, endings):
    cluster.wait_for_state(endings["failed"], "FAILED")
    assert cluster.job(endings["failed"])["ExitCode"] == "3:0"
    assert "completed with 2 failed points" in log(cluster, "failed.h5").splitlines()[-1]


def test_state_of_the_job(cluster, endings):
    """dufm status knows what Slurm says."""
    number = queue(cluster, "endless", "state.h5", "--time=30")
    path = work(cluster, "state.h5")
    wait_for(path.exists, "the file")
    wait_for_points(cluster, "state.h5", 0)

    def facts():
        return json.loads(cluster("dufm", "status", path, "--json").stdout)
    job = wait_for(lambda: facts()["job"], "a launch")
    assert (job["id"], job["state"], job["reason"]) == (number, "RUNNING", None)
    assert 0 < job["time_left"] <= 1800
    cluster("scontrol", "requeuehold", number)
    cluster.wait_for_state(number, "PENDING")
    wait_for(lambda: facts()["state"] == "queued", "the end of the processes")
    cluster("scancel", number)

    def ends():
        shown = facts()
        return shown["job"] and (shown["state"], shown["job"]["state"])
    wait_for(lambda: ends() == ("stopped", "CANCELLED"), "what status says of the end")
