"""A stack of its own with a signed-in browser before it, for programs beside the tests."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

from tests.dashboard.conftest import CHROMIUM, a_context, sign_in
from tests.stack import PATIENCE_S, Stack, Workspace

NDJSON = {"Content-Type": "application/x-ndjson"}


@contextmanager
def opened() -> Iterator[tuple[Browser, Workspace, dict[str, str]]]:
    """Chromium; an empty workspace, and its owner's email and password. The stack is gone at the end."""
    if CHROMIUM is None:
        sys.exit("This needs a browser: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        stack = Stack.start(Path(folder))
        try:
            workspace = stack.new_workspace()
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            yield browser, workspace, stack.new_owner(workspace)
            browser.close()
        finally:
            stack.stop()


def a_client(workspace: Workspace) -> httpx2.Client:
    return httpx2.Client(base_url=workspace.url, headers=workspace.headers, timeout=PATIENCE_S)


def a_page(
    browser: Browser, workspace: Workspace, account: dict[str, str], width: int, height: int, theme: str
) -> Page:
    """Signed in, in a profile of its own."""
    size = {"width": width, "height": height}
    page = a_context(browser, viewport=size, color_scheme=theme, reduced_motion="reduce").new_page()
    page.goto(workspace.url)
    sign_in(page, account)
    return page
