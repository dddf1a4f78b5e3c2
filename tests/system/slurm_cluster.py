"""A private Slurm: munged, slurmctld and several emulated nodes on this machine.

Everything lies in one folder, listens on loopback at free ports and is ended by process id. The
nodes share one host name, which real ones do not; what that asks for is set here and nowhere in
the scripts under test: TCP between ranks (shared memory files of the same name would collide),
the ring fence of PMIx, short-lived credentials (a requeued job waits for its old one to expire).
"""
import itertools
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from conftest import DUFM, ROOT

DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "mungekey")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

CONFIGURATION = """\
ClusterName=emulated
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
TmpFS={folder}/tmp/%n
TaskProlog={folder}/prolog
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,requeue_delay=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
JobRequeue=1
MailProg=/bin/true
InactiveLimit=0
KillWait=3
OverTimeLimit=0
MinJobAge=600
SlurmctldTimeout=30
SlurmdTimeout=20
CompleteWait=0
WaitTime=0
"""

# Lines of it enter the environment of batch scripts and of every rank. More ranks than cores:
# waiting ones give way.
PROLOG = """\
echo "export OMPI_MCA_pml=ob1"
echo "export OMPI_MCA_btl=self,tcp"
echo "export OMPI_MCA_mpi_yield_when_idle=1"
echo "export OMPI_MCA_hwloc_base_binding_policy=none"
echo "export OMPI_MCA_rmaps_base_oversubscribe=1"
echo "export OMPI_ALLOW_RUN_AS_ROOT=1"
echo "export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
echo "export TMPDIR={folder}/tmp"
"""


def missing():
    """Programs of Slurm that are not there."""
    return [name for name in DAEMONS if shutil.which(name, path=PATH) is None]


def open_to_all(path):
    """Whether every user may enter the folder."""
    return all(os.stat(part).st_mode & 0o005 == 0o005 for part in [path, *path.parents])


def is_free(port):
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_ports(count):
    """Below those that connections get by themselves, which others may take before the daemons do."""
    free = filter(is_free, random.sample(range(10000, 32000), 1000))
    return list(itertools.islice(free, count))


def wait_for(condition, what, seconds=300):
    """Until condition() is true; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


class Cluster:
    """The daemons; commands run as users of the cluster would. Three nodes belong to the
    partition main, and to urgent, whose jobs preempt those of main; the others, to be lost, to
    frail."""

    def __init__(self, nodes=9, cores=16):
        bases = [pathlib.Path(base) for base in (tempfile.gettempdir(), "/tmp", "/var/tmp")]
        base = next((base for base in bases if open_to_all(base)), bases[0])
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slurm-", dir=base))
        self.names = [f"n{i + 1}" for i in range(nodes)]
        self.daemons = {}
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("SLURM", "DUFM", "OMPI", "PMIX", "MAKE"))}
        self.environment.update(SLURM_CONF=str(self.folder / "slurm.conf"),
                                PATH=f"{self.folder}/dufm/build:{PATH}",
                                TMPDIR=str(self.folder / "tmp"))
        try:
            self.lay_out(cores)
            self.start()
        except BaseException:
            self.stop()
            raise

    def lay_out(self, cores):
        """Folders and configuration; a copy of the program and its scripts that all may read."""
        folder = self.folder
        folder.chmod(0o755)
        own = ["munge", "state", *(f"spool/{name}" for name in self.names)]
        shared = ["tmp", "work", *(f"tmp/{name}" for name in self.names)]
        for name in (*own, *shared):
            (folder / name).mkdir(parents=True)
        for name in shared:
            (folder / name).chmod(0o1777)
        (folder / "dufm" / "build").mkdir(parents=True)
        shutil.copy(DUFM, folder / "dufm" / "build" / "dufm")
        shutil.copytree(ROOT / "slurm", folder / "dufm" / "slurm")
        port, *ports = free_ports(1 + len(self.names))
        host = socket.gethostname().split(".")[0]
        user = pwd.getpwuid(os.getuid()).pw_name
        text = CONFIGURATION.format(host=host, user=user, port=port, folder=folder)
        for name, port in zip(self.names, ports):
            text += (f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
                     f"CPUs={cores} RealMemory=16000 State=UNKNOWN\n")
        sturdy, frail = ",".join(self.names[:3]), ",".join(self.names[3:])
        text += (f"PartitionName=main Nodes={sturdy} Default=YES MaxTime=2-0 PriorityTier=1\n"
                 f"PartitionName=urgent Nodes={sturdy} PriorityTier=9 PreemptMode=OFF\n"
                 f"PartitionName=frail Nodes={frail} MaxTime=2-0\n")
        (folder / "slurm.conf").write_text(text)
        (folder / "mpi.conf").write_text("PMIxCollFence=ring\n")
        (folder / "prolog").write_text("#!/bin/sh\n" + PROLOG.format(folder=folder))
        (folder / "prolog").chmod(0o755)

    def launch(self, name, *command):
        with open(self.folder / f"{name}.out", "a") as out:
            self.daemons[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=self.environment, cwd=self.folder, start_new_session=True)

    def start(self):
        munge = self.folder / "munge"
        subprocess.run(["mungekey", "--create", f"--keyfile={munge}/key"], check=True,
                       env=self.environment)
        self.launch("munged", "munged", "-F", f"--key-file={munge}/key",
                    f"--socket={munge}/socket", f"--pid-file={munge}/pid",
                    f"--log-file={munge}/log", f"--seed-file={munge}/seed")
        wait_for((munge / "socket").exists, "munged")
        self.launch("slurmctld", "slurmctld", "-D")
        for name in self.names:
            self.start_node(name)
        self.wait_for_nodes()

    def start_node(self, name):
        self.launch(name, "slurmd", "-D", "-N", name)

    def wait_for_nodes(self):
        def idle():
            shown = self("sinfo", "-h", "-N", "-p", "main,frail", "-o", "%T", check=False).stdout
            return len(re.findall("^(idle|mixed)$", shown, re.M)) == len(self.names)
        wait_for(idle, f"nodes ({self.folder}/*.log)")

    def __call__(self, *command, check=True, user=None, cwd=None, **environment):
        """Run a command to its end, as another user where one is given."""
        if user:
            command = ("setpriv", f"--reuid={user}", "--clear-groups", *command)
        done = subprocess.run([str(word) for word in command], cwd=cwd or self.folder / "work",
                              text=True, capture_output=True, timeout=120,
                              env={**self.environment, **environment})
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done

    def submit(self, *arguments, **options):
        return self(self.folder / "dufm" / "slurm" / "submit", *arguments, **options)

    def job(self, number):
        """State and reason of a job, its restarts, exit code and nodes: as scontrol has them."""
        shown = self("scontrol", "show", "job", "-o", number).stdout
        return dict(re.findall(r"(\w+)=(\S*)", shown))

    def wait_for_state(self, number, *states):
        return wait_for(lambda: self.job(number)["JobState"] in states, f"job {number} {states}")

    def processes(self):
        """Process ids, with their command lines, of all that jobs of this cluster started."""
        mark = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        found = {}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                if mark in environment:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    found[int(entry.name)] = b" ".join(words).decode(errors="replace").strip()
            except OSError:
                continue
        return found

    def find(self, number, pattern):
        """Processes of a job whose command line matches, oldest first."""
        mark, found = f"SLURM_JOB_ID={number}".encode(), []
        for pid, line in self.processes().items():
            try:
                environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in environment and re.search(pattern, line):
                found.append(pid)
        return sorted(found)

    def steps(self, number):
        """slurmstepd of a job's steps, without the one of its batch script."""
        return sorted(pid for pid, line in self.processes().items()
                      if re.match(rf"slurmstepd: \[{number}\.\d+\]", line))

    def lose(self, name):
        """As if the node had lost its power: all that runs there is killed, nothing reported."""
        daemon = self.daemons.pop(name)
        daemon.kill()
        daemon.wait()
        for pid in self.processes():
            if self.is_on(name, pid):
                os.kill(pid, signal.SIGKILL)

    def is_on(self, name, pid):
        """Whether a process runs on that node: a slurmstepd has the node's log open."""
        process = pathlib.Path(f"/proc/{pid}")
        try:
            if f"SLURMD_NODENAME={name}".encode() in (process / "environ").read_bytes().split(b"\0"):
                return True
            return any(os.readlink(file) == f"{self.folder}/{name}.log"
                       for file in (process / "fd").iterdir())
        except OSError:  # it has just ended
            return False

    def end(self, name):
        process = self.daemons.pop(name)
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        """End the jobs, the daemons, whatever jobs left behind; remove the folder."""
        if "slurmctld" in self.daemons:
            self("scancel", "--me", "--full", check=False)
            try:
                wait_for(lambda: not self("squeue", "-h", check=False).stdout, "jobs", 15)
            except AssertionError:
                pass  # their processes are ended below
        for name in [*reversed(self.names), "slurmctld", "munged"]:
            if name in self.daemons:
                self.end(name)
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.folder)
