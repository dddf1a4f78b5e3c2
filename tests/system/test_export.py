"""The page for networks of one's own: its lines of PyTorch export a network trained here on data
made here, and what dufm measures of it is what numpy computes."""
import re
import subprocess
import sys

import h5py
import numpy as np
import pytest

import features
from conftest import ROOT

torch = pytest.importorskip("torch", reason="python3-torch is not installed")
PAGE = ROOT / "analysis" / "export.md"
CLASSES, PER_CLASS = 4, 60


def lines_of_the_page():
    """The function `export` of the page, and the line that calls it."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names = {}
    exec(compile(blocks[0], str(PAGE), "exec"), names)
    return names["export"], blocks[1]


def make_data(rng):
    labels = np.tile(np.arange(CLASSES), PER_CLASS)[:-25]  # classes of unequal sizes, too
    centres = 2 * rng.normal(size=(CLASSES, 1, 8, 8))
    inputs = centres[labels] + rng.normal(size=(len(labels), 1, 8, 8))
    return torch.tensor(inputs, dtype=torch.float32), torch.tensor(labels)


def make_network():
    """Convolutions, pooling, two hidden layers: widths 4 x 8 x 8, 48 and 24."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(256, 48), torch.nn.ReLU(), torch.nn.Linear(48, 24), torch.nn.ReLU(),
        torch.nn.Linear(24, CLASSES))


def train(network, inputs, labels, weight_decay, epochs):
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3, weight_decay=weight_decay)
    for _ in range(epochs):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network.train()(inputs), labels).backward()
        optimizer.step()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Files of two runs after 0 and 150 epochs."""
    folder = tmp_path_factory.mktemp("export")
    torch.set_num_threads(1)
    export, call = lines_of_the_page()
    for weight_decay in 0.0, 1e-2:
        torch.manual_seed(3)
        inputs, labels = make_data(np.random.default_rng(5))
        network = make_network()
        for epoch, more in ((0, 0), (150, 150)):
            train(network, inputs, labels, weight_decay, more)
            exec(call.replace('f"wd', 'f"{folder}/wd'), dict(globals(), **locals()))
    return folder, sorted(path.name for path in folder.glob("wd*.h5"))


def test_it_is_measured(dufm, runs):
    folder, files = runs
    assert files == ["wd0.0-0.h5", "wd0.0-150.h5", "wd0.01-0.h5", "wd0.01-150.h5"]
    result = dufm.folder / "runs.h5"
    dufm("measure", *(folder / name for name in files), "-o", result)
    assert "whole" in dufm("verify", result).stdout
    with h5py.File(result) as file:
        assert file["epoch"][:].tolist() == [0, 150, 0, 150] and file["weight_decay"][:].tolist() == [0, 0, .01, .01]
        assert [name.tobytes().rstrip(b"\0").decode() for name in file["layer_name"][:]] == ["3", "5", "7"]
        assert file["layer_width"][0].tolist() == [256, 48, 24]
        for row, name in enumerate(files):
            check(file, row, folder / name)
        before, after = file["nc1_trace_post"][0, 2], file["nc1_trace_post"][1, 2]
        assert after < 0.1 * before
        assert file["nc3_alignment"][1, 2] > file["nc3_alignment"][0, 2]


def test_the_network_of_the_examples(dufm):
    """Without training: the classes of its clusters are told apart, and files have their coordinates."""
    subprocess.run([sys.executable, ROOT / "analysis" / "examples" / "train_mlp.py", "runs", "0"], cwd=dufm.folder,
                   check=True, timeout=100)
    files = sorted(f"runs/{path.name}" for path in (dufm.folder / "runs").iterdir())
    assert len(files) == 9 and files[0] == "runs/wd0.0001-0-0.h5"
    dufm("measure", *files, "-o", "runs.h5")
    with h5py.File(dufm.folder / "runs.h5") as file:
        assert [name.tobytes().rstrip(b"\0").decode() for name in file["layer_name"][:]] == [
            "fc2", "fc3", "fc4", "fc5", "fc6"]
        assert sorted(set(zip(file["weight_decay"][:], file["seed"][:]))) == [
            (decay, seed) for decay in (1e-4, 1e-3, 1e-2) for seed in (0, 1, 2)]
        assert (file["layer_width"][:] == 64).all() and (file["classes"][:] == 10).all()
        assert (np.abs(np.log(file["nc1_trace_post"][:])) < 3).all()


def check(file, row, source):
    """Against numpy on what the file of features holds."""
    with h5py.File(source) as exported:
        labels = exported["labels"][:]
        for layer, (name, arrays) in enumerate(exported["layers"].items()):
            sides = [side for side in ("pre", "post") if side in arrays]
            assert sides == ["pre", "post"] or name == "3" and "post" in sides
            for side in sides:
                values = arrays[side][:].astype(float)
                for metric, want in features.collapse(values, labels).items():
                    if metric != "condition" and np.isfinite(want):
                        assert file[f"{metric}_{side}"][row, layer] == pytest.approx(want, rel=1e-8, abs=1e-12)
                singular = np.linalg.svd(values, compute_uv=False)
                got = file[f"sv_feature_{side}"][row, layer][:len(singular)]
                np.testing.assert_allclose(got, singular, rtol=0, atol=1e-12 * singular[0])
            want = features.alignment(arrays["weight"][:].astype(float), features.means_of(values, labels))
            assert file["nc3_alignment"][row, layer] == pytest.approx(want, rel=1e-9)


def test_what_a_layer_changes_in_place(tmp_path):
    """The features before an activation are those from before it, whatever it does with them."""
    export, _ = lines_of_the_page()
    torch.manual_seed(4)
    inputs, labels = make_data(np.random.default_rng(6))
    for inplace in False, True:
        torch.manual_seed(4)
        network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 9), torch.nn.ReLU(inplace),
                                      torch.nn.Linear(9, CLASSES))
        export(network, inputs, labels, tmp_path / f"{inplace}.h5", epoch=1)
    with h5py.File(tmp_path / "False.h5") as plain, h5py.File(tmp_path / "True.h5") as inplace:
        for name in "pre", "post", "weight":
            assert np.array_equal(plain["layers/3"][name], inplace["layers/3"][name])
        assert inplace["layers/3/pre"][:].min() < 0 == inplace["layers/3/post"][:].min()


@pytest.mark.parametrize("training", [True, False])
def test_training_goes_on_as_before(tmp_path, training):
    export, _ = lines_of_the_page()
    inputs, labels = make_data(np.random.default_rng(7))
    network = make_network().train(training)
    export(network, inputs, labels, tmp_path / "one.h5", epoch=1)
    assert network.training is training and all(part.training is training for part in network)


def test_half_precision(tmp_path):
    export, _ = lines_of_the_page()
    inputs, labels = make_data(np.random.default_rng(8))
    export(make_network().to(torch.bfloat16), inputs.to(torch.bfloat16), labels, tmp_path / "one.h5", epoch=1)
    with h5py.File(tmp_path / "one.h5") as file:
        assert file["layers/5/post"].dtype == "f4"
