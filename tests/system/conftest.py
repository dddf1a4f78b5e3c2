"""Shared fixtures of the system tests: the program, how it is launched, the oracle."""
import os
import pathlib
import signal
import subprocess

import pytest
from halting import HALTING, HALTING_WIDTHS, Halted, WaitedTooLong
from sweeps import kill_all

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUFM = pathlib.Path(os.environ.get("DUFM", ROOT / "build" / "dufm"))
PATIENCE = 480 if "san" in DUFM.parent.name else 120  # seconds; sanitizers make it several times slower


class Program:
    """Runs build/dufm, alone or under mpirun, in a private folder."""

    def __init__(self, folder):
        self.folder = folder
        # What a reader of the documentation has: root needs what it tells him to set.
        self.bare_environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1",
                                     OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", TMPDIR=str(folder))
        self.environment = dict(self.bare_environment, OMPI_MCA_rmaps_base_oversubscribe="1",
                                OMPI_MCA_btl="self,vader",
                                OMPI_MCA_btl_vader_backing_directory=str(folder))

    def command(self, *arguments, ranks=None):
        launcher = ["mpirun", "--quiet", "-n", str(ranks)] if ranks else []
        return [*launcher, str(DUFM), *map(str, arguments)]

    @property
    def calm_environment(self):
        """Where nobody kills anything: mpirun need not give ranks time after one has failed."""
        return dict(self.environment, OMPI_MCA_odls_base_sigkill_timeout="0")

    def __call__(self, *arguments, ranks=None, expect=0, timeout=PATIENCE):
        """Run to the end; check the exit code; return the CompletedProcess (text)."""
        done = subprocess.run(self.command(*arguments, ranks=ranks), cwd=self.folder, text=True,
                              capture_output=True, timeout=timeout, env=self.calm_environment)
        assert done.returncode == expect, (
            f"exit {done.returncode}, expected {expect}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *arguments, ranks=None, preload=(), **settings):
        """Start in the background, in its own process group; libraries to preload, and variables for
        them, are the program's, not the launcher's."""
        command = self.command(*arguments, ranks=ranks)
        at = command.index(str(DUFM))
        if preload:
            command[at:at] = ["env", "LD_PRELOAD=" + ":".join(map(str, preload)),
                              *(f"{name}={value}" for name, value in settings.items())]
        return subprocess.Popen(command, cwd=self.folder, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment, start_new_session=True)

    @staticmethod
    def kill_group(process, number=signal.SIGKILL):
        """Signal a started process and everything it started."""
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass


# Files whose tests take longest come first: one that began last would be waited for.
LONGEST = ("test_torture", "test_slurm", "test_slurm_submit", "test_faults", "test_readme", "test_newcomer")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONGEST)


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


def library(name, folder):
    """A library to preload, from its source beside this file."""
    path = folder / f"{name}.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", path,
                    pathlib.Path(__file__).with_name(f"{name}.c"), "-ldl"], check=True)
    return path


@pytest.fixture(scope="session")
def fault_library(tmp_path_factory):
    return library("fault", tmp_path_factory.mktemp("fault"))


@pytest.fixture
def halted(dufm, sweep, fault_library):
    """Start `run` with these arguments and wait until every worker has halted in the middle:
    halted(arguments..., ranks=None) -> Halted. Whatever lives is killed at the end."""
    started = []

    def start(*arguments, ranks=None, preload=(), patience=120, **settings):
        process = dufm.start("run", sweep(HALTING), "-o", "out.h5", *arguments, ranks=ranks,
                             preload=[fault_library, *preload], FAULT_SIGNAL=int(signal.SIGSTOP),
                             FAULT_ROWS=",".join(map(str, HALTING_WIDTHS)), FAULT_ONCE="halted",
                             **settings)
        started.append(process)
        try:
            return Halted(process, ranks - 1 if ranks else 1, patience)
        except WaitedTooLong:
            kill_all(process)
            raise
    yield start
    for process in started:
        if process.poll() is None:
            kill_all(process)
