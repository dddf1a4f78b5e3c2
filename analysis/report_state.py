"""How far a sweep is, what did not converge; its slowest points and those that failed."""
import numpy as np

import shares
import sweepfile
from markup import element, paragraph, section, table
from report_words import duration, median, number_cell, part_cell, plural, share_cell, swatch

SHOWN = 10  # points of a table


def status_table(study):
    total = study.points.sizes["config"]
    rows = [(state, part_cell(count, total)) for state, count in study.facts.counts.items()]
    return table(f"Status of the {plural(total, 'point')}", ["status", "share, number"], rows)


def stops(study):
    """Why descents ended, of those that are done."""
    reasons = np.array(sweepfile.flags(study.done["stop_reason"]))
    found, counts = np.unique(reasons, return_counts=True)
    return [(str(found[i]), part_cell(int(counts[i]), reasons.size)) for i in np.argsort(-counts, kind="stable")]


def convergence(study):
    if study.falling is None:
        return paragraph("Convergence is not known: the sweep keeps no history of the loss.")
    share = shares.share(study.falling)
    return table(
        f"Not converged: the loss fell by more than {100 * shares.FALL:g} % over the second half of the main phase, "
        "and neither a vanishing gradient nor the trivial solution's basin was reached",
        ["ending", "not converged, of those that end so"],
        [("all", share_cell(share))] + [
            (swatch(kind), share_cell(shares.share(study.falling[study.ending == kind])))
            for kind in study.kinds])


def time_taken(study):
    if "wall_time" not in study.done:
        return None
    seconds = study.done["wall_time"].values
    return paragraph(f"The descents took {duration(np.nansum(seconds))} of computing in all, "
                     f"{median(seconds, '{:.3g}')} s in the median.")


def render(study):
    parts = [status_table(study)]
    if study.ending.size:
        parts += [time_taken(study), convergence(study)]
        if "stop_reason" in study.done:
            parts.append(table("Why descents stopped", ["reason", "share, number"], stops(study)))
    return section("Status and convergence", parts)


# ------------------------------------------------------------------ single points
def setting(axes, row):
    """The cells of a point's values on the axes."""
    return [element("td", factor.texts[factor.codes[row]]) for factor in axes]


def heads(study):
    return [factor.short for factor in study.axes]


def slowest(study):
    seconds = np.nan_to_num(study.done["wall_time"].values)
    order = np.argsort(-seconds, kind="stable")[:SHOWN]
    steps = study.done["steps"].values if "steps" in study.done else np.full(seconds.size, np.nan)
    rows = [(str(study.rows[i]), *setting(study.factors, i), number_cell(f"{seconds[i]:.3g}"),
             number_cell(f"{steps[i]:,.0f}"), swatch(study.ending[i])) for i in order]
    return table("Slowest points", ["row", *heads(study), "seconds", "steps", "ending"], rows)


def failures(study):
    """Tables of what could not be run: how many for each reason, then the first of them."""
    states = np.array(sweepfile.flags(study.points["status"]))
    lost = np.flatnonzero((states == "failed") | (states == "quarantined"))
    if not lost.size:
        return paragraph("No point failed, and none is in quarantine.")
    reasons = np.array(sweepfile.flags(study.points["failure"])) if "failure" in study.points \
        else np.full(states.size, "unknown")
    pairs, counts = np.unique(np.stack([states[lost], reasons[lost]]), axis=1, return_counts=True)
    summary = [(state, reason, number_cell(f"{count:,}"))
               for (state, reason), count in zip(pairs.T.tolist(), counts.tolist())]
    first = [(str(row), *setting(study.axes, row), states[row], reasons[row]) for row in lost[:SHOWN]]
    return [table("Points that could not be run, by reason", ["status", "reason", "points"], summary),
            table(f"The first {len(first)} of them" if lost.size > SHOWN else "These are",
                  ["row", *heads(study), "status", "reason"], first)]


def diverged(study):
    rows = np.flatnonzero(study.ending == "none")
    if not rows.size:
        return None
    shown = [(str(study.rows[i]), *setting(study.factors, i)) for i in rows[:SHOWN]]
    return table(f"Diverged: {plural(rows.size, 'point')}" + (f", the first {SHOWN}" if rows.size > SHOWN else ""),
                 ["row", *heads(study)], shown)


def render_points(study):
    parts = [failures(study)]
    if study.ending.size:
        parts += [diverged(study), slowest(study) if "wall_time" in study.done else None]
    return section("Slow and failed points", parts)
