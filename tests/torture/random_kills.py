"""Random kill -9: a phase, a kind and an instant are drawn; a run is started and killed at that
instant; what it left is inspected, and the next run goes on from there."""
import collections
import concurrent.futures
import itertools
import pathlib
import random
import shutil
import threading
import time

from checks import Inspector
from rows import Watch
from site_of_runs import KINDS, Site, end, kill, ranks_of, victims

PHASES = ("creation", "growth", "opening", "running", "closing")
RANKS = (2, 3, 4)  # at each run another number
POLL = 0.0005  # seconds between looks at a file
LOOK = 0.05    # ... between looks through all processes

# 60 points, about half a second of work; and 60 more, with longer rows.
SWEEP = """\
name: torture
grid:
  depth: [2, 3]
  width: [4, 8]
  seed: {range: [0, 14]}
point: {classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.2, max_steps: 5000,
        stop_loss_change: 0, stop_gradient: 0}
output: {history: 4, gram: true, weights: true}
"""
GROWN = SWEEP.replace("[4, 8]", "[4, 8, 10]").replace("14]", "19]")

# A part of a sequence: a sweep, how many points it has, the phases in which it is killed.
Stage = collections.namedtuple("Stage", "sweep points phases")
FIRST = Stage(SWEEP, 60, ("creation", "creation", "running", "opening", "running", "running",
                          "closing", "opening"))
GROWTH = Stage(GROWN, 120, ("growth", "growth", "running", "opening", "closing"))


class Run:
    """A run that goes on, watched from outside."""

    def __init__(self, site, sweep, points, ranks):
        self.watch = Watch(site.path)
        self.lock = pathlib.Path(f"{site.path}.lock")
        self.lock_before, self.file_before = self._lock_state(), self.watch.file()
        self.launches_before = self.watch.launches()
        builds = self.watch.rows() != points
        first = "growth" if self.file_before else "creation"
        self.phases = ([first] if builds else []) + list(PHASES[2:])
        self.process = site.start(sweep, ranks)
        while ranks and self.process.poll() is None and len(ranks_of(self.process)) < ranks:
            time.sleep(LOOK)

    def _lock_state(self):
        try:
            facts = self.lock.stat()
        except FileNotFoundError:
            return None
        return facts.st_ino, facts.st_mtime_ns

    def _has_begun(self, phase):
        if phase == "closing":
            return self._has_begun("running") and self.watch.all_done()
        if phase == "running":
            return self.watch.launches() > self.launches_before
        if phase != self.phases[0]:  # the file is built, and opened
            return self.watch.file() != self.file_before
        return self._lock_state() not in (None, self.lock_before)

    def wait_for(self, phase):
        """Until the phase begins; false when the run ends before."""
        while not self._has_begun(phase):
            if self.process.poll() is not None:
                return False
            time.sleep(POLL)
        return True

    def phase(self):
        """The phase it is in, by what the file says."""
        begun = [phase for phase in self.phases if self._has_begun(phase)]
        return begun[-1] if begun else self.phases[0]

    def time_phases(self):
        """{phase: seconds} of a run that is left alone."""
        marks = []
        for phase in self.phases:
            if not self.wait_for(phase):
                raise Overlooked(f"the undisturbed run has no {phase}")
            marks.append(time.monotonic())
        self.process.wait()
        marks.append(time.monotonic())
        return {phase: stop - start
                for phase, start, stop in zip(self.phases, marks, marks[1:])}


class Overlooked(RuntimeError):
    """A phase of a run that was not seen."""


class Tally:
    """Kills that hit, by kind and phase; faults by name."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.kills, self.faults = collections.Counter(), []
        self.lock = threading.Lock()

    def hit(self, kind, phase):
        with self.lock:
            self.kills[kind, phase] += 1
            return self.total() < self.wanted

    def add_faults(self, faults, number):
        with self.lock:
            self.faults += [(name, f"sequence {number}: {what}") for name, what in faults]

    def total(self):
        return sum(self.kills.values())

    def table(self):
        lines = [" ".join([f"{'':12}", *(f"{phase:>9}" for phase in (*PHASES, "all"))])]
        for kind in (*KINDS, "all kinds"):
            counts = [sum(count for (k, p), count in self.kills.items()
                          if kind in (k, "all kinds") and phase in (p, "all"))
                      for phase in (*PHASES, "all")]
            lines.append(" ".join([f"{kind:12}", *(f"{count:9}" for count in counts)]))
        return "\n".join(lines)


class Sequence:
    """Kills from an empty folder to a finished file; all it draws follows from its seed."""

    def __init__(self, torture, site, seed, hit):
        self.hit = hit  # hit(kind, phase): a kill that counts; whether more are wanted
        self.site, self.stages, self.seconds = site, torture.stages, torture.seconds
        self.random = random.Random(seed)
        self.inspector = Inspector(site, torture.truth)
        self.faults = []

    def play(self):
        for number, stage in enumerate(self.stages):
            sweep = self.site.write(f"sweep-{number}.yaml", stage.sweep)
            wanted = self._kill_through(stage, sweep)
            code = self.site.finish(sweep, self.random.choice((None, *RANKS)))
            self.faults += self.inspector.after_end(code, stage.points)
            if not wanted:
                break

    def _kill_through(self, stage, sweep):
        """Kill in every phase of a stage; whether more kills are wanted."""
        for phase in stage.phases:
            watch = Watch(self.site.path)
            finished = watch.all_done() and watch.rows() == stage.points
            if not (phase == "running" and finished) and not self._strike(stage, sweep, phase):
                return False
        return True

    def _let_run(self, run, phase, alone):
        """Until an instant of the phase: while rows are computed, uniform in their number
        and then between one and the next; else uniform in time."""
        seconds = self.seconds[alone][phase]
        if phase == "running":
            rows = run.watch.rows()
            target = self.random.randrange(len(run.watch.seen()), rows + 1)
            seconds /= rows
            while len(run.watch.seen()) < target and run.process.poll() is None:
                time.sleep(POLL)
        time.sleep(self.random.uniform(0, seconds))

    def _strike(self, stage, sweep, phase):
        """Run and kill once, counted where something was killed; whether to go on."""
        kind = self.random.choice(KINDS)
        ranks = None if kind == "alone" else self.random.choice(RANKS)
        run = Run(self.site, sweep, stage.points, ranks)
        pids = victims(run.process, kind, self.random)
        struck, seen = False, {}
        if phase not in run.phases:  # built already: by a run that was killed late
            phase = "opening"
        if run.wait_for(phase):
            self._let_run(run, phase, kind == "alone")
            phase, seen = run.phase(), run.watch.seen()
            struck = kill(pids)
        code, stuck = end(run.process)
        self.faults += [("stuck", f"process {pid} goes on") for pid in stuck]
        if not struck or code in (0, 75):
            return True
        self.faults += self.inspector.after_kill(seen)
        return self.hit(kind, phase)


class Torture:
    """Sequences of kills below `folder`, each in a folder of its own, several at a time."""

    def __init__(self, folder, program, launcher="mpirun"):
        self.folder, self.program, self.launcher = pathlib.Path(folder), program, launcher
        site = self._site("truth")
        self.stages = [FIRST, GROWTH] if site.grows(SWEEP, GROWN) else [FIRST]
        self.truth = site.undisturbed(site.write("sweep.yaml", self.stages[-1].sweep))
        self.seconds = {alone: self._time(site, None if alone else RANKS[0])
                        for alone in (True, False)}
        shutil.rmtree(site.folder)

    def _time(self, site, ranks, tries=3):
        """{phase: seconds}, measured anew where one was over before it was looked at."""
        try:
            return self._time_once(site, ranks)
        except Overlooked:
            if tries == 1:
                raise
            return self._time(site, ranks, tries - 1)

    def _time_once(self, site, ranks):
        """Of all stages one after the other."""
        seconds = {}
        site.path.unlink(missing_ok=True)
        for stage in self.stages:
            sweep = site.write("sweep.yaml", stage.sweep)
            seconds.update(Run(site, sweep, stage.points, ranks).time_phases())
        return seconds

    def _site(self, name):
        return Site(self.folder / name, self.program, self.launcher)

    def _play(self, seed, number, tally):
        site = self._site(f"sequence-{number}")
        sequence = Sequence(self, site, f"{seed} {number}", tally.hit)
        sequence.play()
        tally.add_faults(sequence.faults, number)
        if not sequence.faults:
            shutil.rmtree(site.folder)

    def kill(self, seed, kills, jobs=2, report=lambda tally: None):
        """Sequences until so many kills have hit."""
        tally = Tally(kills)
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            numbers, running = itertools.count(), set()
            while tally.total() < kills:
                while len(running) < jobs:
                    running.add(pool.submit(self._play, seed, next(numbers), tally))
                done, running = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED)
                for one in done:
                    one.result()
                report(tally)
        return tally
