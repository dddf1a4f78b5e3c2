#!/usr/bin/env python3
"""Points that do nothing, handed out by mpi4py.futures: points a second.

    mpirun -n P peer_futures.py POINTS CHUNKSIZE
"""
import sys
import time

from mpi4py.futures import MPICommExecutor


def nothing(row):
    return row


def main():
    points, chunk = map(int, sys.argv[1:])
    with MPICommExecutor() as executor:  # on rank 0; the others are its workers
        if executor is None:
            return
        list(executor.map(nothing, range(100)))  # workers are up
        start = time.perf_counter()
        for _ in executor.map(nothing, range(points), chunksize=chunk):
            pass
        print(points / (time.perf_counter() - start))


main()
