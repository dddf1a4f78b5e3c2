"""dufm run looks whether the file system keeps what is written, before it writes."""
import os
import pathlib
import subprocess

import pytest
from sweeps import DONE, SMALL, SMALL_POINTS, column

SOURCE = pathlib.Path(__file__).with_name("probe.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("probe") / "probe.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"],
                   check=True)
    return path


@pytest.fixture
def run(dufm, sweep, library):
    """run(ranks, SETTING=value) -> exit code and what was said; the probe is gone."""
    path = sweep(SMALL)

    def start(ranks, **settings):
        command = dufm.command("run", path, "-o", "out.h5", ranks=ranks)
        program = len(command) - len(dufm.command("run", path, "-o", "out.h5"))
        command[program:program] = ["env", f"LD_PRELOAD={library}",
                                    *(f"PROBE_{key}={value}" for key, value in settings.items())]
        done = subprocess.run(command, cwd=dufm.folder, env=dufm.environment, text=True,
                              capture_output=True, timeout=180)
        assert not list(dufm.folder.glob("*.probe"))
        assert not list(dufm.folder.glob("*.lock"))
        return done.returncode, done.stderr
    return start


@pytest.mark.parametrize("ranks, settings, cause", [
    (None, {"READ": "corrupt"}, "what rank 0 wrote was read as something else"),
    (3, {"READ": "corrupt", "RANK": 1}, "rank 1: what rank 2 wrote was read as something else"),
    (3, {"READ": "stale", "RANK": 2}, "rank 2: what rank 0 wrote was read as something else"),
    # Open MPI tells of the error, but returns success: the bytes show it.
    (2, {"READ": "fail", "RANK": 1}, "rank 1: what rank 0 wrote was read as something else"),
    (2, {"SYNC": "fail", "RANK": 0}, "cannot write out.h5.probe"),
    (2, {"SYNC": "fail", "RANK": 1}, "MPI_File_sync failed"),
])
def test_a_file_system_that_loses_writes_is_refused(dufm, run, ranks, settings, cause):
    code, text = run(ranks, **settings)
    assert code == 1, text
    assert cause in text and "File system: " in text
    assert text.count("dufm run: ") == 1, text
    assert not (dufm.folder / "out.h5").exists()
    dufm("run", "sweep.yaml", "-o", "out.h5", ranks=ranks)  # and then it is gone


@pytest.mark.parametrize("magic, name, remedy", [
    (0x6969, "NFS", "noac"), (0x0bd00bd0, "Lustre", "flock"), (0x0bd00bd0, "Lustre", "setstripe"),
    (0x47504653, "GPFS", "coherent"), (0x01021994, "tmpfs", "one node"),
    (0x12345678, "not known", "another file system")])
@pytest.mark.parametrize("ranks", [None, 2])
def test_the_file_system_is_named_with_a_remedy(run, magic, name, remedy, ranks):
    code, text = run(ranks, READ="corrupt", TYPE=magic)
    assert code == 1, text
    assert f"File system: {name}" in text.replace("of a kind ", "") and remedy in text
    assert ("romio321" in text) == (ranks is not None)  # MPI-IO's other implementation


def test_an_existing_file_is_not_touched(dufm, run):
    dufm("run", "sweep.yaml", "-o", "out.h5")
    before = (dufm.folder / "out.h5").read_bytes()
    code, text = run(2, READ="corrupt")
    assert code == 1, text
    assert (dufm.folder / "out.h5").read_bytes() == before


@pytest.mark.parametrize("ranks", [None, 2])
def test_a_full_disk_only_warns(dufm, run, ranks):
    """The result file has its space already, and its creation looks by itself."""
    code, text = run(ranks, SPACE="none")
    assert code == 0 and text.count("warning: no space is left for out.h5.probe") == 1, text
    assert (column(dufm.folder / "out.h5", "status") == DONE).sum() == SMALL_POINTS


def test_a_probe_that_was_left_is_taken_away(dufm, run):
    (dufm.folder / "out.h5.probe").write_bytes(b"x" * 100000)
    code, text = run(2)
    assert code == 0, text
