"""dufm measure on files of features that are stored compressed, piece by piece."""
import os
import pathlib
import subprocess

import h5py
import numpy as np
import pytest

SOURCE = pathlib.Path(__file__).with_name("count_inflate.c")
SAMPLES, WIDTH = 9000, 40
LABELS = np.arange(SAMPLES) % 3
VALUES = np.random.default_rng(1).normal(size=(SAMPLES, WIDTH)).astype("f4")
WEIGHT = np.random.default_rng(2).normal(size=(20, WIDTH)).astype("f4")


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    path = tmp_path_factory.mktemp("shim") / "count_inflate.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True)
    return path


def write(path, chunks, **how):
    with h5py.File(path, "w") as file:
        file.create_dataset("labels", data=LABELS, chunks=(SAMPLES,) if how else None, **how)
        file.create_dataset("layers/x/post", data=VALUES, chunks=chunks, **how)
        file.create_dataset("layers/x/weight", data=WEIGHT, chunks=WEIGHT.shape if how else None, **how)


def pieces(chunks):
    return -(-SAMPLES // chunks[0]) * -(-WIDTH // chunks[1])


@pytest.mark.parametrize("chunks", [(SAMPLES, WIDTH), (1000, 7), (SAMPLES, 1), (3, WIDTH)])
def test_each_piece_is_unpacked_once_a_pass(dufm, tmp_path, shim, chunks):
    """Features in each of two passes, but for what all samples go through; labels once for each of two openings;
    weights once. The values are those of the plain file."""
    write(tmp_path / "plain.h5", None)
    write(tmp_path / "small.h5", chunks, compression="gzip", compression_opts=1)
    dufm("measure", "plain.h5", "-o", "plain-out.h5")
    counted = tmp_path / "inflated"
    dufm.environment.update(LD_PRELOAD=str(shim), INFLATED=str(counted))
    dufm("measure", "small.h5", "-o", "out.h5")
    passes = 1 if chunks[0] == SAMPLES else 2
    assert counted.stat().st_size == passes * pieces(chunks) + 2 + 1
    with h5py.File(tmp_path / "plain-out.h5") as one, h5py.File(tmp_path / "out.h5") as other:
        assert one["result_hash"][:].tobytes() == other["result_hash"][:].tobytes()


def test_pieces_count_as_memory(dufm, tmp_path):
    """A row that goes through pieces of all samples has all of them unpacked; uncompressed ones need not be."""
    for name, how in ("small", {"compression": "gzip"}), ("plain", {}):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["labels"] = np.arange(200_000) % 2
            file.create_dataset("layers/x/post", (200_000, 60), "f4", chunks=(200_000, 1), **how)[0, 0] = 1
    said = dufm("measure", "small.h5", "-o", "out.h5", "--memory", "30", expect=2).stderr
    assert "small.h5: its layers need" in said and "write them in chunks of fewer samples or uncompressed" in said
    assert not (tmp_path / "out.h5").exists()
    dufm("measure", "plain.h5", "-o", "plain-out.h5", "--memory", "30")


@pytest.mark.parametrize("name", ["labels", "layers/x/post", "layers/x/weight"])
def test_a_filter_that_cannot_be_undone(dufm, tmp_path, name):
    """It is named, and what to do; HDF5 itself speaks of a folder of plugins."""
    write(tmp_path / "in.h5", None)
    with h5py.File(tmp_path / "in.h5", "r+") as file:
        values = file[name][:]
        del file[name]
        file.create_dataset(name, data=values, compression="lzf")
    said = dufm("measure", "in.h5", "-o", "out.h5", expect=2).stderr
    assert f"in.h5: /{name} is stored with the filter 'lzf'" in said and 'compression="gzip"' in said, said
