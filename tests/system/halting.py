"""A run that halts by itself in the middle, on any machine: points of two widths stop their process
(SIGSTOP) when they are measured, so that what is done to it comes neither too early nor too late."""
import os
import pathlib
import signal
import time

from sweeps import children, kill_all

HALTING_WIDTHS = (12, 13)

# The dearest come first, so that some points are done when the run halts, and many are left.
HALTING = """
name: halting
union:
  - grid: {width: {range: [24, 31]}}
    point: {max_steps: 30000}
  - grid: {width: [12, 13]}
    point: {max_steps: 30000}
  - grid: {seed: {range: [0, 29]}}
    point: {width: 8, max_steps: 10000}
point: {depth: 3, classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.5, stop_loss_change: 0,
        stop_gradient: 0}
"""
HALTING_POINTS = 40


def facts_of(pid):
    """What the system says of a process, from its state on; "" and no time once it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return [""] + 20 * ["0"]


def state(pid):
    """A letter: R running, S asleep, T halted; none once it is gone."""
    return facts_of(pid)[0]


def seconds_of_work(pid):
    """Time that a process has computed."""
    return int(facts_of(pid)[11]) / os.sysconf("SC_CLK_TCK")


def is_pending(pid, number):
    """Whether a signal waits for a halted process to go on."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


class EndedTooSoon(AssertionError):
    """A process that was to be waited for."""


class WaitedTooLong(AssertionError):
    """For what did not come."""


def wait_for(condition, process=None, seconds=120, pause=0.02):
    """Until the condition holds, as long as the process lives."""
    end = time.monotonic() + seconds
    while not condition():
        if process is not None and process.poll() is not None:
            raise EndedTooSoon("it ended too soon: " + process.communicate()[1])
        if time.monotonic() >= end:
            raise WaitedTooLong(f"{seconds} s")
        time.sleep(pause)


class Halted:
    """A started run; .process, and .pids of those that have halted."""

    def __init__(self, process, count, seconds=120):
        self.process, self.pids = process, []
        wait_for(lambda: self.look() == count, process, seconds)

    def look(self):
        self.pids = [pid for pid in [self.process.pid, *children(self.process.pid)] if state(pid) == "T"]
        return len(self.pids)

    def go_on(self):
        for pid in self.pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def signal(self, number, pid=None):
        """Send one of the run's processes a signal, then let them go on; the others have it first
        where the launcher passes it on."""
        os.kill(pid or self.process.pid, number)
        if pid is None and number in (signal.SIGUSR1, signal.SIGUSR2):
            wait_for(lambda: all(is_pending(halted, number) for halted in self.pids), self.process)
        self.go_on()

    def end(self, code):
        """Wait for the end; what it said."""
        _, text = self.process.communicate(timeout=180)
        assert self.process.returncode == code, text
        return text

    def go_on_to_the_end(self):
        """However often it halts once more."""
        while self.process.poll() is None:
            self.look()
            self.go_on()
            time.sleep(0.02)
        self.pids = []
        self.end(0)

    def kill(self):
        kill_all(self.process)
