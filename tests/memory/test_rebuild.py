"""The read model can be made anew from the log while reads go on, and verify notices where it differs from the log."""

import asyncio

import psycopg
import pytest

from contracts.queries import GetMadeRelationships, ListMemories, OfWorkspace
from tests import examples
from tests.services import Talk
from tests.stack import Servers


async def filled(memory: Talk) -> list[str]:
    """A workspace with everything in it: revised, counted, related, deleted."""
    stored = [examples.store(memory.workspace_id) for _ in range(30)]
    await asyncio.gather(*(memory.order(it) for it in stored))
    ids = [it.memory_id for it in stored]
    await memory.order(examples.revise(memory.workspace_id, ids[0], {"title": "Other", "importance_score": 0.1}))
    await memory.order(examples.delete(memory.workspace_id, ids[1]))
    for _ in range(3):
        await memory.order(examples.access(memory.workspace_id, ids[2]))
    related = [examples.make_relationship(memory.workspace_id, ids[5], it, context="So it is.") for it in ids[6:12]]
    await asyncio.gather(*(memory.order(it) for it in related))
    await memory.order(examples.make_relationship(memory.workspace_id, ids[5], ids[6], confidence=0.3))
    for taken_back in related[1:3]:
        await memory.order(examples.delete_relationship(memory.workspace_id, taken_back.relationship_id))
    await memory.order(examples.make_relationship(memory.workspace_id, ids[5], ids[8], context="Again."))
    await memory.order(examples.delete(memory.workspace_id, ids[11]))
    return ids


async def listed(memory: Talk, hub: str | None = None) -> list[object]:
    """All memories, and what touches `hub`."""
    found: list[object] = await memory.ask(
        ListMemories(workspace_id=memory.workspace_id, readable=("default",), limit=500, ordering="created_at")
    )
    if hub is not None:
        found += await memory.ask(GetMadeRelationships(workspace_id=memory.workspace_id, memory_id=hub))
    return found


async def verified(memory: Talk) -> list[str]:
    found = await memory.operator.request("memory", "verify", OfWorkspace(workspace_id=memory.workspace_id))
    differences: list[str] = found["differences"]
    return differences


async def rebuild(memory: Talk) -> int:
    found = await memory.operator.request("memory", "rebuild", OfWorkspace(workspace_id=memory.workspace_id))
    return int(found["memories"])


async def test_a_rebuild_equals_what_it_replaced(memory: Talk) -> None:
    ids = await filled(memory)
    before = await listed(memory, ids[5])
    assert len(before) == 28 + 4
    assert await rebuild(memory) == 28
    assert await listed(memory, ids[5]) == before
    assert await verified(memory) == []


async def test_reads_and_writes_go_on_while_it_is_rebuilt(memory: Talk) -> None:
    ids = await filled(memory)
    done = asyncio.Event()

    async def read() -> int:
        count = 0
        while not done.is_set():
            assert (await memory.get(ids[5]))["memory_id"] == ids[5]
            count += 1
        return count

    async def write() -> list[str]:
        made = list[str]()
        while not done.is_set():
            command = examples.store(memory.workspace_id)
            await memory.order(command)
            await memory.order(examples.access(memory.workspace_id, command.memory_id))
            await memory.order(
                examples.make_relationship(memory.workspace_id, command.memory_id, ids[12 + len(made) % 12])
            )
            made.append(command.memory_id)
        return made

    reading, writing = asyncio.create_task(read()), asyncio.create_task(write())
    for _ in range(5):
        await rebuild(memory)
    done.set()
    assert await reading > 0
    made = await writing
    for memory_id in made:
        assert (await memory.get(memory_id))["access_count"] == 1
        question = GetMadeRelationships(workspace_id=memory.workspace_id, memory_id=memory_id)
        assert [it["source_memory_id"] for it in await memory.ask(question)] == [memory_id]
    assert await verified(memory) == []


@pytest.mark.parametrize(
    ("sabotage", "said"),
    [
        ("UPDATE memory.memories SET sealed = %(junk)s WHERE workspace_id = %(ws)s AND memory_id = %(id)s", "not open"),
        (
            "UPDATE memory.memories m SET namespace = 'forged' WHERE workspace_id = %(ws)s AND memory_id = %(id)s",
            "namespace",
        ),
        ("DELETE FROM memory.memories WHERE workspace_id = %(ws)s AND memory_id = %(id)s", "not in the read model"),
        ("UPDATE memory.heads SET memory_count = 7 WHERE workspace_id = %(ws)s", "counts 7 memories"),
        ("UPDATE memory.usage SET access_count = 99 WHERE workspace_id = %(ws)s", "usage"),
        (
            'INSERT INTO memory.memories SELECT (jsonb_populate_record(m, \'{"memory_id": "mem-forged0000000000"}\')).*'
            " FROM memory.memories m WHERE workspace_id = %(ws)s AND memory_id = %(id)s",
            "not in the log",
        ),
        ("UPDATE memory.relationships SET version = version + 1 WHERE workspace_id = %(ws)s", "not open"),
        ("UPDATE memory.relationships SET confidence = 0.5 WHERE workspace_id = %(ws)s", "confidence"),
        ("DELETE FROM memory.relationships WHERE workspace_id = %(ws)s", "relationship"),
        (
            "INSERT INTO memory.relationships SELECT workspace_id, generation, gen_random_uuid(), source, target, type,"
            " confidence, version, created_at, sealed FROM memory.relationships WHERE workspace_id = %(ws)s",
            "in the read model, not in the log",
        ),
    ],
)
async def test_verify_says_what_differs_and_a_rebuild_mends_it(
    memory: Talk, memory_service: Servers, sabotage: str, said: str
) -> None:
    ids = await filled(memory)
    before = await listed(memory, ids[5])
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute(sabotage.encode(), {"ws": memory.workspace_id, "id": ids[0], "junk": b"junk"})
    assert any(said in difference for difference in await verified(memory))
    await rebuild(memory)
    assert await verified(memory) == []
    assert await listed(memory, ids[5]) == before
