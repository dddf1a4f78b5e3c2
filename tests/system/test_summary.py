"""Trajectory pictures and tables of a result file: fig2, shares with Wilson intervals."""
import pathlib
import shutil
import sys

import numpy as np
import pytest
import scipy.stats
import xarray

from conftest import ROOT, Program
from scripts import script

sys.path.insert(0, str(ROOT / "analysis"))
import plot  # noqa: E402
import shares  # noqa: E402
import summary  # noqa: E402
import trajectories  # noqa: E402

# Two numbers of samples from two scales, three seeds each, long enough for a history.
SWEEP = """
name: scales
grid: {samples: [1, 2], init_scale: [0.5, 1], seed: {range: [0, 2]}}
point: {depth: 3, width: 10, classes: 6, lambda: 0.004, learning_rate: 0.2, max_steps: 600,
        stop_loss_change: 0, decay_steps: 200}
output: {history: 32}
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Path of a finished file of SWEEP; not to be changed."""
    folder = tmp_path_factory.mktemp("scales")
    (folder / "scales.yaml").write_text(SWEEP)
    Program(folder)("run", "scales.yaml", "-o", "scales.h5")
    return folder / "scales.h5"


@pytest.fixture
def scales(finished, tmp_path):
    """A copy of it in the test's folder."""
    return pathlib.Path(shutil.copy(finished, tmp_path))


def changed(path, change):
    """A copy of the file beside it, after change(dataset) -> dataset."""
    other = path.with_name("changed.h5")
    with xarray.open_dataset(path, engine="h5netcdf", decode_times=False) as dataset:
        change(dataset.load()).to_netcdf(other, engine="h5netcdf")
    return other


def draw(path, image, *options):
    """Draw fig2 in this process, which saves the time of a start; the exit code."""
    return plot.main(["fig2", str(path), "-o", str(image), *options])


def test_fig2_words(scales, tmp_path):
    done = script("plot.py", "fig2", scales, "-o", tmp_path / "fig2.svg", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    words = (tmp_path / "fig2.svg").read_text()
    for expected in ("Sweep “scales”", "initial scale s = 0.5", "initial scale s = 1",
                     "Loss over steps, n = 1", "Loss over steps, n = 2", "3 seeds",
                     "600 steps at most, then 200 whose rate falls to 0", "Wilson 95 %",
                     "scales.h5: 12 of 12 points done; dufm ", "singular value", "median"):
        assert expected in words, expected


def test_fig2_variability_is_drawn_where_it_is_stored(scales, tmp_path):
    def with_nc1(dataset):
        shape = dataset["history_norm_weight"].shape
        values = np.where(dataset["samples"].values[:, None, None] == 2, np.full(shape, 0.1),
                          np.nan)
        return dataset.assign(history_nc1=(("config", "record", "layer"), values))

    def without_nc1(dataset):
        return dataset.drop_vars("history_nc1", errors="ignore")

    heading = "Within-class variability after the ReLU over steps, n = 2"
    for change, drawn in ((with_nc1, True), (without_nc1, False)):
        assert draw(changed(scales, change), tmp_path / "fig2.svg") == 0
        assert (heading in (tmp_path / "fig2.svg").read_text()) == drawn


def test_fig2_of_a_diverged_and_a_missing_column(scales, tmp_path):
    def spoil(dataset):
        lost = (dataset["samples"].values == 2) & (dataset["init_scale"].values == 0.5)
        for name in ("history_loss", "loss", "sv_mean_post"):
            dataset[name].values[lost] = np.nan
        return dataset.isel(config=dataset["init_scale"].values * dataset["samples"].values != 2)

    assert draw(changed(scales, spoil), tmp_path / "fig2.svg") == 0
    words = (tmp_path / "fig2.svg").read_text()
    assert "initial scale s = 0.5" in words and "initial scale s = 1" in words


def two_depths(dataset):
    dataset["depth"].values[0] = 2
    return dataset


def many_scales(dataset):
    dataset["init_scale"].values[:] = np.arange(1, dataset.sizes["config"] + 1)
    return dataset


@pytest.mark.parametrize("change, message", [
    (two_depths, "fig2 draws one depth; the file has 2 (2 to 3)"),
    (many_scales, "fig2 draws at most 6 values of init_scale; the file has 12"),
    (lambda dataset: dataset.drop_vars("history_step"), "this picture needs history_step"),
])
def test_fig2_refuses_another_question(scales, tmp_path, capsys, change, message):
    assert draw(changed(scales, change), tmp_path / "fig2.png") == 2
    said = capsys.readouterr().err
    assert message in said and ("sweeps/fig2.yaml" in said or "at most" in said)
    assert not (tmp_path / "fig2.png").exists()


def test_resolution(scales, tmp_path):
    sizes = []
    for dpi in ("50", "100"):
        image = tmp_path / f"{dpi}.png"
        assert draw(scales, image, "--dpi", dpi) == 0
        sizes.append(int.from_bytes(image.read_bytes()[16:20], "big"))  # width of a PNG
    assert sizes == [550, 1100]


@pytest.mark.parametrize("dpi", ["0", "-3", "many", "10000"])
def test_bad_resolution(capsys, dpi):
    with pytest.raises(SystemExit) as stop:
        plot.main(["fig2", "file.h5", f"--dpi={dpi}"])
    assert stop.value.code == 2
    assert "--dpi: " in capsys.readouterr().err


@pytest.mark.parametrize("count, total", [(0, 10), (1, 10), (5, 10), (10, 10), (3, 1000)])
def test_wilson_interval(count, total):
    known = scipy.stats.binomtest(count, total).proportion_ci(0.95, method="wilson")
    assert shares.Share(count, total).interval == pytest.approx((known.low, known.high),
                                                                abs=1e-12)


def test_band_holds_the_last_value_and_leaves_out_what_diverged():
    steps = np.array([[0, 10, 20, 40], [0, 10, 20, np.nan], [0, 10, 20, 40]])
    losses = np.array([[8, 4, 2, 1], [6, 4, 3, np.nan], [9, np.nan, np.nan, np.nan]])
    dataset = xarray.Dataset({"history_step": (("config", "record"), steps),
                              "history_loss": (("config", "record"), losses)})
    grid = trajectories.steps(dataset)
    assert grid.tolist() == [10, 20, 40]
    rows = trajectories.on_steps(dataset, "history_loss", grid)
    assert rows[:2].tolist() == [[4, 2, 1], [4, 3, 3]]
    assert trajectories.at(dataset, "history_loss", 0, 15) == 3  # half-way from 4 to 2
    assert trajectories.band(rows).tolist() == [[4, 2, 1], [4, 2.5, 2], [4, 3, 3]]


def test_table(scales):
    done = script("summary.py", scales, "--by", "samples", "init_scale", folder=scales.parent)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("scales.h5: 12 of 12 points done; dufm ")
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert [row[:3] for row in table] == [
        ["samples", "init_scale", "points"], ["---"] * 3, ["1", "0.5", "3"], ["1", "1", "3"],
        ["2", "0.5", "3"], ["2", "1", "3"]]
    column = {name: position for position, name in enumerate(table[0])}
    with xarray.open_dataset(scales, engine="h5netcdf", decode_times=False) as dataset:
        first = dataset.isel(config=slice(0, 3)).load()
    ratio = np.sort((first["loss"] / first["loss_dnc"]).values)
    assert table[2][column["loss/DNC: least, median, most"]] == ", ".join(
        f"{value:.4f}" for value in ratio)
    below = int(np.sum(ratio < 1))
    assert table[2][column["loss < DNC"]].startswith(f"{below} (")
    kinds = table[0][3:column["loss < DNC"]]
    assert sum(int(table[2][column[kind]].split()[0]) for kind in kinds) == 3


def test_still_falling():
    """A loss that falls by half after the middle of the main phase; one that does not; two that
    fall, too, but to where a rule says that they have arrived."""
    steps = np.tile([0.0, 50, 100, 120], (4, 1))
    falls = [1.0, 0.8, 0.4, 0.4]
    losses = np.array([falls, [1.0, 0.4, 0.4, 0.2], falls, falls])  # the second falls at last
    config = {"steps": [120] * 4, "decay_steps": [20] * 4, "loss": [0.4, 0.2, 0.4, 0.4],
              "loss_before_decay": [0.4] * 4}
    dataset = xarray.Dataset({"history_step": (("config", "record"), steps),
                              "history_loss": (("config", "record"), losses),
                              **{name: ("config", values) for name, values in config.items()}})
    dataset["stop_reason"] = ("config", [0, 0, 1, 2], {
        "flag_values": [0, 1, 2], "flag_meanings": "max_steps gradient trivial"})
    assert shares.still_falling(dataset).tolist() == [True, False, False, False]


@pytest.mark.parametrize("by, message", [
    ("nothing", "--by nothing: no number on config"), ("point_id", "--by point_id"),
    ("sv_weight", "--by sv_weight")])
def test_table_by_what_is_no_parameter(scales, capsys, by, message):
    assert summary.main([str(scales), "--by", by]) == 2
    said = capsys.readouterr()
    assert message in said.err and said.out == ""


def test_table_by_a_choice(scales, capsys):
    assert summary.main([str(scales), "--by", "optimizer"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("| gd | 12 |")


def test_table_of_a_missing_file(tmp_path, capsys):
    assert summary.main([str(tmp_path / "missing.h5")]) == 2
    assert "no such file" in capsys.readouterr().err
