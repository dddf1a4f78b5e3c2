"""Damage: verify finds it and names it; run computes damaged rows again."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

import h5py
import pytest
from conftest import DUFM
from resultfile import TINY, column, extents, flip, hashes, place_of
from sweeps import children

HERE = pathlib.Path(__file__).resolve().parent
SALVAGE = "'dufm salvage' saves its readable rows"


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A finished file, as bytes, and what is in it."""
    from conftest import Program
    folder = tmp_path_factory.mktemp("original")
    (folder / "sweep.yaml").write_text(TINY)
    Program(folder)("run", "sweep.yaml", "-o", "x.h5")
    path = folder / "x.h5"
    return path.read_bytes(), hashes(path), extents(path)


@pytest.fixture
def tiny(dufm, sweep, original):
    """A copy to damage; its sweep lies beside it."""
    sweep(TINY)
    path = dufm.folder / "x.h5"
    path.write_bytes(original[0])
    return path


# ---- verify --------------------------------------------------------------------------------

def test_every_variable_is_covered(dufm, tiny, original):
    """A flipped bit anywhere in the values is found: in rows, paddings, launches, tables."""
    chosen = random.Random(4)
    for start, size, name in original[2]:
        place, bit = start + chosen.randrange(size), chosen.randrange(8)
        if name == "status" and bit == 1:
            bit = 2  # done -> pending is no damage: a killed job leaves it so
        flip(tiny, place, bit)
        shown = dufm("verify", tiny, expect=1)
        assert "damaged" in shown.stdout + shown.stderr, (name, place - start, bit)
        flip(tiny, place, bit)
    assert "whole" in dufm("verify", tiny).stdout


def test_the_structure_is_covered(dufm, tiny, original):
    """... and so is one outside of all values, whether or not HDF5 looks at it."""
    chosen = random.Random(4)
    end, outside = 0, []
    for start, size, _ in [*original[2], (len(original[0]), 0, "")]:
        outside += range(end, start)
        end = start + size
    for place in [*chosen.sample(outside, 40), *range(8, 48, 4)]:
        bit = chosen.randrange(8)
        flip(tiny, place, bit)
        shown = dufm("verify", tiny, expect=1)
        assert "damaged" in shown.stdout + shown.stderr, (place, bit)
        assert "HDF5-DIAG" not in shown.stderr
        flip(tiny, place, bit)


@pytest.mark.parametrize("variable, row, said", [
    ("grid_index", 3, "row 3 has a grid_index that is not its place in the grid"),
    ("launch_host", 0, "the file: launch 0 holds values that are not those of its checksum"),
    ("launch_cpu", 300, "the file: launch 300 holds something, but there was none"),
    ("layout", 0, "the file: 'layout' is not the table of where its values lie"),
    ("layout_copy", 0, "the file: 'layout_copy' is not the table of where its values lie"),
    ("tolerance", 2, "the file: 'tolerance' holds other values than this program writes"),
])
def test_what_is_shared_is_named(dufm, tiny, variable, row, said):
    flip(tiny, place_of(tiny, variable, row)[0])
    assert said in dufm("verify", tiny, expect=1).stdout
    facts = json.loads(dufm("verify", tiny, "--json", expect=1).stdout)
    assert facts["whole"] is False and len(facts["faults"]) + len(facts["damage"]) == 1


def test_a_missing_dataset_is_named(dufm, tiny):
    with h5py.File(tiny, "r+") as file:
        del file["sv_mean_post"]
    for command in (["verify", tiny], ["run", "sweep.yaml", "-o", tiny], ["status", tiny]):
        error = dufm(*command, expect=1).stderr
        assert "lacks the variable 'sv_mean_post'" in error and SALVAGE in error


@pytest.mark.parametrize("filters", [[], ["-f", "GZIP=1"]], ids=["plain", "deflated"])
def test_a_repacked_file_is_told(dufm, tiny, filters):
    """Every value is there, but not where the file's tables say: another program's work."""
    if not shutil.which("h5repack"):
        pytest.skip("needs h5repack")
    subprocess.run(["h5repack", *filters, tiny, dufm.folder / "repacked.h5"], check=True)
    shown = dufm("verify", "repacked.h5", expect=1).stdout
    assert "the file: another program has written it anew, as h5repack does" in shown
    assert "is not the table" not in shown
    assert "12 rows (12 done): damaged, 0 bad; the file itself is damaged or changed" in shown
    facts = json.loads(dufm("verify", "repacked.h5", "--json", expect=1).stdout)
    assert facts["bad"] == 0 and len(facts["damage"]) == 1


@pytest.mark.parametrize("name, code, said", [
    ("cut.h5", 1, "cut.h5 is damaged"), ("text.h5", 2, "is not an HDF5 file"),
    ("missing.h5", 2, "No such file")])
def test_json_of_what_cannot_be_read(dufm, tiny, name, code, said):
    """An object all the same, for who parses it."""
    (dufm.folder / "cut.h5").write_bytes(tiny.read_bytes()[:3000])
    (dufm.folder / "text.h5").write_text("text")
    done = dufm("verify", name, "--json", expect=code)
    facts = json.loads(done.stdout)
    assert facts == {"file": name, "whole": False, "error": facts["error"]}
    assert said in facts["error"] and facts["error"] in done.stderr


def test_an_added_attribute_is_told_and_harmless(dufm, tiny):
    with h5py.File(tiny, "r+") as file:
        file["loss"].attrs["mine"] = "a remark"
    assert "the file: it has" in dufm("verify", tiny, expect=1).stdout
    dufm("show", tiny)
    dufm("run", "sweep.yaml", "-o", tiny)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    library = tmp_path_factory.mktemp("decoder") / "decoder.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, HERE / "decoder.c", "-ldl"],
                   check=True)
    return library


@pytest.mark.parametrize("ranks", [None, 2])
def test_a_killed_run_leaves_no_lock_to_its_decoder(dufm, tiny, decoder, ranks):
    """Killed while a child of its tries the file: the next run is not refused."""
    begun = dufm.folder / "begun"
    environment = dict(dufm.environment, LD_PRELOAD=str(decoder), DECODER="held",
                       DECODER_BEGUN=str(begun))
    process = subprocess.Popen(dufm.command("run", "sweep.yaml", "-o", tiny, ranks=ranks),
                               cwd=dufm.folder, env=environment, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    while not begun.exists():
        assert process.poll() is None
        time.sleep(0.02)
    possible = children(process.pid) if ranks else [process.pid]
    [(rank, child)] = [(rank, pid) for rank in possible for pid in children(rank)]
    try:
        held = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{child}/fd").iterdir()]
        assert not [path for path in held if path.endswith(".lock")]
        os.kill(rank, signal.SIGKILL)
        process.wait(timeout=60)
        assert "all 12 points are done already" in dufm("run", "sweep.yaml", "-o", tiny).stderr
        stat = pathlib.Path(f"/proc/{child}/stat")
        assert not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"
    finally:
        for pid in child, process.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("how, said", [("crash", "signal 11"), ("memory", "signal 6"),
                                       ("loop", "signal 24, CPU time limit exceeded")])
def test_a_crash_of_the_decoder_is_damage(dufm, tiny, tmp_path, decoder, how, said):
    if how != "loop" and "san" in DUFM.parent.name:
        said = "ended with code 1"  # a sanitizer catches the signal
    before = tiny.read_bytes()
    environment = dict(dufm.environment, LD_PRELOAD=str(decoder), DECODER=how)
    commands = [["verify", tiny], ["run", "sweep.yaml", "-o", tiny]]
    if how != "loop":  # a second of processor time each
        commands += [["status", tiny], ["show", tiny], ["merge", tiny, tiny, "-o", "y.h5"]]
    for command in commands:
        done = subprocess.run(dufm.command(*command), cwd=dufm.folder, env=environment, text=True,
                              capture_output=True, timeout=180)
        assert done.returncode == 1, (command, done)
        assert "x.h5 is damaged" in done.stderr and said in done.stderr
        assert SALVAGE in done.stderr
    done = subprocess.run(dufm.command("verify", tiny, "--json"), env=environment, text=True,
                          capture_output=True, timeout=180)
    assert said in json.loads(done.stdout)["error"] and done.returncode == 1
    assert tiny.read_bytes() == before and not (tmp_path / "y.h5").exists()


@pytest.mark.parametrize("how, said", [
    ("values", "x.h5 is damaged (reading it died of signal 24"),
    ("waits", "nothing came of reading")])
@pytest.mark.parametrize("command", ["verify", "status"])
def test_values_that_come_to_no_end(dufm, tiny, decoder, command, how, said):
    environment = dict(dufm.environment, LD_PRELOAD=str(decoder), DECODER=how)
    done = subprocess.run(dufm.command(command, "x.h5", "--json"), cwd=dufm.folder, timeout=180,
                          env=environment, text=True, capture_output=True)
    assert done.returncode == 1 and said in done.stderr
    assert command != "verify" or said in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("command", ["verify", "status"])
def test_nobody_who_listens_is_no_damage(dufm, tiny, command):
    """As when the output goes to `head`, which ends."""
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(dufm.command(command, tiny), stdout=theirs, stderr=subprocess.PIPE,
                          env=dufm.environment, timeout=180)
    os.close(theirs)
    assert done.returncode == -signal.SIGPIPE and not done.stderr


# ---- run -----------------------------------------------------------------------------------

@pytest.mark.parametrize("ranks", [None, 3])
def test_run_computes_damaged_rows_again(dufm, tiny, original, ranks):
    for row, variable in {1: "sv_weight", 4: "steps", 7: "checksum", 10: "result_hash"}.items():
        flip(tiny, place_of(tiny, variable, row)[0])
    dufm("verify", tiny, expect=1)
    told = dufm("run", "sweep.yaml", "-o", tiny, ranks=ranks).stderr
    for row in 1, 4, 7, 10:
        assert any(str(row) in line and "damaged, to be computed again" in line
                   for line in told.splitlines()), told
    assert "8 of 12 points are done already" in told
    assert ": whole" in dufm("verify", tiny).stdout
    assert hashes(tiny) == original[1]


@pytest.mark.parametrize("variable, rerun", [
    ("lambda_h", True), ("depth", True), ("classes", True), ("point_id", True), ("lambda", True),
    ("lambdas", True), ("loss_function", True), ("grid_index", False), ("status", True),
])
def test_run_repairs_what_is_known_before(dufm, tiny, original, variable, rerun):
    """Damaged parameters and places are put right, too."""
    place, size = place_of(tiny, variable, 5)
    flip(tiny, place + size - 1, 6)
    dufm("verify", tiny, expect=1)
    told = dufm("run", "sweep.yaml", "-o", tiny).stderr
    assert ("row 5 damaged, to be computed again" in told) == rerun
    assert "12 rows (12 done): whole" in dufm("verify", tiny).stdout
    assert hashes(tiny) == original[1] and list(column(tiny, "grid_index")) == list(range(12))


def test_run_repairs_a_value_in_the_padding(dufm, tiny, original):
    place, size = place_of(tiny, "gram_pre", 0)  # of depth 2 in a file of depth 3
    flip(tiny, place + size - 1)
    assert "row 0 damaged" in dufm("run", "sweep.yaml", "-o", tiny).stderr
    assert ": whole" in dufm("verify", tiny).stdout and hashes(tiny) == original[1]


def test_growth_leaves_damaged_rows_behind(dufm, sweep, tiny, original):
    flip(tiny, place_of(tiny, "sv_weight", 2)[0])
    flip(tiny, place_of(tiny, "point_id", 6)[0])
    more = sweep(TINY.replace("[0, 2]", "[0, 3]"), "more.yaml")
    told = dufm("run", more, "-o", tiny).stderr
    assert "rows 2, 6 damaged, to be computed again" in told
    assert "16 rows (16 done): whole" in dufm("verify", tiny).stdout
    found = hashes(tiny)
    assert {id_: found[id_] for id_ in original[1]} == original[1]


@pytest.mark.parametrize("damage", ["cut", "beginning", "root"])
def test_run_never_overwrites_what_it_cannot_open(dufm, tiny, damage):
    if damage == "cut":
        os.truncate(tiny, tiny.stat().st_size // 2)
    else:
        with open(tiny, "r+b") as file:
            file.seek(0 if damage == "beginning" else 48)
            file.write(bytes(600))
    before = tiny.read_bytes()
    for ranks in None, 2:
        error = dufm("run", "sweep.yaml", "-o", tiny, ranks=ranks, expect=1).stderr
        assert "x.h5 is damaged" in error and SALVAGE in error
    assert tiny.read_bytes() == before and not pathlib.Path(f"{tiny}.lock").exists()
