"""Every kind of bad sweep file: exit code 2, the place, the line shown, what was expected."""
import re

import pytest
from sweeps import cpu_of_children

GOOD = """\
grid:
  depth: [3, 4]
  width: 16
  classes: 6
  lambda: 0.004
"""


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


# name: (text, line, column, parts of the message)
CASES = {
    "unknown parameter": (GOOD + "  widht: 3\n", 6, 3, ["unknown parameter 'widht'", "'width'"]),
    "unknown section": (GOOD + "outptu: {gram: true}\n", 6, 1, ["outptu", "did you mean 'output'"]),
    "unknown output": (GOOD + "output: {gramm: true}\n", 6, 10, ["gramm", "did you mean 'gram'"]),
    "unknown choice": (GOOD + "  init: clqiue\n", 6, 9, ["clqiue", "did you mean 'clique'"]),
    "unknown loss": (GOOD + "  loss: [mse, hinge]\n", 6, 15, ["unknown loss 'hinge'", "one of: mse, ce"]),
    "unknown optimizer": (GOOD + "  optimizer: adma\n", 6, 14, [
        "unknown optimizer 'adma'", "did you mean 'adam'", "gd, momentum, adam, lbfgs"]),
    "unknown schedule": (GOOD + "  schedule: [cosine, linear]\n", 6, 22, [
        "unknown schedule 'linear'", "constant, cosine, inverse, auto"]),
    "beta1 of one": (GOOD + "  beta1: 1\n", 6, 10, ["beta1 is 1", "at most 0.999999"]),
    "negative beta2": (GOOD + "  beta2: -0.5\n", 6, 10, ["beta2 is -0.5", "at least 0"]),
    "beta2 of one": (GOOD + "  beta2: [0.9, 1]\n", 6, 16, ["beta2 is 1", "at most 0.99999999"]),
    "negative epsilon": (GOOD + "  epsilon: -1e-8\n", 6, 12, ["epsilon is -1e-08", "at least 0"]),
    "too many pairs": (GOOD + "  lbfgs_memory: 201\n", 6, 17, ["lbfgs_memory is 201", "at most 200"]),
    "fraction of a pair": (GOOD + "  lbfgs_memory: 2.5\n", 6, 17, ["not a whole number"]),
    "too many products": (GOOD + "  curvature: 2001\n", 6, 14, ["curvature is 2001", "at most 2000"]),
    "fraction of a product": (GOOD + "  curvature: 0.5\n", 6, 14, ["not a whole number"]),
    "negative kick": (GOOD + "  kick: [0, -0.1]\n", 6, 13, ["kick is -0.1", "at least 0"]),
    "no schedule steps": (GOOD + "  schedule_steps: 0\n", 6, 19, ["schedule_steps is 0", "at least 1"]),
    "auto with momentum": (GOOD + "  schedule: [constant, auto]\npoint: {optimizer: momentum}\n", 6, 3, [
        "schedule auto (line 6) does not go with optimizer momentum (line 7)", "optimizer gd"]),
    "rate of lbfgs": (GOOD + "  learning_rate: [0.1, 0.5]\n  optimizer: [gd, lbfgs]\n", 6, 3, [
        "learning_rate is an axis, but has no effect with optimizer lbfgs (line 7)"]),
    "pairs of gd": (GOOD + "  lbfgs_memory: [5, 10]\n", 6, 3, ["no effect with optimizer gd"]),
    "moments of momentum": (GOOD + "  beta2: [0.9, 0.99]\n  optimizer: momentum\n", 6, 3, [
        "no effect with optimizer momentum (line 7)"]),
    "decay of lbfgs": (GOOD + "  decay_steps: [0, 9]\n  optimizer: lbfgs\n", 6, 3, [
        "no effect with optimizer lbfgs (line 7)"]),
    "steps of no schedule": (GOOD + "  schedule_steps: [5, 10]\n", 6, 3, [
        "no effect with schedule constant"]),
    "unknown generator": (changed("[3, 4]", "{rnage: [3, 4]}"), 2, 11, ["did you mean 'range'"]),
    "parameter at the top": ("depth: 3\n" + GOOD, 1, 1, ["outside a section", "'grid'"]),
    "word for a number": (changed("16", "wide"), 3, 10, ["'wide' is not a number", "such as 12"]),
    "quoted number": (changed("16", '"16"'), 3, 10, ["quotes"]),
    "octal": (changed("16", "020"), 3, 10, ["'020' is not a number"]),
    "hexadecimal": (changed("16", "0x10"), 3, 10, ["'0x10' is not a number"]),
    "underscore": (changed("16", "1_6"), 3, 10, ["'1_6' is not a number"]),
    "fraction": (changed("16", "16.5"), 3, 10, ["not a whole number", "1e3"]),
    "boolean for a number": (changed("0.004", "yes"), 5, 11, ["'yes' is not a number"]),
    "number for a boolean": (GOOD + "output: {gram: 1}\n", 6, 16, ["true or false"]),
    "old boolean": (GOOD + "output: {weights: on}\n", 6, 19, ["'on'", "true or false"]),
    "zero": (changed("0.004", "0"), 5, 11, ["lambda is 0", "at least 1e-30"]),
    "below any sense": (changed("0.004", "1e-80"), 5, 11, ["lambda is 1e-80", "at least 1e-30"]),
    "negative": (changed("0.004", "[0.1, -0.004]"), 5, 17, ["lambda is -0.004"]),
    "zero depth": (changed("[3, 4]", "0"), 2, 10, ["at least 1 and at most 64"]),
    "too deep": (changed("[3, 4]", "[3, 65]"), 2, 14, ["depth is 65", "at most 64"]),
    "not a number": (changed("0.004", ".nan"), 5, 11, ["not finite"]),
    "infinite": (changed("0.004", "[1, -.inf]"), 5, 15, ["not finite"]),
    "too large": (changed("0.004", "1e999"), 5, 11, ["too large for a double"]),
    "too small": (changed("0.004", "1e-400"), 5, 11, ["too small for a double"]),
    "no value": (changed("16", ""), 3, 3, ["nothing is not a number"]),
    "null": (changed("16", "~"), 3, 10, ["'~' is not a number"]),
    "empty list": (changed("[3, 4]", "[]"), 2, 3, ["empty list", "at least one value"]),
    "empty generator": (changed("[3, 4]", "{}"), 2, 3, ["empty"]),
    "value twice": (changed("[3, 4]", "[3, 4, 3.0e0]"), 2, 17, ["appears twice in depth"]),
    "key twice": (GOOD + "  depth: 5\n", 6, 3, ["'depth' appears twice", "line 2"]),
    "grid and point": (GOOD + "point: {depth: 3}\n", 6, 9, ["'grid' and in 'point'", "line 2"]),
    "list in point": (GOOD + "point: {samples: [1, 2]}\n", 6, 19, ["one value", "'grid'"]),
    "list in a list": (changed("[3, 4]", "[3, [4]]"), 2, 15, ["a list is not a number"]),
    "both lambdas": (GOOD + "  lambdas: [[1, 1, 1]]\n", 6, 3, ["lambdas beside lambda", "line 5"]),
    "lambdas of wrong length": (changed("lambda: 0.004", "lambdas: [[1, 1, 1]]"), 5, 3,
                                ["3 lambdas for depth 4 (line 2)"]),
    "flat lambdas": (changed("lambda: 0.004", "lambdas: [1, 1, 1]"), 5, 13, ["a list of such"]),
    "missing parameter": (changed("  width: 16\n", ""), 1, 1, ["width is not given", "'point'"]),
    "missing lambda": (changed("  lambda: 0.004\n", ""), 1, 1, ["lambda is not given", "lambdas"]),
    "range backwards": (changed("[3, 4]", "{range: [4, 3]}"), 2, 11, ["end lies before the start"]),
    "half a generator": (changed("16", "{from: 8, to: 16}"), 3, 11, ["step", "factor"]),
    "no end": (changed("16", "{from: 8, factor: 2}"), 3, 11, ["from or to is missing"]),
    "two generators": (changed("16", "{range: [1, 2], log2: [1, 2]}"), 3, 26, ["second generator"]),
    "range with an end": (changed("16", "{range: [8, 9], to: 9}"), 3, 11, ["beside another"]),
    "wrong arguments": (changed("0.004", "{linspace: [1, 2]}"), 5, 23, ["not the arguments"]),
    "wrong way": (changed("16", "{from: 8, to: 16, step: -1}"), 3, 11, ["does not lead"]),
    "no step": (changed("16", "{from: 8, to: 16, factor: 1}"), 3, 11, ["does not lead"]),
    "fractions generated": (changed("16", "{from: 1, to: 8, factor: 1.5}"), 3, 11,
                            ["value 2 is 1.5", "whole numbers"]),
    "generated out of range": (changed("16", "{log2: [0, 20]}"), 3, 11, ["width is 65536"]),
    "exponent too large": (changed("0.004", "{log2: [-2000, 0]}"), 5, 12, ["exponent"]),
    "generated twice": (changed("0.004", "{linspace: [1, 1.0000000000001, 9]}"), 5, 12,
                        ["twice after rounding"]),
    "too many generated": (changed("0.004", "{linspace: [1, 2, 1000001]}"), 5, 12, ["at most 1000000"]),
    "generator of choices": (GOOD + "  init: {range: [0, 2]}\n", 6, 10, ["generator of numbers"]),
    "product overflows": (GOOD + "  seed: {range: [0, 2147483647]}\n  max_steps: {range: [1, 10000000]}\n",
                          1, 1, ["product of the axes", "2^53"]),
    "matrix too large": (changed("16", "32768") + "  samples: 1000000\n", 4, 3, ["feature matrix"]),
    "history": (GOOD + "output: {history: 513}\n", 6, 19, ["history is 513", "0 to 512"]),
    "name": (GOOD + "name: [x]\n", 6, 8, ["name is a list"]),
    "srg without its graph": (changed("classes: 6", "classes: [6, 7]") + "  init: [fan_in, srg]\n",
                              6, 3, ["init srg (line 6) does not go with classes 7 (line 4)", "6, 10, 15"]),
    "srg too shallow": (changed("[3, 4]", "[3, 2]") + "  init: srg\n", 6, 3,
                        ["init srg (line 6) does not go with depth 2 (line 2)"]),
    "clique without relu": (GOOD + "point: {init: clique, activation: linear}\n", 6, 9,
                            ["init clique (line 6) does not go with activation linear"]),
    "srg with cross-entropy": (GOOD + "  init: [fan_in, srg]\npoint: {loss: ce}\n", 6, 3, [
        "init srg (line 6) does not go with loss ce (line 7)", "expected loss mse for this start"]),
    "dnc with cross-entropy and relu too narrow": (
        changed("16", "5") + "  init: dnc\npoint: {loss: ce}\n", 6, 3,
        ["width 5 (line 3) and classes 6 (line 4)", "at least the number of classes"]),
    "dnc with cross-entropy too narrow": (
        changed("16", "4") + "  init: dnc\npoint: {loss: ce, activation: linear}\n", 6, 3,
        ["width 4 (line 3) and classes 6 (line 4)", "loss ce, activation linear: less one"]),
    "imbalance below one": (GOOD + "  imbalance: [1, 0.5]\n", 6, 18, ["imbalance is 0.5", "at least 1"]),
    "imbalance without effect": (GOOD + "  imbalance: [1, 2]\n", 6, 3, [
        "imbalance 2 (line 6) leaves every class as many: samples 1", "expected more samples, or imbalance 1"]),
    "imbalance that rounds to none": (GOOD + "  imbalance: 1.2\npoint: {samples: 2}\n", 6, 3, [
        "imbalance 1.2 (line 6) leaves every class as many: samples 2 (line 7)"]),
    "imbalance of a planted start": (GOOD + "  imbalance: [1, 4]\npoint: {samples: 8, init: dnc}\n", 7, 21, [
        "init dnc (line 7) does not go with imbalance 4 (line 6)", "imbalance 1 for this start"]),
    "imbalance with kappa_ratio": (changed("lambda: 0.004", "kappa_ratio: 0.5") + "  imbalance: 2\n  samples: 4\n",
                                   6, 3, ["imbalance 2 (line 6) does not go with kappa_ratio (line 5)",
                                          "expected lambda instead"]),
    "list of samples by class": (GOOD + "  samples: [[5, 5, 1, 1, 1, 1]]\n", 6, 14, ["a list is not a number"]),
    "dnc too narrow": (changed("16", "5") + "  init: dnc\n", 6, 3,
                       ["width 5 (line 3) and classes 6 (line 4)"]),
    "axis without effect": (GOOD + "  momentum: [0.8, 0.9]\n", 6, 3, ["no effect with optimizer gd"]),
    "unknown anchor": (changed("16", "*d"), 3, 10, ["anchor"]),
    "tag": (changed("16", "!x 16"), 3, 13, ["tag '!x'"]),
    "merge key": (GOOD + "  <<: {samples: 2}\n", 6, 3, ["unknown parameter '<<'"]),
    "key that is a list": (GOOD + "? [a, b]\n: 3\n", 6, 4, ["a key that is a list"]),
    "two documents": (GOOD + "---\ngrid: {}\n", 7, 1, ["second YAML document", "one sweep a file"]),
    "list at the top": ("- depth\n", 1, 3, ["holds a list", "'grid:'"]),
    "grid is a list": ("grid: [depth]\n", 1, 8, ["grid is a list", "mapping"]),
    "tabs": ("grid:\n\tdepth: 3\n", 2, 1, ["YAML syntax", "tab"]),
    "open bracket": ("grid:\n  depth: [3, 4\n", 2, 15, ["YAML syntax", "closing bracket"]),
    "wrong indentation": ("grid:\n  depth: 3\n   width: 4\n", 2, 10, ["YAML syntax"]),
}


def assert_place(done, text, line, column, parts):
    """The message of a refused sweep: place, line, caret, and what else it must say."""
    assert done.stdout == ""
    head, shown, caret, *_ = done.stderr.splitlines()
    assert re.match(rf"dufm plan: .*sweep\.yaml:{line}:{column}: ", head), done.stderr
    assert shown == text.splitlines()[line - 1], done.stderr
    assert caret.index("^") == column - 1, done.stderr
    for part in parts:
        assert part in done.stderr, done.stderr


@pytest.mark.parametrize("text, line, column, parts", CASES.values(), ids=CASES.keys())
def test_the_place_is_shown(dufm, sweep, text, line, column, parts):
    assert_place(dufm("plan", sweep(text), expect=2), text, line, column, parts)


def test_long_lines_are_shown_around_the_place(dufm, sweep):
    values = ", ".join(str(value) for value in range(1, 500))
    text = GOOD + f"  seed: [{values}, x, {values}]\n"
    head, shown, caret, *_ = dufm("plan", sweep(text), expect=2).stderr.splitlines()
    assert "'x' is not a number" in head
    assert len(shown) <= 120 and shown[caret.index("^")] == "x"


def test_aliases_of_aliases_take_no_time(dufm, sweep):
    bomb = "".join(f"b{i}: &b{i} [{', '.join([f'*b{i - 1}'] * 9)}]\n" for i in range(1, 30))
    text = "grid:\n  depth: *b29\n" + "b0: &b0 [3]\n" + bomb
    for bad in (text, "b0: &b0 [3]\n" + bomb + "grid:\n  depth: *b29\n"):
        start = cpu_of_children()
        dufm("plan", sweep(bad), expect=2)
        assert cpu_of_children() - start < 10


def test_many_keys_take_no_time(dufm, sweep):
    text = GOOD + "".join(f"  key{i}: 1\n" for i in range(200000))
    start = cpu_of_children()
    assert ":6:3: unknown parameter 'key0'" in dufm("plan", sweep(text), expect=2).stderr
    assert cpu_of_children() - start < 20


@pytest.mark.parametrize("data, said", [
    (b"", "is empty; expected"),
    (b"# only a comment\n", "is empty; expected"),
    (b"grid: \xff\n", ":1:7: byte 0xff is not text"),
    (b"grid:\n  depth: 3\0\n", ":2:11: byte 0x00 is not text"),
    (b"\x89HDF\r\n\x1a\n", ":1:1: byte 0x89 is not text"),
    (b"a" * (16 << 20) + b"b", "larger than 16 MiB"),
], ids=["empty", "comment", "not UTF-8", "zero byte", "HDF5", "huge"])
def test_what_is_no_text(dufm, tmp_path, data, said):
    path = tmp_path / "sweep.yaml"
    path.write_bytes(data)
    stderr = dufm("plan", path, expect=2).stderr
    assert said in stderr and str(path) in stderr


def test_what_is_no_file(dufm, tmp_path):
    assert "No such file" in dufm("plan", tmp_path / "none.yaml", expect=2).stderr
    assert "is a folder" in dufm("plan", tmp_path, expect=2).stderr
    assert "larger than 16 MiB" in dufm("plan", "/dev/zero", expect=2).stderr


def test_escapes_do_not_reach_the_terminal(dufm, sweep):
    stderr = dufm("plan", sweep(GOOD + '"\\e[31mred": 1\n'), expect=2).stderr
    assert "\x1b" not in stderr and "unknown section" in stderr
