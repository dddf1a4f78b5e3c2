"""The picture `phase`: any statistic over any two axes; what is drawn against own counts."""
import sys

import numpy as np
import pytest
import xarray
from conftest import ROOT, Program
from scripts import script

sys.path.insert(0, str(ROOT / "analysis"))
import maps  # noqa: E402
import statistic  # noqa: E402
import sweepfile  # noqa: E402

SWEEP = """
name: map
grid: {kappa_ratio: [0.2, 0.4, 1.3], depth: [2, 3], classes: [4, 5], seed: {range: [0, 2]}}
point: {width: 8, learning_rate: 0.2, max_steps: 1500, stop_loss_change: 0, decay_steps: 300}
output: {history: 16}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    (folder / "map.yaml").write_text(SWEEP)
    Program(folder)("run", "map.yaml", "-o", "map.h5", "--quiet")
    return folder / "map.h5"


def drawn(file, *request, **more):
    with sweepfile.open_finished(file) as (dataset, facts):
        return maps.draw(dataset.load(), facts, maps.Request(*request, **more))


def images(figure):
    return [axes.images[0].get_array() for axes in figure.axes if axes.images]


def by_hand(file, value, classes=None):
    """(depth, kappa_ratio) of value(rows of the points), without the scripts."""
    with xarray.open_dataset(file, engine="h5netcdf", decode_times=False) as data:
        ratios = np.round(data["kappa_ratio"].values, 6)
        return np.array([[value(data, np.flatnonzero(
            (ratios == ratio) & (data["depth"].values == depth) &
            ((data["classes"].values == classes) if classes else True))) for ratio in (0.2, 0.4, 1.3)]
            for depth in (2, 3)])


def test_a_median_is_drawn_for_each_cell_and_panel(file):
    figure = drawn(file, "kappa_ratio", "depth", "loss/loss_trivial", columns="classes")
    shown = images(figure)
    assert len(shown) == 2
    for image, classes in zip(shown, (4, 5)):
        assert np.allclose(image, by_hand(file, lambda data, rows: np.median(
            data["loss"].values[rows] / 0.5), classes))
    assert any("median loss / loss_trivial" in axes.get_ylabel() for axes in figure.axes)
    limits = {axes.images[0].get_clim() for axes in figure.axes if axes.images}
    assert len(limits) == 1


def test_a_share_pools_what_has_no_axis_and_says_so(file):
    figure = drawn(file, "kappa_ratio", "depth", "share:trivial")
    expected = by_hand(file, lambda data, rows: np.mean(data["outcome"].values[rows] == 1))
    assert np.allclose(images(figure)[0], expected) and expected.max() == 1
    words = " ".join(text.get_text() for text in figure.texts)
    assert "6 descents a cell" in words and "pooled over K (4, 5)" in words and "still falling" in words


def test_reductions_over_the_hidden_layers(file):
    def largest(data, rows):
        depth = data["depth"].values[rows]
        return np.median([data["rank_mean_post"].values[row, 1:of, 1].max() for row, of in zip(rows, depth)])
    assert np.allclose(images(drawn(file, "kappa_ratio", "depth", "max:rank_mean_post"))[0], by_hand(file, largest))


def test_endings_have_colours_and_markers(file):
    figure = drawn(file, "depth", "kappa_ratio", "ending", rows="classes")
    assert [image.shape for image in images(figure)] == [(3, 2, 3)] * 2
    assert all(len(axes.lines) == 6 for axes in figure.axes if axes.images)


def test_cells_without_descents_are_hatched(file):
    with sweepfile.open_finished(file) as (dataset, facts):
        rows = np.flatnonzero((dataset["depth"].values == 2) | (dataset["kappa_ratio"].values > 1))
        figure = maps.draw(dataset.isel(config=rows).load(), facts, maps.Request("kappa_ratio", "depth", "ending"))
    axes, = (axes for axes in figure.axes if axes.images)
    assert np.array_equal(axes.images[0].get_alpha(), [[1, 1, 1], [0, 0, 1]]) and axes.patch.get_hatch()


def test_a_cell_without_values_is_empty():
    shown = statistic.Statistic("x", np.array([1.0, 3.0, np.nan, np.nan, np.nan]), False)
    assert shown.of([0, 1]) == 2 and shown.of([1, 2]) == 3
    assert np.isnan(shown.of([1, 2, 3])) and np.isnan(shown.of([3, 4]))


def test_what_diverged_is_not_below():
    data = xarray.Dataset({"loss": ("config", [1.0, np.nan, 1.0, 1.0]), "other": ("config", [2.0, 2.0, np.nan, 1.0])})
    shown = statistic.parse(data, "loss<other")
    assert np.array_equal(shown.values, [1, 0, np.nan, 0], equal_nan=True) and shown.is_share


@pytest.mark.parametrize("arguments, said", [
    (["--x", "lambd", "--y", "depth"], "swept are depth, classes"),
    (["--x", "width", "--y", "depth"], "'width' has one value"),
    (["--x", "depth", "--y", "depth"], "named twice"),
    (["--x", "kappa_ratio", "--y", "depth", "--rows", "loss"], "has 36 values"),
    (["--x", "kappa_ratio", "--y", "depth", "--statistic", "los"], "loss_dnc"),
    (["--x", "kappa_ratio", "--y", "depth", "--statistic", "share:nothing"], "low_rank_high"),
    (["--x", "kappa_ratio", "--y", "depth", "--statistic", "rank_weight"], "min:rank_weight"),
    (["--x", "kappa_ratio", "--y", "depth", "--statistic", "top:rank_weight"], "min:, mean: or max:"),
    (["--x", "kappa_ratio", "--y", "depth", "--statistic", "min:loss"], "nc1_trace_post"),
    (["--x", "kappa_ratio", "--y", "depth", "--statistic", "seed", "--log"], None),
    (["--x", "kappa_ratio"], "needs --x and --y"),
])
def test_what_cannot_be_drawn_is_refused_with_what_there_is(file, tmp_path, arguments, said):
    done = script("plot.py", "phase", file, "-o", tmp_path / "x.png", "--dpi", 40, *arguments, folder=tmp_path)
    if said is None:
        assert done.returncode == 0 and (tmp_path / "x.png").exists()
        return
    assert done.returncode == 2 and said in done.stderr and not (tmp_path / "x.png").exists()


def test_options_of_a_map_are_of_no_other_picture(file, tmp_path):
    done = script("plot.py", "quickstart", file, "--x", "depth", folder=tmp_path)
    assert done.returncode == 2 and "of the picture phase alone" in done.stderr
