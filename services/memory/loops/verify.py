"""Whether the read model still is what the log says: one snapshot of both, compared field by field."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields
from itertools import zip_longest
from typing import Any, TypeVar

from contracts.events import CloudEvent
from contracts.replies import IndexedDocument, IndexedMemory, Observed, Verified
from services.kit.postgres import Connection, Database
from services.kit.sealing.keys import Unreadable
from services.memory.decisions.session_state import SessionState
from services.memory.decisions.state import MemoryState, RelationshipState, Usage
from services.memory.decisions.tenancy_state import Tenancy
from services.memory.loops.rebuild import CHUNK_MAX, Replayed, observed, replay
from services.memory.store import (
    documents,
    generations,
    log,
    memories,
    passages,
    relationships,
    sessions,
    tenancy,
    webhooks,
)

_UNREADABLE = "what is sealed of it does not open"

COMPARED = tuple(each.name for each in fields(MemoryState) if each.name not in ("usage", *memories.DERIVED))
"""What is derived and what is counted but not logged is in no event."""

State = TypeVar("State")


async def verify(database: Database, workspace_id: str) -> Verified:
    """Compares the log of a workspace with its head and its live read model, while writes go on."""
    differences: list[str] = []

    async def compare(connection: Connection, events: Sequence[CloudEvent]) -> None:
        differences.extend(await _of_observations(connection, workspace_id, events))
        differences.extend(await _of_passages(connection, workspace_id, events))

    replayed = await replay(database, workspace_id, compare)
    async with database.transaction(workspace_id, snapshot=True) as connection:
        state = await log.peek(connection, workspace_id)
        while events := await log.read(connection, workspace_id, replayed.state.seq, CHUNK_MAX):
            for event in events:
                replayed.hear(event)
            await compare(connection, events)
        differences += _of_head(replayed, state.seq, state.memory_count)
        differences += await _of_memories(connection, workspace_id, replayed.alive())
        differences += await _of_relationships(connection, workspace_id, replayed.related())
        differences += await _of_sessions(connection, workspace_id, replayed.state.sessions)
        differences += await _of_jobs(connection, workspace_id, replayed.state.jobs)
        differences += await _of_documents(connection, workspace_id, replayed)
        there = await tenancy.get(connection, workspace_id)
        there.webhooks = await webhooks.get(connection, workspace_id)
        differences += _of_tenancy(replayed.state.tenancy, there)
    return Verified(
        events=replayed.events,
        differences=tuple(differences),
        memories=tuple(
            IndexedMemory(
                memory_id=found.memory_id,
                version=replayed.changed_at[found.memory_id],
                content_hash=found.content_hash,
            )
            for found in replayed.alive().values()
            if found.consolidated_into is None  # else index and graph have it not
        ),
        documents=tuple(
            IndexedDocument(document_id=it.document_id, version=it.ready_version, chunks=it.ready_chunks)
            for it in replayed.documents().values()
            if it.ready_version is not None
        ),
    )


def _of_head(replayed: Replayed, seq: int, memory_count: int) -> list[str]:
    found = []
    if not replayed.events == replayed.state.seq == seq:
        found.append(f"log: {replayed.events} events, last seq {replayed.state.seq}, head at {seq}")
    if replayed.state.memory_count != memory_count:
        found.append(f"head: counts {memory_count} memories, the log {replayed.state.memory_count}")
    return found


async def _of_memories(connection: Connection, workspace_id: str, expected: dict[str, MemoryState]) -> list[str]:
    live = await generations.live_memory_ids(connection, workspace_id)
    found = [f"{memory_id}: in the read model, not in the log" for memory_id in live if memory_id not in expected]
    ids = sorted(expected)
    for start in range(0, len(ids), CHUNK_MAX):
        chunk = ids[start : start + CHUNK_MAX]
        rows, closed = await _opened(lambda some: memories.get(connection, workspace_id, some), chunk)
        found += [f"{memory_id}: {_UNREADABLE}" for memory_id in closed]
        readable = [each for each in chunk if each not in closed]
        found += [each for memory_id in readable for each in _of_memory(expected[memory_id], rows.get(memory_id))]
    return found


async def _opened(
    get: Callable[[Sequence[str]], Awaitable[dict[str, State]]], ids: Sequence[str]
) -> tuple[dict[str, State], list[str]]:
    """What `get` says of these ids, and those whose rows do not open."""
    try:
        return await get(ids), []
    except Unreadable:
        if len(ids) == 1:
            return {}, list(ids)
    half = len(ids) // 2
    one, other = await _opened(get, ids[:half]), await _opened(get, ids[half:])
    return {**one[0], **other[0]}, [*one[1], *other[1]]


def _of_memory(expected: MemoryState, row: MemoryState | None) -> list[str]:
    if row is None:
        return [f"{expected.memory_id}: in the log, not in the read model"]
    differing = [name for name in COMPARED if getattr(expected, name) != getattr(row, name)]
    if _logged(row.usage) != _logged(expected.usage):
        differing.append("usage")
    return [f"{expected.memory_id}: {', '.join(differing)}"] if differing else []


async def _of_relationships(
    connection: Connection, workspace_id: str, expected: dict[str, RelationshipState]
) -> list[str]:
    live = await relationships.live_ids(connection, workspace_id)
    found = [f"relationship {each}: in the read model, not in the log" for each in live if each not in expected]
    return found + await _of_rows(
        "relationship", expected, lambda some: relationships.get(connection, workspace_id, some)
    )


async def _of_rows(
    kind: str, expected: Mapping[str, Any], get: Callable[[Sequence[str]], Awaitable[dict[str, Any]]]
) -> list[str]:
    """How the rows that `get` has differ from the states that are expected."""
    ids, found = sorted(expected), list[str]()
    for start in range(0, len(ids), CHUNK_MAX):
        chunk = ids[start : start + CHUNK_MAX]
        rows, closed = await _opened(get, chunk)
        found += [f"{kind} {each}: {_UNREADABLE}" for each in closed]
        found += [each for it in chunk if it not in closed for each in _of(kind, it, expected[it], rows.get(it))]
    return found


async def _of_observations(connection: Connection, workspace_id: str, events: Sequence[CloudEvent]) -> list[str]:
    """What was observed never changes, so that each batch can be compared while it is at hand."""
    found = []
    for event in observed(events):
        try:
            rows = await sessions.observations(
                connection, workspace_id, event.session_id, event.first, len(event.observations)
            )
        except Unreadable:
            found.append(f"session {event.session_id}: observations from {event.first} on: {_UNREADABLE}")
            continue
        expected = [
            Observed.model_construct(**dict(each), number=number)
            for number, each in enumerate(event.observations, event.first)
        ]
        found += [
            f"session {event.session_id}: observation {each.number}"
            for each, row in zip_longest(expected, rows)
            if each is not None and each != row
        ]
    return found


async def _of_sessions(connection: Connection, workspace_id: str, expected: Mapping[str, SessionState]) -> list[str]:
    live = await sessions.live_ids(connection, workspace_id)
    found = [f"session {each}: in the read model, not in the log" for each in live if each not in expected]
    found += await _of_rows("session", expected, lambda some: sessions.get(connection, workspace_id, some))
    ids = sorted(expected)
    counted = ((it, live[it], expected[it].observation_count) for it in ids if it in live)
    return found + [
        f"session {it}: {rows} observations, not {logged}" for it, rows, logged in counted if rows != logged
    ]


async def _of_jobs(connection: Connection, workspace_id: str, expected: Mapping[str, Any]) -> list[str]:
    live = await sessions.live_job_ids(connection, workspace_id)
    found = [f"job {each}: in the read model, not in the log" for each in live if each not in expected]
    return found + await _of_rows("job", expected, lambda some: sessions.get_jobs(connection, workspace_id, some))


async def _of_passages(connection: Connection, workspace_id: str, events: Sequence[CloudEvent]) -> list[str]:
    """What was made of a version never changes; all of it may be dropped, which the counts in the end will tell."""
    found = []
    for event in (each.data for each in events):
        if isinstance(event, passages.Made):
            try:
                rows = await passages.recorded(connection, workspace_id, event)
            except Unreadable:
                found.append(f"document {event.document_id}: {event.verb} of version {event.version}: {_UNREADABLE}")
                continue
            if rows and rows != passages.made_by(event):
                found.append(f"document {event.document_id}: {event.verb} of version {event.version}")
    return found


async def _of_documents(connection: Connection, workspace_id: str, replayed: Replayed) -> list[str]:
    """The documents field by field, and how much is there of what was made of them."""
    expected, live = replayed.documents(), await documents.live_counts(connection, workspace_id)
    there = {document_id for document_id, _ in live}
    found = [f"document {it}: in the read model, not in the log" for it in sorted(there - expected.keys())]
    found += [f"document {it}: left over" for it in await passages.left_over(connection, workspace_id)]
    counted = await passages.live_findings(connection, workspace_id)
    found += await _of_rows("document", expected, lambda some: documents.get(connection, workspace_id, some))
    for it in sorted(expected):
        found += [
            f"document {it}: version {version} has {live.get((it, version))}, not {counts}"
            for version, counts in documents.expected_counts(expected[it]).items()
            if live.get((it, version)) != counts
        ]
        if counted.get(it, 0) != replayed.found[it]:
            found.append(f"document {it}: {counted.get(it, 0)} facts and entities, not {replayed.found[it]}")
    return found


def _of_tenancy(expected: Tenancy, found: Tenancy) -> list[str]:
    differences = [] if expected.workspace == found.workspace else ["workspace: name, plan or age"]
    for kind in ("namespaces", "keys", "webhooks"):
        logged, there = getattr(expected, kind), getattr(found, kind)
        differences += [f"{kind}: {each} in the read model, not in the log" for each in sorted(there.keys() - logged)]
        differences += [it for each in sorted(logged) for it in _of(kind, str(each), logged[each], there.get(each))]
    return differences


def _of(kind: str, entity_id: str, expected: Any, row: Any) -> list[str]:
    """`expected` and `row` are states of one kind; None where there is no row."""
    if row is None:
        return [f"{kind} {entity_id}: in the log, not in the read model"]
    differing = [each.name for each in fields(expected) if getattr(expected, each.name) != getattr(row, each.name)]
    return [f"{kind} {entity_id}: {', '.join(differing)}"] if differing else []


def _logged(usage: Usage) -> tuple[int, int]:
    return usage.access_count - usage.unlogged_accesses, usage.retrieval_count - usage.unlogged_retrievals
