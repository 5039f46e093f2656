"""What a decision looks at, and how an event changes it. The same fold serves the write path and every rebuild."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never
from uuid import UUID

from contracts.base import Brought, EmbeddingStatus, MemoryType, RelationshipType, content_hash
from contracts.events import (
    AnyEvent,
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
)
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.importance import rated
from services.memory.decisions.session_state import JobState, SessionState
from services.memory.decisions.tenancy_state import Tenancy

NOTHING_BROUGHT = Brought()


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a memory was opened and found. The unlogged part is in the totals, but not in the log yet."""

    access_count: int = 0
    retrieval_count: int = 0
    last_accessed_at: datetime | None = None
    unlogged_accesses: int = 0
    unlogged_retrievals: int = 0


@dataclass(frozen=True, slots=True)
class MemoryState:
    """A memory as it is now. `version` counts its events, `revision` its author's changes, starting at 1.

    `by_hand`: somebody wrote or changed it, and not only what was extracted from a session. `given_importance` is what
    its author and its readers think (SPEC 3.11: `given`); `importance_score` may have moved away from it, last on the
    day `recalculated_on`. `brought` is the part of its lists that it has from those it is `consolidated_from`; `apart`:
    that was undone, and nightly work leaves it as it is until its text changes.
    """

    memory_id: str
    namespace: str
    title: str
    narrative: str
    memory_type: MemoryType
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    source_files: tuple[str, ...]
    importance_score: float
    given_importance: float
    confidence_score: float
    source_session_id: str | None
    revision: int
    version: int
    created_at: datetime
    updated_at: datetime | None
    content_hash: str
    by_hand: bool = True
    feedback_positive_count: int = 0
    feedback_negative_count: int = 0
    recalculated_on: date | None = None
    consolidated_from: tuple[str, ...] = ()
    consolidated_into: str | None = None
    brought: Brought = NOTHING_BROUGHT
    apart: bool = False
    usage: Usage = Usage()
    embedding_status: EmbeddingStatus = "pending"
    pagerank_score: float | None = None
    community_label: str | None = None


@dataclass(frozen=True, slots=True)
class RelationshipState:
    """What somebody says by hand of two memories. `version` counts its events; it was made when it was first said."""

    relationship_id: str
    source: str
    target: str
    type: RelationshipType
    confidence: float
    context: str | None
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """What is left of a deleted memory, relationship or document: the last version of its stream."""

    version: int


@dataclass(slots=True)
class WorkspaceState:
    """A workspace under its lock: what decisions need of it. The writer moves it on, event by event.

    `memories`, `relationships` and `documents` hold those that the commands at hand are about: a state, a Deletion, or
    nothing where there was none; so do `sessions` and `jobs`, which are never deleted. Of memories that are to be
    deleted or related, it knows all relationships; of documents, the jobs of their newest versions; `contents` are the
    bytes that came with commands, by their ids. `namespaces` says of each whether it is active or archived; `tenancy`
    has the rest of them and all keys, and is filled only for commands that are about those. `versions` are those of
    streams that have no state here. `deleted`: there was such a workspace, and there never will be again.
    """

    workspace_id: str
    plan: str | None
    seq: int = 0
    memory_count: int = 0
    namespaces: dict[str, str] = field(default_factory=dict)
    memories: dict[str, MemoryState | Deletion] = field(default_factory=dict)
    relationships: dict[str, RelationshipState | Deletion] = field(default_factory=dict)
    sessions: dict[str, SessionState] = field(default_factory=dict)
    jobs: dict[str, JobState] = field(default_factory=dict)
    documents: dict[str, DocumentState | Deletion] = field(default_factory=dict)
    contents: Mapping[UUID, bytes] = field(default_factory=dict)
    tenancy: Tenancy = field(default_factory=Tenancy)
    versions: dict[str, int] = field(default_factory=dict)
    deleted: bool = False
    _touching: dict[str, set[str]] = field(default_factory=dict)

    def alive(self, memory_id: str) -> MemoryState | None:
        found = self.memories.get(memory_id)
        return found if isinstance(found, MemoryState) else None

    def made(self, relationship_id: str) -> RelationshipState | None:
        found = self.relationships.get(relationship_id)
        return found if isinstance(found, RelationshipState) else None

    def touching(self, memory_id: str) -> Set[str]:
        """The relationships that lead from or to a memory."""
        return self._touching.get(memory_id, frozenset())

    def put_relationship(self, relationship_id: str, found: RelationshipState | Deletion) -> None:
        """A relationship as it is now. Its ends are in its id, and never change."""
        before = self.made(relationship_id)
        self.relationships[relationship_id] = found
        if isinstance(found, RelationshipState):
            for memory_id in (found.source, found.target):
                self._touching.setdefault(memory_id, set()).add(relationship_id)
        elif before is not None:
            for memory_id in (before.source, before.target):
                self._touching[memory_id].discard(relationship_id)

    def next_version(self, entity: str, stream: str) -> int:
        """The version of the next event of a stream. A session may have the id of a memory: they are two streams."""
        found: MemoryState | RelationshipState | Deletion | SessionState | JobState | None
        match entity:
            case "session":
                found = self.sessions.get(stream)
            case "job":
                found = self.jobs.get(stream)
            case "relationship":
                found = self.relationships.get(stream)
            case "memory":
                found = self.memories.get(stream)
            case "document":
                document = self.documents.get(stream)
                found = Deletion(document.stream_version) if isinstance(document, DocumentState) else document
            case _:
                return self.versions.get(stream, 0) + 1
        return 1 if found is None else found.version + 1


def evolve(  # noqa: PLR0911, PLR0912 - one for each kind of event
    before: MemoryState | Deletion | None, event: AnyEvent, version: int, time: datetime
) -> MemoryState | Deletion | None:
    """The state of a memory after one more event of its stream. Events of other streams change no memory."""
    if isinstance(event, TenancyEvent | DocumentEvent):
        return before
    match event:
        case MemoryStored():
            return _stored(event, version, time)
        case MemoryImported():
            return _imported(event, version)
        case MemoryRevised():
            return _revised(before, event, version, time) if isinstance(before, MemoryState) else before
        case MemoryConsolidated():
            return _consolidated(before, event, version, time) if isinstance(before, MemoryState) else before
        case MemoryFolded():
            return _folded(before, event, version) if isinstance(before, MemoryState) else before
        case MemoryUsed():
            return _used(before, event, version) if isinstance(before, MemoryState) else before
        case MemoryRated():
            return _rated(before, event, version) if isinstance(before, MemoryState) else before
        case MemoryRecalculated():
            return _recalculated(before, event, version) if isinstance(before, MemoryState) else before
        case MemoryDeleted():
            return Deletion(version)
        case SessionStarted() | ObservationsRecorded() | SessionEnded() | ExtractionRetried() | JobChanged():
            return before
        case SessionImported() | RelationshipMade() | RelationshipDeleted() | EventErased():
            return before
        case _:
            assert_never(event)


def evolve_relationship(
    before: RelationshipState | Deletion | None,
    event: RelationshipMade | RelationshipDeleted,
    version: int,
    time: datetime,
) -> RelationshipState | Deletion:
    """The state of a relationship after one more event of its stream. It may be made again after a deletion."""
    if isinstance(event, RelationshipDeleted):
        return Deletion(version)
    if isinstance(before, RelationshipState):
        return replace(before, confidence=event.confidence, context=event.context, version=version)
    return RelationshipState(
        relationship_id=str(event.relationship_id),
        source=event.source_memory_id,
        target=event.target_memory_id,
        type=event.relationship_type,
        confidence=event.confidence,
        context=event.context,
        version=version,
        created_at=event.made_at or time,
    )


def _stored(event: MemoryStored, version: int, time: datetime) -> MemoryState:
    return MemoryState(
        memory_id=event.memory_id,
        namespace=event.namespace,
        title=event.title,
        narrative=event.narrative,
        memory_type=event.memory_type,
        tags=event.tags,
        concepts=event.concepts,
        source_files=event.source_files,
        importance_score=event.importance_score,
        given_importance=event.importance_score,
        confidence_score=event.confidence_score,
        source_session_id=event.source_session_id,
        revision=1,
        version=version,
        created_at=time,
        updated_at=None,
        content_hash=content_hash(event.title, event.narrative),
        by_hand=event.evidence is None,
    )


def _imported(event: MemoryImported, version: int) -> MemoryState:
    counted = {name: getattr(event, name) for name in ("access_count", "retrieval_count", "last_accessed_at")}
    said = {name: getattr(event, name) for name in MemoryImported.model_fields if name not in counted}
    text = content_hash(event.title, event.narrative)
    return MemoryState(**said, version=version, content_hash=text, usage=Usage(**counted))


def _revised(before: MemoryState, event: MemoryRevised, version: int, time: datetime) -> MemoryState:
    changes = event.changes()
    if not changes:  # more evidence, and nothing that anybody sees
        return replace(before, version=version)
    after = replace(before, **changes, revision=before.revision + 1, version=version, updated_at=time)  # type: ignore[arg-type]
    after = replace(after, by_hand=before.by_hand or event.evidence is None)
    if event.importance_score is not None:
        after = replace(after, given_importance=event.importance_score)
    text = content_hash(after.title, after.narrative)
    if text == before.content_hash:
        return after
    return replace(after, content_hash=text, embedding_status="pending", apart=False)


def _consolidated(before: MemoryState, event: MemoryConsolidated, version: int, time: datetime) -> MemoryState:
    """All of it is in the event: those before it may have been erased."""
    return replace(
        before,
        consolidated_from=event.consolidated_from,
        tags=event.tags,
        concepts=event.concepts,
        source_files=event.source_files,
        brought=event.brought,
        apart=event.apart,
        revision=event.revision,
        version=version,
        updated_at=event.updated_at or time,
    )


def _folded(before: MemoryState, event: MemoryFolded, version: int) -> MemoryState:
    return replace(before, consolidated_into=event.into, apart=event.apart, version=version)


def _rated(before: MemoryState, event: MemoryRated, version: int) -> MemoryState:
    return replace(
        before,
        version=version,
        importance_score=event.importance_score,
        given_importance=rated(before.given_importance, event.useful),
        feedback_positive_count=before.feedback_positive_count + event.useful,
        feedback_negative_count=before.feedback_negative_count + (not event.useful),
    )


def _recalculated(before: MemoryState, event: MemoryRecalculated, version: int) -> MemoryState:
    return replace(before, version=version, importance_score=event.importance_score, recalculated_on=event.day)


def _used(before: MemoryState, event: MemoryUsed, version: int) -> MemoryState:
    """What was counted but not logged is replaced by what the log says of it; in a rebuild nothing was counted yet."""
    usage = before.usage
    logged = Usage(
        access_count=usage.access_count - usage.unlogged_accesses + event.accesses,
        retrieval_count=usage.retrieval_count - usage.unlogged_retrievals + event.retrievals,
        last_accessed_at=event.last_accessed_at or usage.last_accessed_at,
    )
    return replace(before, version=version, usage=logged)
