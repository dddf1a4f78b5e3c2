"""What analysis/ makes of files of measured features: the helper, pictures, pages, against numbers that
are computed here."""
import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

import features
from conftest import ROOT, Program
from scripts import script

sys.path.insert(0, str(ROOT / "analysis"))
pytest.importorskip("pandas")

import dufm as helper  # noqa: E402
import sweepfile  # noqa: E402

DECAYS, SEEDS, EPOCHS = (1e-4, 1e-2), (0, 1, 2), (0, 10, 20)


def measured(folder, *arguments, **more):
    """The measured file of such runs."""
    Program(folder)("measure", *features.write_runs(folder, *arguments, **more), "-o", "all.h5")
    return folder / "all.h5"


@pytest.fixture(scope="module")
def decays(tmp_path_factory):
    """Two weight decays, three seeds."""
    return measured(tmp_path_factory.mktemp("decays"), DECAYS, SEEDS)


@pytest.fixture(scope="module")
def epochs(tmp_path_factory):
    """The same at three epochs."""
    return measured(tmp_path_factory.mktemp("epochs"), DECAYS, SEEDS, EPOCHS)


# ---- dufm.py

def test_points_by_their_coordinates(epochs):
    points = helper.load(epochs)
    assert helper.swept(points) == ["epoch", "weight_decay", "seed"]
    assert points["layer_name"].values.tolist() == ["fc1", "fc2", "fc3"] and "loss" not in points
    grid = helper.grid(points)["nc1_trace_post"]
    with h5py.File(epochs) as file:
        of = {name: file[name][()] for name in ("weight_decay", "seed", "epoch", "nc1_trace_post")}
    for row in range(len(of["seed"])):
        where = {name: of[name][row] for name in ("weight_decay", "seed", "epoch")}
        assert (grid.sel(where).values == of["nc1_trace_post"][row]).all()
    few = helper.labelled(points, "weight_decay", "seed").sel(weight_decay=1e-2, seed=1)
    assert sorted(few["epoch"].values) == list(EPOCHS)


def test_tables_of_measured_features(epochs):
    points = helper.load(epochs)
    table = helper.frame(points)
    assert table["weight_decay"].tolist() == sorted(table["weight_decay"]) and len(table) == 18
    assert table["source_file"][0] == "run-0.0001-0-0.h5" and "lambda" not in table
    assert helper.shares(points, "weight_decay").groupby("weight_decay")["count"].sum().tolist() == [9, 9]
    layers = helper.spectrum(points, "sv_mean_post", 7)
    assert [len(layer) for layer in layers] == [4, 4, 4]
    with pytest.raises(sweepfile.Unusable, match="measured features have no sweep"):
        helper.sweep_of(points, 0)


def test_one_measured_file_has_no_axes(tmp_path):
    points = helper.load(measured(tmp_path, DECAYS[:1], SEEDS[:1]))
    assert helper.swept(points) == []
    with pytest.raises(sweepfile.Unusable, match="no parameter has more than one value"):
        helper.grid(points)


def test_the_seed_of_a_run_does_not_stand_for_its_decay(tmp_path):
    names = features.write_runs(tmp_path, DECAYS[:1], (0, 1)) + features.write_runs(tmp_path, DECAYS[1:], (2, 3))
    Program(tmp_path)("measure", *names, "-o", "all.h5")
    assert helper.swept(helper.load(tmp_path / "all.h5")) == ["weight_decay", "seed"]


@pytest.mark.parametrize("example", ["with_h5py.py", "with_xarray.py", "with_pandas.py"])
def test_examples_say_that_there_are_no_losses(decays, example):
    done = subprocess.run([sys.executable, ROOT / "analysis" / "examples" / example, decays, "0"], text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == f"{decays}: measured features have no losses: this example is for files of dufm run\n"


# ---- names

@pytest.mark.parametrize("tool", [("plot.py", "quickstart"), ("report.py",), ("summary.py",)])
def test_a_coordinate_called_like_a_column(decays, tmp_path, tool):
    """As a program that does not know of this column has measured it."""
    (tmp_path / "all.h5").write_bytes(decays.read_bytes())
    with h5py.File(tmp_path / "all.h5", "r+") as file:
        file.move("weight_decay", "ending")
        file.attrs["given_coordinates"] = "ending seed"
    done = script(*tool, "all.h5", folder=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "all.h5: 'ending' is a coordinate of the files of features" in done.stderr
    assert "rename that attribute and measure the files again" in done.stderr


# ---- what a coordinate changes

def page_of(path):
    """The page of a file, checked as any other."""
    from test_report import made
    return made(path)


def medians(path, name, **where):
    """(layer) median over the files that have these values."""
    with h5py.File(path) as file:
        rows = [row for row in range(len(file["seed"])) if all(file[key][row] == value for key, value in where.items())]
        return np.median(file[name][()][rows], axis=0)


def between_seeds(path, name):
    """(layer) median over the weight decays of the mean difference of two seeds."""
    with h5py.File(path) as file:
        values, decays = np.log10(file[name][()]), file["weight_decay"][()]
    found = []
    for decay in np.unique(decays):
        some = values[decays == decay]
        pairs = [abs(some[i] - some[j]) for i in range(len(some)) for j in range(i)]
        found.append(np.mean(pairs, axis=0))
    return np.median(found, axis=0)


def test_what_changes_the_layers_of_a_page(decays):
    page = page_of(decays)
    head, rows = page.table("Which coordinate changes what, and where")
    assert list(rows) == ["weight_decay: NC1", "weight_decay: effective rank",
                          "weight_decay: distance from a simplex ETF"]
    layer, span, at, change, spread, times = rows["weight_decay: NC1"]
    least, most = (medians(decays, "nc1_trace_post", weight_decay=decay) for decay in DECAYS)
    noise, factor = between_seeds(decays, "nc1_trace_post"), least / most
    place = int(np.argmax(np.log10(factor) / noise))
    assert layer == f"fc{place + 1}" and span == "0.0001 to 0.01"
    assert at == f"{least[place]:.3g} → {most[place]:.3g}" and change == f"× {factor[place]:.3g}"
    assert spread == f"× {10 ** noise[place]:.3g}" and head[5] == "what seeds change"
    assert times == f"{np.log10(factor[place]) / noise[place]:.3g}" and float(times) > 20
    text = "".join(page.words)
    assert (f"What changes the layers most is weight_decay: from 0.0001 to 0.01 NC1 of {layer} goes from "
            f"{least[place]:.3g} to {most[place]:.3g}, {times} times as much as seeds change it.") in text
    _, by_layer = page.table("NC1 by layer")
    assert [row[0].split()[:2] for row in by_layer.values()] == [["×", f"{value:.3g}"] for value in factor]


def test_a_coordinate_that_changes_nothing(tmp_path):
    """Beside the seeds, and beside another coordinate where there are none."""
    names = []
    for batch in 1, 2:
        folder = tmp_path / str(batch)
        folder.mkdir()
        names += [f"{batch}/{name}" for name in features.write_runs(
            folder, DECAYS, [seed + 3 * batch for seed in SEEDS], more={"batch": batch})]
    Program(tmp_path)("measure", *names, "-o", "all.h5")
    page = page_of(tmp_path / "all.h5")
    assert "No more than 3 times as much as the seeds changes batch." in "".join(page.words)
    rows = page.table("Which coordinate changes what")[1]
    assert float(rows["batch: NC1"][-1]) < 3 < 20 < float(rows["weight_decay: NC1"][-1])


def test_nothing_that_changes_the_layers(tmp_path):
    """Files of one decay that are called two."""
    names = features.write_runs(tmp_path, DECAYS[:1], range(8))
    for name, batch in zip(names, (1, 2) * 4):
        with h5py.File(tmp_path / name, "r+") as file:
            file.attrs["batch"] = batch
    Program(tmp_path)("measure", *names, "-o", "all.h5")
    text = "".join(page_of(tmp_path / "all.h5").words)
    assert "No coordinate changes NC1, effective rank and distance from a simplex ETF of a layer by more than" in text
    assert "What changes the layers most" not in text


def test_without_seeds_coordinates_are_compared_with_each_other(tmp_path):
    path = measured(tmp_path, DECAYS, SEEDS[:1], EPOCHS[:2])
    page = page_of(path)
    head, rows = page.table("Which coordinate changes what")
    assert head[5] == "the most that another coordinate changes"
    times = {name: float(row[-1]) for name, row in rows.items()}
    assert times["weight_decay: NC1"] > 2 > 0.5 > times["epoch: NC1"]


# ---- words of a page

SAYING = ("descent", "Held fixed", "keeps no history", "loss ratio", "loss /", "newer program", "the sweep",
          "No point failed", "after the ReLU", "sweep’s text")


def test_a_page_speaks_of_files_not_of_descents(epochs):
    page = page_of(epochs)
    text = "".join(page.words)
    assert [word for word in SAYING if word in text] == []
    assert "Features are of 18 files over epoch (3 values), weight_decay (2 values) and 3 seeds." in text
    assert "Layers are fc1, fc2 and fc3." in text
    head, rows = page.table("The 3 layers, after the activation")
    assert rows["2: fc2"][head.index("width") - 1] == "16"
    assert rows["2: fc2"][1] == f"{medians(epochs, 'nc1_trace_post')[1]:.3g}"


def test_every_structure_has_a_meaning():
    """Of those that a program names: each is told what it means, in a sweep and without a loss."""
    import palette
    import report_words as words
    from test_report import OUTCOMES
    measured = {sweepfile.LOSSLESS.get(name, name) for name in OUTCOMES if name != "low_rank_high"}
    assert set(words.MEASURED_MEANINGS) == set(words.MEASURED_PROSE) == measured
    assert set(words.MEANINGS) == set(words.PROSE) == set(OUTCOMES)
    assert set(palette.ENDINGS) == measured | set(OUTCOMES)
    for text in (*words.MEASURED_MEANINGS.values(), *words.MEASURED_PROSE.values()):
        assert "descent" not in text and "parameters" not in text


@pytest.mark.parametrize("kind, name", [(0, "not all features given"), (6, "low rank")])
def test_the_meaning_stands_on_the_page(decays, tmp_path, kind, name):
    (tmp_path / "all.h5").write_bytes(decays.read_bytes())
    with h5py.File(tmp_path / "all.h5", "r+") as file:
        file["outcome"][0] = kind
    import report_words as words
    page = page_of(tmp_path / "all.h5")
    text = "".join(page.words)
    kept = {"low rank": "low rank", "not all features given": "incomplete"}[name]
    assert words.MEASURED_MEANINGS[kept] in text and "1 (17 %" in text and words.MEASURED_PROSE[kept] in text
    assert page.table("What the layers of 6 files form")[1][name]
    assert page.table("Structures over weight_decay")[1]["0.0001"]


def test_a_page_of_one_file_and_of_seeds_alone(tmp_path):
    path = measured(tmp_path, DECAYS[:1], SEEDS[:1])
    assert "No coordinate has more than one value in 1 file" in "".join(page_of(path).words)
    Program(tmp_path)("measure", *features.write_runs(tmp_path, DECAYS[:1], SEEDS), "-o", "seeds.h5")
    assert "differ in the seed alone, of which there are 3" in "".join(page_of(tmp_path / "seeds.h5").words)


def test_tables_of_structures(epochs, tmp_path):
    done = script("summary.py", epochs, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert lines[0][0] == "| epoch" and lines[0][1:3] == ["weight_decay", "files"] and "loss" not in done.stdout
    nc1 = medians(epochs, "nc1_trace_post", epoch=0, weight_decay=1e-4)
    assert lines[2][:3] == ["| 0", "0.0001", "3"] and f"{nc1[0]:.3g} to {nc1[2]:.3g}" in lines[2]


# ---- pictures

def words_of_picture(path, folder):
    """The texts of the picture `quickstart`, which an SVG keeps."""
    done = script("plot.py", "quickstart", path, "-o", "picture.svg", folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return re.findall(r"<text[^>]*>([^<]*)</text>", (folder / "picture.svg").read_text())


def test_a_column_for_each_coordinate_but_the_seed(decays, epochs, tmp_path):
    words = words_of_picture(decays, tmp_path)
    assert "weight_decay" in words and "seed" not in words
    assert {"fc1 (24)", "fc2 (16)", "fc3 (12)"} <= set(words)
    assert "Layers over weight_decay, after the activation; bands: range over seeds" in (
        tmp_path / "picture.svg").read_text()
    words = words_of_picture(epochs, tmp_path)
    assert {"epoch", "weight_decay", "epoch:", "weight_decay:"} <= set(words) and "seed" not in words
    assert not [text for text in words if "ReLU" in text or text.startswith(("layer ", "d = "))]


def test_many_layers_go_along_the_axis(tmp_path):
    words = words_of_picture(measured(tmp_path, DECAYS, SEEDS[:2], widths=[6] * 30), tmp_path)
    assert "layer" in words and "weight_decay:" in words
    assert len([text for text in words if text.startswith("fc")]) == 8


def test_lines_are_medians_over_the_seeds(epochs):
    import layers
    with sweepfile.open_finished(epochs) as (dataset, _):
        column = layers.columns(dataset)[0]
        assert column.name == "epoch" and len(column.curves) == 6
        values = dataset["nc1_trace_post"].values
        for curve in column.curves:
            decay = np.unique(dataset["weight_decay"].values[curve.rows])
            assert decay.size == 1 and sorted(dataset["seed"].values[curve.rows]) == sorted(SEEDS * 3)
            layer = curve.layers[0]
            at = [values[curve.rows & (column.values == epoch), layer] for epoch in EPOCHS]
            want = [medians(epochs, "nc1_trace_post", weight_decay=decay[0], epoch=epoch)[layer] for epoch in EPOCHS]
            assert layers.summarized(at)[0].tolist() == want


@pytest.mark.parametrize("picture", ["gk-relu-ce", "fig2", "optimizers", "firmness", "fig5", "triangular-k"])
def test_pictures_of_descents_say_what_is_missing(decays, tmp_path, picture):
    done = script("plot.py", picture, decays, folder=tmp_path)
    assert done.returncode == 2 and done.stderr.startswith("plot.py: ") and "Traceback" not in done.stderr
