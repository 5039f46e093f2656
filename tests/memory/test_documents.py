"""Documents through the memory service: their bytes, what is made of them, and what a deletion leaves."""

import asyncio
from base64 import b64decode
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from contracts import subjects
from contracts.commands import IngestDocument
from contracts.documents import CONTENT_PART_BYTES, Blob, chunk_id
from contracts.queries import (
    GetChunks,
    GetDocument,
    GetJob,
    GetTree,
    ListAudit,
    ListChunks,
    ListDocuments,
    ListEntities,
    ListFacts,
    ReadContent,
)
from deploy.admin.bus import Refused
from tests import examples
from tests.memory.test_erasure import erased, left_of
from tests.memory.test_rebuild import rebuild, verified
from tests.services import Talk
from tests.stack import Servers, eventually

TEXT = b"# Runbook\n\nRestart the worker when the queue is stuck."


async def sent(memory: Talk, content: bytes = TEXT, **fields: Any) -> IngestDocument:
    """An order whose content waits in BLOBS."""
    name = str(uuid4())
    nuid = await memory.operator.bus.put_object(subjects.BLOBS_BUCKET, name, content)
    return examples.ingest(memory.workspace_id, content, blob=Blob(name=name, nuid=nuid), **fields)


async def ready(memory: Talk, *texts: str, version: int = 1, **fields: Any) -> str:
    """A document whose chunks have these texts; the first states a fact and names somebody."""
    command = await sent(memory, "\n".join(texts).encode(), **fields)
    assert "body" in await memory.order(command)
    workspace_id, document_id = memory.workspace_id, command.document_id
    await memory.order(examples.record_chunks(workspace_id, document_id, *texts, version=version))
    fact = examples.a_fact(workspace_id, document_id, texts[0], version)
    entity = examples.an_entity(workspace_id, document_id, "Ada", version)
    await memory.order(examples.record_findings(workspace_id, document_id, fact, entity, version=version))
    finished = examples.finish_document(workspace_id, document_id, len(texts), version=version)
    assert "body" in await memory.order(finished)
    return document_id


async def content(memory: Talk, document_id: str, version: int = 1) -> bytes:
    found, part, parts = b"", 0, 1
    while part < parts:
        asked = ReadContent(workspace_id=memory.workspace_id, document_id=document_id, version=version, part=part)
        answer = await memory.ask(asked)
        found, part, parts = found + b64decode(answer["data"]), part + 1, answer["parts"]
    return found


async def in_blobs(memory: Talk, blob: Blob) -> int:
    stored = memory.operator.bus.stored(subjects.BLOBS_STREAM, subjects.blob_chunks(blob.nuid))
    entry = await memory.operator.bus.newest(subjects.BLOBS_STREAM, subjects.blob_entry(blob.name))
    return len([each async for each in stored]) + (entry is not None)


async def everything(memory: Talk) -> list[Any]:
    """All that may be read of a workspace's documents."""
    workspace_id = memory.workspace_id
    listed = await memory.ask(ListDocuments(workspace_id=workspace_id))
    found: list[Any] = [listed]
    for each in listed:
        whose = {"workspace_id": workspace_id, "document_id": each["document_id"]}
        found += [await memory.ask(GetTree(**whose)), await memory.ask(ListChunks(**whose))]
    for question in (ListFacts, ListEntities):
        found += [await memory.ask(question(workspace_id=workspace_id, latest_only=it)) for it in (True, False)]
    return found


async def test_a_document_is_kept_byte_for_byte_and_leaves_blobs(memory: Talk) -> None:
    long = bytes(range(256)) * (CONTENT_PART_BYTES // 256) + b"and a bit"
    command = await sent(memory, long)
    assert await in_blobs(memory, command.blob) == 3
    answer = await memory.order(command)
    assert answer["body"] == {"job_id": command.job_id, "document_id": command.document_id}
    assert await content(memory, command.document_id) == long
    assert await in_blobs(memory, command.blob) == 0


async def test_an_order_heard_twice_is_one_document_though_its_content_has_left_blobs(memory: Talk) -> None:
    command = await sent(memory)
    first = await memory.order(command)
    assert await memory.order(command) == first
    assert len(await memory.ask(ListDocuments(workspace_id=memory.workspace_id))) == 1


@pytest.mark.parametrize("what", ["missing", "damaged"])
async def test_content_that_did_not_arrive_as_it_was_is_refused(memory: Talk, what: str) -> None:
    command = examples.ingest(memory.workspace_id)
    if what == "damaged":
        command = (await sent(memory)).model_copy(update={"sha256": sha256(b"other").hexdigest()})
    answer = await memory.order(command)
    assert answer["refusal"]["code"] == ("content_missing" if what == "missing" else "content_mismatch")
    assert await memory.ask(ListDocuments(workspace_id=memory.workspace_id)) == []
    assert await in_blobs(memory, command.blob) == 0


async def test_chunks_are_found_once_their_version_is_ready_with_the_titles_above_them(memory: Talk) -> None:
    command = await sent(memory)
    await memory.order(command)
    workspace_id, document_id = memory.workspace_id, command.document_id
    outer = examples.a_section(workspace_id, document_id, 0, title="Runbook")
    inner = examples.a_section(workspace_id, document_id, 1, title="Queue", level=2, parent_id=outer.section_id)
    chunk = examples.a_chunk(workspace_id, document_id, 0, "Restart it.", section_id=inner.section_id)
    await memory.order(examples.record_chunks(workspace_id, document_id, chunks=(chunk,), sections=(outer, inner)))
    asked = GetChunks(workspace_id=workspace_id, chunk_ids=(chunk.chunk_id,), readable=("default",))
    assert await memory.ask(asked) == []
    await memory.order(examples.finish_document(workspace_id, document_id, 1, sections=2))
    (found,) = await memory.ask(asked)
    assert (found["text"], found["section_path"], found["title"]) == ("Restart it.", ["Runbook", "Queue"], "Runbook")
    assert await memory.ask(asked.model_copy(update={"readable": ("other",)})) == []


async def test_the_next_version_takes_the_place_of_the_one_before_once_it_is_ready(
    memory: Talk, memory_service: Servers
) -> None:
    old = f"old {uuid4().hex}"
    document_id = await ready(memory, old, source_id="a")
    waiting = await sent(memory, b"new", source_id="a")
    await memory.order(waiting)
    asked = GetDocument(workspace_id=memory.workspace_id, document_id=document_id)
    found = await memory.ask(asked)
    assert (found["version"], found["ready_version"], found["status"]) == (2, 1, "processing")
    assert [each["text"] for each in await memory.ask(ListChunks(**asked.model_dump()))] == [old]
    assert document_id == await ready(memory, "new text", source_id="a", version=3)
    assert [each["text"] for each in await memory.ask(ListChunks(**asked.model_dump()))] == ["new text"]
    before = GetChunks(workspace_id=memory.workspace_id, chunk_ids=(chunk_id(memory.workspace_id, document_id, 1, 0),))
    assert await memory.ask(before) == []
    with pytest.raises(Refused):
        await content(memory, document_id, 1)
    job = await memory.ask(GetJob(workspace_id=memory.workspace_id, job_id=waiting.job_id))
    assert job["status"] == "empty"

    async def has_left_the_stream() -> bool:
        subject = subjects.of_entity("events", memory.workspace_id, "document", document_id)
        stored = memory.operator.bus.stored(subjects.EVENTS_STREAM, subject)
        chunked = [it.data or b"" async for it in stored if (it.subject or "").endswith(".chunked")]
        return len(chunked) == 1 and old.encode() not in chunked[0]

    await eventually(has_left_the_stream, "the old version's chunks to leave EVENTS")
    assert await verified(memory) == []


async def test_facts_and_entities_are_those_of_the_newest_version_unless_all_are_asked_for(memory: Talk) -> None:
    workspace_id = memory.workspace_id
    document_id = await ready(memory, "first", source_id="a")
    await ready(memory, "second", source_id="a", version=2)
    other = await ready(memory, "elsewhere")
    facts = await memory.ask(ListFacts(workspace_id=workspace_id))
    assert [each["text"] for each in facts] == ["elsewhere", "second"]
    of_one = ListFacts(workspace_id=workspace_id, document_id=document_id, latest_only=False)
    assert [each["text"] for each in await memory.ask(of_one)] == ["second", "first"]
    (ada,) = await memory.ask(ListEntities(workspace_id=workspace_id))
    assert (ada["name"], ada["mentions"], ada["document_count"], len(ada["chunk_ids"])) == ("Ada", 2, 2, 2)
    chunk = (chunk_id(workspace_id, other, 1, 0),)
    (fact,) = await memory.ask(ListFacts(workspace_id=workspace_id, chunk_ids=chunk))
    assert fact["text"] == "elsewhere"
    assert await memory.ask(ListFacts(workspace_id=workspace_id, readable=("other",))) == []
    assert await memory.ask(ListEntities(workspace_id=workspace_id, kind="place")) == []


async def test_a_rebuild_gives_the_same_documents_and_verify_sees_what_is_missing(
    memory: Talk, memory_service: Servers
) -> None:
    await ready(memory, "one", "two", source_id="a")
    await ready(memory, "three", source_id="a", version=2)
    await memory.order(await sent(memory, source_id="a"))
    gone = await ready(memory, "gone")
    await memory.order(examples.delete_document(memory.workspace_id, gone))
    before = await everything(memory)
    assert await rebuild(memory) == 0
    assert await everything(memory) == before
    assert await verified(memory) == []
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute("DELETE FROM memory.chunks WHERE workspace_id = %s", (memory.workspace_id,))
        connection.execute("UPDATE memory.facts SET sealed = 'x' WHERE workspace_id = %s", (memory.workspace_id,))
    found = " ".join(await verified(memory))
    assert "'chunks': 0" in found
    assert "analysed of version 2: what is sealed of it does not open" in found
    assert await rebuild(memory) == 0
    assert await verified(memory) == []


async def test_documents_come_change_and_go_while_the_read_model_is_rebuilt(memory: Talk) -> None:
    done = asyncio.Event()

    async def work() -> int:
        version = 0
        while not done.is_set():
            version += 1
            document_id = await ready(memory, f"text {version}", source_id="a", version=version)
            await memory.order(examples.change_document(memory.workspace_id, document_id, {"title": f"{version}"}))
            gone = await ready(memory, "gone")
            await memory.order(examples.delete_document(memory.workspace_id, gone))
        return version

    working = asyncio.create_task(work())
    for _ in range(4):
        await rebuild(memory)
    done.set()
    version = await working
    (document,) = await memory.ask(ListDocuments(workspace_id=memory.workspace_id))
    assert (document["version"], document["ready_version"], document["title"]) == (version, version, f"{version}")
    assert await verified(memory) == []


async def test_nothing_of_a_deleted_document_is_left_in_tables_or_streams(
    memory: Talk, memory_service: Servers
) -> None:
    canary = f"canary-{uuid4().hex}"
    document_id = await ready(memory, f"It says {canary}.", title=canary, source_id=canary, metadata={"a": canary})
    await memory.order(examples.change_document(memory.workspace_id, document_id, {"title": f"New {canary}"}))
    assert "body" in await memory.order(examples.delete_document(memory.workspace_id, document_id))

    async def done() -> bool:
        return await erased(memory, memory_service, document_id)

    await eventually(done, "the erasure")
    assert left_of(memory, memory_service, canary) == []
    assert await verified(memory) == []
    assert await memory.ask(ListFacts(workspace_id=memory.workspace_id, latest_only=False)) == []
    audited = await memory.ask(ListAudit(workspace_id=memory.workspace_id))
    assert (audited[0]["action"], audited[0]["entity_id"]) == ("weft.document.deleted.v1", document_id)
