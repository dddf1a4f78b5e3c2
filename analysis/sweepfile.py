"""A result file as an xarray dataset of its finished points, with clear errors."""
import contextlib
import dataclasses
import pathlib
import re

import numpy
import xarray

# What a file of measured features (`dufm measure`) need not have: no loss is known of it.
UNKNOWN = ("loss", "loss_dnc", "kappa_ratio")

# Endings that say less where no loss is known.
LOSSLESS = {"low_rank": "low rank", "none": "incomplete"}

NEEDED = ("status", "outcome", "depth", "classes")
NEEDED_OF_SWEEPS = ("loss", "loss_dnc", "kappa_ratio", "width")
NEEDED_OF_FEATURES = ("layer_name", "layer_width")

# Columns that are made here of others: no coordinate of measured features can be called so.
MADE = ("ending", "config", "row", "width_per_class")


class Unusable(Exception):
    """The file cannot be drawn; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What a picture says of its source."""
    name: str      # of the sweep
    file: str      # name of the file, without folders
    counts: dict   # status -> number of points
    revisions: list  # programs that wrote, in the order of launches
    measured: bool = False  # features of networks, not points of a sweep
    papers: list = dataclasses.field(default_factory=list)  # arXiv numbers that the sweep names

    @property
    def kind(self):
        """What a title calls it."""
        return "Features" if self.measured else "Sweep"

    def line(self):
        """'quickstart.h5: 950 of 960 points done, 3 failed; dufm 0.1.0 (a1b2c3d)', where two
        programs at most, the last ones, are named."""
        total, done = sum(self.counts.values()), self.counts.get("done", 0)
        rest = "".join(f", {count:,} {status}" for status, count in self.counts.items()
                       if status in ("running", "failed", "quarantined") and count)
        by = f"; dufm {', '.join(self.revisions[-2:])}" if self.revisions else ""
        if self.measured:
            return f"{self.file}: features of {total:,} file{'s' * (total != 1)}{by}"
        after = f"; after arXiv {', '.join(self.papers)}" if self.papers else ""
        return f"{self.file}: {done:,} of {total:,} points done{rest}{by}{after}"


def flag_names(variable):
    """Value -> name, from the CF attributes flag_values and flag_meanings."""
    if "flag_values" not in variable.attrs or "flag_meanings" not in variable.attrs:
        raise Unusable(f"variable {variable.name} has no flag_values and flag_meanings: "
                       "the file was written by another program")
    values = [int(value) for value in numpy.atleast_1d(variable.attrs["flag_values"])]
    return dict(zip(values, str(variable.attrs["flag_meanings"]).split()))


def flags(variable):
    """A flag variable as a list of names, '' for a value without one."""
    names = flag_names(variable)
    return [names.get(int(value), "") for value in variable.fillna(-1).values]


def texts(variable):
    """A char variable as a list of str."""
    return [value.decode("utf-8", "replace").rstrip("\0 ") if isinstance(value, bytes)
            else str(value) for value in variable.values]


def text(dataset, name):
    """An attribute of the file as a str, '' where there is none."""
    value = dataset.attrs.get(name, "")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def read_facts(dataset, path):
    states = flags(dataset["status"])
    revisions = texts(dataset["launch_revision"]) if "launch_revision" in dataset else []
    return Facts(name=str(dataset.attrs.get("title", path.stem)), file=path.name,
                 counts={state: states.count(state) for state in dict.fromkeys(states)},
                 revisions=[text for text in dict.fromkeys(revisions) if text],
                 papers=papers(str(dataset.attrs.get("sweep_text", ""))),
                 measured=is_measured(dataset))


def papers(text):
    """arXiv numbers in the comments of a sweep file, in their order: where its setting is from."""
    comments = " ".join(line.lstrip("#") for line in text.splitlines() if line.startswith("#"))
    return list(dict.fromkeys(re.findall(r"\barXiv:?\s+(\d{4}\.\d{4,5})\b", comments)))


def check_names(dataset, path):
    needed = NEEDED + (NEEDED_OF_FEATURES if is_measured(dataset) else NEEDED_OF_SWEEPS)
    missing = [name for name in needed if name not in dataset.variables]
    if missing:
        raise Unusable(f"{path} is not a dufm result file: it has no variable "
                       f"{', '.join(missing)}")
    taken = [name for name in coordinates(dataset) if name in MADE]
    if taken:
        raise Unusable(f"{path}: '{taken[0]}' is a coordinate of the files of features and the name of a column "
                       "that is made of others here: rename that attribute and measure the files again")


def is_measured(dataset):
    """Whether the file holds measured features of networks, not points of a sweep."""
    return "given_coordinates" in dataset.attrs


def coordinates(dataset):
    """Names that measured files are told apart by, the seed last: it explains no other one."""
    given = text(dataset, "given_coordinates").split()
    return sorted(given, key=lambda name: name == "seed")


def with_layer_names(dataset):
    """Measured features with names of layers as text."""
    return dataset.assign_coords(layer_name=("layer", texts(dataset["layer_name"])))


def completed(dataset):
    """Measured features with what pictures look at: losses that nobody gave are NaN, the width
    that nobody gave is that of the widest layer, names of layers are text."""
    if not is_measured(dataset):
        return dataset
    rest = {name: ("config", numpy.full(dataset.sizes["config"], numpy.nan)) for name in UNKNOWN
            if name not in dataset.variables}
    if "width" not in dataset.variables:
        rest["width"] = ("config", dataset["layer_width"].max("layer").values.astype(int))
    return with_layer_names(dataset.assign(rest))


def open_raw(path):
    if not path.is_file():
        raise Unusable(f"{path}: no such file; expected the result file that `dufm run` wrote")
    try:
        # Times are plain seconds here, not dates.
        return xarray.open_dataset(path, engine="h5netcdf", decode_times=False)
    except Exception as error:  # h5py and h5netcdf raise many kinds for a bad file
        raise Unusable(f"{path} is not a dufm result file: {error}") from error


@contextlib.contextmanager
def open_points(path):
    """Yield (dataset, Facts) of all points, whatever their status.

    Values are read when they are used, so the file stays open inside the block. The status is
    read first and once: a row that is done stays as it is.
    """
    path = pathlib.Path(path)
    with open_raw(path) as raw:
        check_names(raw, path)
        dataset = completed(raw)
        dataset["status"].load()
        yield dataset, read_facts(dataset, path)


def finished(dataset):
    """The points whose status is done, with coordinate `ending`."""
    mask = [state == "done" for state in flags(dataset["status"])]
    # An empty slice is read where an empty selection is not.
    done = dataset.isel(config=mask if any(mask) else slice(0))
    kinds = flags(done["outcome"])
    if is_measured(dataset):
        kinds = [LOSSLESS.get(kind, kind) for kind in kinds]
    return done.assign_coords(ending=("config", kinds))


@contextlib.contextmanager
def open_finished(path):
    """Yield (dataset, Facts) of the points that are done; see `open_points`."""
    with open_points(path) as (dataset, facts):
        if not facts.counts.get("done"):
            raise Unusable(f"{path}: none of {dataset.sizes['config']:,} points is finished yet; "
                           "draw again when `dufm status` shows some")
        yield finished(dataset), facts
