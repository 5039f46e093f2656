"""Extraction on a real bus and a real database: what becomes of a session, once, whatever happens meanwhile."""

import asyncio
import subprocess
import time
from base64 import b64encode
from typing import Any

import psutil
import psycopg
import pytest
from pydantic_core import to_json

from contracts.base import Injected
from contracts.queries import Replay
from services.extraction.merging import SAME_ABOVE
from tests import examples
from tests.extraction.jobs import SUMMARY, a_session, job, memories, reaches, searchable, written
from tests.services import Talk
from tests.stack import Servers

STORED, REVISED = "weft.memory.stored.v1", "weft.memory.revised.v1"


async def test_a_session_becomes_memories_that_say_where_they_come_from(talk: Talk) -> None:
    said = "We decided to store money amounts as integer cents because floats round wrongly."
    seen = (examples.an_observation(), examples.an_observation(kind="message", content=said, files=("app/money.py",)))
    session_id = await a_session(talk, observations=seen)
    done = await reaches(talk, session_id, "completed")
    found = {it["memory_id"]: it for it in await memories(talk)}
    assert set(done["memory_ids"]) == set(found)
    assert done["counts"] == {"found": len(found), "stored": len(found)}
    assert {"incident", "decision", "convention"} <= {it["memory_type"] for it in found.values()}
    assert all(it["source_session_id"] == session_id and it["namespace"] == "default" for it in found.values())
    assert all(0 < it["importance_score"] <= 0.9 for it in found.values())
    rests_on = {it["title"]: it["evidence"] for it in await written(talk, STORED)}
    [cents] = [it for title, it in rests_on.items() if "integer cents" in title]
    assert cents["quotes"] == [{"observation_id": seen[1].observation_id, "text": said}]
    assert cents["session_id"] == session_id
    assert cents["extractor"] == "weft-builtin/1"
    assert {it["actor"] for it in await talk.log() if it["type"] == STORED} == {"extraction"}


async def test_a_session_without_a_word_is_empty_and_says_so(talk: Talk) -> None:
    silent = await reaches(talk, await a_session(talk, summary=None), "completed", "empty", "failed")
    assert (silent["status"], silent["reason"]) == (
        "empty",
        "The session has no summary, and nothing was observed in it.",
    )
    chatter = (examples.an_observation(kind="message", content="Let me look at the tests."),)
    idle = await reaches(talk, await a_session(talk, None, chatter), "completed", "empty", "failed")
    assert (idle["status"], idle["reason"]) == ("empty", "Nothing in the session was worth keeping.")
    assert await memories(talk) == []


async def test_what_is_known_is_revised_and_the_decision_is_in_the_event(talk: Talk) -> None:
    first = await reaches(talk, await a_session(talk), "completed")
    before = {it["memory_id"]: it for it in await memories(talk)}
    await searchable(talk, len(before))
    again = await a_session(talk)
    second = await reaches(talk, again, "completed")
    assert second["counts"] == {"found": len(before), "updated": len(before)}
    assert set(second["memory_ids"]) == set(first["memory_ids"])
    after = {it["memory_id"]: it for it in await memories(talk)}
    assert after.keys() == before.keys()
    for memory_id, memory in after.items():
        assert memory["confidence_score"] > before[memory_id]["confidence_score"]
    for revised in await written(talk, REVISED):
        assert revised["evidence"]["session_id"] == again
        assert revised["evidence"]["nearest"]["memory_id"] == revised["memory_id"]
        assert revised["evidence"]["nearest"]["score"] > SAME_ABOVE


LEARNT = "We decided to use Redis streams instead of Celery because Celery loses tasks when the broker restarts."


@pytest.mark.parametrize("whose", ["written", "edited", "pinned"])
async def test_what_a_person_wrote_edited_or_pinned_keeps_its_text(talk: Talk, whose: str) -> None:
    if whose == "written":
        draft = examples.a_draft(
            title="Use Redis streams, not Celery", narrative=LEARNT, importance_score=0.5, source_files=(), tags=()
        )
        await talk.order(examples.store(talk.workspace_id, draft))
    else:
        await reaches(talk, await a_session(talk, LEARNT), "completed")
        [made] = await memories(talk)
        changes = {"tags": ("mine",)} if whose == "edited" else {"importance_score": 1.0}
        await talk.order(examples.revise(talk.workspace_id, made["memory_id"], changes))
    [before] = await memories(talk)
    await searchable(talk, 1)
    done = await reaches(talk, await a_session(talk, LEARNT + " It is much faster, too."), "completed")
    assert done["counts"]["updated"] == 1, done
    after = await talk.get(before["memory_id"])
    for field in ("title", "narrative", "tags", "concepts", "source_files", "memory_type", "importance_score"):
        assert after[field] == before[field], field
    assert after["confidence_score"] > before["confidence_score"]
    assert (await written(talk, REVISED))[-1]["evidence"]["quotes"]


async def test_another_type_is_not_the_same(talk: Talk) -> None:
    draft = examples.a_draft(title="Use Redis streams instead of Celery", narrative=LEARNT, memory_type="wiki")
    await talk.order(examples.store(talk.workspace_id, draft))
    await searchable(talk, 1)
    done = await reaches(talk, await a_session(talk, LEARNT), "completed")
    assert done["counts"] == {"found": 1, "stored": 1}
    assert len(await memories(talk)) == 2


async def test_what_weft_injected_is_not_learnt_again(talk: Talk) -> None:
    order = examples.store(talk.workspace_id, examples.a_draft(narrative=LEARNT, title="What we queue with, and why"))
    await talk.order(order)
    marked = f"[Weft — retrieved for app/db.py]\nConvention: every migration must be reversible.\n[/Weft]\n{LEARNT}"
    seen = (examples.an_observation(kind="message", content=marked),)
    given = (Injected(memory_id=order.memory_id, score=1.0),)
    done = await reaches(talk, await a_session(talk, LEARNT, seen, injected=given), "completed", "empty", "failed")
    assert done["status"] == "empty"
    assert len(await memories(talk)) == 1


async def test_an_end_that_is_heard_twice_is_one_extraction(talk: Talk) -> None:
    session_id = await a_session(talk)
    await reaches(talk, session_id, "completed")
    [ended] = [it for it in await talk.log() if it["type"] == "weft.session.ended.v1"]
    before = await talk.log()
    asked = Replay(subject="events.ws.session.s.ended", payload=b64encode(to_json(ended)).decode())
    await talk.operator.request("extraction", "replay", asked)
    later = await a_session(talk, "Convention: all timestamps must be stored in UTC.")
    await reaches(talk, later, "completed")
    assert [it for it in (await talk.log())[len(before) :] if session_id in str(it)] == []


async def test_an_empty_session_may_be_tried_again(talk: Talk) -> None:
    session_id = await a_session(talk, summary=None)
    await reaches(talk, session_id, "empty")
    answer = await talk.order(examples.retry_extraction(talk.workspace_id, session_id))
    assert "refusal" not in answer, answer
    done = await reaches(talk, session_id, "empty")
    assert done["attempts"] == 2


@pytest.mark.slow
async def test_a_full_workspace_makes_a_job_wait_and_drops_nothing(talk: Talk, migrated: Servers) -> None:
    with psycopg.connect(migrated.postgres_dsn("postgres"), autocommit=True) as connection:
        connection.execute("UPDATE memory.workspaces SET plan = 'free' WHERE workspace_id = %s", (talk.workspace_id,))
    orders = [examples.store(talk.workspace_id) for _ in range(499)]
    await asyncio.gather(*(talk.order(it) for it in orders))
    session_id = await a_session(talk)
    waiting = await reaches(talk, session_id, "waiting")
    assert "limit of 500 memories" in waiting["reason"]
    assert len(await memories(talk)) == 500
    await talk.order(examples.delete_batch(talk.workspace_id, *(it.memory_id for it in orders[:20])))
    done = await reaches(talk, session_id, "completed")
    assert done["counts"] == {"found": 3, "stored": 3}
    learnt = [it for it in await memories(talk) if it["source_session_id"] == session_id]
    assert len(learnt) == 3


@pytest.mark.slow
async def test_two_hundred_observations_take_less_than_five_seconds_of_a_processor(
    talk: Talk, extraction_process: "subprocess.Popen[bytes]", capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a processor: a process that steps back for all others takes as long as these let it."""
    process = psutil.Process(extraction_process.pid)
    await reaches(talk, await a_session(talk, LEARNT), "completed")
    session_id = await a_session(talk, SUMMARY, [_observed(number) for number in range(200)])
    before, began = process.cpu_times(), time.monotonic()
    done = await reaches(talk, session_id, "completed")
    took, after = time.monotonic() - began, process.cpu_times()
    worked = after.user + after.system - before.user - before.system
    with capsys.disabled():
        print(f"\n200 observations extracted in {took:.2f} s, {worked:.2f} s of a processor: {done['counts']}")
    assert worked <= 5


def _observed(number: int) -> Any:
    part = ("parser", "scheduler", "importer", "renderer", "allocator", "router", "tokeniser", "resolver")[number % 8]
    texts = (
        f"We decided to give the {part} its own pool number {number} because the shared one starved it.",
        f"The {part} failed in step {number}. Root cause: its buffer {number} was reused before it was flushed.",
        f"It turns out that the {part} reads file {number} twice whenever the cache is cold.",
        f"Running the tests of the {part} now, then looking at file {number}.",
    )
    return examples.an_observation(kind="message", content=texts[number % 4], files=(f"src/{part}/{number}.py",))


async def test_jobs_of_two_workspaces_take_turns(talk: Talk) -> None:
    other = Talk(talk.operator, examples.a_workspace_id())
    await other.order(examples.open_workspace(other.workspace_id))
    mine = [await a_session(talk, f"Convention: all services must log to port {number}.") for number in range(4)]
    theirs = await a_session(other, LEARNT)
    await reaches(other, theirs, "completed")
    for session_id in mine:
        await reaches(talk, session_id, "completed")
    first, last = await job(talk, mine[0]), await job(talk, mine[-1])
    assert first["updated_at"] < last["updated_at"]
