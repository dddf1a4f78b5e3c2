"""One look for every picture: colours that colour-blind readers and grey prints keep apart.

The colours are those of Okabe and Ito; every kind of ending also has its own marker.
"""
import dataclasses

import matplotlib.colors
from matplotlib.patheffects import withStroke


@dataclasses.dataclass(frozen=True)
class Look:
    label: str
    colour: str
    marker: str

    @property
    def short(self):
        """The label without what stands in brackets."""
        return self.label.split(" (")[0]


# Kind of ending (a word of outcome's flag_meanings) -> its look, in the order of legends.
ENDINGS = {
    "dnc": Look("DNC (deep neural collapse)", "#0072B2", "o"),
    "partial": Look("DNC in last layers", "#56B4E9", "s"),
    "srg": Look("SRG (strongly regular)", "#E69F00", "D"),
    "clique": Look("SRG, clique variant", "#D55E00", "^"),
    "low_rank": Look("low rank, loss < DNC", "#009E73", "v"),
    "low_rank_high": Look("low rank, loss > DNC", "#CC79A7", "P"),
    "low rank": Look("low rank", "#009E73", "v"),  # of measured features, whatever the loss
    "incomplete": Look("not all features given", "#000000", "x"),
    "other": Look("other", "#F0E442", "h"),
    "trivial": Look("trivial (all zero)", "#999999", "X"),
    "none": Look("diverged", "#000000", "x"),
}

DARK = "#444444"
UNKNOWN = Look("unknown", DARK, "*")  # endings that a newer program may have named


@dataclasses.dataclass(frozen=True)
class Line:
    label: str
    colour: str
    style: object
    short: str


# Variable of a reference loss -> its line.
REFERENCES = {
    "loss_trivial": Line("trivial", "#777777", ":", "trivial"),
    "loss_dnc": Line("DNC", "#000000", "-", "DNC"),
    "loss_srg": Line("SRG", "#000000", (0, (6, 2)), "SRG"),
    "loss_srg_relaxed": Line("SRG, relaxed", "#000000", (0, (5, 1.5, 1, 1.5)), "relaxed"),
    "loss_srg_clique": Line("SRG, best clique size", "#000000", (0, (1.5, 1)), "clique"),
    "loss_mixture": Line("SRG, best mixture", "#000000", (0, (1, 2.5)), "mixture"),
    "loss_low_rank": Line("low rank", "#777777", (0, (3, 3)), "low rank"),
    "loss_dnc_bound": Line("lower bound of DNC", "#777777", (0, (8, 2, 1, 2, 1, 2)), "DNC ≥"),
}

LAYER_MARKERS = "osD^vPXh"


def ending(name):
    return ENDINGS.get(name, UNKNOWN)


def is_pale(look):
    """Too light for a line or a small hollow marker on white."""
    red, green, blue = matplotlib.colors.to_rgb(look.colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.75


def outline(look, width):
    """Path effects of a line of that width: a dark rim for pale colours."""
    return [withStroke(linewidth=width + 0.9, foreground=DARK)] if is_pale(look) else []


def edge(look):
    """Edge of a hollow marker."""
    return DARK if is_pale(look) else look.colour


def layer_colours(count):
    """`count` colours from dark to light whose lightness orders the layers."""
    scale = matplotlib.colormaps["viridis"]
    return [scale(0.85 * i / max(count - 1, 1)) for i in range(count)]


def apply():
    """Settings of matplotlib for all pictures: sizes for a full page in print."""
    matplotlib.rcParams.update({
        "font.size": 8.5, "axes.titlesize": 8.5, "axes.labelsize": 8.5,
        "xtick.labelsize": 8, "ytick.labelsize": 8, "legend.fontsize": 8,
        "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8,
        "axes.grid": True, "grid.color": "#DDDDDD", "grid.linewidth": 0.5,
        "axes.axisbelow": True, "legend.frameon": False,
        "svg.fonttype": "none", "pdf.fonttype": 42,
    })
