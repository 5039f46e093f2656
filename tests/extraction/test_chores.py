"""Nightly work on texts, on real services: near duplicates become one and come back, general memories get a type."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import subjects
from contracts.base import Grants
from contracts.queries import GetJob, GetNearDuplicates, GetRelated, GetRelationships, ListMemories
from deploy.admin import rebuilding
from services.extraction.merging import fingerprint
from services.extraction.store import jobs
from services.kit.postgres import Database
from tests import examples
from tests.services import Talk, ready, running
from tests.stack import Servers, eventually

FINAL = ("completed", "empty", "failed")
BOTH = Grants(read=("default", "other"), write=("default", "other"), default="default")

POOL = "Every query goes through the connection pool. A connection per request exhausted the server under load"
SAYING_THE_SAME = (f"{POOL}.", f"{POOL}!", f"{POOL}, so keep it.")
SOMETHING_ELSE = "The mail worker reads its templates from the object store, and caches them for an hour."


@pytest.fixture(scope="module")
def services(memory_service: Servers) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Search, graph and extraction as processes, by name."""
    with (
        running(memory_service, "search") as search,
        running(memory_service, "graph", WEFT_ANALYSE_QUIET_S="0.1") as graph,
        running(memory_service, "extraction") as extraction,
    ):
        yield {"search": search, "graph": graph, "extraction": extraction}


@pytest.fixture
async def talk(memory: Talk, services: dict[str, "subprocess.Popen[bytes]"]) -> Talk:
    """An empty workspace, and all services ready."""
    for service in services:
        await ready(memory.operator, service)
    return memory


async def stored(talk: Talk, *narratives: str, **fields: Any) -> list[str]:
    """Memories with these narratives, each with a tag of its own."""
    sent = {name: fields.pop(name) for name in ("namespace", "grants") if name in fields}
    made = []
    for number, text in enumerate(narratives):
        draft = examples.a_draft(narrative=text, tags=(f"tag{number}",), **fields)
        order = examples.store(talk.workspace_id, draft, **sent)
        assert "refusal" not in await talk.order(order)
        made.append(order.memory_id)
    return made


async def done(talk: Talk, task: str, namespace: str = "default") -> dict[str, Any]:
    """A job of nightly work, asked for and at its end."""
    job_id = await asked(talk, task, namespace)
    return await reaches(talk, job_id, *FINAL)


async def asked(talk: Talk, task: str, namespace: str = "default") -> str:
    order = examples.start_maintenance(talk.workspace_id, task, namespace=namespace, grants=BOTH)
    answer = await talk.order(order)
    assert "refusal" not in answer, answer
    return order.job_id


async def reaches(talk: Talk, job_id: str, *states: str) -> dict[str, Any]:
    question = GetJob(workspace_id=talk.workspace_id, job_id=job_id)

    async def there() -> bool:
        return (await talk.ask(question))["status"] in states

    await eventually(there, f"a job that is {' or '.join(states)}")
    found: dict[str, Any] = await talk.ask(question)
    return found


async def near(talk: Talk, count: int, namespace: str = "default") -> None:
    """Until the graph knows so many pairs of near duplicates."""
    question = GetNearDuplicates(workspace_id=talk.workspace_id, namespace=namespace, limit=2)

    async def known() -> bool:
        pairs = set[tuple[str, str]]()
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            page = await talk.ask(question.model_copy(update={"after": page["next"]}))
            pairs |= {(it["one"], it["other"]) for it in page["pairs"]}
        return len(pairs) == count

    await eventually(known, f"{count} pairs of near duplicates")


async def embedded(talk: Talk, count: int) -> None:
    async def so_it_is() -> bool:
        return [it["embedding_status"] for it in (await listed(talk)).values()] == ["ready"] * count

    await eventually(so_it_is, f"{count} memories with vectors")


async def listed(talk: Talk, **asked_for: Any) -> dict[str, dict[str, Any]]:
    question = ListMemories(workspace_id=talk.workspace_id, **{"readable": ("default",), "limit": 500, **asked_for})
    return {it["memory_id"]: it for it in await talk.ask(question)}


async def found(talk: Talk, *wanted: str) -> None:
    """Until a search finds these and no others."""

    async def so_it_is() -> bool:
        return set(await talk.found("connection pool of the server", limit=50)) == set(wanted)

    await eventually(so_it_is, "the index to follow")


async def agreed(talk: Talk) -> None:
    """Until log, tables, index and graph say the same."""

    async def so_it_is() -> bool:
        return (await rebuilding.verify(talk.operator, talk.workspace_id))[2] == []

    await eventually(so_it_is, "agreement of log, tables, index and graph")


async def vectors(talk: Talk, memory_id: str) -> int | None:
    """Where on DERIVED they are."""
    kept = await talk.operator.bus.last(subjects.DERIVED_STREAM, subjects.embedding(talk.workspace_id, memory_id))
    return kept.seq if kept is not None else None


async def edges(talk: Talk, memory_id: str) -> set[tuple[str, str, str]]:
    question = GetRelationships(workspace_id=talk.workspace_id, memory_id=memory_id, readable=("default",))
    return {(it["source_memory_id"], it["target_memory_id"], it["discovery_method"]) for it in await talk.ask(question)}


async def test_near_duplicates_become_one_and_come_back_as_they_were(talk: Talk) -> None:
    one, other, third = await stored(talk, *SAYING_THE_SAME)
    [apart] = await stored(talk, SOMETHING_ELSE)
    made = examples.make_relationship(talk.workspace_id, apart, other)
    await talk.order(made)
    await near(talk, 3)
    await embedded(talk, 4)
    await rebuilding.rebuild(talk.operator, "graph", talk.workspace_id)  # and nothing is left to be found
    before = {it: await edges(talk, it) for it in (one, other, third, apart)}
    kept = [await vectors(talk, it) for it in (one, other, third)]

    job = await done(talk, "consolidation")
    assert (job["status"], job["counts"]) == ("completed", {"pairs": 3, "survivors": 1, "folded": 2}), job
    assert job["memory_ids"] == [third]  # as important as the others, and the newest
    survivor = await talk.get(third)
    assert (set(survivor["consolidated_from"]), set(survivor["tags"])) == ({one, other}, {"tag0", "tag1", "tag2"})
    assert (await listed(talk)).keys() == {third, apart}
    await found(talk, third, apart)
    await agreed(talk)
    assert await edges(talk, other) == set()
    assert not any({one, other} & set(edge) for edge in await edges(talk, apart))
    related = GetRelated(workspace_id=talk.workspace_id, memory_id=third, readable=("default",), similarity_threshold=0)
    assert [it["memory"]["memory_id"] for it in await talk.ask(related)] == [apart]
    assert (await talk.get(other))["consolidated_into"] == third

    events = len(await talk.log())
    again = await done(talk, "consolidation")
    assert (again["status"], again["job_id"], again["attempts"]) == ("empty", job["job_id"], 2)
    assert {it["type"] for it in (await talk.log())[events:]} == {"weft.job.changed.v1"}

    for service in ("memory", "search", "graph"):
        await rebuilding.rebuild(talk.operator, service, talk.workspace_id)
    await agreed(talk)
    assert (await listed(talk)).keys() == {third, apart}

    await talk.order(examples.undo_consolidation(talk.workspace_id, third))
    await found(talk, one, other, third, apart)
    await agreed(talk)

    async def as_before() -> bool:
        return {it: await edges(talk, it) for it in before} == before

    await eventually(as_before, "the edges to be as before")
    assert [await vectors(talk, it) for it in (one, other, third)] == kept, "no model was asked"
    assert (await talk.get(third))["tags"] == ["tag2"]
    assert (await done(talk, "consolidation"))["status"] == "empty", "what was undone stays so"
    for service in ("memory", "search", "graph"):
        await rebuilding.rebuild(talk.operator, service, talk.workspace_id)
    await agreed(talk)


async def test_two_namespaces_are_never_mixed(talk: Talk) -> None:
    await talk.order(examples.create_namespace(talk.workspace_id, "other"))
    one, other = await stored(talk, *SAYING_THE_SAME[:2])
    elsewhere = await stored(talk, *SAYING_THE_SAME, namespace="other", grants=BOTH)
    vague = "Something that nobody knows what to call."
    clear = "We decided to use Redis streams instead of Celery because Celery loses tasks when a broker restarts."
    here = await stored(talk, clear, title="Redis streams", memory_type="general")
    there = await stored(talk, clear, vague, title="Queues", memory_type="general", namespace="other", grants=BOTH)
    await near(talk, 1)
    await near(talk, 3, "other")
    job = await done(talk, "consolidation")
    assert (job["counts"], job["memory_ids"]) == ({"pairs": 1, "survivors": 1, "folded": 1}, [other])
    assert (await listed(talk, readable=("other",))).keys() == {*elsewhere, *there}
    assert (await done(talk, "reclassification"))["memory_ids"] == here
    assert {it["memory_type"] for it in (await listed(talk, readable=("other",))).values()} == {"decision", "general"}
    theirs = await done(talk, "consolidation", "other")
    assert theirs["counts"]["folded"] == 2
    assert set((await listed(talk, readable=("default", "other"))).keys()) & {one, other} == {other}


async def test_general_memories_get_a_type_where_it_is_clear_and_are_looked_at_once(
    talk: Talk, tables: Database
) -> None:
    clear = "We decided to use Redis streams instead of Celery because Celery loses tasks when a broker restarts."
    fields = {"title": "How we queue", "memory_type": "general"}
    vague, decision = await stored(talk, "About queues.", clear, **fields)
    [pinned] = await stored(talk, clear, **fields, importance_score=1.0)
    async with tables.transaction(talk.workspace_id) as connection:
        written = fingerprint(await talk.get(decision))
        await jobs.remember_written(connection, talk.workspace_id, decision, written)

    job = await done(talk, "reclassification")
    assert job["status"] == "completed"
    assert (job["counts"], job["memory_ids"]) == ({"general": 3, "looked_at": 3, "reclassified": 1}, [decision])
    memories = await listed(talk)
    assert [memories[it]["memory_type"] for it in (vague, decision, pinned)] == ["general", "decision", "general"]
    [revised] = [it for it in await talk.log() if it["type"] == "weft.memory.revised.v1"]
    assert (revised["actor"], revised["data"]["evidence"]["session_id"]) == ("reclassification", None)
    async with tables.transaction(talk.workspace_id) as connection:
        now_written = await jobs.written(connection, talk.workspace_id, decision)
    assert now_written == fingerprint(await talk.get(decision)), "it is still extraction's own"

    events = len(await talk.log())
    again = await done(talk, "reclassification")
    assert (again["status"], again["counts"]) == ("empty", {"general": 2, "looked_at": 0, "reclassified": 0})
    assert {it["type"] for it in (await talk.log())[events:]} == {"weft.job.changed.v1"}
    await talk.order(examples.revise(talk.workspace_id, vague, {"narrative": clear}))
    assert (await done(talk, "reclassification"))["memory_ids"] == [vague]


async def test_a_job_waits_for_a_graph_that_does_not_answer(
    talk: Talk, services: dict[str, "subprocess.Popen[bytes]"]
) -> None:
    await stored(talk, *SAYING_THE_SAME[:2])
    await near(talk, 1)
    os.kill(services["graph"].pid, signal.SIGSTOP)
    try:
        waiting = await reaches(talk, await asked(talk, "consolidation"), "waiting")
        assert "queries.graph.near_duplicates" in waiting["reason"]
    finally:
        os.kill(services["graph"].pid, signal.SIGCONT)
    job = await reaches(talk, waiting["job_id"], *FINAL)
    assert (job["status"], job["counts"]["folded"]) == ("completed", 1)


async def test_a_job_that_is_heard_twice_is_done_once(talk: Talk) -> None:
    await stored(talk, *SAYING_THE_SAME[:2])
    await near(talk, 1)
    await asyncio.gather(*(asked(talk, "consolidation") for _ in range(5)))
    job = await done(talk, "consolidation")
    consolidated = [it for it in await talk.log() if it["type"] == "weft.memory.consolidated.v1"]
    assert len(consolidated) == 1, job
