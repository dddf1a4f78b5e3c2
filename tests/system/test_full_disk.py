"""dufm run on a disk that fills up: one message, exit 1, finished rows kept, then resumed."""
import os
import pathlib
import re
import signal
import subprocess

import pytest
from sweeps import (DONE, LONGER, LONGER_POINTS, SMALL, SMALL_POINTS, assert_same_results,
                    column)
from test_checkpoint import checkpoints, interrupt, text

SOURCE = pathlib.Path(__file__).with_name("fail_write.c")


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "fail_write.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"],
                   check=True)
    return path


@pytest.fixture
def failing(dufm, shim):
    """Run with the library preloaded and exit 1; the one message."""
    def run(*arguments, ranks=None, **settings):
        dufm.environment.update({f"FAIL_{name}": str(value) for name, value in settings.items()})
        command = dufm.command(*arguments, ranks=ranks)
        program = len(command) - len(dufm.command(*arguments))
        command[program:program] = ["env", f"LD_PRELOAD={shim}"]
        done = subprocess.run(command, cwd=dufm.folder, env=dufm.environment, text=True,
                              capture_output=True, timeout=180)
        assert done.returncode == 1, done.stderr
        [message] = [line for line in done.stderr.splitlines() if line.startswith("dufm run: ")]
        return message
    return run


class Disk:
    """A file system of its own, in memory."""

    def __init__(self, folder, kilobytes):
        self.folder = folder
        folder.mkdir()
        self._mount(["-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)])

    @staticmethod
    def _mount(arguments):
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"needs a small file system, which takes root: {done.stderr.strip()}")

    def grow(self, kilobytes):
        self._mount(["-o", f"remount,size={kilobytes}k", str(self.folder)])

    def fill(self, left=0):
        """Take all space but so many bytes; returns the file to remove."""
        path = self.folder / "filler"
        with open(path, "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                file.truncate(max(0, file.tell() - left))
                return path


@pytest.fixture
def disk(tmp_path):
    """disk(kilobytes) -> Disk, unmounted at the end."""
    made = []

    def make(kilobytes):
        made.append(Disk(tmp_path / "disk", kilobytes))
        return made[0]
    yield make
    if made:
        subprocess.run(["umount", str(made[0].folder)], check=True)


@pytest.mark.parametrize("ranks, rank, call, after", [
    (None, 0, "write", 100), (3, "worker", "write", 0), (3, "worker", "write", 40),
    (None, 0, "fsync", 3), (3, "worker", "fsync", 0)])
def test_full_in_the_middle(dufm, sweep, failing, ranks, rank, call, after):
    """A write or a sync fails, as on a disk with a quota or one that copies on write. Of two
    workers, one may be left without work: the rank is whichever comes so far first."""
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    message = failing("run", path, "-o", out, ranks=ranks, RANK=rank, CALL=call, AFTER=after,
                      FILE=out, MARK=dufm.folder / "mark")
    assert {"write": "writ", "fsync": "sync"}[call] in message
    assert "No space left" in message
    assert bool(re.search("rank [12]: ", message)) == (ranks is not None)
    finished = column(out, "status") == DONE
    assert finished.sum() < LONGER_POINTS
    kept = column(out, "checksum")[finished].tobytes()

    dufm("run", path, "-o", out, ranks=2)
    assert (column(out, "status") == DONE).all()
    assert column(out, "checksum")[finished].tobytes() == kept


def completes(dufm, path, out):
    dufm("run", path, "-o", out, ranks=2)
    assert f"{SMALL_POINTS} rows ({SMALL_POINTS} done): whole" in dufm("verify", out).stdout


def test_too_small_from_the_start(dufm, sweep, disk):
    """Seen beforehand: refused, with both sizes."""
    small, path = disk(64), sweep(SMALL)
    out = small.folder / "out.h5"
    refused = dufm("run", path, "-o", out, expect=2).stderr
    assert "GB left" in refused and str(out) in refused
    assert not any(small.folder.iterdir())
    small.grow(8192)
    completes(dufm, path, out)


@pytest.mark.parametrize("kilobytes", [8, 64, 300])
def test_full_at_creation(dufm, sweep, disk, failing, kilobytes):
    """Others take the space meanwhile: nothing half done is left."""
    small, path = disk(kilobytes), sweep(SMALL)
    out = small.folder / "out.h5"
    message = failing("run", path, "-o", out, SPACE=10**9)
    assert f"cannot create {out}" in message and "No space left" in message
    assert not any(small.folder.iterdir())
    small.grow(8192)
    completes(dufm, path, out)


def test_full_at_resume(dufm, sweep, disk):
    """The space of the rows is taken at creation: a disk that others fill does not stop a run,
    or says what is missing."""
    small, path = disk(8192), sweep(LONGER)
    out = small.folder / "out.h5"
    process = dufm.start("run", path, "-o", out)
    while not out.exists():
        assert process.poll() is None
    filler = small.fill()
    _, text = process.communicate(timeout=180)
    assert process.returncode == 0, text
    again = dufm.start("run", path, "-o", out)
    _, text = again.communicate(timeout=180)
    assert again.returncode in (0, 1)
    assert again.returncode == 0 or "No space left" in text, text
    filler.unlink()
    dufm("run", path, "-o", out)
    assert (column(out, "status") == DONE).all()


@pytest.mark.parametrize("saved", [True, False], ids=["an older one stays", "none before"])
def test_full_at_a_checkpoint(dufm, sweep, disk, saved):
    """A warning; the run ends as it is told to, and goes on from what was saved, if anything."""
    long = text(16000).replace("[gd, momentum]", "[gd]").replace("[0, 2]", "[0, 1]")
    small, path = disk(8192), sweep(long)
    out, link = small.folder / "out.h5", dufm.folder / "out.h5.checkpoints"
    link.symlink_to(small.folder / "out.h5.checkpoints")  # where it is looked for
    rate = ("--checkpoint", "0.05" if saved else "0")
    code, said = interrupt(dufm, path, None if saved else 0, None, *rate, out=out)
    assert code == 75 and len(checkpoints(dufm)) == saved, said
    before = [file.read_bytes() for file in checkpoints(dufm)]
    filler = small.fill(left=8 << 10)

    process = dufm.start("run", path, "-o", out, "--checkpoint", "0.05")
    said = ""
    while "no checkpoint: " not in said:
        assert (line := process.stderr.readline()), said
        said += line
    process.send_signal(signal.SIGUSR1)
    said += process.communicate(timeout=180)[1]
    assert process.returncode == 75, said
    assert "No space left" in said and "from their last checkpoint, where they have one" in said
    assert [file.read_bytes() for file in checkpoints(dufm)] == before

    filler.unlink()
    again = dufm("run", path, "-o", out)
    assert ("1 checkpoint of points under way" in again.stderr) == saved
    dufm("run", path, "-o", "whole.h5")
    assert_same_results(out, dufm.folder / "whole.h5")
    assert ": whole" in dufm("verify", out).stdout
