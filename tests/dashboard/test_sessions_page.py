"""Sessions: what was seen in them, what they taught and by which words; jobs that are tried once more."""

from playwright.sync_api import expect

from tests.dashboard.conftest import Dashboard
from tests.stack import wait_until

SEEN = [
    ("command", "$ pytest -q\n3 failed"),
    ("message", "Root cause: the warp tension sensor reports in newtons, and the controller expects grams."),
    ("message", "We decided to convert the tension at the edge of the controller because all else speaks grams."),
]


def a_session(dashboard: Dashboard, name: str, *seen: tuple[str, str], summary: str | None = None) -> str:
    """Ended, and learnt from: its id."""
    api = dashboard.api
    session_id = str(
        api.post("/api/v1/sessions/start", json={"project_path": f"/p/{name}", "project_name": name}).json()[
            "session_id"
        ]
    )
    observations = [{"kind": kind, "content": content, "files": ["loom/tension.py"]} for kind, content in seen]
    if observations:
        api.post(f"/api/v1/sessions/{session_id}/observations", json={"observations": observations})
    job_id = api.post(f"/api/v1/sessions/{session_id}/end", json={"summary": summary} if summary else {}).json()[
        "extraction_job_id"
    ]
    final = ("completed", "empty", "failed")
    wait_until(lambda: api.get(f"/api/v1/jobs/{job_id}").json()["status"] in final, "the job to end")
    return session_id


def test_a_session_is_followed_to_its_memories_and_the_words_they_rest_on(dashboard: Dashboard) -> None:
    a_session(dashboard, "loom", *SEEN, summary="The sensor's newtons are grams at the controller's edge.")
    page = dashboard.page
    dashboard.go("/sessions")
    page.get_by_role("link", name="loom").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("loom")
    timeline = page.get_by_role("region", name="Timeline")
    row = timeline.get_by_role("listitem").filter(has_text="Root cause").first
    expect(row.locator("mark")).to_have_text(SEEN[1][1])
    card = row.get_by_role("article").filter(has=page.locator("q"))
    expect(card.locator("q").first).to_contain_text("newtons")
    page.get_by_label("Only what memories rest on").check()
    expect(timeline.get_by_text("3 failed")).to_have_count(0)
    expect(page.get_by_role("region", name="What was learnt").get_by_role("status")).to_contain_text("completed")
    expect(page.get_by_role("region", name="What was injected").get_by_role("link")).not_to_have_count(0)
    title = card.get_by_role("link").inner_text()
    card.get_by_role("link").click()
    expect(page.get_by_role("heading", name=title).first).to_be_visible()


def test_a_job_that_came_out_empty_says_why_and_is_tried_again(dashboard: Dashboard) -> None:
    session_id = a_session(dashboard, "idle")
    page = dashboard.page
    dashboard.go(f"/sessions/{session_id}")
    job = page.get_by_role("region", name="What was learnt")
    expect(job.get_by_role("status")).to_contain_text("empty")
    expect(page.get_by_role("heading", name="Nothing was observed")).to_be_visible()
    job.get_by_role("button", name="Retry").click()
    expect(job.get_by_role("definition").last).to_have_text("2")
    expect(job.get_by_role("status")).to_contain_text("empty")
    dashboard.go("/sessions")
    page.get_by_role("tab", name="Jobs").click()
    expect(page.get_by_role("table").get_by_role("button", name="Retry").first).to_be_visible()


def test_a_session_that_is_not_there_is_said_to_be_none(dashboard: Dashboard) -> None:
    dashboard.go("/sessions/nobody")
    expect(dashboard.page.get_by_role("alert")).to_contain_text("Session 'nobody' not found.")
