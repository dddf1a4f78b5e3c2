"""The result file from outside: who can read it, who may write it, what survives a kill."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import h5py
import numpy
import pytest

HERE = pathlib.Path(__file__).resolve().parent
SMALL = """\
name: small
grid:
  depth: [2, 3]
  width: [4, 12]
  seed: {range: [0, 2]}
point: {classes: 6, samples: 2, lambda: 0.004, learning_rate: 0.5, max_steps: 200}
output: {history: 5, gram: true, weights: true}
"""
ROWS = 12
# Runs for minutes unless it is stopped; nothing is done in the first second.
LONG = """\
name: long
grid: {seed: {range: [0, 3]}}
point: {depth: 4, width: 64, classes: 10, samples: 20, lambda: 0.001, learning_rate: 0.1,
        max_steps: 100000000, stop_loss_change: 0}
"""


@pytest.fixture(scope="session")
def hostile_library(tmp_path_factory):
    library = tmp_path_factory.mktemp("hostile") / "hostile.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "hostile.c", "-ldl"],
                   check=True)
    return library


@pytest.fixture
def hostile(dufm, hostile_library):
    """Run the program in hostile surroundings: hostile(arguments, SETTING=value)."""
    def run(*arguments, ranks=None, **settings):
        names = {f"HOSTILE_{key}": str(value) for key, value in settings.items()}
        environment = dict(dufm.environment, **names)
        command = dufm.command(*arguments, ranks=ranks)
        program = len(command) - len(dufm.command(*arguments))
        command[program:program] = ["env", f"LD_PRELOAD={hostile_library}"]
        return subprocess.run(command, cwd=dufm.folder, text=True,
                              capture_output=True, timeout=120, env=environment)
    return run


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def values(path):
    """Every variable of the file but the launches, the times and where it all lies."""
    with h5py.File(path) as file:
        return {name: file[name][()] for name in file
                if not name.startswith(("launch", "layout"))
                and name not in ("wall_time", "checksum")}


def same(one, other):
    return one.keys() == other.keys() and all(
        numpy.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f")
        for name in one)


@pytest.fixture
def small(dufm, sweep):
    """A finished file."""
    dufm("run", sweep(SMALL), "-o", "small.h5")
    return dufm.folder / "small.h5"


# ---- readers -------------------------------------------------------------------------------

@pytest.mark.filterwarnings("ignore:numpy.ndarray size changed:RuntimeWarning")  # netCDF4's
@pytest.mark.parametrize("engine", ["h5netcdf", "netcdf4"])
def test_opens_in_xarray(small, engine):
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(small, engine=engine) as dataset:
        dataset.load()
        assert dataset.sizes["config"] == ROWS
        assert dataset.sizes["layer"] == 3 and dataset.sizes["index"] == 12
        assert dataset.sv_weight.dims == ("config", "layer", "index")
        assert dataset.gram_pre.dims == ("config", "layer", "class_row", "class_column")
        assert dataset.weight.dims == ("config", "layer", "row", "column")
        assert dataset.feature.dims == ("config", "row", "sample")
        assert dataset.rank_mean_post.dims == ("config", "layer", "tolerance")
        assert {"depth", "width", "lambda", "lambdas", "loss_function"} <= set(dataset.coords)
        assert list(dataset.tolerance.values) == [1e-1, 1e-2, 1e-3, 1e-6]
        assert dataset.wall_time.attrs["units"] == "s"
        meanings = dataset.status.attrs["flag_meanings"].split()
        assert meanings == ["pending", "running", "done", "failed", "quarantined"]
        assert (dataset.status == 2).all()
        # Depth 2 in a file of depth 3, width 4 (6 classes) in one of width 12.
        shallow = dataset.isel(config=0)
        assert shallow.depth == 2 and numpy.isnan(shallow.sv_weight[2]).all()
        assert numpy.isfinite(shallow.sv_feature_pre[:2, :4]).all()
        assert numpy.isnan(shallow.sv_feature_pre[:, 6:]).all()
        assert numpy.isnan(shallow.rank_weight[2]).all()
        assert numpy.isnan(shallow.feature[4:]).all() and numpy.isfinite(shallow.feature[:4]).all()


@pytest.mark.parametrize("tool", [["ncdump", "-h"], ["h5dump", "-H"]])
def test_opens_in_command_line_tools(small, tool):
    if not shutil.which(tool[0]):
        pytest.skip(f"{tool[0]} is not installed")
    shown = subprocess.run([*tool, small], capture_output=True, text=True, check=True).stdout
    assert "sv_weight" in shown and "flag_meanings" in shown


def test_attributes(small):
    with h5py.File(small) as file:
        attributes = {name: file.attrs[name] for name in file.attrs}
        assert list(attributes)[0] == "Conventions"  # creation order is kept
        assert attributes["title"] in (b"small", "small")
        assert attributes["sweep_text"].decode() == SMALL
        assert b"lambda: 0.004" in attributes["sweep_canonical"]
        for name in file:
            variable = file[name]
            if "NAME" in variable.attrs and b"not a netCDF variable" in variable.attrs["NAME"]:
                continue
            assert "long_name" in variable.attrs, name
            assert variable.chunks is None and variable.id.get_offset(), name


def test_long_sweep_text(dufm, sweep):
    """Attributes above 64 KB are stored in another way by HDF5."""
    text = SMALL + "".join(f"# line {i} of a long comment\n" for i in range(5000))
    dufm("run", sweep(text), "-o", "x.h5")
    with h5py.File(dufm.folder / "x.h5") as file:
        assert len(text) > 100_000 and file.attrs["sweep_text"].decode() == text
    xarray = pytest.importorskip("xarray")
    for engine in ("h5netcdf", "netcdf4"):
        with xarray.open_dataset(dufm.folder / "x.h5", engine=engine) as dataset:
            assert dataset.attrs["sweep_text"] == text
    assert "whole" in dufm("verify", "x.h5").stdout


def test_same_bits_at_any_number_of_ranks(dufm, sweep, small):
    dufm("run", sweep(SMALL), "-o", "four.h5", ranks=4)
    assert same(values(small), values(dufm.folder / "four.h5"))


def test_show(dufm, small):
    table = dufm("show", small, "--limit", 5)
    lines = table.stdout.splitlines()
    assert lines[0].split()[:4] == ["row", "depth", "width", "seed"] and len(lines) == 6
    assert "5 of 12 rows" in table.stderr
    csv = [line.split(",") for line in dufm("show", small, "--csv").stdout.splitlines()]
    assert len(csv) == 1 + ROWS and {len(row) for row in csv} == {len(csv[0])}
    loss = [float(row[csv[0].index("loss")]) for row in csv[1:]]
    assert loss == list(values(small)["loss"])  # 17 digits: the same numbers


def test_launches_beyond_the_last_row_take_the_last_one(dufm, sweep, small):
    with h5py.File(small, "r+") as file:
        file["launch_start"][:, 0] = b"x"
        file["launch_checksum"][:] = b"x"
    dufm("run", sweep(SMALL), "-o", small)
    with h5py.File(small) as file:
        host = file["launch_host"][511].tobytes().rstrip(b"\0").decode()
        assert host == socket.gethostname()
        assert file["launch_start"][510].tobytes().rstrip(b"\0") == b"x"


# ---- verify --------------------------------------------------------------------------------

def flip(path, variable, row, bit=0):
    """Flip a bit of the first byte of a row, behind the library's back."""
    with h5py.File(path) as file:
        dataset = file[variable]
        row_bytes = dataset.dtype.itemsize * int(numpy.prod(dataset.shape[1:]))
        place = dataset.id.get_offset() + row * row_bytes
    with open(path, "r+b") as raw:
        raw.seek(place)
        byte = raw.read(1)[0]
        raw.seek(place)
        raw.write(bytes([byte ^ 1 << bit]))


@pytest.mark.parametrize("variable, complaint", [
    ("sv_weight", "checksum"), ("steps", "checksum"), ("checksum", "checksum"),
    ("result_hash", "checksum"), ("launch_index", "checksum"), ("gram_post", "checksum"),
    ("lambda", "checksum"), ("lambda_h", "point_id"), ("depth", "point_id"), ("point_id", "point_id"),
])
def test_verify_finds_a_flipped_bit(dufm, small, variable, complaint):
    assert "12 rows (12 done): whole" in dufm("verify", small).stdout
    flip(small, variable, 7)
    shown = dufm("verify", small, expect=1).stdout.splitlines()
    assert len(shown) == 2 and shown[0].startswith("row 7 ") and complaint in shown[0]
    data = values(small)
    if variable != "depth":
        assert f"(depth {data['depth'][7]}, width {data['width'][7]}, " in shown[0]
    facts = json.loads(dufm("verify", small, "--json", expect=1).stdout)
    assert facts["whole"] is False and facts["bad"] == 1 and facts["rows"] == ROWS
    [fault] = facts["faults"]
    assert fault["row"] == 7 and fault["point"] in shown[0]
    assert fault["fault"] == {"checksum": "checksum", "point_id": "identity"}[complaint]
    flip(small, variable, 7)
    facts = json.loads(dufm("verify", small, "--json").stdout)
    assert facts["whole"] is True and facts["faults"] == [] and facts["bad"] == 0
    assert facts["status"]["done"] == sum(facts["status"].values()) == ROWS


def test_verify_finds_a_value_in_the_padding(dufm, small):
    """What lies outside a point's own lengths is no part of its checksum."""
    with h5py.File(small, "r+") as file:
        file["sv_weight"][0, 2, 0] = 1.0  # row 0 has two layers
    shown = dufm("verify", small, expect=1).stdout
    assert "row 0 holds something beyond its own lengths" in shown


def test_verify_finds_a_row_that_is_done_too_early(dufm, sweep):
    process = dufm.start("run", sweep(LONG), "-o", "x.h5")
    wait_for((dufm.folder / "x.h5").exists)
    dufm.kill_group(process)
    process.communicate()
    dufm("verify", "x.h5")
    with h5py.File(dufm.folder / "x.h5", "r+") as file:
        file["status"][2] = 2
        file["status"][3] = 99
    shown = dufm("verify", "x.h5", expect=1).stdout
    assert "row 2 holds values" in shown and "row 3 has a status" in shown


@pytest.mark.parametrize("cut", [100, 4000, 20000])
def test_verify_of_a_truncated_file(dufm, small, cut):
    os.truncate(small, cut)
    done = dufm("verify", small, expect=1)
    assert "damaged" in done.stderr and "HDF5-DIAG" not in done.stderr


# ---- one writer ----------------------------------------------------------------------------

def test_second_writer_is_refused(dufm, sweep, small):
    process = dufm.start("run", sweep(LONG), "-o", "x.h5")
    try:
        wait_for((dufm.folder / "x.h5").exists)
        refusal = dufm("run", sweep(LONG), "-o", "x.h5", expect=2).stderr
        assert f"host {socket.gethostname()}" in refusal and f"pid {process.pid}" in refusal
        dufm("verify", "x.h5")  # readers are welcome
    finally:
        dufm.kill_group(process)
        process.communicate()
    assert (dufm.folder / "x.h5.lock").exists()  # a killed job leaves it, and nobody minds
    process = dufm.start("run", sweep(LONG), "-o", "x.h5")
    with h5py.File(dufm.folder / "x.h5") as file:
        wait_for(lambda: file["launch_start"][1].tobytes().strip(b"\0"))
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=180)
    assert process.returncode == 75 and not (dufm.folder / "x.h5.lock").exists()


def test_another_sweep_is_refused(dufm, sweep, small):
    before = small.read_bytes()
    other = sweep(SMALL.replace("0.004", "0.005").replace("width: [4, 12]", "width: [4, 11]"))
    refusal = dufm("run", other, "-o", small, expect=2).stderr
    assert "another sweep" in refusal
    assert "lambda" in refusal and "0.004" in refusal and "0.005" in refusal
    assert "width" in refusal and "depth" not in refusal
    assert small.read_bytes() == before and not pathlib.Path(f"{small}.lock").exists()


def test_other_files_are_refused(dufm, sweep):
    with h5py.File(dufm.folder / "foreign.h5", "w") as file:
        file["x"] = 1
    for command in (["run", sweep(SMALL), "-o"], ["verify"], ["show"]):
        assert "not a result file of dufm" in dufm(*command, "foreign.h5", expect=2).stderr
    assert "another name" in dufm("run", sweep(SMALL), "-o", "sweep.yaml", expect=2).stderr


def test_another_schema_version_is_refused(dufm, small):
    with h5py.File(small, "r+") as file:
        file.attrs["schema_version"] = numpy.int32(99)
    assert "schema version 99" in dufm("show", small, expect=2).stderr


def test_no_space(hostile, dufm, sweep):
    done = hostile("run", sweep(SMALL), "-o", "x.h5", SPACE="none")
    assert done.returncode == 2 and "GB left" in done.stderr
    assert not list(dufm.folder.glob("x.h5*"))


def test_without_locks(hostile, dufm, sweep):
    """Where a file system has no locks, the living process behind the lock file counts."""
    lock = dufm.folder / "x.h5.lock"
    holder = f"host {socket.gethostname()}\npid {os.getpid()}\njob \nstart now\n"
    lock.write_text(holder)
    done = hostile("run", sweep(SMALL), "-o", "x.h5", LOCKS="none")
    assert done.returncode == 2 and f"pid {os.getpid()}" in done.stderr and lock.exists()
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock.write_text(holder.replace(str(os.getpid()), str(gone.pid)))
    done = hostile("run", sweep(SMALL), "-o", "x.h5", LOCKS="none")
    assert done.returncode == 0 and not lock.exists(), done.stderr
    dufm("verify", "x.h5")


# ---- kills ---------------------------------------------------------------------------------

def events(hostile, dufm, path, file, *arguments):
    """Number of writes, syncs and renames of a file in an undisturbed run."""
    assert hostile(*arguments, FILE=file, COUNT=dufm.folder / "count").returncode == 0
    path.unlink()
    return int((dufm.folder / "count").read_text())


def outside_of_values(path):
    """The bytes of a file but its variables' values."""
    raw = bytearray(path.read_bytes())
    with h5py.File(path) as file:
        for name in file:
            start, size = file[name].id.get_offset(), file[name].id.get_storage_size()
            if start is not None:
                raw[start:start + size] = bytes(size)
    return bytes(raw)


def test_structure_is_never_written_again(hostile, dufm, sweep, small):
    """After its creation a file changes in its values alone, at any number of ranks."""
    path = dufm.folder / "x.h5"
    run = ("run", sweep(SMALL), "-o", "x.h5")
    hostile(*run, FILE="x.h5", KILL=1, WHEN="before")  # as it was created
    assert (values(path)["status"] == 0).all()
    before = outside_of_values(path)
    dufm(*run, ranks=4)
    assert (values(path)["status"] == 2).all() and outside_of_values(path) == before
    assert not [name for name in dufm.folder.iterdir()
                if name.name.startswith("x.h5") and name != path]


def spread(total, count):
    """Some events between the first and the last, and the last ones all."""
    return sorted({1 + (total - 1) * i // count for i in range(count)} | {total - 1, total})


def test_kill_while_creating(hostile, dufm, sweep):
    path = dufm.folder / "x.h5"
    run = ("run", sweep(SMALL), "-o", "x.h5")
    total = events(hostile, dufm, path, ".h5.tmp", *run)
    assert total > 50  # the name of the file is right
    for at in spread(total, 3):
        assert hostile(*run, FILE=".h5.tmp", KILL=at, WHEN="half").returncode == -signal.SIGKILL
        assert not path.exists() and (dufm.folder / "x.h5.tmp").exists()
    dufm(*run)
    assert not (dufm.folder / "x.h5.tmp").exists()
    dufm("verify", "x.h5")


def kill(hostile, path, at, when, *run):
    """Kill a run at an event; at an earlier one where it has fewer this time: batches follow the clock."""
    code = 0
    while code != -signal.SIGKILL:
        assert code == 0 and at > 0
        path.unlink(missing_ok=True)
        code = hostile(*run, FILE=path.name, KILL=at, WHEN=when).returncode
        at -= max(at // 20, 1)


@pytest.mark.parametrize("when", ["before", "half", "after"])
def test_kill_while_committing(hostile, dufm, sweep, small, when):
    """Whatever write or sync is the last one: done rows are whole, the rest is done later."""
    path = dufm.folder / "x.h5"
    run = ("run", sweep(SMALL), "-o", "x.h5")
    finished = values(small)
    total = events(hostile, dufm, path, "x.h5", *run)
    done_before = set()
    for at in spread(total, 3):
        kill(hostile, path, at, when, *run)
        dufm("verify", "x.h5")
        done = values(path)["status"] == 2
        done_before.add(int(done.sum()))
        assert numpy.array_equal(values(path)["loss"][done], finished["loss"][done])
        dufm(*run)
        assert same(values(path), finished)
        dufm("verify", "x.h5")
    assert 0 in done_before and max(done_before) > 0  # kills fell before and after a status


def test_kill_of_the_launcher_alone(dufm, sweep):
    """Ranks may outlive mpirun for a moment: the next job waits for them at the fence."""
    path = dufm.folder / "x.h5"
    text = SMALL.replace("[0, 2]", "[0, 19]").replace(
        "max_steps: 200", "max_steps: 40000, stop_loss_change: 0, stop_gradient: 0")
    run = ("run", sweep(text), "-o", "x.h5")
    # A killed job leaves its shared memory: let it be in this folder.
    process = dufm.start(*run, ranks=3)
    try:
        wait_for(path.exists)
        with h5py.File(path) as file:
            wait_for(lambda: (file["status"][()] == 2).any() or process.poll() is not None)
            process.kill()
            done = file["status"][()] == 2
        dufm(*run, ranks=3)
    finally:
        dufm.kill_group(process)
        process.communicate()
    assert done.any() and not done.all()
    assert "80 rows (80 done): whole" in dufm("verify", "x.h5").stdout
    with h5py.File(path) as file:
        assert set(file["launch_index"][done]) == {0}  # kept, not run again


@pytest.mark.parametrize("content", [b"", bytes(4096), b"\x89HDF\r\n\x1a\n and so on"],
                         ids=["empty", "zeros", "HDF5"])
def test_what_a_killed_run_left_goes(dufm, sweep, content):
    left = dufm.folder / "x.h5.tmp"
    for _ in "created", "opened":
        left.write_bytes(content)
        assert "removed x.h5.tmp, left by a killed run" in dufm("run", sweep(SMALL), "-o", "x.h5").stderr
        assert not left.exists()


@pytest.mark.parametrize("kind", ["text", "link", "folder"])
def test_what_is_not_ours_stays(dufm, sweep, kind):
    """A file of the temporary name that no run of ours made is neither removed nor overwritten."""
    other, target = dufm.folder / "x.h5.tmp", dufm.folder / "target"
    target.write_bytes(b"")
    if kind == "text":
        other.write_text("my notes")
    elif kind == "link":
        other.symlink_to(target)
    else:
        other.mkdir()
    refused = dufm("run", sweep(SMALL), "-o", "x.h5", expect=2).stderr
    assert "x.h5.tmp is in the way" in refused and "move it, or choose another name" in refused
    assert sorted(path.name for path in dufm.folder.glob("x.h5*")) == ["x.h5.tmp"]
    dufm("run", sweep(SMALL), "-o", "y.h5")
    (dufm.folder / "y.h5").rename(dufm.folder / "x.h5")
    dufm("run", sweep(SMALL), "-o", "x.h5")  # which needs no other file, and leaves it alone
    for command in (["compact", "x.h5"], ["salvage", "x.h5", "-o", "z.h5"]):
        if command[0] == "salvage":
            other.rename(dufm.folder / "z.h5.tmp")
        assert ".h5.tmp is in the way" in dufm(*command, expect=2).stderr
    other = dufm.folder / "z.h5.tmp"
    assert target.read_bytes() == b"" and (kind != "text" or other.read_text() == "my notes")
    assert other.is_symlink() == (kind == "link") and other.is_dir() == (kind == "folder")
