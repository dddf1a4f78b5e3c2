"""A result file with xarray: python3 with_xarray.py FILE.h5 ROW [h5netcdf|netcdf4]"""
import sys

import numpy as np
import xarray

with xarray.open_dataset(sys.argv[1], engine=(sys.argv[3:] or ["h5netcdf"])[0], decode_times=False) as data:
    row = int(sys.argv[2])
    if "lambda" not in data:
        sys.exit(f"{sys.argv[1]}: measured features have no losses: this example is for files of dufm run")

    def names(variable):
        """A flag variable as an array of names."""
        return np.array(variable.attrs["flag_meanings"].split())[variable.values.astype(int)]

    data = data.assign_coords(config=np.arange(data.sizes["config"]), ending=("config", names(data.outcome)))
    points = data.isel(config=names(data.status) == "done")

    # 1. A table of losses. Parameters are coordinates of the loss.
    print("row,depth,lambda,ending,loss")
    for point in points.loss:
        print(point.config.item(), point.depth.item(), point["lambda"].item(), point.ending.item(),
              point.item(), sep=",")

    # 2. The spectrum of one point by layer.
    print("\nlayer,singular_values")
    spectrum = points.sv_mean_post.sel(config=row)
    for layer in range(spectrum.depth.item()):
        print(layer + 1, *spectrum.isel(layer=layer).dropna("index").values, sep=",")

    # 3. A map over two axes: the mean loss.
    print("\ndepth,lambda,mean_loss")
    mean = points.loss.set_index(config=["depth", "lambda"]).groupby("config").mean().unstack("config")
    for d in mean.depth.values:
        for l in mean["lambda"].values:
            if np.isfinite(mean.sel({"depth": d, "lambda": l})):
                print(d, l, mean.sel({"depth": d, "lambda": l}).item(), sep=",")
