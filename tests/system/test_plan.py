"""`dufm plan`: counts, values, costs; quick for huge sweeps; nothing is written."""
import itertools
import json
import math
import re

import pytest
from conftest import ROOT
from sweeps import cpu_of_children

SWEEPS = (ROOT / "sweeps" / "README.md").read_text()
PLAN = """\
name: phases
grid:
  depth: [3, 4]
  width: {from: 16, to: 64, factor: 2}
  lambda: {log2: [-9, -7]}
  classes: [6, 10]
  seed: {range: [0, 9]}
point: {init: srg, max_steps: 1e4}
"""
HUGE = """\
grid:
  depth: {range: [3, 7]}
  width: {from: 16, to: 512, factor: 2}
  classes: [6, 10, 15]
  lambda: {logspace: [1e-4, 1e-2, 100]}
  seed: {range: [0, 11111]}
"""


def plan(dufm, path):
    return json.loads(dufm("plan", path, "--json").stdout)


def test_json_says_what_the_sweep_is(dufm, sweep):
    said = plan(dufm, sweep(PLAN))
    assert said["name"] == "phases"
    assert said["points"] == 2 * 3 * 3 * 2 * 10
    axes = {axis["name"]: axis for axis in said["axes"]}
    assert list(axes) == ["depth", "width", "lambda", "classes", "seed"]
    assert axes["width"]["values"] == [16, 32, 64]
    assert axes["lambda"]["values"] == [2.0**-9, 2.0**-8, 2.0**-7]
    assert axes["seed"]["count"] == 10
    assert said["fixed"] == {"init": "srg", "max_steps": 10000}
    assert said["defaults"]["learning_rate"] == 0.5
    assert said["defaults"]["max_seconds"] is None
    assert "depth" not in said["defaults"] and "lambdas" not in said["defaults"]
    assert said["output"] == {"history": 64, "gram": True, "weights": False}
    assert said["worker_bytes"] > 0 and said["file_bytes"] > 0


def test_kinds_add_up(dufm, sweep):
    said = plan(dufm, sweep(PLAN))
    kinds = said["kinds"]
    shapes = {(kind["depth"], kind["width"], kind["classes"]) for kind in kinds}
    assert shapes == set(itertools.product([3, 4], [16, 32, 64], [6, 10]))
    assert said["kind_count"] == len(kinds) == 12
    assert sum(kind["points"] for kind in kinds) == said["points"]
    assert math.isclose(sum(kind["core_hours"] for kind in kinds), said["core_hours"])
    seconds = [kind["seconds_per_point"] for kind in kinds]
    assert seconds == sorted(seconds, reverse=True) and seconds[-1] > 0


def test_seconds_are_bounded_by_max_seconds(dufm, sweep):
    text = PLAN.replace("max_steps: 1e4", "max_steps: 1e9, max_seconds: 2")
    assert plan(dufm, sweep(text))["kinds"][0]["seconds_per_point"] == 2


def test_steps_multiply_the_cost(dufm, sweep):
    """Each step costs the same, on top of what a point costs without any."""
    def hours(decay):
        return plan(dufm, sweep(PLAN.replace("1e4", f"1e4, decay_steps: {decay}")))["core_hours"]
    none, once, twice = hours(0), hours(10000), hours(20000)
    assert math.isclose(twice - none, 2 * (once - none), rel_tol=1e-9)
    assert 0 < none < 1.1 * (once - none)


def test_text_shows_everything(dufm, sweep):
    said = dufm("plan", sweep(PLAN)).stdout
    for part in ["phases", "360", "16, 32, 64", "0..9", "init", "srg", "learning_rate", "0.5",
                 "core-hours", "a worker", "file"]:
        assert part in said, said


def test_hundred_million_points_at_once(dufm, sweep):
    path = sweep(HUGE)
    start = cpu_of_children()
    said = plan(dufm, path)
    elapsed = cpu_of_children() - start
    assert said["points"] == 5 * 6 * 3 * 100 * 11112 > 1e8
    assert said["kind_count"] == 90
    assert elapsed < 2, f"{elapsed:.2f} s"


def test_one_axis_of_a_hundred_million_seeds(dufm, sweep):
    text = "grid: {seed: {range: [0, 99999999]}}\n" \
           "point: {depth: 3, width: 8, classes: 6, lambda: 0.01}\n"
    assert plan(dufm, sweep(text))["points"] == 10**8


def test_the_longest_kinds_are_shown(dufm, sweep):
    said = dufm("plan", sweep(HUGE)).stdout
    assert "... and 78 shorter kinds" in said


def test_nothing_is_written(dufm, sweep, tmp_path):
    sweep(PLAN)
    dufm("plan", "sweep.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["sweep.yaml"]


def test_name_of_a_file_without_one(dufm, sweep):
    text = PLAN.replace("name: phases\n", "")
    assert plan(dufm, sweep(text, name="my.sweep.yaml"))["name"] == "my.sweep"


@pytest.mark.parametrize("path", sorted((ROOT / "sweeps").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_sweep_is_what_its_header_and_the_list_say(dufm, path):
    comment = re.match(r"(#.*\n)+", path.read_text())[0]
    points, found = re.search(r"# ([\d,]+) points, ", comment)[1], plan(dufm, path)
    assert found["points"] == int(points.replace(",", "")) and found["name"] == path.stem
    line = re.search(rf"^\| \[{path.name}\]\({path.name}\) \| (.*)", SWEEPS, re.MULTILINE)[1]
    assert line.startswith(f"{points} points")


@pytest.mark.parametrize("arguments, said", [
    ([], "no sweep file"),
    (["--jsno", "x.yaml"], "did you mean --json"),
    (["a.yaml", "b.yaml"], "one argument too many"),
])
def test_usage(dufm, arguments, said):
    assert said in dufm("plan", *arguments, expect=2).stderr


def test_help(dufm):
    assert "usage: dufm plan SWEEP.yaml" in dufm("plan", "--help").stdout
