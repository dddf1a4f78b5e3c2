"""Result files from inside, for tests of growth and damage."""
import h5py
import numpy

DONE = 2

# Twelve points, a few milliseconds in all.
TINY = """\
name: tiny
grid:
  depth: [2, 3]
  width: [4, 12]
  seed: {range: [0, 2]}
point: {classes: 6, samples: 2, lambda: 0.004, learning_rate: 0.5, max_steps: 200}
output: {history: 5, gram: true, weights: true}
"""
TINY_ROWS = 12


def hashes(path):
    """result_hash of every done row by point_id; each point once."""
    with h5py.File(path) as file:
        done = file["status"][()] == DONE
        ids = ["".join(map(bytes.decode, row)) for row in file["point_id"][()][done]]
        results = ["".join(map(bytes.decode, row)) for row in file["result_hash"][()][done]]
    assert len(set(ids)) == len(ids)
    return dict(zip(ids, results))


def rows(path, count):
    """The first rows of every variable on config but grid_index, by name."""
    with h5py.File(path) as file:
        return {name: data[:count] for name, data in file.items()
                if name != "grid_index" and "DIMENSION_LIST" in data.attrs
                and file[data.attrs["DIMENSION_LIST"][0][0]].name == "/config"}


def same_rows(old, new):
    """Whether rows hold the same bytes, whatever longer padding the new ones have."""
    for name, values in old.items():
        corner = new[name][tuple(slice(length) for length in values.shape)]
        if numpy.ascontiguousarray(corner).tobytes() != values.tobytes():
            return False
    return old.keys() == new.keys()


def column(path, name):
    with h5py.File(path) as file:
        return file[name][()]


def place_of(path, variable, row=0):
    """Offset in the file of a row of a variable, and the bytes it has."""
    with h5py.File(path) as file:
        dataset = file[variable]
        size = dataset.dtype.itemsize * int(numpy.prod(dataset.shape[1:]))
        return dataset.id.get_offset() + row * size, size


def extents(path):
    """(offset, bytes, name) of every variable's values, in the order of the file."""
    with h5py.File(path) as file:
        found = [(file[name].id.get_offset(), file[name].id.get_storage_size(), name)
                 for name in file]
    return sorted(extent for extent in found if extent[0] is not None)


def flip(path, place, bit=0):
    """Flip a bit of the byte at `place`, behind the library's back."""
    with open(path, "r+b") as raw:
        raw.seek(place)
        byte = raw.read(1)[0]
        raw.seek(place)
        raw.write(bytes([byte ^ 1 << bit]))
