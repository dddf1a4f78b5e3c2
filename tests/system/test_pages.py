"""What looks at pages in a browser finds what is planted in them, and nothing else."""
import shutil
import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
from conftest import ROOT

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>x</title><style>{style}</style></head>
<body><h1>A page</h1><p>with words on it</p>{body}</body></html>
"""
PLAIN = "body { background: #fff; color: #111; font-size: 40px; }"
# What is planted: (style, body, what must be said, at how many of the two widths and two schemes).
PLANTS = {
    "nothing": (PLAIN, "", None, 0),
    "width": (PLAIN, "<div style='width: 900px'>wide</div>", "wider than the window by", 2),
    "image": (PLAIN, "<img alt='broken' src='data:image/png;base64,AAAA'>", "an image is not decoded: broken", 4),
    "console": (PLAIN, "<script>console.error('planted')</script>", "console: ", 4),
    "exception": (PLAIN, "<script>missing()</script>", "console: Uncaught", 4),
    "elsewhere": (PLAIN, "<link rel='stylesheet' href='http://localhost:9/x.css'>", "loads http://localhost:9", 4),
    "pale": (PLAIN + "p { color: #ddd; }", "", "text that stands out too little: with words on it", 4),
    "pale in the dark": (PLAIN + "@media (prefers-color-scheme: dark) { body { background: #222; } }", "",
                         "text that stands out too little: A page", 2),
    "blank": ("body { display: none; }", "", "nothing is seen", 4),
}

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed: make deps-all")


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """(exit code, lines of all faults, folder), of one look at a page for each plant."""
    folder = tmp_path_factory.mktemp("pages")
    for name, (style, body, _, _) in PLANTS.items():
        (folder / f"{name}.html").write_text(PAGE.format(style=style, body=body))
    done = subprocess.run([sys.executable, ROOT / "tests" / "check" / "pages", "--keep", ".",
                           *(f"{name}.html" for name in PLANTS)], cwd=folder, text=True, capture_output=True,
                          timeout=170)
    return done.returncode, done.stdout.splitlines(), folder


@pytest.mark.parametrize("name", PLANTS)
def test_planted_fault(seen, name):
    code, lines, folder = seen
    _, _, said, count = PLANTS[name]
    found = [line for line in lines if line.startswith(f"{name}.html ")]
    assert code == 1 and len([line for line in found if said and said in line]) == count, found
    if said is None:
        assert found == []


def test_screenshots(seen):
    for width in (1280, 400):
        image = matplotlib.image.imread(seen[2] / f"nothing-{width}-light.png")
        assert image.shape[1] == width and np.std(image) > 0.02
