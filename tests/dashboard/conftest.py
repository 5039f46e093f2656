"""The dashboard in a real browser, before a real stack. Tests here are synchronous: so is Playwright, and an event loop
of somebody else's would be in its way."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from deploy.local.home import CHECKOUT
from tests.dashboard import seeds
from tests.stack import PATIENCE_S, Stack, Workspace

CHROMIUM = shutil.which("chromium")
BUILT = CHECKOUT / "clients" / "dashboard" / "dist" / "index.html"

expect.set_options(timeout=PATIENCE_S * 1000)


@dataclass(frozen=True)
class Dashboard:
    """A page of somebody who owns `workspace`, and the workspace itself from behind."""

    page: Page
    workspace: Workspace
    account: dict[str, str]
    api: httpx2.Client
    """With the workspace's key."""
    complaints: list[str] = field(default_factory=list)
    """Errors of the browser's console: exceptions, and what the Content-Security-Policy did not let through."""

    def go(self, path: str) -> None:
        self.page.goto(self.workspace.url + path)
        expect(self.page.get_by_role("navigation", name="Pages")).to_be_visible()

    def store(self, **draft: Any) -> dict[str, Any]:
        stored = self.api.post("/api/v1/memories/store", json={"narrative": "Nothing more to say.", **draft})
        assert stored.status_code == 201, stored.text
        made: dict[str, Any] = stored.json()
        return made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's, once for all tests here."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    assert BUILT.exists(), "the dashboard is not built: make dashboard"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def owned(browser: Browser, stack: Stack) -> tuple[Workspace, dict[str, str]]:
    """A workspace with the memories of `seeds`, and email and password of its owner. Shared: add to it, and don't take
    from it what others look for."""
    workspace = stack.new_workspace()
    ndjson = {"Content-Type": "application/x-ndjson", **workspace.headers}
    imported = httpx2.post(f"{workspace.url}/api/v1/import", content=seeds.lines(), headers=ndjson, timeout=PATIENCE_S)
    assert imported.json()["imported"] == len(seeds.MEMORIES), imported.text
    return workspace, stack.new_owner(workspace)


@pytest.fixture(scope="package")
def signed_in(browser: Browser, owned: tuple[Workspace, dict[str, str]]) -> Iterator[BrowserContext]:
    """A browser's profile in which the owner has signed in: a page that is opened in it goes on with that."""
    workspace, account = owned
    context = a_context(browser)
    page = context.new_page()
    page.goto(workspace.url)
    sign_in(page, account)
    page.close()
    yield context
    context.close()


@pytest.fixture
def dashboard(signed_in: BrowserContext, owned: tuple[Workspace, dict[str, str]]) -> Iterator[Dashboard]:
    """A page for this test alone. The test fails where the browser complained."""
    workspace, account = owned
    with httpx2.Client(base_url=workspace.url, headers=workspace.headers, timeout=PATIENCE_S) as api:
        opened = Dashboard(signed_in.new_page(), workspace, account, api)
        opened.page.on("console", lambda message: opened.complaints.extend(_complaint(message)))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        yield opened
        opened.page.close()
        assert not opened.complaints


def a_context(browser: Browser, **options: Any) -> BrowserContext:
    """A profile of its own, as patient as all tests are."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_S * 1000)
    return context


def sign_in(page: Page, account: dict[str, str]) -> None:
    page.get_by_label("Email").fill(account["email"])
    page.get_by_label("Password").fill(account["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def _complaint(message: ConsoleMessage) -> list[str]:
    # A refusal of the gateway's is also an "error" there; pages show what they make of it.
    is_one = message.type == "error" and "the server responded with a status" not in message.text
    return [message.text] if is_one else []
