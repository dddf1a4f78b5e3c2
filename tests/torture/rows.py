"""What a result file holds, row by row, as seen from outside; and how two states compare."""
import os

os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
import h5py  # noqa: E402
import numpy  # noqa: E402

PENDING, RUNNING, DONE, FAILED, QUARANTINED = range(5)

# What may differ between two runs of one point: times, who ran, the checksum over them.
VARYING = ("wall_time", "launch_index", "checksum", "status")

# What says where a row belongs in the sweep, which growth may change: no value of a row.
NUMBERING = ("config", "grid_index")


class Layout:
    """Places of the values that are watched while a run goes on."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.rows = file["status"].shape[0]
            self.status = file["status"].id.get_offset()
            self.checksum = file["checksum"].id.get_offset()
            self.start = file["launch_start"].id.get_offset()
            self.start_bytes = file["launch_start"].shape[1]
            self.launches = file["launch_start"].shape[0]


class Watch:
    """Looks at a file without a library, in microseconds; a new file of that name is noticed."""

    def __init__(self, path):
        self.path = path
        self._of, self._layout = None, None

    def file(self):
        """Which file it is, None while there is none."""
        try:
            return self.path.stat().st_ino
        except FileNotFoundError:
            return None

    @property
    def layout(self):
        """None while there is no file."""
        file = self.file()
        if file != self._of:
            self._of, self._layout = file, Layout(self.path) if file else None
        return self._layout

    def _read(self, place, size):
        with open(self.path, "rb") as file:
            return os.pread(file.fileno(), size, place)

    def rows(self):
        return self.layout.rows if self.layout else 0

    def all_done(self):
        layout = self.layout
        return layout is not None and \
            self._read(layout.status, layout.rows) == bytes([DONE]) * layout.rows

    def launches(self):
        """Launches recorded."""
        layout = self.layout
        if not layout:
            return 0
        starts = self._read(layout.start, layout.start_bytes * layout.launches)
        return sum(starts[at] != 0 for at in range(0, len(starts), layout.start_bytes))

    def seen(self):
        """{row: checksum} of the rows that are done."""
        layout = self.layout
        if not layout:
            return {}
        statuses = self._read(layout.status, layout.rows)
        hashes = self._read(layout.checksum, 16 * layout.rows)
        return {row: hashes[16 * row:16 * row + 16]
                for row, status in enumerate(statuses) if status == DONE}


class Rows:
    """Every variable on `config`, and which rows are done."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            self.status = file["status"][()]  # before the values, as every reader does
            rows = len(self.status)
            self.values = {name: data[()] for name, data in file.items()
                           if data.shape and data.shape[0] == rows and name not in NUMBERING}
        self.done = {row for row in range(rows) if self.status[row] == DONE}
        self.identity = [value.tobytes() for value in self.values["point_id"]]
        self.checksum = [value.tobytes() for value in self.values["checksum"]]

    def row(self, row, shapes):
        """Bytes of a row by variable, cut to the shapes (without the padding of growth)."""
        return {name: value[row][tuple(map(slice, shapes[name]))].tobytes()
                for name, value in self.values.items()}


def common_shapes(one, other):
    """Shape inside a row of each variable, as far as both files have it."""
    return {name: tuple(map(min, one.values[name].shape[1:], other.values[name].shape[1:]))
            for name in one.values}


def changed(before, after):
    """Rows done before that are not the same bytes now."""
    shapes = common_shapes(before, after)
    return [row for row in before.done
            if row not in after.done or before.row(row, shapes) != after.row(row, shapes)]


def wrong(rows, truth):
    """Done rows whose reproducible values are not those of an uninterrupted run."""
    shapes = common_shapes(rows, truth)
    place = {identity: row for row, identity in enumerate(truth.identity)}
    found = []
    for row in rows.done:
        mine = rows.row(row, shapes)
        theirs = truth.row(place[rows.identity[row]], shapes)
        if any(mine[name] != theirs[name] for name in mine if name not in VARYING):
            found.append(row)
    return found
