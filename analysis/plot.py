#!/usr/bin/env python3
"""Pictures of a result file.

    python3 analysis/plot.py quickstart FILE.h5 -o picture.png
    python3 analysis/plot.py fig2 FILE.h5 -o picture.png
    python3 analysis/plot.py optimizers FILE.h5 -o picture.png

Every picture is one module with a function draw(dataset, facts) -> matplotlib figure and a
row in PICTURES.
"""
import argparse
import functools
import math
import pathlib
import sys

import matplotlib
import PIL.Image

matplotlib.use("Agg")  # before pyplot: no display is needed

import curves  # noqa: E402
import fig2  # noqa: E402
import firmness  # noqa: E402
import gk  # noqa: E402
import inside  # noqa: E402
import maps  # noqa: E402
import optimizers  # noqa: E402
import palette  # noqa: E402
import phase  # noqa: E402
import quickstart  # noqa: E402
import sweepfile  # noqa: E402

STATISTICS = """statistics of `phase`, of the points of a cell:
  ending          most frequent kind of ending, paler where the points differ
  share:KIND      share of a kind of ending, such as share:dnc
  falling         share of points whose loss was still falling
  'A<B'           share of points with A below B, such as 'loss<loss_dnc'
  A/B             median of a ratio, such as loss/loss_dnc
  A               median of a variable
A and B are variables with a value for each point, or min:, mean: or max: of one by layer over the
hidden layers 2 .. L, such as min:rank_mean_post/classes."""


def curve(rows, lines, panels="", **more):
    shown = curves.Curves(rows, lines, panels, **more)
    return functools.partial(curves.draw, curves=shown)


def phase_diagram(x, y):
    return functools.partial(phase.draw, names=(x, y))


def is_triangular(classes):
    return math.isqrt(8 * int(classes) + 1) ** 2 == 8 * int(classes) + 1


def order_of(classes):
    """'5' of K = 10, nothing where K is no r (r - 1) / 2."""
    return str((1 + math.isqrt(8 * int(classes) + 1)) // 2) if is_triangular(classes) else ""


over_width = (("width", "collapsed"), ("width", "below"), ("width", "rank_share"),
              ("width_per_class", "collapsed"), ("width_per_class", "below"),
              ("width_per_class", "rank_share"))

# name on the command line -> (function that draws it, what it shows)
PICTURES = {
    "quickstart": (quickstart.draw, "losses beside the references, spectra, kinds of endings"),
    "fig2": (fig2.draw, "one setting from several initial scales: losses and NC1 over steps"),
    "optimizers": (optimizers.draw, "ways down from the same starts: how fast, to which endings"),
    "fig3-ratio": (curve((("classes", "graph_ratio"),), "depth", "kappa_ratio",
                         second=order_of, note="below K: r, with K = r (r - 1) / 2"),
                   "loss of the SRG solution over that of collapse against K"),
    "fig3-rank-vs-lambda": (curve((("lambda", "rank"),), "init_scale", "classes"),
                            "average rank against the regularization"),
    "fig3-dnc-vs-width": (curve(over_width, "classes"),
                          "share of collapse, and of losses below it, against d and d/K"),
    "width-per-class": (curve((("width_per_class", "collapsed"), ("width_per_class", "below"),
                               ("width_per_class", "rank_share")), "classes", "kappa_ratio"),
                        "the same against d/K, with ranks, for each regularization"),
    "triangular-k": (curve((("classes", "below"), ("classes", "loss_ratio"), ("classes", "rank_share")),
                           "depth", log=False, marked=is_triangular,
                           note="bold: K = r (r - 1) / 2, where a graph solution exists"),
                     "losses and ranks of triangular K beside their neighbours"),
    "phase-lambda-depth": (phase_diagram("kappa_ratio", "depth"),
                           "endings, losses and ranks over depth and regularization"),
    "phase-init-lr": (phase_diagram("learning_rate", "init_scale"),
                      "endings, losses and ranks over initial scale and learning rate"),
    "firmness": (firmness.draw, "curvatures of endings, and what comes back after a kick"),
    "fig5": (functools.partial(inside.draw, layers=inside.Layers(-1, 0, -1)),
             "the different endings of many starts: losses, spectra, M_{L-1}, M_L and Gram matrix"),
    "fig6": (functools.partial(inside.draw, layers=inside.Layers(2, -1, -1)),
             "the same with M_2 and M_{L-1}"),
    "gk-linear-ce": (gk.draw, "collapse and low rank under cross-entropy, against width and lambda"),
    "gk-relu-ce": (gk.draw, "the same behind a ReLU"),
    "phase": (maps.draw, "any statistic over any two axes: --x, --y and --statistic"),
}
ASKED = ("phase",)  # pictures that take the options of a map


def resolution(text):
    """A whole number of dots an inch, for argparse."""
    if not text.isdigit() or not 20 <= int(text) <= 1200:
        raise argparse.ArgumentTypeError(f"'{text}': expected a whole number from 20 to 1200")
    return int(text)


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="plot.py", description="Pictures of a dufm result file.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="pictures:\n" + "\n".join(f"  {name:20s} {about}"
                                         for name, (_, about) in PICTURES.items())
        + "\n\n" + STATISTICS)
    parser.add_argument("picture", choices=PICTURES, metavar="PICTURE", help="which one")
    parser.add_argument("file", metavar="FILE.h5", help="result file, also while it is written")
    parser.add_argument("-o", "--output", metavar="IMAGE", type=pathlib.Path,
                        help="image to write; its ending picks the format (.png, .pdf, .svg); "
                             "default: FILE_PICTURE.png in the current folder")
    parser.add_argument("--dpi", type=resolution, default=200, metavar="N",
                        help="dots an inch of a .png, 20 to 1200 (default: 200); pages are "
                             "11 inches wide")
    parser.add_argument("--small", action="store_true", help="a .png of 256 colours, a third in size")
    group = parser.add_argument_group("what the picture `phase` shows")
    group.add_argument("--x", metavar="AXIS", help="parameter along x, such as lambda")
    group.add_argument("--y", metavar="AXIS", help="parameter along y, such as depth")
    group.add_argument("--statistic", metavar="NAME", help=f"what a cell shows (default: {maps.ENDING})")
    group.add_argument("--rows", metavar="AXIS", help="parameter with a row of panels for each value")
    group.add_argument("--columns", metavar="AXIS", help="parameter with a column of panels for each value; "
                       "cells pool what is named nowhere, and the picture says so")
    group.add_argument("--log", action="store_true", help="logarithmic colours of a median")
    options = parser.parse_args(arguments)
    asked = (options.x, options.y, options.statistic, options.rows, options.columns, options.log or None)
    if options.small and options.output and options.output.suffix != ".png":
        parser.error(f"--small is of a .png alone, not of {options.output}")
    if options.picture not in ASKED and any(value is not None for value in asked):
        parser.error(f"--x, --y, --statistic, --rows, --columns and --log are of the picture {', '.join(ASKED)} alone")
    if options.picture in ASKED and not (options.x and options.y):
        parser.error(f"the picture {options.picture} needs --x and --y")
    return options


def draw(options, dataset, facts):
    make = PICTURES[options.picture][0]
    if options.picture not in ASKED:
        return make(dataset, facts)
    return make(dataset, facts, maps.Request(options.x, options.y, options.statistic or maps.ENDING,
                                             options.rows, options.columns, options.log))


def save(figure, output, options):
    """The image of that resolution; small: with the 256 colours that fit it best."""
    figure.savefig(output, dpi=options.dpi)
    if options.small:
        with PIL.Image.open(output) as image:
            reduced = image.convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE)
        reduced.save(output, optimize=True)


def main(arguments=None):
    options = parse(arguments)
    output = options.output or pathlib.Path(
        f"{pathlib.Path(options.file).stem}_{options.picture}.png")
    try:
        with sweepfile.open_finished(options.file) as (dataset, facts):
            palette.apply()
            figure = draw(options, dataset, facts)
        save(figure, output, options)
    except (sweepfile.Unusable, OSError, ValueError) as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 2
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
