"""A result file with h5py: python3 with_h5py.py FILE.h5 ROW"""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "r") as file:
    row = int(sys.argv[2])
    if "lambda" not in file:
        sys.exit(f"{sys.argv[1]}: measured features have no losses: this example is for files of dufm run")
    names = {name: file[name].attrs["flag_meanings"].decode().split() for name in ("status", "outcome")}
    done = file["status"][:] == names["status"].index("done")
    rows = np.flatnonzero(done)
    depth, lam, loss, outcome = (file[name][:][done] for name in ("depth", "lambda", "loss", "outcome"))

    # 1. A table of losses.
    print("row,depth,lambda,ending,loss")
    for r, d, l, e, x in zip(rows, depth, lam, outcome, loss):
        print(r, d, l, names["outcome"][e], x, sep=",")

    # 2. The spectrum of one point by layer: (config, layer, index), NaN where there is no value.
    print("\nlayer,singular_values")
    for layer, values in enumerate(file["sv_mean_post"][row], 1):
        values = values[np.isfinite(values)]
        if len(values):
            print(layer, *values, sep=",")

    # 3. A map over two axes: the mean loss.
    print("\ndepth,lambda,mean_loss")
    for d in np.unique(depth):
        for l in np.unique(lam):
            here = (depth == d) & (lam == l)
            if here.any():
                print(d, l, loss[here].mean(), sep=",")
