"""The pictures of a result file, drawn from synthetic files of the documented layout."""

import matplotlib.image
import numpy as np
import pytest
import xarray

from scripts import script

STATUSES = ("pending", "running", "done", "failed", "quarantined")
OUTCOMES = ("none", "trivial", "dnc", "partial", "srg", "clique", "low_rank", "low_rank_high",
            "other")
LAYERS, INDICES, WIDTH = 4, 16, 16
PENDING, DONE, FAILED = 0, 2, 3


def flag(values, names):
    attributes = {"flag_values": np.arange(len(names), dtype=np.int8),
                  "flag_meanings": " ".join(names)}
    return ("config",), np.array(values, dtype=np.int8), attributes, {"_FillValue": np.int8(-1)}


def spectra(count, depth, rank):
    """(config, layer, index): `rank` large values a layer, the rest small, NaN-padded."""
    values = np.full((count, LAYERS, INDICES), np.nan)
    for row in range(count):
        for layer in range(depth[row]):
            values[row, layer, :WIDTH] = 1e-9
            values[row, layer, :rank[row]] = np.linspace(2.0, 1.0, max(rank[row], 1))[:rank[row]]
    return ("config", "layer", "index"), values


def dataset(outcomes=OUTCOMES, status=DONE, seeds=3):
    """Every outcome at two depths, two lambdas and some seeds."""
    kinds, depth, exponent, seed = (axis.ravel() for axis in np.meshgrid(
        [OUTCOMES.index(name) for name in outcomes], [3, 4], [-9, -7], np.arange(seeds),
        indexing="ij"))
    loss_dnc = 0.1 * 2.0 ** (exponent + 9)
    ratio = np.array([np.nan, 5.0, 1.0, 1.05, 0.92, 0.85, 0.95, 1.1, 1.0])[kinds]
    rank = np.array([0, 0, 10, 9, 5, 5, 6, 7, 8])[kinds]
    config = {
        "depth": depth, "classes": np.full(kinds.size, 10), "width": np.full(kinds.size, WIDTH),
        "seed": seed, "lambda": 2.0 ** exponent, "kappa_ratio": 60 * 2.0 ** exponent,
        "loss": ratio * loss_dnc * (1 + 0.002 * seed), "loss_trivial": np.full(kinds.size, 0.5),
        "loss_dnc": loss_dnc, "loss_srg": 0.92 * loss_dnc,
        "loss_srg_relaxed": 0.9 * loss_dnc,
        "loss_srg_clique": np.where(depth == 4, 0.85 * loss_dnc, np.nan),
    }
    variables = {name: (("config",), values) for name, values in config.items()}
    variables["status"] = flag(np.full(kinds.size, status), STATUSES)
    variables["outcome"] = flag(kinds, OUTCOMES)
    variables["sv_mean_post"] = spectra(kinds.size, depth, rank)
    variables["wall_time"] = (("config",), np.full(kinds.size, 1.5), {"units": "s"})
    variables["point_id"] = (("config",), np.full(kinds.size, b"0123456789abcdef"))
    revisions = np.array([b"0.1.0 (a)", b"", b"0.2.0 (b)"], dtype="S16")
    variables["launch_revision"] = (("launch",), revisions)
    return xarray.Dataset(variables, attrs={"title": "synthetic"})


@pytest.fixture
def plot(tmp_path):
    """plot(dataset or None, arguments) -> (CompletedProcess, path of the image).

    The dataset is first written to file.h5 of the test's folder.
    """
    def run(data, *arguments, picture="quickstart"):
        path, image = tmp_path / "file.h5", tmp_path / "picture.png"
        if data is not None:
            data.to_netcdf(path, engine="h5netcdf")
        return script("plot.py", picture, path, "-o", image, *arguments, folder=tmp_path), image
    return run


def test_every_ending(plot, tmp_path):
    done, image = plot(dataset())
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.strip() == str(image)
    pixels = matplotlib.image.imread(image)
    assert pixels.shape[0] > 1000 and pixels.std() > 0.1


def test_words_of_the_picture(plot, tmp_path):
    data = dataset(outcomes=("dnc", "srg", "trivial"))
    data["status"][0] = FAILED
    data["status"][1] = PENDING
    svg = tmp_path / "picture.svg"
    done, _ = plot(data, "-o", str(svg))
    assert done.returncode == 0, done.stderr
    words = svg.read_text()  # an SVG keeps the picture's words as text
    for expected in ("synthetic", "K = 10, L = 3",
                     "file.h5: 34 of 36 points done, 1 failed; dufm 0.1.0 (a), 0.2.0 (b)",
                     "DNC (deep neural collapse)", "trivial (all zero)", "SRG, relaxed"):
        assert expected in words, expected
    assert "SRG, clique variant" not in words


@pytest.mark.parametrize("outcomes, seeds", [
    (("none",), 1), (("trivial",), 40), (("clique", "low_rank"), 1)])
def test_few_kinds(plot, outcomes, seeds):
    done, image = plot(dataset(outcomes=outcomes, seeds=seeds))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert image.stat().st_size > 20000


def test_without_optional_variables(plot):
    lean = dataset().drop_vars(["sv_mean_post", "loss_srg_relaxed", "lambda", "seed"])
    done, _ = plot(lean)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_one_shallow_point(plot):
    data = dataset(outcomes=("dnc",), seeds=1).isel(config=[0])
    data["depth"][:] = 1
    done, _ = plot(data)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_nothing_finished(plot):
    done, image = plot(dataset(status=PENDING))
    assert done.returncode == 2 and not image.exists()
    assert "none of 108 points is finished yet" in done.stderr


def test_missing_file(plot):
    done, _ = plot(None)
    assert done.returncode == 2 and "no such file" in done.stderr
    assert "Traceback" not in done.stderr


def test_foreign_file(plot):
    done, _ = plot(xarray.Dataset({"x": (("config",), np.arange(3))}))
    assert done.returncode == 2 and "not a dufm result file: it has no variable" in done.stderr


def test_not_hdf5(plot, tmp_path):
    (tmp_path / "file.h5").write_text("not HDF5")
    done, _ = plot(None)
    assert done.returncode == 2 and "not a dufm result file" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_picture(plot):
    done, _ = plot(None, picture="nothing")
    assert done.returncode == 2 and "quickstart" in done.stderr


def test_file_of_the_program(plot, dufm, sweep, tmp_path):
    path = sweep("name: drawn\ngrid: {depth: [3], width: [8], lambda: [0.01], classes: [6],\n"
                 "  seed: {range: [0, 2]}}\npoint: {learning_rate: 0.1, max_steps: 300}\n")
    dufm("run", path, "-o", "file.h5")
    svg = tmp_path / "picture.svg"
    done, _ = plot(None, "-o", str(svg))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    words = svg.read_text()
    assert "drawn" in words and "file.h5: 3 of 3 points done; dufm " in words
    assert "K = 6, L = 3, d = 8" in words
