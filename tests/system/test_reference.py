"""dufm reference against an independent implementation of the closed forms."""
import json
import math
import subprocess

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import dufm_oracle as oracle

KEYS = ["loss_trivial", "loss_dnc", "loss_dnc_bound", "loss_srg", "loss_srg_relaxed", "loss_srg_clique",
        "loss_low_rank", "clique_order", "rho", "kappa_ratio", "dnc_not_optimal", "crossing_lambda",
        "loss_mixture", "loss_graph", "graph", "clique_orders", "mixture"]


def ask(dufm, classes, depth, *, lambdas=(0.004,), lambda_h=None, samples=1, width=None, more=()):
    arguments = ["--classes", classes, "--depth", depth, "--samples", samples, *more]
    values = ",".join(repr(value) for value in lambdas)
    arguments += ["--lambda" if len(lambdas) == 1 else "--lambdas", values]
    if lambda_h is not None:
        arguments += ["--lambda-h", repr(lambda_h)]
    if width is not None:
        arguments += ["--width", width]
    answer = json.loads(dufm("reference", *arguments, "--json").stdout)
    assert list(answer) == KEYS
    return answer


def close(got, expected, relative):
    if expected is None or math.isnan(expected):
        return got is None
    return got is not None and math.isclose(got, expected, rel_tol=relative)


def beaten(answer):
    """True where a loss is below that of collapse, else None."""
    others = [answer[key] for key in KEYS if key.startswith("loss_") and not key.startswith("loss_dnc")]
    least = min(loss for loss in others if loss is not None)
    return answer["loss_dnc"] is not None and least < answer["loss_dnc"] * (1 - 1e-12) or None


UNEQUAL = (0.003, 0.004, 0.005, 0.002)
CLOSED = [(K, L, (lam,), None, n)
          for K in (2, 6, 10, 11, 28) for L in (1, 2, 3, 7) for lam in (2**-12, 0.004, 2**-4)
          for n in (1, 5)] + [(10, 4, UNEQUAL, 0.001, 2), (6, 4, UNEQUAL, None, 1)]


def test_closed_forms(dufm):
    existing = missing = 0
    for K, L, given, lambda_h, n in CLOSED:
        lambdas = list(given) * L if len(given) == 1 else list(given)
        h = lambda_h if lambda_h is not None else lambdas[0]
        answer = ask(dufm, K, L, lambdas=given, lambda_h=lambda_h, samples=n)
        case = (K, L, given, lambda_h, n, answer)
        srg = oracle.srg_loss(K, L, lambdas, h, n)
        assert answer["loss_trivial"] == 0.5
        assert answer["loss_low_rank"] is answer["loss_dnc_bound"] is answer["crossing_lambda"] is None
        assert answer["dnc_not_optimal"] is beaten(answer), case
        assert close(answer["loss_dnc"], oracle.dnc_loss(K, L, lambdas, h, n)[0], 1e-9), case
        assert close(answer["loss_srg"], srg, 1e-9), case
        kappa_ratio = K * oracle.scale(L, lambdas, h, n) / oracle.nonzero_threshold(L)
        assert close(answer["kappa_ratio"], kappa_ratio, 1e-12), case
        has_graph = L >= 3 and oracle.srg_order(K) is not None
        assert close(answer["rho"], oracle.srg_ratio(K, L) if has_graph else None, 1e-12), case
        orders = {entry["order"]: entry["loss"] for entry in answer["clique_orders"]}
        assert answer["loss_srg_clique"] == min(orders.values(), default=None), case
        assert answer["clique_order"] == min(orders, key=orders.get, default=None), case
        assert not orders or answer["loss_mixture"] <= answer["loss_srg_clique"], case
        if answer["loss_srg"] is not None:
            assert answer["loss_srg_relaxed"] <= answer["loss_srg"] * (1 + 1e-12), case
        existing += not math.isnan(srg)
        missing += math.isnan(srg)
    assert existing > 10 and missing > 10


@pytest.mark.parametrize("K, L, given, lambda_h, n", [
    (6, 3, (2**-8,), None, 1),
    (10, 4, (0.004,), None, 1),
    (15, 5, (2**-10,), None, 2),
    (10, 4, UNEQUAL, 0.001, 5),
])
def test_relaxed_and_clique(dufm, K, L, given, lambda_h, n):
    lambdas = list(given) * L if len(given) == 1 else list(given)
    h = lambda_h if lambda_h is not None else lambdas[0]
    answer = ask(dufm, K, L, lambdas=given, lambda_h=lambda_h, samples=n)
    assert close(answer["loss_srg_relaxed"], oracle.srg_relaxed_loss(K, L, lambdas, h, n), 1e-7)
    clique, order = oracle.srg_clique_loss(K, L, lambdas, h, n)
    assert close(answer["loss_srg_clique"], clique, 1e-7)
    assert answer["clique_order"] == order


@pytest.mark.parametrize("width", [10, 15])
def test_width_limits_the_cliques(dufm, width):
    """C(5, m) is 10, 10 and 5 for m = 2, 3, 4."""
    answer = ask(dufm, 10, 4, width=width)
    clique, order = oracle.srg_clique_loss(10, 4, [0.004] * 4, 0.004, width=width)
    assert close(answer["loss_srg_clique"], clique, 1e-7) and answer["clique_order"] == order


@pytest.mark.parametrize("lam", [1e-20, 1e-30])
def test_tiny_lambdas(dufm, lam):
    """The limits that the powers of lambda say."""
    answer = ask(dufm, 10, 4, lambdas=(lam,))
    assert answer["loss_dnc"] == pytest.approx(10 * lam * 5 / 2, rel=1e-9)
    assert answer["loss_srg"] == pytest.approx(answer["rho"] * answer["loss_dnc"], rel=1e-9)
    assert 0 < answer["loss_mixture"] <= answer["loss_srg_clique"] < answer["loss_srg"]


@pytest.mark.parametrize("arguments, option", [
    (["--lambda", "1e-80"], "--lambda"), (["--lambda", "0.1", "--lambda-h", "1e-300"], "--lambda-h"),
    (["--lambdas", "0.1,1e-31,0.1"], "--lambdas")])
def test_lambdas_below_any_sense(dufm, arguments, option):
    said = dufm("reference", "-K", 10, "-L", 3, *arguments, expect=2).stderr
    assert f"{option} is 1e-" in said and "at least 1e-30 and at most" in said


def test_null_where_no_graph_solution_is_a_minimum(dufm):
    answer = ask(dufm, 10, 4, lambdas=(0.08,))
    assert [key for key in KEYS if answer[key]] == ["loss_trivial", "rho", "kappa_ratio"]


def test_narrow_width_has_no_solution(dufm):
    answer = ask(dufm, 10, 4, width=9)
    assert [key for key in KEYS if answer[key]] == ["loss_trivial", "kappa_ratio"]


def test_linear_activation_has_no_graph_solutions(dufm):
    answer = ask(dufm, 10, 4, more=["--activation", "linear"])
    assert close(answer["loss_dnc"], oracle.dnc_loss(10, 4, [0.004] * 4, 0.004)[0], 1e-9)
    present = [key for key in KEYS if answer[key]]
    assert present == ["loss_trivial", "loss_dnc", "kappa_ratio"]


# ---------------------------------------------------------------------- cross-entropy
LINEAR = ["--loss", "ce", "--activation", "linear"]


def branch(fit, weight, L, rank, stretch):
    """Least value at the largest local minimum, by a scan and a bounded search; NaN where there is none."""
    def value(x):
        return fit(x) + weight * (L + 1) / 2 * rank * (stretch * x)**(2 / (L + 1))

    x = np.geomspace(1e-4, 600, 20001)
    y = value(x)
    inner = np.flatnonzero((y[1:-1] < y[:-2]) & (y[1:-1] <= y[2:])) + 1
    if len(inner) == 0:
        return math.nan
    at = inner[-1]
    return minimize_scalar(value, bounds=(x[at - 1], x[at + 1]), method="bounded",
                           options={"xatol": 1e-12}).fun


def entropy_losses(K, L, lambdas, lambda_h, n):
    """(DNC, low rank) with linear activation and DNC behind a ReLU, independently."""
    weight = oracle.scale(L, lambdas, lambda_h, n)
    low_rank = branch(lambda b: np.log1p((K - 2) * np.exp(-b) + np.exp(-2 * b)), weight, L, K / 2, 2)
    return (branch(lambda a: np.log1p((K - 1) * np.exp(-a)), weight, L, K - 1, 1),
            low_rank if K % 2 == 0 else math.nan,
            branch(lambda a: np.log1p((K - 1) * np.exp(-a)), weight, L,
                   (K**L * (K - 1))**(1 / (L + 1)) if L > 1 else K - 1, 1))


def test_cross_entropy(dufm):
    existing = missing = witnessed = 0
    for K, L, given, lambda_h, n in CLOSED:
        lambdas = list(given) * L if len(given) == 1 else list(given)
        h = lambda_h if lambda_h is not None else lambdas[0]
        answer = ask(dufm, K, L, lambdas=given, lambda_h=lambda_h, samples=n, more=LINEAR)
        case = (K, L, given, lambda_h, n, answer)
        dnc, low_rank, behind_relu = entropy_losses(K, L, lambdas, h, n)
        assert answer["loss_trivial"] == math.log(K)
        assert close(answer["loss_dnc"], dnc, 1e-9), case
        assert close(answer["loss_low_rank"], low_rank, 1e-9), case
        proven = (L >= 3 and K >= 4) or (L == 2 and K >= 6)
        assert answer["dnc_not_optimal"] is (proven or beaten(answer)), case
        for key in ("loss_dnc_bound", "loss_srg", "loss_srg_relaxed", "loss_srg_clique", "clique_order", "rho"):
            assert answer[key] is None, case
        relu = ask(dufm, K, L, lambdas=given, lambda_h=lambda_h, samples=n, more=["--loss", "ce"])
        assert relu["loss_dnc_bound"] == answer["loss_dnc"] and relu["loss_trivial"] == math.log(K)
        assert close(relu["loss_dnc"], behind_relu, 1e-9), case
        assert relu["dnc_not_optimal"] is beaten(relu), case
        assert relu["loss_srg"] is None and (relu["loss_low_rank"] is None or L == 1), case
        existing += answer["loss_dnc"] is not None
        missing += answer["loss_dnc"] is None
        if proven and None not in (answer["loss_low_rank"], answer["loss_dnc"]):
            assert answer["loss_low_rank"] < answer["loss_dnc"], case
            witnessed += 1
    assert existing > 10 and missing > 10 and witnessed > 10


def test_where_the_witness_crosses_collapse(dufm):
    """At four classes and two layers collapse is lower below some lambda alone; between 2^-6.5 and 2^-6."""
    weak, strong = (ask(dufm, 4, 2, lambdas=(lam,), more=LINEAR) for lam in (2**-6.5, 0.0156))
    assert weak["loss_dnc"] < weak["loss_low_rank"] and weak["dnc_not_optimal"] is None
    assert strong["loss_low_rank"] < strong["loss_dnc"] and strong["dnc_not_optimal"] is True
    assert weak["crossing_lambda"] == strong["crossing_lambda"] == pytest.approx(0.0117605, rel=1e-5)
    text = dufm("reference", "-K", 4, "-L", 2, "-l", 0.0156, *LINEAR).stdout
    assert "crossing_lambda   0.01176" in text and max(map(len, text.splitlines())) <= 90
    assert ask(dufm, 4, 3, lambdas=(0.0156,), more=LINEAR)["crossing_lambda"] is None


def test_graphs_show_that_collapse_is_not_optimal(dufm):
    """Also one that is not stored."""
    assert ask(dufm, 10, 4)["dnc_not_optimal"] is True and ask(dufm, 7, 4)["dnc_not_optimal"] is True
    assert ask(dufm, 7, 3)["dnc_not_optimal"] is None


def test_published_cross_entropy(dufm):
    """At K = 10, L = 3, lambda = 2^-9, one sample a class, the bound is 0.1010, and descent from collapse
    behind a ReLU gives 0.1088."""
    answer = ask(dufm, 10, 3, lambdas=(2**-9,), more=["--loss", "ce"])
    assert answer["loss_dnc_bound"] == pytest.approx(0.1010, abs=5e-5)
    assert answer["loss_dnc"] == pytest.approx(0.1088, abs=5e-5)


@pytest.mark.parametrize("power, loss", [(-10, 0.0828639), (-9, 0.1582826), (-8, 0.3007344)])
def test_collapse_behind_a_relu(dufm, power, loss):
    """Collapsed endings of descents at d = 70 and 100 lie at most 4e-6 above these."""
    answer = ask(dufm, 10, 3, lambdas=(2**power,), samples=5, width=10, more=["--loss", "ce"])
    assert answer["loss_dnc"] == pytest.approx(loss, abs=1e-7)
    assert ask(dufm, 10, 3, lambdas=(2**power,), width=9, more=["--loss", "ce"])["loss_dnc"] is None


@pytest.mark.parametrize("K, width, dnc, low_rank", [(10, 9, True, True), (10, 8, False, True),
                                                      (10, 4, False, False), (9, 8, True, False)])
def test_width_of_cross_entropy(dufm, K, width, dnc, low_rank):
    answer = ask(dufm, K, 2, width=width, more=LINEAR)
    assert (answer["loss_dnc"] is not None, answer["loss_low_rank"] is not None) == (dnc, low_rank)


def test_text_form_of_cross_entropy(dufm):
    arguments = ["--classes", 10, "--depth", 2, "--lambda", 2**-10, "--samples", 5, "--loss", "ce"]
    text = dufm("reference", *arguments, "--activation", "linear").stdout
    assert "lowest of these: loss_low_rank" in text and "needs the mse loss" in text
    assert "dnc_not_optimal   true" in text and max(map(len, text.splitlines())) <= 90
    text = dufm("reference", *arguments).stdout
    assert "lowest of these: loss_dnc;" in text  # a bound is no solution
    assert "loss_dnc_bound    0.09066" in text and max(map(len, text.splitlines())) <= 90


def test_seventeen_digits(dufm):
    """What is printed reads back to the same double."""
    text = dufm("reference", "-K", 10, "-L", 4, "-l", 0.004, "--json").stdout
    value = json.loads(text)["loss_dnc"]
    assert f'"loss_dnc": {value:.17g},' in text


def test_text_form(dufm):
    text = dufm("reference", "--classes", 10, "--depth", 4, "--lambda", 0.004).stdout
    assert "0.09917987464" in text and "0.08947089492" in text
    assert "lowest of these: loss_srg_clique" in text
    assert "needs the cross-entropy loss" in text
    assert "bound" not in text
    assert max(map(len, text.splitlines())) <= 90
    text = dufm("reference", "--classes", 11, "--depth", 4, "--lambda", 0.2).stdout
    assert "lowest of these: loss_trivial" in text and "needs smaller lambdas" in text


GOOD = ["--classes", "10", "--depth", "4", "--lambda", "0.004"]


@pytest.mark.parametrize("arguments, said", [
    ([], "--classes"),
    (["--classes", "10"], "--depth"),
    (["--classes", "10", "--depth", "4"], "--lambda"),
    ([*GOOD, "--loss", "hinge"], "mse or ce, not 'hinge'"),
    ([*GOOD, "--activation", "tanh"], "tanh"),
    ([*GOOD, "--classes", "1"], "--classes"),
    ([*GOOD, "--classes", "0"], "--classes"),
    ([*GOOD, "--depth", "65"], "--depth"),
    ([*GOOD, "--depth", "-1"], "--depth"),
    ([*GOOD, "--width", "0"], "--width"),
    ([*GOOD, "--samples", "0"], "--samples"),
    ([*GOOD, "--lambda", "0"], "--lambda"),
    ([*GOOD, "--lambda", "-1"], "--lambda"),
    ([*GOOD, "--lambda", "nan"], "--lambda"),
    ([*GOOD, "--lambda-h", "0"], "--lambda-h"),
    ([*GOOD, "--lambdas", "1,2,3,4"], "both"),
    ([*GOOD[:4], "--lambdas", "0.1,0.1,0.1"], "depth of 4"),
    ([*GOOD[:4], "--lambdas", "0.1,0.1,0.1,0"], "--lambdas"),
    ([*GOOD, "more"], "more"),
    ([*GOOD, "--clases", "3"], "--classes"),
])
def test_bad_values_are_refused(dufm, arguments, said):
    done = dufm("reference", *arguments, expect=2)
    assert done.stdout == ""
    assert done.stderr.startswith("dufm reference: ") and said in done.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_full_disk_is_an_error(dufm, form):
    with open("/dev/full", "w") as full:
        done = subprocess.run(dufm.command("reference", *GOOD, *form), stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=180)
    assert done.returncode == 1 and "standard output" in done.stderr


def test_help(dufm):
    text = dufm("reference", "--help").stdout
    assert "--lambda-h" in text and max(map(len, text.splitlines())) <= 90
