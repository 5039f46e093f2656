"""The graph: drawn, and told in words to those who can't see it; what is near a memory, and the way between two."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import Dashboard
from tests.stack import wait_until


@pytest.fixture(scope="module")
def titles() -> list[str]:
    return ["Loom: the shed opens before the pick", "Loom: the pick is beaten up", "Loom: the cloth is wound on"]


@pytest.fixture
def woven(dashboard: Dashboard, titles: list[str]) -> list[str]:
    """Three memories in a row: the ids, made once."""
    found = {
        each["title"]: each["memory_id"] for each in dashboard.api.get("/api/v1/memories", params={"limit": 500}).json()
    }
    if all(title in found for title in titles):
        return [found[title] for title in titles]
    kinds = ("pattern", "convention", "incident")
    ids = [dashboard.store(title=each, memory_type=kind)["memory_id"] for each, kind in zip(titles, kinds, strict=True)]
    for source, target in pairwise(ids):
        edge = {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on"}
        assert dashboard.api.post("/api/v1/relationships", json=edge).status_code == 201
    ends = {"source_memory_id": ids[0], "target_memory_id": ids[2]}

    def is_connected() -> bool:
        answer = dashboard.api.post("/api/v1/memories/path", json=ends)
        return answer.status_code == 200 and bool(answer.json()["path"])

    wait_until(is_connected, "the graph to know the three")
    return ids


def find(page: Page, title: str) -> None:
    page.get_by_role("combobox", name="Find a memory").fill(title)
    page.get_by_role("option", name=title).click()
    expect(chosen(page).get_by_role("heading", level=2)).to_have_text(title)


def chosen(page: Page) -> Locator:
    return page.get_by_role("region", name="The chosen memory")


def test_the_way_between_two_memories_is_found_and_told_step_by_step(
    dashboard: Dashboard, woven: list[str], titles: list[str]
) -> None:
    page = dashboard.page
    dashboard.go("/graph")
    expect(page.locator(".graph-stage[data-drawn]")).to_have_attribute(
        "aria-label", re.compile(r"^Map of \d+ memories in")
    )
    find(page, titles[0])
    chosen(page).get_by_role("button", name="Path from here").click()
    find(page, titles[1])
    chosen(page).get_by_role("button", name="Path to here").click()
    path = page.get_by_role("region", name="Path")
    expect(path).to_contain_text("1 step")
    expect(path.get_by_role("listitem")).to_have_text([titles[0], f"depends on · 100 %{titles[1]}"])
    path.get_by_role("button", name=titles[0]).click()
    expect(page).to_have_url(re.compile(woven[0]))
    path.get_by_role("button", name="Forget").click()
    expect(path).to_have_count(0)


def test_the_table_has_what_the_map_has_and_the_filters_hold_for_both(
    dashboard: Dashboard, woven: list[str], titles: list[str]
) -> None:
    page = dashboard.page
    dashboard.go(f"/graph?memory={woven[1]}&view=table")
    expect(chosen(page)).to_contain_text(f"needed by · 100 %{titles[0]}")
    expect(chosen(page)).to_contain_text(f"depends on · 100 %{titles[2]}")
    table = page.get_by_role("table")
    expect(table.get_by_role("button", name=titles[1])).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("checkbox", name="Convention").uncheck()
    expect(table.get_by_role("button", name=titles[1])).to_have_count(0)
    page.get_by_role("checkbox", name="Depends on").uncheck()
    expect(chosen(page)).not_to_contain_text("needed by")
    page.get_by_role("button", name="All", exact=True).click()
    expect(table.get_by_role("button", name=titles[1])).to_be_visible()
    table.get_by_role("button", name=titles[2]).click()
    expect(chosen(page).get_by_role("heading", level=2)).to_have_text(titles[2])


def test_the_map_is_moved_and_a_choice_taken_back_by_the_keyboard(dashboard: Dashboard, woven: list[str]) -> None:
    page = dashboard.page
    dashboard.go(f"/graph?memory={woven[0]}")
    expect(chosen(page)).to_be_visible()
    page.get_by_role("application").focus()
    for key in ("+", "ArrowLeft", "0"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(chosen(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("memory="))
