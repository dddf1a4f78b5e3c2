"""Kills at a chosen call, by the library of kill_at.c: the calls of a clean run are logged, and
a run is killed before, half-way through or after each of many of them."""
import collections
import os
import pathlib
import shutil
import subprocess

from checks import Inspector
from rows import DONE, Layout
from site_of_runs import Site

SOURCE = pathlib.Path(__file__).with_name("kill_at.c")
WHEN = ("before", "half", "after")

# 24 points, a few milliseconds each; and 12 more, with longer rows.
SWEEP = """\
name: calls
grid:
  depth: [2, 3]
  width: [4, 8]
  seed: {range: [0, 5]}
point: {classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.2, max_steps: 1000,
        stop_loss_change: 0, stop_gradient: 0}
output: {history: 4, gram: true, weights: true}
"""
POINTS = 24
GROWN = SWEEP.replace("[4, 8]", "[4, 8, 10]")
GROWN_POINTS = 36

# What is killed: the name of the files whose calls are counted, ranks, which one counts; whether
# a finished file grows; and the share of all kills.
Scenario = collections.namedtuple("Scenario", "name file ranks rank grows share")
CREATION = Scenario("creation", "x.h5.tmp", None, 0, False, 0.2)
COMMIT = Scenario("commit", "x.h5", None, 0, False, 0.25)
GROWTH = Scenario("growth", "x.h5*", None, 0, True, 0.15)
CHECKPOINT = Scenario("checkpoint", "*.checkpoint*", None, 0, False, 0.1)
SCENARIOS = (CREATION, COMMIT, GROWTH, CHECKPOINT,
             Scenario("lock", "x.h5.lock", None, 0, False, 0.1),
             Scenario("commit of a worker", "x.h5", 3, 1, False, 0.1),
             Scenario("coordinator", "x.h5*", 3, 0, False, 0.1))

# A call as logged.
Call = collections.namedtuple("Call", "number name bytes place")


def build(folder):
    """The library to preload."""
    library = pathlib.Path(folder) / "kill_at.so"
    subprocess.run([os.environ.get("CC", "cc"), "-O1", "-shared", "-fPIC", "-o", library, SOURCE,
                    "-ldl"], check=True)
    return library


def spread(items, count):
    """At most so many of them, evenly."""
    if len(items) <= count:
        return items
    return [items[i * len(items) // count] for i in range(count)]


def points(calls, count):
    """So many (call, when): the syncs, renames and the like, before and after; then writes, in
    turn before, half-way through and after."""
    others = [call for call in calls if call.name != "write"]
    others = spread([(call, when) for call in others for when in ("before", "after")], count // 2)
    writes = spread([call for call in calls if call.name == "write"], count - len(others))
    return others + [(call, WHEN[i % 3]) for i, call in enumerate(writes)]


class Walk:
    """Walks over the calls of scenarios, each kill in a fresh folder."""

    def __init__(self, folder, program, launcher="mpirun"):
        self.folder, self.program, self.launcher = pathlib.Path(folder), program, launcher
        self.library = build(folder)
        self.finished = self.folder / "finished.h5"  # what growth begins with
        site = self._site()
        self.grows = site.grows(SWEEP, GROWN)
        shutil.rmtree(site.folder)
        self.truth = {}  # grown or not -> rows of an undisturbed run
        for grows in (True, False):
            site = self._site()
            self.truth[grows] = site.undisturbed(self._sweep(site, grows))
            shutil.copy(site.path, self.finished)
            shutil.rmtree(site.folder)
        self.layout = Layout(self.finished)
        self.kills = collections.Counter()  # by (scenario, when)
        self.faults = []

    def _site(self, scenario=None):
        site = Site(self.folder / "walk", self.program, self.launcher)
        site.checkpoint = 0.0001  # at every occasion
        if scenario and scenario.grows:
            shutil.copy(self.finished, site.path)
        return site

    @staticmethod
    def _sweep(site, grows):
        return site.write("sweep.yaml", GROWN if grows else SWEEP)

    def _run(self, site, scenario, **settings):
        """The exit code of a run with the library preloaded."""
        return site.finish(self._sweep(site, scenario.grows), scenario.ranks,
                           LD_PRELOAD=self.library, KILL_AT_FILE=scenario.file,
                           KILL_AT_RANK=scenario.rank, **settings)

    def wrong_order(self):
        """Settings that commit the status before what it stands for."""
        return dict(KILL_AT_HOLD=f"{self.layout.status}:{self.layout.rows}", KILL_AT_DONE=DONE)

    def calls(self, scenario, **settings):
        """The calls of a run that is left alone."""
        log, site = self.folder / "log", self._site(scenario)
        code = self._run(site, scenario, KILL_AT_LOG=log, **settings)
        lines = log.read_text().splitlines() if code == 0 else []
        log.unlink(missing_ok=True)
        shutil.rmtree(site.folder)
        if not lines:
            raise RuntimeError(f"{scenario.name}: no calls were logged (exit {code})")
        return [Call(number, name, int(size), int(place)) for number, (name, size, place)
                in enumerate(map(str.split, lines), 1)]

    def kill(self, scenario, when, **where):
        """One run that dies there (KILL_AT_... of the library), and a resume; faults found, or
        None where the run came to its end before: the number of calls depends on who was faster."""
        site = self._site(scenario)
        inspector = Inspector(site, self.truth[scenario.grows])
        faults = inspector.after_kill() if scenario.grows else []
        code = self._run(site, scenario, KILL_AT_WHEN=when, **where)
        if code not in (0, 2, 75):
            faults += inspector.after_kill()
            code = site.finish(self._sweep(site, scenario.grows))
            faults += inspector.after_end(code, GROWN_POINTS if scenario.grows else POINTS)
        else:
            faults = None
        shutil.rmtree(site.folder)
        return faults

    def walk(self, scenario, count, report=lambda: None):
        """Kill at so many points of a scenario, of none that the program does not know."""
        if scenario.grows and not self.grows:
            return
        calls = min((self.calls(scenario) for _ in range(3)), key=len)  # saves vary in number
        for call, when in points(calls, count):
            faults = self.kill(scenario, when, KILL_AT_CALL=call.number)
            if faults is not None:
                self.kills[scenario.name, when] += 1
                self.faults += [(name, f"{scenario.name}, {when} {call.name} {call.number}: {what}")
                                for name, what in faults]
                report()

    def total(self):
        return sum(self.kills.values())

    def table(self):
        lines = [" ".join([f"{'':18}", *(f"{when:>7}" for when in WHEN), f"{'all':>7}"])]
        for name in dict.fromkeys(scenario for scenario, _ in self.kills):
            counts = [self.kills[name, when] for when in WHEN]
            lines.append(" ".join([f"{name:18}", *(f"{n:7}" for n in [*counts, sum(counts)])]))
        return "\n".join(lines)


def torn_in_wrong_order(walk, count):
    """The negative control: of so many runs, how many were killed in a commit of the wrong order,
    just after the status said done, and in how many of them a torn row was reported: in all. The
    first commit of a run is always hit, a later one where there are so many."""
    kills = torn = 0
    for i in range(count):
        faults = walk.kill(COMMIT, WHEN[i % 2], KILL_AT_COMMIT=1 + i // 2, **walk.wrong_order())
        kills += faults is not None
        torn += any(name == "torn" for name, _ in faults or [])
    return kills, torn
