"""Bad input to every command: one message that names the thing and the remedy, the exit code,
and nothing changed on the disk; alone, and what `run` refuses under mpirun with three ranks, too.

What can be wrong inside of a sweep file is in test_bad_sweep.py and test_bad_language.py, of which
one of each kind is run here.
"""
import contextlib
import os
import pathlib
import re
import shlex
import signal
import subprocess

import pytest
import test_bad_language
import test_bad_sweep
from bad_files import GOOD, MAKERS, PRIVATE

LONG = "x" * 300

# One of these words tells what to do.
REMEDY = re.compile(
    r"salvage|expected|did you mean|choose|must be|see '|usage:|keep one|takes|needs|wait|divide|give |make it|"
    r"use the program|name a file|is missing|at least|at most|lists them|does its folder exist|"
    r"YAML syntax: .* without a ")

# (arguments, exit code, what the message says). Files of bad_files.py are made where they are
# named.
CASES = [
    # ---- the sweep file ----
    ("run missing.yaml", 2, r"missing\.yaml: No such file"),
    ("run dir.yaml", 2, r"dir\.yaml is a folder"),
    ("run good.yaml/x.yaml", 2, r"x\.yaml: Not a directory"),
    (f"run {LONG}.yaml", 2, r"File name too long"),
    ("run loop.yaml", 2, r"loop\.yaml: Too many levels of symbolic links"),
    ("run unreadable.yaml", 2, r"unreadable\.yaml: cannot be read: Permission denied"),
    ("run /dev/null", 2, r"/dev/null: is empty; expected a mapping"),
    ("run empty.yaml", 2, r"empty\.yaml: is empty; expected a mapping"),
    ("run binary.yaml", 2, r"binary\.yaml:1:1: byte 0x00 is not text"),
    ("run result.h5 -o good.yaml", 2, r"result\.h5:1:1: byte 0x89 is not text"),
    ("run syntax.yaml", 2, r"syntax\.yaml:\d+:\d+: .*YAML syntax"),
    ("run unknown.yaml", 2, r"unknown\.yaml:2:9: .*'widht'(.|\n)*did you mean 'width'"),
    ("run negative.yaml", 2, r"negative\.yaml:2:39: lambda is -0\.01(.|\n)*expected .*at least 1e-30"),
    ("run word.yaml", 2, r"word\.yaml:2:39: 'small' is not a number(.|\n)*such as"),
    ("run both.yaml", 2, r"both\.yaml:2:45: lambdas beside lambda"),
    ("run twice.yaml", 2, r"twice\.yaml:2:19: depth is given in 'grid' and in 'point'"),
    ("run planted.yaml", 2, r"planted\.yaml:2:19: init dnc .*width 2 .*classes 3"),
    ("run endless.yaml", 2, r"endless\.yaml:.*product of the axes(.|\n)*at most 2\^53"),
    ("run many.yaml", 2, r"many\.yaml: 4294967296 points are too many.*divide the sweep"),
    ("run wide.yaml", 2, r"wide\.yaml:.*feature matrix"),
    ("plan missing.yaml", 2, r"missing\.yaml: No such file"),
    ("plan unreadable.yaml", 2, r"unreadable\.yaml: cannot be read: Permission denied"),
    ("plan endless.yaml --json", 2, r"product of the axes(.|\n)*at most 2\^53"),
    ("plan result.h5", 2, r"result\.h5:1:1: byte 0x89 is not text"),
    # ---- the result file of run ----
    ("run good.yaml -o none/x.h5", 2, r"none/x\.h5.*No such file.*does its folder exist\?"),
    ("run good.yaml -o good.yaml/x.h5", 2, r"good\.yaml/x\.h5.*Not a directory"),
    ("run good.yaml -o locked.d/x.h5", 2, r"locked\.d/x\.h5.*folder must be writable"),
    ("run good.yaml -o dir.h5", 2, r"dir\.h5 is a folder, not a result file"),
    ("run good.yaml -o ''", 2, r"-o needs the name of a file"),
    (f"run good.yaml -o {LONG}.h5", 2, r"File name too long"),
    ("run good.yaml -o good.yaml", 2, r"good\.yaml is not an HDF5 file; choose .*another name"),
    ("run good.yaml -o text.h5", 2, r"text\.h5 is not an HDF5 file; choose .*another name"),
    ("run good.yaml -o empty.h5", 2, r"empty\.h5 is not an HDF5 file; choose .*another name"),
    ("run good.yaml -o classic.h5", 2, r"classic\.h5 is not an HDF5 file; choose .*another name"),
    ("run good.yaml -o hdf5.h5", 2, r"hdf5\.h5 is an HDF5 file, but not .* of dufm; choose"),
    ("run good.yaml -o netcdf4.h5", 2, r"netcdf4\.h5 is an HDF5 file, but not .* of dufm; choose"),
    ("run good.yaml -o nameless.h5", 1, r"nameless\.h5 is damaged .*'dufm salvage'"),
    ("run other.yaml -o result.h5", 2,
     r"result\.h5 holds another sweep, and .*; choose another file.*\n(.|\n)*depth(.|\n)*width"),
    ("run good.yaml -o older.h5", 2, r"older\.h5 has schema version \d+, .* use the program"),
    ("run good.yaml -o newer.h5", 2, r"newer\.h5 has schema version \d+, .* use the program"),
    ("run good.yaml -o half.h5", 1, r"half\.h5 is damaged"),
    ("run good.yaml -o head.h5", 1, r"head\.h5 is damaged"),
    ("run good.yaml -o readonly.h5", 2, r"readonly\.h5 must be readable and writable"),
    ("run good.yaml -o secret.h5", 2, r"secret\.h5 must be readable and writable"),
    ("run good.yaml -o loop.h5", 2, r"loop\.h5: Too many levels of symbolic links"),
    ("run good.yaml -o nolock.h5", 2, r"nolock\.h5\.lock: Permission denied"),
    ("run good.yaml -o lockdir.h5", 2, r"lockdir\.h5\.lock: Is a directory"),
    ("run good.yaml -o busy.h5", 2,
     r"busy\.h5 is being written by another job: host node17, pid 4711, job 99, since 2024.*wait"),
    # ---- reading a result file ----
    ("status missing.h5", 2, r"missing\.h5: No such file"),
    ("status dir.h5", 2, r"dir\.h5 is a folder, not a result file"),
    ("status text.h5", 2, r"text\.h5 is not an HDF5 file"),
    ("status hdf5.h5 --json", 2, r"hdf5\.h5 is an HDF5 file, but not .* of dufm; choose"),
    ("status newer.h5 --watch", 2, r"newer\.h5 has schema version"),
    ("status half.h5", 1, r"half\.h5 is damaged"),
    ("show missing.h5", 2, r"missing\.h5: No such file"),
    ("show secret.h5", 2, r"secret\.h5: Permission denied"),
    ("show good.yaml", 2, r"good\.yaml is not an HDF5 file"),
    ("show classic.h5 --csv", 2, r"classic\.h5 is not an HDF5 file"),
    ("show older.h5", 2, r"older\.h5 has schema version"),
    ("show half.h5", 1, r"half\.h5 is damaged"),
    ("verify missing.h5", 2, r"missing\.h5: No such file"),
    ("verify dir.h5", 2, r"dir\.h5 is a folder, not a result file"),
    ("verify empty.h5", 2, r"empty\.h5 is not an HDF5 file"),
    ("verify netcdf4.h5", 2, r"netcdf4\.h5 is an HDF5 file, but not .* of dufm; choose"),
    ("verify newer.h5", 2, r"newer\.h5 has schema version"),
    ("verify head.h5", 1, r"head\.h5 is damaged"),
    # ---- command lines ----
    ("", 2, r"^usage: dufm COMMAND"),
    ("rnu good.yaml", 2, r"no command 'rnu'; did you mean 'run'\?"),
    ("simulate good.yaml", 2, r"no command 'simulate'; 'dufm help' lists them"),
    ("help rnu", 2, r"no command 'rnu'"),
    ("run", 2, r"no sweep file given; see 'dufm run --help'"),
    ("run good.yaml -o", 2, r"-o needs a value: FILE\.h5"),
    ("run good.yaml result.h5", 2, r"one argument too many: 'result\.h5'; usage: dufm run"),
    ("run good.yaml --outptu x.h5", 2, r"no option --outptu; did you mean --output\?"),
    ("run good.yaml --verbose", 2, r"no option --verbose; see 'dufm run --help'"),
    ("run good.yaml -x", 2, r"no option -x; see 'dufm run --help'"),
    ("run good.yaml --quiet=yes", 2, r"--quiet takes no value"),
    ("plan", 2, r"no sweep file; usage: dufm plan"),
    ("plan good.yaml --jsn", 2, r"no option --jsn; did you mean --json\?"),
    ("plan good.yaml other.yaml", 2, r"one argument too many: 'other\.yaml'"),
    ("status", 2, r"no result file given; see 'dufm status --help'"),
    ("status result.h5 --wacth", 2, r"no option --wacth; did you mean --watch\?"),
    ("show", 2, r"no result file given; see 'dufm show --help'"),
    ("show result.h5 --limit", 2, r"--limit needs a value: N"),
    ("show result.h5 --limit ten", 2, r"--limit takes a whole number, not 'ten'"),
    ("show result.h5 -n 1.5", 2, r"-n takes a whole number, not '1\.5'"),
    ("show result.h5 -n 99999999999", 2, r"-n takes a whole number, not '99999999999'"),
    ("show result.h5 --limit -5", 2, r"--limit takes a number of rows, or 0 for all"),
    ("verify", 2, r"no result file given; see 'dufm verify --help'"),
    ("verify result.h5 --all", 2, r"no option --all; see 'dufm verify --help'"),
    ("version now", 2, r"one argument too many: 'now'; usage: dufm version$"),
    ("version --jsno", 2, r"no option --jsno; did you mean --json\?"),
    ("reference --depth 4 --lambda 0.1", 2, r"--classes is missing"),
    ("reference --classes 10 --depth 4", 2, r"--lambda \(or --lambdas, one a layer\) is missing"),
    ("reference --classes 1 --depth 4 --lambda 1", 2, r"--classes is 1; .*at least 2"),
    ("reference --classes ten --depth 4", 2, r"--classes takes a whole number, not 'ten'"),
    ("reference --classes 9 --depth 65 --lambda 1", 2, r"--depth is 65; .*at most 64"),
    ("reference --classes 9 --depth 4 --lambda -1", 2, r"--lambda is -1; .*at least 1e-30"),
    ("reference --classes 9 --depth 4 --lambda nan", 2, r"--lambda takes a number, not 'nan'"),
    ("reference --classes 9 --depth 4 --lambda 1e999", 2, r"takes a number, not '1e999'"),
    ("reference --classes 9 --depth 4 --lambdas 1,2", 2, r"has 2 values for a depth of 4"),
    ("reference --classes 9 --depth 4 --lambdas 1,,2", 2, r"takes a number, not '1,,2'"),
    ("reference --classes 9 --depth 2 --lambda 1 --lambdas 1,1", 2, r"both given; keep one"),
    ("reference --classes 9 --depth 4 --lambda 1 --loss mce", 2, r"--loss takes .*mse.* not 'mce'"),
    ("reference --classes 9 --depth 4 --lambda 1 --activation rleu", 2, r"takes relu or linear"),
    ("reference --classes 9 --depth 4 --lambda 1 --samples 0", 2, r"--samples is 0; .*at least 1"),
]
TOGETHER = [case for case in CASES if case[0].startswith("run")]
# Root may read and write anything; without these two capabilities it may not.
DROP = ["setpriv", "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search"]


@pytest.fixture(scope="session")
def good_file(tmp_path_factory):
    """The bytes of a finished result file."""
    from conftest import Program
    folder = tmp_path_factory.mktemp("good")
    (folder / "good.yaml").write_text(GOOD)
    Program(folder)("run", "good.yaml", "--quiet")
    return (folder / "good.h5").read_bytes()


def listing(folder):
    """Everything below a folder: mode, and content or target."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content = os.readlink(path) if path.is_symlink() else None
        if content is None and path.is_file():
            path.chmod(0o644)
            content = path.read_bytes()
            path.chmod(mode)
        found[str(path.relative_to(folder))] = (mode, content)
    return found


def needs_rights(arguments):
    return any(name in PRIVATE for argument in arguments for name in argument.split("/"))


def prefix_without_rights():
    """What to put before a command so that modes of files count."""
    if os.geteuid() != 0:
        return []
    tried = subprocess.run([*DROP, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"root cannot give up its rights here: {tried.stderr.strip()}")
    return DROP


def check(dufm, good_file, case, ranks):
    """Run one case in a folder of its own and compare the folder before and after."""
    line, code, message = case
    arguments = shlex.split(line)
    folder = dufm.folder / "case"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        for name in {part for argument in arguments for part in argument.split("/")}:
            if name in MAKERS:
                MAKERS[name](folder / name, good_file, stack)
        command = dufm.command(*arguments, ranks=ranks)
        if needs_rights(arguments):
            command = [*prefix_without_rights(), *command]
        before = listing(folder)
        done = subprocess.run(command, cwd=folder, env=dufm.calm_environment, text=True,
                              capture_output=True, timeout=180)
        after = listing(folder)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    assert re.search(message, done.stderr), done.stderr
    assert REMEDY.search(done.stderr), done.stderr
    start = rf"^(dufm( {arguments[0]})?: )" if arguments else "^(usage: )"
    assert len(re.findall(start, done.stderr, re.M)) == 1, done.stderr
    assert after == before


@pytest.mark.parametrize("case", CASES, ids=[case[0][:60] for case in CASES])
def test_alone(dufm, good_file, case):
    check(dufm, good_file, case, None)


@pytest.mark.parametrize("case", TOGETHER, ids=[case[0][:60] for case in TOGETHER])
def test_three_ranks(dufm, good_file, case):
    check(dufm, good_file, case, 3)


def test_table_is_large_enough():
    assert len({case[0] for case in CASES}) == len(CASES) >= 60
    assert len(TOGETHER) >= 40


# One of each kind of what can be wrong inside of a sweep file.
INSIDE = {**test_bad_sweep.CASES, **test_bad_language.CASES}
KINDS = ["unknown choice", "fraction", "value twice", "lambdas of wrong length", "range backwards",
         "zip of unequal lengths", "seeds past the end", "rule in the second grid", "condition cut short",
         "everything excluded", "override of an axis", "derived lambda too large", "too many combinations"]


@pytest.mark.parametrize("ranks", [None, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_inside_of_a_sweep_file(dufm, kind, ranks):
    text, line, column, parts = INSIDE[kind]
    folder = dufm.folder / "case"
    folder.mkdir()
    (folder / "bad.yaml").write_text(text)
    before = listing(folder)
    done = subprocess.run(dufm.command("run", "bad.yaml", ranks=ranks), cwd=folder, text=True,
                          env=dufm.calm_environment, capture_output=True, timeout=180)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.count(f"dufm run: bad.yaml:{line}:{column}: ") == 1, done.stderr
    assert all(part in done.stderr for part in parts), done.stderr
    assert listing(folder) == before


def test_limit_of_file_size(dufm, sweep):
    """A file that cannot be written whole leaves nothing: no result, no temporary file."""
    import resource

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    folder = dufm.folder / "case"
    folder.mkdir()
    done = subprocess.run(dufm.command("run", sweep(GOOD), "-o", "x.h5"), cwd=folder, text=True,
                          env=dufm.calm_environment, capture_output=True, timeout=180,
                          preexec_fn=limit, restore_signals=False)
    assert done.returncode == 1, done.stderr
    assert re.search(r"^dufm run: cannot create x\.h5: .*file write failed: File too large", done.stderr, re.M), \
        done.stderr
    assert listing(folder) == {}
