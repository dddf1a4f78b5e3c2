"""analysis/structure.py: names of neurons, on planted solutions and on layers built by hand."""
import itertools
import sys

import numpy as np
import pytest
import xarray

import scripts
from conftest import ROOT, Program

sys.path.insert(0, str(ROOT / "analysis"))
structure = pytest.importorskip("structure", reason="needs xarray and scipy")
import graphs  # noqa: E402
import naming  # noqa: E402

SWEEP = """
name: planted
union:
  - grid: {init: [dnc, srg, clique]}
    point: {classes: 10, depth: 4}
  - point: {classes: 15, depth: 5, init: clique}
  - point: {classes: 10, depth: 4, init: clique, init_noise: 0.002}
  - point: {classes: 6, depth: 2, init: dnc}
point: {width: 30, lambda: 0.004, samples: 2, learning_rate: 1e-9, max_steps: 1}
output: {weights: WEIGHTS}
"""


def script(path, *arguments, expect=0):
    done = scripts.script("structure.py", path, *arguments, folder=ROOT)
    assert done.returncode == expect, done.stderr
    return done


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Paths of the sweep with and without weights."""
    folder = tmp_path_factory.mktemp("planted")
    for weights in ("true", "false"):
        (folder / f"{weights}.yaml").write_text(SWEEP.replace("WEIGHTS", weights))
        Program(folder)("run", f"{weights}.yaml", "-o", f"{weights}.h5", "--quiet")
    return folder / "true.h5", folder / "false.h5"


@pytest.mark.parametrize("row, graph, found", [
    (0, "a vertex for each of 10 classes", "10 x single class"),
    (1, "the edges of K_5", "10 x single class"),
    (2, "the edges of K_5", "10 x 3-clique"),
    (3, "the edges of K_6", "20 x 3-clique"),
    (4, "the edges of K_5", "10 x 3-clique"),
])
def test_planted_solutions(planted, row, graph, found):
    text = script(planted[0], row).stdout
    assert f"Classes: {graph}:" in text
    assert f"Patterns of the last hidden layer: {found}\n" in text.splitlines(keepends=True)


def test_rows_of_least_loss(planted):
    text = script(planted[0], 0, "--least", 2).stdout
    heads = [line for line in text.splitlines() if line.startswith("## Row")]
    assert len(heads) == 3 and heads[0].startswith("## Row 0,")
    losses = [float(line.split("loss ")[1].split()[0]) for line in heads]
    assert losses[1] <= losses[2] <= losses[0]


@pytest.mark.parametrize("arguments, said", [
    ([99], "0 to 5"), ([-1], "0 to 5"), ([], "--least"), ([5], "at least 3"),
])
def test_rows_that_cannot_be_described(planted, arguments, said):
    done = script(planted[0], "--", *arguments, expect=2)
    assert done.stdout == "" and said in done.stderr


def test_files_that_cannot_be_described(planted, tmp_path):
    assert "weights: true" in script(planted[1], 0, expect=2).stderr
    assert "no such file" in script(tmp_path / "none.h5", 0, expect=2).stderr
    (tmp_path / "text.h5").write_text("text")
    assert "not a dufm result file" in script(tmp_path / "text.h5", 0, expect=2).stderr


def incidence(edges, vertices):
    B = np.zeros((vertices, len(edges)))
    for k, end in enumerate(edges):
        B[list(end), k] = 1
    return B


def named(edges, vertices, rows, seed=0):
    """Names of the neurons with these rows of W_{L-1}, the classes and the neurons in random order,
    each neuron as several."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(edges))
    B = incidence(edges, vertices)[:, order]
    last = np.maximum(np.array(rows) @ B, 0)
    copies = np.concatenate([last * size for size in (1.0, 0.3, 2.0)])
    found = structure.describe([B, B[random.permutation(vertices)], copies[random.permutation(len(copies))]])
    assert all(pattern.neurons == 3 for pattern in found.patterns)
    assert sum(pattern.share for pattern in found.patterns) == pytest.approx(1)
    return found


def subsets(vertices, size):
    return [[1 if v in chosen else -1 for v in range(vertices)]
            for chosen in itertools.combinations(range(vertices), size)]


@pytest.mark.parametrize("seed", range(3))
def test_a_mixture_of_families(seed):
    """Stars, edges, 3-cliques, 4-cliques, graded pairs and all classes at once."""
    edges = list(itertools.combinations(range(5), 2))
    graded = np.where(np.array(subsets(5, 2)) > 0, 1, -0.2)
    rows = np.concatenate([np.eye(5), subsets(5, 2), subsets(5, 3), subsets(5, 4), graded, np.ones((1, 5))])
    found = named(edges, 5, rows, seed)
    assert found.graph == "the edges of K_5"
    assert dict(structure.counts(found)) == {"star": 5, "single class": 10, "3-clique": 10, "4-clique": 5,
                                             "graded 2": 10, "all": 1}


def test_bipartite_graph():
    """Its incidence matrix has rank 4; another with five patterns and rank 4 shows no vertices."""
    edges = [(i, 2 + j) for i in range(2) for j in range(3)]
    B = incidence(edges, 5)
    found = structure.describe([None, B, np.concatenate([np.eye(6), B])])
    assert found.graph == "the edges of K_{2,3}" and found.vertices == 5
    assert dict(structure.counts(found)) == {"single class": 6, "star": 5}
    found = structure.describe([None, B[:, :4] + 0.3, np.eye(4)])
    assert found.ends == [] and found.graph == "no vertices" and "patterns, but rank" in found.source
    assert dict(structure.counts(found)) == {"single class": 4}


def test_names_that_no_rows_on_a_graph_give():
    edges = [frozenset(edge) for edge in itertools.combinations(range(5), 2)]
    def name(classes, even=True):
        response = np.zeros(10)
        response[list(classes)] = 1 if even else np.linspace(0.5, 1, len(classes))
        return naming.name_pattern(structure.Pattern(response, 1, 1.0), edges, incidence(edges, 5))
    index = {edge: k for k, edge in enumerate(edges)}
    crossing = [k for edge, k in index.items() if len(edge & {0, 1}) == 1]
    assert name(crossing) == ("cut", "AB | CDE")
    assert name([index[frozenset({0, 1})], index[frozenset({2, 3})]])[0] == "matching"
    assert name([index[frozenset({0, 1})], index[frozenset({1, 2})]])[0] == "pair"
    assert name([0, 4, 7, 9])[0] == "other"
    assert name(range(10), even=False) == ("all", "all classes")


def test_other_sets_of_vertices():
    classes = [frozenset(s) for s in ({0}, {0, 1}, {1, 2}, {0, 1, 2})]
    assert graphs.name_graph(classes, 3) == "1 on 1 vertex, 2 on 2 vertices, 1 on 3 vertices"
    assert graphs.name_graph([frozenset({0}), frozenset({0})], 1) == "2 on 1 vertex; 1 on the same as another"
    assert graphs.name_graph([frozenset({0, 1}), frozenset({1, 2})], 3) == "the edges of K_{1,2}"


def test_gram_matrices_that_are_not_of_a_graph():
    random = np.random.default_rng(1)
    assert structure.stars_of(np.eye(7)) is None  # 7 is no r(r-1)/2
    assert structure.stars_of(np.eye(6)) is None  # r = 4: stars and triangles cannot be told apart
    for _ in range(5):
        M = random.random((5, 10))
        assert structure.stars_of(M.T @ M) is None


def test_made_up_patterns_are_no_vertices():
    pattern = [structure.Pattern(np.array(row, float), 1, 0.3) for row in ([1, 0, 1], [0, 1, 0.5], [1, 1, 1.5])]
    assert structure.generators(pattern) == pattern[:2]


UNBALANCED = """
name: unbalanced
grid: {imbalance: [1, 2, 4, 100]}
point: {classes: 5, depth: 4, width: 12, lambda: 0.004, samples: 6, learning_rate: 0.2, max_steps: 300}
output: {weights: true, gram: true}
"""


def test_unbalanced_classes_are_cut_where_the_program_cut_them(dufm, sweep):
    """6, 3, 6/4 = 1.5 -> 2 and 1 samples in the last two of five classes."""
    dufm("run", sweep(UNBALANCED), "-o", "unbalanced.h5", "--quiet")
    with xarray.open_dataset(dufm.folder / "unbalanced.h5", engine="h5netcdf", decode_times=False) as data:
        for row in range(4):
            for layer, means in enumerate(structure.read_layers(data, row)):
                assert means.T @ means == pytest.approx(data["gram_post"].values[row, layer], rel=1e-9, abs=1e-12)
    assert [structure.class_sizes(5, 6, ratio).tolist()[3] for ratio in (1, 2, 4, 100)] == [6, 3, 2, 1]
    assert "Row 2," in script(dufm.folder / "unbalanced.h5", 2).stdout
    for command in (("endings.py",), ("plot.py", "fig5", "-o", "x.png", "--dpi", 30)):
        done = scripts.script(command[0], *command[1:2], "unbalanced.h5", *command[2:], folder=dufm.folder)
        assert done.returncode == 0, done.stderr


def test_graphs_in_blocks():
    """K_{2,2} and a single class has five patterns of rank 4, as K_{2,2} alone has four of rank 3."""
    edges = [(0, 2), (0, 3), (1, 2), (1, 3), (4,)]
    B = incidence(edges, 5)
    found = structure.describe([None, B, np.eye(5)])
    assert found.graph == "the edges of K_{2,2} and a single class" and found.vertices == 5
    triangle = [frozenset(edge) for edge in ((0, 1), (1, 2), (0, 2))]
    def blocks(*more):
        return graphs.name_graph(triangle + [frozenset(end) for end in more], 9)
    assert blocks((3,), (4,)) == "the edges of K_3 and 2 single classes"
    assert blocks((3, 5), (4, 5)) == "the edges of K_3 and of K_{1,2}"
    assert blocks((2, 3)) == "4 of the 36 edges of K_9"
    assert blocks((0, 1, 2)) == "3 on 2 vertices, 1 on 3 vertices"
    assert graphs.dependent([frozenset(edge) for edge in edges]) == 1 and graphs.dependent(triangle) == 0


def test_pairs_of_sets_have_names():
    """On the odd sets of five vertices, a parity code, and on three vertices with unequal strength."""
    odd = [frozenset(s) for size in (1, 3) for s in itertools.combinations(range(5), size)]
    B = incidence(odd, 5)
    def name(weights, strength=B, ends=odd):
        response = np.maximum(np.array(weights) @ strength, 0)
        return naming.name_pattern(structure.Pattern(response / response.max(), 1, 1.0), ends, strength)
    assert name([1, -9, 0, 0, 0]) == ("on 1, not on 1", "A, not B")
    assert name([1, 1, -1, 0, 0]) == ("more of 2 than of 1", "AB > C")
    assert name([1, 1, -1, -1, 0]) == ("more of 2 than of 2", "AB > DE")
    assert name([0, 2, 1, -1, 0]) == ("weighted 3", "2B + C - D")
    uneven = B * np.where(np.add.outer(np.arange(5), np.arange(15)) % 3, 1.0, 0.35)
    assert name([2, 1, -1, 0, 0], uneven) == ("weighted 3", "2A + B - C")
    assert naming.weighted_sum([-1, 0, 2]) == "- A + 2C"
