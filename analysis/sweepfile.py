"""A result file as an xarray dataset of its finished points, with clear errors."""
import contextlib
import dataclasses
import pathlib

import xarray

NEEDED = ("status", "outcome", "loss", "loss_dnc", "kappa_ratio", "depth", "classes", "width")


class Unusable(Exception):
    """The file cannot be drawn; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a picture says of its source."""
    name: str      # of the sweep
    file: str      # name of the file, without folders
    counts: dict   # status -> number of points
    revisions: list  # programs that wrote, in the order of launches

    def line(self):
        """'quickstart.h5: 950 of 960 points done, 3 failed; dufm 0.1.0 (a1b2c3d)', where two
        programs at most, the last ones, are named."""
        total, done = sum(self.counts.values()), self.counts.get("done", 0)
        rest = "".join(f", {count:,} {status}" for status, count in self.counts.items()
                       if status in ("running", "failed", "quarantined") and count)
        by = f"; dufm {', '.join(self.revisions[-2:])}" if self.revisions else ""
        return f"{self.file}: {done:,} of {total:,} points done{rest}{by}"


def flag_names(variable):
    """Value -> name, from the CF attributes flag_values and flag_meanings."""
    if "flag_values" not in variable.attrs or "flag_meanings" not in variable.attrs:
        raise Unusable(f"variable {variable.name} has no flag_values and flag_meanings: "
                       "the file was written by another program")
    values = [int(value) for value in variable.attrs["flag_values"]]
    return dict(zip(values, str(variable.attrs["flag_meanings"]).split()))


def flags(variable):
    """A flag variable as a list of names, '' for a value without one."""
    names = flag_names(variable)
    return [names.get(int(value), "") for value in variable.fillna(-1).values]


def texts(variable):
    """A char variable as a list of str."""
    return [value.decode("utf-8", "replace").rstrip("\0 ") if isinstance(value, bytes)
            else str(value) for value in variable.values]


def read_facts(dataset, path):
    states = flags(dataset["status"])
    revisions = texts(dataset["launch_revision"]) if "launch_revision" in dataset else []
    return Facts(name=str(dataset.attrs.get("title", path.stem)), file=path.name,
                 counts={state: states.count(state) for state in dict.fromkeys(states)},
                 revisions=[text for text in dict.fromkeys(revisions) if text])


def check_names(dataset, path):
    missing = [name for name in NEEDED if name not in dataset.variables]
    if missing:
        raise Unusable(f"{path} is not a dufm result file: it has no variable "
                       f"{', '.join(missing)}")


def open_raw(path):
    if not path.is_file():
        raise Unusable(f"{path}: no such file; expected the result file that `dufm run` wrote")
    try:
        # Times are plain seconds here, not dates.
        return xarray.open_dataset(path, engine="h5netcdf", decode_times=False)
    except Exception as error:  # h5py and h5netcdf raise many kinds for a bad file
        raise Unusable(f"{path} is not a dufm result file: {error}") from error


@contextlib.contextmanager
def open_finished(path):
    """Yield (dataset, Facts): the points whose status is done, with coordinate `ending`.

    Values are read when they are used, so the file stays open inside the block.
    """
    path = pathlib.Path(path)
    with open_raw(path) as dataset:
        check_names(dataset, path)
        facts = read_facts(dataset, path)
        done = [state == "done" for state in flags(dataset["status"])]
        if not any(done):
            raise Unusable(f"{path}: none of {len(done):,} points is finished yet; "
                           "draw again when `dufm status` shows some")
        finished = dataset.isel(config=done)
        yield finished.assign_coords(ending=("config", flags(finished["outcome"]))), facts
