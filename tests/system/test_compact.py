"""dufm compact: the same values in a fraction of the size, proved before anything is replaced."""
import json
import os
import signal
import subprocess
import time

import h5py
import numpy
import pytest
from resultfile import TINY, flip, hashes
from sweeps import ENDLESS
from test_faults import faulty  # noqa: F401 (a fixture)
from test_older_schema import older  # noqa: F401 (a fixture)
from test_store import hostile, hostile_library  # noqa: F401 (fixtures)

# Most of its values are padding, as in any sweep over depth and width.
MIXED = """\
name: mixed
grid:
  depth: [2, 4, 8]
  width: {from: 8, to: 64, factor: 2}
  seed: {range: [0, 19]}
point: {classes: 6, samples: 2, lambda: 0.004, learning_rate: 0.3, max_steps: 100}
output: {history: 16, gram: true}
"""
# 16 rows of 260 KB, so that a piece holds one.
WIDE = """\
name: wide
grid: {seed: {range: [0, 15]}}
point: {depth: 2, width: 130, classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.3, max_steps: 5}
output: {history: 4, gram: true, weights: true}
"""
LEFT_OUT = {"layout", "layout_copy", "layout_length"}
REFERENCES = ("DIMENSION_LIST", "REFERENCE_LIST")


@pytest.fixture
def tiny(dufm, sweep):
    dufm("run", sweep(TINY), "-o", "x.h5")
    return dufm.folder / "x.h5"


def variables(file):
    """Names in the order that they were made, not that of the alphabet."""
    names = []
    file.id.links.iterate(lambda name: names.append(name.decode()), idx_type=h5py.h5.INDEX_CRT_ORDER)
    return names


def attributes(item):
    """[(name, bytes)] in that order, without those of references, whose values are places."""
    names = []
    h5py.h5a.iterate(item.id, lambda name: names.append(name.decode()),
                     index_type=h5py.h5.INDEX_CRT_ORDER)
    return [(name, None if name in REFERENCES else numpy.asarray(item.attrs[name]).tobytes())
            for name in names]


def contents(path):
    """Everything that the file holds, read by another library."""
    with h5py.File(path) as file:
        names = [name for name in variables(file) if name not in LEFT_OUT]
        axes = {name: [[scale.name for scale in axis.values()] for axis in file[name].dims]
                for name in names}
        return attributes(file), [
            (name, file[name].dtype.str, file[name].shape, file[name].fillvalue.tobytes(), axes[name],
             attributes(file[name]), file[name][()].tobytes()) for name in names]


def assert_same(one, other):
    """The other holds what the first one does, and the seal."""
    mine, theirs = contents(one), contents(other)
    assert mine[0] == theirs[0]
    assert theirs[1][-1][0] == "seal"
    assert [row[0] for row in mine[1]] == [row[0] for row in theirs[1][:-1]]
    for row, twin in zip(mine[1], theirs[1]):
        assert row == twin, row[0]


# ---- what comes out ------------------------------------------------------------------------

def test_everything_is_the_same(dufm, tiny):
    before = tiny.read_bytes()
    told = dufm("compact", tiny, "-o", "small.h5").stdout
    small = dufm.folder / "small.h5"
    assert told.startswith(f"small.h5: {small.stat().st_size} bytes instead of {len(before)}, ")
    assert "every value is the same" in told
    assert_same(tiny, small)
    assert tiny.read_bytes() == before
    assert sorted(path.name for path in dufm.folder.glob("*.h5*")) == ["small.h5", "x.h5"]


def test_in_its_own_place(dufm, tiny):
    dufm("compact", tiny, "-o", "other.h5")
    original = dufm.folder / "original.h5"
    original.write_bytes(tiny.read_bytes())
    dufm("compact", tiny)
    assert_same(original, tiny)
    size = tiny.stat().st_size
    assert size < original.stat().st_size and not (dufm.folder / "x.h5.tmp").exists()
    assert dufm("compact", tiny).stdout == f"{tiny} is compact already\n"
    assert tiny.stat().st_size == size


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_permissions_stay(dufm, sweep, tiny, mode):
    """Of a file that is replaced: by its compact form, and by the larger one that grows from it."""
    tiny.chmod(mode)
    dufm("compact", tiny)
    assert tiny.stat().st_mode & 0o777 == mode
    dufm("run", sweep(TINY.replace("[0, 2]", "[0, 3]")), "-o", tiny)
    assert tiny.stat().st_mode & 0o777 == mode


def test_four_times_smaller(dufm, sweep):
    dufm("run", sweep(MIXED), "-o", "x.h5")
    dufm("compact", "x.h5", "-o", "small.h5")
    one, other = dufm.folder / "x.h5", dufm.folder / "small.h5"
    assert_same(one, other)
    assert one.stat().st_size >= 4 * other.stat().st_size
    with h5py.File(other) as file:
        assert file["sv_weight"].compression == "gzip" and file["sv_weight"].shuffle
        sizes = [numpy.prod(file[name].chunks) * file[name].dtype.itemsize for name in file
                 if file[name].chunks]
        assert len(sizes) > 50 and max(sizes) <= 256 << 10


def test_what_others_added_is_kept(dufm, tiny):
    with h5py.File(tiny, "r+") as file:
        file["loss"].attrs["note"] = "seen"  # a text of any length
        file["loss"].attrs["several"] = ["a", "bc"]
        file.attrs["good"] = True
        file["weights_of_mine"] = numpy.arange(2000.0)
    dufm("compact", tiny, "-o", "small.h5")
    with h5py.File(dufm.folder / "small.h5") as file:
        assert file["loss"].attrs["note"] == "seen" and file.attrs["good"]
        assert list(file["loss"].attrs["several"]) == ["a", "bc"]
        assert (file["weights_of_mine"][()] == numpy.arange(2000.0)).all()
    with h5py.File(tiny, "r+") as file:
        file.create_group("mine")
    assert "holds 'mine', which is not ours" in dufm("compact", tiny, expect=2).stderr


def test_files_of_older_versions(dufm, older):  # noqa: F811
    shown = dufm("show", older, "--csv").stdout
    dufm("compact", older, "-o", "small.h5")
    assert_same(older, dufm.folder / "small.h5")
    assert dufm("show", "small.h5", "--csv").stdout == shown


# ---- what the commands do with it ----------------------------------------------------------

def test_readers_see_no_difference(dufm, sweep, tiny):
    dufm("compact", tiny, "-o", "small.h5")
    for words in (["show"], ["show", "--csv"], ["show", "--by", "depth"], ["status"],
                  ["show", "--columns", "row,loss,sv_weight[1,2]", "--sort", "loss"]):
        one, other = (dufm(*words[:1], path, *words[1:]).stdout for path in ("x.h5", "small.h5"))
        assert one.replace("x.h5", "small.h5") == other, words
    assert "12 rows (12 done): whole" in dufm("verify", "small.h5").stdout
    dufm("run", sweep(TINY.replace("[0, 2]", "[3, 4]"), "more.yaml"), "-o", "more.h5")
    dufm("merge", "small.h5", "more.h5", "-o", "all.h5")
    assert "20 rows (20 done): whole" in dufm("verify", "all.h5").stdout
    assert hashes(dufm.folder / "all.h5") == {**hashes(tiny), **hashes(dufm.folder / "more.h5")}


@pytest.mark.parametrize("ranks", [None, 3])
def test_a_run_with_nothing_left(dufm, tiny, ranks):
    dufm("compact", tiny)
    before = tiny.read_bytes()
    done = dufm("run", "sweep.yaml", "-o", tiny, ranks=ranks)
    assert f"all 12 points are done already; results in {tiny}" in done.stderr
    dufm("run", "sweep.yaml", "-o", tiny, "--retry-failed", ranks=ranks)
    assert tiny.read_bytes() == before
    assert sorted(path.name for path in dufm.folder.glob("x.h5*")) == ["x.h5"]


@pytest.mark.parametrize("ranks", [None, 3])
def test_a_run_that_has_to_write(dufm, sweep, tiny, ranks):
    few = sweep(TINY.replace("[0, 2]", "[0, 1]"), "few.yaml")
    dufm("run", few, "-o", "few.h5")
    dufm("compact", "few.h5")
    done = dufm("run", "sweep.yaml", "-o", "few.h5", ranks=ranks)
    assert "grown from 8 to 12 points, 4 new, 0 removed" in done.stderr
    assert hashes(dufm.folder / "few.h5") == hashes(tiny)
    assert "12 rows (12 done): whole" in dufm("verify", "few.h5").stdout
    with h5py.File(dufm.folder / "few.h5") as file:
        assert "layout" in file and "seal" not in file and file["sv_weight"].chunks is None


def test_a_run_goes_on_with_what_was_pending(dufm, sweep, tiny):
    with h5py.File(tiny, "r+") as file:
        file["status"][5:9] = 0
    before = hashes(tiny)
    dufm("compact", tiny)
    assert "4 pending, 8 done" in dufm("status", tiny).stdout
    done = dufm("run", "sweep.yaml", "-o", tiny)
    assert "is compact: it is made writable first" in done.stderr
    assert "8 of 12 points are done already" in done.stderr
    after = hashes(tiny)
    assert len(after) == 12 and before.items() <= after.items()
    assert "12 rows (12 done): whole" in dufm("verify", tiny).stdout


def test_points_that_failed(dufm, faulty):  # noqa: F811
    """They are results, unless they are asked for again."""
    out = dufm.folder / "out.h5"
    assert faulty(None, "--quiet").returncode == 3
    dufm("compact", out)
    before = out.read_bytes()
    told = dufm("run", "sweep.yaml", "-o", out, expect=3).stderr
    assert "all 24 points are done already" in told and "1 points failed in earlier runs" in told
    assert out.read_bytes() == before
    dufm("run", "sweep.yaml", "-o", out, "--retry-failed")
    assert "24 rows (24 done): whole" in dufm("verify", out).stdout


# ---- what is refused -----------------------------------------------------------------------

def test_refusals(dufm, sweep, tiny):
    assert "no result file given" in dufm("compact", expect=2).stderr
    assert "-o needs" in dufm("compact", tiny, "-o", "", expect=2).stderr
    assert "exists already, and nothing is overwritten" in dufm("compact", tiny, "-o", tiny,
                                                                expect=2).stderr
    (dufm.folder / "there.h5").write_text("mine")
    assert "exists already" in dufm("compact", tiny, "-o", "there.h5", expect=2).stderr
    assert "cannot open" in dufm("compact", "none.h5", expect=2).stderr
    assert "not an HDF5 file" in dufm("compact", "sweep.yaml", expect=2).stderr
    assert not list(dufm.folder.glob("*.lock"))
    dufm("compact", tiny, "-o", "small.h5")
    assert "is compact already: copy it" in dufm("compact", "small.h5", "-o", "y.h5", expect=2).stderr
    flip(tiny, h5py.File(tiny)["loss"].id.get_offset() + 8 * 3)
    before = tiny.read_bytes()
    assert "row 3 damaged" in dufm("compact", tiny, expect=1).stderr
    assert tiny.read_bytes() == before and not list(dufm.folder.glob("y.h5*"))


def test_a_file_that_a_job_writes(dufm, sweep):
    process = dufm.start("run", sweep(ENDLESS), "-o", "x.h5")
    try:
        path = dufm.folder / "x.h5"
        while not path.exists():
            assert process.poll() is None
            time.sleep(0.01)
        for words in ([], ["-o", "small.h5"]):
            error = dufm("compact", path, *words, expect=2).stderr
            assert f"is being written by another job: host {os.uname().nodename}" in error
        assert not (dufm.folder / "small.h5").exists()
    finally:
        dufm.kill_group(process)
        process.communicate()


# ---- whatever happens meanwhile ------------------------------------------------------------

def test_killed_at_any_write(dufm, tiny, hostile):  # noqa: F811
    """Before, in the middle of and after writes, at the sync and at the renaming."""
    before, whole = tiny.read_bytes(), contents(tiny)
    hostile("compact", tiny, FILE="x.h5.tmp", COUNT="count")
    count = int((dufm.folder / "count").read_text())
    assert count > 50
    places = sorted({*range(1, count, count // 12), count - 2, count - 1, count})
    for at, when in zip(places, ["before", "half", "after"] * len(places)):
        tiny.write_bytes(before)
        done = hostile("compact", tiny, FILE="x.h5.tmp", KILL=at, WHEN=when)
        assert done.returncode == -signal.SIGKILL, (at, done.stderr)
        assert tiny.read_bytes() == before, at
    assert "x.h5.tmp" in [path.name for path in dufm.folder.iterdir()]
    dufm("compact", tiny)  # what was left does not matter
    mine = contents(tiny)
    assert mine[0] == whole[0] and mine[1][:-1] == whole[1]
    assert sorted(path.name for path in dufm.folder.glob("x.h5*")) == ["x.h5"]


def test_a_write_that_is_not_what_was_asked_for(dufm, tiny, hostile):  # noqa: F811
    """The disk stores another bit: found when the files are compared, before anything is replaced.
    Bits that no reader looks at may differ."""
    before, whole = tiny.read_bytes(), contents(tiny)
    hostile("compact", tiny, "-o", "first.h5", FILE="first.h5.tmp", COUNT="count")
    count = int((dufm.folder / "count").read_text())
    caught = 0
    places = range(2, count - 2, count // 9)
    for at in places:
        done = hostile("compact", tiny, FILE="x.h5.tmp", KILL=at, WHEN="flip")
        caught += done.returncode == 1
        if done.returncode == 0:
            assert contents(tiny)[1][:-1] == whole[1]
        else:
            assert "cannot make" in done.stderr and tiny.read_bytes() == before, (at, done.stderr)
        tiny.write_bytes(before)
    assert caught > len(places) / 2


def test_a_signal_stops_it(dufm, sweep):
    dufm("run", sweep(MIXED), "-o", "x.h5")
    before = (dufm.folder / "x.h5").read_bytes()
    for _ in range(10):  # it may have ended when the signal comes
        (dufm.folder / "x.h5").write_bytes(before)
        process = dufm.start("compact", "x.h5")
        while process.poll() is None and not (dufm.folder / "x.h5.tmp").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
        if process.returncode != 0:
            break
    assert process.returncode == 75 and "stopped while" in told
    assert (dufm.folder / "x.h5").read_bytes() == before
    assert sorted(path.name for path in dufm.folder.glob("x.h5*")) == ["x.h5"]


def test_a_full_disk(dufm, tiny):
    before = tiny.read_bytes()
    limited = ["sh", "-c", 'ulimit -f 100; trap "" XFSZ; exec "$@"', "sh", *dufm.command("compact", tiny)]
    done = subprocess.run(limited, cwd=dufm.folder, env=dufm.environment, text=True, capture_output=True)
    assert done.returncode == 1 and "cannot make" in done.stderr, done.stderr
    assert tiny.read_bytes() == before
    assert sorted(path.name for path in dufm.folder.glob("x.h5*")) == ["x.h5"]


# ---- damage --------------------------------------------------------------------------------

def test_every_changed_byte_is_found(dufm, tiny):
    dufm("compact", tiny)
    whole = tiny.read_bytes()
    generator = numpy.random.default_rng(8)
    for place in generator.integers(8, len(whole), 30):
        flip(tiny, int(place), int(generator.integers(8)))
        assert "whole" not in dufm("verify", tiny, expect=1).stdout, place
        tiny.write_bytes(whole)
    tiny.write_bytes(whole + b"x")
    assert "are not those that were sealed" in dufm("verify", tiny, expect=1).stdout


def piece(path, variable, row):
    """Where the piece with that row lies."""
    with h5py.File(path) as file:
        info = file[variable].id.get_chunk_info_by_coord((row,) + (0,) * (file[variable].ndim - 1))
        return info.byte_offset, info.size


def test_rows_of_other_pieces_are_saved(dufm, sweep):
    sweep(WIDE)
    dufm("run", "sweep.yaml", "-o", "x.h5")
    path = dufm.folder / "x.h5"
    whole = hashes(path)
    dufm("compact", path)
    place, size = piece(path, "weight", 6)
    flip(path, place + size // 2)
    told = dufm("verify", path, expect=1).stdout
    assert "row 6 holds values that are not those of its checksum" in told and "1 bad" in told
    told = dufm("salvage", path, "-o", "saved.h5").stdout
    assert "15 are kept with their results, 1 are lost; 1 points are left to run" in told
    assert "row 6 damaged" in dufm("run", "sweep.yaml", "-o", path).stderr
    assert hashes(path) == whole
    assert "16 rows (16 done): whole" in dufm("verify", path).stdout


def test_what_the_disk_does_not_give_is_not_lost(dufm, sweep, hostile):  # noqa: F811
    """A read that fails says nothing of the rows: the file stays as it is."""
    sweep(WIDE)
    dufm("run", "sweep.yaml", "-o", "x.h5")
    path = dufm.folder / "x.h5"
    whole = hashes(path)
    dufm("compact", path)
    before, (place, size) = path.read_bytes(), piece(path, "weight", 6)
    sweep(WIDE.replace("15]", "16]"))
    for words in (["run", "sweep.yaml", "-o", path], ["verify", path], ["salvage", path, "-o", "y.h5"]):
        done = hostile(*words, FILE="x.h5", BAD=place + size // 2)
        assert done.returncode == 1 and "Input/output error" in done.stderr, (words, done.stderr)
        assert path.read_bytes() == before
        assert sorted(item.name for item in dufm.folder.glob("*.h5*")) == ["x.h5"]
    dufm("run", "sweep.yaml", "-o", path)
    assert whole.items() <= hashes(path).items()


def test_a_variable_of_others_without_end(dufm, tiny):
    """The bytes of its rows are more than a number of 64 bits holds."""
    with h5py.File(tiny, "r+") as file:
        kind = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        kind.set_chunk((1, 8, 8))
        mine = h5py.h5d.create(file.id, b"mine", h5py.h5t.NATIVE_DOUBLE,
                               h5py.h5s.create_simple((2, 2**30, 2**31)), kind)
        mine.write_direct_chunk((0, 0, 0), numpy.ones((1, 8, 8)).tobytes())
    before = tiny.read_bytes()
    assert "'mine': is larger than memory can be" in dufm("compact", tiny, expect=2).stderr
    assert tiny.read_bytes() == before


@pytest.mark.parametrize("latest", [[], ["--latest"]], ids=["", "latest"])
def test_a_file_packed_by_another_program(dufm, tiny, latest):
    """h5repack keeps the tables of where the values lie, which are wrong from then on."""
    whole = hashes(tiny)
    packed = dufm.folder / "packed.h5"
    with h5py.File(tiny) as file:
        options = [word for name in file if file[name].nbytes > 1024 for word in
                   ("-f", f"{name}:GZIP=4")]
    subprocess.run(["h5repack", *latest, *options, tiny, packed], check=True)
    assert json.loads(dufm("verify", packed, "--json", expect=1).stdout)["bad"] == 0
    dufm("run", "sweep.yaml", "-o", packed)
    assert hashes(packed) == whole


def test_a_file_in_the_latest_format(dufm, tiny):
    """Is read as any other, and made one of ours when it is run again."""
    whole, latest = hashes(tiny), dufm.folder / "latest.h5"
    subprocess.run(["h5repack", "--latest", tiny, latest], check=True)
    assert dufm("show", latest, "--csv").stdout == dufm("show", tiny, "--csv").stdout
    assert "made writable" in dufm("run", "sweep.yaml", "-o", latest).stderr
    dufm("verify", latest)
    assert hashes(latest) == whole


def test_lost_headers(dufm, tiny):
    """What cannot be saved is not promised to be; the same file before it was compact can."""
    dufm("compact", tiny, "-o", "small.h5")
    for name, saved in (tiny, True), ("small.h5", False):
        path = dufm.folder / name
        bytes_ = bytearray(path.read_bytes())
        bytes_[8:600] = bytes(592)
        (dufm.folder / "lost.h5").write_bytes(bytes_)
        for words in ["show"], ["verify"], ["compact"]:
            said = dufm(*words, "lost.h5", expect=1).stderr
            assert ("'dufm salvage' saves" in said) == saved, said
            assert saved or "take a copy of it, or make it again" in said, said
        said = dufm("salvage", "lost.h5", "-o", f"saved-{saved}.h5", expect=0 if saved else 1).stderr
        assert saved or "(a compact file has none)" in said, said
