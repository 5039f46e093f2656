"""From events and ranks to the index of memories. An event only says which memory or document changed; what it is now
is read from the memory service, so that duplicates, reordering and a late start change nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, assert_never

from contracts.base import internal_id
from contracts.events import (
    ChunksRecorded,
    CloudEvent,
    DocumentChanged,
    DocumentDeleted,
    DocumentIngested,
    DocumentReady,
    DocumentRetried,
    EventErased,
    ExtractionRetried,
    FindingsRecorded,
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
from contracts.replies import Ranks
from services.kit.bus import Bus
from services.kit.embedding import document_text
from services.kit.reading import is_folded, read_memories
from services.search.store import Entry, Index, Rank, Removal, derived


@dataclass(frozen=True, slots=True)
class Change:
    """That a memory changed, or with `deleted_at` that it was deleted with that version; or that the whole workspace
    has `ended`."""

    workspace_id: str
    memory_id: str = ""
    deleted_at: int | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class News:
    """That something is to be done about a document; `version` is the event's."""

    workspace_id: str
    document_id: str
    version: int


def change_of(event: CloudEvent) -> Change | News | None:
    """What an event means to the index; None for what it does not care about."""
    if isinstance(event.data, TenancyEvent):
        return Change(event.workspace, ended=True) if isinstance(event.data, WorkspaceDeleted) else None
    match event.data:
        case (
            MemoryStored()
            | MemoryImported()
            | MemoryRevised()
            | MemoryRated()
            | MemoryRecalculated()
            | MemoryConsolidated()
            | MemoryFolded()
        ):
            return Change(event.workspace, event.subject)
        case MemoryDeleted():
            return Change(event.workspace, event.subject, deleted_at=event.version)
        case DocumentReady() | DocumentChanged() | DocumentDeleted():
            return News(event.workspace, event.subject, event.version)
        case DocumentIngested() | ChunksRecorded() | FindingsRecorded() | DocumentRetried():
            return None
        case MemoryUsed() | EventErased() | RelationshipMade() | RelationshipDeleted():
            return None
        case SessionStarted() | SessionImported() | ObservationsRecorded() | SessionEnded():
            return None
        case ExtractionRetried() | JobChanged():
            return None
        case _:
            assert_never(event.data)


class Projection:
    """Brings changes into the index: the live one, or with `target` the one that a rebuild fills. `others` are indexes
    that end with the workspace, too.
    """

    def __init__(self, bus: Bus, index: Index, *others: Index):
        self._bus = bus
        self._index = index
        self._others = others

    async def apply(self, changes: Sequence[Change]) -> None:
        by_workspace: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_workspace[change.workspace_id].append(change)
        for workspace_id, its_own in by_workspace.items():
            if any(change.ended for change in its_own):
                for index in (self._index, *self._others):
                    await index.drop(workspace_id)
            else:
                await self.apply_to(workspace_id, its_own, None)

    async def apply_to(self, workspace_id: str, changes: Iterable[Change], target: str | None) -> list[Entry]:
        """The memories among the changes that are still there, as they went into the index.

        What is folded into another leaves the index only: its vectors are kept, since it may come back.
        """
        gone = {it.memory_id: it.deleted_at for it in changes if it.deleted_at is not None}
        if gone:
            removals = [
                Removal(internal_id(workspace_id, memory_id), memory_id, version) for memory_id, version in gone.items()
            ]
            await self._index.remove(workspace_id, removals, target)
            for memory_id in gone:
                await derived.erase(self._bus, workspace_id, memory_id)
        changed = [memory_id for memory_id in {it.memory_id: None for it in changes} if memory_id not in gone]
        read = await read_memories(self._bus, workspace_id, changed)
        if folded := [removal_of(each) for each in read if is_folded(each)]:
            await self._index.remove(workspace_id, folded, target)
        entries = [entry_of(each) for each in read if not is_folded(each)]
        if entries:
            await self._index.upsert(workspace_id, entries, target)
        return entries

    async def place(self, said: Ranks, target: str | None = None) -> None:
        """Brings the memories' places in the graph into the index. Who is not there yet brings its own along."""
        workspace_id = said.workspace_id
        placed = [
            Rank(internal_id(workspace_id, it.memory_id), it.pagerank_score, it.community_label) for it in said.ranks
        ]
        await self._index.set_ranks(workspace_id, placed, said.part, said.parts, target)

    async def place_all(self, workspace_id: str, target: str | None) -> None:
        async for said in derived.ranks(self._bus, workspace_id):
            await self.place(said, target)


def removal_of(found: dict[str, Any]) -> Removal:
    """A memory as read_memories gives it, that is not to be found at present."""
    memory = found["memory"]
    return Removal(internal_id(memory["workspace_id"], memory["memory_id"]), memory["memory_id"], found["version"])


def entry_of(found: dict[str, Any]) -> Entry:
    """A memory as read_memories gives it, in the shape of the index."""
    memory = found["memory"]
    return Entry(
        id=internal_id(memory["workspace_id"], memory["memory_id"]),
        memory_id=memory["memory_id"],
        version=found["version"],
        namespace=memory["namespace"],
        memory_type=memory["memory_type"],
        tags=tuple(memory["tags"]),
        files=tuple(memory["source_files"]),
        importance=memory["importance_score"],
        confidence=memory["confidence_score"],
        created_at=datetime.fromisoformat(memory["created_at"]).timestamp(),
        content_hash=found["content_hash"],
        text=document_text(memory["title"], memory["narrative"]),
        pagerank=memory["pagerank_score"],
        community=memory["community_label"],
    )
