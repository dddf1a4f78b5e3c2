"""dufm salvage: rows of files that HDF5 cannot open are moved to a new one."""
import os

import pytest
from resultfile import TINY, extents, flip, hashes, place_of, rows, same_rows
from test_damage import original  # noqa: F401 (a fixture)


@pytest.fixture
def broken(dufm, sweep, original):  # noqa: F811
    sweep(TINY)
    path = dufm.folder / "x.h5"
    path.write_bytes(original[0])
    return path


def zero(path, start, size):
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(bytes(size))


def between(original):  # noqa: F811
    """Runs of bytes outside of all values: headers, links, attributes."""
    end = 0
    for start, size, _ in original[2]:
        if start > end:
            yield end, start - end
        end = start + size
    yield end, len(original[0]) - end


DAMAGES = {
    "superblock": lambda path, original: zero(path, 0, 96),
    "first 2 KB": lambda path, original: zero(path, 0, 2048),
    "all structure": lambda path, original: [zero(path, *run) for run in between(original)],
    "first layout": lambda path, original: (zero(path, 0, 96),
                                            flip(path, place_of_layout(original, "layout") + 99)),
    "second layout": lambda path, original: (zero(path, 0, 96),
                                             flip(path, place_of_layout(original, "layout_copy"))),
}


def place_of_layout(original, which):  # noqa: F811
    return next(start for start, _, name in original[2] if name == which)


@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_lost_where_values_hold(dufm, broken, original, damage):  # noqa: F811
    before = rows(broken, 12)
    DAMAGES[damage](broken, original)
    bad = broken.read_bytes()
    dufm("verify", broken, expect=1)
    told = dufm("salvage", broken, "-o", "new.h5").stdout
    assert "of 12 rows of" in told and "12 are kept with their results, 0 are lost" in told
    assert "12 rows (12 done): whole" in dufm("verify", "new.h5").stdout
    assert hashes(dufm.folder / "new.h5") == original[1]
    assert same_rows(before, rows(dufm.folder / "new.h5", 12))
    assert broken.read_bytes() == bad
    assert "all 12 points are done already" in dufm("run", "sweep.yaml", "-o", "new.h5").stderr


def test_a_file_that_is_cut_off(dufm, broken, original):  # noqa: F811
    """Whatever is missing runs again, wherever the cut is."""
    first = place_of_layout(original, "layout")
    end = place_of(broken, "checksum", 7)[0] + 3
    for at, size in enumerate((first + 20_000, place_of(broken, "sv_weight", 5)[0], end)):
        os.truncate(broken, size) if at == 0 else broken.write_bytes(original[0][:size])
        new = f"new{at}.h5"
        told = dufm("salvage", broken, "-o", new).stdout
        dufm("verify", new)
        dufm("run", "sweep.yaml", "-o", new)
        assert "12 rows (12 done): whole" in dufm("verify", new).stdout
        assert hashes(dufm.folder / new) == original[1]
    assert "7 are kept with their results, 5 are lost; 5 points are left to run" in told


def test_damaged_rows_run_again(dufm, broken, original):  # noqa: F811
    flip(broken, place_of(broken, "loss", 3)[0])
    flip(broken, place_of(broken, "point_id", 8)[0])
    flip(broken, place_of(broken, "launch_host", 0)[0])
    zero(broken, 0, 96)
    told = dufm("salvage", broken, "-o", "new.h5").stdout
    assert "10 are kept with their results, 2 are lost; 2 points are left to run" in told
    assert "12 rows (10 done)" in dufm("verify", "new.h5").stdout.replace("2 pending, ", "")
    dufm("run", "sweep.yaml", "-o", "new.h5")
    assert hashes(dufm.folder / "new.h5") == original[1]


def test_with_another_sweep(dufm, sweep, broken, original):  # noqa: F811
    zero(broken, 0, 96)
    more = sweep(TINY.replace("[0, 2]", "[1, 3]"), "more.yaml")
    told = dufm("salvage", broken, "-o", "new.h5", "--sweep", more).stdout
    assert "12 are kept" in told and "4 points are left to run" in told
    dufm("run", more, "-o", "new.h5")
    found = hashes(dufm.folder / "new.h5")
    assert len(found) == 16 and {key: found[key] for key in original[1]} == original[1]
    other = sweep(TINY.replace("history: 5", "history: 6"), "other.yaml")
    error = dufm("salvage", broken, "-o", "y.h5", "--sweep", other, expect=2).stderr
    assert "asks for another output" in error


def test_refusals(dufm, sweep, broken, original):  # noqa: F811
    assert "exists already" in dufm("salvage", broken, "-o", broken, expect=2).stderr
    (dufm.folder / "there.h5").write_text("mine")
    assert "exists already" in dufm("salvage", broken, "-o", "there.h5", expect=2).stderr
    assert (dufm.folder / "there.h5").read_text() == "mine"
    assert "-o needs" in dufm("salvage", broken, expect=2).stderr
    assert "cannot open" in dufm("salvage", "none.h5", "-o", "y.h5", expect=2).stderr
    for start, size, name in extents(broken):
        if name.startswith("layout"):
            flip(broken, start + size // 2)
    error = dufm("salvage", broken, "-o", "y.h5", expect=1).stderr
    assert "no intact layout table" in error
    assert "no intact layout" in dufm("salvage", "sweep.yaml", "-o", "y.h5", expect=1).stderr
    assert not list(dufm.folder.glob("y.h5*"))


def test_of_a_file_that_is_whole(dufm, sweep, broken, original):  # noqa: F811
    """... and of one that has grown, with rows of removed values."""
    few = sweep(TINY.replace("depth: [2, 3]", "depth: [3]"), "few.yaml")
    dufm("run", few, "-o", broken)
    told = dufm("salvage", broken, "-o", "new.h5").stdout
    assert "12 are kept with their results, 0 are lost; 0 points are left to run" in told
    assert hashes(dufm.folder / "new.h5") == original[1]
    assert "6 of removed values" in dufm("status", "new.h5").stdout
