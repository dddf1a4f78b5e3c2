"""Interruptions at random moments by USR1 and USR2, each run with another number of ranks: every
next run goes on from the checkpoints of the one before, and how soon a run ends is measured."""
import itertools
import pathlib
import random
import shutil
import signal
import time

from checks import Inspector
from rows import Watch
from site_of_runs import Site

POLL = 0.002
UNFINISHED = 75

# 16 points of a second or two, of which checkpoints are found again.
SWEEP = """\
name: interruptions
grid: {depth: [3, 4], seed: {range: [0, 7]}}
point: {width: 40, classes: 10, samples: 5, lambda: 0.004, learning_rate: 0.4, max_steps: 10000,
        stop_loss_change: 0, stop_gradient: 0}
output: {history: 16, weights: true}
"""
POINTS = 16

# Points that never end, each of another size: {name: (width, samples)}.
SIZES = {"width 8": (8, 2), "width 100": (100, 5), "width 1000": (1000, 5)}
ENDLESS = """\
name: endless
grid: {seed: {range: [0, 7]}}
point: {depth: 4, width: %d, classes: 10, samples: %d, lambda: 0.0001, learning_rate: 0.01,
        max_steps: 100000000, stop_loss_change: 0, stop_gradient: 0}
"""


def spread(seconds):
    return f"{min(seconds):.2f} to {max(seconds):.2f}"


class Interruptions:
    """Runs below `folder` that are told to stop."""

    checkpoint = 0.05

    def __init__(self, folder, program, launcher="mpirun", seed=None):
        self.folder, self.program, self.launcher = folder, program, launcher
        self.random = random.Random(seed)
        self.faults, self.count, self.saved = [], 0, 0
        self.seconds = {}  # size, how it runs -> [until the file is free], [until the end]

    def total(self):
        return self.count

    def _site(self, name):
        site = Site(self.folder / name, self.program, self.launcher)
        site.checkpoint = self.checkpoint
        return site

    def _interrupt(self, site, sweep, ranks, wait):
        """Run, let it come to its points, then so many seconds more; signal it. The exit code,
        and the seconds until the file is given back (its lock goes) and until the command ends:
        a launcher takes its time when all its ranks have ended."""
        watch, lock = Watch(site.path), pathlib.Path(f"{site.path}.lock")
        before = watch.launches()
        process = site.start(sweep, ranks)
        while process.poll() is None and watch.launches() <= before:
            time.sleep(POLL)
        time.sleep(wait)
        process.send_signal(self.random.choice((signal.SIGUSR1, signal.SIGUSR2)))
        start = time.monotonic()
        while lock.exists() and process.poll() is None:
            time.sleep(POLL)
        free = time.monotonic() - start
        return process.wait(timeout=300), (free, time.monotonic() - start)

    def go_on(self, count, report=lambda torture: None):
        """Interrupt so many times runs of points of a second or two, one after the other in
        one file, until it is finished; then in a fresh one."""
        site = self._site("truth")
        truth = site.undisturbed(site.write("sweep.yaml", SWEEP))
        shutil.rmtree(site.folder)
        while self.count < count and not self.faults:
            site = self._site("interrupted")
            inspector, sweep = Inspector(site, truth), site.write("sweep.yaml", SWEEP)
            code = UNFINISHED
            while code == UNFINISHED and self.count < count:
                ranks = self.random.choice((None, *range(2, 6)))
                code, _ = self._interrupt(site, sweep, ranks, self.random.uniform(0, 1.5))
                self.count += code == UNFINISHED
                if code not in (0, UNFINISHED):
                    self.faults.append(("interruption", f"exit {code}: {site.messages()}"))
                self.faults += inspector.after_kill()
                self.saved += len(list(site.folder.glob("x.h5.checkpoints/*.checkpoint")))
            self.faults += inspector.after_end(site.finish(sweep), POINTS)
            report(self)
            if not self.faults:
                shutil.rmtree(site.folder)

    def time_ends(self, count):
        """How long runs of points of several sizes take to end, so many each, alone and at three
        ranks, in the middle of a descent."""
        for (name, (width, samples)), ranks in itertools.product(SIZES.items(), (None, 3)):
            site = self._site(f"{width}")
            sweep = site.write("sweep.yaml", ENDLESS % (width, samples))
            measured = [self._interrupt(site, sweep, ranks, 1 + self.random.random())
                        for _ in range(count)]
            how = f"{name}, {'three ranks' if ranks else 'alone'}"
            self.seconds[how] = list(zip(*(seconds for _, seconds in measured)))
            self.faults += [("interruption", f"{how}: exit {code}") for code, _ in measured
                            if code != UNFINISHED]
            shutil.rmtree(site.folder)

    def table(self):
        return "\n".join([
            f"{self.count} interruptions, {self.saved} checkpoints found by the next runs",
            f"{'seconds from the signal until':30} {'the file is free':>20} {'the command ends':>20}",
            *(f"{how:30} {spread(free):>20} {spread(end):>20}"
              for how, (free, end) in self.seconds.items())])
