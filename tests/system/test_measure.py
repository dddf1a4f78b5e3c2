"""dufm measure: metrics of features against numpy, planted structures, several files in one."""
import json
import os
import re
import subprocess

import h5py
import numpy as np
import pytest

import features
from conftest import DUFM
from features import write
from scripts import script

SIZES = {"balanced": [12] * 6, "unbalanced": [3, 40, 1, 9, 25, 2]}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def labels_of(sizes, rng):
    return rng.permutation(np.repeat(np.arange(len(sizes)), sizes))


def random_layers(labels, rng, kind):
    """Widths that differ, one above the number of samples, one with further dimensions."""
    classes, layers = labels.max() + 1, {}
    for name, shape in (("wide", (130,)), ("conv", (4, 3, 3)), ("narrow", (4,)), ("head", (9,))):
        centre = rng.normal(size=(classes, *shape))
        pre = (2 * centre[labels] + rng.normal(size=(len(labels), *shape))).astype(kind)
        weight = rng.normal(size=(classes if name == "head" else 11, int(np.prod(shape))))
        layers[name] = {"pre": pre, "post": np.maximum(pre, 0), "weight": weight.astype(kind)}
    return layers


def near(got, want, relative=1e-10):
    assert got == pytest.approx(want, rel=relative, abs=1e-12)


def check_side(file, layer, side, values, labels):
    flat = values.reshape(len(values), -1).astype(float)
    for name, want in features.collapse(values, labels).items():
        near(file[f"{name}_{side}"][0, layer], want, 1e-8)
    means = features.means_of(flat, labels)
    for name, matrix in (("feature", flat), ("mean", means)):
        want = np.linalg.svd(matrix, compute_uv=False)
        got = file[f"sv_{name}_{side}"][0, layer]
        assert np.isnan(got[len(want):]).all()
        np.testing.assert_allclose(got[:len(want)], want, rtol=0, atol=1e-13 * want[0])
        assert file[f"rank_{name}_{side}"][0, layer].tolist() == features.ranks(want)
        near(file[f"effective_rank_{name}_{side}"][0, layer], features.effective_rank(want))
        near(file[f"stable_rank_{name}_{side}"][0, layer], (want**2).sum() / want[0]**2)
    np.testing.assert_allclose(file[f"gram_{side}"][0, layer], means.T @ means, rtol=1e-11, atol=1e-12)
    return means


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_metrics_are_those_of_numpy(dufm, tmp_path, rng, sizes, kind):
    labels = labels_of(sizes, rng)
    layers = random_layers(labels, rng, kind)
    write(tmp_path / "in.h5", labels, layers)
    dufm("measure", "in.h5", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        names = [name.tobytes().rstrip(b"\0").decode() for name in file["layer_name"][:]]
        assert names == list(layers)
        assert file["layer_width"][0].tolist() == [130, 36, 4, 9]
        assert file["class_size"][0].tolist() == sizes and file["sample_count"][0] == len(labels)
        for layer, arrays in enumerate(layers.values()):
            check_side(file, layer, "pre", arrays["pre"], labels)
            means = check_side(file, layer, "post", arrays["post"], labels)
            weight = arrays["weight"].astype(float)
            want = np.linalg.svd(weight, compute_uv=False)
            np.testing.assert_allclose(file["sv_weight"][0, layer][:len(want)], want, atol=1e-13 * want[0])
            near(file["nc3_alignment"][0, layer], features.alignment(weight, means))
        duality = weight / np.linalg.norm(weight) - means.T / np.linalg.norm(means)
        near(file["nc3_duality"][0], np.linalg.norm(duality))


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("spread", [1e-7, 1e-2, 10])
def test_nc1_of_any_size(dufm, tmp_path, rng, sizes, spread):
    """More samples than a block holds; NC1 from 1e-14 on."""
    labels = labels_of([40 * size for size in sizes], rng)
    values = 3 + rng.normal(size=(6, 700))[labels] + spread * rng.normal(size=(len(labels), 700))
    write(tmp_path / "in.h5", labels, {"only": {"post": values}})
    dufm("measure", "in.h5", "-o", "out.h5")
    want = features.collapse(values, labels)
    with h5py.File(tmp_path / "out.h5") as file:
        for name in "nc1_trace", "nc1_pinv":
            near(file[f"{name}_post"][0, 0] / want[name], 1, 1e-8)
            assert np.isnan(file[f"{name}_pre"][0, 0])


def test_several_cores(dufm, tmp_path, rng):
    """So many samples that they are divided among processes, three and two: the same bits as on one core, or with
    memory for no more than one process, and numpy's values."""
    labels = np.arange(20_000) % 7
    layers = {name: (rng.normal(size=(7, width))[labels] + 0.5 * rng.normal(size=(20_000, width))).astype("f4")
              for name, width in (("wide", 400), ("narrow", 330))}
    write(tmp_path / "in.h5", labels, {name: {"post": values} for name, values in layers.items()})
    core = str(min(os.sched_getaffinity(0)))
    subprocess.run(["taskset", "-c", core, DUFM, "measure", "in.h5", "-o", "one.h5"], check=True, cwd=tmp_path,
                   env=dufm.environment)
    needed = re.search(r"its layers need (\d+) MiB", dufm("measure", "in.h5", "-o", "x.h5", "--memory", "1",
                                                          expect=2).stderr)[1]
    dufm("measure", "in.h5", "-o", "little.h5", "--memory", needed)
    dufm("measure", "in.h5", "-o", "all.h5")
    hashes = set()
    for name in "one", "little", "all":
        with h5py.File(tmp_path / f"{name}.h5") as file:
            hashes.add(file["result_hash"][:].tobytes())
    assert len(hashes) == 1
    with h5py.File(tmp_path / "all.h5") as file:
        for layer, values in enumerate(layers.values()):
            check_side(file, layer, "post", values, labels)


def test_small_singular_values(dufm, tmp_path, rng):
    """Down to 1e-12 of the largest: their squares would be lost beside its square."""
    values = 10.0 ** -np.arange(13)
    left = np.linalg.qr(rng.normal(size=(3000, 13)))[0]
    right = np.linalg.qr(rng.normal(size=(13, 13)))[0]
    write(tmp_path / "in.h5", np.arange(3000) % 5, {"only": {"post": left * values @ right.T}})
    dufm("measure", "in.h5", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        np.testing.assert_allclose(file["sv_feature_post"][0, 0], values, rtol=0, atol=1e-15)


def planted(kind, labels, rng):
    """Three layers of K = 6 classes, the edges of K_4."""
    noise = 1e-3
    if kind == "srg":
        means = [np.pad(matrix, ((0, 14), (0, 0))) for matrix in features.graph_layers(4)]
        return [features.sampled(matrix, labels, noise, rng) for matrix in means]
    if kind == "noise":  # no classes at all, but a mean that all share
        return [30 + np.maximum(rng.normal(size=(len(labels), 20)), 0) for _ in range(3)]
    if kind == "flat noise":  # ... and that varies along one direction
        return [1 + rng.normal(size=(len(labels), 1)) * np.ones(20) + 1e-4 * rng.normal(size=(len(labels), 20))
                for _ in range(3)]
    if kind == "random":
        return [rng.normal(size=(len(labels), 20)) + rng.normal(size=(6, 20))[labels] for _ in range(3)]
    matrix = {"simplex": features.simplex, "shifted": features.simplex}.get(kind, features.frame)(6)
    if kind == "shifted":
        return [1000 + features.sampled(matrix, labels, noise, rng, 20) for _ in range(3)]
    if kind == "tiny":
        return [1e-7 * features.sampled(matrix, labels, noise, rng, 20) for _ in range(3)]
    if kind == "low rank":
        matrix = matrix.copy()
        matrix[:, :3] = matrix[:, 3:]
    return [features.sampled(matrix, labels, noise, rng, 20) for _ in range(3)]


@pytest.mark.parametrize("sizes", [[50] * 6, [90, 10, 40, 25, 60, 75]], ids=SIZES)
@pytest.mark.parametrize("kind, ending", [("frame", "dnc"), ("simplex", "dnc"), ("shifted", "dnc"), ("tiny", "dnc"),
                                          ("srg", "srg"), ("low rank", "low_rank"), ("random", "other"),
                                          ("noise", "other"), ("flat noise", "other")])
def test_planted_structures(dufm, tmp_path, rng, sizes, kind, ending):
    labels = labels_of(sizes, rng)
    layers = {f"l{i}": {"post": values} for i, values in enumerate(planted(kind, labels, rng))}
    write(tmp_path / "in.h5", labels, layers)
    dufm("measure", "in.h5", "-o", "out.h5")
    columns = "outcome,distance_dnc,distance_srg,nc2_frame_post,nc2_etf_post,rank_mean_post[-1,1]"
    row = json.loads(dufm("show", "out.h5", "--jsonl", "--columns", columns).stdout)
    assert row["outcome"] == ending
    frame, simplex = row["nc2_frame_post"][-1], row["nc2_etf_post"][-1]
    if kind == "frame":
        assert frame < 0.01 and simplex < 0.01 and row["rank_mean_post[-1,1]"] == 6
    if kind == "simplex":
        assert simplex < 0.01 < 0.3 < frame and row["rank_mean_post[-1,1]"] == 5
    if kind == "srg":
        assert row["distance_srg"] < 0.01 < 0.2 < row["distance_dnc"]
    if kind == "random":
        assert min(row["distance_srg"], row["distance_dnc"]) > 0.2


def test_what_no_rule_can_tell(dufm, tmp_path, rng):
    labels = labels_of([20] * 4, rng)
    values = rng.normal(size=(80, 7))
    write(tmp_path / "zero.h5", labels, {"a": {"post": values}, "b": {"post": 0 * values}})
    write(tmp_path / "pre.h5", labels, {"a": {"post": values}, "b": {"pre": values}})
    dufm("measure", "zero.h5", "pre.h5", "-o", "out.h5")
    rows = [json.loads(line)["outcome"] for line in
            dufm("show", "out.h5", "--jsonl", "--columns", "outcome").stdout.splitlines()]
    assert rows == ["trivial", "none"]


# ---- several files

@pytest.fixture
def epochs(dufm, tmp_path, rng):
    """A network whose classes draw together, of two widths, over epochs."""
    for width in 16, 32:
        for epoch in range(3):
            labels = labels_of([30] * 4, rng)
            values = features.sampled(features.simplex(4), labels, 0.5 / (1 + epoch), rng, width)
            write(tmp_path / f"w{width}-{epoch}.h5", labels,
                  {"fc1": {"post": values}, "fc2": {"pre": values, "post": values}},
                  {"epoch": epoch, "width": width, "weight_decay": 5e-4})
    files = sorted(path.name for path in tmp_path.glob("w*.h5"))
    dufm("measure", *files, "-o", "all.h5")
    return tmp_path / "all.h5"


def test_coordinates(dufm, epochs):
    rows = [json.loads(line) for line in dufm(
        "show", epochs, "--jsonl", "--sort", "-nc1_trace_post[-1]",
        "--columns", "epoch,width,weight_decay,layer_width,nc1_trace_post[-1]").stdout.splitlines()]
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1, 2, 2]
    assert all(row["layer_width"] == [row["width"]] * 2 and row["weight_decay"] == 5e-4 for row in rows)
    chosen = dufm("show", epochs, "--csv", "--where", "width = 32 and epoch > 0",
                  "--columns", "source_file").stdout.splitlines()
    assert chosen == ["source_file", "w32-1.h5", "w32-2.h5"]
    grouped = dufm("show", epochs, "--by", "epoch", "--columns", "nc1_trace_post[-1]", "--csv").stdout.splitlines()
    assert [line.split(",")[:2] for line in grouped[1:]] == [["0", "2"], ["1", "2"], ["2", "2"]]


def test_groups_without_columns(dufm, epochs):
    """What a network has, not what a sweep has."""
    rows = [json.loads(line) for line in dufm("show", epochs, "--by", "epoch", "--jsonl").stdout.splitlines()]
    assert [row["epoch"] for row in rows] == [0, 1, 2] and {"least_rank_mean", "nc2_etf_post[-1]_sd"} < set(rows[0])
    assert rows[0]["nc1_trace_post[-1]_mean"] > rows[2]["nc1_trace_post[-1]_mean"] > 0


def test_names(dufm, epochs):
    """Only what the file can have: with no losses there are no ratios of them, and none is suggested."""
    names = {line.split("[")[0].split()[0]: line for line in dufm("show", epochs, "--names").stdout.splitlines()}
    assert {"row", "least_rank", "epoch", "nc1_trace_post"} < set(names)
    assert not {"loss", "loss_ratio", "loss_ratio_srg"} & set(names)
    assert names["layer_name"].startswith("layer_name[layer 2] ")
    for words in ["--columns", "loss_rati"], ["--where", "loss_rati > 1"]:
        said = dufm("show", epochs, *words, expect=2).stderr
        assert "loss_ratio" not in said, said


def test_compact(dufm, tmp_path, epochs):
    """The same values in less room, sealed: any change is found. It stays what it is."""
    rng = np.random.default_rng(9)
    values, labels = rng.normal(size=(200, 90)), np.arange(200) % 40
    features.write(tmp_path / "wide.h5", labels, {"fc1": {"post": values}, "fc2": {"pre": values, "post": values}},
                   {"epoch": 9, "width": 90, "weight_decay": 0})
    large, small = tmp_path / "large.h5", tmp_path / "small.h5"
    dufm("measure", "wide.h5", *sorted(path.name for path in tmp_path.glob("w*-*.h5")), "-o", large)
    whole = dufm("show", large, "--jsonl").stdout
    dufm("compact", large, "-o", small)
    assert small.stat().st_size < large.stat().st_size / 2
    assert dufm("show", small, "--jsonl").stdout == whole
    assert dufm("verify", small).stdout.endswith("7 rows (7 done): whole\n")
    with h5py.File(large) as one, h5py.File(small) as other:
        assert set(other) == {*one, "seal"} and other["gram_post"].compression == "gzip"
        assert all(one[name][()].tobytes() == other[name][()].tobytes() for name in one)
    assert "is compact already" in dufm("compact", small).stdout
    assert "measured features of networks" in dufm("salvage", small, "-o", "x.h5", expect=2).stderr
    before = small.read_bytes()
    for place in range(len(before) // 7, len(before), len(before) // 7):
        small.write_bytes(before[:place] + bytes([before[place] ^ 4]) + before[place + 1:])
        assert "whole" not in dufm("verify", small, expect=1).stdout
    dufm("compact", large)
    assert large.stat().st_size == len(before) and dufm("show", large, "--jsonl").stdout == whole


def test_compact_keeps_off_a_damaged_one(dufm, epochs):
    with h5py.File(epochs, "r+") as file:
        file["nc1_trace_post"][3, 1] += 1
    before = epochs.read_bytes()
    assert "row 3 damaged, see 'dufm verify'; measure" in dufm("compact", epochs, expect=1).stderr
    assert epochs.read_bytes() == before


def test_where_features_came_from(dufm, epochs):
    """Besides the path, which may be another file's later: size and time; a file from before they were kept is read."""
    os.utime(epochs.parent / "w32-1.h5", (0, 1e9))
    dufm("measure", "w32-1.h5", "-o", "one.h5")
    shown = json.loads(dufm("show", "one.h5", "--jsonl", "--columns", "source_file,source_bytes,source_modified").stdout)
    assert shown == {"source_file": "w32-1.h5", "source_modified": "2001-09-09T01:46:40Z",
                     "source_bytes": (epochs.parent / "w32-1.h5").stat().st_size}
    whole = dufm("show", "one.h5").stdout
    with h5py.File(epochs.parent / "one.h5", "r+") as file:
        del file["source_bytes"], file["source_modified"]
    assert dufm("show", "one.h5").stdout == whole
    assert "no column 'source_bytes'" in dufm("show", "one.h5", "--columns", "source_bytes", expect=2).stderr


def test_names_of_layers(dufm, epochs):
    chosen = dufm("show", epochs, "--csv", "--columns", "row,layer_name[0],layer_name[-1]", "--limit", "2").stdout
    assert chosen.splitlines() == ["row,layer_name[0],layer_name[-1]", "0,fc1,fc2", "1,fc1,fc2"]
    assert "1 index (layer), as in layer_name[0]" in dufm("show", epochs, "--columns", "layer_name", expect=2).stderr
    assert "outside of layer" in dufm("show", epochs, "--columns", "layer_name[2]", expect=2).stderr


def test_commands_know_it(dufm, sweep, epochs):
    assert dufm("verify", epochs).stdout.endswith("6 rows (6 done): whole\n")
    status = json.loads(dufm("status", epochs, "--json").stdout)
    assert status["points"] == 6 and status["state"] == "finished" and status["layers"] == 2
    assert "measured features of 6 files" in dufm("status", epochs).stdout
    heading = dufm("show", epochs).stdout.splitlines()[0].split()
    assert heading[:4] == ["row", "epoch", "weight_decay", "width"] and "outcome" in heading
    assert "no column 'loss_ratio'" in dufm("show", epochs, "--columns", "loss_ratio", expect=2).stderr
    before = epochs.read_bytes()
    path = sweep("name: x\ngrid: {seed: [1]}\npoint: {depth: 2, width: 4, classes: 3, lambda: 0.01}\n")
    for words in (["run", path, "-o", epochs], ["merge", epochs, epochs, "-o", "x.h5"]):
        assert "measured features of networks" in dufm(*words, expect=2).stderr
    said = dufm("salvage", epochs, "-o", "x.h5", expect=2).stderr
    assert "measured features of networks" in said and "measure the files of features again" in said
    assert epochs.read_bytes() == before
    with h5py.File(epochs, "r+") as file:
        del file["epoch"]
    said = dufm("show", epochs, expect=1).stderr
    assert "'epoch' is missing" in said and "measure its files of features again" in said


def test_pictures_and_tables(tmp_path, epochs):
    drawn = script("plot.py", "quickstart", epochs, "-o", "picture.svg", folder=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    text = (tmp_path / "picture.svg").read_text()
    assert "Layers over epoch" in text and "fc2" in text and "features of 6 files" in text
    table = script("summary.py", epochs, "--by", "width", "epoch", folder=tmp_path)
    assert table.returncode == 0, table.stderr
    assert "| 32 | 2 | 1 |" in table.stdout
    report = script("report.py", epochs, "-o", "report.html", folder=tmp_path)
    assert report.returncode == 0, report.stderr
    page = (tmp_path / "report.html").read_text()
    for words in ("Report of measured features", "Layers over epoch", "width (2 values)", "dufm measure w16-0.h5"):
        assert words in page, words


def test_a_changed_value_is_found(dufm, epochs):
    with h5py.File(epochs, "r+") as file:
        file["epoch"][1] = 7
        file["nc1_trace_post"][4, 0] = 0.5
    said = dufm("verify", epochs, expect=1).stdout
    assert "row 1 holds values that are not those of its checksum (w16-1.h5)" in said and "row 4" in said


def test_the_same_again(dufm, tmp_path, epochs):
    dufm("measure", "w16-0.h5", "w32-1.h5", "-o", "some.h5")
    with h5py.File(epochs) as first, h5py.File(tmp_path / "some.h5") as second:
        assert second["result_hash"][:].tolist() == first["result_hash"][[0, 4]].tolist()
