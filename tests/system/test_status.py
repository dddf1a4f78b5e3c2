"""dufm status: counts, times and state, of a finished, running, stopped or bad file."""
import json
import signal

import h5py
from sweeps import (DONE, LONGER, LONGER_POINTS, SMALL, SMALL_POINTS, column, on_terminal,
                    wait_until_done)


def status(dufm, path):
    return json.loads(dufm("status", path, "--json").stdout)


def test_finished(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5", ranks=3)
    facts = status(dufm, "out.h5")
    assert facts["name"] == "small"
    assert facts["points"] == SMALL_POINTS
    assert facts["status"] == {"pending": 0, "running": 0, "done": SMALL_POINTS, "failed": 0,
                               "quarantined": 0}
    assert sum(facts["outcome"].values()) == SMALL_POINTS
    assert sum(facts["stop_reason"].values()) == SMALL_POINTS
    assert facts["state"] == "finished"
    assert facts["seconds_left"] == 0
    assert facts["rate"] is None
    assert facts["launches"] == facts["fingerprints"] == 1
    assert facts["launch"]["ranks"] == 3
    assert facts["failures"] == []


def test_counts_and_slowest_rows_are_those_of_the_file(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5")
    facts, path = status(dufm, "out.h5"), dufm.folder / "out.h5"
    outcomes = column(path, "outcome")
    for value, (_, count) in enumerate(facts["outcome"].items()):
        assert count == (outcomes == value).sum()
    seconds = column(path, "wall_time")
    slowest = sorted(seconds, reverse=True)[:5]
    assert [row["wall_time"] for row in facts["slowest"]] == [
        float(f"{value:.6g}") for value in slowest]
    row = facts["slowest"][0]["row"]
    assert seconds[row] == slowest[0]
    assert f"width {column(path, 'width')[row]}" in facts["slowest"][0]["point"]
    assert facts["wall_time"] > 0


def test_running_then_stopped(dufm, sweep):
    out = dufm.folder / "out.h5"
    process = dufm.start("run", sweep(LONGER), "-o", out)
    wait_until_done(dufm, process, out, 5)
    facts = status(dufm, out)
    assert facts["state"] == "running"
    assert facts["launch"]["pid"] == process.pid
    assert 0 < facts["status"]["done"] < LONGER_POINTS
    process.send_signal(signal.SIGUSR1)
    process.communicate(timeout=20)
    facts = status(dufm, out)
    assert facts["state"] == "stopped"
    assert facts["rate"] is None and facts["seconds_left"] is None
    assert facts["status"]["done"] == (column(out, "status") == DONE).sum()
    assert facts["status"]["done"] + facts["status"]["pending"] == LONGER_POINTS
    text = dufm("status", out).stdout
    assert "unknown" in text


def test_watch_ends_with_the_run(dufm, sweep):
    out = dufm.folder / "out.h5"
    process = dufm.start("run", sweep(LONGER), "-o", out)
    wait_until_done(dufm, process, out, 1)
    shown = dufm("status", out, "--watch", timeout=60).stdout
    process.communicate(timeout=60)
    states = [line.split()[1] for line in shown.splitlines() if line.startswith("  state")]
    assert states[0] == "running"
    assert states[-1] in ("finished", "stopped")
    assert set(states[:-1]) == {"running"}


def test_watch_as_json_is_a_line_a_look(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5", "--quiet")
    [line] = dufm("status", "out.h5", "--watch", "--json").stdout.splitlines()
    assert json.loads(line)["state"] == "finished"


def test_watch_redraws_on_a_terminal(dufm, sweep):
    out = dufm.folder / "out.h5"
    process = dufm.start("run", sweep(LONGER), "-o", out)
    wait_until_done(dufm, process, out, 1)
    shown = on_terminal(dufm.command("status", out, "--watch"), dufm.folder)
    process.communicate(timeout=60)
    first, *pictures = shown.split("\033[H\033[2J")
    assert first == "" and len(pictures) >= 2
    assert all(picture.startswith(f"{out}: longer, ") for picture in pictures)
    assert "state        running" in pictures[0] and "state        finished" in pictures[-1]


def test_watch_goes_on_while_another_machine_may_be_at_work(dufm, sweep):
    """The last launch was elsewhere: it ends when no point is left."""
    out = dufm.folder / "out.h5"
    dufm("run", sweep(SMALL), "-o", out, "--quiet")
    with h5py.File(out, "r+") as file:
        file["status"][0] = 0
        file["launch_host"][0, 0] = b"?"
    watching = dufm.start("status", out, "--watch", "--json")
    assert json.loads(watching.stdout.readline())["state"] == "unknown"
    with h5py.File(out, "r+") as file:
        file["status"][0] = DONE
    rest = watching.communicate(timeout=20)[0].splitlines()
    assert json.loads(rest[-1])["state"] == "finished"


def test_text(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5", ranks=2)
    text = dufm("status", "out.h5").stdout
    assert text.startswith(f"out.h5: small, {SMALL_POINTS} points\n")
    assert f"points       {SMALL_POINTS} done\n" in text
    assert "2 ranks" in text
    assert "state        finished" in text


def test_bad_files(dufm):
    (dufm.folder / "text.h5").write_text("not HDF5")
    for arguments, message in [(["missing.h5"], "missing.h5"), (["text.h5"], "text.h5"),
                               ([], "no result file")]:
        done = dufm("status", *arguments, expect=2)
        assert done.stdout == ""
        assert message in done.stderr
