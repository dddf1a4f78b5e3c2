"""Whose fault a sanitizer's report tells of: tests/fuzz/fuzz.py."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "fuzz"))
from fuzz import figures, judge  # noqa: E402

OURS = "    #1 0x5630fbb25d62 in hdf_has /somewhere/src/store/hdf.c:157:12"
STATIC = "    #1 0x7f08ecd95bc7  (/lib/x86_64-linux-gnu/libhdf5_openmpi.so.103+0x195bc7)"
NAMED = "    #2 0x7f08ecdb9774 in H5O_iterate (/lib/x86_64-linux-gnu/libhdf5_openmpi.so.103+0x1b9)"
COPY = "    #0 0x5630fba45d23 in __interceptor_memcpy (/somewhere/fuzz_file+0x139d23)"
ABORT = "    #0 0x7f60575c8eeb in __pthread_kill_implementation nptl/./nptl/pthread_kill.c:43:17"
HEAD = "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x61d00124a5eb"
ORIGIN = "allocated by thread T0 here:"
LEAK = "==1==ERROR: LeakSanitizer: detected memory leaks\n"
FORGOTTEN = "Direct leak of 4096 byte(s) in 1 object(s) allocated from:"
GROWN = "    #1 0x7faced77fbfc  (/lib/x86_64-linux-gnu/libfyaml.so.0+0x31bfc)"
CHUNK = "    #3 0x7f75910639b4 in fy_atom_iter_chunk_next (/lib/x86_64-linux-gnu/libfyaml.so.0+0x349b4)"
ALLOC = "    #0 0x5630fbaae91e in malloc (/somewhere/fuzz_file+0x1a291e)"


@pytest.mark.parametrize("whose, what, lines", [
    ("HDF5", "overflow in H5O_iterate", [HEAD, COPY, STATIC, NAMED, OURS]),
    ("HDF5", "overflow in H5O_iterate", [HEAD, STATIC, NAMED, OURS, ORIGIN, ALLOC, STATIC, OURS]),
    ("HDF5", "overflow in HDF5", [HEAD, STATIC, OURS]),
    ("ours", "overflow in hdf_has", [HEAD, COPY, OURS, NAMED]),
    ("ours", "a buffer of hdf_has", [HEAD, COPY, STATIC, NAMED, ORIGIN, ALLOC, OURS]),
    ("ours", "hdf_has", ["ERROR: AddressSanitizer: ABRT on unknown address 0x7", ABORT, OURS]),
    ("ours", "shift exponent 64", ["hdf.c:1:2: runtime error: shift exponent 64 is too large"]),
    ("libfyaml", "fy_atom_iter_chunk_next", [LEAK, FORGOTTEN, GROWN, CHUNK, OURS]),
    ("ours", "leaks in hdf_has", [LEAK, FORGOTTEN, ALLOC, OURS]),
    ("ours", "leaks", [LEAK, FORGOTTEN, GROWN, CHUNK, OURS, "", FORGOTTEN, ALLOC, OURS]),
    ("ours", "an empty report", []),
])
def test_judgement(whose, what, lines):
    verdict, said = judge("\n".join(lines))
    assert verdict == whose and what in said


def test_figures_of_a_log():
    log = ("#46: cov: 3229 ft: 3229 corp: 38 exec/s 23 oom/timeout/crash: 0/0/0 time: 7s\n"
           "#78: cov: 3315 ft: 3230 corp: 39 exec/s 10 oom/timeout/crash: 0/0/0 time: 17s\n")
    assert figures(log) == ("78", "3315", "39") and figures("") == ("0", "0", "0")
