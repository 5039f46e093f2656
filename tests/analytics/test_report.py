"""The page that the analytics example writes: all that was asked for is plotted, and nothing is fetched or injected."""

import re
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from examples.analytics.report import report
from examples.analytics.store import Store
from tests.analytics.days import Days, as_json

pytestmark = pytest.mark.slow

MARKUP = '<script>alert("x")</script> & $period'


def written(folder: Path, events: list[dict[str, Any]]) -> str:
    with Store(folder / "weft.duckdb") as store:
        store.take([as_json(event) for event in events])
    report(folder / "weft.duckdb", folder / "report.html")
    return (folder / "report.html").read_text()


def test_what_happened_is_plotted_on_one_page_that_needs_nothing_else(tmp_path: Path) -> None:
    days = list(islice(Days("ws-aaaaaaaaaaaa", hours_between=3).events(), 4_000))
    days.append(
        days[-1] | {"seq": 4_001, "type": "weft.memory.stored.v1", "subject": "mem-x", "data": {"title": MARKUP}}
    )
    days.append(days[-1] | {"seq": 4_002, "type": "weft.memory.used.v1", "data": {"accesses": 999, "retrievals": 999}})
    page = written(tmp_path, days)
    plots = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert len(plots) == 8
    for plot in plots:
        ET.fromstring(plot.replace("xlink:href", "href"))
        assert set(re.findall(r"#[0-9a-f]{6}", plot)) <= {"#000000", "#ffffff"}  # the rest are the page's colours
    assert not re.search(r'(?:src|href)="(?!#)|@import|url\((?!#)', page)
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert re.search(r"[\d,]+ memories, [\d,]+ more in the last \d weeks", titles[0])
    assert re.search("4,002 events of 1 workspace; none is missing", page)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_where_little_happened_there_is_a_page_too(tmp_path: Path, count: int) -> None:
    page = written(tmp_path, list(islice(Days("ws-aaaaaaaaaaaa").events(), count)))
    assert ("Nothing has happened yet" in page) == (count < 40)
    assert f"{count:,} events" in page
