"""Where runs take place: a folder, the program, its launcher; and how they are killed."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

from rows import Rows


KINDS = ("alone", "worker", "coordinator", "all", "launcher")


class Site:
    """Runs the program in one folder; everything it leaves outside of the file stays there."""

    checkpoint = 0.002  # seconds between saves of points that take milliseconds

    def __init__(self, folder, program, launcher="mpirun"):
        self.folder = pathlib.Path(folder).resolve()
        self.program = str(pathlib.Path(program).resolve())
        self.launcher = shlex.split(launcher)
        self.path = self.folder / "x.h5"
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir(parents=True)
        # Sessions and shared memory of killed launchers go with the folder.
        self.environment = dict(
            os.environ, TMPDIR=str(self.temporary), OMPI_ALLOW_RUN_AS_ROOT="1",
            OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1", OMPI_MCA_rmaps_base_oversubscribe="1",
            OMPI_MCA_btl_vader_backing_directory=str(self.temporary))

    def write(self, name, text):
        """A file in the folder."""
        path = self.folder / name
        path.write_text(text)
        return path

    def command(self, *arguments, ranks=None):
        launch = [*self.launcher, "-n", str(ranks)] if ranks else []
        return [*launch, self.program, *map(str, arguments)]

    def start(self, sweep, ranks=None, **settings):
        """`dufm run` in the background, in a session of its own. Settings are preloaded
        libraries' environment variables, for the ranks alone."""
        command = self.command("run", "--quiet", "--checkpoint", self.checkpoint, sweep, "-o", self.path,
                               ranks=ranks)
        if settings:
            place = command.index(self.program)
            command[place:place] = ["env", *(f"{name}={value}" for name, value in settings.items())]
        with open(self.folder / "messages", "w") as messages:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment,
                                    stdout=messages, stderr=messages, start_new_session=True)

    def messages(self):
        return (self.folder / "messages").read_text()

    def finish(self, sweep, ranks=None, **settings):
        """Run to the end; the exit code."""
        return self.start(sweep, ranks, **settings).wait(timeout=120)

    def undisturbed(self, sweep):
        """The rows of a run that is left alone."""
        code = self.finish(sweep)
        if code != 0:
            raise RuntimeError(f"the undisturbed run ends with {code}: {self.messages()}")
        return Rows(self.path)

    def grows(self, sweep, larger):
        """Whether the program goes on with a larger sweep in the same file, or refuses it."""
        path = self.write("sweep.yaml", sweep)
        self.finish(path)
        path.write_text(larger)
        grows = self.finish(path) == 0
        self.path.unlink()
        return grows

    def verify(self):
        return subprocess.run([self.program, "verify", self.path], env=self.environment,
                              capture_output=True, text=True, timeout=180)

    def leftovers(self):
        """Names beside the file that a finished run must not leave."""
        return sorted(path.name for path in self.folder.iterdir()
                      if path.name.startswith(self.path.name) and path != self.path)


def stat_of(pid):
    """Fields of a process after its name: state, parent, ...; none when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def children(pid):
    """Process ids of all descendants, from one look at every process."""
    parents = {int(entry.name): int(facts[1])
               for entry in pathlib.Path("/proc").glob("[0-9]*") if (facts := stat_of(entry.name))}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {pid})


def ranks_of(process):
    """Process ids of the ranks a started launcher runs on this machine, by rank: not of their
    children, which are younger and have the same surroundings."""
    by_rank = {}
    for pid in children(process.pid):
        try:
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        found = re.search(rb"(?:^|\0)OMPI_COMM_WORLD_RANK=(\d+)", environment)
        if found:
            by_rank.setdefault(int(found[1]), pid)
    return [by_rank[rank] for rank in sorted(by_rank)]


def is_alive(pid):
    """Whether a process runs: not gone, no zombie."""
    facts = stat_of(pid)
    return bool(facts) and facts[0] not in "ZX"


def victims(process, kind, random):
    """Process ids that a kill of that kind takes."""
    if kind in ("alone", "launcher"):
        return [process.pid]
    ranks = ranks_of(process)
    if kind == "all":
        return [*children(process.pid), process.pid] if ranks else []
    if kind == "coordinator":
        return ranks[:1]
    return [random.choice(ranks[1:])] if len(ranks) > 1 else []


def kill(pids):
    """kill -9; whether one was alive to be killed."""
    killed = False
    for pid in pids:
        try:
            alive = is_alive(pid)
            os.kill(pid, signal.SIGKILL)
            killed = killed or alive
        except ProcessLookupError:
            pass
    return killed


def end(process, patience=30):
    """Wait for a job that was hit, then for its ranks; the exit code, and who would not die."""
    family = children(process.pid)
    try:
        code = process.wait(timeout=patience)
    except subprocess.TimeoutExpired:
        kill([*family, process.pid])
        process.wait()
        return None, family
    deadline = time.monotonic() + patience
    while any(map(is_alive, family)) and time.monotonic() < deadline:
        time.sleep(0.02)
    stuck = [pid for pid in family if is_alive(pid)]
    kill(stuck)
    return code, stuck
