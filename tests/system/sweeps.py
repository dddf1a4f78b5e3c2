"""Sweeps the system tests of the scheduler share, and how results are compared."""
import fcntl
import json
import os
import pathlib
import pty
import resource
import signal
import struct
import subprocess
import termios
import time

import h5py
import numpy

# 36 points of several costs, a few milliseconds each.
SMALL = """
name: small
grid:
  depth: [2, 3]
  width: [8, 10]
  lambda: {log2: [-8, -6]}
  seed: {range: [0, 2]}
point: {classes: 4, samples: 2, loss: mse, activation: relu, optimizer: gd, learning_rate: 0.5,
        max_steps: 800}
output: {history: 8, gram: true, weights: true}
"""
SMALL_POINTS = 36

# 60 points, long enough to be caught at work.
LONGER = """
name: longer
grid:
  depth: [3, 4]
  seed: {range: [0, 29]}
point: {width: 12, classes: 6, lambda: 0.001, samples: 1, loss: mse, activation: relu,
        optimizer: gd, learning_rate: 0.1, max_steps: 40000, stop_loss_change: 0,
        stop_gradient: 0}
"""
LONGER_POINTS = 60

# Points that no test waits for: as many steps as there may be.
ENDLESS = LONGER.replace("[3, 4]", "[3]").replace("29", "3").replace("40000", "1000000000")
ENDLESS_POINTS = 4

# What may differ between two runs: times, who ran, and what covers them.
VARYING = ("wall_time", "checksum", "launch", "layout")


def reproducible(path):
    """Every variable that must be the same in every run, by name, as raw bytes."""
    with h5py.File(path, "r") as file:
        return {name: numpy.asarray(data[()]).tobytes() for name, data in file.items()
                if not name.startswith(VARYING)}


def assert_same_results(path, other):
    one, two = reproducible(path), reproducible(other)
    assert one.keys() == two.keys()
    different = [name for name in one if one[name] != two[name]]
    assert not different, different


def cpu_of_children():
    """Seconds that processes have computed which were waited for: the same on a busy machine."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def column(path, name):
    with h5py.File(path, "r") as file:
        return file[name][()]


DONE = 2  # flag value of the variable `status`


def wait_until_done(dufm, process, path, rows, seconds=180):
    """Wait until that many rows of the file are done while the process runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "it ended too soon: " + process.communicate()[1]
        if pathlib.Path(path).exists():
            if json.loads(dufm("status", path, "--json").stdout)["status"]["done"] >= rows:
                return
        time.sleep(0.05)
    raise AssertionError(f"no {rows} rows after {seconds} s")


def on_terminal(command, folder, columns=80, look=lambda shown: None):
    """Run a command with a terminal so wide as its stdout; what it wrote there. `look` is called
    with what it has written so far, whenever that is more."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    process = subprocess.Popen(command, stdout=terminal, cwd=folder)
    os.close(terminal)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
            look(shown)
    except OSError:  # the other end was closed
        pass
    os.close(master)
    assert process.wait(timeout=180) == 0
    return shown.decode().replace("\r\n", "\n")


def children(pid):
    """Process ids of all descendants."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found += [int(entry.parent.name), *children(int(entry.parent.name))]
    return found


def ranks_of(process):
    """Process ids of the ranks a started mpirun runs, by rank: not those of their children, which
    have the same surroundings and are listed after them."""
    by_rank = {}
    for pid in children(process.pid):
        try:
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for entry in environment:
            if entry.startswith(b"OMPI_COMM_WORLD_RANK="):
                by_rank.setdefault(int(entry.split(b"=")[1]), pid)
    return [by_rank[rank] for rank in sorted(by_rank)]


def kill_all(process):
    """kill -9 for a started run: every rank, then mpirun, at once."""
    for pid in [*children(process.pid), process.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.communicate()
