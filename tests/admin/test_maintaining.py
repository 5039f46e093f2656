"""`weft-admin maintenance` on the running stack."""

import httpx2

from tests.admin.test_operating import admin, is_found, stored
from tests.stack import Stack, Workspace, wait_until


def importance(workspace: Workspace, memory_id: str) -> float:
    answer = httpx2.get(f"{workspace.url}/api/v1/memories/{memory_id}", headers=workspace.headers)
    assert answer.status_code == 200
    return float(answer.json()["importance_score"])


def found_from(workspace: Workspace, importance: float) -> list[str]:
    """What a search finds that is at least so important."""
    asked = {"query": "", "min_importance": importance}
    answer = httpx2.post(f"{workspace.url}/api/v1/memories/search", json=asked, headers=workspace.headers)
    return [each["id"] for each in answer.json()["results"]]


def jobs(workspace: Workspace) -> list[dict[str, object]]:
    answer = httpx2.get(f"{workspace.url}/api/v1/jobs", headers=workspace.headers)
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()
    return found


def test_nightly_work_is_done_by_hand_once_a_day_and_shows_as_jobs(stack: Stack, workspace: Workspace) -> None:
    memory_id = stored(workspace)
    wait_until(lambda: is_found(workspace, memory_id), "the memory in the index")
    own = ("maintenance", "--workspace", workspace.workspace_id, "--task", "importance", "--task", "retention")
    first = admin(stack, *own)
    assert first.returncode == 0, first.stdout + first.stderr
    lines = [line for line in first.stdout.splitlines() if workspace.workspace_id in line]
    assert [("completed" in line, "empty" in line) for line in lines] == [(True, False), (False, True)], first.stdout
    assert "moved 1" in lines[0]
    assert "keeps memories for ever" in lines[1]
    moved_to = importance(workspace, memory_id)
    assert moved_to < 0.5
    wait_until(lambda: found_from(workspace, 0.5) == [], "the index to hear of the move")
    assert found_from(workspace, moved_to) == [memory_id]

    again = admin(stack, *own)
    assert again.returncode == 0, again.stdout + again.stderr
    assert importance(workspace, memory_id) == moved_to
    assert [(it["kind"], it["attempts"], it["session_id"]) for it in jobs(workspace)] == [
        ("retention", 2, None),
        ("importance", 2, None),
    ]


def test_nightly_work_can_not_be_retried_over_http(stack: Stack, workspace: Workspace) -> None:
    assert admin(stack, "maintenance", "--workspace", workspace.workspace_id, "--task", "retention").returncode == 0
    [job] = jobs(workspace)
    answer = httpx2.post(f"{workspace.url}/api/v1/jobs/{job['job_id']}/retry", headers=workspace.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_retryable")


def test_a_workspace_that_is_not_there_is_said_in_one_line(stack: Stack) -> None:
    done = admin(stack, "maintenance", "--workspace", "ws-aaaaaaaaaaaa")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == ["weft-admin: Workspace not found."]
