"""A deletion leaves the fact, and nothing of the content: not in the log, the stored answers or the streams."""

from pathlib import Path

import psycopg
import pytest

from contracts import subjects
from contracts.base import DEFAULT_NAMESPACE
from contracts.replies import Embedding
from tests import examples
from tests.services import Talk
from tests.stack import Servers, eventually

CANARY = "xylophone-canary-7391"


async def erased(memory: Talk, servers: Servers, memory_id: str) -> bool:
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        found = connection.execute(
            "SELECT erased_at IS NOT NULL FROM memory.deletions WHERE workspace_id = %s AND entity_id = %s",
            (memory.workspace_id, memory_id),
        ).fetchone()
    return found == (True,)


async def test_the_content_of_a_deleted_memory_is_nowhere(memory: Talk, memory_service: Servers) -> None:
    command = examples.store(memory.workspace_id, examples.a_draft(title=CANARY, narrative=CANARY, tags=(CANARY,)))
    await memory.order(command)
    await memory.order(examples.revise(memory.workspace_id, command.memory_id, {"narrative": f"again {CANARY}"}))
    await memory.order(examples.delete(memory.workspace_id, command.memory_id))

    async def done() -> bool:
        return await erased(memory, memory_service, command.memory_id)

    await eventually(done, what="the erasure")
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        for table in ("events", "inbox", "memories", "audit"):
            rows = connection.execute(f"SELECT t::text FROM memory.{table} t WHERE t::text LIKE %s", (f"%{CANARY}%",))
            assert rows.fetchall() == [], table
        payloads = connection.execute(
            "SELECT count(*) FROM memory.events WHERE workspace_id = %s AND position(%s::bytea in payload) > 0",
            (memory.workspace_id, CANARY.encode()),
        ).fetchone()
    assert payloads == (0,)
    assert _files_with(memory_service.home.nats_data, CANARY.encode()) == []


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


def _files_with(folder: Path, text: bytes) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]
