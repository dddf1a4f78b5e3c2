"""analysis/dufm.py against the file itself, read with h5py and counted by hand."""
import sys

import h5py
import numpy
import pytest
from scipy import stats

from conftest import ROOT
from resultfile import hashes

sys.path.insert(0, str(ROOT / "analysis"))
pytest.importorskip("pandas")

import dufm as helper  # noqa: E402
import sweepfile  # noqa: E402

SWEEP = """\
name: helped
grid:
  depth: [2, 3]
  width: [4, 9]
  lambda: {log2: [-9, -7]}
  seed: {range: [0, 3]}
point: {classes: 5, samples: 2, learning_rate: 0.3, max_steps: 300, init_scale: 0.6}
exclude: depth = 3 and width = 9 and seed > 1
output: {history: 4, gram: true}
"""
# Every kind of parameter: choices, lists, derived and idle values.
KINDS = """\
name: kinds
union:
  - {grid: {optimizer: [gd, momentum, adam, lbfgs], samples: [1, 2]},
     point: {lambda: 0.004, classes: 4, width: 8, depth: 3, max_steps: 50}}
  - {grid: {schedule: [cosine, inverse], loss: [mse, ce]},
     point: {learning_rate: 0.1, schedule_steps: 77, imbalance: 2, samples: 3, lambda: 0.004, classes: 4,
             width: 8, depth: 3, max_steps: 60}}
  - {grid: {init: [dnc, srg], decay_steps: [0, 20]},
     point: {init_noise: 1e-3, depth: 4, classes: 6, lambda: 0.002, width: 10, max_steps: 40}}
  - {grid: {activation: [relu, linear]},
     point: {schedule: auto, lambdas: [0.003, 0.001, 0.002], lambda_h: 0.005, classes: 4, width: 8,
             depth: 3, max_steps: 300}}
  - {grid: {stop_gradient: [0, 1e-3], stop_loss_change: [0, 1e-3], stop_window: [10, 0]},
     point: {classes: 3, width: 5, depth: 2, max_steps: 30, lambda: 0.01}}
  - {grid: {kick: [0, 0.1], curvature: [0, 20]},
     point: {classes: 3, width: 5, depth: 2, max_steps: 30, lambda: 0.01, seed: 5}}
  - {grid: {kappa_ratio: [0.2, 0.37]}, point: {horizon: 0.1, classes: 4, width_per_class: 2, depth: 3}}
output: {history: 5, gram: false, weights: true}
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    from conftest import Program
    folder = tmp_path_factory.mktemp("helped")
    (folder / "sweep.yaml").write_text(SWEEP)
    Program(folder)("run", "sweep.yaml", "-o", "x.h5", "--quiet")
    with h5py.File(folder / "x.h5", "r+") as file:
        file["status"][5] = 0
    return folder / "x.h5"


@pytest.fixture(scope="module")
def raw(path):
    with h5py.File(path) as file:
        done = file["status"][()] == 2
        values = {name: file[name][()][done] for name in ("depth", "width", "lambda", "seed", "loss",
                                                          "outcome", "sv_mean_post", "kappa_ratio")}
        names = file["outcome"].attrs["flag_meanings"].decode().split()
    values["row"] = numpy.flatnonzero(done)
    values["ending"] = numpy.array([names[value] for value in values["outcome"]])
    return values


@pytest.fixture(scope="module")
def points(path):
    return helper.load(path)


def test_finished_points_by_row(points, raw):
    assert points.config.values.tolist() == raw["row"].tolist() and 5 not in raw["row"]
    assert (points["loss"].values == raw["loss"]).all()
    assert points["ending"].values.tolist() == raw["ending"].tolist()
    assert points["loss"].sel(config=7) == raw["loss"][raw["row"].tolist().index(7)]


def test_what_was_swept(points):
    """lambda_h and stop_window follow lambda."""
    assert helper.swept(points) == ["depth", "width", "seed", "lambda"]
    assert {"lambda_h", "optimizer", "max_steps"} <= set(helper.parameters(points))


def test_points_by_their_parameters(points, raw):
    by = helper.labelled(points)
    for i in range(0, len(raw["row"]), 7):
        where = {name: raw[name][i] for name in ("depth", "width", "seed", "lambda")}
        assert by["loss"].sel(config=tuple(where.values())).item() == raw["loss"][i]
    assert by["loss"].sel(depth=3, width=4).sizes["config"] == numpy.sum(
        (raw["depth"] == 3) & (raw["width"] == 4))


def test_the_dense_grid(points, raw):
    loss = helper.grid(points)["loss"]
    assert dict(loss.sizes) == {"depth": 2, "width": 2, "seed": 4, "lambda": 3}
    assert loss.notnull().sum() == len(raw["row"]) < loss.size
    for i, value in enumerate(raw["loss"]):
        where = {name: raw[name][i] for name in loss.dims}
        assert loss.sel(where).item() == value
    assert helper.grid(points)["sv_mean_post"].sizes["layer"] == 3


def test_a_grid_over_what_is_derived(points, raw):
    some = points.isel(config=(points.depth == 2) & (points.width == 4) & (points.seed == 1))
    kappa = helper.grid(some, "kappa_ratio")
    mask = (raw["depth"] == 2) & (raw["width"] == 4) & (raw["seed"] == 1)
    order = numpy.argsort(raw["kappa_ratio"][mask])
    assert numpy.allclose(kappa["kappa_ratio"], raw["kappa_ratio"][mask][order], rtol=1e-5)
    assert (kappa["loss"].values == raw["loss"][mask][order]).all()
    with pytest.raises(sweepfile.Unusable, match="several points have the same depth, seed"):
        helper.grid(points, "depth", "seed")


def test_lambda_by_its_other_name(points, raw):
    """weight_decay wherever lambda is."""
    assert (points["weight_decay"].values == raw["lambda"]).all()
    assert "weight_decay" not in helper.swept(points) + helper.parameters(points)
    loss = helper.grid(points)["loss"]
    assert loss.sel(weight_decay=2.0 ** -8).equals(loss.sel({"lambda": 2.0 ** -8}))
    named = helper.grid(points, "depth", "width", "seed", "weight_decay")["loss"]
    assert dict(named.sizes) == {"depth": 2, "width": 2, "seed": 4, "weight_decay": 3}
    assert (named.sel(weight_decay=2.0 ** -8).fillna(0) == loss.sel({"lambda": 2.0 ** -8}).fillna(0)).all()
    assert helper.labelled(points, "weight_decay", "depth").sel(weight_decay=2.0 ** -8).sizes["depth"] == numpy.sum(
        raw["lambda"] == 2.0 ** -8)
    alone = points.isel(config=(points.depth == 2) & (points.width == 4) & (points.seed == 1))
    assert helper.grid(alone)["loss"].sel(weight_decay=2.0 ** -9) == helper.grid(alone)["loss"].sel({"lambda": 2.0 ** -9})
    one, other = helper.shares(points, "weight_decay"), helper.shares(points, "lambda")
    assert one.rename(columns={"weight_decay": "lambda"}).equals(other)


def test_pandas(points, raw):
    table = helper.frame(points)
    assert len(table) == len(raw["row"]) and table.index.tolist() == raw["row"].tolist()
    assert (table["weight_decay"] == raw["lambda"]).all() and (table["lambda"] == raw["lambda"]).all()
    assert set(table["optimizer"]) == {"gd"} and table["outcome"].tolist() == raw["ending"].tolist()
    assert all(len(text) == 16 for text in table["point_id"])
    least = table.groupby("depth")["loss"].min()
    assert least[3] == raw["loss"][raw["depth"] == 3].min()


def test_spectra_without_padding(points, raw):
    for i in (0, len(raw["row"]) - 1):
        layers = helper.spectrum(points, "sv_mean_post", raw["row"][i])
        assert [len(layer) for layer in layers] == [min(raw["width"][i], 5)] * raw["depth"][i]
        for layer, values in zip(layers, raw["sv_mean_post"][i]):
            assert (layer == values[:len(layer)]).all() and numpy.isnan(values[len(layer):]).all()


def test_endings_and_shares(points, raw):
    kinds = sorted(set(raw["ending"]))
    assert len(kinds) > 1
    assert (helper.ending(points, kinds[0])["loss"].values == raw["loss"][raw["ending"] == kinds[0]]).all()
    assert helper.ending(points, *kinds).sizes == points.sizes
    table = helper.shares(points, "depth", "width").set_index(["depth", "width", "ending"])
    assert len(table) == 4 * len(kinds)
    for (depth, width, kind), row in table.iterrows():
        group = (raw["depth"] == depth) & (raw["width"] == width)
        assert row["points"] == group.sum()
        assert row["count"] == (group & (raw["ending"] == kind)).sum()
        wilson = stats.binomtest(int(row["count"]), int(row["points"])).proportion_ci(0.95, "wilson")
        assert numpy.allclose([row["low"], row["high"]], wilson, atol=1e-12)
    assert helper.shares(points)["count"].sum() == len(raw["row"])


# ---- what the file says is enough to run it again ------------------------------------------

@pytest.fixture
def kinds(dufm, sweep):
    dufm("run", sweep(KINDS), "-o", "kinds.h5")
    (dufm.folder / "sweep.yaml").unlink()
    return dufm.folder / "kinds.h5"


def test_a_sweep_is_repeated_from_its_file(dufm, sweep, kinds):
    with h5py.File(kinds) as file:
        sweep(file.attrs["sweep_text"].decode(), "again.yaml")
        facts = {name: b"".join(file[name][0]).rstrip(b"\0").decode() for name in
                 ("launch_start", "launch_host", "launch_cpu", "launch_revision", "launch_libraries",
                  "launch_fingerprint")}
    dufm("run", "again.yaml", "-o", "again.h5")
    assert hashes(dufm.folder / "again.h5") == hashes(kinds) and len(hashes(kinds)) == 32
    assert all(facts.values()) and facts["launch_revision"] in dufm("version").stdout
    for library in "HDF5", "Open MPI", "OpenBLAS":
        assert library in facts["launch_libraries"], facts


def test_a_point_is_repeated_from_its_row(dufm, sweep, kinds):
    """From the parameters of the row alone: the same identity and the same bits."""
    points = helper.load(kinds)
    merged = ""
    for row in points.config.values:
        text = helper.sweep_of(points, row)
        merged += "  - {point: {" + ", ".join(
            line.strip() for line in text.splitlines() if line.startswith("  ")) + "}}\n"
        output = text.splitlines()[-1]
    # All of them in one file, which saves starting the program for each.
    dufm("run", sweep(f"name: rows\nunion:\n{merged}{output}\n", "rows.yaml"), "-o", "rows.h5")
    assert hashes(dufm.folder / "rows.h5") == hashes(kinds)
    dufm("run", sweep(helper.sweep_of(points, 3), "one.yaml"), "-o", "one.h5")
    [(key, value)] = hashes(dufm.folder / "one.h5").items()
    assert hashes(kinds)[key] == value
