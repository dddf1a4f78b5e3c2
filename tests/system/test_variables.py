"""What a result file says of its variables: complete, as the CF conventions have it, and what the
table in analysis/README.md says."""
import subprocess

import h5py
import numpy
import pytest

from conftest import ROOT
from sweeps import SMALL

README = ROOT / "analysis" / "README.md"
HEAD = "| variable | dimensions | meaning |"


def text(data, name):
    value = data.attrs.get(name, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def is_bare(data):
    """A dimension without values."""
    return text(data, "NAME").startswith("This is a netCDF dimension")


def axes(file, name):
    return [file[axis[0]].name.lstrip("/") for axis in file[name].attrs.get("DIMENSION_LIST", [])]


def line(file, name):
    data = file[name]
    dimensions = [axis for axis in axes(file, name) if not axis.endswith("_length")] or [name]
    meaning = ": ".join(filter(None, (text(data, "long_name"), text(data, "comment"))))
    meaning = (meaning + ", " + text(data, "units") if text(data, "units") not in ("", "1")
               else meaning).replace("|", "\\|")
    if "flag_meanings" in data.attrs:
        meaning += ": " + text(data, "flag_meanings").replace(" ", ", ")
    return f"| `{name}` | {', '.join(dimensions)} | {meaning} |"


@pytest.fixture
def path(dufm, sweep, tmp_path):
    sweep(SMALL.replace("max_steps: 800", "max_steps: 1"))
    dufm("run", "sweep.yaml", "-o", "out.h5")
    return tmp_path / "out.h5"


def test_the_table_is_true(path):
    with h5py.File(path) as file:
        wanted = [line(file, name) for name in file if not is_bare(file[name])]
    lines = README.read_text().splitlines()
    start = lines.index(HEAD) + 2
    length = next((i for i, row in enumerate(lines[start:]) if not row.startswith("|")),
                  len(lines) - start)
    assert len(wanted) > 120
    assert lines[start:start + length] == wanted, "it should read:\n" + "\n".join(wanted)


def faults(file, name):
    """What a variable lacks."""
    data = file[name]
    kind = data.dtype.kind
    for attribute in "long_name", "comment":
        if not text(data, attribute).strip():
            yield f"no {attribute}"
    flags = "flag_values" in data.attrs
    if flags != (data.dtype == numpy.int8):
        yield "bytes have flag_values, and they alone"
    if flags and (data.attrs["flag_values"].dtype != data.dtype or
                  len(data.attrs["flag_values"]) != len(text(data, "flag_meanings").split())):
        yield "flag_values are not of the variable's type, or not one for each meaning"
    if flags and not set(numpy.unique(data)) <= set(data.attrs["flag_values"]):
        yield "values without a meaning"
    if (kind in "fi" and not flags) != ("units" in data.attrs):
        yield "numbers have units, and they alone"
    if "_FillValue" in data.attrs and data.attrs["_FillValue"].dtype != data.dtype:
        yield "_FillValue has another type"
    if len(axes(file, name)) != (0 if h5py.h5ds.is_scale(data.id) else data.ndim):
        yield "axes without a dimension"


def parameters(file):
    """Variables that say which point a row is: on config, and coordinates of the others."""
    return {name for other in file for name in text(file[other], "coordinates").split()}


def wanted_coordinates(file, name):
    """Of a result: every parameter whose dimensions it has."""
    own = axes(file, name)
    return {other for other in parameters(file) if set(axes(file, other)) <= set(own)}


def test_every_variable_is_described(path):
    with h5py.File(path) as file:
        found = {name: list(faults(file, name)) for name in file if not is_bare(file[name])}
        assert not {name: told for name, told in found.items() if told}
        known = parameters(file)
        assert {"depth", "width", "lambda", "lambdas", "seed", "decay_steps"} <= known <= set(file)
        for name in file:
            if "config" in axes(file, name) and name not in known:
                assert set(text(file[name], "coordinates").split()) == wanted_coordinates(file, name)


def test_units_are_those_of_udunits(path):
    """Pure numbers and seconds: nothing that would need to be converted."""
    with h5py.File(path) as file:
        assert {text(file[name], "units") for name in file} == {"", "1", "s"}
        assert text(file["wall_time"], "units") == text(file["max_seconds"], "units") == "s"
        assert text(file, "Conventions") == "CF-1.8"


def test_ncdump_prints_every_attribute(path):
    shown = subprocess.run(["ncdump", "-h", path], text=True, capture_output=True, check=True).stdout
    with h5py.File(path) as file:
        for name in file:
            if not is_bare(file[name]):
                assert f"\t{name}:comment = " in shown and f"\t{name}:long_name = " in shown, name
