"""Sessions, jobs and ratings: what may happen to them, as pure decisions."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.base import Evidence, Grants, Injected, Nearest, Quote, extraction_job_id, now
from contracts.commands import AnyCommand
from contracts.events import ExtractionRetried, JobChanged, MemoryRated, MemoryRevised, MemoryStored, SessionEnded
from services.memory.decisions.batch import Batch, decide_all
from services.memory.decisions.importance import rated
from services.memory.decisions.sessions import estimated_memories
from services.memory.decisions.state import WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
SESSION = "agent:2026-11-21.01"
JOB = extraction_job_id(WS, SESSION)
READ_ONLY = Grants(read=("default", "other"), write=("other",), default="other")
ELSEWHERE = Grants(read=("other",), write=("other",), default="other")


def a_workspace() -> WorkspaceState:
    return WorkspaceState(WS, "team", namespaces={"default": "active", "other": "active"})


def run(state: WorkspaceState, *commands: AnyCommand) -> Batch:
    return decide_all(state, commands, {}, now(), iter(uuid4, None))


def answer(state: WorkspaceState, command: AnyCommand) -> dict[str, Any]:
    (given,) = run(state, command).answers
    found: dict[str, Any] = json.loads(given)
    return found


def refused(state: WorkspaceState, command: AnyCommand) -> str:
    return str(answer(state, command)["refusal"]["code"])


def started(**fields: Any) -> WorkspaceState:
    state = a_workspace()
    run(state, examples.start_session(WS, SESSION, **fields))
    return state


def ended(**fields: Any) -> WorkspaceState:
    state = started()
    run(state, examples.end_session(WS, SESSION, **fields))
    return state


def test_a_session_starts_in_the_keys_default_namespace_and_keeps_what_it_was_given() -> None:
    given = (Injected(memory_id=examples.a_memory_id(), score=0.5),)
    body = answer(a_workspace(), examples.start_session(WS, SESSION, injected=given, metadata={"agent": ["x"]}))["body"]
    assert (body["session_id"], body["namespace"], body["status"]) == (SESSION, "default", "active")
    assert body["injected"] == [given[0].model_dump()]
    assert body["metadata"] == {"agent": ["x"]}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "session_exists"),
        ({"session_id": "another", "namespace": "unknown"}, "unknown_namespace"),
        ({"session_id": "another", "namespace": "other"}, "namespace_not_granted"),
        ({"session_id": "another", "namespace": "default", "grants": READ_ONLY}, "namespace_read_only"),
    ],
)
def test_a_start_that_may_not_be_is_refused(fields: dict[str, Any], code: str) -> None:
    assert refused(started(), examples.start_session(WS, **{"session_id": SESSION} | fields)) == code


def test_observations_are_numbered_through_all_batches() -> None:
    state = started()
    batch = run(
        state,
        examples.observe(WS, SESSION, *(examples.an_observation(content=str(it)) for it in range(3))),
        examples.observe(WS, SESSION, examples.an_observation(content="3", kind="note")),
    )
    assert [each.event.first for each in batch.recorded] == [0, 3]  # type: ignore[union-attr]
    assert [json.loads(each)["body"]["observation_count"] for each in batch.answers] == [3, 4]
    assert state.sessions[SESSION].kinds == {"command": 3, "note": 1}


def test_the_same_observations_twice_are_taken_once() -> None:
    state = started()
    command = examples.observe(WS, SESSION)
    batch = run(state, command, command)
    assert batch.answers[0] == batch.answers[1]
    assert state.sessions[SESSION].observation_count == 1


def test_a_session_with_the_id_of_a_memory_is_another_stream() -> None:
    state, memory = a_workspace(), examples.store(WS)
    batch = run(
        state,
        memory,
        examples.start_session(WS, memory.memory_id),
        examples.revise(WS, memory.memory_id, {"title": "Other"}),
        examples.observe(WS, memory.memory_id),
    )
    assert [(each.version, each.revision) for each in batch.recorded] == [(1, 1), (1, 0), (2, 2), (2, 0)]


@pytest.mark.parametrize(
    "command",
    [
        examples.observe(WS, SESSION),
        examples.end_session(WS, SESSION),
        examples.start_session(WS, SESSION),
    ],
)
def test_an_ended_session_takes_no_more(command: AnyCommand) -> None:
    assert refused(ended(), command) in ("session_ended", "session_exists")


@pytest.mark.parametrize(("grants", "code"), [(ELSEWHERE, "unknown_session"), (READ_ONLY, "namespace_read_only")])
def test_only_who_may_write_its_namespace_adds_to_a_session(grants: Grants, code: str) -> None:
    for command in (examples.observe(WS, SESSION, grants=grants), examples.end_session(WS, SESSION, grants=grants)):
        assert refused(started(), command) == code
    assert refused(ended(), examples.retry_extraction(WS, SESSION, grants=grants)) == code
    assert refused(ended(), examples.record_job(WS, JOB, "running", grants=grants)) == code.replace("session", "job")


def test_an_end_queues_a_job_in_the_same_decision_and_names_it() -> None:
    state = started()
    batch = run(state, examples.end_session(WS, SESSION, summary="One thing. Another one in app.py, v1.2!"))
    session, job = (each.event for each in batch.recorded)
    assert isinstance(session, SessionEnded)
    assert isinstance(job, JobChanged)
    assert (session.job_id, job.job_id, job.status, job.namespace) == (JOB, JOB, "queued", "default")
    assert json.loads(batch.answers[0])["body"] == {
        "session_id": SESSION,
        "status": "ended",
        "extraction_job_id": JOB,
        "estimated_memories": 2,
    }


def test_the_sweeper_leaves_a_session_alone_that_was_heard_of_meanwhile() -> None:
    state = started()
    silent_since = state.sessions[SESSION].last_seen_at
    run(state, examples.observe(WS, SESSION))
    swept = examples.end_session(WS, SESSION, reason="sweeper", silent_since=silent_since)
    assert answer(state, swept)["body"]["status"] == "active"
    later = examples.end_session(WS, SESSION, reason="sweeper", silent_since=state.sessions[SESSION].last_seen_at)
    assert answer(state, later)["body"]["status"] == "ended"
    assert state.sessions[SESSION].ended_by == "sweeper"


@pytest.mark.parametrize(
    ("summary", "kinds", "expected"),
    [
        (None, {}, 0),
        (None, {"file_read": 500, "tool_use": 500, "command": 500}, 0),
        ("Fixed it", {}, 1),
        ("Fixed app/db.py in v2.1. Why: it was slow!\nAnother line", {}, 3),
        (None, {"note": 3, "message": 25, "file_edit": 10}, 6),
        ("A. " * 90, {"note": 90}, 20),
    ],
)
def test_the_estimate_counts_sentences_notes_messages_and_edits_up_to_20(
    summary: str | None, kinds: dict[str, int], expected: int
) -> None:
    assert estimated_memories(summary, kinds) == expected


def test_a_job_says_where_it_is_until_it_has_ended() -> None:
    state = ended()
    run(state, examples.record_job(WS, JOB, "running"))
    done = examples.record_job(WS, JOB, "completed", counts={"stored": 1}, memory_ids=(examples.a_memory_id(),))
    assert answer(state, done)["body"]["counts"] == {"stored": 1}
    again = examples.record_job(WS, JOB, "completed", counts={"stored": 1}, memory_ids=done.memory_ids)
    assert run(state, again).recorded == []
    assert refused(state, examples.record_job(WS, JOB, "running")) == "job_finished"
    assert refused(state, examples.record_job(WS, "job-" + "x" * 16, "running")) == "unknown_job"


@pytest.mark.parametrize("status", ["failed", "empty", "waiting"])
def test_a_retry_queues_the_job_once_more_and_tells_the_sessions_readers(status: str) -> None:
    state = ended()
    run(state, examples.record_job(WS, JOB, status, reason="Because.", error="Outage"))
    batch = run(state, examples.retry_extraction(WS, SESSION))
    assert [type(each.event) for each in batch.recorded] == [ExtractionRetried, JobChanged]
    body = json.loads(batch.answers[0])["body"]
    assert (body["status"], body["reason"], body["error"], body["attempts"]) == ("queued", None, None, 2)


@pytest.mark.parametrize("status", ["queued", "running", "completed"])
def test_there_is_nothing_to_retry_of_a_job_that_is_under_way_or_done(status: str) -> None:
    state = ended()
    run(state, examples.record_job(WS, JOB, status))
    assert refused(state, examples.retry_extraction(WS, SESSION)) == "job_not_retryable"


def test_there_is_no_job_before_the_end() -> None:
    assert refused(started(), examples.retry_extraction(WS, SESSION)) == "unknown_job"


@pytest.mark.parametrize(
    ("before", "useful", "after"),
    [
        (0.95, True, 0.97),
        (0.95, False, 0.9),
        (0.99, True, 1.0),
        (1.0, True, 1.0),
        (0.03, False, 0.0),
        (0.1, True, 0.12),
    ],
)
def test_a_rating_is_a_step_within_the_scale(before: float, useful: bool, after: float) -> None:
    assert rated(before, useful) == after


def test_a_rating_changes_importance_and_counters_and_neither_revision_nor_time() -> None:
    state, memory = a_workspace(), examples.store(WS, examples.a_draft(importance_score=0.95))
    run(state, memory)
    assert answer(state, examples.rate(WS, memory.memory_id, True, context="Saved an hour."))["body"] == {
        "memory_id": memory.memory_id,
        "previous_importance": 0.95,
        "updated_importance": 0.97,
        "rating_recorded": True,
    }
    run(state, examples.rate(WS, memory.memory_id, False))
    found = state.alive(memory.memory_id)
    assert found is not None
    assert (found.importance_score, found.revision, found.updated_at, found.version) == (0.92, 1, None, 3)
    assert (found.feedback_positive_count, found.feedback_negative_count) == (1, 1)


@pytest.mark.parametrize(("grants", "code"), [(ELSEWHERE, "unknown_memory"), (READ_ONLY, "namespace_read_only")])
def test_only_who_may_write_may_rate(grants: Grants, code: str) -> None:
    state, memory = a_workspace(), examples.store(WS)
    run(state, memory)
    assert refused(state, examples.rate(WS, memory.memory_id, True, grants=grants)) == code


def extracted(**fields: Any) -> Evidence:
    quotes = (Quote(text="We chose the pool."),)
    return Evidence(**{"session_id": SESSION, "extractor": "rules/1", "quotes": quotes} | fields)


def test_what_was_extracted_says_on_what_it_rests_and_is_by_hand_once_somebody_changed_it() -> None:
    state, memory = a_workspace(), examples.store(WS, source_session_id=SESSION, evidence=extracted())
    (stored,) = run(state, memory).recorded
    assert isinstance(stored.event, MemoryStored)
    assert (stored.event.evidence, stored.event.source_session_id) == (memory.evidence, SESSION)

    more = extracted(nearest=Nearest(memory_id=memory.memory_id, score=0.9))
    run(state, examples.revise(WS, memory.memory_id, {"confidence_score": 0.9}, evidence=more))
    assert by_hand(state, memory.memory_id) is False
    run(state, examples.revise(WS, memory.memory_id, {"title": "In my own words"}))
    assert by_hand(state, memory.memory_id) is True


def test_evidence_alone_is_recorded_and_makes_no_new_revision() -> None:
    state, memory = a_workspace(), examples.store(WS)
    run(state, memory)
    (recorded,) = run(state, examples.revise(WS, memory.memory_id, {}, evidence=extracted())).recorded
    assert isinstance(recorded.event, MemoryRevised)
    assert (recorded.version, recorded.revision) == (2, 1)
    assert run(state, examples.revise(WS, memory.memory_id, {})).recorded == []


def by_hand(state: WorkspaceState, memory_id: str) -> bool:
    found = state.alive(memory_id)
    assert found is not None
    return found.by_hand


def test_what_deletes_a_memory_leaves_its_ratings_words_nowhere() -> None:
    state, memory = a_workspace(), examples.store(WS)
    batch = run(state, memory, examples.rate(WS, memory.memory_id, True), examples.delete(WS, memory.memory_id))
    assert isinstance(batch.recorded[1].event, MemoryRated)
    assert [each.answer for each in batch.settled[:2]] == [None, None]


def test_a_long_silence_is_measured_from_what_the_server_heard() -> None:
    state = started()
    old = examples.an_observation(at=now() - timedelta(days=30))
    run(state, examples.observe(WS, SESSION, old))
    assert now() - state.sessions[SESSION].last_seen_at < timedelta(minutes=1)
