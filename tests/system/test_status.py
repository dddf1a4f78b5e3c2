"""dufm status: counts, times and state, of a finished, running, stopped or bad file."""
import json
import signal

import h5py
import pytest
from halting import HALTING_POINTS, wait_for
from sweeps import (DONE, ENDLESS, ENDLESS_POINTS, LONGER, SMALL, SMALL_POINTS, column, on_terminal)


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


def test_use_of_the_workers(dufm, sweep):
    """Of the last launch: noted in its row, outside of its checksum."""
    path, out = sweep(LONGER), dufm.folder / "out.h5"
    shown = dufm("run", path, "-o", out, ranks=3).stderr
    use = status(dufm, out)["use"]
    assert 0 < use["utilization"] <= 1 and 0 < use["committing"] < 1 and use["span"] > 0
    text = f"workers at work {100 * use['utilization']:.1f} % of the time, "
    assert text in shown and text in dufm("status", out).stdout
    with h5py.File(out, "r") as file:
        busy, wall = file["launch_busy"][0], file["wall_time"][:].sum()
    assert 2 * use["span"] >= busy > wall
    assert "whole" in dufm("verify", out).stdout
    dufm("run", path, "-o", out)  # nothing left: nobody was at work
    assert status(dufm, out)["use"] is None
    assert "whole" in dufm("verify", out).stdout


def test_running_then_stopped(dufm, halted):
    run, out = halted(), dufm.folder / "out.h5"
    # Its start is known to the second.
    wait_for(lambda: status(dufm, out)["seconds_left"] is not None, run.process)
    facts = status(dufm, out)
    assert facts["state"] == "running"
    low, high = facts["seconds_left_range"]
    assert low <= facts["seconds_left"] <= high
    assert facts["launch"]["pid"] == run.process.pid
    assert 0 < facts["status"]["done"] < HALTING_POINTS
    run.signal(signal.SIGUSR1)
    run.end(75)
    facts = status(dufm, out)
    assert facts["state"] == "stopped"
    assert facts["rate"] is None and facts["seconds_left"] is None
    assert facts["status"]["done"] == (column(out, "status") == DONE).sum()
    assert facts["status"]["done"] + facts["status"]["pending"] == HALTING_POINTS
    text = dufm("status", out).stdout
    assert "unknown" in text


@pytest.mark.parametrize("ranks", [None, 3])
def test_what_was_under_way_is_pending_again(dufm, sweep, ranks):
    out = dufm.folder / "out.h5"
    process = dufm.start("run", sweep(ENDLESS), "-o", out, ranks=ranks)
    at_work = 1 if ranks is None else ranks - 1
    wait_for(lambda: out.exists() and status(dufm, out)["status"]["running"] == at_work, process)
    process.send_signal(signal.SIGUSR1)
    _, text = process.communicate(timeout=180)
    assert process.returncode == 75, text
    facts = status(dufm, out)
    assert facts["state"] == "stopped"
    assert facts["status"]["pending"] == ENDLESS_POINTS and facts["status"]["running"] == 0


def test_watch_ends_with_the_run(dufm, halted):
    run, out = halted(), dufm.folder / "out.h5"
    watching = dufm.start("status", out, "--watch")
    while not (line := watching.stdout.readline()).startswith("  state"):
        assert line, watching.communicate()[1]
    assert line.split()[1] == "running"
    run.go_on_to_the_end()
    shown = watching.communicate(timeout=180)[0]
    states = [line.split()[1] for line in shown.splitlines() if line.startswith("  state")]
    assert states[-1] in ("finished", "stopped")
    assert set(states[:-1]) <= {"running"}


def test_watch_as_json_is_a_line_a_look(dufm, sweep):
    dufm("run", sweep(SMALL), "-o", "out.h5", "--quiet")
    [line] = dufm("status", "out.h5", "--watch", "--json").stdout.splitlines()
    assert json.loads(line)["state"] == "finished"


def test_watch_redraws_on_a_terminal(dufm, halted):
    run, out = halted(), dufm.folder / "out.h5"

    def look(shown):
        if b"running" in shown and run.pids:
            run.go_on_to_the_end()
    shown = on_terminal(dufm.command("status", out, "--watch"), dufm.folder, look=look)
    first, *pictures = shown.split("\033[H\033[2J")
    assert first == "" and len(pictures) >= 2
    assert all(picture.startswith(f"{out}: halting, ") for picture in pictures)
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
    rest = watching.communicate(timeout=180)[0].splitlines()
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
