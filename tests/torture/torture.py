#!/usr/bin/env python3
"""Kill runs of the program at random instants and at chosen calls, and interrupt them; see
README.md."""
import argparse
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from call_kills import SCENARIOS, Walk, torn_in_wrong_order  # noqa: E402
from interruptions import Interruptions  # noqa: E402
from random_kills import Torture  # noqa: E402

CONTROLS = 20  # runs in the wrong order
ENDS = 5  # interruptions whose time is taken, of each size of points


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="build/dufm")
    parser.add_argument("--kills", type=int, default=1000, help="random kills that must hit")
    parser.add_argument("--calls", type=int, default=200, help="kills at chosen calls")
    parser.add_argument("--interruptions", type=int, default=50, help="by USR1 and USR2")
    parser.add_argument("--folder", help="where the files lie (a fresh one is made in it)")
    parser.add_argument("--seed", type=int, help="of random kills and interruptions to repeat")
    parser.add_argument("--jobs", type=int, default=2, help="random sequences at a time")
    return parser.parse_args()


def teller(what):
    start = time.monotonic()

    def tell(torture):
        print(f"  {torture.total()} kills {what}, {len(torture.faults)} faults, "
              f"{time.monotonic() - start:.0f} s", flush=True)
    return tell


def draw_seed(options, what):
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"{what}, seed {seed}", flush=True)
    return seed


def kill_at_random(options, folder, launcher):
    seed = draw_seed(options, "random kills")
    tally = Torture(folder, options.program, launcher).kill(
        seed, options.kills, options.jobs, teller("at random"))
    print(tally.table())
    return tally.faults


def kill_at_calls(options, folder, launcher):
    walk, tell = Walk(folder, options.program, launcher), teller("at chosen calls")
    for scenario in SCENARIOS:
        walk.walk(scenario, round(scenario.share * options.calls))
        tell(walk)
    print(walk.table())
    kills, torn = torn_in_wrong_order(walk, CONTROLS)
    print(f"negative control: torn rows reported after {torn} of {kills} kills in a wrong order")
    noticed = 0 < kills == torn
    return walk.faults + ([] if noticed else [("control", "the wrong order was not noticed")])


def interrupt(options, folder, launcher):
    seed = draw_seed(options, "interruptions")
    runs = Interruptions(folder, options.program, launcher, seed)
    runs.go_on(options.interruptions, lambda runs: print(
        f"  {runs.total()} interruptions, {len(runs.faults)} faults", flush=True))
    runs.time_ends(min(ENDS, options.interruptions))
    print(runs.table())
    return runs.faults


def main():
    options = arguments()
    launcher = os.environ.get("MPIRUN", "mpirun")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="torture-", dir=options.folder))
    faults = []
    for count, part in ((options.kills, kill_at_random), (options.calls, kill_at_calls),
                        (options.interruptions, interrupt)):
        if count > 0:
            below = folder / part.__name__
            below.mkdir()
            faults += part(options, below, launcher)
    for name, what in faults:
        print(f"{name}: {what}")
    print(f"{len(faults)} faults" + (f"; files in {folder}" if faults else ""))
    if not faults:
        shutil.rmtree(folder)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
