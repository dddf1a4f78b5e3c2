"""dufm run: the same bits at any number of ranks, its messages and exit codes."""
import json
import os
import pty
import subprocess

import h5py
import pytest
from sweeps import DONE, LONGER, SMALL, SMALL_POINTS, assert_same_results, column


# Other optimizers, activations and starts, and matrices that BLAS multiplies: both sides above 64.
KINDS = """
name: kinds
union:
  - grid: {optimizer: [gd, momentum], activation: [relu, linear], samples: [1, 2], depth: [1, 3]}
    point: {width: 9, classes: 5}
  - grid: {init: [dnc, srg, clique], init_noise: [0, 0.01]}
    point: {width: 20, classes: 10, depth: 4}
  - grid: {depth: [2, 4], optimizer: [gd, momentum]}
    point: {width: 70, classes: 10, samples: 7}
point: {lambda: 0.004, learning_rate: 0.1, max_steps: 150, decay_steps: 50}
output: {history: 8, gram: true, weights: true}
"""


@pytest.mark.parametrize("text, points", [(SMALL, SMALL_POINTS), (KINDS, 26)],
                         ids=["small", "kinds"])
def test_ranks_do_not_matter(dufm, sweep, text, points):
    path = sweep(text)
    dufm("run", path, "-o", "1.h5")
    assert (column(dufm.folder / "1.h5", "status") == DONE).sum() == points
    for ranks in (2, 3, 5):
        dufm("run", path, "-o", f"{ranks}.h5", ranks=ranks)
        assert_same_results(dufm.folder / "1.h5", dufm.folder / f"{ranks}.h5")


def test_alone_it_starts_no_mpi(dufm, sweep, tmp_path):
    """Of MPI's singletons, all of one user share a folder. Where a launcher says that it has started
    several, MPI is started: it fails here."""
    library = tmp_path / "no_mpi.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, "-xc", "-"],
                   input="int MPI_Init_thread(void) { return 16; }", text=True, check=True)
    path, outputs = sweep(SMALL), {}
    for tasks in "12":
        process = dufm.start("run", path, "-o", f"{tasks}.h5", preload=[library], SLURM_STEP_NUM_TASKS=tasks)
        outputs[tasks] = process.communicate(timeout=120)[1], process.returncode
    assert outputs["1"][1] == 0, outputs
    assert (column(dufm.folder / "1.h5", "status") == DONE).all()
    assert "MPI_Init_thread failed" in outputs["2"][0] and outputs["2"][1] == 1
    assert not (dufm.folder / "2.h5").exists()


@pytest.mark.parametrize("ranks", [None, 3])
def test_nobody_reads_what_it_says(dufm, sweep, ranks):
    """As at the head of a pipe: the work goes on."""
    process = dufm.start("run", sweep(SMALL), "-o", "out.h5", ranks=ranks)
    process.stderr.close()
    process.stdout.close()
    assert process.wait(timeout=180) == 0
    assert (column(dufm.folder / "out.h5", "status") == DONE).all()


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
    assert process.wait(timeout=180) == 0
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
    other = sweep(SMALL.replace("width: [8, 10]", "width: [9, 11]"), "other.yaml")
    done = dufm("run", other, "-o", "out.h5", ranks=2, expect=2)
    assert "width" in done.stderr
    assert (dufm.folder / "out.h5").read_bytes() == before
