"""dufm merge: rows of several files in one, conflicts never decided silently."""
import shutil

import h5py
import pytest
from resultfile import TINY, column, flip, hashes, place_of, rows

HALVES = TINY.replace("[0, 2]", "[0, 1]"), TINY.replace("[0, 2]", "[1, 2]")


@pytest.fixture
def halves(dufm, sweep):
    """Two files that overlap, and the sweep of both."""
    for name, text in zip("ab", HALVES):
        dufm("run", sweep(text, f"{name}.yaml"), "-o", f"{name}.h5")
    sweep(TINY)
    return dufm.folder / "a.h5", dufm.folder / "b.h5"


def test_two_halves_are_one_sweep(dufm, halves):
    before = [path.read_bytes() for path in halves]
    told = dufm("merge", *halves, "-o", "all.h5").stdout
    assert "12 rows, 12 of them finished; 0 points are left to run" in told
    path = dufm.folder / "all.h5"
    assert "12 rows (12 done): whole" in dufm("verify", path).stdout
    assert "4 of removed values" in dufm("status", path).stdout  # the first one's sweep
    assert "grown from 8 to 12 points, 0 new, 0 removed" in dufm("run", "sweep.yaml", "-o",
                                                                 path).stderr
    assert "12 rows (12 done): whole" in dufm("verify", path).stdout
    dufm("run", "sweep.yaml", "-o", "fresh.h5")
    assert hashes(path) == hashes(dufm.folder / "fresh.h5")
    assert [path.read_bytes() for path in halves] == before


def test_launches_of_all_are_kept(dufm, halves):
    dufm("run", "b.yaml", "-o", "b.h5")  # a second launch
    dufm("merge", *halves, "-o", "all.h5")
    with h5py.File(dufm.folder / "all.h5") as file:
        pids = list(file["launch_pid"][:4])
        launches = list(file["launch_index"][()])
    with h5py.File(halves[0]) as a, h5py.File(halves[1]) as b:
        assert pids == [a["launch_pid"][0], *b["launch_pid"][:2], -1]
    assert launches == [0] * 8 + [1] * 4
    assert ": whole" in dufm("verify", "all.h5").stdout


def test_more_launches_than_there_is_room(dufm, sweep, halves):
    """Those of the first file fill all: the last one is shared by the others' rows."""
    with h5py.File(halves[0], "r+") as file:
        for name in file:
            if name.startswith("launch_") and name != "launch_index":
                file[name][:] = file[name][0]
    dufm("run", sweep(TINY.replace("[0, 2]", "[3, 4]"), "c.yaml"), "-o", "c.h5")
    told = dufm("merge", *halves, "c.h5", "-o", "all.h5").stdout
    assert "20 rows, 20 of them finished" in told
    assert list(column(dufm.folder / "all.h5", "launch_index")) == [0] * 8 + [511] * 12
    assert ": whole" in dufm("verify", "all.h5").stdout


def test_paddings_of_different_lengths(dufm, sweep):
    small = TINY.replace("[2, 3]", "[2]").replace("[4, 12]", "[4]")
    for name, text in ("a", small), ("b", TINY):
        dufm("run", sweep(text, f"{name}.yaml"), "-o", f"{name}.h5")
    told = dufm("merge", "a.h5", "b.h5", "-o", "all.h5").stdout
    assert "12 rows, 12 of them finished" in told
    assert ": whole" in dufm("verify", "all.h5").stdout
    assert hashes(dufm.folder / "all.h5") == hashes(dufm.folder / "b.h5")


def test_finished_wins_over_pending(dufm, sweep, halves):
    with h5py.File(halves[0], "r+") as file:
        file["status"][1::2] = 0  # seed 1, which the other file has
    told = dufm("merge", *halves, "-o", "all.h5").stdout
    assert "12 rows, 12 of them finished" in told
    assert list(column(dufm.folder / "all.h5", "launch_index")) == [0, 1] * 4 + [1] * 4
    with h5py.File(halves[0], "r+") as file:
        file["status"][0] = 0  # seed 0, which it has not
    told = dufm("merge", *halves, "-o", "less.h5").stdout
    assert "12 rows, 11 of them finished; 1 points are left to run" in told
    dufm("run", "a.yaml", "-o", "less.h5")
    assert hashes(dufm.folder / "less.h5") == hashes(dufm.folder / "all.h5")


def test_damaged_rows_count_as_pending(dufm, halves):
    flip(halves[0], place_of(halves[0], "loss", 1)[0])  # the other file has it
    flip(halves[0], place_of(halves[0], "point_id", 2)[0])  # and not this one
    done = dufm("merge", *halves, "-o", "all.h5")
    assert "a.h5: rows 1, 2 damaged, taken as not run" in done.stderr
    assert "12 rows, 11 of them finished; 1 points are left to run" in done.stdout
    dufm("run", "sweep.yaml", "-o", "all.h5")
    dufm("run", "sweep.yaml", "-o", "fresh.h5")
    assert hashes(dufm.folder / "all.h5") == hashes(dufm.folder / "fresh.h5")


# Points that stop by the clock have another result each time.
TIMED = """\
name: timed
grid: {seed: {range: [0, 3]}}
point: {depth: 3, width: 12, classes: 6, samples: 1, lambda: 0.001, learning_rate: 0.1,
        max_steps: 100000000, max_seconds: 0.1, stop_loss_change: 0, stop_gradient: 0}
"""


@pytest.fixture
def conflicting(dufm, sweep):
    """Two files with the same points and different results."""
    for name in "a.h5", "b.h5":
        dufm("run", sweep(TIMED, "timed.yaml"), "-o", name)
    one, other = (hashes(dufm.folder / name) for name in ("a.h5", "b.h5"))
    assert one.keys() == other.keys()
    different = [row for row, key in enumerate(one) if one[key] != other[key]]
    assert different
    return different


def test_conflicts_are_listed_and_nothing_is_written(dufm, conflicting):
    done = dufm("merge", "a.h5", "b.h5", "-o", "all.h5", expect=1)
    assert sorted(done.stdout.splitlines()) == [f"conflict: a.h5 row {row}, b.h5 row {row}"
                                                for row in conflicting]
    assert "finished in two files with different results; nothing is written" in done.stderr
    assert not list(dufm.folder.glob("all.h5*"))


def test_conflicts_can_be_decided(dufm, conflicting):
    dufm("merge", "a.h5", "b.h5", "-o", "all.h5", "--prefer", "first")
    assert hashes(dufm.folder / "all.h5") == hashes(dufm.folder / "a.h5")
    dufm("merge", "b.h5", "a.h5", "-o", "turned.h5", "--prefer", "first")
    assert hashes(dufm.folder / "turned.h5") == hashes(dufm.folder / "b.h5")
    assert "--prefer takes 'first'" in dufm("merge", "a.h5", "b.h5", "-o", "x.h5", "--prefer",
                                            "last", expect=2).stderr


def test_refusals(dufm, sweep, halves):
    a, b = halves
    assert "two result files or more" in dufm("merge", a, "-o", "x.h5", expect=2).stderr
    assert "-o needs" in dufm("merge", a, b, expect=2).stderr
    assert "exists already" in dufm("merge", a, b, "-o", a, expect=2).stderr
    dufm("run", sweep(TINY.replace("gram: true", "gram: false"), "c.yaml"), "-o", "c.h5")
    error = dufm("merge", a, "c.h5", "-o", "x.h5", expect=2).stderr
    assert "do not store the same of each point" in error and "gram: false" in error
    shutil.copy(b, "%s/old.h5" % dufm.folder)
    with h5py.File(dufm.folder / "old.h5", "r+") as file:
        file.attrs["schema_version"] = 1
    assert "schema version 1" in dufm("merge", a, "old.h5", "-o", "x.h5", expect=2).stderr
    assert not list(dufm.folder.glob("x.h5*"))


def test_three_files(dufm, sweep):
    for seed in range(3):
        dufm("run", sweep(TINY.replace("{range: [0, 2]}", f"[{seed}]")), "-o", f"{seed}.h5")
    told = dufm("merge", "0.h5", "1.h5", "2.h5", "-o", "all.h5").stdout
    assert "12 rows, 12 of them finished" in told
    assert len(rows(dufm.folder / "all.h5", 12)) > 60
    assert ": whole" in dufm("verify", "all.h5").stdout
