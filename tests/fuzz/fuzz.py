#!/usr/bin/env python3
"""Run the fuzzers for a while and tell whose faults they found; see README.md.

Faults are told apart by the innermost frame of their stack that is neither the sanitizer's nor
the C library's: inside of HDF5 they are upstream's, contained here and listed, and so is one known
leak of libfyaml; elsewhere they are ours, and the exit code is 1.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

HERE = pathlib.Path(__file__).resolve().parent
TARGETS = ("sweep", "condition", "file")
LONGEST = {"sweep": 4096, "condition": 512, "file": 256}  # bytes of an input
LIMITS = ["-timeout=20", "-rss_limit_mb=1024"]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # salvage syncs: no disk shall wait
# Crashes are left to the sanitizer: it writes whole stacks to files.
QUIET = [f"-handle_{signal}=0" for signal in ("segv", "bus", "abrt", "ill", "fpe")]
FAULT = re.compile(r"(?:ERROR: |runtime error: ).*")
# "#1 0x5630 in function place:12" or "#1 0x5630  (library+0x1)"
FRAME = re.compile(r"^\s+#\d+ 0x[0-9a-f]+\s+(?:in (.+?) )?"
                   r"(\(?/?[^\s()]+(?:\+0x[0-9a-f]+\))?)", re.M)
FOREIGN = re.compile(r"sanitizer|interceptor|__asan|__ubsan|__lsan|^fuzzer::|"
                     r"^(malloc|calloc|realloc|free|mem\w+|str\w+|raise|abort|gsignal)$")
LEAK = "LeakSanitizer"
FORGETFUL = "fy_atom_iter_chunk_next"  # of libfyaml: forgets a buffer of a scalar with many pieces
SYSTEM = re.compile(r"libc\.so|nptl/|sysdeps/|signal/|stdlib/|string/|libpthread|compiler-rt")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path, help="build folder, with the fuzzers in fuzz/")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--targets", default=",".join(TARGETS), help="some of them")
    parser.add_argument("--keep", action="store_true", help="keep what reaches new code")
    return parser.parse_args()


class Target:
    """One fuzzer, its corpus, and where it works."""

    def __init__(self, name, build):
        self.name = name
        self.program = build / "fuzz" / "tests" / "fuzz" / f"fuzz_{name}"
        self.folder = build / "fuzz" / name
        self.seeds = HERE / "corpus" / name
        self.corpus = self.folder / "corpus"
        self.temporary = pathlib.Path(tempfile.mkdtemp(prefix="dufm-fuzz-", dir=MEMORY))
        for part in ("reports", "found"):
            shutil.rmtree(self.folder / part, ignore_errors=True)
            (self.folder / part).mkdir(parents=True)
        self.corpus.mkdir(exist_ok=True)
        self.environment = dict(
            os.environ, TMPDIR=str(self.temporary), FUZZ_FOLDER=str(self.temporary),
            FUZZ_BASES=self._bases(build / "dufm"),
            LSAN_OPTIONS=f"suppressions={HERE / 'leaks'}:print_suppressions=0",
            ASAN_OPTIONS="allocator_may_return_null=1:handle_abort=1:quarantine_size_mb=16:"
                         "max_malloc_fill_size=0:malloc_context_size=10:max_allocation_size_mb=1024:"
                         f"log_path={self.folder / 'reports' / 'report'}",
            UBSAN_OPTIONS="print_stacktrace=1")

    def _bases(self, program):
        """Result files of this very program."""
        paths = []
        for sweep in sorted(HERE.glob("base-*.yaml")) if self.name == "file" else []:
            path = self.folder / (sweep.stem + ".h5")
            path.unlink(missing_ok=True)
            subprocess.run([program, "run", "--quiet", sweep, "-o", path], check=True)
            paths.append(path)
        if paths:
            paths += self._made_of(program, paths[0])
        return ":".join(map(str, paths))

    def _made_of(self, program, path):
        """A compact file of another one, and one of measured features."""
        features, made = self.folder / "features.h5", []
        with h5py.File(features, "w") as file:
            file["labels"], file.attrs["epoch"] = numpy.arange(12) % 3, 1
            for name in "ab":
                file[f"layers/{name}/post"] = numpy.random.default_rng(1).normal(size=(12, 4))
        for command, source in ("compact", path), ("measure", features):
            made.append(self.folder / f"{command}.h5")
            made[-1].unlink(missing_ok=True)
            subprocess.run([program, command, source, "-o", made[-1]], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return made

    def run(self, seconds):
        """Fuzz; the log. What crashes does so in a process of its own and ends nothing."""
        command = [self.program, self.corpus, self.seeds, "-fork=1", "-ignore_crashes=1",
                   "-ignore_timeouts=1", "-ignore_ooms=1", f"-max_total_time={seconds}",
                   f"-max_len={LONGEST[self.name]}", f"-artifact_prefix={self.folder / 'found'}/",
                   f"-dict={HERE / 'sweep.dict'}", *LIMITS, *QUIET]
        done = subprocess.run(command, env=self.environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, errors="replace",
                              timeout=seconds + 300)
        (self.folder / "log").write_text(done.stderr)
        return done.stderr

    def faults(self):
        """[(whose, what)] of everything found. What was warned of is no fault: memory of an
        absurd size that was asked for, and refused."""
        reports = [path.read_text(errors="replace")
                   for path in sorted((self.folder / "reports").iterdir())]
        reports = [report for report in reports if FAULT.search(report) and LEAK not in report]
        for path in sorted((self.folder / "found").iterdir()):
            if path.name.startswith(("timeout-", "oom-")):  # the sanitizer knows nothing of these
                code, report = self._again(path)
                if code != 0:  # else the machine was busy
                    reports.append(path.name + "\n" + report)
            if path.name.startswith("leak-"):
                reports.append(self._again(path)[1])
        return [judge(report) for report in reports]

    def _again(self, path):
        """Exit code and report of an input, with the whole stack of each allocation, which takes
        time."""
        environment = dict(self.environment, ASAN_OPTIONS=self.environment["ASAN_OPTIONS"]
                           + ":log_path=stderr:fast_unwind_on_malloc=0:malloc_context_size=30")
        try:
            done = subprocess.run([self.program, path, *LIMITS], env=environment, text=True,
                                  capture_output=True, errors="replace", timeout=300)
        except subprocess.TimeoutExpired:
            return 1, "does not end"
        return done.returncode, done.stderr

    def keep(self):
        """Add to the kept corpus what reaches code that it does not."""
        subprocess.run([self.program, "-merge=1", self.seeds, self.corpus, *LIMITS], check=False,
                       env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def frames(stack):
    """(function, place) of a stack, without the sanitizer's and the C library's."""
    return [(function, place) for function, place in FRAME.findall(stack)
            if not FOREIGN.search(function) and not SYSTEM.search(place)]


def own_leaks(report):
    """Stacks of what was forgotten, but for what libfyaml forgets."""
    stacks = map(frames, re.split(r"irect leak of ", report)[1:])
    return [stack for stack in stacks if FORGETFUL not in [function for function, _ in stack]]


def judge(report):
    """Whose fault a report tells of, and what it is in a line."""
    what = FAULT.search(report)
    what = what[0] if what else report.splitlines()[0] if report else "an empty report"
    what = re.sub(r"0x[0-9a-f]+|==\d+==| on (unknown )?address.*", "", what).strip()
    stack, _, origin = report.partition("allocated by thread")
    stack, origin = frames(stack), frames(origin)
    if not stack:
        return "ours", what
    if LEAK in report and not own_leaks(report):
        return "libfyaml", f"{what} in {FORGETFUL}"
    upstream = [function for function, place in stack if "libhdf5" in place and function]
    if "libhdf5" not in stack[0][1]:
        return "ours", f"{what} in {stack[0][0]} {stack[0][1]}"
    if origin and "libhdf5" not in origin[0][1]:
        return "ours", f"{what}: HDF5 got a buffer of {origin[0][0]} {origin[0][1]}"
    return "HDF5", f"{what} in {upstream[0] if upstream else 'HDF5'}"


def figures(log):
    """Executed runs, edges covered, inputs in the corpus, of a fork-mode log."""
    last = re.findall(r"#(\d+): cov: (\d+) .*?corp: (\d+)", log)
    return last[-1] if last else ("0", "0", "0")


def fuzz(target, seconds):
    """Number of our faults."""
    start = time.monotonic()
    log = target.run(seconds)
    runs, edges, inputs = figures(log)
    lines = [f"{target.name}: {runs} runs in {time.monotonic() - start:.0f} s, {edges} edges, {inputs} inputs"]
    faults = target.faults()
    lines += [f"  {whose}, {faults.count((whose, what))} times: {what}" for whose, what in sorted(set(faults))]
    if int(runs) == 0:
        faults.append(("ours", "nothing was run"))
        lines.append(log[-2000:])
    print("\n".join(lines), flush=True)
    return sum(whose == "ours" for whose, _ in faults)


def fuzz_and_tidy(name, options):
    target = Target(name, options.build.resolve())
    try:
        ours = fuzz(target, options.seconds)
        if options.keep:
            target.keep()
        return ours
    finally:
        shutil.rmtree(target.temporary)


def main():
    options = arguments()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        ours = sum(pool.map(lambda name: fuzz_and_tidy(name, options), options.targets.split(",")))
    if ours:
        print(f"{ours} faults of ours; inputs are in {options.build / 'fuzz'}/*/found")
    sys.exit(ours > 0)


if __name__ == "__main__":
    main()
