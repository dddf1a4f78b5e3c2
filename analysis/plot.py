#!/usr/bin/env python3
"""Pictures of a result file.

    python3 analysis/plot.py quickstart FILE.h5 -o picture.png
    python3 analysis/plot.py fig2 FILE.h5 -o picture.png

Every picture is one module with a function draw(dataset, facts) -> matplotlib figure and a
row in PICTURES.
"""
import argparse
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")  # before pyplot: no display is needed

import fig2  # noqa: E402
import palette  # noqa: E402
import quickstart  # noqa: E402
import sweepfile  # noqa: E402

# name on the command line -> (function that draws it, what it shows)
PICTURES = {
    "quickstart": (quickstart.draw, "losses beside the references, spectra, kinds of endings"),
    "fig2": (fig2.draw, "one setting from several initial scales: losses and NC1 over steps"),
}


def resolution(text):
    """A whole number of dots an inch, for argparse."""
    if not text.isdigit() or not 20 <= int(text) <= 1200:
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number from 20 to 1200")
    return int(text)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="plot.py", description="Pictures of a dufm result file.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="pictures:\n" + "\n".join(f"  {name:12s} {about}"
                                         for name, (_, about) in PICTURES.items()))
    parser.add_argument("picture", choices=PICTURES, metavar="PICTURE", help="which one")
    parser.add_argument("file", metavar="FILE.h5", help="result file, also while it is written")
    parser.add_argument("-o", "--output", metavar="IMAGE", type=pathlib.Path,
                        help="image to write; its ending picks the format (.png, .pdf, .svg); "
                             "default: FILE_PICTURE.png in the current folder")
    parser.add_argument("--dpi", type=resolution, default=200, metavar="N",
                        help="dots an inch of a .png, 20 to 1200 (default: 200); pages are "
                             "11 inches wide")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse(arguments)
    output = options.output or pathlib.Path(
        f"{pathlib.Path(options.file).stem}_{options.picture}.png")
    try:
        with sweepfile.open_finished(options.file) as (dataset, facts):
            palette.apply()
            figure = PICTURES[options.picture][0](dataset, facts)
        figure.savefig(output, dpi=options.dpi)
    except (sweepfile.Unusable, OSError, ValueError) as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 2
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
