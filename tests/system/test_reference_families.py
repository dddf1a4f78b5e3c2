"""Mixtures of families of neurons, and graphs other than K_r, against scipy and explicit weights.

Everything is built by listing: vertices, edges, subsets of the vertices, rows of W_{L-1}. No
closed form of an eigenvalue, a nuclear norm or a row is taken from the program."""
import itertools
import json
import math

import numpy as np
import pytest
import scipy.optimize

import dufm_oracle as oracle


def complete(r, missing=0):
    """Edges of K_r without `missing` ones of vertex 0."""
    return [(i, j) for i, j in itertools.combinations(range(r), 2) if i > 0 or j > missing]


def bipartite(a, b):
    return [(i, a + j) for i in range(a) for j in range(b)]


def incidence(edges):
    B = np.zeros((1 + max(max(edge) for edge in edges), len(edges)))
    for k, edge in enumerate(edges):
        B[list(edge), k] = 1
    return B


def shortest_values(a, b, p, q):
    """Of the shortest w with w_i + w_j = 1 on p x q edges and at most 0 on the others: its values
    on the p vertices, on the others of that side, on the q vertices, on the others of theirs."""
    count = np.array([p, a - p, q, b - q])
    limits = [{"type": "eq", "fun": lambda w: w[0] + w[2] - 1}]
    for i, j in ((0, 3), (1, 2), (1, 3)):
        if count[i] and count[j]:
            limits.append({"type": "ineq", "fun": lambda w, i=i, j=j: -w[i] - w[j]})
    found = scipy.optimize.minimize(lambda w: (count + 1e-30) @ w**2, [0.6, -0.6, 0.4, -0.6], method="SLSQP",
                                    constraints=limits, options={"ftol": 1e-13, "maxiter": 500})
    assert found.success
    return found.x


def rows_of_subsets(B, m):
    """All m-subsets of K_r's vertices that hold an edge, and at m = 1 the stars."""
    r = len(B)
    if m == 1:
        return np.eye(r)
    rows = np.array([np.where(np.isin(range(r), S), 0.5, -0.5)
                     for S in itertools.combinations(range(r), m)])
    return rows[(np.maximum(rows @ B, 0) > 0).any(axis=1)]


def rows_of_bicliques(a, b, p, q):
    """All sets of p and q vertices of the two sides."""
    value = shortest_values(a, b, p, q)
    return np.array([[value[int(i not in S)] for i in range(a)] + [value[2 + int(j not in T)] for j in range(b)]
                     for S in itertools.combinations(range(a), p)
                     for T in itertools.combinations(range(b), q)])


class Family:
    """Last layers whose rows are those of several sets, each times an amplitude of its own."""

    def __init__(self, edges, rows, L, lam, lam_H, n, total=None):
        self.B = edges if isinstance(edges, np.ndarray) else incidence(edges)
        self.rows, self.L, self.lam, self.lam_H, self.n = rows, L, lam, lam_H, n
        self.total = total or self.B.shape[1]  # classes, of which these are a block
        values = np.linalg.svd(self.B, compute_uv=False)
        self.nuclear, self.rank = values.sum(), int((values > 1e-9).sum())
        self.gram = [(x := np.maximum(w @ self.B, 0)).T @ x for w in rows]
        self.norm = [float((w**2).sum()) for w in rows]

    def loss(self, u):
        """At b_2 .. b_{L-1} (logarithms), then the amplitude of each set of rows."""
        K, lam, b = self.total, self.lam, np.exp(u[:self.L - 2])
        square = np.array(u[self.L - 2:])**2
        cost = math.sqrt(self.n * self.lam_H * lam[0]) * b[0] * self.nuclear
        cost += sum(0.5 * lam[l] * self.rank * (b[l] / b[l - 1])**2 for l in range(1, self.L - 2))
        cost += 0.5 * lam[-2] * square @ self.norm
        gram = b[-1]**2 * sum(s * g for s, g in zip(square, self.gram))
        return cost + 0.5 * lam[-1] * (1 / (np.linalg.eigvalsh(gram) + K * lam[-1])).sum()

    def best(self, starts=6):
        found = None
        for seed in range(starts):
            random = np.random.default_rng(seed)
            u = np.concatenate([random.normal(0, 0.3, self.L - 2),
                                random.uniform(0.05, 0.8, len(self.rows))])
            for _ in range(3):
                one = scipy.optimize.minimize(self.loss, u, method="BFGS", options={"gtol": 1e-9})
                u = one.x
            if found is None or one.fun < found.fun:
                found = one
        return found

    def weights(self, u, d):
        """H_1 and W_1 .. W_L that have this loss."""
        K, r, L, lam = self.B.shape[1], len(self.B), self.L, self.lam
        b, amplitude = np.exp(u[:L - 2]), np.abs(u[L - 2:])
        U, s, V = np.linalg.svd(self.B, full_matrices=False)
        keep = s > 1e-9
        U, s, V = U[:, keep], s[keep], V[keep]
        share = (self.n * self.lam_H / lam[0])**0.25
        H1, W = np.zeros((d, K * self.n)), [np.zeros((d, d)) for _ in range(L - 1)] + [np.zeros((K, d))]
        H1[:len(s)] = np.repeat(np.sqrt(b[0] * s)[:, None] / share * V, self.n, axis=1)
        W[0][:r, :len(s)] = U * np.sqrt(b[0] * s) * share
        for l in range(1, L - 2):
            W[l][:r, :r] = b[l] / b[l - 1] * U @ U.T
        rows = np.concatenate([a * w for a, w in zip(amplitude, self.rows)])
        W[L - 2][:len(rows), :r] = rows
        M = b[-1] * np.maximum(rows @ self.B, 0)
        W[L - 1][:, :len(rows)] = np.linalg.solve(M.T @ M + self.total * lam[-1] * np.eye(K), M.T)
        return H1, W


def ask(dufm, K, L, lam, lam_H, n, *more):
    return json.loads(dufm("reference", "-K", K, "-L", L, "--lambdas", ",".join(map(repr, lam)),
                           "--lambda-h", repr(lam_H), "--samples", n, "--json", *more).stdout)


EQUAL = ([0.004] * 4, 0.004, 1)
UNEQUAL = ([0.003, 0.004, 0.005, 0.002], 0.001, 2)


def mixed(r, setting):
    """All families of K_r, at the point where the program says the best mixture is."""
    edges = complete(r)
    return Family(edges, [rows_of_subsets(incidence(edges), m) for m in range(1, r + 1)], 4, *setting)


@pytest.mark.parametrize("r, setting", [(4, EQUAL), (4, UNEQUAL), (5, EQUAL), (6, UNEQUAL)])
def test_mixture_is_the_best_of_its_family(dufm, r, setting):
    answer = ask(dufm, r * (r - 1) // 2, 4, *setting)
    found = mixed(r, setting).best()
    assert answer["loss_mixture"] == pytest.approx(found.fun, abs=1e-7)
    assert answer["loss_mixture"] <= answer["loss_srg_clique"]


@pytest.mark.parametrize("r, setting", [(4, EQUAL), (4, UNEQUAL), (5, EQUAL)])
def test_mixture_is_a_point_from_which_descent_does_not_rise(dufm, r, setting):
    """The stated shares, at the least scales: the model's loss at such weights is the stated one."""
    K, (lam, lam_H, n) = r * (r - 1) // 2, setting
    answer = ask(dufm, K, 4, *setting)
    share = np.zeros(r)
    for piece in answer["mixture"]:
        share[piece["vertices"] - 1] = piece["share"]
    assert share.sum() == pytest.approx(1, abs=1e-12)
    family = mixed(r, setting)
    part = np.sqrt(share / family.norm)  # at one squared norm of W_{L-1}
    scales = scipy.optimize.minimize(lambda v: family.loss([*v[:2], *(math.exp(v[2]) * part)]), np.zeros(3),
                                     method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-16, "maxiter": 5000,
                                                                    "maxfev": 5000}).x
    H1, W = family.weights(np.array([*scales[:2], *(math.exp(scales[2]) * part)]), 32)
    Y = oracle.labels(K, n)
    start = oracle.loss(H1, W, Y, lam, lam_H)
    assert start == pytest.approx(answer["loss_mixture"], abs=1e-10)
    for step in range(1500):  # at the kinks of the ReLU a descent hovers above by its rate
        rate = 0.1 * 0.99**step
        dH, dW = oracle.gradient(H1, W, Y, lam, lam_H)
        H1, W = H1 - rate * dH, [w - rate * g for w, g in zip(W, dW)]
    assert start - 1e-4 < oracle.loss(H1, W, Y, lam, lam_H) < start + 1e-7


@pytest.mark.parametrize("r", [4, 5, 6])
def test_no_other_row_betters_the_mixture(r):
    """To first order, at one norm of W_{L-1}: what a row w gives the fit, per |w|^2."""
    family = mixed(r, EQUAL)
    found = family.best()
    K, lam = family.B.shape[1], family.lam
    square = math.exp(found.x[1])**2
    gram = square * sum(a**2 * g for a, g in zip(found.x[2:], family.gram))
    inverse = np.linalg.inv(gram / (K * lam[-1]) + np.eye(K))
    gain = inverse @ inverse

    def negative(w):
        x = np.maximum(w @ family.B, 0)
        return -(x @ gain @ x) / (w @ w)

    used = [negative(rows[0]) for rows, amplitude in zip(family.rows, found.x[2:]) if abs(amplitude) > 1e-2]
    assert used and max(used) == pytest.approx(min(used), rel=1e-4)
    random = np.random.default_rng(r)
    for _ in range(60):
        other = scipy.optimize.minimize(negative, random.normal(size=r) + random.normal() / 2)
        assert other.fun >= min(used) * (1 + 1e-4)


@pytest.mark.parametrize("K, setting", [(10, EQUAL), (15, UNEQUAL)])
def test_every_clique_order(dufm, K, setting):
    answer = ask(dufm, K, 4, *setting)
    r = oracle.srg_order(K)
    assert [entry["order"] for entry in answer["clique_orders"]] == list(range(2, r))
    for entry in answer["clique_orders"]:
        loss = oracle.srg_clique_loss(K, 4, *setting, order=entry["order"])[0]
        assert entry["loss"] == pytest.approx(loss, rel=1e-7)
    best = min(answer["clique_orders"], key=lambda entry: entry["loss"])
    assert (best["loss"], best["order"]) == (answer["loss_srg_clique"], answer["clique_order"])
    narrow = ask(dufm, K, 4, *setting, "--width", K)
    assert [entry["order"] for entry in narrow["clique_orders"]] == [m for m in range(2, r) if math.comb(r, m) <= K]


@pytest.mark.parametrize("a, b, setting", [(2, 2, EQUAL), (2, 3, EQUAL), (3, 4, EQUAL), (3, 4, UNEQUAL)])
def test_bipartite_graph(dufm, a, b, setting):
    """With explicit weights, whose loss the model has."""
    K, (lam, lam_H, n) = a * b, setting
    answer = ask(dufm, K, 4, *setting)
    assert answer["graph"] == f"K_{{{a},{b}}}"
    rows = [rows_of_bicliques(a, b, p, q) for p in range(1, a + 1) for q in range(1, b + 1)]
    family = Family(bipartite(a, b), rows, 4, *setting)
    found = family.best(4)
    assert answer["loss_graph"] == pytest.approx(found.fun, abs=1e-7)
    H1, W = family.weights(found.x, sum(map(len, rows)))
    assert oracle.loss(H1, W, oracle.labels(K, n), lam, lam_H) == pytest.approx(found.fun, abs=1e-9)


@pytest.mark.parametrize("K, r, setting", [(9, 5, EQUAL), (13, 6, UNEQUAL), (14, 6, EQUAL)])
def test_part_of_a_complete_graph(dufm, K, r, setting):
    answer = ask(dufm, K, 4, *setting)
    missing = r * (r - 1) // 2 - K
    assert answer["graph"] == f"K_{r} without {missing} edge{'s' if missing > 1 else ''} of a vertex"
    edges = complete(r, missing)
    best = math.inf
    for m in range(2, r):
        family = Family(edges, [rows_of_subsets(incidence(edges), m)], 4, *setting)
        found = family.best(3)
        if found.fun < best:
            best = found.fun
            H1, W = family.weights(found.x, 24)
            lam, lam_H, n = setting
            assert oracle.loss(H1, W, oracle.labels(K, n), lam, lam_H) == pytest.approx(best, abs=1e-9)
    assert answer["loss_graph"] == pytest.approx(best, abs=1e-7)


@pytest.mark.parametrize("K, edges, name, setting", [
    (5, bipartite(2, 2), "K_{2,2} + a single class", EQUAL),
    (5, bipartite(2, 2), "K_{2,2} + a single class", UNEQUAL),
])
def test_blocks_side_by_side(dufm, K, edges, name, setting):
    """A graph and a class of its own vertex: the model's loss at weights that hold both."""
    lam, lam_H, n = setting
    answer = ask(dufm, K, 4, *setting)
    assert answer["graph"] == name
    k = K - 1
    rows = [rows_of_bicliques(2, 2, p, q) for p in (1, 2) for q in (1, 2)]
    blocks = [Family(edges, rows, 4, *setting, total=K), Family([(0,)], [np.ones((1, 1))], 4, *setting, total=K)]
    found = [block.best(4) for block in blocks]
    assert answer["loss_graph"] == pytest.approx(found[0].fun + found[1].fun, abs=1e-7)
    d = 64
    parts = [block.weights(one.x, d) for block, one in zip(blocks, found)]
    H1, W = np.zeros((d + 1, K * n)), [np.zeros((d + 1, d + 1)) for _ in range(3)] + [np.zeros((K, d + 1))]
    H1[:d, :k * n], H1[d, k * n:] = parts[0][0], parts[1][0][0]
    for l in range(3):
        W[l][:d, :d], W[l][d, d] = parts[0][1][l], parts[1][1][l][0, 0]
    W[3][:k, :d], W[3][k, d] = parts[0][1][3], parts[1][1][3][0, 0]
    assert oracle.loss(H1, W, oracle.labels(K, n), lam, lam_H) == pytest.approx(answer["loss_graph"], abs=1e-7)


@pytest.mark.parametrize("r, setting", [(4, EQUAL), (5, UNEQUAL)])
def test_complete_graph_and_a_class_on_all_its_vertices(dufm, r, setting):
    """That class has a column c of its own, c the best one."""
    K, (lam, lam_H, n) = r * (r - 1) // 2 + 1, setting
    answer = ask(dufm, K, 4, *setting)
    assert answer["graph"] == f"K_{r} and a class on all its vertices"
    levels = {(1, 0.0), (r, 1.0)} | {(m, 1.0) for m in range(2, r)} | {
        (m, m / (r - m)) for m in range(1, r) if m < r - m}
    rows = [np.array([np.where(np.isin(range(r), S), 1, -u) for S in itertools.combinations(range(r), m)])
            for m, u in sorted(levels)]

    def at(c, starts):
        B = np.column_stack([incidence(complete(r)), np.full(r, c)])
        family = Family(B, rows, 4, *setting)
        return family, family.best(starts)

    c = scipy.optimize.minimize_scalar(lambda c: at(c, 1)[1].fun, bounds=(0.5, 1.4), method="bounded",
                                       options={"xatol": 2e-3}).x
    family, found = at(c, 3)
    assert answer["loss_graph"] == pytest.approx(found.fun, abs=3e-7)
    H1, W = family.weights(found.x, sum(map(len, rows)))
    assert oracle.loss(H1, W, oracle.labels(K, n), lam, lam_H) == pytest.approx(found.fun, abs=1e-9)
