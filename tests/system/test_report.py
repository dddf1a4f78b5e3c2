"""The page of a sweep: its facts against numbers that are computed here from the file, its HTML, and
files that are empty, unfinished, failed, old, large or named to do harm."""
import gzip
import html.parser
import itertools
import pathlib
import re
import shutil
import sys

import h5py
import numpy as np
import pytest
import scipy.stats
from conftest import ROOT, Program
from scripts import script
from sweeps import LONGER, wait_until_done

sys.path.insert(0, str(ROOT / "analysis"))
import report  # noqa: E402
import sensitivity  # noqa: E402
import shares  # noqa: E402
import trajectories  # noqa: E402

# Depths that end in different ways, a weak and a strong regularization, four starts.
SWEEP = """\
# Where does <descent> end?
#
# A small sweep & its second paragraph.
name: small
grid: {depth: [2, 4], lambda: [0.004, 0.06], seed: {range: [0, 3]}}
point: {width: 10, classes: 6, learning_rate: 0.5, max_steps: 3000, decay_steps: 500}
output: {history: 32, gram: false}
"""
VOID = {"meta", "img", "br"}
OUTCOMES = ("none", "trivial", "dnc", "partial", "srg", "clique", "low_rank", "low_rank_high", "other")
NAMES = {"trivial": "trivial", "dnc": "DNC", "low_rank": "low rank, loss < DNC", "other": "other",
         "low_rank_high": "low rank, loss > DNC", "partial": "DNC in last layers", "none": "diverged"}


class Page(html.parser.HTMLParser):
    """A page: its tables by caption, its text, and what is wrong with its markup."""

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.ids, self.links, self.images, self.words = [], [], [], [], [], []
        self.tables, self.tags, self.row, self.caption = {}, {}, None, None
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self.open]
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        for name in ("src", "href"):
            if name in attributes:
                self.links.append(attributes[name])
        if tag == "img":
            self.images.append(attributes)
        if tag == "th" and attributes.get("scope") not in ("row", "col"):
            self.faults.append("a head without scope")
        if any(name.startswith("on") for name in attributes):
            self.faults.append(f"a handler in <{tag}>")
        if tag == "caption":
            self.caption = ""
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th"):
            self.row.append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else")
        if tag == "caption":
            assert self.caption not in self.tables, "two tables of one caption"
            self.tables[self.caption] = []
        elif tag == "tr":
            self.tables[list(self.tables)[-1]].append(self.row)
            self.row = None

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style = data
            return
        self.words.append(data)
        if "caption" in self.open:
            self.caption += data
        elif self.row:
            self.row[-1] = f"{self.row[-1]} {data}".strip()

    def table(self, beginning):
        """(heads, {first cell: the others}) of the table whose caption begins so."""
        found = [rows for caption, rows in self.tables.items() if caption.startswith(beginning)]
        assert len(found) == 1, (beginning, list(self.tables))
        return found[0][0], {row[0]: row[1:] for row in found[0][1:]}


def check(page):
    """Whatever a page must be."""
    assert page.faults == []
    assert len(set(page.ids)) == len(page.ids)
    assert all(image["alt"].strip() for image in page.images)
    assert all(link.startswith("data:image/png;base64,") for link in page.links if not link.startswith("#"))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert "script" not in page.tags and "link" not in page.tags and page.tags["h1"] == 1
    assert "url(" not in page.style and "@import" not in page.style
    assert all(len(row) == len(rows[0]) for rows in page.tables.values() for row in rows)


def made(path):
    """The page of a file, in this process, which saves the time of a start."""
    output = path.with_suffix(".html")
    assert report.main([str(path), "-o", str(output)]) == 0
    page = Page(output.read_text(encoding="utf-8"))
    check(page)
    return page


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Path of a finished file of SWEEP; not to be changed."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "small.yaml").write_text(SWEEP)
    Program(folder)("run", "small.yaml", "-o", "small.h5", "--quiet")
    return folder / "small.h5"


@pytest.fixture(scope="module")
def page(finished):
    return made(finished)


@pytest.fixture(scope="module")
def stored(finished):
    with h5py.File(finished) as file:
        return {name: data[()] for name, data in file.items() if data.shape}


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the file to change."""
    return pathlib.Path(shutil.copy(finished, tmp_path))


def wilson(count, total):
    found = scipy.stats.binomtest(count, total).proportion_ci(0.95, method="wilson")
    return found.low, found.high


def percent(value):
    return f"{100 * value:.0f}" if value in (0, 1) or 0.1 <= value <= 0.9 else f"{100 * value:.1f}"


def share(count, total):
    """A cell: '25 % 4; 10–49 %'"""
    low, high = wilson(count, total)
    return f"{percent(count / total)} % {count}; {percent(low)}–{percent(high)} %"


def endings(stored):
    return np.array([OUTCOMES[value] for value in stored["outcome"]])


# ------------------------------------------------------------------ facts of a finished sweep
def test_words_of_the_page(page):
    for expected in ("Where does <descent> end?", "A small sweep & its second paragraph.",
                     "16 points over depth (2 values), lambda (2 values) and 4 seeds. All of them are done.",
                     "No point failed", "What the endings mean in practice", "Commands that make it again"):
        assert expected in page.text, expected


def test_axes_and_fixed_parameters(page):
    _, axes = page.table("Axes")
    assert {name: row[1:] for name, row in axes.items()} == {
        "depth": ["2", "2, 4"], "lambda": ["2", "0.004, 0.06"], "seed": ["4", "0, 1, 2, 3"]}
    _, fixed = page.table("Held fixed")
    assert fixed["width"] == ["width d of the hidden layers", "10"]
    assert fixed["optimizer"][1] == "gd" and fixed["max_steps"][1] == "3000" and "depth" not in fixed


def test_endings(page, stored):
    ending, ratio = endings(stored), stored["loss"] / stored["loss_dnc"]
    heads, rows = page.table("Endings of 16 descents")
    assert heads == ["ending", "share, number", "median loss / DNC loss", "median least rank of hidden layers"]
    assert set(rows) == {NAMES[kind] for kind in ending} and len(rows) > 1
    for kind in set(ending):
        mask = ending == kind
        known = ratio[mask][np.isfinite(ratio[mask])]
        assert rows[NAMES[kind]][0] == share(mask.sum(), 16)
        assert rows[NAMES[kind]][1] == (f"{np.median(known):.4f}" if known.size else "–")
        place = np.flatnonzero(stored["tolerance"] == 1e-2)[0]
        least = [stored["rank_mean_post"][row, 1:stored["depth"][row], place].min() for row in np.flatnonzero(mask)]
        assert rows[NAMES[kind]][2] == f"{np.median(least):g}"


def test_endings_over_an_axis(page, stored):
    ending = endings(stored)
    for name, texts in (("depth", {2: "2", 4: "4"}), ("lambda", {0.004: "0.004", 0.06: "0.06"})):
        heads, rows = page.table(f"Endings over {name}")
        for value, text in texts.items():
            mask = stored[name] == value
            assert rows[text][0] == str(mask.sum())
            for kind in set(ending):
                assert rows[text][heads.index(NAMES[kind]) - 1] == share((ending[mask] == kind).sum(), mask.sum())


def test_convergence(page, stored):
    falling = []
    for row in range(16):
        known = stored["history_step"][row] >= 0
        main = stored["steps"][row] - stored["decay_steps"][row] * np.isfinite(stored["loss_before_decay"][row])
        late = stored["loss_before_decay"][row]
        late = late if np.isfinite(late) else stored["loss"][row]
        middle = np.interp(main / 2, stored["history_step"][row][known], stored["history_loss"][row][known])
        falling.append(middle - late > 1e-3 * late)
    _, rows = page.table("Not converged")
    assert rows["all"] == [share(sum(falling), 16)] and 0 < sum(falling) < 16


def pairs(stored, name):
    """Pairs of rows that differ in one axis alone, by their common values of the others."""
    others = [other for other in ("depth", "lambda", "seed") if other != name]
    for one, two in itertools.combinations(range(16), 2):
        if all(stored[other][one] == stored[other][two] for other in others):
            yield tuple(float(stored[other][one]) for other in others), one, two


@pytest.mark.parametrize("name", ["depth", "lambda", "seed"])
def test_sensitivity(page, stored, name):
    ending, ratio = endings(stored), stored["loss"] / stored["loss_dnc"]
    groups, changes = {}, {}
    for key, one, two in pairs(stored, name):
        groups.setdefault(key, []).append(ending[one] != ending[two])
        if np.isfinite(ratio[one] - ratio[two]):
            changes.setdefault(key, []).append(abs(ratio[one] - ratio[two]))
    heads, rows = page.table("How often an ending changes")
    row = rows[name + (" (another start)" if name == "seed" else "")]
    value = np.mean([np.mean(group) for group in groups.values()])
    trials = len(groups) * (2 if name == "seed" else 1)  # four seeds make two disjoint pairs
    centre = scipy.stats.norm.ppf(0.975) ** 2
    middle = (value + centre / (2 * trials)) / (1 + centre / trials)
    half = np.sqrt(centre * (value * (1 - value) / trials + centre / (4 * trials ** 2))) / (1 + centre / trials)
    low, high = max(0, middle - half), min(1, middle + half)
    assert row[0] == str(sum(map(len, groups.values())))
    assert row[1] == f"{percent(value)} % {percent(low)}–{percent(high)} %"
    means = [np.mean(group) for group in changes.values()]
    low, middle, high = np.quantile(means, (0.25, 0.5, 0.75))
    assert row[-1] == f"{middle:.3g} {low:.3g}–{high:.3g}"
    kind = "trivial"
    exactly_one = {}
    for key, one, two in pairs(stored, name):
        exactly_one.setdefault(key, []).append((ending[one] == kind) != (ending[two] == kind))
    assert row[heads.index("trivial") - 1].startswith(
        f"{percent(np.mean([np.mean(group) for group in exactly_one.values()]))} %")


def test_stability(page, stored):
    ending = endings(stored)
    kinds = [len(set(ending[(stored["depth"] == depth) & (stored["lambda"] == value)]))
             for depth in (2, 4) for value in (0.004, 0.06)]
    _, rows = page.table("Stability over seeds")
    assert {text: row[0] for text, row in rows.items()} == {
        "all alike" if number == 1 else f"{number} different endings": share(kinds.count(number), 4)
        for number in set(kinds)}


def test_slowest_points_and_launches(page, stored):
    _, rows = page.table("Slowest points")
    order = np.argsort(-stored["wall_time"])[:10]
    assert list(rows) == [str(row) for row in order]
    first = rows[str(order[0])]
    assert first[:3] == [f"{stored[name][order[0]]:g}" for name in ("depth", "lambda", "seed")]
    assert first[3] == f"{stored['wall_time'][order[0]]:.3g}"
    _, launches = page.table("Launches that wrote the file: 1")
    ((start, row),) = launches.items()
    assert start == stored["launch_start"][0].tobytes().decode().rstrip("\0") and row[-1] == "16"


def test_commands_are_those_that_repeat_it(page, finished):
    with h5py.File(finished) as file:
        text = file.attrs["sweep_text"].decode()
    assert " ".join(text.split()) in page.text
    assert "dufm run small.yaml -o again-small.h5" in page.text


def test_every_figure_stands_for_itself(page):
    assert [image["alt"].split()[0] for image in page.images] == ["One", "Scatter", "Singular"]
    assert all(len(image["alt"]) > 60 for image in page.images)
    for title in ("Endings over each axis", "Losses beside the reference solutions", "Spectra by layer"):
        assert title in page.text


# ------------------------------------------------------------------ other files
def edit(path, **values):
    """Overwrite leading values of variables."""
    with h5py.File(path, "r+") as file:
        for name, value in values.items():
            file[name][:len(value)] = value


def test_a_file_with_nothing_done(copy):
    edit(copy, status=[0] * 16)
    page = made(copy)
    assert "No point is done yet" in page.text and not page.images
    assert page.table("Status of the 16 points")[1] == {"pending": ["100 % 16"]}
    assert "Figures" not in page.text and "Provenance" in page.text


def test_an_unfinished_file_with_failures(copy):
    edit(copy, status=[3, 4, 3, 0, 1], failure=[1, 2, 1], outcome=[0] * 5)
    page = made(copy)
    assert "11 are done so far (69 %)" in page.text
    assert page.table("Status of")[1] == {
        "failed": ["12 % 2"], "quarantined": ["6.2 % 1"], "pending": ["6.2 % 1"], "running": ["6.2 % 1"],
        "done": ["69 % 11"]}
    reasons = [row for row in page.tables["Points that could not be run, by reason"][1:]]
    assert reasons == [["failed", "no_convergence", "2"], ["quarantined", "signal_segv", "1"]]
    assert [row[0] for row in page.tables["These are"][1:]] == ["0", "1", "2"]


def test_diverged_points(copy):
    edit(copy, outcome=[0, 0], loss=[np.nan, np.inf])
    page = made(copy)
    assert list(page.table("Diverged: 2 points")[1]) == ["0", "1"]


def test_one_point(dufm, sweep, tmp_path):
    dufm("run", sweep("grid: {depth: [3]}\npoint: {width: 8, classes: 6, lambda: 0.01, max_steps: 50}\n"),
         "-o", "one.h5", "--quiet")
    page = made(tmp_path / "one.h5")
    assert "The sweep has 1 point over no axis: a single setting. It is done." in page.text
    assert "there is nothing to compare" in page.text and page.images


def test_a_name_that_would_be_markup(dufm, sweep, tmp_path):
    harm = "<script>alert(1)</script> & \"x\" 'y'"
    dufm("run", sweep("# <img src=x onerror=alert(2)>\nname: '" + harm.replace("'", "''") + "'\n"
                      "grid: {depth: [2, 3], seed: [0, 1]}\n"
                      "point: {width: 6, classes: 4, lambda: 0.01, max_steps: 50}\n"), "-o", "a b.h5", "--quiet")
    page = made(tmp_path / "a b.h5")
    assert harm in page.text and "<img src=x onerror=alert(2)>" in page.text
    assert "dufm run script-alert-1-script-x-y.yaml -o 'again-a b.h5'" in page.text


def test_a_file_of_an_older_schema(tmp_path):
    path = tmp_path / "older.h5"
    path.write_bytes(gzip.decompress(pathlib.Path(__file__).with_name("schema3.h5.gz").read_bytes()))
    page = made(path)
    assert "4 points over depth (2 values) and optimizer (2 values)" in page.text
    assert "schema version 3" in page.text


def test_cross_entropy_with_a_bound_alone(dufm, sweep, tmp_path):
    """As files have it that were made before the loss behind a ReLU was known."""
    dufm("run", sweep("grid: {width: [6, 8], seed: [0, 1, 2]}\npoint: {depth: 3, classes: 4, samples: 2, loss: ce, "
                      "lambda: 0.002, max_steps: 200}\n"), "-o", "ce.h5", "--quiet")
    page = made(tmp_path / "ce.h5")
    assert "below the DNC loss" in page.text and "lower bound of the DNC loss" not in page.text
    with h5py.File(tmp_path / "ce.h5", "r+") as file:
        file["loss_dnc"][:] = np.nan
    page = made(tmp_path / "ce.h5")
    assert "below the lower bound of the DNC loss" in page.text and page.images


def test_a_map_and_curves_where_two_axes_have_three_values(dufm, sweep, tmp_path):
    text = SWEEP.replace("depth: [2, 4], lambda: [0.004, 0.06]", "depth: [2, 3, 4], lambda: [0.004, 0.02, 0.06]")
    dufm("run", sweep(text, "map.yaml"), "-o", "map.h5", "-q")
    page = made(tmp_path / "map.h5")
    assert [image["alt"].split()[0] for image in page.images] == ["One", "Heat", "Curves", "Scatter", "Singular"]
    for title in ("Map over depth and lambda", "Curves over depth"):
        assert title in page.text


def test_axes_that_move_together_and_grids_with_holes(dufm, sweep, tmp_path):
    dufm("run", sweep("union:\n"
                      "  - {grid: {zip: [{depth: [2, 3], width: [6, 8]}], seed: [0, 1]}}\n"
                      "  - {grid: {learning_rate: [0.1, 0.2, 0.3]}, point: {depth: 2, width: 6}}\n"
                      "point: {classes: 4, lambda: 0.01, max_steps: 20}\n"), "-o", "x.h5", "--quiet")
    page = made(tmp_path / "x.h5")
    _, axes = page.table("Axes")
    assert axes["depth + width"][1:] == ["2", "2, 6; 3, 8"] and "learning_rate" in axes
    _, rows = page.table("How often an ending changes")
    with h5py.File(tmp_path / "x.h5") as file:
        keys = list(zip(*(file[name][:].tolist() for name in ("depth", "seed", "learning_rate"))))
    for name, place in (("depth and what moves with it", 0), ("seed (another start)", 1), ("learning_rate", 2)):
        count = sum(all((a == b) != (i == place) for i, (a, b) in enumerate(zip(one, two)))
                    for one, two in itertools.combinations(keys, 2))
        assert rows[name][0] == str(count) and count


def test_the_page_does_not_grow_with_the_points(dufm, sweep, tmp_path):
    dufm("run", sweep("grid: {lambda: {logspace: [1e-4, 1e-1, 60]}, depth: [1, 2], seed: {range: [0, 24]}}\n"
                      "point: {width: 4, classes: 3, max_steps: 4}\noutput: {history: 4, gram: false}\n"),
         "-o", "many.h5", "--quiet")
    page = made(tmp_path / "many.h5")
    assert "3,000 points" in page.text and page.tags["tr"] < 130
    assert len(page.table("Endings over lambda")[1]) == 16
    assert sum(int(row[0]) for row in page.table("Endings over lambda")[1].values()) == 3000


def test_while_it_is_written(dufm, sweep, tmp_path):
    path = sweep(LONGER.replace("40000", "200000"))
    process = dufm.start("run", path, "-o", "live.h5", "--quiet")
    try:
        wait_until_done(dufm, process, tmp_path / "live.h5", 3)
        page = made(tmp_path / "live.h5")
    finally:
        dufm.kill_group(process)
        process.communicate()
    assert re.search(r"60 points over depth \(2 values\) and 30 seeds", page.text)


def test_command_line(finished, tmp_path):
    done = script("report.py", finished, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "small_report.html\n", "")
    assert (tmp_path / "small_report.html").exists()
    done = script("report.py", tmp_path / "missing.h5", folder=tmp_path)
    assert done.returncode == 2 and "no such file" in done.stderr and "Traceback" not in done.stderr


# ------------------------------------------------------------------ statistics
def test_differences_are_those_of_all_pairs():
    random = np.random.default_rng(1)
    group = random.integers(0, 12, 60)
    group = np.unique(group, return_inverse=True)[1]
    values = np.round(random.normal(size=60), 1)  # with ties
    found = sensitivity.differences(values, group)
    for number in range(group.max() + 1):
        of_group = values[group == number]
        wanted = [abs(a - b) for a, b in itertools.combinations(of_group, 2)]
        assert np.isnan(found[number]) if not wanted else np.isclose(found[number], np.mean(wanted))


def test_groups_of_points_and_a_value_in_time(finished):
    import sweepfile
    with sweepfile.open_finished(finished) as (data, _):
        data = data.load()
    found = shares.groups(data, ["lambda", "depth"])
    assert [key for key, _ in found] == [(0.004, 2), (0.004, 4), (0.06, 2), (0.06, 4)]
    assert all((points["depth"].values == key[1]).all() and points.sizes["config"] == 4 for key, points in found)
    assert shares.groups(data.isel(config=[]), ["depth"]) == []
    for factor in (-1.0, 0.0, 0.3, 0.5, 1.0, 2.0):
        steps = factor * data["steps"].values
        wanted = [trajectories.at(data, "history_loss", row, step) for row, step in enumerate(steps)]
        assert np.allclose(trajectories.at_each(data, "history_loss", steps), wanted, rtol=1e-12)
