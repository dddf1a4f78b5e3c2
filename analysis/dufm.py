"""Result files in a few words: each function is some lines that could stand in your own script.

    import sys; sys.path.insert(0, "analysis")
    import dufm
    points = dufm.load("quickstart.h5")            # finished points, an xarray Dataset
    dufm.grid(points)["loss"].sel(depth=5)         # over the swept parameters, NaN where no point is
    dufm.frame(points).groupby("depth")["loss"].min()          # pandas
    dufm.spectrum(points, "sv_mean_post", 7)       # of row 7: an array for each layer
    dufm.shares(points, "depth", "classes")        # of each ending, with Wilson's intervals

Nothing here is needed to read a file: analysis/examples does without, in seven languages.
"""
import pathlib

import numpy as np
import pandas

import axis
import sweepfile
from shares import groups, share

ALIASES = {"weight_decay": "lambda"}  # names that practice has for parameters


def load(path):
    """Finished points of a file, in memory. `config` is labelled with rows of the file, and the
    coordinate `ending` names the outcome. Parameters are coordinates, lambda under the name
    weight_decay as well; of measured features the coordinates of their files are."""
    with sweepfile.open_raw(pathlib.Path(path)) as data:
        sweepfile.check_names(data, path)
        done = [state == "done" for state in sweepfile.flags(data["status"])]
        data = data.assign_coords(config=np.arange(data.sizes["config"]),
                                  ending=("config", sweepfile.flags(data["outcome"])))
        if sweepfile.is_measured(data):
            data = sweepfile.with_layer_names(data)
            data = data.assign_coords(source_file=("config", sweepfile.texts(data["source_file"])))
        return with_aliases(data.isel(config=done).load())


def with_aliases(points):
    """Points with the other names of ALIASES, unless a column of their own is called so."""
    found = {alias: name for alias, name in ALIASES.items() if name in points.coords and alias not in points.variables}
    return points.assign_coords({alias: ("config", points[name].values, {**points[name].attrs, "alias_of": name})
                                 for alias, name in found.items()})


def parameters(points):
    """Names of the parameters with one value a point."""
    if sweepfile.is_measured(points):
        return sweepfile.coordinates(points)
    return [name for name in points.coords
            if points[name].dims == ("config",) and name not in ("config", "ending")
            and "alias_of" not in points[name].attrs]


def swept(points):
    """Parameters that vary, without those that the ones before determine, as lambda_h is by lambda."""
    table = pandas.DataFrame({name: points[name].values for name in parameters(points)})
    found = []
    for name in table:
        same = table.groupby(found, dropna=False) if found else table
        if np.max(same[name].nunique(dropna=False)) > 1:
            found.append(name)
    return found


def labelled(points, *by):
    """Points under their parameters instead of their rows: .sel(depth=3, optimizer="gd"). `by`:
    which (those that were swept); kappa_ratio and width_per_class can be among them."""
    by = list(by or swept(points))
    if not by:
        raise sweepfile.Unusable("no parameter has more than one value: name those that points are to be found by")
    points = axis.prepared(points)
    for name in by:
        if "flag_meanings" in points[name].attrs:
            points = points.assign_coords({name: ("config", sweepfile.flags(points[name]))})
    return points.set_index(config=by) if len(by) > 1 else points.swap_dims(config=by[0])


def grid(points, *by):
    """A dense grid with an axis for each of the parameters, NaN where there is no point. On an axis
    lambda, .sel takes weight_decay as well."""
    by = by or swept(points)
    points = labelled(points, *by)
    index = points.indexes["config" if "config" in points.dims else by[0]]
    if not index.is_unique:
        raise sweepfile.Unusable(f"several points have the same {', '.join(index.names)}: name more "
                                 "parameters, such as seed, or take a part of the points")
    if "config" not in points.dims:
        return found_by_aliases(points.sortby(index.name))
    with np.errstate(invalid="ignore"):  # xarray puts NaN into integers where no point is missing
        return found_by_aliases(points.unstack("config"))


def found_by_aliases(points):
    """A grid whose axes can be selected along by their other names, too."""
    for alias, name in ALIASES.items():
        if name in points.dims and "alias_of" in points[alias].attrs:
            points = points.assign_coords({alias: (name, points[name].values, points[alias].attrs)}).set_xindex(alias)
    return points


def frame(points):
    """A pandas DataFrame of all that has one value a point, a row each; choices by name."""
    scalars = [name for name in points.variables if points[name].dims == ("config",) and name != "config"]
    table = points[scalars].reset_coords().to_dataframe()[scalars]
    for name in scalars:
        if "flag_meanings" in points[name].attrs:
            table[name] = sweepfile.flags(points[name])
        elif points[name].dtype.kind == "S":
            table[name] = sweepfile.texts(points[name])
    return table


def ending(points, *kinds):
    """Points that ended so: ending(points, "dnc", "low_rank")."""
    return points.isel(config=np.isin(points["ending"].values, kinds))


def spectrum(points, name, row):
    """Singular values of a row by layer, without the padding: arrays of different lengths."""
    layers = points[name].sel(config=row).values
    return [layer[np.isfinite(layer)] for layer in layers[:int(points["depth"].sel(config=row))]]


def shares(points, *by):
    """A DataFrame: of the points with equal values of `by` (all points) how many, and which share,
    have each ending; low and high are Wilson's 95 % interval."""
    rows = []
    for values, group in groups(points, by) if by else [((), points)]:
        for kind in sorted(set(points["ending"].values)):
            found = share(group["ending"].values == kind)
            low, high = found.interval
            rows.append({**dict(zip(by, values)), "ending": kind, "count": found.count,
                         "points": found.total, "share": found.value, "low": low, "high": high})
    return pandas.DataFrame(rows)


def sweep_of(points, row):
    """A sweep file of that one point, from its parameters alone: `dufm run` repeats it."""
    if sweepfile.is_measured(points):
        raise sweepfile.Unusable("measured features have no sweep: measure their files again")
    point = points.sel(config=row)
    lines = ["name: repeated", "point:"]
    for name in parameters(points):
        value = point[name].item()
        if "flag_meanings" in points[name].attrs:
            value = sweepfile.flag_names(points[name])[int(value)]
        elif not np.isfinite(value) or name == "schedule_steps" and value == 0:
            continue  # not given, without limit, or not looked at
        lines.append(f"  {'loss' if name == 'loss_function' else name}: {value}")
    if np.isnan(point["lambda"]):
        lines.append(f"  lambdas: {point['lambdas'].values[:int(point['depth'])].tolist()}")
    history, gram, weights = (points.sizes.get(name, 0) for name in ("record", "class_row", "row"))
    lines.append(f"output: {{history: {history}, gram: {str(gram > 0).lower()}, "
                 f"weights: {str(weights > 0).lower()}}}")
    return "\n".join(lines) + "\n"
