"""Chunks of documents in the index, over both doorways."""

import uuid
from dataclasses import replace

import numpy as np
import pytest

from contracts.documents import chunk_id, chunk_point
from services.search.store import ChunkEntry, ChunkIndex, DueDocument, Embedding, Entry, Filters, Indexes, Model
from services.search.store.engine import Engine
from tests.search.marking import MARKS

WS = "ws-aaaaaaaaaaaa"
DOC, OTHER = "doc-aaaaaaaaaaaaaaaa", "doc-bbbbbbbbbbbbbbbb"
MODEL = Model("tiny", 4)
NORTH = np.array([[1, 0, 0, 0]], np.float32)


@pytest.fixture
async def indexes(engine: Engine) -> Indexes:
    return Indexes.over(engine, MODEL, MARKS)


@pytest.fixture
async def chunks(indexes: Indexes) -> ChunkIndex:
    return indexes.chunks


def chunk(index: int, text: str = "zebra", *, document: str = DOC, version: int = 1, **fields: object) -> ChunkEntry:
    name = chunk_id(WS, document, version, index)
    made = ChunkEntry(
        id=chunk_point(WS, name),
        chunk_id=name,
        document_id=document,
        version=version,
        index=index,
        namespace="default",
        importance=0.5,
        created_at=1_790_000_000.0,
        content_hash=text,
        text=text,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def memory(name: str, text: str) -> Entry:
    return Entry(
        id=uuid.uuid5(uuid.NAMESPACE_OID, name),
        memory_id=f"mem-{name}",
        version=1,
        namespace="default",
        memory_type="decision",
        tags=("zoo",),
        files=(),
        importance=0.5,
        confidence=0.8,
        created_at=1_790_000_000.0,
        content_hash=text,
        text=text,
    )


async def found(chunks: ChunkIndex, text: str = "zebra", filters: Filters | None = None) -> set[str]:
    candidates = (await chunks.candidates(WS, None, text, filters or Filters(), 50)).candidates
    return {it.memory_id for it in candidates}


def ids(*entries: ChunkEntry) -> set[str]:
    return {it.chunk_id for it in entries}


async def test_chunks_change_nothing_about_a_search_for_memories(indexes: Indexes) -> None:
    await indexes.memories.upsert(WS, [memory("a", "the zebra eats"), memory("b", "a lion eats"), memory("c", "grass")])
    before = await indexes.memories.candidates(WS, None, "zebra", Filters(), 50)
    await indexes.chunks.put(WS, [chunk(number, f"zebra {number}") for number in range(30)])
    assert await indexes.memories.candidates(WS, None, "zebra", Filters(), 50) == before
    assert (await indexes.memories.workspaces(), await indexes.chunks.workspaces()) == ([WS], [WS])
    assert (await indexes.memories.count(WS), await indexes.chunks.count(WS)) == (3, 30)
    await indexes.chunks.drop(WS)
    assert (await indexes.memories.count(WS), await indexes.chunks.count(WS)) == (3, 0)


async def test_chunks_are_found_under_what_they_have(chunks: ChunkIndex) -> None:
    here, there, other = chunk(0), chunk(1, namespace="work"), chunk(0, document=OTHER)
    await chunks.put(WS, [here, there, other])
    assert await found(chunks) == ids(here, there, other)
    assert await found(chunks, filters=Filters(namespaces=("work",))) == ids(there)
    assert await found(chunks, filters=Filters(document_ids=(OTHER,))) == ids(other)
    assert await found(chunks, filters=Filters(min_importance=0.5)) == ids(here, there, other)
    for filters in (
        Filters(min_importance=0.6),
        Filters(tags=("zoo",)),
        Filters(document_ids=()),
        Filters(files=("x",)),
    ):
        assert await found(chunks, filters=filters) == set()


async def test_putting_chunks_again_changes_nothing_and_another_content_replaces_them(chunks: ChunkIndex) -> None:
    one, two = chunk(0, vectors=NORTH), chunk(1)
    assert set(await chunks.put(WS, [one, two])) == {one.id, two.id}
    assert await chunks.put(WS, [one, two]) == []
    renamed = chunk(0, "Runbook: zebra")
    assert await chunks.put(WS, [renamed, two]) == [one.id]
    assert await found(chunks, "runbook") == ids(one)
    assert await chunks.count(WS) == 2


async def test_a_part_waits_until_each_of_its_chunks_has_vectors(chunks: ChunkIndex) -> None:
    await chunks.put(WS, [chunk(0, vectors=NORTH), *(chunk(number, f"text {number}") for number in (1, 2, 5))])
    pending = await chunks.pending_part(WS, 4)
    assert pending is not None
    while pending is not None and pending.part.number == 1:  # whichever came first
        await chunks.set_vectors(WS, [Embedding(it.id, it.content_hash, NORTH) for it in pending.waiting])
        pending = await chunks.pending_part(WS, 4)
    assert pending is not None
    assert (pending.part.document_id, pending.part.version, pending.part.number) == (DOC, 1, 0)
    assert {it.memory_id for it in pending.waiting} == ids(chunk(1), chunk(2))
    await chunks.set_vectors(WS, [Embedding(it.id, it.content_hash, NORTH) for it in pending.waiting[:1]])
    await chunks.mark_failed(WS, [(it.id, it.content_hash) for it in pending.waiting[1:]])
    rest = await chunks.pending_part(WS, 4)
    assert rest is None or rest.part.number == 1


async def test_what_is_of_another_version_goes_and_leaves_nothing(chunks: ChunkIndex) -> None:
    old, new, other = [chunk(number) for number in range(300)], chunk(0, version=2), chunk(0, document=OTHER)
    await chunks.put(WS, [*old, new, other])
    assert [(it.document_id, it.version, it.chunks) for it in await chunks.documents(WS)] == [
        (DOC, 1, 300),
        (DOC, 2, 1),
        (OTHER, 1, 1),
    ]
    while await chunks.drop_chunks(WS, DOC, but=2):
        pass
    assert await found(chunks) == ids(new, other)
    assert await chunks.drop_chunks(WS, DOC, but=None) == [new.id]
    assert [(it.document_id, it.chunks) for it in await chunks.documents(WS)] == [(OTHER, 1)]


async def test_a_document_is_due_until_the_newest_that_was_noted_of_it_is_done(chunks: ChunkIndex) -> None:
    first, second = DueDocument(DOC, 3), DueDocument(DOC, 5)
    assert await chunks.due(WS, 10) == []
    await chunks.note(WS, [first])
    await chunks.note(WS, [first])
    assert await chunks.due(WS, 10) == [first]
    await chunks.note(WS, [second])
    assert await chunks.done(WS, first, there=True) == [], "more was noted meanwhile"
    assert await chunks.due(WS, 10) == [second]
    await chunks.done(WS, second, there=True)
    await chunks.note(WS, [first, second])
    assert await chunks.due(WS, 10) == [], "an event that is heard again"
    assert (await chunks.count(WS), await found(chunks), await chunks.documents(WS)) == (0, set(), [])
    await chunks.note(WS, [DueDocument(DOC, 6)])
    await chunks.done(WS, DueDocument(DOC, 6), there=False)
    assert await chunks.due(WS, 10) == []


async def test_a_rebuild_takes_over_what_is_put_and_noted_meanwhile(chunks: ChunkIndex) -> None:
    await chunks.put(WS, [chunk(0), chunk(1)])
    target = await chunks.start_rebuild(WS)
    await chunks.put(WS, [chunk(0)], target)
    await chunks.put(WS, [chunk(2)])
    await chunks.note(WS, [DueDocument(OTHER, 1)])
    await chunks.switch(WS, target)
    assert await found(chunks) == ids(chunk(0), chunk(2))
    assert await chunks.due(WS, 10) == [DueDocument(OTHER, 1)]
