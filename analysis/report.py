#!/usr/bin/env python3
"""A page about a sweep: one HTML file that needs nothing else.

    python3 analysis/report.py FILE.h5 -o report.html

Works on any result file, also while it is written. Every part of the page is one module.
"""
import argparse
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")  # before pyplot: no display is needed

import report_design  # noqa: E402
import report_effects  # noqa: E402
import report_endings  # noqa: E402
import report_figures  # noqa: E402
import report_measured  # noqa: E402
import report_provenance  # noqa: E402
import report_sensitivity  # noqa: E402
import report_state  # noqa: E402
import report_summary  # noqa: E402
import study  # noqa: E402
import sweepfile  # noqa: E402
from markup import element, page, slug  # noqa: E402

STYLE = pathlib.Path(__file__).with_name("report.css")

# Title of a part -> (what makes it, whether it needs finished points).
PARTS = {
    "What was swept": (report_design.render, False),
    "Status and convergence": (report_state.render, False),
    "How descents end": (report_endings.render, True),
    "What the endings mean in practice": (report_endings.render_meanings, True),
    "Figures": (report_figures.render, True),
    "Sensitivity and stability": (report_sensitivity.render, True),
    "Slow and failed points": (report_state.render_points, False),
    "Provenance": (report_provenance.render, False),
}
# Those of measured features, which have no sweep and no descents.
MEASURED_PARTS = {
    "What was measured": (report_measured.render, False),
    "What changes the layers": (report_effects.render, True),
    "Figures": (report_figures.render, True),
    "What the layers form": (report_measured.render_endings, True),
    "Provenance": (report_provenance.render, False),
}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="report.py", description=__doc__.split("\n")[0])
    parser.add_argument("file", metavar="FILE.h5", help="result file, also while it is written")
    parser.add_argument("-o", "--output", metavar="PAGE.html", type=pathlib.Path,
                        help="page to write; default: FILE_report.html in the current folder")
    return parser.parse_args(arguments)


def contents(titles):
    links = [element("li", element("a", title, href=f"#{slug(title)}")) for title in titles]
    return element("nav", element("ul", links), aria_label="Contents")


def render(known):
    """The whole page of a study."""
    parts = MEASURED_PARTS if known.facts.measured else PARTS
    titles = [title for title, (_, needs) in parts.items() if known.ending.size or not needs]
    return page(f"{known.facts.kind} {known.facts.name}", STYLE.read_text(encoding="utf-8"), report_summary.render(known),
                contents(titles), element("main", [parts[title][0](known) for title in titles]))


def main(arguments=None):
    options = parse(arguments)
    output = options.output or pathlib.Path(f"{pathlib.Path(options.file).stem}_report.html")
    try:
        with sweepfile.open_points(options.file) as (points, facts):
            text = render(study.read(points, facts, options.file))
        output.write_text(text, encoding="utf-8")
    except (sweepfile.Unusable, OSError) as error:
        print(f"report.py: {error}", file=sys.stderr)
        return 2
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
