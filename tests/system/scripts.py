"""Scripts of analysis/, each in a process of its own that has their libraries loaded already: half of
what a new interpreter takes goes into that."""
import multiprocessing
import os
import pathlib
import runpy
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANALYSIS = ROOT / "analysis"
PATIENCE = 180  # seconds

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["matplotlib.pyplot", "xarray", "h5netcdf", "scipy.cluster.hierarchy",
                              "scipy.optimize"])


def run(path, arguments, folder, streams):
    """In the new process: as if a shell had started it in the folder."""
    for number, stream in enumerate(streams, 1):
        os.dup2(os.open(stream, os.O_WRONLY), number)
    os.environ.clear()
    os.environ.update(PATH="/usr/bin:/bin")
    os.chdir(folder)
    sys.dont_write_bytecode = True
    sys.argv = [str(path), *arguments]
    others = [place for place in sys.path if place and not pathlib.Path(place).is_relative_to(ROOT)]
    sys.path[:] = [str(path.parent), *others]
    runpy.run_path(str(path), run_name="__main__")


def script(name, *arguments, folder):
    """Run it in the folder; the CompletedProcess (text)."""
    words = [str(argument) for argument in arguments]
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        process = FORKS.Process(target=run, args=(ANALYSIS / name, words, folder, (out.name, err.name)))
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired([name, *words], PATIENCE)
        return subprocess.CompletedProcess([name, *words], process.exitcode, out.read(), err.read())
