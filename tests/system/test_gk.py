"""Pictures of cross-entropy: shares, ranks and losses beside the closed forms; references of pictures."""
import sys
import types

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray
from conftest import ROOT, Program

sys.path.insert(0, str(ROOT / "analysis"))
import gk  # noqa: E402
import references  # noqa: E402
import report_design  # noqa: E402
import sweepfile  # noqa: E402

LINEAR = """
name: linear
union:
  - grid: {width: [6, 12], lambda: [0.00390625], seed: [0, 1, 2]}
  - grid: {width: [12], lambda: {log2: [-8, -6]}, seed: [0, 1, 2]}
point: {depth: 2, classes: 6, samples: 2, loss: ce, activation: linear, learning_rate: 0.5, max_steps: 1500,
        stop_loss_change: 0}
output: {history: 16}
"""
RELU = """
name: relu
grid: {width: [8, 16], lambda: [0.0078125, 0.015625], seed: [0, 1]}
point: {depth: 3, classes: 4, samples: 2, loss: ce, learning_rate: 0.5, max_steps: 300, stop_loss_change: 0}
output: {history: 16}
"""


def drawn(folder, text, **columns):
    """The data and its picture, with some columns set to one value."""
    (folder / "x.yaml").write_text(text)
    Program(folder)("run", "x.yaml", "-o", "x.h5", "--quiet")
    with sweepfile.open_finished(folder / "x.h5") as (dataset, facts):
        dataset = dataset.load()
        for name, value in columns.items():
            dataset[name] = xarray.full_like(dataset[name], value)
        return dataset, gk.draw(dataset, facts)


def panel(figure, label, x):
    return next(axes for axes in figure.axes if label in axes.get_ylabel() and x in axes.get_xlabel())


def heights(axes):
    """y of the first line with error bars."""
    return axes.containers[0].lines[0].get_ydata()


def test_shares_ranks_and_losses_of_the_linear_sweep(tmp_path):
    data, figure = drawn(tmp_path, LINEAR)
    wide = data["width"].values == 12
    lambdas = sorted(set(data["lambda"].values[wide].tolist()))
    groups = [wide & (data["lambda"].values == value) for value in lambdas]
    assert len(lambdas) == 3
    low = [np.mean(np.isin(data["ending"].values[rows], ("low_rank", "low_rank_high"))) for rows in groups]
    assert np.allclose(heights(panel(figure, "low-rank endings", "lambda")), low)
    rank = [np.median(data["rank_mean_post"].values[rows, 1, 1]) for rows in groups]
    assert np.allclose(heights(panel(figure, "average rank", "lambda")), rank)
    axes = panel(figure, "loss / DNC loss", "lambda")
    assert np.allclose(heights(axes), [np.median((data["loss"] / data["loss_dnc"]).values[rows]) for rows in groups])
    dashed = [line.get_ydata() for line in axes.lines if line.get_linestyle() == "--"]
    ratio = [(data["loss_low_rank"] / data["loss_dnc"]).values[rows][0] for rows in groups]
    assert any(len(line) == 3 and np.allclose(line, ratio) for line in dashed)
    plt.close(figure)


def relu_panel(data, figure, over):
    """The panel of losses over that variable, its first height right."""
    label = {"loss_dnc": "loss / DNC loss", "loss_dnc_bound": "loss / bound of the DNC loss"}[over]
    rows = (data["lambda"].values == 0.0078125) & (data["width"].values == 8)
    axes = panel(figure, label, "width")
    assert np.isclose(heights(axes)[0], np.median((data["loss"] / data[over]).values[rows]))
    assert any(text.get_text() == "K" for axes in figure.axes for text in axes.texts)
    plt.close(figure)


def test_behind_a_relu(tmp_path):
    data, figure = drawn(tmp_path, RELU)
    assert not any("lower bound" in text.get_text() for text in figure.texts)
    assert {"loss_dnc_bound"} <= {name for name, _ in references.stored(data)}
    relu_panel(data, figure, "loss_dnc")


def test_a_file_that_has_a_bound_alone(tmp_path):
    data, figure = drawn(tmp_path, RELU, loss_dnc=np.nan)
    assert any("lower bound" in text.get_text() for text in figure.texts)
    relu_panel(data, figure, "loss_dnc_bound")


def test_no_bound_stands_for_a_collapse_that_does_not_exist():
    data = xarray.Dataset({"loss_dnc": ("config", [0.2, np.nan]), "loss_dnc_bound": ("config", [0.1, 0.3])})
    assert not references.is_bounded(data).any() and references.is_behind_relu(data).all()
    assert np.array_equal(references.collapse(data), [0.2, np.nan], equal_nan=True)


def test_where_the_low_rank_solution_lies_below_collapse():
    xs = np.array([0.01, 0.1, 1.0])
    (start, end), = gk.spans(xs, np.array([0.8, 1.2, 1.3]))
    assert start == 0.01 and np.isclose(np.log10(end), -1.5, atol=2e-3)
    assert gk.spans(xs, np.full(3, 0.9)) == [(0.01, 1.0)] and gk.spans(xs, np.full(3, 1.1)) == []


def test_a_mixture_of_one_family_is_no_line_of_its_own():
    data = xarray.Dataset({"loss_mixture": ("config", [0.08, 0.07, 0.5]), "loss_trivial": ("config", [0.5] * 3),
                           "loss_srg_clique": ("config", [0.08, 0.075, 0.6])})
    assert np.array_equal(references.losses(data, "loss_mixture"), [np.nan, 0.07, np.nan], equal_nan=True)


def test_papers_named_in_a_sweep():
    text = "# from arXiv 2405.14468 and\n# arXiv\n#  2410.23169, again arXiv 2405.14468.\nname: x # arXiv 1111.11111\n"
    assert sweepfile.papers(text) == ["2405.14468", "2410.23169"]


def test_a_sweep_without_these_axes_is_refused():
    data = xarray.Dataset({name: ("config", values) for name, values in (
        ("width", [10, 10]), ("lambda", [0.1, 0.1]), ("classes", [4, 4]))})
    data = data.assign({name: ("config", [0.1, 0.1]) for name in ("kappa_ratio", "depth")})
    data["rank_mean_post"] = (("config", "layer", "tolerance"), np.ones((2, 3, 1)))
    data["tolerance"] = (("tolerance",), [1e-2])
    with pytest.raises(sweepfile.Unusable, match="several values of width or of lambda"):
        gk.draw(data, sweepfile.Facts("x", "x.h5", {}, []))


def test_kappa_ratio_is_said_of_mse_alone():
    flags = {"flag_values": np.array([0, 1], dtype=np.int8), "flag_meanings": "mse ce"}

    def said(losses):
        points = xarray.Dataset({"kappa_ratio": ("config", [0.2, 0.3]), "loss_function": ("config", losses, flags)})
        return report_design.regularization(types.SimpleNamespace(points=points, axes=[]))
    assert "0.2 to 0.3." in str(said([0, 0])) and "is 0.2." in str(said([0, 1])) and said([1, 1]) is None
