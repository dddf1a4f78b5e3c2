"""A sweep that grows: rows stay where and as they are, only new points run."""
import signal
import subprocess

import h5py
import pytest
from resultfile import TINY, TINY_ROWS, column, hashes, rows, same_rows
from test_checkpoint import checkpoints, interrupt
from test_store import hostile, hostile_library, kill, spread  # noqa: F401 (fixtures)


def grown(text, **changes):
    for old, new in changes.items():
        line = next(line for line in text.splitlines() if line.strip().startswith(f"{old}:"))
        text = text.replace(line, f"  {old}: {new}")
    return text


@pytest.mark.parametrize("text, points, new", [
    (grown(TINY, seed="{range: [0, 4]}"), 20, 8),
    (grown(TINY, width="[4, 12, 15]"), 18, 6),
    (grown(TINY, depth="[5, 3, 2]"), 18, 6),
    (TINY.replace("classes: 6", "classes: 6").replace("  seed:", "  classes: [6, 8]\n  seed:")
     .replace("{classes: 6, ", "{"), 24, 12),
], ids=["seeds", "width", "depth", "classes"])
def test_a_grown_file_is_a_larger_sweeps(dufm, sweep, text, points, new):
    dufm("run", sweep(TINY), "-o", "x.h5")
    before = rows("%s/x.h5" % dufm.folder, TINY_ROWS)
    larger = sweep(text, "larger.yaml")
    told = dufm("run", larger, "-o", "x.h5", ranks=2).stderr
    assert f"grown from {TINY_ROWS} to {points} points, {new} new, 0 removed" in told
    assert f"{TINY_ROWS} of {points} points are done already" in told
    assert f"{points} rows ({points} done): whole" in dufm("verify", "x.h5").stdout
    dufm("run", larger, "-o", "fresh.h5")
    assert hashes(dufm.folder / "x.h5") == hashes(dufm.folder / "fresh.h5")
    assert same_rows(before, rows(dufm.folder / "x.h5", TINY_ROWS))
    assert sorted(column(dufm.folder / "x.h5", "grid_index")) == list(range(points))


def test_removed_values_stay_and_come_back(dufm, sweep):
    path = dufm.folder / "x.h5"
    dufm("run", sweep(TINY), "-o", path)
    before = rows(path, TINY_ROWS)
    fewer = sweep(grown(TINY, width="[12]", seed="{range: [0, 3]}"), "fewer.yaml")
    told = dufm("run", fewer, "-o", path).stderr
    assert "grown from 12 to 8 points, 2 new, 6 removed" in told
    assert list(column(path, "grid_index")) == [-1, -1, -1, 0, 1, 2, -1, -1, -1, 4, 5, 6, 3, 7]
    assert same_rows(before, rows(path, TINY_ROWS))
    status = dufm("status", path).stdout
    assert "8 points" in status and "6 of removed values, 6 of them done" in status
    assert "14 rows (14 done): whole" in dufm("verify", path).stdout
    assert "grown from 8 to 12 points, 0 new, 2 removed" in dufm("run", sweep(TINY), "-o",
                                                                 path).stderr
    assert list(column(path, "grid_index"))[:TINY_ROWS] == list(range(TINY_ROWS))
    assert "14 rows (14 done): whole" in dufm("verify", path).stdout
    with h5py.File(path) as file:
        history = file.attrs["history"].decode().splitlines()
    assert len(history) == 3 and "created by" in history[0] and "2 new" in history[1]


def test_pending_rows_of_removed_values_are_no_work(dufm, sweep, hostile):
    """A run that is stopped, then goes on with fewer values: the others are not run."""
    path = dufm.folder / "x.h5"
    many = sweep(grown(TINY, seed="{range: [0, 99]}"))
    run = ("run", many, "-o", path)
    assert hostile(*run, FILE="x.h5", COUNT=dufm.folder / "count").returncode == 0
    kill(hostile, path, int((dufm.folder / "count").read_text()) // 2, "after", *run)
    done = int((column(path, "status") == 2).sum())
    assert 0 < done < 400
    few = sweep(grown(TINY, seed="{range: [0, 1]}", depth="[3, 2]"), "few.yaml")
    dufm("run", few, "-o", path)
    placed = column(path, "grid_index") >= 0
    assert placed.sum() == 8 and (column(path, "status")[placed] == 2).all()
    assert (column(path, "status")[~placed] == 0).any()
    status = dufm("status", path).stdout
    assert "finished" in status and "392 of removed values" in status
    assert ": whole" in dufm("verify", path).stdout


def test_another_order_of_axes_moves_places_alone(dufm, sweep):
    path = dufm.folder / "x.h5"
    dufm("run", sweep(TINY), "-o", path)
    before = rows(path, TINY_ROWS)
    lines = TINY.splitlines(keepends=True)
    lines[2], lines[3] = lines[3], lines[2]
    told = dufm("run", sweep("".join(lines), "turned.yaml"), "-o", path).stderr
    assert "grown from 12 to 12 points, 0 new, 0 removed" in told
    assert same_rows(before, rows(path, TINY_ROWS))
    assert sorted(column(path, "grid_index")) == list(range(TINY_ROWS))
    dufm("verify", path)


def test_another_text_of_the_same_sweep_is_no_growth(dufm, sweep):
    path = dufm.folder / "x.h5"
    dufm("run", sweep(TINY), "-o", path)
    inode = path.stat().st_ino
    assert "grown" not in dufm("run", sweep(TINY + "# a comment\n"), "-o", path).stderr
    assert path.stat().st_ino == inode


@pytest.mark.parametrize("change, said", [
    (("lambda: 0.004", "lambda: 0.005"), "lambda: the file has 0.004, the sweep has 0.005"),
    (("max_steps: 200", "max_steps: 300"), "max_steps: the file has 200, the sweep has 300"),
    (("weights: true", "weights: false"), "rows that are done would lack"),
    (("gram: true", "gram: false"), "set the output back"),
    (("history: 5", "history: 6"), "history: 5"),
])
def test_refused(dufm, sweep, change, said):
    path = dufm.folder / "x.h5"
    dufm("run", sweep(TINY), "-o", path)
    before = path.read_bytes()
    refusal = dufm("run", sweep(TINY.replace(*change), "other.yaml"), "-o", path, expect=2)
    assert said in refusal.stderr and "another file" in refusal.stderr
    assert path.read_bytes() == before
    assert sorted(p.name for p in dufm.folder.glob("x.h5*")) == ["x.h5"]


@pytest.mark.parametrize("seeds, told", [
    ("{range: [0, 4]}", "grown from 12 to 20 points, 8 new, 0 removed"),
    ("{range: [1, 3]}", "grown from 12 to 12 points, 4 new, 4 removed"),
])
def test_a_file_without_finished_points_is_grown(dufm, sweep, hostile, seeds, told):
    path = dufm.folder / "x.h5"
    hostile("run", sweep(TINY), "-o", path, FILE="x.h5", KILL=1, WHEN="before")
    assert not column(path, "status").any()
    more = sweep(grown(TINY, seed=seeds), "more.yaml")
    assert told in dufm("run", more, "-o", path).stderr
    dufm("run", more, "-o", "fresh.h5")
    fresh, found = hashes(dufm.folder / "fresh.h5"), hashes(path)
    assert {identity: found[identity] for identity in fresh} == fresh
    assert ": whole" in dufm("verify", path).stdout


def test_nothing_in_common_and_nothing_finished(dufm, sweep, hostile):
    path = dufm.folder / "x.h5"
    hostile("run", sweep(TINY), "-o", path, FILE="x.h5", KILL=1, WHEN="before")
    before = path.read_bytes()
    refusal = dufm("run", sweep(grown(TINY, seed="{range: [5, 7]}"), "other.yaml"), "-o", path,
                   expect=2).stderr
    assert "no point of it is finished, and none is in this one; remove the file" in refusal
    assert "checkpoints beside it stay" in refusal and "seed" in refusal
    assert path.read_bytes() == before


def test_what_is_finished_is_not_given_up_for_what_is_not(dufm, sweep, hostile):
    """Pending points alone in common, finished ones removed: a parameter was changed."""
    path = dufm.folder / "x.h5"
    wide = TINY.replace("width: [4, 12]", "width: [4]")
    dufm("run", sweep(wide), "-o", path)
    hostile("run", sweep(TINY, "both.yaml"), "-o", path, FILE="x.h5", KILL=1, WHEN="before")
    status = column(path, "status")
    assert (status == 2).sum() == 6 and (status == 0).sum() == 6
    narrow = sweep(TINY.replace("width: [4, 12]", "width: [12]"), "pending.yaml")
    assert "no finished point of it is in this one" in dufm("run", narrow, "-o", path,
                                                            expect=2).stderr


def test_growth_before_the_first_end_keeps_checkpoints(dufm, sweep):
    """Long points alone, one of them saved: more seeds go on from there."""
    long = TINY.replace("depth: [2, 3]", "depth: [3]").replace("width: [4, 12]", "width: [12]")
    long = long.replace("max_steps: 200", "max_steps: 1000000000, stop_loss_change: 0, stop_gradient: 0")
    for name, text, told in (
            ("few.yaml", long, "3 points to run on"),
            ("more.yaml", grown(long, seed="{range: [0, 3]}"), "grown from 3 to 4 points, 1 new")):
        code, said = interrupt(dufm, sweep(text, name), None, None, "--checkpoint", "0.05")
        assert code == 75 and told in said, said
        assert len(checkpoints(dufm)) == 1
    assert "1 checkpoint of points under way" in said
    assert "4 rows (4 pending): whole" in dufm("verify", "out.h5").stdout


def test_kill_while_growing(dufm, sweep, hostile):
    """Whatever write, sync or rename is the last one: the old file is there, whole."""
    path = dufm.folder / "x.h5"
    dufm("run", sweep(TINY), "-o", path)
    old = path.read_bytes()
    run = ("run", sweep(grown(TINY, width="[4, 12, 15]"), "larger.yaml"), "-o", "x.h5")
    count = dufm.folder / "count"
    assert hostile(*run, FILE=".h5.tmp", COUNT=count).returncode == 0
    total = int(count.read_text())
    for at in spread(total, 3):
        path.write_bytes(old)
        done = hostile(*run, FILE=".h5.tmp", KILL=at, WHEN="half")
        assert done.returncode == -signal.SIGKILL
        assert path.read_bytes() == old and (dufm.folder / "x.h5.tmp").exists()
    dufm(*run)
    assert "18 rows (18 done): whole" in dufm("verify", path).stdout
    assert not (dufm.folder / "x.h5.tmp").exists()


def test_growth_without_space(dufm, sweep, hostile):
    path = dufm.folder / "x.h5"
    dufm("run", sweep(TINY), "-o", path)
    old = path.read_bytes()
    larger = sweep(grown(TINY, width="[4, 12, 15]"), "larger.yaml")
    done = hostile("run", larger, "-o", path, SPACE="none")
    assert done.returncode == 2 and "GB left" in done.stderr
    assert path.read_bytes() == old and not (dufm.folder / "x.h5.tmp").exists()


def test_reads_on_in_xarray(dufm, sweep):
    xarray = pytest.importorskip("xarray")
    dufm("run", sweep(TINY), "-o", "x.h5")
    dufm("run", sweep(grown(TINY, width="[12, 15]"), "other.yaml"), "-o", "x.h5")
    with xarray.open_dataset(dufm.folder / "x.h5", engine="h5netcdf") as dataset:
        dataset.load()
        assert dataset.sizes["config"] == 18 and dataset.sizes["index"] == 15
        assert "dufm layout table" in dataset.layout.item().decode()
    if not (ncdump := subprocess.run(["which", "ncdump"], capture_output=True).stdout):
        return
    shown = subprocess.run([ncdump.decode().strip(), "-v", "grid_index",
                            dufm.folder / "x.h5"], capture_output=True, text=True, check=True)
    assert "-1" in shown.stdout
