"""Documents: taken in, read section by section with what they say and speak of, and deleted; nothing in them runs."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.dashboard.conftest import Dashboard

RUNBOOK = """# Runbook of the dye house

Wool is dyed in copper vats. We decided to keep the indigo vat at 50 degrees because it dies below 40.

<img src="x" onerror="window.ran = 'html'"> [a link](javascript:window.ran='link')

## Alarms

The pump is watched by Prometheus. Ask Ada before you restart it.
"""


def uploaded(page: Page, file: Path, title: str) -> None:
    page.get_by_role("button", name="Upload").first.click()
    dialog = page.get_by_role("dialog", name="Upload a document")
    dialog.get_by_label("Choose a file").set_input_files(file)
    dialog.get_by_label("Title").fill(title)
    dialog.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def test_a_document_is_taken_in_read_and_deleted(dashboard: Dashboard, tmp_path: Path) -> None:
    page, title = dashboard.page, "Runbook of the dye house"
    file = tmp_path / "runbook.md"
    file.write_text(RUNBOOK)
    dashboard.go("/documents")
    uploaded(page, file, title)
    passages = page.get_by_role("list", name="Passages")
    expect(passages).to_contain_text("copper vats")

    page.get_by_role("navigation", name="Sections").get_by_role("button", name="Alarms").click()
    expect(passages.locator("[aria-current=true]")).to_contain_text("Prometheus")
    facts = page.get_by_role("tabpanel", name="Facts")
    facts.get_by_role("listitem").filter(has_text="indigo vat").get_by_role("button", name="Show in the text").click()
    expect(passages.locator("[aria-current=true]")).to_contain_text("indigo vat")
    page.get_by_role("tab", name="Entities").click()
    expect(page.get_by_role("tabpanel", name="Entities")).to_contain_text("Prometheus")

    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/documents$"))
    expect(page.get_by_role("link", name=title)).to_have_count(0)


def test_nothing_that_stands_in_a_document_runs(dashboard: Dashboard, tmp_path: Path) -> None:
    page = dashboard.page
    file = tmp_path / "hostile.md"
    file.write_text(RUNBOOK)
    dashboard.go("/documents")
    uploaded(page, file, "<img src=x onerror=\"window.ran = 'title'\">")
    passages = page.get_by_role("list", name="Passages")
    expect(passages).to_contain_text("<img src=")
    assert passages.locator("img").count() == 0
    passages.get_by_text("a link").click()
    assert page.evaluate("window.ran") is None


def test_a_file_of_another_kind_is_refused_with_the_reason(dashboard: Dashboard, tmp_path: Path) -> None:
    page = dashboard.page
    file = tmp_path / "picture.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n")
    dashboard.go("/documents")
    page.get_by_role("button", name="Upload").first.click()
    dialog = page.get_by_role("dialog", name="Upload a document")
    dialog.get_by_label("Choose a file").set_input_files(file)
    dialog.get_by_role("button", name="Upload").click()
    expect(dialog.get_by_role("alert")).to_have_text("The file must be text/plain, text/markdown or application/pdf.")
