"""Where a file comes from and how it is made again."""
import re
import shlex

import numpy as np

import sweepfile
from markup import definitions, details, element, paragraph, section, table
from report_words import duration, number_cell

LAUNCHES_MAX = 20  # rows of the table: the last ones
READ = 'import h5py, sys; print(h5py.File(sys.argv[1]).attrs["sweep_text"].decode(), end="")'


def launches(study):
    """Numbers of the launches that wrote."""
    if "launch_start" not in study.points:
        return []
    return [i for i, start in enumerate(sweepfile.texts(study.points["launch_start"])) if start]


def column(study, name):
    return sweepfile.texts(study.points[name]) if name in study.points else None


def numbers(study, name):
    return study.points[name].values if name in study.points else None


def written(study):
    """Launch -> finished rows that it wrote."""
    if "launch_index" not in study.done:
        return {}
    index = study.done["launch_index"].values
    found, counts = np.unique(index[np.isfinite(index)].astype(int), return_counts=True)
    return dict(zip(found.tolist(), counts.tolist()))


def launch_rows(study, found):
    rows, span = written(study), numbers(study, "launch_span")
    names = ("launch_start", "launch_host", "launch_job", "launch_cpu", "launch_revision")
    words = {name: column(study, name) for name in names}
    ranks = numbers(study, "launch_ranks")
    for i in found:
        took = duration(span[i]) if span is not None and np.isfinite(span[i]) else "–"
        yield (words["launch_start"][i], *((words[name][i] if words[name] else "") or "–" for name in names[1:]),
               number_cell(f"{ranks[i]:.0f}" if ranks is not None else "–"), number_cell(took),
               number_cell(f"{rows.get(i, 0):,}"))


def launch_table(study, found):
    caption = f"Launches that wrote the file: {len(found)}" + (
        f", the last {LAUNCHES_MAX}" if len(found) > LAUNCHES_MAX else "")
    return table(caption, ["start (UTC)", "host", "job", "CPU", "program", "ranks", "span", "rows done"],
                 launch_rows(study, found[-LAUNCHES_MAX:]))


def distinct(study, name, found):
    words = column(study, name)
    return [text for text in dict.fromkeys(words[i] for i in found) if text] if words else []


def fingerprints(study, found):
    known = distinct(study, "launch_fingerprint", found)
    if len(known) > 1:
        return paragraph(f"Rows come from {len(known)} different combinations of CPU, program and libraries: their "
                         "bits may differ in the last places.", class_="warning")
    return paragraph("All rows come from one combination of CPU, program and libraries: the same bits come out of "
                     "it again.") if known else None


def facts(study, found):
    yield "file", f"{study.facts.file}, {study.path.stat().st_size / 1e6:,.1f} MB"
    for words, name in (("schema version", "schema_version"), ("history", "history")):
        if sweepfile.text(study.points, name):
            yield words, sweepfile.text(study.points, name)
    for words, name in (("libraries", "launch_libraries"), ("fingerprint", "launch_fingerprint")):
        known = distinct(study, name, found)
        if known:
            yield words, "; ".join(known)


def commands(study, found):
    """What is typed to make the file again; names are quoted for a shell."""
    file = study.facts.file
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", study.facts.name).strip("-.") or "sweep"
    sweep, again = f"{stem}.yaml", shlex.quote(f"again-{file}")
    made = [f"python3 -c '{READ}' {shlex.quote(file)} > {sweep}"]
    ranks = numbers(study, "launch_ranks")
    many = max((int(ranks[i]) for i in found), default=1) if ranks is not None else 1
    start = f"mpirun --oversubscribe -n {many} " if many > 1 else ""
    revision = re.search(r"\(([0-9a-f]{7,})\)", study.facts.revisions[-1]) if study.facts.revisions else None
    lines = [f"git checkout {revision[1]} && make"] if revision else []
    if study.facts.measured:
        sources = [shlex.quote(text) for text in sweepfile.texts(study.points["source_file"])]
        made = [f"dufm measure {' '.join(sources)} -o {again}"]
    else:
        made.append(f"{start}dufm run {sweep} -o {again}")
    return "\n".join([*lines, *made, f"dufm verify {again}",
                      f"python3 analysis/report.py {again} -o report.html"])


def render(study):
    found, text = launches(study), sweepfile.text(study.points, "sweep_text")
    return section("Provenance", definitions(facts(study, found), class_="short"),
                   launch_table(study, found) if found else None, fingerprints(study, found),
                   paragraph("Commands that make it again:"), element("pre", commands(study, found), tabindex="0"),
                   details("The sweep’s text", element("pre", text, tabindex="0")) if text else None)
