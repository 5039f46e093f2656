"""A deletion leaves the fact, and nothing of the content: not in the log, the stored answers or the streams."""

from uuid import uuid4

import psycopg
import pytest
from pydantic_core import from_json

from contracts import subjects
from contracts.base import DEFAULT_NAMESPACE, now
from contracts.commands import AnyCommand, Command, MakeRelationship, StoreMemory
from contracts.replies import Embedding
from services.memory.handlers.commands import write
from services.memory.store import sweeps
from services.memory.store.sweeps import ToErase
from tests import examples
from tests.memory.unsealing import unsealed
from tests.services import Talk, sealed
from tests.stack import Servers, eventually
from tests.traces import files_with

CANARY = "xylophone-canary-7391"


async def erased(memory: Talk, servers: Servers, entity_id: str) -> bool:
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        found = connection.execute(
            "SELECT erased_at IS NOT NULL FROM memory.deletions WHERE workspace_id = %s AND entity_id = %s",
            (memory.workspace_id, entity_id),
        ).fetchone()
    return found == (True,)


def left_of(memory: Talk, servers: Servers, text: str) -> list[str]:
    """Where in the tables whoever has the keys finds the text, and in which files of the streams it is."""
    found = [table for table, content in unsealed(servers, memory.workspace_id) if text in content]
    return found + files_with(servers, text)


async def erase_once_more(memory: Talk, servers: Servers, entity_id: str) -> None:
    """As if the eraser came late: all that was published and ordered since is on the streams when it does."""

    async def published() -> bool:
        with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
            found = connection.execute(
                "UPDATE memory.deletions d SET erased_at = NULL FROM memory.heads h WHERE d.workspace_id = %s"
                " AND entity_id = %s AND h.workspace_id = d.workspace_id AND h.published_seq = h.seq",
                (memory.workspace_id, entity_id),
            )
        return found.rowcount == 1

    async def done() -> bool:
        return await erased(memory, servers, entity_id)

    await eventually(done, what="the first erasure")
    await eventually(published, what="the relay to be done")
    await eventually(done, what="the second erasure")


async def related(memory: Talk, text: str) -> tuple[StoreMemory, StoreMemory, MakeRelationship]:
    """Two memories, and `text` said of them, twice."""
    one, other = (examples.store(memory.workspace_id) for _ in range(2))
    for stored in (one, other):
        await memory.order(stored)
    command = examples.make_relationship(memory.workspace_id, one.memory_id, other.memory_id, context=f"First {text}.")
    await memory.order(command)
    replaced = {"command_id": uuid4(), "attempt": uuid4(), "context": f"Then {text}."}
    await memory.order(command.model_copy(update=replaced))
    return one, other, command


async def test_the_content_of_a_deleted_memory_is_nowhere(memory: Talk, memory_service: Servers) -> None:
    command = examples.store(memory.workspace_id, examples.a_draft(title=CANARY, narrative=CANARY, tags=(CANARY,)))
    await memory.order(command)
    revision = examples.revise(memory.workspace_id, command.memory_id, {"narrative": f"again {CANARY}"})
    await memory.order(revision)
    headers = {"Weft-Subject": subjects.command(revision), "Weft-Service": "memory", "Weft-Fault": "Poison"}
    for parked in (revision.model_dump_json().encode(), f"not even a command: {CANARY}".encode()):
        await memory.operator.bus.publish(subjects.parked("memory", memory.workspace_id), parked, headers)
    await memory.order(examples.delete(memory.workspace_id, command.memory_id))

    async def done() -> bool:
        return await erased(memory, memory_service, command.memory_id)

    await eventually(done, what="the erasure")
    assert left_of(memory, memory_service, CANARY) == []


@pytest.mark.parametrize("how", ["by hand", "with its source", "with its target in a batch"])
async def test_the_content_of_a_deleted_relationship_is_nowhere(
    memory: Talk, memory_service: Servers, how: str
) -> None:
    text = f"canary-{uuid4().hex}"
    one, other, command = await related(memory, text)
    assert {"events", "inbox", "relationships"} <= set(left_of(memory, memory_service, text))
    match how:
        case "by hand":
            order: Command = examples.delete_relationship(memory.workspace_id, command.relationship_id)
        case "with its source":
            order = examples.delete(memory.workspace_id, one.memory_id)
        case _:
            order = examples.delete_batch(memory.workspace_id, other.memory_id)
    assert "body" in await memory.order(order)

    async def done() -> bool:
        return await erased(memory, memory_service, command.entity_id)

    await eventually(done, what="the erasure")
    assert left_of(memory, memory_service, text) == []
    first, second, deleted = [event for event in await memory.log() if event["subject"] == command.entity_id]
    assert [it["data"] for it in (first, second)] == [{"erased_type": "weft.relationship.made.v1"}] * 2
    assert deleted["data"] == {"relationship_id": command.entity_id}
    message = await memory.operator.bus.jetstream.get_last_msg(
        subjects.EVENTS_STREAM, f"events.{memory.workspace_id}.relationship.{command.entity_id}.erased"
    )
    assert f'"seq":{second["seq"]}' in (message.data or b"").decode()


async def test_an_erasure_leaves_alone_what_was_made_again_since(memory: Talk, memory_service: Servers) -> None:
    first, second = f"canary-{uuid4().hex}", f"canary-{uuid4().hex}"
    one, other, command = await related(memory, first)
    await memory.order(examples.delete_relationship(memory.workspace_id, command.relationship_id))
    again = examples.make_relationship(memory.workspace_id, one.memory_id, other.memory_id, context=f"{second}.")
    answer = await memory.order(again)
    await erase_once_more(memory, memory_service, command.entity_id)
    assert left_of(memory, memory_service, first) == []
    assert {"events", "inbox", "relationships"} <= set(left_of(memory, memory_service, second))
    assert await memory.order(again) == answer, "its stored answer still stands"
    made = f"events.{memory.workspace_id}.relationship.{command.entity_id}.made"
    left = [from_json(it.data or b"") async for it in memory.operator.bus.stored(subjects.EVENTS_STREAM, made)]
    assert [it["data"]["context"] for it in left] == [f"{second}."]


async def test_an_erasure_leaves_alone_a_command_that_is_not_decided_yet(memory: Talk, memory_service: Servers) -> None:
    one, other, command = await related(memory, "this")
    await memory.order(examples.delete_relationship(memory.workspace_id, command.relationship_id))

    async def done() -> bool:
        return await erased(memory, memory_service, command.entity_id)

    await eventually(done, what="the erasure")
    again = examples.make_relationship(memory.workspace_id, one.memory_id, other.memory_id)
    await memory.order(again)
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute("DELETE FROM memory.inbox WHERE command_id = %s", (again.command_id,))
    await erase_once_more(memory, memory_service, command.entity_id)
    subject = subjects.of_entity("commands", memory.workspace_id, "relationship", command.entity_id)
    bus = memory.operator.bus
    left = [from_json(it.data or b"") async for it in bus.stored(subjects.COMMANDS_STREAM, subject)]
    stores = subjects.of_entity("commands", memory.workspace_id, "memory", one.memory_id)
    purged = not [it async for it in bus.stored(subjects.COMMANDS_STREAM, stores)]  # as is done every minute
    assert purged or [it["command_id"] for it in left] == [str(again.command_id)]


async def test_what_is_made_again_in_the_same_transaction_keeps_its_content(
    memory: Talk, memory_service: Servers
) -> None:
    one, other, command = await related(memory, "this")
    texts = [f"canary-{uuid4().hex}" for _ in range(2)]
    commands: list[AnyCommand] = []
    for text in texts:
        commands.append(examples.delete_relationship(memory.workspace_id, command.relationship_id))
        again = examples.make_relationship(memory.workspace_id, one.memory_id, other.memory_id, context=text)
        commands.append(again)
    database = sealed(memory_service, "weft_memory")
    await database.open()
    try:
        async with database.transaction(None) as connection:
            answers, _ = await write(connection, memory.workspace_id, commands)
    finally:
        await database.close()

    async def gone() -> bool:
        return left_of(memory, memory_service, texts[0]) == []

    await eventually(gone, what="the erasure of the life before")
    assert {"events", "inbox", "relationships"} <= set(left_of(memory, memory_service, texts[1]))
    assert await memory.order(again) == from_json(answers[-1])


async def test_an_erasure_that_was_overtaken_by_another_deletion_does_not_count(memory_service: Servers) -> None:
    workspace_id, entity_id = examples.a_workspace_id(), str(uuid4())  # no workspace, so that no eraser finds it
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute(
            "INSERT INTO memory.deletions (workspace_id, entity, entity_id, version, seq, deleted_at)"
            " VALUES (%s, 'relationship', %s, 4, 20, now())",
            (workspace_id, entity_id),
        )
    loops = sealed(memory_service, "weft_memory_loops")
    await loops.open()
    try:
        for seq, counts in ((10, False), (20, True)):
            async with loops.transaction(None) as session:
                await sweeps.mark_erased(session, ToErase(workspace_id, "relationship", entity_id, seq, now()))
            with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
                found = connection.execute(
                    "SELECT erased_at IS NOT NULL FROM memory.deletions WHERE entity_id = %s", (entity_id,)
                ).fetchone()
            assert found == (counts,)
    finally:
        await loops.close()


async def test_what_was_erased_says_so_under_its_own_seq(memory: Talk, memory_service: Servers) -> None:
    command = examples.store(memory.workspace_id)
    await memory.order(command)
    await memory.order(examples.delete(memory.workspace_id, command.memory_id))

    async def done() -> bool:
        return await erased(memory, memory_service, command.memory_id)

    await eventually(done, what="the erasure")
    stored, deleted = [event for event in await memory.log() if event["subject"] == command.memory_id]
    assert stored["type"] == "weft.event.erased.v1"
    assert stored["data"] == {"erased_type": "weft.memory.stored.v1"}
    assert deleted["type"] == "weft.memory.deleted.v1"
    assert deleted["seq"] == stored["seq"] + 1
    message = await memory.operator.bus.jetstream.get_last_msg(
        subjects.EVENTS_STREAM, f"events.{memory.workspace_id}.memory.{command.memory_id}.erased"
    )
    assert f'"seq":{stored["seq"]}' in (message.data or b"").decode()


async def test_late_vectors_of_a_deleted_memory_bring_nothing_back(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    await memory.order(command)
    await memory.order(examples.delete(memory.workspace_id, command.memory_id))
    late = Embedding(
        workspace_id=memory.workspace_id,
        memory_id=command.memory_id,
        content_hash="0" * 32,
        model="m",
        dimension=1,
        status="ready",
    )
    await memory.operator.bus.publish(
        subjects.embedding(memory.workspace_id, command.memory_id), late.model_dump_json().encode()
    )
    marker = examples.store(memory.workspace_id)
    answer = (await memory.order(marker))["body"]
    seen = late.model_copy(update={"memory_id": marker.memory_id, "content_hash": answer["id"].replace("-", "")})
    await memory.operator.bus.publish(
        subjects.embedding(memory.workspace_id, marker.memory_id), seen.model_dump_json().encode()
    )
    with pytest.raises(Exception, match="not found"):
        await memory.get(command.memory_id)
    assert (await memory.get(marker.memory_id))["namespace"] == DEFAULT_NAMESPACE
