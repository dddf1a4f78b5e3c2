"""dufm measure on files that are odd, damaged or do not fit together; what it leaves behind."""
import os
import pathlib
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest

from conftest import DUFM
from features import write
from halting import state
from sweeps import ENDLESS

LABELS = np.arange(12) % 3
VALUES = np.random.default_rng(1).normal(size=(12, 5))
SWEEP = """\
name: x
grid: {seed: [0, 1]}
point: {depth: 2, width: 8, classes: 3, lambda: 0.01, learning_rate: 0.1, max_steps: 200, stop_loss_change: 0}
"""
LAYERS = {"fc1": {"pre": VALUES, "post": VALUES, "weight": np.ones((4, 5))}, "fc2": {"post": VALUES}}


def replaced(name, values):
    """A change of a good file: a dataset has other values, None: it is not there."""
    def change(file):
        del file[name]
        if values is not None:
            file[name] = values
    return change


def attribute(name, value):
    return lambda file: file.attrs.__setitem__(name, value)


def with_bad(value, row):
    values = VALUES.copy()
    values[row, 2] = value
    return values


def counted(*labels):
    return np.array(labels * 4)[:12]


REFUSED = {
    "no labels": (replaced("labels", None), "has no dataset /labels; expected the class of each sample"),
    "labels a group": (lambda file: (file.pop("labels"), file.create_group("labels")), "has no dataset /labels"),
    "labels not integers": (replaced("labels", LABELS + 0.5), "/labels holds no integers; expected"),
    "labels of rank 2": (replaced("labels", LABELS[:, None]), "/labels must have one dimension"),
    "no sample": (replaced("labels", LABELS[:0]), "/labels must have one dimension of 2 to"),
    "negative label": (replaced("labels", LABELS - 1), "/labels[0] is -1; expected classes numbered from 0"),
    "absurd label": (replaced("labels", LABELS * 10**12), "/labels[1] is 1000000000000; expected"),
    "class without a sample": (replaced("labels", counted(0, 2)), "/labels has no sample of class 1"),
    "one class": (replaced("labels", counted(0)), "/labels has one class, 0; expected two"),
    "fewer labels": (replaced("labels", LABELS[:9]), "/layers/fc1/pre has 12 samples, but /labels has 9"),
    "no layers": (replaced("layers", None), "has no group /layers; expected one"),
    "layers a dataset": (replaced("layers", LABELS), "has no group /layers"),
    "layers empty": (lambda file: (file.pop("layers"), file.create_group("layers")), "/layers is empty"),
    "a layer a dataset": (lambda file: file.__setitem__("layers/x", LABELS), "/layers/x is no group"),
    "no features": (lambda file: file.create_group("layers/x"), "/layers/x has neither 'pre' nor 'post'"),
    "features of rank 1": (replaced("layers/fc2/post", VALUES[:, 0]), "/layers/fc2/post has shape (12); expected two"),
    "features integers": (replaced("layers/fc2/post", VALUES.astype(int)), "holds no floating-point numbers"),
    "features texts": (replaced("layers/fc2/post", np.full((12, 5), b"x")), "holds no floating-point numbers"),
    "features a group": (lambda file: (file.pop("layers/fc2/post"), file.create_group("layers/fc2/post")),
                         "/layers/fc2/post is no dataset"),
    "no feature": (replaced("layers/fc2/post", VALUES[:, :0]), "has shape (12, 0); expected lengths from 1"),
    "other widths": (replaced("layers/fc1/post", VALUES[:, :3]), "has 3 features a sample, but 'pre' of this layer has 5"),
    "NaN": (replaced("layers/fc2/post", with_bad(np.nan, 7)), "/layers/fc2/post[7] holds a value that is not finite"),
    "infinity": (replaced("layers/fc1/pre", with_bad(-np.inf, 11)), "/layers/fc1/pre[11] holds a value that is not"),
    "weight of rank 1": (replaced("layers/fc1/weight", np.ones(5)), "/layers/fc1/weight has shape (5); expected two"),
    "NaN in a weight": (replaced("layers/fc1/weight", np.full((4, 5), np.nan)), "/layers/fc1/weight[0] holds a value"),
    "a dangling link": (lambda file: (file.pop("layers/fc2/post"),
                                      file.__setitem__("layers/fc2/post", h5py.SoftLink("/nowhere"))),
                        "/layers/fc2/post is no dataset that can be read"),
    **{f"an integer of {value}": (attribute("seed", kind(value)), "'seed' is not finite, or an integer beyond 2^53")
       for kind, value in ((np.int64, 2**53 + 1), (np.int64, -2**62), (np.uint64, 2**64 - 1))},
    "a coordinate NaN": (attribute("epoch", np.nan), "the attribute 'epoch' is not finite"),
    **{f"a name that is taken, {name}": (attribute(name, 3), f"the attribute '{name}' has a name that means something")
       for name in ("depth", "loss", "loss_dnc", "outcome", "row", "count", "ending", "loss_ratio", "loss_ratio_srg",
                    "least_rank", "share_dnc", "seal", "launch_index", "config", "sv_weight", "layout", "grid_index")},
    "a name of a dimension": (attribute("layer", 3), "the attribute 'layer' has a name"),
    "a name that cannot be": (attribute("weight decay", 3), "'weight decay' cannot name a coordinate"),
}


def left(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("out"))


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "in.h5", LABELS, LAYERS, {"epoch": 1})


@pytest.mark.parametrize("case", REFUSED)
def test_refused(dufm, tmp_path, good, case):
    change, words = REFUSED[case]
    with h5py.File(good, "r+") as file:
        change(file)
    said = dufm("measure", "in.h5", "-o", "out.h5", expect=2).stderr
    assert words in said and "in.h5" in said and said.splitlines()[-1].startswith("dufm measure: "), said
    assert left(tmp_path) == []


def test_usage(dufm, tmp_path, good):
    for words, said in ((["measure"], "no file of features given"), (["measure", good], "-o needs the name"),
                        (["measure", good, "-o", "out.h5", "--memory", "0"], "--memory takes"),
                        (["measure", "none.h5", "-o", "out.h5"], "cannot open none.h5: No such file"),
                        (["measure", tmp_path, "-o", "out.h5"], "is a folder"),
                        (["measure", good, "-o", "none/out.h5"], "does its folder exist?")):
        assert said in dufm(*words, expect=2).stderr
    (tmp_path / "text.h5").write_text("not HDF5 at all")
    assert "is not an HDF5 file" in dufm("measure", "text.h5", "-o", "out.h5", expect=2).stderr
    (tmp_path / "out.h5").write_text("mine")
    assert "out.h5 exists" in dufm("measure", good, "-o", "out.h5", expect=2).stderr
    assert (tmp_path / "out.h5").read_text() == "mine"
    (tmp_path / "out-link.h5").symlink_to("nowhere.h5")
    assert "out-link.h5 exists" in dufm("measure", good, "-o", "out-link.h5", expect=2).stderr
    assert (tmp_path / "out-link.h5").is_symlink()


def test_what_is_ignored_is_told(dufm, tmp_path, good):
    with h5py.File(good, "r+") as file:
        file["extra"], file["layers/fc1/bias"] = [1.0], [1.0]
        file.attrs["optimizer"], file.attrs["lr"] = "adam", [1e-3]
        del file["layers/fc1/weight"]
        file["layers/fc1/weight"] = np.ones((5, 9))
    said = dufm("measure", "in.h5", "-o", "out.h5").stderr
    for words in ("in.h5: /extra is ignored", "in.h5: /layers/fc1/bias is ignored",
                  "the attribute 'optimizer' is ignored", "weight has 9 columns, the layer 5 features"):
        assert words in said
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["lr"][0] == 1e-3 and file["epoch"][0] == 1
        assert np.isnan(file["nc3_alignment"][0, 0]) and np.isfinite(file["sv_weight"][0, 0, 0])


def test_floating_point_numbers_of_any_size(dufm, tmp_path):
    """As the help says: the same values are the same numbers."""
    halves = VALUES.astype("f2")
    for kind in "f2", "f4", "f8", ">f8":
        write(tmp_path / f"{kind}.h5", LABELS, {"x": {"post": halves.astype(kind)}})
    dufm("measure", "f2.h5", "f4.h5", "f8.h5", ">f8.h5", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert len({name.tobytes() for name in file["result_hash"][:]}) == 1
    assert "in floating-point numbers of any size" in dufm("measure", "--help").stdout


def test_parameters_of_a_sweep_are_coordinates(dufm, tmp_path):
    given = {"large": 2**53, "least": -2**53, "width": 5, "seed": 1, "learning_rate": 0.1, "lambda": 1e-3, "epoch": 7, "counts": 2, "share": 1}
    write(tmp_path / "in.h5", LABELS, LAYERS, given)
    dufm("measure", "in.h5", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert {name: file[name][0] for name in given} == given


@pytest.mark.parametrize("ordered, wanted", [(True, ["b10", "b9", "a"]), (False, ["a", "b9", "b10"])])
def test_order_of_layers(dufm, tmp_path, ordered, wanted):
    layers = {name: {"post": VALUES} for name in ("b10", "b9", "a")}
    write(tmp_path / "in.h5", LABELS, layers, ordered=ordered)
    said = dufm("measure", "in.h5", "-o", "out.h5").stderr
    assert ("does not tell the order" in said) != ordered
    with h5py.File(tmp_path / "out.h5") as file:
        assert [name.tobytes().rstrip(b"\0").decode() for name in file["layer_name"][:]] == wanted


def test_the_latest_format(dufm, tmp_path, good):
    """h5py writes it with libver="latest"."""
    with h5py.File(good) as file, h5py.File(tmp_path / "latest.h5", "w", libver="latest") as latest:
        for name in file:
            file.copy(name, latest)
        latest.attrs["epoch"] = 1
    for name in "in", "latest":
        dufm("measure", f"{name}.h5", "-o", f"out-{name}.h5")
    with h5py.File(tmp_path / "out-in.h5") as one, h5py.File(tmp_path / "out-latest.h5") as other:
        assert one["result_hash"][:].tobytes() == other["result_hash"][:].tobytes()


def test_as_many_layers_as_large_networks_have(dufm, tmp_path):
    """Each is measured, and looked at for the graph of six classes; more than 512 are refused."""
    labels, rng = np.arange(24) % 6, np.random.default_rng(5)
    layers = {f"layer{i}": {"post": rng.normal(size=(24, 7))} for i in range(200)}
    write(tmp_path / "deep.h5", labels, layers)
    dufm("measure", "deep.h5", "-o", "out.h5")
    dufm("verify", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        wanted = [np.linalg.svd(arrays["post"], compute_uv=False) for arrays in layers.values()]
        np.testing.assert_allclose(file["sv_feature_post"][0, :, :7], wanted, rtol=1e-12)
        assert file["depth"][0] == 200 and np.isfinite(file["distance_srg"][0])
    write(tmp_path / "deep.h5", labels, {f"layer{i}": {"post": VALUES[:, :1].repeat(2, 0)} for i in range(513)})
    assert "/layers has more than 512 layers" in dufm("measure", "deep.h5", "-o", "more.h5", expect=2).stderr


OTHERS = {
    "another layer": ({"fc1": {"post": VALUES}, "fc3": {"post": VALUES}}, {"epoch": 2},
                      "layer 1 of other.h5 is fc3, that of in.h5 is fc2"),
    "fewer layers": ({"fc1": {"post": VALUES}}, {"epoch": 2}, "other.h5 has 1 layers, in.h5 has 2"),
    "no coordinate": (LAYERS, {}, "other.h5 lacks the attribute 'epoch' that in.h5 has"),
    "another coordinate": (LAYERS, {"epoch": 2, "width": 3}, "in.h5 lacks the attribute 'width' that other.h5 has"),
}


@pytest.mark.parametrize("case", OTHERS)
def test_files_that_do_not_fit_together(dufm, tmp_path, good, case):
    layers, coordinates, words = OTHERS[case]
    write(tmp_path / "other.h5", LABELS, layers, coordinates)
    assert words in dufm("measure", "in.h5", "other.h5", "-o", "out.h5", expect=2).stderr
    assert left(tmp_path) == []


def test_a_bad_file_behind_a_good_one(dufm, tmp_path, good):
    write(tmp_path / "other.h5", LABELS, {**LAYERS, "fc2": {"post": with_bad(np.nan, 3)}}, {"epoch": 2})
    assert "other.h5: /layers/fc2/post[3]" in dufm("measure", "in.h5", "other.h5", "-o", "out.h5", expect=2).stderr
    assert left(tmp_path) == []


def test_files_of_other_sizes(dufm, tmp_path, good):
    """Other widths, samples and classes are told apart by paddings."""
    wide = np.random.default_rng(2).normal(size=(40, 30))
    write(tmp_path / "other.h5", np.arange(40) % 8, {"fc1": {"post": wide}, "fc2": {"post": wide}}, {"epoch": 2})
    dufm("measure", "in.h5", "other.h5", "-o", "out.h5")
    dufm("verify", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["gram_post"].shape == (2, 2, 8, 8) and file["classes"][:].tolist() == [3, 8]
        assert np.isnan(file["gram_post"][0, 0, 3:]).all() and np.isnan(file["sv_feature_post"][0, 0, 5:]).all()
        assert np.isfinite(file["gram_post"][1]).all() and file["class_size"][0].tolist() == [4, 4, 4] + [-1] * 5


def test_damaged_values(dufm, tmp_path):
    """A compressed chunk that is broken, and a file that is cut off: an error, nothing left."""
    values = np.random.default_rng(3).normal(size=(3000, 40))
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["labels"] = np.arange(3000) % 3
        file.create_dataset("layers/x/post", data=values, chunks=(500, 40), compression="gzip", fletcher32=True)
        place = file["layers/x/post"].id.get_chunk_info(3).byte_offset
    whole = bytearray((tmp_path / "in.h5").read_bytes())
    whole[place + 5000] ^= 0xff
    (tmp_path / "bad.h5").write_bytes(whole)
    assert "bad.h5: /layers/x/post" in dufm("measure", "bad.h5", "-o", "out.h5", expect=1).stderr
    (tmp_path / "short.h5").write_bytes((tmp_path / "in.h5").read_bytes()[:place])
    assert "short.h5" in dufm("measure", "short.h5", "-o", "out.h5", expect=1).stderr
    assert left(tmp_path) == []


def test_memory(dufm, tmp_path):
    """What a layer needs is known before; features of 96 MB as double take a part of that."""
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["labels"] = np.arange(100_000) % 10
        data = file.create_dataset("layers/x/post", (100_000, 120), "f4")
        for first in range(0, 100_000, 20_000):
            data[first:first + 20_000] = np.random.default_rng(first).normal(size=(20_000, 120))
    assert "need" in dufm("measure", "in.h5", "-o", "out.h5", "--memory", "3", expect=2).stderr
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    done = subprocess.run(["/usr/bin/python3", "-c", code, DUFM, "measure", "in.h5", "-o", "out.h5"], text=True,
                          capture_output=True, cwd=tmp_path, check=True, env=dufm.environment)
    assert int(done.stdout.split()[-1]) < 70_000  # kB


@pytest.mark.parametrize("width", [2**25, 2**30])
def test_widths_beyond_what_can_be_counted(dufm, tmp_path, width):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["labels"] = [0, 1]
        file.create_dataset("layers/x/post", (2, width), "f4", chunks=(1, 1024))[0, 0] = 1
    said = dufm("measure", "in.h5", "-o", "out.h5", expect=2).stderr
    assert "its layers need" in said and "allowed are 4096" in said and left(tmp_path) == []


def test_labels_count_as_memory(dufm, tmp_path):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        for name, shape in ("labels", (10**7,)), ("layers/x/post", (10**7, 2)):
            kind = "i8" if name == "labels" else "f4"
            file.create_dataset(name, shape, kind, chunks=(4096, *shape[1:]))[1] = 1
    code = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:]); "
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    done = subprocess.run(["/usr/bin/python3", "-c", code, DUFM, "measure", "in.h5", "-o", "out.h5", "--memory",
                           "30"], text=True, capture_output=True, cwd=tmp_path, env=dufm.environment, check=True)
    assert "its layers need" in done.stderr and int(done.stdout.split()[-1]) < 80_000  # kB


@pytest.fixture
def under_way(dufm, tmp_path):
    """A process that builds out.h5, for a while."""
    values = np.random.default_rng(4).normal(size=(9000, 700)).astype("f4")
    write(tmp_path / "in.h5", np.arange(9000) % 4, {f"l{i}": {"post": values} for i in range(4)})
    process = dufm.start("measure", *["in.h5"] * 20, "-o", "out.h5")
    deadline = time.monotonic() + 60
    while not (tmp_path / "out.h5.tmp").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    yield process
    dufm.kill_group(process)
    process.communicate()


def test_one_process_builds_a_file(dufm, tmp_path, under_way):
    """Others of this program are refused, and leave what it has built so far."""
    write(tmp_path / "small.h5", LABELS, LAYERS)
    held = (tmp_path / "out.h5.tmp").stat().st_ino
    for words in (["measure", "small.h5"], ["compact", "sweep.h5"]):
        if words[0] == "compact":
            (tmp_path / "x.yaml").write_text(SWEEP)
            dufm("run", "x.yaml", "-o", "sweep.h5")
        said = dufm(*words, "-o", "out.h5", expect=2).stderr
        assert "out.h5 is being written by another job" in said, said
    assert (tmp_path / "out.h5.tmp").stat().st_ino == held and under_way.poll() is None


def test_a_file_that_a_run_makes(dufm, tmp_path, good):
    (tmp_path / "x.yaml").write_text(ENDLESS)
    process = dufm.start("run", "x.yaml", "-o", "out.h5")
    try:
        while not (tmp_path / "out.h5").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGSTOP)
        (tmp_path / "out.h5").rename(tmp_path / "moved.h5")  # as before it has its name
        said = dufm("measure", "in.h5", "-o", "out.h5", expect=2).stderr
        assert "out.h5 is being written by another job" in said
    finally:
        dufm.kill_group(process)
        process.communicate()


def test_a_signal_stops_it(tmp_path, under_way):
    """Nothing is left, whichever process gets it, and the code says that work is left."""
    process = under_way
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=60) == 75
    assert "stopped while" in process.stderr.read()
    assert left(tmp_path) == []


def children(pid):
    return list(map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def halted_part(process, work):
    """One of the processes among which the samples are divided, before it can end."""
    while process.poll() is None:
        for part in children(work):
            try:
                os.kill(part, signal.SIGSTOP)
            except ProcessLookupError:
                continue
            while state(part) not in ("T", "Z", ""):
                time.sleep(0.001)
            if state(part) == "T":
                return part
    raise AssertionError("it has ended")


@pytest.mark.parametrize("who", ["all of it", "a part of it"])
def test_the_death_of_the_work_is_told(tmp_path, under_way, who):
    process = under_way
    killed, = work, = children(process.pid)
    if who == "a part of it":  # on one core there is none
        if len(os.sched_getaffinity(0)) == 1:
            pytest.skip("one core")
        killed = halted_part(process, work)
    os.kill(killed, signal.SIGKILL)
    assert process.wait(timeout=60) == 1
    assert "in.h5 is damaged, or there is too little memory" in process.stderr.read()
    assert left(tmp_path) == []
