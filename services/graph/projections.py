"""From events and embeddings to what relations are made of. An event only says which memory or relationship changed;
what it is now is read from the memory service, so that duplicates, reordering and a late start change nothing.
"""

import asyncio
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

import numpy as np

from contracts import subjects
from contracts.events import (
    CloudEvent,
    DocumentEvent,
    EventErased,
    ExtractionRetried,
    JobChanged,
    MemoryConsolidated,
    MemoryDeleted,
    MemoryFolded,
    MemoryImported,
    MemoryRated,
    MemoryRecalculated,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
    ObservationsRecorded,
    RelationshipDeleted,
    RelationshipMade,
    SessionEnded,
    SessionImported,
    SessionStarted,
    TenancyEvent,
    WorkspaceDeleted,
)
from contracts.queries import GetMadeRelationships
from contracts.replies import Embedding
from services.graph.relations import Type
from services.graph.store import derived, edges, judged, memories
from services.graph.store.edges import Made
from services.graph.store.memories import Embedded, Entry
from services.kit.bus import Bus
from services.kit.postgres import Database, forget_rows
from services.kit.reading import READ_TIMEOUT_S, is_folded, read_memories


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in one workspace, as far as it concerns the graph: which memories changed, which are gone, whose
    relationships made by hand are others, and which of those were deleted. `unfolded` stand for themselves again: what
    is known of their texts is to be read where it is kept. `ended`: the workspace is gone, with all of that.
    """

    memories: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    made_of: frozenset[str] = frozenset()
    unmade: frozenset[UUID] = frozenset()
    unfolded: frozenset[str] = frozenset()
    ended: bool = False

    def __or__(self, more: "Changes") -> "Changes":
        return Changes(
            self.memories | more.memories,
            self.gone | more.gone,
            self.made_of | more.made_of,
            self.unmade | more.unmade,
            self.unfolded | more.unfolded,
            self.ended or more.ended,
        )


def changes_of(event: CloudEvent) -> Changes | None:
    """What an event means to the graph; None for what it does not care about."""
    if isinstance(event.data, TenancyEvent | DocumentEvent):
        return Changes(ended=True) if isinstance(event.data, WorkspaceDeleted) else None
    match event.data:
        case MemoryStored() | MemoryImported() | MemoryRevised() | MemoryConsolidated():
            return Changes(memories=frozenset({event.subject}))
        case MemoryFolded():
            only = frozenset({event.subject})
            return Changes(memories=only, made_of=only, unfolded=only if event.data.into is None else frozenset())
        case MemoryDeleted():
            return Changes(gone=frozenset({event.subject}))
        case RelationshipMade():
            return Changes(made_of=frozenset({event.data.source_memory_id}))
        case RelationshipDeleted():
            return Changes(unmade=frozenset({event.data.relationship_id}))
        case MemoryUsed() | MemoryRated() | MemoryRecalculated() | EventErased() | JobChanged() | ExtractionRetried():
            return None
        case SessionStarted() | SessionImported() | ObservationsRecorded() | SessionEnded():
            return None
        case _:
            assert_never(event.data)


@dataclass(frozen=True, slots=True)
class Read:
    """Memories as they are now. Those that are folded into another are not in the graph, but may come back."""

    entries: list[Entry]
    folded: list[str]


class Projection:
    """Brings changes into the graph's tables. One at a time: what was read must not be older than what is written."""

    def __init__(self, bus: Bus, database: Database):
        self._bus = bus
        self._database = database
        self._turn = asyncio.Lock()

    async def apply(self, workspace_id: str, changes: Changes) -> None:
        """Returns once the tables say so; what follows from it is due (`loops.Discovery`)."""
        if changes.ended:
            await self.forget(workspace_id)
            return
        async with self._turn:
            ends = await self._ends_of(workspace_id, changes)
            read = await self._read(workspace_id, (changes.memories | ends) - changes.gone)
            back = changes.unfolded & {it.memory_id for it in read.entries}
            kept = await derived.embeddings_of(self._bus, workspace_id, sorted(back))
            said = await derived.judgements_about(self._bus, workspace_id, sorted(back))
            made = [await self._made_of(workspace_id, memory_id) for memory_id in sorted(ends)]
            async with self._database.transaction(workspace_id) as connection:
                await memories.change(connection, workspace_id, read.entries, sorted(changes.gone), read.folded)
                await memories.put_vectors(connection, workspace_id, embedded_in(kept))
                await judged.keep(connection, workspace_id, said)
                for memory_id, its_own in zip(sorted(ends), made, strict=True):
                    await edges.replace_made(connection, workspace_id, memory_id, its_own)

    async def forget(self, workspace_id: str) -> None:
        """Takes everything of a workspace out of the tables. First what is due: who finds edges meanwhile has the
        workspace locked, and would join memories that are going.
        """
        async with self._turn:
            async with self._database.transaction(workspace_id) as connection:
                await memories.lock(connection, workspace_id)
                await edges.forget_due(connection, workspace_id)
            await forget_rows(self._database, workspace_id)

    async def apply_vectors(self, workspace_id: str, embedded: Sequence[Embedded]) -> None:
        """Of texts that are not known yet, too: an embedding may come before the event that brings its text."""
        async with self._turn:
            known = await self._database.read(
                workspace_id, lambda it: memories.with_texts_of(it, workspace_id, embedded)
            )
            read = await self._read(workspace_id, {it.memory_id for it in embedded} - known)
            async with self._database.transaction(workspace_id) as connection:
                if read.entries or read.folded:
                    await memories.change(connection, workspace_id, read.entries, [], read.folded)
                await memories.put_vectors(connection, workspace_id, embedded)

    async def known(self, workspace_id: str) -> frozenset[str]:
        """Every memory that the tables have."""
        return await self._database.read(workspace_id, lambda it: memories.all_ids(it, workspace_id))

    async def apply_anew(self, workspace_id: str, memory_ids: Sequence[str]) -> None:
        """These memories as they are now, whatever the tables say of them."""
        async with self._turn:
            read = await self._read(workspace_id, memory_ids)
            async with self._database.transaction(workspace_id) as connection:
                await memories.change(connection, workspace_id, read.entries, [], read.folded, anew=True)

    async def apply_made(self, workspace_id: str, memory_ids: Sequence[str]) -> None:
        """The relationships made by hand of these memories, and no others in the workspace."""
        async with self._turn:
            made = {it.relationship_id: it for each in memory_ids for it in await self._made_of(workspace_id, each)}
            async with self._database.transaction(workspace_id) as connection:
                await edges.replace_all_made(connection, workspace_id, list(made.values()))

    async def _ends_of(self, workspace_id: str, changes: Changes) -> frozenset[str]:
        """The memories whose edges made by hand are to be read anew."""
        if not changes.unmade:
            return changes.made_of - changes.gone
        ended = list(changes.unmade)
        known = await self._database.read(workspace_id, lambda it: edges.ends_of_made(it, workspace_id, ended))
        return (changes.made_of | frozenset(known)) - changes.gone

    async def _read(self, workspace_id: str, memory_ids: Iterable[str]) -> "Read":
        """Those that are there, as they are now. Raises Unavailable."""
        found = await read_memories(self._bus, workspace_id, sorted(memory_ids))
        return Read(
            entries=[entry_of(each) for each in found if not is_folded(each)],
            folded=[each["memory"]["memory_id"] for each in found if is_folded(each)],
        )

    async def _made_of(self, workspace_id: str, memory_id: str) -> list[Made]:
        asked = GetMadeRelationships(workspace_id=workspace_id, memory_id=memory_id)
        answer = await self._bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S)
        return [made_of(each) for each in answer["body"]]


def entry_of(found: dict[str, Any]) -> Entry:
    """A memory as GetMemories answers it, in the shape of the store."""
    memory = found["memory"]
    created_at = datetime.fromisoformat(memory["created_at"])
    return Entry(
        memory_id=memory["memory_id"],
        version=found["version"],
        content_hash=found["content_hash"],
        namespace=memory["namespace"],
        memory_type=memory["memory_type"],
        title=memory["title"],
        narrative=memory["narrative"],
        source_files=tuple(memory["source_files"]),
        concepts=tuple(memory["concepts"]),
        tags=tuple(memory["tags"]),
        session=memory["source_session_id"],
        created_at=created_at,
        written_at=datetime.fromisoformat(memory["updated_at"]) if memory["updated_at"] else created_at,
    )


def made_of(found: dict[str, Any]) -> Made:
    """A relationship as GetMadeRelationships answers it, in the shape of the store."""
    return Made(
        relationship_id=UUID(found["id"]),
        source=found["source_memory_id"],
        target=found["target_memory_id"],
        type=Type.of(found["relationship_type"]),
        confidence=found["confidence"],
        made_at=datetime.fromisoformat(found["created_at"]),
    )


def embedded_of(kept: Embedding) -> Embedded | None:
    """What DERIVED says of a memory's text, in the shape of the store; None where it could not be embedded."""
    if kept.status != "ready":
        return None
    vectors = np.frombuffer(b64decode(kept.vectors), dtype="<f4").reshape(-1, kept.dimension)
    return Embedded(kept.memory_id, kept.content_hash, kept.model, vectors)


def embedded_in(kept: Iterable[Embedding]) -> list[Embedded]:
    return [embedded for it in kept if (embedded := embedded_of(it)) is not None]


def by_workspace(changes: Sequence[tuple[str, Changes]]) -> dict[str, Changes]:
    """Everything that happened in each workspace, together."""
    together: dict[str, Changes] = defaultdict(Changes)
    for workspace_id, one in changes:
        together[workspace_id] |= one
    return dict(together)
