"""Shared fixtures of the system tests: the program, how it is launched, the oracle."""
import os
import pathlib
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUFM = pathlib.Path(os.environ.get("DUFM", ROOT / "build" / "dufm"))


class Program:
    """Runs build/dufm, alone or under mpirun, in a private folder."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = dict(os.environ, OMPI_MCA_rmaps_base_oversubscribe="1",
                                OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                                OMPI_MCA_btl="self,vader", TMPDIR=str(folder))

    def command(self, *arguments, ranks=None):
        launcher = ["mpirun", "--quiet", "-n", str(ranks)] if ranks else []
        return [*launcher, str(DUFM), *map(str, arguments)]

    def __call__(self, *arguments, ranks=None, expect=0, timeout=120):
        """Run to the end; check the exit code; return the CompletedProcess (text)."""
        done = subprocess.run(self.command(*arguments, ranks=ranks), cwd=self.folder, text=True,
                              capture_output=True, timeout=timeout, env=self.environment)
        assert done.returncode == expect, (
            f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *arguments, ranks=None):
        """Start in the background, in its own process group."""
        return subprocess.Popen(self.command(*arguments, ranks=ranks), cwd=self.folder, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment, start_new_session=True)

    @staticmethod
    def kill_group(process, number=signal.SIGKILL):
        """Signal a started process and everything it started."""
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass


@pytest.fixture
def dufm(tmp_path):
    return Program(tmp_path)


@pytest.fixture
def sweep(tmp_path):
    """Write a sweep file into the test's folder: sweep(text, name="sweep.yaml") -> its path."""
    def write(text, name="sweep.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write
