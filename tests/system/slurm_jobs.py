"""What the tests of jobs share: sweeps, how they are queued, waited for and compared."""
import time

from conftest import Program
from slurm_cluster import wait_for
from sweeps import DONE, assert_same_results, column

# 60 points of a tenth of a second or more.
STEADY_STEPS = 60 * 100000
STEADY = """
name: steady
grid:
  depth: [3, 4]
  seed: {range: [0, 29]}
point: {width: 12, classes: 6, lambda: 0.001, samples: 1, loss: mse, activation: relu,
        optimizer: gd, learning_rate: 0.1, max_steps: 100000, stop_loss_change: 0,
        stop_gradient: 0}
"""


def of_steps(points, steps):
    """A sweep of fewer and longer points."""
    return (STEADY.replace("[3, 4]", "4").replace("29", str(points - 1))
            .replace("100000", str(int(steps))))


class Plain:
    """Files made without Slurm, to compare with."""

    def __init__(self, cluster, folder):
        self.work, self.dufm = cluster.folder / "work", Program(folder)

    def make(self, name, text):
        """Write the sweep, run it; seconds that it took."""
        (self.work / f"{name}.yaml").write_text(text)
        start = time.monotonic()
        self.dufm("run", self.work / f"{name}.yaml", "-o", f"{name}.h5", "-q", ranks=3)
        return time.monotonic() - start

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
    return numbers(cluster.submit(f"{sweep}.yaml", "-o", output, *options, **environment).stdout)[0]


def check_whole(cluster, plain, number, sweep, output):
    """The job ends well: the file is whole and as it is without Slurm, and nothing else is left."""
    cluster.wait_for_state(number, "COMPLETED", "FAILED", "CANCELLED", seconds=240)
    assert cluster.job(number)["JobState"] == "COMPLETED", log(cluster, output)
    assert log(cluster, output).rstrip().endswith(
        f"dufm job {number}: completed: {work(cluster, output)}")
    cluster("dufm", "verify", output)
    assert_same_results(work(cluster, output), plain[sweep])
    assert {path.name for path in work(cluster, "").glob(f"{output}*")} == \
        {output, f"{output}.log"}


def wait_for_points(cluster, output, count):
    path = work(cluster, output)
    wait_for(lambda: path.exists() and (column(path, "status") == DONE).sum() >= count,
             f"{count} points of {output}", 120)
