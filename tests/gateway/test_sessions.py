"""Sessions and jobs: what is asked and ordered, and what is answered where a service is away or slow."""

import asyncio
from typing import Any

import httpx2
import pytest

from contracts.commands import EndSession, RateMemory, RecordObservations, RetryExtraction, StartSession
from contracts.queries import GetJob, GetMemories, GetSession, ListMemories, ListSessions, SearchMemories
from contracts.replies import Reply
from services.gateway.api import calls, examples, giving, jobs
from services.kit.keys import make_key
from tests.gateway.conftest import WORKSPACE
from tests.gateway.played import Played, refusing

START = "/api/v1/sessions/start"
SESSION = {**examples.SESSION_EXAMPLE, "session_id": "s-1", "status": "active"}
JOB = {**examples.JOB_EXAMPLE, "status": "running"}
JOB_PATH = f"/api/v1/jobs/{JOB['job_id']}"


def a_memory(number: int, **fields: Any) -> dict[str, Any]:
    memory_id = f"mem-{number:016d}"
    return {**examples.MEMORY_EXAMPLE, "memory_id": memory_id, "title": f"Memory {number}", **fields}


def started(*given: tuple[str, float]) -> dict[str, Any]:
    injected = [{"memory_id": memory_id, "score": score} for memory_id, score in given]
    return {**SESSION, "injected": injected}


def listing(played: Played, *memories: dict[str, Any]) -> None:
    """The memory service pages through `memories`, which are in the order of both lists."""

    async def page(asked: ListMemories) -> Reply:
        return Reply(body=memories[asked.offset : asked.offset + asked.limit])

    played.answers |= {ListMemories: page, ListSessions: [], GetMemories: [], GetSession: SESSION}


async def as_ordered(order: StartSession) -> Reply:
    return Reply(body={**SESSION, "injected": [each.model_dump() for each in order.injected]})


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for long."""
    monkeypatch.setattr(giving, "SEARCH_TIMEOUT_S", 0.2)
    monkeypatch.setattr(calls, "REPLY_TIMEOUT_S", 0.3)


class TestStart:
    async def test_every_pinned_memory_is_given_however_many_there_are(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        listing(
            memory, *(a_memory(it, importance_score=1.0) for it in range(120)), *(a_memory(it) for it in (500, 501))
        )
        memory.answers[StartSession] = as_ordered
        answer = await http.post(START, json={"project_path": "/p"})
        assert answer.status_code == 201, answer.text
        given = answer.json()["injected_memories"]
        assert sum(it["importance_score"] == 1.0 for it in given) == 120
        assert len(given) == 122

    async def test_it_searches_for_the_names_of_project_and_branch_and_does_without_where_search_is_away(
        self, http: httpx2.AsyncClient, memory: Played, patient: None
    ) -> None:
        listing(memory, a_memory(1))
        memory.answers[StartSession] = as_ordered
        answer = await http.post(START, json={"project_path": "/p", "project_name": "pay", "branch_name": "retry"})
        assert [it["memory_id"] for it in answer.json()["injected_memories"]] == [a_memory(1)["memory_id"]]

    async def test_what_a_search_finds_is_among_what_is_given(
        self, http: httpx2.AsyncClient, memory: Played, search: Played
    ) -> None:
        listing(memory, a_memory(1))
        memory.answers[StartSession] = as_ordered
        search.answers[SearchMemories] = {"results": [{"memory": a_memory(2), "score": 0.3, "keyword_score": 1.0}]}
        answer = await http.post(START, json={"project_path": "/p", "project_name": "pay", "branch_name": "retry"})
        assert [it["title"] for it in answer.json()["injected_memories"]] == ["Memory 2", "Memory 1"]
        (asked,) = search.asked(SearchMemories)
        assert (asked.query, asked.readable, asked.workspace_id) == ("pay retry", ("default", "team"), WORKSPACE)
        assert asked.use_semantic is False

    async def test_what_an_earlier_request_was_given_is_what_is_shown(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        listing(memory, a_memory(1))
        memory.answers |= {
            StartSession: started((a_memory(7)["memory_id"], 0.7), (a_memory(8)["memory_id"], 0.6)),
            GetMemories: [{"memory": a_memory(7)}],  # the other was deleted since
            ListSessions: [{**SESSION, "started_at": "2026-03-19T22:00:00Z"}],
        }
        answer = await http.post(START, json={"project_path": "/p"})
        assert [(it["title"], it["score"]) for it in answer.json()["injected_memories"]] == [("Memory 7", 0.7)]
        assert answer.json()["context_summary"] == "1 memory injected, 0 of them pinned. Last session: 2026-03-19."
        (asked,) = memory.asked(ListSessions)
        assert asked.started_before is not None

    async def test_a_start_that_is_not_decided_in_time_is_202_and_names_the_session(
        self, http: httpx2.AsyncClient, memory: Played, patient: None
    ) -> None:
        listing(memory)

        async def slow(_: StartSession) -> Reply:
            await asyncio.sleep(1)
            return Reply(body=SESSION)

        memory.answers[StartSession] = slow
        answer = await http.post(START, json={"project_path": "/p", "session_id": "mine"})
        assert (answer.status_code, answer.json()["status"], answer.json()["session_id"]) == (202, "accepted", "mine")
        assert answer.headers["Location"].endswith(answer.json()["command_id"])


class TestObserve:
    async def test_ids_come_from_the_key_so_that_a_retry_names_the_same(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        memory.answers[RecordObservations] = examples.TAKEN_EXAMPLE
        body = {"observations": [{"kind": "note", "content": "a"}, {"kind": "note", "content": "a"}]}
        for _ in range(2):
            await http.post("/api/v1/sessions/s-1/observations", json=body, headers={"Idempotency-Key": "k"})
        first, second = memory.asked(RecordObservations)
        assert [it.observation_id for it in first.observations] == [it.observation_id for it in second.observations]
        assert len({it.observation_id for it in first.observations}) == 2
        assert first.observations[0].at == first.issued_at

    async def test_what_is_ordered_has_no_secret_and_the_answer_names_each_kind_once(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        secret = make_key().text
        memory.answers |= {
            RecordObservations: examples.TAKEN_EXAMPLE,
            EndSession: examples.ENDED_EXAMPLE,
            RateMemory: examples.RATED_EXAMPLE,
        }
        seen = {
            "kind": "command",
            "content": f"export KEY={secret}",
            "files": [f"a/{secret}"],
            "metadata": {"k": secret},
        }
        taken = await http.post("/api/v1/sessions/s-1/observations", json={"observations": [seen, seen]})
        ended = await http.post("/api/v1/sessions/s-1/end", json={"summary": f"Used {secret}."})
        rated = await http.post(
            f"/api/v1/memories/{a_memory(1)['memory_id']}/feedback", json={"useful": True, "context": secret}
        )
        for order in (*memory.asked(RecordObservations), *memory.asked(EndSession), *memory.asked(RateMemory)):
            assert secret not in order.model_dump_json()
        said = [[warning.split("'")[1] for warning in it.json()["warnings"]] for it in (taken, ended, rated)]
        assert said == [["content", "files", "metadata"], ["summary"], ["context"]]

    async def test_a_start_is_kept_without_secrets_too(self, http: httpx2.AsyncClient, memory: Played) -> None:
        secret = make_key().text
        listing(memory)
        memory.answers[StartSession] = as_ordered
        answer = await http.post(START, json={"project_path": "/p", "branch_name": secret, "metadata": {"x": [secret]}})
        (order,) = memory.asked(StartSession)
        assert secret not in order.model_dump_json()
        assert len(answer.json()["warnings"]) == 2


class TestContext:
    async def test_without_search_it_gives_what_is_pinned_and_says_so(
        self, http: httpx2.AsyncClient, memory: Played, patient: None
    ) -> None:
        listing(memory, a_memory(1, importance_score=1.0), a_memory(2))
        answer = await http.get("/api/v1/sessions/s-1/context", params={"query": "retry"})
        assert [it["title"] for it in answer.json()["memories"]] == ["Memory 1"]
        assert answer.json()["warnings"] == [giving.NO_SEARCH]

    async def test_a_file_is_looked_for_under_the_names_that_memories_may_have_for_it(
        self, http: httpx2.AsyncClient, memory: Played, search: Played
    ) -> None:
        listing(memory)
        search.answers[SearchMemories] = {"results": []}
        path = f"{SESSION['project_path']}/app/db.py"
        await http.get("/api/v1/sessions/s-1/context", params={"files": [path], "max_memories": 7})
        (asked,) = search.asked(SearchMemories)
        assert asked.filters.files == (path, "app/db.py", "app/")
        assert (asked.query, asked.limit) == ("", 14)

    async def test_a_memory_that_was_found_twice_is_given_once(
        self, http: httpx2.AsyncClient, memory: Played, search: Played
    ) -> None:
        pinned = a_memory(1, importance_score=1.0, source_files=["a.py"])
        listing(memory, pinned)
        search.answers[SearchMemories] = {"results": [{"memory": it, "score": 0.5} for it in (pinned, a_memory(2))]}
        answer = await http.get("/api/v1/sessions/s-1/context", params={"files": "a.py", "query": "x"})
        assert [(it["title"], it["score"]) for it in answer.json()["memories"]] == [
            ("Memory 1", 1.0),
            ("Memory 2", 0.5),
        ]
        assert answer.json()["left_out"] == 0


class TestJobs:
    async def test_a_retry_is_ordered_of_the_jobs_session(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers |= {GetJob: JOB, RetryExtraction: {**JOB, "status": "queued"}}
        answer = await http.post(f"{JOB_PATH}/retry")
        assert (answer.status_code, answer.json()["status"]) == (200, "queued")
        (order,) = memory.asked(RetryExtraction)
        assert order.session_id == JOB["session_id"]

    async def test_a_job_without_a_session_can_not_be_retried(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers[GetJob] = {**JOB, "session_id": None}
        answer = await http.post(f"{JOB_PATH}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "job_not_retryable")

    async def test_each_change_is_an_event_until_the_job_has_ended(
        self, http: httpx2.AsyncClient, memory: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "LOOK_EVERY_S", 0.01)
        monkeypatch.setattr(jobs, "SILENCE_S", 0.0)
        states = iter([JOB, JOB, "away", {**JOB, "counts": {"read": 5}}, {**JOB, "status": "completed"}])

        async def next_state(_: GetJob) -> Reply:
            state = next(states)
            assert isinstance(state, dict)  # else the service fails to answer
            return Reply(body=state)

        memory.answers[GetJob] = next_state
        answer = await http.get(f"{JOB_PATH}/events")
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [it for it in answer.text.split("\n\n") if it.startswith("event: job")]
        assert [('"status":"completed"' in it, '"read":5' in it) for it in events] == [
            (False, False),
            (False, True),
            (True, False),
        ]
        assert ": still here" in answer.text

    async def test_an_unknown_job_is_404_and_no_stream(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers[GetJob] = refusing("unknown_job")
        assert (await http.get(f"{JOB_PATH}/events")).status_code == 404
