"""HTML elements from Python: text is escaped, tags are closed, nothing else.

Whatever comes from a result file goes through `element` as a str, so that it cannot become markup.
"""
import html
import re

VOID = {"meta", "img", "br"}


class Markup(str):
    """Text that is markup already."""


def escape(child):
    """A child of an element: markup as it is, anything else as text."""
    return child if isinstance(child, Markup) else Markup(html.escape(str(child)))


def join(children):
    return Markup("".join(escape(child) for child in flat(children)))


def flat(children):
    for child in children:
        if isinstance(child, (list, tuple)) or hasattr(child, "__next__"):
            yield from flat(child)
        elif child is not None:
            yield child


def attribute(name, value):
    """' name="value"'; a trailing _ keeps Python's words apart, another _ is a hyphen."""
    return f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'


def element(tag, *children, **attributes):
    """<tag attribute="value">children</tag>; attributes that are None are left out."""
    words = "".join(attribute(name, value) for name, value in attributes.items() if value is not None)
    end = "" if tag in VOID else f"{join(children)}</{tag}>"
    return Markup(f"<{tag}{words}>{end}")


def slug(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def section(title, *children):
    """A part of the page, whose title can be linked."""
    return element("section", element("h2", title, id=slug(title)), *children)


def paragraph(*children, **attributes):
    return element("p", *children, **attributes)


def details(summary, *children):
    """What is folded up at first."""
    return element("details", element("summary", summary), *children)


def scroller(label, *children):
    """A region that scrolls by itself, by keyboard too, where it is wider than the page."""
    return element("div", *children, class_="scroll", role="region", aria_label=label, tabindex="0")


def cell(value, first):
    if isinstance(value, Markup) and value.startswith(("<td", "<th")):
        return value
    return element("th", value, scope="row") if first else element("td", value)


def heads(names, rows):
    """Heads of columns, those of numbers above them at the right."""
    for number, name in enumerate(names):
        right = any(isinstance(row[number], Markup) and 'class="number' in row[number] for row in rows)
        yield element("th", name, scope="col", class_="number" if right else None)


def table(caption, head, rows):
    """Heads are those of columns, the first cell of every row is that of the row."""
    rows = [list(row) for row in rows]
    top = element("tr", heads(head, rows))
    body = [element("tr", [cell(value, number == 0) for number, value in enumerate(row)])
            for row in rows]
    return scroller(caption, element("table", element("caption", caption), element("thead", top),
                                     element("tbody", body)))


def definitions(pairs, **attributes):
    return element("dl", [(element("dt", name), element("dd", text)) for name, text in pairs], **attributes)


def page(title, style, *children):
    """A whole document that loads nothing and runs nothing."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = element("head", element("meta", charset="utf-8"),
                   element("meta", http_equiv="Content-Security-Policy", content=policy),
                   element("meta", name="viewport", content="width=device-width, initial-scale=1"),
                   element("meta", name="color-scheme", content="light dark"),
                   element("title", title), element("style", Markup(style)))
    return Markup("<!DOCTYPE html>\n" + element("html", head, element("body", *children), lang="en") + "\n")
