"""dufm run on a disk that fills up: one message, exit 1, finished rows kept, then resumed."""
import os
import pathlib
import subprocess

import pytest
from sweeps import DONE, LONGER, LONGER_POINTS, column

SOURCE = pathlib.Path(__file__).with_name("fail_write.c")


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "fail_write.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"],
                   check=True)
    return path


@pytest.mark.parametrize("ranks, rank, after", [(None, 0, 100), (3, 1, 0), (3, 2, 100)])
def test_failed_write_stops_all(dufm, sweep, shim, ranks, rank, after):
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    dufm.environment.update(FAIL_RANK=str(rank), FAIL_AFTER=str(after), FAIL_FILE=str(out))
    command = dufm.command("run", path, "-o", out, ranks=ranks)
    program = len(command) - len(dufm.command("run", path, "-o", out))
    command[program:program] = ["env", f"LD_PRELOAD={shim}"]
    done = subprocess.run(command, cwd=dufm.folder, env=dufm.environment, text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("dufm run: ") == 1, done.stderr
    message = next(line for line in done.stderr.splitlines() if line.startswith("dufm run: "))
    assert "writ" in message
    assert (f"rank {rank}: " in message) == (ranks is not None)
    finished = column(out, "status") == DONE
    assert finished.sum() < LONGER_POINTS
    kept = column(out, "checksum")[finished].tobytes()

    dufm("run", path, "-o", out, ranks=2)
    assert (column(out, "status") == DONE).all()
    assert column(out, "checksum")[finished].tobytes() == kept
