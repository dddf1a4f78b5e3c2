#!/usr/bin/env python3
"""Measure the scheduler: points handed out beside other tools, use of the workers, CPU of those
that wait, time in commits, memory. Medians of turns in one run, never pass or fail.

    tests/bench/sched.py BUILD [PART ...] [--rounds 5]     parts: see PARTS at the end
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

WORKERS = 2
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
HERE = pathlib.Path(__file__).parent
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_btl": "self,vader"}

POINT = """
name: bench
grid:
{axes}
point: {{samples: 1, learning_rate: 0.05, stop_loss_change: 0, stop_gradient: 0, lambda: 0.004,
        init_scale: 0.5{more}}}
output: {{history: 0, gram: false, weights: false}}
"""


def axes(**values):
    return "\n".join(f"  {name}: {value}" for name, value in values.items())


def launch(*words, ranks=WORKERS + 1):
    return ["mpirun", "--quiet", "-n", str(ranks), *map(str, words)]


def run(words, folder=None):
    done = subprocess.run(list(map(str, words)), text=True, capture_output=True, cwd=folder,
                          env=ENVIRONMENT)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


class Bench:
    def __init__(self, build, rounds):
        self.build = pathlib.Path(build).resolve()
        self.rounds = rounds
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dufm-bench-"))

    def dispatch(self, rows, seconds, batch):
        program = self.build / "tests/bench/dispatch"
        return json.loads(run(launch(program, rows, seconds, batch)))

    def sweep(self, text):
        path = self.folder / "sweep.yaml"
        path.write_text(text)
        return path

    def run_sweep(self, text):
        """Run a sweep to its end in a new file; what `dufm status` says of its workers."""
        out = self.folder / "out.h5"
        out.unlink(missing_ok=True)
        run(launch(self.build / "dufm", "run", "--quiet", self.sweep(text), "-o", out))
        status = json.loads(run([self.build / "dufm", "status", out, "--json"]))
        return {**status["use"], "points": status["points"]}

    def medians(self, sides):
        """Name -> median of what each side measured, in alternating turns."""
        found = {name: [] for name in sides}
        for _ in range(self.rounds):
            for name, measure in sides.items():
                found[name].append(measure())
        return {name: statistics.median(values) for name, values in found.items()}


def say(what, value, target):
    print(f"  {what:58s} {value:>12s}   (target {target})", flush=True)


# ---- points handed out ----

def has_futures():
    return subprocess.run([sys.executable, "-c", "import mpi4py.futures"],
                          capture_output=True).returncode == 0


def futures(points, chunk):
    return float(run(launch(sys.executable, HERE / "peer_futures.py", points, chunk)))


def parallel(points):
    """GNU parallel running `true`, without its own start."""
    def seconds(count):
        start = time.perf_counter()
        subprocess.run(["parallel", "--will-cite", "-j", str(WORKERS), "true"], check=True,
                       input="\n".join(map(str, range(count))), text=True, capture_output=True)
        return time.perf_counter() - start
    return points / (seconds(points + 1) - seconds(1))


def rate(facts):
    return facts["rows"] / facts["seconds"]


def measure_dispatch(bench):
    """Empty points handed out, not committed, a second"""
    sides = {"dufm": lambda: rate(bench.dispatch(2000000, 0, 256)),
             "dufm, one by one": lambda: rate(bench.dispatch(20000, 0, 1))}
    if has_futures():
        sides["mpi4py.futures, chunksize 1"] = lambda: futures(3000, 1)
        sides["mpi4py.futures, chunksize 100"] = lambda: futures(100000, 100)
    if shutil.which("parallel"):
        sides["GNU parallel"] = lambda: parallel(300)
    found = bench.medians(sides)
    targets = {"mpi4py.futures, chunksize 1": 50, "mpi4py.futures, chunksize 100": 2,
               "GNU parallel": 500}
    for name, value in found.items():
        print(f"  {name:58s} {value:12,.0f}/s")
    for name, target in targets.items():
        if name in found:
            say(f"dufm over {name}", f"{found['dufm'] / found[name]:.1f}x", f"{target}x")


# ---- a real sweep ----

def measure_use(bench):
    """Use of two workers on a grid of 200 unlike points, first dispatch to last commit"""
    text = POINT.format(more=", classes: 6", axes=axes(
        depth="[2, 3, 4, 5]", width="[16, 24, 32, 48, 64]", max_steps="[2000, 30000]",
        seed="{range: [0, 4]}"))
    found = bench.medians({"use": lambda: bench.run_sweep(text)["utilization"]})
    say("share of the workers' time at work", f"{100 * found['use']:.1f} %", "97 %")


def small_points(steps, count):
    return POINT.format(more=f", classes: 6, max_steps: {steps}", axes=axes(
        depth="[2, 3]", width="[16]", seed=f"{{range: [0, {count // 2 - 1}]}}"))


def point_seconds(bench, steps, count):
    """Seconds of a small point of so many steps, commits not counted."""
    facts = bench.run_sweep(small_points(steps, count))
    busy = facts["utilization"] * facts["span"] * WORKERS
    return busy * (1 - facts["committing"]) / facts["points"]


def committing_share(bench, steps, count):
    """Share of the workers' wall time, first dispatch to last commit, spent in commits."""
    facts = bench.run_sweep(small_points(steps, count))
    return 100 * facts["committing"] * facts["utilization"]


def measure_commit(bench):
    """Commits, as a share of the workers' wall time"""
    fixed, slope = point_seconds(bench, 10, 2000), point_seconds(bench, 20010, 40)
    second = max(int(20000 * (1 - fixed) / (slope - fixed)), 1)
    millisecond = max(int(20000 * (1e-3 - fixed) / (slope - fixed)), 1)
    print(f"  a point of 10 steps takes {1e3 * fixed:.2f} ms; 1 s: {second} steps, "
          f"1 ms: {millisecond} steps")
    found = bench.medians({"1 s": lambda: committing_share(bench, second, 12),
                           "1 ms": lambda: committing_share(bench, millisecond, 8000)})
    say("points of 1 s", f"{found['1 s']:.2f} %", "0.5 %")
    say("points of 1 ms, in batches", f"{found['1 ms']:.2f} %", "10 %")


# ---- those who wait ----

def ranks_of(launcher):
    """Rank -> process, of the launcher's children."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "stat").read_text().rsplit(")")[1].split()[1] == str(
                    launcher):
                words = dict(word.split("=", 1) for word in
                             (entry / "environ").read_text().split("\0") if "=" in word)
                found[int(words["OMPI_COMM_WORLD_RANK"])] = entry
        except (OSError, KeyError):
            pass
    return found


def cpu_seconds(process):
    fields = (process / "stat").read_text().rsplit(")")[1].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def waiting_cpu(bench, points, rank, seconds=6):
    """Percent of a core that a rank uses while long points are at work."""
    text = POINT.format(more=", classes: 10, depth: 4, width: 64, max_steps: 500000000",
                        axes=axes(seed=f"{{range: [1, {points}]}}"))
    out = bench.folder / "out.h5"
    out.unlink(missing_ok=True)
    process = subprocess.Popen(
        launch(bench.build / "dufm", "run", bench.sweep(text), "-o", out), env=ENVIRONMENT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(3)
    watched = ranks_of(process.pid)[rank]
    start, before = time.perf_counter(), cpu_seconds(watched)
    time.sleep(seconds)
    share = (cpu_seconds(watched) - before) / (time.perf_counter() - start)
    process.terminate()  # the launcher ends the ranks
    process.wait()
    shutil.rmtree(f"{out}.checkpoints", ignore_errors=True)
    return 100 * share


def measure_cpu(bench):
    """CPU of those that wait, percent of a core"""
    found = bench.medians({"coordinator": lambda: waiting_cpu(bench, 2, 0),
                           "idle worker": lambda: min(waiting_cpu(bench, 1, 1),
                                                      waiting_cpu(bench, 1, 2))})
    for name, value in found.items():
        say(f"{name} while others compute", f"{value:.2f} %", "2 %")


def measure_memory(bench):
    """The policy's memory at ten million points"""
    facts = json.loads(run([bench.build / "tests/bench/simulate", "memory", 10**7]))
    say("kept", f"{facts['kilobytes'] / 1000:.1f} MB", "10 to 20 MB")
    say("at most while it is made", f"{facts['peak_kilobytes'] / 1000:.1f} MB", "20 MB")
    print(f"  made in {facts['seconds_to_make']:.2f} s; all rows handed out in "
          f"{facts['seconds_to_hand_out']:.2f} s of the coordinator's time")


PARTS = {"dispatch": measure_dispatch, "use": measure_use, "commit": measure_commit,
         "cpu": measure_cpu, "memory": measure_memory}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", metavar="BUILD", help="where the programs are")
    parser.add_argument("parts", metavar="PART", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    bench = Bench(options.build, options.rounds)
    try:
        for name in options.parts or PARTS:
            print(f"{PARTS[name].__doc__} (medians of {options.rounds}):", flush=True)
            PARTS[name](bench)
    finally:
        shutil.rmtree(bench.folder)
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")


main()
