"""What all pages share: they fit, everybody can use them, and they are told what happens."""

import gzip
import re
from typing import Literal

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.dashboard.conftest import BUILT, Dashboard
from tests.node_tools import node_tools
from tests.stack import PATIENCE_S, wait_until

PAGES = {
    "/": "Overview",
    "/memories": "Memories",
    "/memories?q=money": "Memories",
    "/graph": "Graph",
    "/sessions": "Sessions",
    "/documents": "Documents",
    "/live": "Live",
    "/settings/connect": "Connect your agent · Settings",
    "/settings/workspace": "Workspaces · Settings",
    "/settings/namespaces": "Namespaces · Settings",
    "/settings/keys": "API keys · Settings",
    "/settings/webhooks": "Webhooks · Settings",
    "/settings/members": "Members · Settings",
    "/settings/transfer": "Export and import · Settings",
    "/settings/audit": "Audit · Settings",
    "/settings/account": "Your account · Settings",
    "/nowhere": "Not found",
}
"""What the window is called on each, but for Weft's name."""
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize(("width", "theme"), [(375, "dark"), (1920, "light")])
def test_every_page_fits_has_a_title_and_can_be_used_by_everybody(
    dashboard: Dashboard, width: int, theme: Literal["dark", "light"]
) -> None:
    axe = (node_tools() / "axe-core" / "axe.min.js").read_text()
    page = dashboard.page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    pages = PAGES | made(dashboard)
    dashboard.go("/")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.evaluate(axe)
    wrong = {}
    for path, title in pages.items():
        turn_to(page, path)
        expect(page).to_have_title(f"{title} · Weft")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".loading")).to_have_count(0)
        found = [*too_wide(page), *barriers(page)]
        if found:
            wrong[path] = found
    assert not wrong


def made(dashboard: Dashboard) -> dict[str, str]:
    """Pages of a memory, a session and a document, whose words are as long as words of programs are."""
    word = "services.gateway.api.application.Application.dispatch_without_a_single_space_in_it"
    memory = dashboard.store(title=f"In {word}", source_files=[f"src/{word}.py"], tags=[word])
    session = {"project_path": f"/src/{word}", "branch_name": "main"}
    started = dashboard.api.post("/api/v1/sessions/start", json=session).json()
    document = {"content": f"# {word}\n\nIt is called by {word}.", "title": word, "content_type": "markdown"}
    ingested = dashboard.api.post("/v1/documents/ingest", json=document).json()
    return {
        f"/memories/{memory['memory_id']}": f"In {word} · Memories",
        f"/sessions/{started['session_id']}": f"/src/{word}",
        f"/documents/{ingested['document_id']}": word,
    }


def turn_to(page: Page, path: str) -> None:
    """As a link does: without loading everything anew."""
    page.evaluate("path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate')); }", path)


def too_wide(page: Page) -> list[str]:
    """What goes beyond the window, or scrolls sideways where one has to read all of it."""
    found: list[str] = page.evaluate(
        """[document.documentElement, ...document.querySelectorAll("main, .table-box, .panel, .virtual, .memory")]
        .filter((each) => each.scrollWidth > each.clientWidth)
        .map((each) => `${each.tagName} ${each.className} is wider than what is seen of it`)"""
    )
    return found


def barriers(page: Page) -> list[str]:
    """What axe finds: contrast, labels, names, roles, landmarks, order of headings, size of what is to be hit. A row at
    the edge of a list is no finding: it is as large as the others once one scrolls."""
    found: list[str] = page.evaluate(
        """async (runOnly) => (await axe.run(document, { runOnly })).violations.flatMap(({ id, nodes }) => nodes
        .filter(({ target }) => id !== "target-size" || !document.querySelector(target[0]).closest(".virtual"))
        .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`))""",
        RULES,
    )
    return found


def test_pages_are_reached_and_help_is_given_by_the_keyboard(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.go("/")
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_contain_text("Go to Memories")
    page.keyboard.press("Escape")
    expect(help_).to_have_count(0)
    page.get_by_role("button", name="Keyboard shortcuts").press("Enter")
    expect(help_).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_focused()
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
    page.get_by_role("button", name="Resume").click()
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
    page.get_by_role("button", name="Create key").click()
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


def test_a_key_can_not_be_made_before_its_namespaces_are_there(dashboard: Dashboard) -> None:
    page, held = dashboard.page, list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/namespaces", hold)
    dashboard.go("/settings/keys")
    page.get_by_role("button", name="New key").click()
    create = page.get_by_role("button", name="Create key")
    expect(create).to_be_disabled()
    for each in held:
        each.continue_()
    expect(create).to_be_enabled()


@pytest.mark.system
def test_all_pages_together_weigh_less_than_350_kilobytes() -> None:
    assert BUILT.exists(), "the dashboard is not built: make dashboard"
    files = [file for file in BUILT.parent.rglob("*") if file.is_file()]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 350_000


def status_of(dashboard: Dashboard, key: str) -> int:
    here = f"{dashboard.workspace.url}/api/v1/workspace"
    return httpx2.get(here, headers={"Authorization": f"Token {key}"}, timeout=PATIENCE_S).status_code
