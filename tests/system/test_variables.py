"""The table of variables in analysis/README.md is what a result file says of itself."""
import h5py
import pytest

from conftest import ROOT
from sweeps import SMALL

README = ROOT / "analysis" / "README.md"
HEAD = "| variable | dimensions | meaning |"


def text(data, name):
    value = data.attrs.get(name, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def is_result(file, name):
    """Neither a parameter (tables of their own), a launch's fact nor a bare dimension."""
    data = file[name]
    bare = text(data, "NAME").startswith("This is a netCDF dimension")
    parameter = "coordinates" not in data.attrs and name != "tolerance"
    return not (bare or parameter or name.startswith("launch_") and name != "launch_index")


def line(file, name):
    data = file[name]
    dimensions = [file[axis[0]].name.lstrip("/") for axis in data.attrs.get("DIMENSION_LIST", [])]
    dimensions = [name for name in dimensions if not name.endswith("_length")] or [name]
    meaning = ": ".join(filter(None, (text(data, "long_name"), text(data, "comment"))))
    meaning = (meaning + ", " + text(data, "units") if text(data, "units") not in ("", "1")
               else meaning).replace("|", "\\|")
    if "flag_meanings" in data.attrs:
        meaning += ": " + text(data, "flag_meanings").replace(" ", ", ")
    return f"| `{name}` | {', '.join(dimensions)} | {meaning} |"


@pytest.fixture
def wanted(dufm, sweep, tmp_path):
    sweep(SMALL.replace("max_steps: 800", "max_steps: 1"))
    dufm("run", "sweep.yaml", "-o", "out.h5")
    with h5py.File(tmp_path / "out.h5") as file:
        return [line(file, name) for name in file if is_result(file, name)]


def test_the_table_is_true(wanted):
    lines = README.read_text().splitlines()
    start = lines.index(HEAD) + 2
    length = next((i for i, row in enumerate(lines[start:]) if not row.startswith("|")),
                  len(lines) - start)
    assert len(wanted) > 60
    assert lines[start:start + length] == wanted, "it should read:\n" + "\n".join(wanted)
