"""Finding, reading and changing memories; what their text can't do."""

import re

from playwright.sync_api import expect

from services.gateway.api.dashboard import POLICY
from tests.dashboard.conftest import Dashboard

EVIL = """<img src=x onerror="window.pwned = 'an image'">

<script>window.pwned = 'a script'</script>

[a link](javascript:window.pwned='a link') and [a file](data:text/html,<script>1</script>)

![a picture](https://example.invalid/seen.png)
"""


def test_a_memory_is_found_read_and_it_is_said_why_it_was_found(dashboard: Dashboard) -> None:
    page = dashboard.page
    dashboard.go("/memories")
    expect(page.get_by_role("link", name="Double charges")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("customers charged twice")
    results = page.get_by_role("region", name="Search results")
    first = results.get_by_role("listitem").first
    expect(first).to_contain_text("Double charges")
    expect(first.get_by_role("img", name=re.compile("^Score"))).to_be_visible()

    first.get_by_role("link").click()
    memory = page.get_by_role("region", name="The memory")
    expect(memory.get_by_role("region", name="Why was this found?")).to_contain_text("keyword")
    expect(memory.locator(".prose strong")).to_have_text("without")
    memory.get_by_role("tab", name="History").click()
    expect(memory).to_contain_text("imported by")


def test_who_edits_what_another_has_edited_meanwhile_sees_both_and_overwrites_nothing_else(
    dashboard: Dashboard,
) -> None:
    page = dashboard.page
    stored = dashboard.store(title="The port of the sandbox is 8010", narrative="As it was at first.")
    path = f"/api/v1/memories/{stored['memory_id']}"
    dashboard.go(f"/memories/{stored['memory_id']}")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Title").fill("The port of the sandbox is 8020")
    dashboard.api.patch(path, json={"narrative": "As somebody else knows better."})
    page.get_by_role("button", name="Save").click()

    conflict = page.get_by_role("dialog", name="Somebody else has changed this memory")
    expect(conflict).to_contain_text("As somebody else knows better.")
    expect(conflict).to_contain_text("The port of the sandbox is 8020")
    conflict.get_by_role("button", name="Keep mine").click()
    expect(page.get_by_role("heading", name="The port of the sandbox is 8020").first).to_be_visible()
    now = dashboard.api.get(path).json()
    assert (now["title"], now["narrative"]) == ("The port of the sandbox is 8020", "As somebody else knows better.")


def test_several_memories_are_deleted_together(dashboard: Dashboard) -> None:
    page = dashboard.page
    titles = ["A superfluous memory", "Another superfluous memory"]
    ids = [dashboard.store(title=title, tags=["superfluous"])["memory_id"] for title in titles]
    dashboard.go("/memories?tag=superfluous")
    for title in titles:
        page.get_by_role("checkbox", name=f"Select {title}", exact=True).check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert [dashboard.api.get(f"/api/v1/memories/{each}").status_code for each in ids] == [404, 404]


def test_the_text_of_a_memory_runs_nothing_and_fetches_nothing(dashboard: Dashboard) -> None:
    page = dashboard.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    stored = dashboard.store(title="<img src=x onerror=\"window.pwned = 'a title'\">", narrative=EVIL)
    answer = page.goto(f"{dashboard.workspace.url}/memories/{stored['memory_id']}")
    text = page.locator(".prose")
    expect(text).to_contain_text("<img src=x onerror")
    expect(text).to_contain_text("[image: a picture]")
    assert page.locator("main img, main script, main a[href^='javascript:'], main a[href^='data:']").count() == 0
    text.get_by_text("a link").click()
    assert page.evaluate("window.pwned") is None
    assert all(url.startswith(dashboard.workspace.url) for url in asked)

    assert answer is not None
    assert answer.headers["content-security-policy"] == POLICY["Content-Security-Policy"]
    assert "unsafe" not in POLICY["Content-Security-Policy"]
    assert "script-src 'self';" in POLICY["Content-Security-Policy"]
