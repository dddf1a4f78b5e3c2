"""dufm run: the same bits at any number of ranks, its messages and exit codes."""
import json
import os
import pty
import subprocess

import h5py
import pytest
from sweeps import DONE, LONGER, SMALL, SMALL_POINTS, assert_same_results, column


def test_ranks_do_not_matter(dufm, sweep):
    path = sweep(SMALL)
    dufm("run", path, "-o", "1.h5")
    assert (column(dufm.folder / "1.h5", "status") == DONE).sum() == SMALL_POINTS
    for ranks in (2, 3, 5):
        dufm("run", path, "-o", f"{ranks}.h5", ranks=ranks)
        assert_same_results(dufm.folder / "1.h5", dufm.folder / f"{ranks}.h5")


def test_says_what_it_did(dufm, sweep):
    done = dufm("run", sweep(SMALL), "-o", "out.h5", ranks=2)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert all(line.startswith("dufm: ") for line in lines), lines
    assert f"{SMALL_POINTS} points to run on 1 worker" in lines[0]
    assert f"{SMALL_POINTS} points run in" in lines[-1]
    assert "out.h5" in lines[-1]


def test_second_run_does_nothing(dufm, sweep):
    path = sweep(SMALL)
    dufm("run", path, "-o", "out.h5")
    before = column(dufm.folder / "out.h5", "checksum").tobytes()
    again = dufm("run", path, "-o", "out.h5", ranks=2)
    assert f"all {SMALL_POINTS} points are done already" in again.stderr
    assert column(dufm.folder / "out.h5", "checksum").tobytes() == before


def test_output_is_named_after_the_sweep(dufm, sweep):
    (dufm.folder / "elsewhere").mkdir()
    sweep(SMALL, "elsewhere/some.sweep.yaml")
    dufm("run", "elsewhere/some.sweep.yaml")
    assert (dufm.folder / "some.sweep.h5").exists()
    left = {path.name for path in dufm.folder.glob("*.h5*")}
    assert left == {"some.sweep.h5"}


def test_quiet_and_no_progress(dufm, sweep):
    path = sweep(SMALL)
    assert dufm("run", path, "-o", "a.h5", "--quiet", ranks=2).stderr == ""
    lines = dufm("run", path, "-o", "b.h5", "--no-progress").stderr.splitlines()
    assert len(lines) == 2, lines


def test_bar_on_a_terminal(dufm, sweep):
    master, terminal = pty.openpty()
    process = subprocess.Popen(dufm.command("run", sweep(LONGER), "-o", "out.h5"), stderr=terminal,
                               cwd=dufm.folder, env=dufm.environment)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # the terminal's other end was closed
        pass
    os.close(master)
    assert process.wait(timeout=60) == 0
    assert b"\r[#" in shown and b" left" in shown
    assert shown.split(b"\r\033[K")[-1].startswith(b"dufm: 60 points run in")


def test_mixture_is_told(dufm, sweep):
    path = sweep(SMALL)
    assert "warning" not in dufm("run", path, "-o", "out.h5").stderr
    assert "warning" not in dufm("run", path, "-o", "out.h5").stderr
    with h5py.File(dufm.folder / "out.h5", "r+") as file:
        file["launch_fingerprint"][1, 0] = b"?"
    done = dufm("run", path, "-o", "out.h5", ranks=2)
    assert done.stderr.count("had another program, CPU or libraries") == 1
    facts = json.loads(dufm("status", "out.h5", "--json").stdout)
    assert (facts["launches"], facts["fingerprints"]) == (3, 2)


def test_divergence_is_a_result(dufm, sweep):
    done = dufm("run", sweep(SMALL.replace("learning_rate: 0.5", "learning_rate: 1e6")),
                "-o", "out.h5", ranks=2)
    assert "failed" not in done.stderr
    assert (column(dufm.folder / "out.h5", "status") == DONE).all()
    assert (column(dufm.folder / "out.h5", "stop_reason") == 5).all()  # diverged
    assert (column(dufm.folder / "out.h5", "outcome") == 0).all()      # none


TOO_MANY = SMALL.replace("{log2: [-8, -6]}", "{logspace: [1e-4, 1e-2, 20000]}") \
                .replace("seed: {range: [0, 2]}", "seed: {range: [0, 99999]}")


@pytest.mark.parametrize("ranks", [None, 2])
@pytest.mark.parametrize("text, arguments, message", [
    (None, [], "no sweep file given"),
    (None, ["missing.yaml"], "missing.yaml"),
    (SMALL.replace("depth:", "dpeth:"), ["sweep.yaml"], "dpeth"),
    (SMALL, ["sweep.yaml", "--outptu", "x.h5"], "did you mean --output"),
    (SMALL, ["sweep.yaml", "other.yaml"], "one argument too many"),
    (SMALL, ["sweep.yaml", "-o", "no/such/folder/x.h5"], "no/such/folder"),
    (TOO_MANY, ["sweep.yaml"], "too many"),
], ids=["no sweep", "missing", "unknown key", "unknown option", "surplus", "no folder",
        "too many"])
def test_bad_input_is_one_message(dufm, sweep, ranks, text, arguments, message):
    if text is not None:
        sweep(text)
    done = dufm("run", *arguments, ranks=ranks, expect=2)
    assert done.stderr.count("dufm run: ") == 1, done.stderr
    assert message in done.stderr
    assert not list(dufm.folder.glob("**/*.h5*"))


def test_file_of_another_sweep_is_refused(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5")
    before = (dufm.folder / "out.h5").read_bytes()
    other = sweep(SMALL.replace("width: [8, 10]", "width: [8, 11]"), "other.yaml")
    done = dufm("run", other, "-o", "out.h5", ranks=2, expect=2)
    assert "width" in done.stderr
    assert (dufm.folder / "out.h5").read_bytes() == before
