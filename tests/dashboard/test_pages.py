"""What all pages share: they fit, can be reached by the keyboard, and are told what happens."""

import gzip
import re

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.dashboard.conftest import BUILT, Dashboard
from tests.stack import PATIENCE_S, wait_until

PAGES = {
    "/": "Overview",
    "/memories": "Memories",
    "/graph": "Graph",
    "/sessions": "Sessions",
    "/documents": "Documents",
    "/live": "Live",
    "/settings/keys": "Settings",
}


@pytest.mark.parametrize(("width", "theme"), [(375, "dark"), (1920, "light")])
def test_every_page_fits_a_telephone_and_a_large_screen(dashboard: Dashboard, width: int, theme: str) -> None:
    page = dashboard.page
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    for path, title in PAGES.items():
        dashboard.go(path)
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.dataset.theme") == theme
        assert is_within(page), f"{path} is wider than {width} px"


def test_pages_are_reached_and_help_is_given_by_the_keyboard(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.go("/")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard")
    expect(help_).to_contain_text("Go to Memories")
    page.keyboard.press("Escape")
    expect(help_).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", name="Live", level=1)).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search memories")).to_be_focused()


def test_an_event_arrives_while_one_looks_and_a_pause_misses_none(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.go("/live")
    expect(page.get_by_text("Live", exact=True).last).to_have_class(re.compile("badge-good"))
    dashboard.store(title="Seen at once")
    events = page.get_by_role("region", name="Events, the newest first")
    expect(events).to_contain_text("Seen at once")

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    dashboard.store(title="Seen later")
    assert "Seen later" not in events.inner_text()
    page.get_by_role("button", name="Go on").click()
    expect(events).to_contain_text("Seen later")

    page.get_by_role("button", name="Replay", exact=True).click()

    def at_the_end_of(what: Locator) -> str:
        what.press("End")
        return what.inner_text()

    wait_until(lambda: "memory imported" in at_the_end_of(events), "the first event of all, replayed")
    page.get_by_role("button", name="relationship", exact=True).click()
    expect(events.get_by_text("memory imported")).to_have_count(0)


def test_a_key_is_made_and_shown_once_and_is_dead_once_it_is_revoked(dashboard: Dashboard) -> None:
    page, name = dashboard.page, "Made by a test"
    dashboard.go("/settings/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Make it").click()
    shown = page.get_by_label("the key", exact=True)
    expect(shown).to_contain_text("wft_live_")
    key = shown.inner_text().strip()
    assert status_of(dashboard, key) == 200

    page.get_by_role("button", name="Close").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("default: read, write")
    assert key not in page.content()
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke for good").click()
    expect(row).to_have_count(0)
    assert status_of(dashboard, key) == 401


@pytest.mark.system
def test_all_pages_together_weigh_less_than_350_kilobytes() -> None:
    assert BUILT.exists(), "the dashboard is not built: make dashboard"
    files = [file for file in BUILT.parent.rglob("*") if file.is_file()]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 350_000


def status_of(dashboard: Dashboard, key: str) -> int:
    here = f"{dashboard.workspace.url}/api/v1/workspace"
    return httpx2.get(here, headers={"Authorization": f"Token {key}"}, timeout=PATIENCE_S).status_code


def is_within(page: Page) -> bool:
    """Whether nothing goes beyond the window but what scrolls by itself."""
    fits: bool = page.evaluate(
        "[document.documentElement, document.querySelector('main')].every(e => e.scrollWidth <= e.clientWidth)"
    )
    return fits
