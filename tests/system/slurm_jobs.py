"""What the tests of jobs share: sweeps, how they are queued, waited for and compared."""
from conftest import Program, library
from slurm_cluster import wait_for
from sweeps import DONE, SMALL, assert_same_results, column

# Sweeps that wait instead of computing (fault.c): as long on a busy machine as on a quiet one, and
# side by side without hindering each other. At each record of its history a point waits once a layer;
# where it is wide it asks after each step whether to stop.
STEADY = """
name: steady
grid:
  depth: [3, 4]
  seed: {range: [0, 29]}
point: {width: 12, classes: 6, lambda: 0.001, samples: 1, learning_rate: 0.1, max_steps: 2000,
        stop_loss_change: 0, stop_gradient: 0}
output: {history: 4}
"""
WIDE = """
name: wide
grid:
  seed: {range: [0, SEEDS]}
point: {depth: 4, width: 256, classes: 6, lambda: 0.001, samples: 2, learning_rate: 0.1,
        max_steps: STEPS, stop_loss_change: 0, stop_gradient: 0}
output: {history: RECORDS}
"""


def wide(points, steps, records):
    return WIDE.replace("SEEDS", str(points - 1)).replace("STEPS", str(steps)).replace("RECORDS", str(records))


SWEEPS = {"steady": STEADY, "long": wide(2, 240, 241), "endless": wide(1, 10**9, 512)}
WAITS = {"steady": 0.05, "long": 0.025, "endless": 0.5}  # s a layer: of 60 points 0.8 s each, of two 24 s


class Plain:
    """Files made without Slurm, to compare with."""

    def __init__(self, cluster, folder):
        self.work, self.dufm = cluster.folder / "work", Program(folder)
        library("fault", cluster.folder)
        for name, text in {"small": SMALL, **SWEEPS}.items():
            (self.work / f"{name}.yaml").write_text(text)

    def make(self, name):
        self.dufm("run", self.work / f"{name}.yaml", "-o", f"{name}.h5", "-q", ranks=3)

    def __getitem__(self, name):
        return self.dufm.folder / f"{name}.h5"


def work(cluster, name):
    return cluster.folder / "work" / name


def log(cluster, output):
    return work(cluster, f"{output}.log").read_text()


def numbers(shown):
    """The jobs' numbers in what slurm/submit says."""
    return [part.split()[0] for part in shown.split("  job     ")[1:]]


def queue(cluster, sweep, output, *options, **environment):
    if sweep in WAITS:
        environment["DUFM"] = f"env LD_PRELOAD={cluster.folder}/fault.so FAULT_ROWS=6 " \
            f"FAULT_SLEEP={WAITS[sweep]} dufm"
    return numbers(cluster.submit(f"{sweep}.yaml", "-o", output, *options, **environment).stdout)[0]


def check_whole(cluster, plain, number, sweep, output):
    """The job ends well: the file is whole and as it is without Slurm, and nothing else is left."""
    cluster.wait_for_state(number, "COMPLETED", "FAILED", "CANCELLED")
    assert cluster.job(number)["JobState"] == "COMPLETED", log(cluster, output)
    assert log(cluster, output).rstrip().endswith(
        f"dufm job {number}: completed: {work(cluster, output)}")
    cluster("dufm", "verify", output)
    assert_same_results(work(cluster, output), plain[sweep])
    assert {path.name for path in work(cluster, "").glob(f"{output}*")} == \
        {output, f"{output}.log"}


def done_points(cluster, output):
    path = work(cluster, output)
    return (column(path, "status") == DONE).sum() if path.exists() else -1


def wait_for_points(cluster, output, count):
    wait_for(lambda: done_points(cluster, output) >= count, f"{count} points of {output}")
