"""Tables in Markdown."""


def table(heads, rows):
    """Lines of a table; cells are texts."""
    for cells in (heads, ["---"] * len(heads), *rows):
        yield "| " + " | ".join(cells) + " |"
