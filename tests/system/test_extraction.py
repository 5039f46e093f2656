"""Extraction on the whole stack, over HTTP: what comes of a session, and that a kill -9 on the way doubles nothing."""

import asyncio
import signal
from typing import Any

import httpx2
import pytest

from tests.stack import Stack, Workspace, eventually
from tests.system.agreement import agreement

FINAL = ("completed", "empty", "failed")
PARTS = (
    "parser",
    "scheduler",
    "importer",
    "renderer",
    "allocator",
    "router",
    "tokeniser",
    "resolver",
    "mailer",
    "cron",
)


def client(workspace: Workspace) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=20)


async def a_session(http: httpx2.AsyncClient, *messages: str, summary: str | None = None) -> tuple[str, str]:
    """Ended: its id, and that of its job."""
    answer = await http.post("/api/v1/sessions/start", json={"project_path": "/home/ada/payments"})
    assert answer.status_code == 201, answer.text
    session_id = answer.json()["session_id"]
    if messages:
        seen = [{"kind": "message", "content": text} for text in messages]
        answer = await http.post(f"/api/v1/sessions/{session_id}/observations", json={"observations": seen})
        assert answer.status_code == 202, answer.text
    answer = await http.post(f"/api/v1/sessions/{session_id}/end", json={"summary": summary} if summary else {})
    assert answer.status_code == 200, answer.text
    return session_id, answer.json()["extraction_job_id"]


LESSONS = (
    "We decided to store money amounts as integer cents because floats round wrongly.",
    "Root cause: the retry handler held a database lock while it waited for the queue.",
    "Convention: every migration must be reversible, with a down script.",
    "It turns out that Safari drops cookies without SameSite on cross-origin redirects.",
    "We chose Redis streams over Celery because Celery loses tasks when the broker restarts.",
    "Convention: all timestamps must be written in UTC and shown in the user's zone.",
    "Root cause: the image cache never expired, so disk space ran out on the build servers.",
    "We decided against GraphQL because nobody on the team can operate its caching.",
    "It turns out that the vendor's sandbox rejects phone numbers with a leading plus sign.",
    "Convention: feature flags must be removed within two sprints after their rollout.",
    "Root cause: the login page crashed because the translation file lacked Portuguese plurals.",
    "We decided to pin Node to version 20 because the PDF renderer segfaults on 22.",
)
"""Of different kinds, about different things."""


async def job(http: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    answer = await http.get(f"/api/v1/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def reaches(http: httpx2.AsyncClient, job_id: str, *states: str) -> dict[str, Any]:
    async def there() -> bool:
        return (await job(http, job_id))["status"] in states

    await eventually(there, f"a job that is {' or '.join(states)}")
    return await job(http, job_id)


async def learnt(http: httpx2.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get("/api/v1/memories", params={"limit": 500})).json()
    return found


@pytest.mark.slow
async def test_an_ended_session_can_be_searched_for(workspace: Workspace) -> None:
    async with client(workspace) as http:
        said = "We decided to store money amounts as integer cents because floats round wrongly."
        session_id, job_id = await a_session(http, said, summary="Amounts were off by a cent.")
        done = await reaches(http, job_id, *FINAL)
        assert done["status"] == "completed"
        detail = (await http.get(f"/api/v1/memories/{done['memory_ids'][0]}")).json()
        assert (detail["source_session_id"], detail["memory_type"]) == (session_id, "decision")


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, 7])
async def test_a_kill_in_the_middle_of_a_job_doubles_nothing(stack: Stack, workspace: Workspace, after: int) -> None:
    """Killed when the job runs, and that many memories are there."""
    async with client(workspace) as http:
        _, job_id = await a_session(http, *LESSONS)
        await reaches(http, job_id, "running")

        async def far_enough() -> bool:
            return len(await learnt(http)) >= after

        await eventually(far_enough, f"{after} memories")
        killed = stack.kill("extraction")
        found = await job(http, job_id)
        await asyncio.to_thread(stack.wait_restarted, "extraction", killed)
        done = await reaches(http, job_id, *FINAL)
        assert done["status"] == "completed"
        memories = await learnt(http)
        assert done["counts"]["found"] > 7, "nothing is in the middle of so little"
        assert sorted(done["memory_ids"]) == sorted(it["memory_id"] for it in memories)
        assert len({it["title"] for it in memories}) == len(memories) == done["counts"]["stored"]
        assert found["status"] == "running", "it was not killed in the middle"
        assert done["attempts"] == 1
        await agreement(stack, workspace.workspace_id)


@pytest.mark.slow
@pytest.mark.parametrize("away", ["search", "memory"])
async def test_a_job_waits_for_a_service_that_stands_still(stack: Stack, workspace: Workspace, away: str) -> None:
    async with client(workspace) as http:
        _, first = await a_session(http, "Convention: every migration must be reversible, with a down script.")
        await reaches(http, first, "completed")
        stack.kill("extraction", signal.SIGSTOP)
        _, job_id = await a_session(http, *LESSONS)
        stack.kill(away, signal.SIGSTOP)
        try:
            stack.kill("extraction", signal.SIGCONT)
            await asyncio.sleep(7)  # longer than it waits for an answer: nothing can be asked meanwhile
        finally:
            stack.kill(away, signal.SIGCONT)
        done = await reaches(http, job_id, *FINAL)
        assert done["status"] == "completed"
        assert sum(done["counts"][it] for it in done["counts"] if it != "found") == done["counts"]["found"]
        assert len(await learnt(http)) == 1 + done["counts"]["stored"]


async def test_a_session_shows_what_was_seen_in_it_and_what_it_taught_with_the_words_it_rests_on(
    workspace: Workspace,
) -> None:
    async with client(workspace) as http:
        session_id, job_id = await a_session(http, *LESSONS[:3], summary=LESSONS[3])
        await reaches(http, job_id, *FINAL)
        path = f"/api/v1/sessions/{session_id}"
        seen = (await http.get(f"{path}/observations", params={"first": 1, "limit": 2})).json()["observations"]
        assert [(it["number"], it["content"]) for it in seen] == [(1, LESSONS[1]), (2, LESSONS[2])]
        ids = {it["observation_id"] for it in (await http.get(f"{path}/observations")).json()["observations"]}
        taught = (await http.get(f"{path}/memories")).json()["memories"]
        assert {it["memory"]["memory_id"] for it in taught} == {it["memory_id"] for it in await learnt(http)}
        assert {it["change"] for it in taught} == {"stored"}
        quotes = [quote for it in taught for quote in it["quotes"]]
        assert quotes
        assert {quote["observation_id"] for quote in quotes} <= ids | {None}
        assert all(any(quote["text"] in said for said in LESSONS[:4]) for quote in quotes)
        gone = taught[0]["memory"]["memory_id"]
        await http.delete(f"/api/v1/memories/{gone}")
        assert gone not in (await http.get(f"{path}/memories")).text
