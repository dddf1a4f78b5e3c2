"""READMEs as their readers use them: blocks and lines of commands, found by their text."""
import re

from conftest import ROOT

FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.M)


def blocks(path):
    """(place, language, text) of every fenced block."""
    text = path.read_text()
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield f"{path.relative_to(ROOT)}:{line}", *found.groups()


def block(page, part):
    """The one block of the page, a path in the tree, that has this part."""
    found = [text for _, _, text in blocks(ROOT / page) if part in text]
    assert len(found) == 1, f"{page} has {len(found)} blocks with {part!r}"
    return found[0]


def line(page, beginning):
    """The one line within the page's blocks that begins so."""
    found = [row for _, _, text in blocks(ROOT / page) for row in text.splitlines()
             if row.startswith(beginning)]
    assert len(found) == 1, f"{page} has {len(found)} lines that begin with {beginning!r}"
    return found[0]


def said(page, pattern):
    """What the groups of a pattern match in the page's text, taken as one line."""
    found = re.findall(pattern, " ".join((ROOT / page).read_text().split()))
    assert len(found) == 1, f"{page} says {pattern!r} {len(found)} times"
    return found[0]
