"""Pictures over the axes of the shipped sweeps: drawn from the sweeps themselves, cut short."""
import re
import sys

import matplotlib.image
import numpy as np
import pytest
import xarray
from conftest import ROOT
from scripts import script

sys.path.insert(0, str(ROOT / "analysis"))
import axis  # noqa: E402
import captions  # noqa: E402
import curves  # noqa: E402
import firmness  # noqa: E402
import phase  # noqa: E402
import plot  # noqa: E402
import statistic  # noqa: E402
import sweepfile  # noqa: E402

SHORT = {r"(max_steps|horizon): .*": "max_steps: 30", r"decay_steps: .*": "decay_steps: 5",
         r"seed: \{range: \[0, \d+\]\}": "seed: [0, 1]", r"(logspace: \[.*), 12\]": r"\1, 4]"}


def draw(folder, picture, file, *more):
    return script("plot.py", picture, file, "-o", folder / "x.png", "--dpi", 50, *more, folder=folder)


def short(name):
    text = (ROOT / "sweeps" / f"{name}.yaml").read_text()
    for pattern, value in SHORT.items():
        text = re.sub(pattern, value, text)
    return text


@pytest.mark.parametrize("picture", ["fig3-ratio", "fig3-rank-vs-lambda", "fig3-dnc-vs-width",
                                     "width-per-class", "triangular-k", "phase-lambda-depth",
                                     "phase-init-lr", "fig5", "fig6", "gk-linear-ce", "gk-relu-ce", "firmness"])
def test_the_picture_of_a_sweep(dufm, sweep, picture):
    dufm("run", sweep(short(picture)), "-o", "x.h5", "--quiet")
    done = draw(dufm.folder, picture, dufm.folder / "x.h5")
    assert done.returncode == 0 and done.stderr == ""
    image = matplotlib.image.imread(dufm.folder / "x.png")
    assert image.shape[1] == 550 and image.std() > 0.05


def test_a_sweep_of_other_axes_is_refused(dufm, sweep):
    dufm("run", sweep(short("fig5")), "-o", "x.h5", "--quiet")
    for picture, said in (("phase-init-lr", "'learning_rate' has one value"),
                          ("fig3-dnc-vs-width", "'width' has one value"),
                          ("firmness", "no point of the file has a curvature")):
        done = draw(dufm.folder, picture, dufm.folder / "x.h5")
        assert done.returncode == 2 and said in done.stderr


def test_a_sweep_without_weights_is_refused(dufm, sweep):
    dufm("run", sweep(short("fig5").replace("weights: true", "weights: false")), "-o", "x.h5", "--quiet")
    done = draw(dufm.folder, "fig5", dufm.folder / "x.h5")
    assert done.returncode == 2 and "weights: true" in done.stderr


def points(**columns):
    count = len(columns["loss"])
    ranks = np.full((count, 4, 2), 10.0)
    base = {"classes": np.full(count, 10), "width": np.full(count, 30), "depth": np.full(count, 3),
            "kappa_ratio": np.full(count, 0.2), "loss_dnc": np.full(count, 0.1), **columns}
    data = {name: (("config",), np.asarray(values)) for name, values in base.items()}
    data["rank_mean_post"] = (("config", "layer", "tolerance"), ranks)
    data["tolerance"] = (("tolerance",), [1e-1, 1e-2])
    return xarray.Dataset(data).assign_coords(ending=("config", columns.pop("ending", ["dnc"] * count)))


def test_quantities_of_a_group():
    group = points(loss=[0.05, 0.1, 0.2, 0.0999], ending=["srg", "dnc", "dnc", "low_rank"])
    centre, low, high = curves.below(group)
    assert centre == 0.5 and 0 < low < 0.5 < high < 1
    assert curves.collapsed(group)[0] == 0.5
    assert np.isclose(curves.loss_ratio(group)[0], 0.9995)
    rows = np.arange(4)
    assert statistic.parse(group, "loss<loss_dnc").of(rows) == 0.5
    assert np.isclose(statistic.parse(group, "loss/loss_dnc").of(rows), 0.9995)


def test_ranks_of_the_hidden_layers_alone():
    data = points(loss=[0.1, 0.1])
    data["depth"].values[:] = [3, 4]
    data["rank_mean_post"].values[:, :, 1] = [[1, 6, 8, 2], [1, 6, 8, 2]]
    assert list(statistic.reduced(data, "min", "rank_mean_post")) == [6, 2]
    assert list(statistic.reduced(data, "max", "rank_mean_post")) == [8, 8]
    assert np.allclose(curves.with_mean_rank(data)["mean_rank"].values, [7, 16 / 3])


def test_ticks_of_an_axis():
    assert axis.tick_labels([2**-11, 0.25]) == ["$2^{-11}$", "$2^{-2}$"]
    assert axis.tick_labels([0.25, 0.3]) == ["0.25", "0.3"] and axis.tick_labels([16, 32]) == ["16", "32"]
    assert [plot.order_of(classes) for classes in (6, 7, 10, 66)] == ["4", "", "5", "12"]


def test_swept_axes():
    """lambda follows from kappa_ratio, and width from width / K."""
    data = axis.prepared(points(loss=[0.1] * 4, classes=[6, 6, 10, 10], width=[12, 18, 20, 30],
                                **{"lambda": [0.001, 0.002, 0.003, 0.004]},
                                kappa_ratio=[0.1 + 1e-12, 0.1, 0.2, 0.2 - 1e-12]))
    assert axis.swept(data) == ["classes", "kappa_ratio", "width_per_class"]


def test_how_far_a_kick_moves():
    """Quartiles of what has a distance; what has none has not come back."""
    group = points(loss=[0.1] * 5, kick_distance=[0.01, 0.05, 0.09, 0.5, np.nan])
    assert np.allclose(firmness.quartiles(group), [0.07, 0.04, 0.1925])
    centre, low, high = firmness.returned(group)
    assert centre == 0.6 and 0 < low < 0.6 < high < 1
    assert np.isnan(firmness.quartiles(points(loss=[0.1], kick_distance=[np.nan]))).all()


def test_one_marker_a_descent():
    """Descents that differ in the kick alone are one ending."""
    data = points(loss=[0.1] * 4, kick=[1e-9, 1, 1e-9, 1], seed=[0, 0, 1, 1], decay_steps=[5, 5, 0, 0])
    assert list(firmness.once(data)["seed"].values) == [0, 1]
    assert [(kind, fell) for kind, fell, _ in firmness.kinds(data)] == [("dnc", False), ("dnc", True)]
    assert firmness.depths(data) == ""
    assert firmness.depths(data.assign(depth=("config", [3, 3, 4, 4]))) == "endings: DNC 1 at L = 3, 1 at L = 4"


def test_the_most_frequent_ending_of_a_cell():
    agreed = phase.ending(["dnc"] * 3)
    split = phase.ending(["srg", "dnc", "dnc"])
    assert np.allclose(agreed, [0, 0x72 / 255, 0xB2 / 255])
    assert all(pale >= full for pale, full in zip(split, agreed)) and split != agreed


def test_colours_of_ratios_reach_the_largest_and_keep_holes():
    norm = phase.ratio_norm(np.array([0.6, 1.0, np.nan, 4.5]))
    assert np.allclose(norm([0.6, 1.0, 4.5]), [0, 0.5, 1])
    assert norm(np.sqrt(0.6)) == pytest.approx(0.25) and norm(3.0) < norm(4.0) < 1
    assert norm(np.ma.masked_invalid([1.0, np.nan])).mask.tolist() == [False, True]
    ticks = phase.ratio_ticks(norm)
    assert 1 in ticks and ticks[0] >= 0.6 and 3 <= ticks[-1] <= 4.5
    assert phase.ratio_norm(np.array([np.nan])).vmin < 1 < phase.ratio_norm(np.array([1.0])).vmax


def words(*names):
    """A flag variable of two points that have the last of these names."""
    return ("config",), [len(names) - 1] * 2, {"flag_values": list(range(len(names))), "flag_meanings": " ".join(names)}


def test_captions_name_what_all_points_share():
    data = points(loss=[0.1, 0.1], depth=[3, 4], kappa_ratio=[0.2, 0.3], samples=[5, 5], learning_rate=[0.5, 0.5],
                  momentum=[0.9, 0.9], imbalance=[1, 1], max_steps=[100, 100])
    data["lambda"] = ("config", [0.004, 0.004])
    data["optimizer"], data["activation"] = words("gd", "momentum"), words("relu")
    assert captions.held(data) == r"K = 10, d = 30, n = 5, $\lambda$ = 0.004, rate 0.5, momentum 0.9"
    data["loss_function"] = words("mse", "ce")
    assert captions.held(data.drop_vars("lambda").assign(kappa_ratio=("config", [0.2, 0.2]))).startswith(
        r"K = 10, d = 30, n = 5, $\kappa$ ratio = 0.2, rate 0.5, momentum 0.9, cross-entropy")
    data["max_steps"] = ("config", [0, 0])
    assert captions.held(data) == r"K = 10, d = 30, n = 5, $\lambda$ = 0.004, cross-entropy"


def test_lines_of_one_point_are_refused():
    """d/K has two values here as K has: no line of a K has two."""
    data = points(loss=[0.1] * 4, classes=[5, 5, 10, 10], depth=[2, 3, 2, 3])
    data = curves.with_mean_rank(axis.prepared(data))
    with pytest.raises(sweepfile.Unusable, match="no line has two values of 'width_per_class'"):
        curves.check(data, curves.Curves((("width_per_class", "below"),), "classes", "depth"))
    curves.check(data, curves.Curves((("classes", "below"),), "depth"))


def test_ranks_of_collapse_and_graph_are_drawn():
    axes = plot.inside.plt.figure().add_subplot()
    curves.draw_levels(axes, points(loss=[0.1], depth=[4]))
    assert [line.get_ydata()[0] for line in axes.lines] == [10, pytest.approx((5 + 5 + 10) / 3)]
    curves.draw_levels(axes, points(loss=[0.1, 0.1], classes=[10, 15]))
    curves.draw_levels(axes, points(loss=[0.1], classes=[11]))
    assert [line.get_ydata()[0] for line in axes.lines][2:] == [11]
    plot.inside.plt.close("all")


def test_bands_are_named_as_they_are_drawn():
    data = points(loss=[0.1] * 4, depth=[3, 3, 4, 4])
    data["lambda"] = ("config", [0.1, 0.2] * 2)
    def note(*quantities):
        return curves.seeds_note(curves.with_mean_rank(data), curves.Curves(tuple(("depth", q) for q in quantities), "lambda"))
    assert note("rank") == ""
    data = data.isel(config=[0, 0, 1, 2, 3])
    assert "quartile" in note("rank") and "Wilson" not in note("rank")
    assert "Wilson" in note("below") and "quartile" not in note("below") and "quartiles of the rest" in note("below", "rank")


def test_a_small_picture_has_256_colours(tmp_path):
    figure = plot.inside.plt.figure(figsize=(2, 2))
    figure.add_subplot().imshow(np.arange(2500).reshape(50, 50))
    for small in (False, True):
        plot.save(figure, tmp_path / f"{small}.png", plot.parse(["fig5", "x.h5", "-o", "x.png", *["--small"] * small]))
    sizes = [(tmp_path / f"{small}.png").stat().st_size for small in (True, False)]
    colours = [len(np.unique((matplotlib.image.imread(tmp_path / f"{small}.png")[..., :3] * 255).round().reshape(-1, 3), axis=0))
               for small in (True, False)]
    assert sizes[0] < sizes[1] and colours[0] <= 256
    plot.inside.plt.close(figure)
    with pytest.raises(SystemExit):
        plot.parse(["fig5", "x.h5", "-o", "x.pdf", "--small"])
