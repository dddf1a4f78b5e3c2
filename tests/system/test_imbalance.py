"""Unbalanced classes: losses, class means and collapse metrics recomputed from stored weights, files
whose rows have unequal numbers of samples, restarts."""
import json

import h5py
import numpy as np
import pytest
from scipy.special import logsumexp

from stored_point import stored_values
from sweeps import assert_same_results
from test_checkpoint import interrupt

SWEEP = """
name: unbalanced
grid:
  depth: [1, 2, 4]
  classes: [4, 5]
  loss: [mse, ce]
  activation: [relu, linear]
  imbalance: [1, 3, 100]
point: {width: 8, lambda: 0.004, lambda_h: 0.006, samples: 7, learning_rate: 0.05, max_steps: 200,
        init_scale: 0.9}
output: {weights: true, history: 6}
"""
COUNTS = {1: 7, 3: 2, 100: 1}  # 7/3 = 2.33; at least 1


class Row:
    """A row of the file with its layers recomputed."""

    def __init__(self, values, row):
        self.row, self.values = row, values
        self.L, self.d, self.K, n = (int(values[name][row]) for name in ("depth", "width", "classes", "samples"))
        fewer = COUNTS[int(values["imbalance"][row])]
        self.counts = np.array([n] * ((self.K + 1) // 2) + [fewer] * (self.K // 2))
        self.N = self.counts.sum()
        self.labels = np.repeat(np.arange(self.K), self.counts)
        rows = [self.d] * (self.L - 1) + [self.K]
        self.W = [values["weight"][row, l, :r, :self.d] for l, r in enumerate(rows)]
        self.H1 = values["feature"][row, :self.d, :self.N]
        assert np.isfinite(self.H1).all() and np.isnan(values["feature"][row, :, self.N:]).all()
        self.post, H = [self.H1], self.W[0] @ self.H1
        for W in self.W[1:]:
            self.post.append(np.maximum(H, 0) if values["activation"][row] == 0 else H)
            H = W @ self.post[-1]
        self.Z = H

    def means(self, H):
        return np.stack([H[:, self.labels == k].mean(axis=1) for k in range(self.K)], axis=1)

    def fit(self):
        if self.values["loss_function"][self.row] == 0:
            return 0.5 / self.N * np.sum((self.Z - np.eye(self.K)[:, self.labels])**2)
        return np.mean(logsumexp(self.Z, axis=0) - self.Z[self.labels, np.arange(self.N)])


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    values = stored_values(tmp_path_factory.mktemp("unbalanced"), SWEEP)
    found = [Row(values, row) for row in range(len(values["config"]))]
    assert len(found) == 72 and len({row.N for row in found}) == 6
    return found


def test_losses(rows):
    for row in rows:
        values = {name: row.values[name][row.row] for name in ("loss", "loss_fit")}
        regularization = 0.003 * np.sum(row.H1**2) + sum(0.002 * np.sum(W**2) for W in row.W)
        assert values["loss_fit"] == pytest.approx(row.fit(), rel=1e-12)
        assert values["loss"] == pytest.approx(row.fit() + regularization, rel=1e-12)


def test_gradient_norms(rows):
    for row in rows:
        Y = np.eye(row.K)[:, row.labels]
        P = row.Z if row.values["loss_function"][row.row] == 0 else np.exp(row.Z - logsumexp(row.Z, axis=0))
        D, square = (P - Y) / row.N, 0.0
        for layer in range(row.L - 1, -1, -1):
            square += np.sum((D @ row.post[layer].T + 0.004 * row.W[layer])**2)
            D = row.W[layer].T @ D
            if layer > 0 and row.values["activation"][row.row] == 0:
                D = D * (row.post[layer] > 0)
        square += np.sum((D + 0.006 * row.H1)**2)
        assert row.values["gradient_norm"][row.row] == pytest.approx(np.sqrt(square), rel=1e-9)


def test_class_means_and_variability(rows):
    """S_W = 1/N over samples, S_B = 1/K over classes about the mean of the class means."""
    for row in rows:
        for layer, H in enumerate(row.post):
            stored = {name: row.values[name][row.row, layer] for name in (
                "sv_mean_post", "gram_post", "nc1_trace_post", "nc1_pinv_post", "nc2_frame_post", "nc2_etf_post",
                "nc3_alignment")}
            M = row.means(H)
            centred = M - M.mean(axis=1, keepdims=True)
            rest = H - M[:, row.labels]
            S_W, S_B = rest @ rest.T / row.N, centred @ centred.T / row.K
            G, C = M.T @ M, centred.T @ centred
            s = np.linalg.svd(M, compute_uv=False)
            assert stored["sv_mean_post"][:len(s)] == pytest.approx(s, abs=1e-10 * s[0])
            assert stored["gram_post"][:row.K, :row.K] == pytest.approx(G, abs=1e-12 * abs(G).max())
            assert stored["nc1_trace_post"] == pytest.approx(np.trace(S_W) / np.trace(S_B), rel=1e-10)
            pinv = np.trace(S_W @ np.linalg.pinv(S_B, rcond=1e-6, hermitian=True)) / row.K
            assert stored["nc1_pinv_post"] == pytest.approx(pinv, rel=1e-9)
            frame = np.linalg.norm(G / np.linalg.norm(G) - np.eye(row.K) / np.sqrt(row.K))
            etf = np.linalg.norm(C / np.linalg.norm(C) - (np.eye(row.K) - 1 / row.K) / np.sqrt(row.K - 1))
            assert stored["nc2_frame_post"] == pytest.approx(frame, abs=1e-10)
            assert stored["nc2_etf_post"] == pytest.approx(etf, abs=1e-10)
            W, norms = row.W[layer], np.linalg.norm(M, axis=0)
            aligned = (W @ (M / norms)).max(axis=1).sum() / np.linalg.norm(W, axis=1).sum()
            assert stored["nc3_alignment"] == pytest.approx(aligned, abs=1e-10)


def test_references_of_balanced_classes_alone(rows):
    for row in rows:
        values = {name: row.values[name][row.row] for name in ("loss_trivial", "loss_dnc", "kappa_ratio", "rho")}
        trivial = (0.5, np.log(row.K))[row.values["loss_function"][row.row]]
        assert values["loss_trivial"] == trivial
        balanced = row.values["imbalance"][row.row] == 1
        assert np.isfinite(values["loss_dnc"]) == balanced and np.isfinite(values["kappa_ratio"]) == balanced
        assert np.isfinite(row.values["distance_dnc"][row.row])  # a structure, whatever its loss


def test_the_start_is_that_of_balanced_classes(dufm, sweep, tmp_path):
    """The features are the first of those of the balanced point, the weights the same."""
    sweep("""
grid: {imbalance: [1, 4]}
point: {depth: 2, width: 5, classes: 4, samples: 8, lambda: 0.004, max_steps: 0}
output: {weights: true}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    with h5py.File(tmp_path / "out.h5") as file:
        weight, feature = file["weight"][:], file["feature"][:]
    assert np.array_equal(weight[0], weight[1], equal_nan=True)
    assert np.array_equal(feature[0, :, :20], feature[1, :, :20]) and np.isnan(feature[1, :, 20:]).all()


def test_minority_collapse(dufm, sweep, tmp_path):
    """Under a strong imbalance and regularization the outputs of the rare classes are nothing:
    the rank of the class means falls with the imbalance."""
    sweep("""
grid: {imbalance: [1, 50]}
point: {depth: 2, width: 12, classes: 4, samples: 50, lambda: 0.01, loss: ce, activation: linear,
        learning_rate: 0.5, max_steps: 20000}
""")
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    with h5py.File(tmp_path / "out.h5") as file:
        outcome, rank = file["outcome"][:], file["rank_mean_post"][:, 1, 1]
    assert outcome[0] == 2 and rank[0] == 3 and rank[1] < 3 and outcome[1] in (6, 7)


def test_plan_counts_the_samples(dufm, sweep):
    """Fewer samples take less time."""
    text = "point: {depth: 3, width: 100, classes: 20, samples: 50, imbalance: %g, lambda: 0.01}\n"
    cost = [json.loads(dufm("plan", sweep(text % imbalance), "--json").stdout)["core_hours"]
            for imbalance in (1, 50)]
    assert cost[1] < 0.6 * cost[0]


def test_resume_grow_and_verify(dufm, sweep, tmp_path):
    """A file made at once and one grown by the unbalanced points hold the same."""
    text = """
grid: {imbalance: [%s], seed: [0, 1]}
point: {depth: 3, width: 6, classes: 5, samples: 6, lambda: 0.004, learning_rate: 0.1, max_steps: 300}
output: {weights: true}
"""
    dufm("run", sweep(text % "1, 2, 6"), "-o", "one.h5", "--quiet")
    dufm("run", sweep(text % "6"), "-o", "two.h5", "--quiet")
    dufm("run", sweep(text % "1, 2, 6"), "-o", "two.h5", "--quiet")
    rows = [sorted(dufm("show", name, "--columns", "point_id,result_hash,loss", "--csv").stdout.splitlines())
            for name in ("one.h5", "two.h5")]
    assert rows[0] == rows[1] and len(set(rows[0])) == 7
    for name in ("one.h5", "two.h5"):
        assert "6 rows (6 done): whole" in dufm("verify", name).stdout


@pytest.mark.parametrize("loss", ["mse", "ce"])
def test_ranks_and_interruptions_do_not_matter(dufm, sweep, loss):
    """Left under way and gone on with by other ranks: the bits of a run that was left alone."""
    path = sweep(f"""
grid: {{imbalance: [1, 5], optimizer: [gd, adam]}}
point: {{depth: 3, width: 40, classes: 10, samples: 5, lambda: 0.004, learning_rate: 0.01, loss: {loss},
        max_steps: 20000, stop_loss_change: 0, decay_steps: 300}}
output: {{history: 16, weights: true}}
""")
    dufm("run", path, "-o", "whole.h5", "--quiet")
    code, said = interrupt(dufm, path, None, 3, "--checkpoint", "0.05")
    assert code in (0, 75), said
    dufm("run", path, "-o", "out.h5", "--quiet")
    assert_same_results(dufm.folder / "whole.h5", dufm.folder / "out.h5")
