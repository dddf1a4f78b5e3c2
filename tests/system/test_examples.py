"""analysis/examples: the same three tasks in every language, against numbers computed here, and the
table of what each tool sees. What is not installed is skipped, unless EXAMPLES_REQUIRED is set."""
import os
import re
import shlex
import shutil
import subprocess
import sys

import h5py
import numpy
import pytest

from conftest import DUFM, ROOT, Program

EXAMPLES = ROOT / "analysis" / "examples"
SWEEP = """\
name: examples
grid: {depth: [2, 3], lambda: {log2: [-9, -7]}, width: [4, 9], seed: {range: [0, 2]}}
point: {classes: 5, samples: 2, learning_rate: 0.3, max_steps: 300, init_scale: 0.6}
output: {history: 4, gram: true}
"""
ROW = 7
# Too few points for compression to be worth it in all variables, but in those of several dimensions.
FILES = ("x.h5", "small.h5")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    dufm = Program(folder)
    (folder / "sweep.yaml").write_text(SWEEP)
    dufm("run", "sweep.yaml", "-o", "x.h5", "--quiet")
    with h5py.File(folder / "x.h5", "r+") as file:
        file["status"][5] = 0
        file["loss"][5] = numpy.nan
    dufm("compact", "x.h5", "-o", "small.h5")
    with h5py.File(folder / "small.h5") as file:
        assert file["sv_mean_post"].chunks
    return folder


def need(program):
    if not shutil.which(program) and program != sys.executable:
        if os.environ.get("EXAMPLES_REQUIRED"):
            pytest.fail(f"{program} is not installed")
        pytest.skip(f"{program} is not installed")


def call(words, folder):
    environment = {**os.environ, "PATH": f"{DUFM.parent}:{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(words, cwd=folder, text=True, capture_output=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- the three tasks -----------------------------------------------------------------------

SCRIPTS = {
    "h5py": lambda file: [sys.executable, EXAMPLES / "with_h5py.py", file, ROW],
    "xarray, h5netcdf": lambda file: [sys.executable, EXAMPLES / "with_xarray.py", file, ROW],
    "xarray, netcdf4": lambda file: [sys.executable, EXAMPLES / "with_xarray.py", file, ROW, "netcdf4"],
    "pandas": lambda file: [sys.executable, EXAMPLES / "with_pandas.py", file, ROW],
    "R": lambda file: ["Rscript", EXAMPLES / "with_ncdf4.R", file, ROW],
    "Octave": lambda file: ["octave-cli", "--path", EXAMPLES, "--eval", f"with_ncread('{file}', {ROW})"],
    "gnuplot": lambda file: ["gnuplot", "-e", f"file='{file}'; row={ROW}; picture='{file}.png'",
                             EXAMPLES / "with_gnuplot.gp"],
}


def wanted(path):
    """(losses, spectrum, map), from the raw arrays."""
    with h5py.File(path) as file:
        names = file["outcome"].attrs["flag_meanings"].decode().split()
        depth, lam, loss = (file[name][()] for name in ("depth", "lambda", "loss"))
        done = file["status"][()] == 2
        losses = {row: (depth[row], lam[row], names[file["outcome"][row]], loss[row])
                  for row in numpy.flatnonzero(done)}
        spectrum = [values[numpy.isfinite(values)] for values in
                    file["sv_mean_post"][ROW][:depth[ROW]]]
    cells = {(d, l): loss[done & (depth == d) & (lam == l)].mean() for d in (2, 3)
             for l in (2**-9, 2**-8, 2**-7)}
    return losses, spectrum, cells


def parse(text):
    """Blocks of comma-separated lines, each with its heading."""
    return [[line.split(",") for line in block.splitlines()]
            for block in re.split(r"\n\s*\n", text.strip())]


def close(one, other):
    return numpy.allclose(numpy.array(one, dtype=float), numpy.array(other, dtype=float), rtol=1e-12, atol=0)


@pytest.mark.filterwarnings("ignore:numpy.ndarray size changed:RuntimeWarning")  # netCDF4's
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("tool", SCRIPTS)
def test_three_tasks(folder, tool, file):
    words = [str(word) for word in SCRIPTS[tool](file)]
    need(words[0])
    table, layers, grid = parse(call(words, folder))
    losses, spectrum, cells = wanted(folder / file)
    assert table[0] == ["row", "depth", "lambda", "ending", "loss"] and len(table) == 1 + len(losses)
    for row, depth, lam, ending, loss in table[1:]:
        want = losses[int(row)]
        assert ending == want[2] and close([depth, lam, loss], [want[0], want[1], want[3]])
    assert layers[0] == ["layer", "singular_values"] and len(layers) == 1 + len(spectrum)
    for number, (line, values) in enumerate(zip(layers[1:], spectrum), 1):
        assert int(line[0]) == number and len(line) == 1 + len(values) and close(line[1:], values)
    assert grid[0] == ["depth", "lambda", "mean_loss"] and len(grid) == 1 + len(cells)
    for depth, lam, mean in grid[1:]:
        assert close([mean], [cells[int(depth), float(lam)]])
    if tool == "gnuplot":
        assert (folder / f"{file}.png").read_bytes()[1:4] == b"PNG"


# ---- what each tool sees -------------------------------------------------------------------

DIMENSIONS = ["config", "layer", "index"]
PYTHON_PROBE = """
import sys, h5py, numpy, xarray
how, path = sys.argv[1:]
def tell(**facts):
    for key, value in facts.items(): print(key, value, sep="=")
if how == "h5py":
    file = h5py.File(path)
    spectrum = file["sv_mean_post"]
    tell(dimensions=" ".join(axis[0].name[1:] for axis in spectrum.dims),
         coordinates="attribute" if "depth" in file["loss"].attrs["coordinates"].decode().split() else "",
         strings=f"{file['point_id'].ndim} {file['point_id'].dtype}", attributes=file["loss"].attrs["long_name"].decode())
elif how == "pandas":
    file = xarray.open_dataset(path, engine="h5netcdf")
    table = file.sv_mean_post.to_dataframe()
    tell(dimensions=" ".join(table.index.names), coordinates="given" if "depth" in table.columns else "",
         strings=f"1 {type(file.point_id.to_dataframe().point_id[0]).__name__}", attributes=table.sv_mean_post.attrs.get("long_name", ""))
else:
    file = xarray.open_dataset(path, engine=how)
    tell(dimensions=" ".join(file.sv_mean_post.dims), coordinates="given" if "depth" in file.loss.coords else "",
         strings=f"{file.point_id.ndim} {type(file.point_id.values[0]).__name__}", attributes=file.loss.attrs["long_name"])
"""
R_PROBE = """
library(ncdf4)
file <- nc_open(commandArgs(trailingOnly = TRUE)[1])
cat("dimensions=", paste(sapply(file$var$sv_mean_post$dim, function(d) d$name), collapse = " "), "\\n", sep = "")
cat("coordinates=", if ("depth" %in% strsplit(ncatt_get(file, "loss", "coordinates")$value, " ")[[1]]) "attribute",
    "\\n", sep = "")
cat("strings=", length(dim(ncvar_get(file, "point_id"))), " text", nchar(ncvar_get(file, "point_id")[1]), "\\n", sep = "")
cat("attributes=", ncatt_get(file, "loss", "long_name")$value, "\\n", sep = "")
"""
OCTAVE_PROBE = """
pkg load netcdf
info = ncinfo(FILE, 'sv_mean_post');
printf('dimensions=%s\\n', strjoin({info.Dimensions.Name}, ' '));
if any(strcmp(strsplit(ncreadatt(FILE, 'loss', 'coordinates'), ' '), 'depth')) printf('coordinates=attribute\\n'); end
texts = ncread(FILE, 'point_id');
printf('strings=%d %s\\n', ndims(texts), class(texts));
printf('attributes=%s\\n', ncreadatt(FILE, 'loss', 'long_name'));
"""


def facts_of(text):
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def probe_python(how):
    return lambda folder, file: facts_of(call([sys.executable, "-c", PYTHON_PROBE, how, file], folder))


def probe_r(folder, file):
    (folder / "probe.R").write_text(R_PROBE)
    return facts_of(call(["Rscript", "probe.R", file], folder))


def probe_octave(folder, file):
    return facts_of(call(["octave-cli", "--eval", OCTAVE_PROBE.replace("FILE", f"'{file}'")], folder))


def found(pattern, text):
    match = re.search(pattern, text, re.S)
    return match.group(1) if match else ""


def probe_ncdump(folder, file):
    text = call(["ncdump", "-v", "point_id", file], folder)
    names = found(r'loss:coordinates = "([^"]*)"', text).split()
    identity = found(r'point_id =\s+"([^"]*)"', text.split("data:")[1])
    return {"dimensions": found(r"double sv_mean_post\(([^)]*)\)", text).replace(",", ""),
            "coordinates": "attribute" if "depth" in names else "", "strings": f"1 text{len(identity)}",
            "attributes": found(r'\sloss:long_name = "([^"]*)"', text)}


def probe_h5dump(folder, file):
    header = call(["h5dump", "-A", "-d", "sv_mean_post", file], folder)
    loss = call(["h5dump", "-A", "-d", "loss", file], folder)
    texts = call(["h5dump", "-d", "point_id", file], folder)
    names = found(r'"coordinates" \{.*?\(0\): "([^"]*)"', loss).split()
    return {"dimensions": " ".join(re.findall(r'DATASET \d+ "/(\w+)"', header)),
            "coordinates": "attribute" if "depth" in names else "",
            "strings": "2 S1" if re.search(r'\(0,0\): "\w", "\w"', texts) else "",
            "attributes": found(r'"long_name" \{.*?\(0\): "([^"]*)"', loss)}


PROBES = {"h5py": probe_python("h5py"), "xarray, h5netcdf": probe_python("h5netcdf"),
          "xarray, netcdf4": probe_python("netcdf4"), "pandas": probe_python("pandas"),
          "ncdump": probe_ncdump, "h5dump": probe_h5dump, "R, ncdf4": probe_r, "Octave, ncread": probe_octave}
STRINGS = {"2 |S1": "characters", "2 S1": "characters", "2 char": "characters", "1 bytes_": "bytes",
           "1 bytes": "bytes", "1 text16": "texts"}


def cells_of(facts):
    """The words of the table for what a tool told."""
    names = facts["dimensions"].split()
    dimensions = {True: "yes", False: "no"}[names == DIMENSIONS]
    return [dimensions if names != DIMENSIONS[::-1] else "yes, reversed",
            {"given": "yes", "attribute": "as an attribute"}.get(facts.get("coordinates"), "no"),
            STRINGS.get(facts["strings"], facts["strings"]),
            "yes" if facts["attributes"].startswith("loss at the end") else "no"]


def table():
    lines = (EXAMPLES / "README.md").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| tool |"))
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[start + 2:]
            if line.startswith("| ")]
    return {row[0]: row[1:] for row in rows}


def shows_losses(command, path, folder):
    """Whether the command of the table prints the least and the largest loss."""
    words = shlex.split(command.strip("`").replace("FILE.h5", path))
    text = call([sys.executable if words[0] == "python3" else words[0], *words[1:]], folder)
    numbers = [float(text) for text in re.findall(r"\d+\.\d+(?:e-?\d+)?", text)]
    with h5py.File(folder / path) as file:
        losses = file["loss"][()]
    losses = losses[[0, 1, -1]]  # what every tool shows, however it shortens
    return all(any(abs(number - loss) < 1e-5 for number in numbers) for loss in losses)


def test_the_table_has_every_tool():
    assert list(table()) == list(PROBES)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("tool", PROBES)
def test_a_row_of_the_table(folder, tool, file):
    command, opens, *cells = table()[tool]
    need(shlex.split(command.strip("`"))[0].replace("python3", sys.executable))
    assert opens == ("yes" if shows_losses(command, file, folder) else "no")
    assert cells == cells_of(PROBES[tool](folder, file))
