"""A file of schema version 3, written before the parameters of Adam, L-BFGS and schedules: it is
read without what it lacks, and never written."""
import gzip
import json
import pathlib

import pytest

SWEEP = """\
name: older
grid: {depth: [2, 3], optimizer: [gd, momentum]}
point: {width: 6, classes: 4, samples: 2, lambda: 0.004, learning_rate: 0.3, max_steps: 50}
output: {history: 4, gram: false}
"""


@pytest.fixture
def older(dufm):
    packed = pathlib.Path(__file__).with_name("schema3.h5.gz").read_bytes()
    path = dufm.folder / "older.h5"
    path.write_bytes(gzip.decompress(packed))
    return path


def test_it_is_read(dufm, older):
    rows = [json.loads(line) for line in
            dufm("show", older, "--columns", "depth,optimizer,loss,steps", "--jsonl").stdout.splitlines()]
    assert [(row["depth"], row["optimizer"], row["steps"]) for row in rows] == [
        (2, "gd", 50), (2, "momentum", 50), (3, "gd", 50), (3, "momentum", 50)]
    status = json.loads(dufm("status", older, "--json").stdout)
    assert status["status"]["done"] == 4 and status["use"] is None
    assert dufm("verify", older).stdout.endswith("4 rows (4 done): whole\n")


def test_what_it_lacks(dufm, older):
    assert "no column 'evaluations' in this file" in dufm("show", older, "--columns", "evaluations",
                                                          expect=2).stderr


def test_a_damaged_byte_is_found(dufm, older):
    data = bytearray(older.read_bytes())
    data[len(data) // 2] ^= 1
    older.write_bytes(data)
    assert "whole" not in dufm("verify", older, expect=1).stdout


def test_it_is_not_written(dufm, sweep, older):
    before = older.read_bytes()
    path = sweep(SWEEP)
    grown = sweep(SWEEP.replace("[2, 3]", "[2, 3, 4]"), "grown.yaml")
    dufm("run", path, "-o", "new.h5", "--quiet")
    for words in (["run", path, "-o", older], ["run", grown, "-o", older],
                  ["merge", older, "new.h5", "-o", "x.h5"], ["merge", "new.h5", older, "-o", "x.h5"],
                  ["salvage", older, "-o", "x.h5"]):
        said = dufm(*words, expect=2).stderr
        assert "older.h5 has schema version 3" in said and "use the program that wrote it" in said
    assert older.read_bytes() == before and not (dufm.folder / "x.h5").exists()


def test_its_points_are_the_same_ones(dufm, sweep, older):
    """Parameters that came later do not change the identity of a point that does not use them."""
    dufm("run", sweep(SWEEP), "-o", "new.h5", "--quiet")
    ids = [[json.loads(line)["point_id"] for line in
            dufm("show", path, "--columns", "point_id", "--jsonl").stdout.splitlines()]
           for path in (older, "new.h5")]
    assert ids[0] == ids[1] and len(set(ids[0])) == 4
