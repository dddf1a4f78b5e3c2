"""Kills at random instants and at chosen calls: nothing is lost, and faults would be noticed."""
import os
import pathlib
import random
import sys

import pytest

from conftest import DUFM

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "torture"))
import call_kills  # noqa: E402
from random_kills import Torture  # noqa: E402

LAUNCHER = os.environ.get("MPIRUN", "mpirun")


def test_random_kills(tmp_path):
    """Repeat a failure with `make torture SEED=...`."""
    seed = random.SystemRandom().randrange(10**6)
    print("seed", seed)
    tally = Torture(tmp_path, DUFM, LAUNCHER).kill(seed, kills=40, jobs=3)
    print(tally.table())
    assert tally.total() >= 40 and not tally.faults, tally.faults
    # Which phase a kill hits is chance; that none is left out, the chosen calls see to.


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    return call_kills.Walk(tmp_path_factory.mktemp("calls"), DUFM, LAUNCHER)


def test_kills_at_calls(walk):
    for scenario, count in ((call_kills.CREATION, 5), (call_kills.GROWTH, 4),
                            (call_kills.COMMIT, 8), (call_kills.CHECKPOINT, 6)):
        walk.walk(scenario, count)
    print(walk.table())
    hit = {name for name, _ in walk.kills}
    assert hit == {"creation", "growth", "commit", "checkpoint"} and not walk.faults, walk.faults


def test_wrong_order_is_noticed(walk):
    """The negative control of all of the above."""
    kills, torn = call_kills.torn_in_wrong_order(walk, 4)
    assert kills >= 2 and torn == kills
