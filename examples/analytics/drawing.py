"""A plot as SVG that stands in a page, in the page's font and colours: it is light or dark as that is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, QUIET, GRID = "#010101", "#020202", "#030303"
GOOD, BAD, MAIN, SECOND, THIRD, FOURTH = "#110101", "#110202", "#110303", "#110404", "#110505", "#110606"
NAMES = {
    **{INK: "ink", QUIET: "quiet", GRID: "grid", GOOD: "good", BAD: "bad"},
    **{MAIN: "main", SECOND: "second", THIRD: "third", FOURTH: "fourth"},
}
"""Colours that stand for variables of the page's style."""

STYLE: dict[Any, Any] = {
    **{"svg.fonttype": "none", "font.size": 10, "axes.titlesize": 10, "figure.constrained_layout.use": True},
    **{"axes.edgecolor": GRID, "axes.labelcolor": QUIET, "text.color": INK},
    **{"xtick.color": GRID, "xtick.labelcolor": QUIET, "ytick.color": GRID, "ytick.labelcolor": QUIET},
    **{"axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False, "ytick.left": False},
    **{"axes.grid": True, "axes.grid.axis": "y", "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.8},
    **{"legend.frameon": False, "legend.fontsize": 9, "date.converter": "concise"},
}
SIZE = (5.4, 2.9)
"""In inches; in the page it is as wide as there is room."""


class Plot:
    """`axes` are drawn on; `svg` is there when that is done."""

    def __init__(self, figure: Figure, axes: list[Axes]) -> None:
        self.figure = figure
        self.axes = axes
        self.svg = ""


@contextmanager
def plot(name: str, heights: tuple[int, ...] = (1,)) -> Iterator[Plot]:
    """One row of axes for each of `heights`, over the same x. `name` is the plot's own in the page."""
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=SIZE)
        rows = figure.subplots(len(heights), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights})
        made = Plot(figure, [row[0] for row in rows])
        yield made
        written = StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        made.svg = _for_a_page(written.getvalue())


def _for_a_page(svg: str) -> str:
    """Without what only a file needs, as wide as there is room, and in the page's colours and font."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1), count=1
    )
    svg = re.sub(r"font: (\d+)px [^;\"]*", r"font-size: \1px", svg)
    for colour, name in NAMES.items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg
