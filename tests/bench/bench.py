#!/usr/bin/env python3
"""Time a descent step beside what the machine allows, a plain loop over CBLAS and PyTorch, in turns
within one run; medians, never pass or fail.

    tests/bench/bench.py STEP_PROGRAM PLAIN_PROGRAM LIMITS_PROGRAM [--rounds 7] [--seconds 0.25]
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import typing



class Goal(typing.NamedTuple):
    """What a step is meant to reach: the share of the machine's limit in percent, and how many
    times faster it is than PyTorch with autograd and SGD, and by hand."""
    share: int
    autograd: float | None = None
    hand: float | None = None


CASES = {  # (K, L, d, n)
    (10, 4, 30, 1): Goal(60, 55, 19), (10, 4, 64, 1): Goal(75, 20, 8),
    (15, 7, 64, 1): Goal(75, 11), (10, 4, 64, 50): Goal(80, 1.8),
    (10, 4, 512, 1): Goal(75, 5), (10, 4, 1024, 10): Goal(75)}
CACHE = 1 << 20    # bytes: larger weights are streamed from beyond the second-level cache
CHECK_STEPS = 50  # after which all sides must have reached the same loss
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                     "MKL_NUM_THREADS", "BLIS_NUM_THREADS")}
HEAD = ("   K  L    d   n       limit       dufm      cblas   autograd    by hand"
        "   limit/dufm (goal)   cblas/dufm   autograd/dufm (goal)   by hand/dufm (goal)   same loss")


class Program:
    """A C program: one process a measurement."""

    def __init__(self, program):
        self.program = program

    def ask(self, case, *more):
        words = [self.program, *map(str, case), *more]
        done = subprocess.run(words, text=True, capture_output=True,
                              env={**os.environ, **ONE_THREAD})
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def measure(self, case, steps, *start):
        return read_answer(self.ask(case, str(steps), *start))

    def limit(self, case):
        """Microseconds that no step can beat here: its operations, or its weights' streams."""
        _, _, operations, streams = map(float, self.ask(case).split())
        classes, depth, width, _ = case
        weights = 8 * ((depth - 1) * width + classes) * width
        return max(operations, streams if weights > CACHE else 0)


class Programs(typing.NamedTuple):
    step: Program
    plain: Program
    limits: Program


class Torch:
    """torch_step.py: one process for all measurements, as its import takes seconds."""

    def __init__(self):
        script = pathlib.Path(__file__).with_name("torch_step.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **ONE_THREAD})
        self.version = self.process.stdout.readline().strip()

    def measure(self, how, case, steps, start):
        print(how, *case, steps, start, file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"torch_step.py stopped: {self.process.stderr.read().strip()}")
        return read_answer(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def read_answer(line):
    """(microseconds a step, loss)"""
    microseconds, _, loss = line.split()
    return float(microseconds), float(loss)


def sides(programs, torch, case, start):
    """Name -> measure(steps), in the order of the turns."""
    result = {"dufm": lambda steps: programs.step.measure(case, steps),
              "cblas": lambda steps: programs.plain.measure(case, steps, start)}
    if torch and CASES[case].autograd:
        for how in ("autograd", "hand"):
            result[how] = lambda steps, how=how: torch.measure(how, case, steps, start)
    return result


def run_case(programs, torch, case, options, folder):
    """Name -> median microseconds, and whether all sides reached the same loss."""
    start = str(pathlib.Path(folder, "start"))
    programs.step.measure(case, 1, start)  # writes the start
    turns = sides(programs, torch, case, start)
    pilots = {name: measure(CHECK_STEPS) for name, measure in turns.items()}
    losses = [loss for _, loss in pilots.values()]
    steps = {name: max(CHECK_STEPS, int(1e6 * options.seconds / microseconds))
             for name, (microseconds, _) in pilots.items()}
    times = {name: [] for name in ("limit", *turns)}
    for _ in range(options.rounds):
        times["limit"].append(programs.limits.limit(case))
        for name, measure in turns.items():
            times[name].append(measure(steps[name])[0])
    medians = {name: statistics.median(values) for name, values in times.items()}
    return medians, max(losses) - min(losses) < 1e-9 * max(losses)


def ratio(medians, how, goal, width):
    if how not in medians:
        return f"{'-':>{width}}"
    text = f"{medians[how] / medians['dufm']:.1f}x"
    return f"{text + (f' ({goal:g}x)' if goal else ''):>{width}}"


def row(case, medians, same):
    goal = CASES[case]
    times = " ".join(f"{medians[how]:10.2f}" if how in medians else f"{'-':>10}"
                     for how in ("limit", "dufm", "cblas", "autograd", "hand"))
    share = f"{100 * medians['limit'] / medians['dufm']:.0f} % ({goal.share} %)"
    return ("{:4d} {:2d} {:4d} {:3d}  ".format(*case) + f"{times} {share:>19}"
            + ratio(medians, "cblas", None, 13) + ratio(medians, "autograd", goal.autograd, 23)
            + ratio(medians, "hand", goal.hand, 22) + f"   {'yes' if same else 'NO'}")


def start_torch():
    torch = Torch()
    if torch.version.startswith("torch"):
        return torch
    error = torch.process.stderr.read().strip().splitlines()
    torch.close()
    print(f"PyTorch cannot be used ({error[-1] if error else 'no message'}): only the C sides are timed."
          "\nOn Debian: apt-get install --no-install-recommends python3-torch\n")
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", help="the built tests/bench/step")
    parser.add_argument("plain", help="the built tests/bench/plain")
    parser.add_argument("limits", help="the built tests/bench/limits")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each side")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of one turn")
    options = parser.parse_args()
    torch = start_torch()
    print(f"Microseconds a step, medians of {options.rounds} turns"
          + (f"; {torch.version}" if torch else ""))
    print(HEAD, flush=True)
    programs = Programs(*map(Program, (options.step, options.plain, options.limits)))
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            print(row(case, *run_case(programs, torch, case, options, folder)),
                  flush=True)
    if torch:
        torch.close()


if __name__ == "__main__":
    main()
