"""The sweep language against an expansion in Python that holds every point; huge sweeps; the
examples of sweeps/README.md."""
import itertools
import json
import math
import random
import re
import subprocess

import pytest
from conftest import ROOT
from sweeps import cpu_of_children

FALLBACK = {"samples": 1, "seed": 0, "max_steps": 200000, "learning_rate": 0.5}
NAMES = ["depth", "width", "classes", "lambda", "samples", "seed", "max_steps", "learning_rate"]


def plan(dufm, path, *options):
    return json.loads(dufm("plan", path, "--json", *options).stdout)


# ---- expansion ----

def resolve(given):
    point = {**FALLBACK, **given}
    if "width_per_class" in point:
        point["width"] = math.floor(point["width_per_class"] * point["classes"] + 0.5)
    if "horizon" in point:
        steps = point["horizon"] / (point["learning_rate"] * point["lambda"])
        point["max_steps"] = math.ceil(float(f"{steps:.11e}"))
    return {name: point[name] for name in NAMES}


def holds(condition, point):
    names = {name + "_" if name == "lambda" else name: value for name, value in point.items()}
    return eval(condition.replace("lambda", "lambda_"), {}, names)


def expand_grid(grid, shared):
    """Every point of one grid in order, those excluded left out."""
    axes = [[{name: value} for value in values] for name, values in grid.get("grid", {}).items()]
    for together in grid.get("zip", []):
        axes.append([dict(zip(together, values)) for values in zip(*together.values())])
    for repeats in [section["repeats"] for section in (shared, grid) if "repeats" in section]:
        axes.append([{"seed": seed} for seed in range(repeats)])
    fixed = {**shared.get("point", {}), **grid.get("point", {})}
    for combination in itertools.product(*axes):
        given = dict(fixed)
        for part in combination:
            given.update(part)
        before = resolve(given)
        for override in shared.get("override", []) + grid.get("override", []):
            if holds(override["where"], before):
                for name, value in override["set"].items():
                    if name == "max_steps":
                        given.pop("horizon", None)
                    given[name] = value
        point = resolve(given)
        conditions = shared.get("exclude", []) + grid.get("exclude", [])
        if not any(holds(condition, point) for condition in conditions):
            yield point


def expand(sweep):
    seen = {}
    for grid in sweep.get("union", [{}]):
        shared = sweep if "union" in sweep else {}
        for point in expand_grid(grid if "union" in sweep else sweep, shared):
            seen.setdefault(tuple(point.values()), point)
    return list(seen.values())


# ---- made-up sweeps ----

VALUES = {"depth": [2, 3, 4, 5], "width": [16, 18, 20, 24], "classes": [4, 6, 8],
          "lambda": [0.5, 0.25, 0.125], "samples": [1, 2, 3], "seed": [0, 1, 2, 3, 4, 5]}
CONDITIONS = ["depth == 3", "width < 2 * classes + depth", "depth == 4 and width > 18",
              "seed in [1, 3]", "not (lambda > 0.2 or samples == 2)", "lambda * depth >= 1",
              "max_steps < 500", "seed + depth == 5 or classes == 6 and width != 16"]
OVERRIDES = [{"where": "depth > 3", "set": {"max_steps": 100}},
             {"where": "width == 20 and seed < 3", "set": {"learning_rate": 0.25}},
             {"where": "classes == 6 or samples == 2", "set": {"max_steps": 200000}}]


def some_grid(rng, shared):
    """A grid that gives every parameter once, by an axis, in a zip, fixed or derived."""
    names = list(VALUES)
    rng.shuffle(names)
    grid = {"grid": {}, "zip": [], "point": {}}
    if "repeats" in shared or rng.random() < 0.3:
        names.remove("seed")
        if "repeats" not in shared:
            grid["repeats"] = rng.randint(1, 4)
    if rng.random() < 0.4:
        names.remove("width")
        values = rng.sample([2, 2.5, 3, 3.01, 4], rng.randint(1, 4))
        grid["grid"]["width_per_class"] = values
    if rng.random() < 0.3:
        grid["point"]["horizon"] = rng.choice([10, 20, 1000])
    if rng.random() < 0.5 and len(names) > 2:
        pair = [names.pop(), names.pop()]
        rows = rng.sample(list(itertools.product(*(VALUES[name] for name in pair))), 3)
        grid["zip"].append({name: [row[i] for row in rows] for i, name in enumerate(pair)})
    for name in names:
        if name != "seed" and rng.random() < 0.3:
            grid["point"][name] = rng.choice(VALUES[name])
        else:
            grid["grid"][name] = rng.sample(VALUES[name], rng.randint(1, 3))
    grid["exclude"] = rng.sample(CONDITIONS, rng.choice([0, 0, 1, 2]))
    grid["override"] = rng.sample(OVERRIDES, rng.choice([0, 0, 1, 2]))
    return {section: value for section, value in grid.items() if value}


def some_sweep(seed):
    rng = random.Random(seed)
    if seed % 3 == 0:
        return some_grid(rng, {})
    shared = {}
    if rng.random() < 0.3:
        shared["repeats"] = 3
    if rng.random() < 0.3:
        shared["exclude"] = rng.sample(CONDITIONS, 1)
    return {"union": [some_grid(rng, shared) for _ in range(rng.randint(2, 5))], **shared}


def test_made_up_sweeps_expand_alike(dufm, sweep):
    """JSON is YAML: the sweeps are written as they are."""
    compared = repeated = excluded = 0
    for seed in range(45):
        made = some_sweep(seed)
        expected = expand(made)
        path = sweep(json.dumps(made))
        done = subprocess.run(dufm.command("plan", path, "--json", "--points", 20000), text=True,
                              capture_output=True, check=False)
        if done.returncode == 2 and "no point is left" in done.stderr:
            continue
        assert done.returncode == 0, done.stderr
        said = json.loads(done.stdout)
        points = [{name: point[name] for name in NAMES} for point in said["shown"]]
        assert points == expected, (seed, made)
        assert sum(kind["points"] for kind in said["kinds"]) == len(expected)
        compared += 1
        repeated += sum(grid["repeated"] for grid in said["grids"])
        excluded += sum(grid["excluded"] for grid in said["grids"])
    assert compared > 30 and repeated > 200 and excluded > 300, (compared, repeated, excluded)


# ---- huge sweeps ----

HUGE = """\
  depth: {range: [3, 7]}
  width: {from: 16, to: 512, factor: 2}
  classes: [6, 10, 15]
  lambda: {logspace: [1e-4, 1e-2, 100]}
  seed: {range: [0, 11111]}
"""
HUGE_POINTS = 5 * 6 * 3 * 100 * 11112


def test_a_huge_sweep_with_conditions_is_planned_at_once(dufm, sweep):
    """10^8 points: depth, width, classes and lambda are looked at, the seeds never."""
    path = sweep("grid:\n" + HUGE + "exclude: [width < 2 * classes, depth = 3 and lambda > 0.005]\n"
                 "override: {where: depth > 5, set: {max_steps: 1000}}\n")
    start = cpu_of_children()
    said = plan(dufm, path)
    assert cpu_of_children() - start < 5
    lambdas = said["grids"][0]["axes"][3]["values"]
    kept = sum(not (width < 2 * classes or (depth == 3 and value > 0.005))
               for depth in range(3, 8) for width in [16, 32, 64, 128, 256, 512]
               for classes in [6, 10, 15] for value in lambdas)
    assert said["points"] == kept * 11112 > 8e7
    assert said["grids"][0]["excluded"] == HUGE_POINTS - said["points"]
    assert said["shown"][-1]["number"] == said["points"] - 1
    assert said["shown"][-1]["seed"] == 11111 and said["shown"][-1]["max_steps"] == 1000


def test_a_huge_grid_twice_is_found_twice(dufm, sweep):
    indented = HUGE.replace("\n", "\n  ").rstrip(" ")
    start = cpu_of_children()
    said = plan(dufm, sweep("union:\n- grid:\n  " + indented + "- grid:\n  " + indented))
    assert cpu_of_children() - start < 5
    assert said["points"] == said["grids"][1]["repeated"] == HUGE_POINTS
    assert said["grids"][1]["points"] == 0


# ---- what plan shows ----

def test_first_and_last_points(dufm, sweep):
    path = sweep("grid: {depth: [3, 4], seed: {range: [0, 4]}}\n"
                 "point: {width: 8, classes: 6, lambda: 0.5}\nexclude: seed = 1 and depth = 3\n")
    assert [point["number"] for point in plan(dufm, path)["shown"]] == [0, 1, 2, 6, 7, 8]
    assert [point["number"] for point in plan(dufm, path, "--points", "1")["shown"]] == [0, 8]
    assert len(plan(dufm, path, "--points", "100")["shown"]) == 9
    assert plan(dufm, path, "--points", "0")["shown"] == []
    said = dufm("plan", path, "--points", "2").stdout
    assert re.search(r"number +depth +seed\n +0 +3 +0\n +1 +3 +2\n +\.\.\.\n +7 +4 +3\n +8 +4 +4",
                     said), said
    assert "--points" in dufm("plan", path, "--points", "-1", expect=2).stderr


def test_json_describes_every_grid(dufm, sweep):
    said = plan(dufm, sweep("""\
union:
- zip: {depth: [3, 4], width: [8, 16]}
  override: [{where: depth = 4, set: {max_steps: 9, lambda: 0.25}}]
- grid: {depth: [4, 5]}
  point: {width: 16, max_steps: 9}
  exclude: depth = 5 and lambda > 0.1
point: {classes: 6, lambda: 0.5}
"""))
    first, second = said["grids"]
    assert first["zips"] == [["depth", "width"]]
    assert first["override"] == [{"where": "depth = 4", "set": {"max_steps": 9, "lambda": 0.25}}]
    assert second["exclude"] == ["depth = 5 and lambda > 0.1"]
    assert second["fixed"] == {"classes": 6, "lambda": 0.5, "width": 16, "max_steps": 9}
    assert (second["combinations"], second["excluded"], second["points"]) == (2, 1, 1)
    assert said["points"] == 3
    assert "Together: 3 points" in said["explanation"]


# ---- run ----

RUN = """\
union:
- grid: {kappa_ratio: [0.3, 0.6], depth: [2, 3]}
  point: {width_per_class: 2, horizon: 2}
- zip: {depth: [2, 3], lambda: [0.25, 0.01]}
  point: {width: 5, max_steps: 50}
  override: {where: depth = 3, set: {learning_rate: 0.25}}
point: {classes: 4}
repeats: 3
exclude: depth = 3 and seed = 1
"""


def test_the_results_are_those_of_the_points(dufm, sweep):
    """What plan shows is what run stores, at one rank and at three."""
    import h5py
    path = sweep(RUN)
    shown = plan(dufm, path, "--points", "1000")["shown"]
    for name, ranks in (("one.h5", None), ("three.h5", 3)):
        dufm("run", path, "-o", name, ranks=ranks)
        with h5py.File(dufm.folder / name) as file:
            for parameter in ["depth", "width", "lambda", "seed", "max_steps", "learning_rate"]:
                assert [point[parameter] for point in shown] == list(file[parameter][()])
            assert abs(file["kappa_ratio"][0] - 0.3) < 1e-10
            assert set(file["status"][()]) == {2}
    dufm("verify", "three.h5")
    assert "holds another sweep" in dufm("run", sweep(RUN.replace("classes: 4", "classes: 5")), "-o",
                                         "one.h5", expect=2).stderr


# ---- sweeps/README.md ----

README = (ROOT / "sweeps" / "README.md").read_text()
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n(?:\n*(?:([\d,]+) points?))?", README, re.S)


@pytest.mark.parametrize("text, points", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_of_the_readme(dufm, sweep, text, points):
    said = plan(dufm, sweep(text))
    assert points and said["points"] == int(points.replace(",", "")), said["explanation"]


def test_the_readme_shows_every_section():
    whole = "".join(text for text, _ in EXAMPLES)
    for section in ["zip", "union", "exclude", "override", "repeats", "width_per_class",
                    "kappa_ratio", "horizon"]:
        assert re.search(rf"\b{section}:", whole), section
