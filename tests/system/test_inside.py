"""Endings told apart, the order that shows their structure, and what `fig5` draws of them."""
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray
from conftest import ROOT, Program
from scripts import script

sys.path.insert(0, str(ROOT / "analysis"))
import endings  # noqa: E402
import inside  # noqa: E402
import order  # noqa: E402
import sweepfile  # noqa: E402

SWEEP = """
name: planted
union:
  - grid: {init: [dnc, srg], seed: [0, 1, 2]}
  - grid: {init: [clique], seed: [0]}
point: {classes: 10, depth: 4, width: 30, lambda: 0.004, learning_rate: 1e-9, max_steps: 1}
output: {weights: true, gram: true}
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    (folder / "planted.yaml").write_text(SWEEP)
    Program(folder)("run", "planted.yaml", "-o", "planted.h5", "--quiet")
    return folder / "planted.h5"


@pytest.fixture(scope="module")
def planted(file):
    with sweepfile.open_finished(file) as (dataset, facts):
        return dataset.load(), facts


def test_endings_are_counted_by_structure_and_loss(planted):
    found = endings.distinct(planted[0], list(range(7)))
    assert [(ending.kind, len(ending.rows)) for ending in found] == [("srg", 3), ("dnc", 3), ("clique", 1)]
    assert [ending.rank for ending in found] == [5, 10, 5]
    assert found[0].graph == "the edges of K_5" and found[1].graph == "a vertex for each of 10 classes"


def test_the_table_of_endings(file, tmp_path):
    done = script("endings.py", file, folder=tmp_path)
    lines = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[4:]]
    assert done.returncode == 0 and [line[1] for line in lines] == ["srg", "dnc", "clique"]
    assert lines[0][2] == "3 of 7 (15.8-75.0 %)" and lines[0][4] == "5, 5, 10" and lines[0][5] == "the edges of K_5"
    with xarray.open_dataset(file, engine="h5netcdf", decode_times=False) as data:
        assert lines[2][3] == f"{float(data['loss'][6] / data['loss_dnc'][6]):.4f}"


def test_a_file_without_weights_has_no_table(dufm, sweep):
    dufm("run", sweep(SWEEP.replace("weights: true", "weights: false")), "-o", "x.h5", "--quiet")
    done = script("endings.py", "x.h5", folder=dufm.folder)
    assert done.returncode == 2 and done.stdout == "" and "weights: true" in done.stderr


def test_losses_with_a_gap_are_different_endings():
    losses = [1.0, 1.004, 1.008, 1.02, 0.9]
    assert endings.split(range(5), losses) == [[4], [0, 1, 2], [3]]


def test_the_ending_of_least_loss_is_always_shown():
    found = [endings.Ending("dnc", 5, "", rows) for rows in ((0, 1, 2), (3, 4), (5,))]
    losses = [3, 3, 3, 2, 2, 1]
    assert endings.choose(found, 2, losses) == [found[0], found[2]]
    assert endings.choose(found, 3, losses) == found
    assert endings.choose(found[:2], 2, losses) == found[:2]
    assert endings.choose([], 2, losses) == []


def test_similar_classes_become_neighbours():
    blocks = np.kron(np.eye(3), np.ones((2, 3)))  # 6 neurons, 9 classes in three groups
    mixed = np.random.default_rng(0).permutation(9)
    found = order.of_classes(blocks[:, mixed], [])
    groups = [int(mixed[place]) // 3 for place in found]
    assert sorted(found) == list(range(9)) and sum(a != b for a, b in zip(groups, groups[1:])) == 2


def test_classes_and_neurons_in_the_order_of_vertices():
    ends = [frozenset({1, 2}), frozenset({0, 1}), frozenset({0, 2})]
    classes = order.of_classes(np.eye(3), ends)
    assert classes == [1, 2, 0] and order.class_labels(classes, ends) == ["AB", "AC", "BC"]
    means = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 1.0]])  # vertex C, dead, vertex A
    assert order.of_neurons(means, classes, ends) == [2, 0]


def test_the_parts_of_collapse(planted):
    data = planted[0]
    row = int(np.flatnonzero(data["ending"].values == "dnc")[0])
    fit, factor = inside.collapse_parts(float(data["loss_dnc"][row]), 4)
    assert np.isclose(fit, data["loss_fit"][row]) and np.isclose(factor, data["regularization_feature"][row])
    assert np.allclose(factor, data["regularization_weight"].values[row, :4])


def test_what_the_picture_draws(planted):
    data, facts = planted
    figure = inside.draw(data, facts, inside.Layers(-1, 0, -1))
    words = [text.get_text() for text in figure.texts]
    assert any("3 of 7 starts (15.8-75.0 %)" in word and "SRG" in word for word in words)
    assert any("1 of 7 starts" in word and "clique" in word for word in words)
    panels = [axes for axes in figure.axes if axes.images and "Gram" in axes.get_title()]
    assert len(panels) == 3
    image = panels[0].images[0].get_array()
    labels = [text.get_text() for text in panels[0].get_xticklabels()]
    assert labels[:4] == ["AB", "AC", "AD", "AE"] and labels == sorted(labels)
    shared = np.array([[len(set(a) & set(b)) for b in labels] for a in labels])  # 2I + A of the edges of K_5
    assert np.allclose(image / image[0, 0], shared / 2, atol=1e-6)
    bars = [[bar.get_width() for bar in axes.patches] for axes in figure.axes if axes.get_title() == "parts of the loss"]
    row = int(np.flatnonzero(data["ending"].values == "srg")[0])
    assert np.isclose(sum(bars[0]), data["loss"][row]) and len(bars[0]) == 6
    assert np.isclose(bars[0][0], data["loss_fit"][row])
    plt.close(figure)


def test_linear_networks_are_refused(planted):
    data = planted[0].copy()
    data["activation"] = xarray.full_like(data["activation"], 1)
    with pytest.raises(sweepfile.Unusable, match="ReLU"):
        inside.check(data)
