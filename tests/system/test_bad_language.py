"""Bad zips, unions, conditions, overrides, repeats and derived parameters: place and remedy."""
import pytest

from test_bad_sweep import assert_place

GOOD = """\
grid:
  depth: [3, 4]
  width: [16, 32]
  classes: 6
  lambda: 0.004
"""
POINT = "point: {depth: 3, width: 16, classes: 6, lambda: 0.004}\n"
UNION = """\
union:
- grid: {depth: [3, 4]}
- grid: {depth: [4, 5]}
point: {width: 16, classes: 6, lambda: 0.004}
"""


def changed(old, new, text=GOOD):
    assert old in text
    return text.replace(old, new)


# name: (text, line, column, parts of the message)
CASES = {
    "zip of unequal lengths": (
        GOOD + "zip: {seed: [1, 2, 3], samples: [1, 2]}\n", 6, 24,
        ["samples has 2 values", "seed (line 6)", "has 3", "one length"]),
    "zip of a list and a range": (
        GOOD + "zip: {seed: {range: [0, 9]}, samples: 1}\n", 6, 30, ["samples has 1 value,", "has 10"]),
    "zip of nothing": (GOOD + "zip: []\n", 6, 1, ["empty list", "axes that move together"]),
    "zip of a list": (GOOD + "zip: [[seed]]\n", 6, 8, ["zip is a list", "mapping"]),
    "zip and grid": (GOOD + "zip: {depth: [5, 6]}\n", 6, 7,
                     ["depth is given in 'grid' and in 'zip'", "line 2"]),
    "parameter in two zips": (GOOD + "zip: [{seed: [1, 2]}, {seed: [3, 4]}]\n", 6, 24,
                              ["seed is given in 'zip' and in 'zip'"]),
    "combination twice": (GOOD + "zip: {seed: [1, 2, 1], samples: [1, 2, 1]}\n", 6, 7,
                          ["number 1 and 3 of this zip are the same"]),
    "unknown in a zip": (GOOD + "zip: {sede: [1, 2]}\n", 6, 7, ["unknown parameter 'sede'", "'seed'"]),
    "repeats and seed": (GOOD + "  seed: [1, 2]\nrepeats: 4\n", 7, 1, ["repeats beside seed (line 6)"]),
    "no repeats": (GOOD + "repeats: 0\n", 6, 10, ["0 repeats", "at least 1"]),
    "repeats without count": (GOOD + "repeats: {first: 4}\n", 6, 11, ["0 repeats", "count: 10"]),
    "unknown in repeats": (GOOD + "repeats: {cuont: 4}\n", 6, 11, ["did you mean 'count'"]),
    "fraction of a repeat": (GOOD + "repeats: 2.5\n", 6, 10, ["not a whole number"]),
    "seeds past the end": (GOOD + "repeats: {count: 2, first: 2147483647}\n", 6, 11,
                           ["seed is 2147483648"]),
    "empty union": ("union: []\n" + POINT, 1, 1, ["union is an empty list", "list of grids"]),
    "union of a mapping": ("union: {grid: {depth: 3}}\n", 1, 9, ["union is a mapping", "list of grids"]),
    "grid of the union is a value": ("union: [depth]\n", 1, 9, ["a grid of the union is 'depth'"]),
    "grid beside the union": (UNION + "grid: {seed: [1, 2]}\n", 5, 1,
                              ["'grid' beside 'union' (line 1)", "share point"]),
    "zip beside the union": (UNION + "zip: {seed: [1, 2]}\n", 5, 1, ["'zip' beside 'union'"]),
    "name in a grid of the union": (changed("- grid: {depth: [4, 5]}", "- name: x", UNION), 3, 3,
                                    ["unknown section 'name'", "expected one of: grid, zip"]),
    "parameter in the union": (changed("- grid: {depth: [4, 5]}", "- depth: 4", UNION), 3, 3,
                               ["depth outside a section"]),
    "missing in one grid": (changed("- grid: {depth: [4, 5]}", "- grid: {seed: 1}", UNION), 3, 3,
                            ["depth is not given"]),
    "shared point and own grid": (changed("{depth: [4, 5]}", "{depth: 4, width: 3}", UNION), 3, 20,
                                  ["width is given in 'point' and in 'grid'", "line 4"]),
    "rule in the second grid": (
        changed("{depth: [4, 5]}", "{depth: [4, 5], init: srg, activation: linear}", UNION), 3, 25,
        ["init srg (line 3) does not go with activation linear"]),
    "unknown name in a condition": (GOOD + "exclude: depth = 3 and wdith < 12\n", 6, 24,
                                    ["unknown name 'wdith'", "did you mean 'width'"]),
    "unknown value in a condition": (GOOD + "exclude: 'init = dcn'\n", 6, 18,
                                     ["unknown value 'dcn'", "did you mean 'dnc'"]),
    "condition that is none": (GOOD + "exclude: depth\n", 6, 10, ["neither true nor false"]),
    "condition that is a number": (GOOD + "exclude: 3\n", 6, 10, ["neither true nor false"]),
    "condition cut short": (GOOD + "exclude:\n- depth = 3\n- depth = 3 and\n", 8, 16, ["ends too soon"]),
    "condition in C": (GOOD + "exclude: depth = 3 && width = 16\n", 6, 20, ["expected 'and'"]),
    "condition on lambdas": (GOOD + "exclude: lambdas = 3\n", 6, 10, ["unknown name 'lambdas'"]),
    "condition over lines": (GOOD + "exclude: >\n  depth = 3 and\n  wdith = 3\n", 7, 1,
                             ["at column 15 of this text: unknown name 'wdith'"]),
    "list in braces": (GOOD + "exclude: [depth in [3, 4]]\n", 6, 20, ["YAML syntax"]),
    "condition that is a mapping": (GOOD + "exclude: {depth: 3}\n", 6, 11, ["a mapping is not a condition"]),
    "empty exclude": (GOOD + "exclude: []\n", 6, 1, ["empty list", "a condition"]),
    "exclude without a value": (GOOD + "exclude:\n", 6, 1, ["nothing is not a condition"]),
    "everything excluded": (GOOD + "exclude: depth < 9\n", 6, 1, ["no point is left", "all 4"]),
    "override without where": (GOOD + "override: {set: {samples: 2}}\n", 6, 12, ["without 'where'"]),
    "override without set": (GOOD + "override: {where: depth = 3}\n", 6, 12, ["without 'set'"]),
    "override of an axis": (GOOD + "override: {where: depth = 3, set: {width: 8}}\n", 6, 36,
                            ["width cannot be overridden", "axis (line 3)", "union"]),
    "override of what sets an axis": (GOOD + "override: {where: depth = 3, set: {width_per_class: 8}}\n",
                                      6, 36, ["width_per_class cannot be overridden: width is an axis"]),
    "override by several values": (GOOD + "override: {where: depth = 3, set: {samples: [1, 2]}}\n",
                                   6, 46, ["several values of samples"]),
    "override by a bad value": (GOOD + "override: {where: depth = 3, set: {init: drg}}\n", 6, 42,
                                ["unknown init 'drg'", "'srg'"]),
    "override that contradicts itself": (
        GOOD + "override: {where: depth = 3, set: {max_steps: 2, horizon: 3}}\n", 6, 50,
        ["horizon beside max_steps"]),
    "override with a slip": (GOOD + "override: {wehre: depth = 3}\n", 6, 12, ["did you mean 'where'"]),
    "empty override": (GOOD + "override: []\n", 6, 1, ["empty list", "where: condition"]),
    "override that breaks a rule": (
        changed("  classes: 6\n", "") + "point: {classes: 6}\n"
        "override: {where: depth = 4, set: {init: dnc, classes: 20}}\n", 6, 36,
        ["init dnc (line 6) does not go with width 16 (line 3) and classes 20"]),
    "width and width_per_class": (GOOD + "  width_per_class: 3\n", 6, 3,
                                  ["width_per_class beside width", "width is at line 3"]),
    "lambda and kappa_ratio": (GOOD + "point: {kappa_ratio: 3}\n", 6, 9,
                               ["kappa_ratio beside lambda", "lambda is at line 5"]),
    "max_steps and horizon": (GOOD + "point: {max_steps: 3}\nzip: {horizon: [3, 4]}\n", 7, 7,
                              ["horizon beside max_steps", "max_steps is at line 6"]),
    "derived width too large": (changed("width: [16, 32]", "width_per_class: 6000"), 3, 3,
                                ["width_per_class 6000 makes width 36000, at classes 6 (line 4)",
                                 "at most 32768"]),
    "derived width of nothing": (changed("width: [16, 32]", "width_per_class: 0.01"), 3, 3,
                                 ["makes width 0", "at least 1"]),
    "derived lambda too large": (changed("lambda: 0.004", "kappa_ratio: 1e6\n  lambda_h: 1e-6"), 5, 3,
                                 ["kappa_ratio 1000000 makes lambda", "depth 3 (line 2)"]),
    "derived steps too many": (GOOD + "  horizon: 1e8\n", 6, 3,
                               ["horizon 100000000 makes max_steps more than", "at most 1000000000"]),
    "derived value of zero": (GOOD + "  horizon: 0\n", 6, 12, ["horizon is 0", "more than 0"]),
    "too many combinations": (
        "grid: {seed: {range: [0, 2147483647]}}\n" + POINT + "exclude: seed = 3\n", 3, 1,
        ["more than 1073741824 combinations", "fewer axes"]),
}


@pytest.mark.parametrize("text, line, column, parts", CASES.values(), ids=CASES.keys())
def test_the_place_is_shown(dufm, sweep, text, line, column, parts):
    assert_place(dufm("plan", sweep(text), expect=2), text, line, column, parts)


def test_what_is_excluded_breaks_no_rule(dufm, sweep):
    bad = changed("classes: 6", "classes: [6, 7]") + "  init: [fan_in, srg]\n"
    assert "does not go with" in dufm("plan", sweep(bad), expect=2).stderr
    dufm("plan", sweep(bad + "exclude: init = srg and classes = 7\n"))


def test_a_union_is_bounded(dufm, sweep):
    text = "union:\n" + "".join(f"- point: {{seed: {i}}}\n" for i in range(257)) + POINT
    assert "a union of 257 grids" in dufm("plan", sweep(text), expect=2).stderr
    text = text.replace("- point: {seed: 256}\n", "")
    assert "Together: 256 points" in dufm("plan", sweep(text)).stdout
