"""Files and folders that a command should refuse: name -> how it is made.

`make(folder, name, good, stack)` puts the file of that name into the folder. `good` is the bytes
of a finished result file of GOOD; what must be undone in the end goes onto `stack`.
"""
import fcntl
import os
import pathlib
import struct

import h5py
import numpy

GOOD = """\
grid: {depth: [2, 3]}
point: {width: 4, classes: 3, lambda: 0.01, max_steps: 20}
"""
OTHER = GOOD.replace("[2, 3]", "[2, 3, 4]").replace("width: 4", "width: 5")


def text(content):
    return lambda path, good, stack: path.write_text(content)


def data(content):
    return lambda path, good, stack: path.write_bytes(content)


def damaged(change):
    """A good result file after change(h5py file)."""
    def make(path, good, stack):
        path.write_bytes(good)
        with h5py.File(path, "r+") as file:
            change(file)
    return make


def schema(choose):
    def change(file):
        file.attrs["schema_version"] = numpy.int32(choose(file.attrs["schema_version"]))
    return damaged(change)


def cut(share):
    return lambda path, good, stack: path.write_bytes(good[:int(len(good) * share)])


def folder(mode):
    def make(path, good, stack):
        path.mkdir()
        (path / "kept.txt").write_text("kept")
        path.chmod(mode)
        stack.callback(path.chmod, 0o755)
    return make


def result(mode=0o644, beside=None):
    """A good result file; beside it a folder of that ending."""
    def make(path, good, stack):
        path.write_bytes(good)
        path.chmod(mode)
        if beside:
            pathlib.Path(f"{path}{beside}").mkdir()
    return make


def locked_lock(path, good, stack):
    """A result file whose lock file cannot be opened."""
    path.write_bytes(good)
    lock = pathlib.Path(f"{path}.lock")
    lock.write_text("host elsewhere\npid 1\n")
    lock.chmod(0)


def busy(path, good, stack):
    """A result file that another process writes, as its lock says."""
    path.write_bytes(good)
    lock = open(f"{path}.lock", "w+")
    stack.enter_context(lock)
    lock.write("host node17\npid 4711\njob 99\nstart 2024-05-21T10:00:00Z\n")
    lock.flush()
    first_byte = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
    fcntl.fcntl(lock, fcntl.F_OFD_SETLK, first_byte)


def hdf5(path, good, stack):
    with h5py.File(path, "w") as file:
        file["measurements"] = numpy.arange(4)


def netcdf4(path, good, stack):
    import netCDF4
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("config", 3)
        file.createVariable("loss", "f8", ("config",))[:] = 1


def unreadable(path, good, stack):
    path.write_text(GOOD)
    path.chmod(0)


def loop(path, good, stack):
    path.symlink_to(path.name)


# Those that only the rights of a file keep from being read or written.
PRIVATE = {"unreadable.yaml", "locked.d", "readonly.h5", "nolock.h5", "secret.h5"}

MAKERS = {
    "good.yaml": text(GOOD),
    "other.yaml": text(OTHER),
    "empty.yaml": text(""),
    "binary.yaml": data(bytes(range(256))),
    "syntax.yaml": text(GOOD + "point: [\n"),
    "unknown.yaml": text(GOOD.replace("width", "widht")),
    "negative.yaml": text(GOOD.replace("0.01", "-0.01")),
    "word.yaml": text(GOOD.replace("0.01", "small")),
    "endless.yaml": text(GOOD.replace("depth: [2, 3]", "depth: [2, 3], " + ", ".join(
        f"{name}: {{linspace: [0.1, 0.9, 10000]}}"
        for name in ("learning_rate", "init_scale", "init_scale_h", "stop_loss_change",
                     "stop_gradient")))),
    "many.yaml": text(GOOD.replace("depth: [2, 3]",
                                   "depth: [2, 3], seed: {range: [0, 2147483647]}")),
    "both.yaml": text(GOOD.replace("0.01", "0.01, lambdas: [0.1, 0.1]")),
    "twice.yaml": text(GOOD.replace("width: 4", "width: 4, depth: 2")),
    "planted.yaml": text(GOOD.replace("width: 4", "width: 2, init: dnc")),
    "wide.yaml": text(GOOD.replace("width: 4", "width: 32768, samples: 1000000")),
    "unreadable.yaml": unreadable,
    "loop.yaml": loop,
    "dir.yaml": folder(0o755),
    "dir.h5": folder(0o755),
    "locked.d": folder(0o555),
    "text.h5": text("not HDF5\n"),
    "empty.h5": text(""),
    "classic.h5": data(b"CDF\x01" + bytes(60)),
    "hdf5.h5": hdf5,
    "netcdf4.h5": netcdf4,
    "result.h5": result(),
    "readonly.h5": result(0o444),
    "secret.h5": result(0),
    "nolock.h5": locked_lock,
    "lockdir.h5": result(beside=".lock"),
    "busy.h5": busy,
    "older.h5": schema(lambda now: 2),  # the last one that is not read any more
    "newer.h5": schema(lambda now: now + 1),
    "half.h5": cut(0.5),
    "head.h5": cut(0.001),
    "nameless.h5": damaged(lambda file: file.attrs.__delitem__("program")),
    "loop.h5": loop,
}
