"""A result file in pandas: python3 with_pandas.py FILE.h5 ROW"""
import sys

import pandas
import xarray

with xarray.open_dataset(sys.argv[1], engine="h5netcdf", decode_times=False) as data:
    row = int(sys.argv[2])
    if "lambda" not in data:
        sys.exit(f"{sys.argv[1]}: measured features have no losses: this example is for files of dufm run")
    one_a_point = [name for name in data.variables if data[name].dims == ("config",)]
    table = data[one_a_point].reset_coords().to_dataframe().rename_axis("row")
    for name in "status", "outcome":  # choices by name
        table[name] = pandas.Categorical.from_codes(table[name].astype(int),
                                                    data[name].attrs["flag_meanings"].split())
    points = table[table["status"] == "done"]

    # 1. A table of losses.
    losses = points[["depth", "lambda", "outcome", "loss"]].rename(columns={"outcome": "ending"})
    print(losses.to_csv())

    # 2. The spectrum of one point by layer: a column for each index.
    spectrum = data["sv_mean_post"].isel(config=row).to_series().unstack("index").dropna(how="all")
    print("layer,singular_values")
    for layer, values in spectrum.iterrows():
        print(layer + 1, *values.dropna(), sep=",")

    # 3. A map over two axes: the mean loss.
    mean = points.pivot_table(values="loss", index="depth", columns="lambda", aggfunc="mean")
    print("\n" + mean.stack().rename("mean_loss").to_csv(), end="")
