"""The result file is read by everybody while a job writes it, and the job does not mind."""
import json
import shutil
import signal
import subprocess

import h5py
import pytest
from sweeps import DONE, LONGER, wait_until_done

# So many points that no test sees the last one.
POINTS = 20000
AT_WORK = LONGER.replace("29", str(POINTS // 2 - 1)) + "output: {history: 0, gram: false}\n"


def with_xarray(engine):
    def read(path):
        import xarray
        with xarray.open_dataset(path, engine=engine) as file:
            assert file.loss.dims == ("config",) and file.sv_weight.dims == ("config", "layer", "index")
            return (file.status.values == DONE).tolist(), file.loss.values
    return read


def with_h5py(path):
    with h5py.File(path, "r") as file:
        return (file["status"][:] == DONE).tolist(), file["loss"][:]


def with_ncdump(path):
    head = subprocess.run(["ncdump", "-h", path], text=True, capture_output=True, check=True)
    assert "sv_weight(config, layer, index)" in head.stdout
    shown = subprocess.run(["ncdump", "-v", "status,loss", path], text=True, capture_output=True,
                           check=True).stdout.split("data:")[1]
    column = {name.strip(): values.split(",") for name, values in
              (part.split(" = ") for part in shown.split(";")[:2])}
    losses = [float("nan") if "_" in text or "NaN" in text else float(text)
              for text in column["loss"]]
    return [int(text) == DONE for text in column["status"]], losses


READERS = {"xarray, h5netcdf": with_xarray("h5netcdf"), "xarray, netcdf4": with_xarray("netcdf4"),
           "h5py": with_h5py, "ncdump": with_ncdump}


@pytest.mark.filterwarnings("ignore:numpy.ndarray size changed:RuntimeWarning")  # netCDF4's
def test_readers_while_a_job_writes(dufm, sweep):
    for module in ("xarray", "h5netcdf", "netCDF4"):
        pytest.importorskip(module)  # now, since it takes a while
    out = dufm.folder / "out.h5"
    process = dufm.start("run", sweep(AT_WORK), "-o", out, ranks=2)
    wait_until_done(dufm, process, out, 3)
    for name, read in READERS.items():
        if name == "ncdump" and not shutil.which("ncdump"):
            continue
        done, losses = read(out)
        assert 3 <= sum(done) < POINTS, f"{name}: {sum(done)}"
        assert all(0 < loss < 1 for loss, finished in zip(losses, done) if finished), name
        assert process.poll() is None, "it ended too soon to be read by " + name
    process.send_signal(signal.SIGUSR1)
    _, text = process.communicate(timeout=180)
    assert process.returncode == 75, text
    assert "whole" in dufm("verify", out).stdout
    assert json.loads(dufm("status", out, "--json").stdout)["status"]["done"] >= sum(done)
