"""Spectra, ranks and Gram matrices, recomputed by numpy for every kind of features."""
import numpy as np
import pytest

from measured import EVERY, load

MATRICES = ("weight", "feature_pre", "feature_post", "mean_pre", "mean_post")
TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-6)
FLOOR = 1e-6


@pytest.fixture(params=EVERY)
def files(request):
    return load(request.param)


def matrices(files):
    """(stored variables, row, layer, name, the matrix) of every matrix of every layer."""
    for stored in files:
        for row, point in enumerate(stored["points"]):
            for layer in range(point.L):
                for name, matrix in point.matrices(layer).items():
                    yield stored, row, layer, name, matrix


def outputs(files):
    for stored in files:
        for row, point in enumerate(stored["points"]):
            yield stored, row, point.Z


def assert_spectrum(got, matrix):
    values = np.linalg.svd(matrix, compute_uv=False)
    assert np.allclose(got[:len(values)], values, rtol=0, atol=1e-10 * values[0])
    assert np.isnan(got[len(values):]).all()


def assert_ranks(got, matrix):
    """Where no singular value is too near to a bound to say on which side it lies."""
    s = np.linalg.svd(matrix, compute_uv=False)
    for tolerance, rank in zip(TOLERANCES, got):
        bound = max(tolerance * s[0], FLOOR)
        if (np.abs(s - bound) > 1e-9 * max(s[0], FLOOR)).all():
            assert rank == (s > bound).sum()


def test_singular_values(files):
    for stored, row, layer, name, matrix in matrices(files):
        assert_spectrum(stored[f"sv_{name}"][row, layer], matrix)
    for stored, row, matrix in outputs(files):
        assert_spectrum(stored["sv_output"][row], matrix)


def test_nothing_beyond_the_depth(files):
    for stored in files:
        for row, point in enumerate(stored["points"]):
            for name in MATRICES:
                assert np.isnan(stored[f"sv_{name}"][row, point.L:]).all()
                assert (stored[f"rank_{name}"][row, point.L:] == -1).all()
                assert np.isnan(stored[f"stable_rank_{name}"][row, point.L:]).all()


def test_ranks(files):
    for stored, row, layer, name, matrix in matrices(files):
        assert_ranks(stored[f"rank_{name}"][row, layer], matrix)
    for stored, row, matrix in outputs(files):
        assert_ranks(stored["rank_output"][row], matrix)


def test_stable_and_effective_ranks(files):
    for stored, row, layer, name, matrix in matrices(files):
        s = np.linalg.svd(matrix, compute_uv=False)
        stable, effective = (stored[f"{kind}_rank_{name}"][row, layer]
                             for kind in ("stable", "effective"))
        if s[0] == 0:
            assert np.isnan([stable, effective]).all()
            continue
        assert stable == pytest.approx((s**2).sum() / s[0]**2, rel=1e-10)
        p = s[s > 0] / s.sum()
        assert effective == pytest.approx(np.exp(-(p * np.log(p)).sum()), rel=1e-10)


def test_grams(files):
    for stored in files:
        if "gram_pre" not in stored:
            continue
        for row, point in enumerate(stored["points"]):
            for layer in range(point.L):
                for side, H in (("pre", point.pre[layer]), ("post", point.post[layer])):
                    M, got = point.means(H), stored[f"gram_{side}"][row, layer]
                    G = M.T @ M
                    assert np.allclose(got[:point.K, :point.K], G, rtol=0, atol=1e-12 * np.abs(G).max())
                    assert np.isnan(got[point.K:]).all() and np.isnan(got[:, point.K:]).all()


# ------------------------------------------------------------------ are the features what they say?
def ranks_of_means(name):
    """Ranks (at 1e-2) of the class means after the activation, of hidden layers of all points."""
    return [[int(rank) for rank in stored["rank_mean_post"][row, 1:point.L, 1]]
            for stored in load(name) for row, point in enumerate(stored["points"])]


def test_graphs_have_rank_5():
    assert all(ranks[:-1] == [5, 5] for ranks in ranks_of_means("graph"))


def test_deficient_points_are_deficient():
    for ranks in ranks_of_means("deficient"):
        assert min(ranks) < 6 and max(ranks) > 0, ranks


def test_trivial_points_are_trivial():
    assert (load("trivial")[0]["rank_output"] == 0).all()


def test_simplices_are_simplices():
    for stored in load("etf"):
        point = stored["points"][0]
        K = point.K
        s = np.linalg.svd(point.means(point.H1), compute_uv=False)
        assert s[:K - 1] == pytest.approx(2 * np.ones(K - 1), abs=0.01) and s[K - 1] < 0.01
        assert stored["rank_mean_pre"][0, 0, 1] == K - 1
        assert stored["nc2_etf_pre"][0, 0] < 0.01
        if point.value["activation"] == 1:
            assert stored["nc2_etf_post"][0, 1] < 0.01
