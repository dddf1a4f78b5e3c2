"""How a report writes numbers, and what endings mean."""
import numpy as np

import palette
from markup import element

# Ending -> what it is, and what that means for the layers: two sentences each.
MEANINGS = {
    "dnc": "Every hidden layer maps each class to one direction of its own, and the spread within "
           "classes is gone. All intermediate layers keep rank K (linear, with cross-entropy, K - 1): none can be "
           "narrowed below that without losing a class.",
    "partial": "The last hidden layers have collapsed as in DNC, the first ones still carry more than "
               "the classes. None of the intermediate layers is of low rank: each still tells the means of all "
               "classes apart.",
    "srg": "The classes sit on the edges of a complete graph whose r vertices are the directions of the "
           "intermediate layers, K = r(r-1)/2. Those layers keep a rank of about the root of 2K only, and "
           "the last hidden layer alone restores rank K.",
    "clique": "As SRG, with neurons of the last hidden layer that answer to whole cliques of the graph. The "
              "intermediate layers keep a rank of about the root of 2K only, at a loss below that of SRG.",
    "low_rank": "Some hidden layer has a rank below the number of classes, and the loss is below that of "
                "collapse. Intermediate layers do not keep their rank: classes share directions there, "
                "and a later layer tells them apart.",
    "low_rank_high": "Some hidden layer has a rank below the number of classes, yet the loss is not below "
                     "that of collapse. Intermediate layers lose rank without a gain: a worse "
                     "solution, or a descent that was not done. A file that knows only a lower bound of collapse "
                     "(loss_dnc_bound without loss_dnc) says no more than that the loss is not below this bound.",
    "other": "No known structure: the layers keep their rank, but their class means are not the "
             "orthogonal frame of collapse. Often a descent that is still on its way, so look at what was "
             "still falling.",
    "trivial": "All parameters went to zero and the output with them: the regularization won. No layer "
               "keeps any rank, and nothing was learned.",
    "none": "The loss is not finite: the descent diverged, mostly from too large a rate. Nothing can be "
            "said of its layers.",
}
# How a sentence "... end ..." goes on.
PROSE = {
    "dnc": "in deep neural collapse (DNC)",
    "partial": "in collapse of the last layers alone",
    "srg": "in the strongly regular graph solution (SRG)",
    "clique": "in the clique variant of the graph solution",
    "low_rank": "at low rank with a loss below that of collapse",
    "low_rank_high": "at low rank with a loss that is not below that of collapse",
    "other": "in no known structure",
    "trivial": "in the trivial solution (all parameters zero)",
    "none": "in divergence",
}
UNKNOWN = "An ending that a newer program has named. Its rule is in the comment of the variable outcome."

# The same of measured features of networks, which no loss is known of.
MEASURED_MEANINGS = {
    "dnc": "In every layer that counts the samples of a class are one point, and the centred class means a simplex ETF of "
           "rank K - 1: the same angle between any two classes. What is inside a class is gone from these layers on.",
    "partial": "The last layer has collapsed, the layers before it still carry more than the classes. None of them "
               "is of low rank: each still tells the means of all classes apart.",
    "srg": "The classes sit on the edges of a complete graph whose r vertices are the directions of the layers in "
           "between, K = r(r-1)/2. Those layers keep a rank of about the root of 2K only, and the last one alone "
           "tells all classes apart.",
    "clique": "As SRG, with neurons of the last layer that answer to whole cliques of the graph. The layers in between "
              "keep a rank of about the root of 2K only.",
    "low rank": "In some layer the centred class means have fewer than K - 1 directions: classes share directions there, "
                "and a later layer tells them apart. Whether that costs or saves anything is not known without a loss.",
    "other": "None of the known structures, as for most trained networks: these ask for samples that all but "
             "coincide with their class mean. NC1, effective rank and the distance from a simplex ETF tell how far "
             "each layer is.",
    "trivial": "The class means of the last layer are zero: it does not tell the classes apart at all.",
    "incomplete": "Not judged: some layer has no features after its activation (post) in the file.",
}
MEASURED_PROSE = {
    "dnc": "have collapsed in all layers that count (DNC)",
    "partial": "have collapsed in the last layers alone",
    "srg": "form the strongly regular graph solution (SRG)",
    "clique": "form the clique variant of the graph solution",
    "low rank": "have a layer of low rank",
    "other": "form no known structure",
    "trivial": "have class means of zero in the last layer",
    "incomplete": "lack features that a judgement needs",
}


def meaning(kind, measured=False):
    return (MEASURED_MEANINGS if measured else MEANINGS).get(kind, UNKNOWN)


def prose(kind, measured=False):
    """How a sentence about descents goes on behind "end", or one about files."""
    return MEASURED_PROSE.get(kind, f"form {kind}") if measured else PROSE.get(kind, f"as {kind}")


def percent(value):
    return f"{100 * value:.0f}" if value in (0, 1) or 0.1 <= value <= 0.9 else f"{100 * value:.1f}"


def interval(share):
    low, high = share.interval
    return f"{percent(low)}–{percent(high)} %"


def bracket(share):
    """'(30 %, 18–45 %)': a share and its 95 % interval."""
    return f"({percent(share.value)} %, {interval(share)})"


def name(kind):
    return palette.ending(kind).short


def swatch(kind):
    """Name of an ending behind its colour."""
    colour = element("span", class_="swatch", style=f"background:{palette.ending(kind).colour}",
                     aria_hidden="true")
    return element("span", colour, name(kind), class_="ending")


def number_cell(text):
    return element("td", text, class_="number")


def bar_cell(value, details):
    """A share above its details, on a bar as long as the share."""
    return element("td", element("span", f"{percent(value)} %", class_="value"),
                   element("span", details, class_="more"), class_="number bar",
                   style=f"--share:{100 * value:.1f}%")


def share_cell(share, points=None):
    """'30 %' above '12; 18-45 %', or '12 of 40; ...' where fewer than all `points` count."""
    if share is None or not share.total:
        return number_cell("–")
    of = "" if points in (None, share.total) else f" of {share.total:,}"
    return bar_cell(share.value, f"{share.count:,}{of}; {interval(share)}")


def part_cell(count, total):
    """A share of what is there, not of what might have been: without an interval."""
    return bar_cell(count / total, f"{count:,}")


def change_cell(change):
    if change is None:
        return number_cell("–")
    return bar_cell(change.value, interval(change))


def median(values, text="{:.4g}"):
    known = values[np.isfinite(values)]
    return text.format(np.median(known)) if known.size else "–"


def duration(seconds):
    """'35 s', '12 min', '3.4 h', '2.1 days'"""
    for limit, unit, name_ in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.3g} {name_}"
    return f"{seconds / 86400:.1f} days"


def plural(count, noun):
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(words):
    """'a', 'a and b', 'a, b and c'"""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
