"""dufm version: what it names, and that a run records the same."""
import json

from sweeps import SMALL, column


def test_names_libraries_and_kernels(dufm):
    facts = json.loads(dufm("version", "--json").stdout)
    assert "Open MPI" in facts["mpi"] or "MPI" in facts["mpi"]
    assert facts["hdf5"].startswith("HDF5 1.")
    assert facts["blas_threads"] == 1
    assert len(facts["fingerprint"]) == 16
    for key in ("version", "blas", "blas_kernel", "lapack", "yaml", "json", "hash", "compiler",
                "cpu"):
        assert facts[key], key


def test_text_says_the_same(dufm):
    facts = json.loads(dufm("version", "--json").stdout)
    text = dufm("version").stdout
    assert text.splitlines()[0] == f"dufm {facts['version']}"
    for value in facts.values():
        assert str(value) in text
    assert dufm("--version").stdout == text


def test_run_records_the_same_fingerprint(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5", ranks=2)
    recorded = column(dufm.folder / "out.h5", "launch_fingerprint")[0]
    text = recorded.tobytes().rstrip(b"\0").decode()
    assert text == json.loads(dufm("version", "--json").stdout)["fingerprint"]


def test_surplus_arguments_are_refused(dufm):
    assert "too many" in dufm("version", "x", expect=2).stderr
