"""What every picture has: a title with its source, lettered headings, legends of endings."""
from matplotlib.lines import Line2D

import palette

FIRST, LINE = 0.46, 0.165  # inches to the first line below a title, and from one to the next


def kinds_present(dataset):
    """Kinds of endings in the order of the legend, then those the palette does not know."""
    present = set(dataset["ending"].values.tolist())
    return [kind for kind in palette.ENDINGS if kind in present] + sorted(
        present - set(palette.ENDINGS))


def heading(axes, letter, text, pad):
    """'(a) text' above a panel, `pad` points over it."""
    axes.annotate(rf"$\bf{{({letter})}}$ {text}", (0, 1), xytext=(-6, pad), fontsize=9.5,
                  xycoords="axes fraction", textcoords="offset points", va="bottom")


def below_legend(entries, columns):
    """Inches from the top of a page to the lines below a title that has this legend beside it."""
    return max(FIRST, 0.26 + 0.16 * -(-entries // columns))


def source(figure, title, lines, first=FIRST):
    """The title at the top left, and small lines below it, `first` inches from the top: what was
    run, by which program."""
    inch = 1 / figure.get_size_inches()[1]
    figure.text(0.012, 1 - 0.2 * inch, title, fontsize=13, fontweight="bold", va="top")
    figure.text(0.012, 1 - first * inch, "\n".join(lines), fontsize=8.5, color="#444444",
                va="top", linespacing=1.4)


def ending_style(look):
    """Edge of a marker: crosses have none of their own."""
    return {} if look.marker == "x" else {"markeredgecolor": "#333333"}


def ending_handles(dataset):
    for kind in kinds_present(dataset):
        look = palette.ending(kind)
        edge = ending_style(look)
        yield Line2D([], [], linestyle="", marker=look.marker, color=look.colour, markersize=6,
                     markeredgewidth=0.4 if edge else 1.2, label=look.label, **edge)


def layer_marker(position):
    return palette.LAYER_MARKERS[position % len(palette.LAYER_MARKERS)]


def layer_handles(colours):
    """Of the hidden layers 2, 3, ..."""
    return [Line2D([], [], color=colour, linewidth=1.0, markersize=4, marker=layer_marker(i),
                   label=f"layer {i + 2}") for i, colour in enumerate(colours)]
