"""dufm reference against an independent implementation of the closed forms."""
import json
import math
import subprocess

import pytest

import dufm_oracle as oracle

KEYS = ["loss_trivial", "loss_dnc", "loss_srg", "loss_srg_relaxed", "loss_srg_clique",
        "loss_low_rank", "clique_order", "rho", "kappa_ratio"]


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
        assert answer["loss_low_rank"] is None
        assert close(answer["loss_dnc"], oracle.dnc_loss(K, L, lambdas, h, n)[0], 1e-9), case
        assert close(answer["loss_srg"], srg, 1e-9), case
        kappa_ratio = K * oracle.scale(L, lambdas, h, n) / oracle.nonzero_threshold(L)
        assert close(answer["kappa_ratio"], kappa_ratio, 1e-12), case
        has_graph = L >= 3 and oracle.srg_order(K) is not None
        assert close(answer["rho"], oracle.srg_ratio(K, L) if has_graph else None, 1e-12), case
        for name in ("loss_srg_relaxed", "loss_srg_clique", "clique_order"):
            assert (answer[name] is not None) == has_graph, case
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


def test_narrow_width_has_no_solution(dufm):
    answer = ask(dufm, 10, 4, width=9)
    assert [key for key in KEYS if answer[key] is not None] == ["loss_trivial", "kappa_ratio"]


def test_linear_activation_has_no_graph_solutions(dufm):
    answer = ask(dufm, 10, 4, more=["--activation", "linear"])
    assert close(answer["loss_dnc"], oracle.dnc_loss(10, 4, [0.004] * 4, 0.004)[0], 1e-9)
    present = [key for key in KEYS if answer[key] is not None]
    assert present == ["loss_trivial", "loss_dnc", "kappa_ratio"]


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
    ([*GOOD, "--loss", "ce"], "ce"),
    ([*GOOD, "--loss", "hinge"], "hinge"),
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
                              stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1 and "standard output" in done.stderr


def test_help(dufm):
    text = dufm("reference", "--help").stdout
    assert "--lambda-h" in text and max(map(len, text.splitlines())) <= 90
