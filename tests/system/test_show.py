"""dufm show: columns, conditions, order, averages and formats, against the file itself."""
import csv
import io
import json
import signal

import h5py
import numpy
import pytest
from sweeps import DONE, LONGER, on_terminal, wait_until_done

# 48 points of two depths; some collapse, some do not.
SWEEP = """
name: shown
grid:
  depth: [2, 3]
  width: [8, 10]
  lambda: {log2: [-8, -5]}
  seed: {range: [0, 2]}
point: {classes: 4, samples: 2, learning_rate: 0.5, max_steps: 600}
output: {history: 4, gram: true}
"""
ROWS = 48
TOLERANCE = 2  # of least_rank: 1e-3


class Shown:
    """A finished file, what it holds, and the answers of `dufm show` about it."""

    def __init__(self, dufm, path):
        self.dufm, self.path = dufm, path
        with h5py.File(path) as file:
            self.data = {name: data[()] for name, data in file.items() if data.shape}
            self.outcomes = file["outcome"].attrs["flag_meanings"].decode().split()

    def lines(self, *arguments):
        return self.dufm("show", self.path, *arguments).stdout.splitlines()

    def csv(self, *arguments):
        """Columns by title, as texts."""
        rows = list(csv.reader(io.StringIO("\n".join(self.lines("--csv", *arguments)))))
        return {title: [row[i] for row in rows[1:]] for i, title in enumerate(rows[0])}

    def json(self, *arguments):
        return [json.loads(line) for line in self.lines("--jsonl", *arguments)]

    def refusal(self, *arguments):
        done = self.dufm("show", self.path, *arguments, expect=2)
        assert done.stdout == ""
        return done.stderr


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    from conftest import Program
    folder = tmp_path_factory.mktemp("shown")
    (folder / "sweep.yaml").write_text(SWEEP)
    dufm = Program(folder)
    dufm("run", "sweep.yaml", "-o", "out.h5", "--quiet")
    return Shown(dufm, folder / "out.h5")


def numbers(texts):
    return numpy.array([float(text) if text else numpy.nan for text in texts])


# ---- columns -------------------------------------------------------------------------------

def test_table_for_people(result):
    done = result.dufm("show", result.path, "--limit", 5)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0][:8] == ["row", "depth", "width", "lambda", "seed", "status", "outcome", "loss"]
    assert len(lines) == 6 and {len(line) for line in lines} == {len(lines[0])}
    assert "5 of 48 rows" in done.stderr
    assert lines[1][5] == "done"
    assert {len(line) for line in done.stdout.splitlines()} == {len(done.stdout.splitlines()[0])}


def test_every_scalar_is_exact(result):
    shown = result.csv()
    for name, values in result.data.items():
        if values.shape != (ROWS,) or name == "config":  # a dimension
            continue
        with h5py.File(result.path) as file:
            names = file[name].attrs.get("flag_meanings")
        if names is not None:
            names = names.decode().split()
            assert shown[name] == [names[value] for value in values], name
        elif values.dtype.kind == "i":
            assert shown[name] == ["" if value == -1 else str(value) for value in values], name  # -1: not measured
        else:
            numpy.testing.assert_array_equal(numbers(shown[name]), values, err_msg=name)
    assert shown["point_id"] == [row.tobytes().decode() for row in result.data["point_id"]]


def test_elements_count_from_the_ends(result):
    data = result.data
    names = ["rank_mean_post[1,2]", "rank_mean_post[-1,-2]", "sv_weight[0,3]", "gram_post[1,0,-1]",
             "nc2_frame_post[-1]", "nc2_frame_post[-2]"]
    shown = result.csv("--columns", ",".join(names))
    assert list(shown) == names
    last = data["depth"] - 1
    rows = numpy.arange(ROWS)
    for name, values in zip(names, [data["rank_mean_post"][:, 1, 2],
                                    data["rank_mean_post"][rows, last, -2],
                                    data["sv_weight"][:, 0, 3], data["gram_post"][:, 1, 0, -1],
                                    data["nc2_frame_post"][rows, last],
                                    data["nc2_frame_post"][rows, last - 1]]):
        numpy.testing.assert_array_equal(numbers(shown[name]), values, err_msg=name)


def test_lists_and_columns_made_from_others(result):
    data = result.data
    rows = result.json("--columns", "row,lambdas,loss_ratio,least_rank,history_step")
    ranks = numpy.where(data["rank_mean_post"] < 0, 99, data["rank_mean_post"])
    for i, row in enumerate(rows):
        assert row["row"] == i
        assert row["lambdas"] == list(data["lambdas"][i][:data["depth"][i]])
        assert row["history_step"] == [s if s >= 0 else None for s in data["history_step"][i]][
            :len(row["history_step"])]
        assert row["loss_ratio"] == pytest.approx(data["loss"][i] / data["loss_dnc"][i], rel=1e-15)
        assert row["least_rank"] == ranks[i, 1:, TOLERANCE].min()
    lists = result.csv("--columns", "lambdas")["lambdas"]
    assert [float(x) for x in lists[-1].split(";")] == rows[-1]["lambdas"]


def test_loss_over_the_graph_solution(dufm, sweep):
    sweep("grid: {classes: [6, 7, 10], seed: [0, 1]}\n"
          "point: {depth: 3, width: 12, lambda: 0.004, max_steps: 20}\n")
    dufm("run", "sweep.yaml", "-o", "out.h5")
    shown = dufm("show", "out.h5", "--columns", "classes,loss,loss_srg,loss_ratio_srg", "--jsonl")
    for row in map(json.loads, shown.stdout.splitlines()):
        assert (row["loss_srg"] is None) == (row["classes"] == 7)
        assert row["loss_ratio_srg"] == (None if row["loss_srg"] is None else
                                         pytest.approx(row["loss"] / row["loss_srg"], rel=1e-15))
    better = dufm("show", "out.h5", "--where", "loss_ratio_srg < 100", "--columns", "row", "--csv")
    assert len(better.stdout.splitlines()) == 1 + 4


def test_undefined_values(result):
    """NaN is null, nothing, or '-'; infinity is null or inf."""
    assert numpy.isnan(result.data["loss_srg"]).all()
    chosen = ["--columns", "loss_srg,max_seconds", "--limit", "1"]
    assert result.json(*chosen) == [{"loss_srg": None, "max_seconds": None}]
    assert result.lines("--csv", *chosen)[1] == ",inf"
    assert result.lines(*chosen)[1].split() == ["-", "inf"]


def test_names_lists_what_can_be_shown(result):
    text = result.lines("--names")
    names = {line.split("[")[0].split()[0] for line in text}
    on_config = {name for name, data in result.data.items() if len(data) == ROWS and name != "config"}
    assert on_config - names == set()
    assert names - on_config == {"row", "loss_ratio", "loss_ratio_srg", "least_rank"}
    assert any(line.startswith("rank_mean_post[layer 3, tolerance 4] ") for line in text)
    assert any(line.startswith("wall_time ") and line.endswith("(s)") for line in text)


@pytest.mark.parametrize("arguments, message", [
    (["--columns", "losss"], "did you mean loss?"),
    (["--columns", "zzzzzz"], "--names lists all"),
    (["--columns", "loss,,steps"], "a name is missing"),
    (["--columns", "loss[0]"], "takes no index"),
    (["--columns", "gram_pre"], "3 indices (layer, class_row, class_column)"),
    (["--columns", "rank_mean_post[1]"], "2 indices (layer, tolerance)"),
    (["--columns", "rank_mean_post[3,0]"], "from 0 to 2"),
    (["--columns", "rank_mean_post[0,-5]"], "outside of tolerance"),
    (["--columns", "rank_mean_post[0"], "one looks like"),
    (["--sort", "point_id"], "only columns of single numbers"),
    (["--sort", "lambdas"], "only columns of single numbers"),
    (["--sort", "-"], "one looks like"),
    (["--where", "depht = 3"], "did you mean 'depth'"),
    (["--where", "outcome = dcn"], "did you mean 'dnc'"),
    (["--where", "depth ="], "--where: column 8"),
    (["--where", "rank_mean_post[7,1] < 3"], "from 0 to 2"),
    (["--where", "point_id = 3"], "no single number"),
    (["--by", "dept"], "did you mean depth?"),
    (["--by", "depth", "--columns", "outcome"], "only numbers have a mean"),
    (["--by", "depth", "--sort", "loss"], "the columns are depth, count"),
    (["--csv", "--jsonl"], "keep one"),
    (["--limit", "-1"], "0 for all"),
])
def test_refusals(result, arguments, message):
    assert message in result.refusal(*arguments)


# ---- rows ----------------------------------------------------------------------------------

@pytest.mark.parametrize("condition, expected", [
    ("depth = 3 and lambda < 0.01", lambda d: (d["depth"] == 3) & (d["lambda"] < 0.01)),
    ("outcome = dnc or loss / loss_dnc < 1.1",
     lambda d: (d["outcome"] == 2) | (d["loss"] / d["loss_dnc"] < 1.1)),
    ("not seed in [0, 2]", lambda d: d["seed"] == 1),
    ("rank_mean_post[1,0] < 4 and width = 2 * classes",
     lambda d: (d["rank_mean_post"][:, 1, 0] < 4) & (d["width"] == 8)),
    ("nc2_frame_post[-1] < 0.05",
     lambda d: d["nc2_frame_post"][numpy.arange(ROWS), d["depth"] - 1] < 0.05),
    ("loss_srg > 0", lambda d: d["depth"] > 99),
    ("least_rank = 4 and row >= 40", lambda d: numpy.arange(ROWS) >= 40),
])
def test_where(result, condition, expected):
    shown = result.csv("--where", condition, "--columns", "row")
    assert shown["row"] == [str(row) for row in numpy.flatnonzero(expected(result.data))]


@pytest.mark.parametrize("arguments, sign", [(["--sort", "loss"], 1), (["--sort", "-loss"], -1)])
def test_sort(result, arguments, sign):
    order = numpy.argsort(sign * result.data["loss"], kind="stable")
    shown = result.csv(*arguments, "--columns", "row,loss")
    assert shown["row"] == [str(row) for row in order]
    assert list(numbers(shown["loss"])) == list(result.data["loss"][order])
    first = result.csv(*arguments, "--columns", "row", "--limit", 3, "--where", "depth = 2")
    assert first["row"] == [str(row) for row in order if result.data["depth"][row] == 2][:3]


def test_undefined_keys_come_last_and_ties_keep_their_order(result):
    width = result.data["width"]
    rows = result.csv("--sort", "-width", "--columns", "row")["row"]
    assert [int(row) for row in rows] == sorted(range(ROWS), key=lambda row: (-width[row], row))
    for sign in "", "-":
        rows = result.csv("--sort", f"{sign}sv_weight[2,0]", "--columns", "row")["row"]
        assert all(result.data["depth"][int(row)] == 2 for row in rows[ROWS // 2:])


def test_limit_says_what_is_left_out(result):
    done = result.dufm("show", result.path, "--where", "depth = 2", "--limit", 4)
    assert len(done.stdout.splitlines()) == 5 and "the first 4 rows that match" in done.stderr
    done = result.dufm("show", result.path, "--where", "depth = 2", "--limit", 24)
    assert len(done.stdout.splitlines()) == 25 and done.stderr == ""


# ---- averages ------------------------------------------------------------------------------

def wilson(hits, count, z=1.959963984540054):
    p = hits / count
    centre, half = p + z * z / (2 * count), z * numpy.sqrt(p * (1 - p) / count + (z / count) ** 2 / 4)
    return (centre - half) / (1 + z * z / count), (centre + half) / (1 + z * z / count)


def test_averages_over_the_rest(result):
    data = result.data
    groups = result.json("--by", "depth,lambda", "--columns", "loss,steps", "--where", "width = 8")
    keys = list(dict.fromkeys(zip(data["depth"], data["lambda"])))
    assert [(group["depth"], group["lambda"]) for group in groups] == keys
    for group in groups:
        own = ((data["depth"] == group["depth"]) & (data["lambda"] == group["lambda"])
               & (data["width"] == 8))
        assert group["count"] == own.sum() == 3
        assert group["loss_mean"] == pytest.approx(data["loss"][own].mean(), rel=1e-14)
        assert group["loss_sd"] == pytest.approx(data["loss"][own].std(ddof=1), rel=1e-12)
        assert group["steps_mean"] == data["steps"][own].mean()
        for code, name in enumerate(result.outcomes):
            hits = (data["outcome"][own] == code).sum()
            assert group[f"share_{name}"] == pytest.approx(hits / 3)
            low, high = wilson(hits, 3)
            assert group[f"share_{name}_from"] == pytest.approx(low, abs=1e-12)
            assert group[f"share_{name}_to"] == pytest.approx(high, abs=1e-12)


def test_averages_by_a_name_and_a_list(result):
    data = result.data
    groups = result.csv("--by", "outcome,lambdas", "--columns", "least_rank")
    assert sum(map(int, groups["count"])) == ROWS
    pairs = {(result.outcomes[o], tuple(l[~numpy.isnan(l)]))
             for o, l in zip(data["outcome"], data["lambdas"])}
    assert len(groups["count"]) == len(pairs)
    for outcome, share in zip(groups["outcome"], zip(*(groups[f"share_{name}"]
                                                       for name in result.outcomes))):
        assert [float(x) for x in share] == [float(name == outcome) for name in result.outcomes]


def test_averages_as_a_table(result):
    lines = result.lines("--by", "depth", "--sort", "-depth")
    titles = lines[0].split()
    assert titles[:2] == ["depth", "count"] and len(lines) == 3
    assert [line.split()[:2] for line in lines[1:]] == [["3", "24"], ["2", "24"]]
    codes = {code for code in result.data["outcome"]}
    assert [t for t in titles if t.startswith("share_")] == [
        f"share_{name}" for code, name in enumerate(result.outcomes) if code in codes]
    assert "[" in lines[1] and titles[-2:] == ["least_rank_mean", "least_rank_sd"]
    sorted_lines = result.csv("--by", "seed,width", "--sort", "loss_mean", "--limit", 4)
    means = numbers(sorted_lines["loss_mean"])
    assert len(means) == 4 and list(means) == sorted(means)


# ---- terminals, writers, other files -------------------------------------------------------

@pytest.mark.parametrize("columns", [40, 80, 200])
def test_table_fits_the_terminal(result, columns):
    command = result.dufm.command("show", result.path, "--limit", 3)
    lines = on_terminal(command, result.dufm.folder, columns).splitlines()
    assert len(lines) == 4 and max(map(len, lines)) <= columns
    assert lines[0].split()[:2] == ["row", "depth"]
    assert len(lines[0].split()) < 14 or columns == 200
    chosen = on_terminal([*command, "--columns", "point_id,result_hash,checksum"],
                         result.dufm.folder, 40).splitlines()
    assert chosen[0].split() == ["point_id", "result_hash", "checksum"]


def test_while_a_job_writes(dufm, sweep):
    """A row is whole, or shows its parameters only."""
    out = dufm.folder / "out.h5"
    process = dufm.start("run", sweep(LONGER.replace("40000", "200000")), "-o", out)
    wait_until_done(dufm, process, out, 3)
    rows = [json.loads(line) for line in dufm("show", out, "--jsonl").stdout.splitlines()]
    groups = [json.loads(line) for line in
              dufm("show", out, "--jsonl", "--by", "depth").stdout.splitlines()]
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=180)
    done = [row for row in rows if row["status"] == "done"]
    assert 3 <= len(done) < len(rows) == 60
    with h5py.File(out) as file:
        loss = file["loss"][()]
        assert (file["status"][()] == DONE).sum() >= len(done)
    for i, row in enumerate(rows):
        assert row["depth"] in (3, 4) and row["seed"] == i % 30
        assert row["loss"] == (loss[i] if row["status"] == "done" else None)
        assert (row["checksum"] is None) == (row["outcome"] is None) == (row["status"] != "done")
    assert 3 <= sum(group["count"] for group in groups) < 60


def test_more_rows_than_a_block(dufm, sweep):
    """Blocks and pages meet without a seam."""
    text = ("name: many\ngrid: {seed: {range: [0, 2999]}}\n"
            "point: {depth: 1, width: 2, classes: 2, lambda: 0.1, max_steps: 1}\n"
            "output: {history: 0}\n")
    dufm("run", sweep(text), "-o", "out.h5", "--quiet")
    loss = h5py.File(dufm.folder / "out.h5")["loss"][()]
    for arguments, order in [([], range(3000)), (["--sort", "-loss"],
                                                 numpy.argsort(-loss, kind="stable"))]:
        lines = dufm("show", "out.h5", "--csv", "--columns", "row,loss", *arguments).stdout.split()
        rows = [line.split(",") for line in lines[1:]]
        assert [(int(row), float(x)) for row, x in rows] == [(row, loss[row]) for row in order]
    assert len(dufm("show", "out.h5", "--limit", "0").stdout.splitlines()) == 3001


def test_bad_files(dufm):
    (dufm.folder / "text.h5").write_text("not HDF5")
    for arguments, message in [(["missing.h5"], "missing.h5"), (["text.h5"], "not an HDF5 file"),
                               ([], "no result file given")]:
        assert message in dufm("show", *arguments, expect=2).stderr
