#!/usr/bin/env python3
"""Time a descent step beside a plain loop over CBLAS and PyTorch, in turns within one run; medians,
never pass or fail.

    tests/bench/bench.py STEP_PROGRAM PLAIN_PROGRAM [--rounds 7] [--seconds 0.25]
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

# (K, L, d, n) -> how many times faster than autograd and SGD a step is meant to be.
CASES = {(10, 4, 30, 1): 29, (10, 4, 64, 1): 9, (10, 4, 64, 50): 1.5, (15, 7, 64, 1): 5,
         (10, 4, 512, 1): 2}
CHECK_STEPS = 50  # after which all sides must have reached the same loss
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                                     "MKL_NUM_THREADS", "BLIS_NUM_THREADS")}
HEAD = ("   K  L    d   n      dufm     cblas  autograd   by hand   cblas/dufm"
        "   autograd/dufm (target)   by hand/dufm   same loss")


class Program:
    """A C program: one process a measurement."""

    def __init__(self, program):
        self.program = program

    def measure(self, case, steps, *start):
        words = [self.program, *map(str, case), str(steps), *start]
        done = subprocess.run(words, text=True, capture_output=True,
                              env={**os.environ, **ONE_THREAD})
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")
        return read_answer(done.stdout)


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


def sides(ours, plain, torch, case, start):
    """Name -> measure(steps), in the order of the turns."""
    result = {"dufm": lambda steps: ours.measure(case, steps),
              "cblas": lambda steps: plain.measure(case, steps, start)}
    if torch:
        for how in ("autograd", "hand"):
            result[how] = lambda steps, how=how: torch.measure(how, case, steps, start)
    return result


def run_case(programs, torch, case, options, folder):
    """Name -> median microseconds, and whether all sides reached the same loss."""
    start = str(pathlib.Path(folder, "start"))
    ours, plain = programs
    ours.measure(case, 1, start)  # writes the start
    turns = sides(ours, plain, torch, case, start)
    pilots = {name: measure(CHECK_STEPS) for name, measure in turns.items()}
    losses = [loss for _, loss in pilots.values()]
    steps = {name: max(CHECK_STEPS, int(1e6 * options.seconds / microseconds))
             for name, (microseconds, _) in pilots.items()}
    times = {name: [] for name in turns}
    for _ in range(options.rounds):
        for name, measure in turns.items():
            times[name].append(measure(steps[name])[0])
    medians = {name: statistics.median(values) for name, values in times.items()}
    return medians, max(losses) - min(losses) < 1e-9 * max(losses)


def row(case, medians, same):
    ratios = {how: medians[how] / medians["dufm"] for how in medians}
    times = " ".join(f"{medians[how]:9.2f}" if how in medians else f"{'-':>9}"
                     for how in ("dufm", "cblas", "autograd", "hand"))
    text = "{:4d} {:2d} {:4d} {:3d} ".format(*case) + times + f" {ratios['cblas']:11.2f}x"
    if "autograd" in ratios:
        text += (f" {ratios['autograd']:14.1f}x {'(' + format(CASES[case], 'g') + 'x)':>8}"
                 f" {ratios['hand']:13.1f}x")
    return f"{text}   {'yes' if same else 'NO'}"


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
    parser.add_argument("--rounds", type=int, default=7, help="turns of each side")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of one turn")
    options = parser.parse_args()
    torch = start_torch()
    print(f"Microseconds a step, medians of {options.rounds} turns"
          + (f"; {torch.version}" if torch else ""))
    print(HEAD if torch else HEAD.replace("autograd/dufm (target)   by hand/dufm   ", ""),
          flush=True)
    programs = (Program(options.step), Program(options.plain))
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            print(row(case, *run_case(programs, torch, case, options, folder)),
                  flush=True)
    if torch:
        torch.close()


if __name__ == "__main__":
    main()
