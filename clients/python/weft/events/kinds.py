"""What happened: a class for the data of each event, by its newest version.

A field that is not known here is kept. Words with a closed list are plain `str`: a newer server may know more.
Generated from contracts/ by `make contracts`: change it there.
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from weft.models import Model


class Data(Model):
    """The part of an event that says what happened."""

    type: ClassVar[str]


class Quote(Model):
    """A passage that a memory rests on; without an id it is from the session's summary."""

    observation_id: str | None = None
    text: str


class Nearest(Model):
    """The memory that a search found nearest before storing, and its score."""

    memory_id: str
    score: float


class Evidence(Model):
    """What an extracted memory rests on, who extracted it (name and version), and what was there before.

    Without a session it is nightly work that looked at the memory itself.
    """

    session_id: str | None = None
    extractor: str
    quotes: tuple[Quote, ...] = ()
    nearest: Nearest | None = None


class Brought(Model):
    """What of a memory's lists it has only from those that are folded into it."""

    tags: tuple[str, ...] = ()
    concepts: tuple[str, ...] = ()
    source_files: tuple[str, ...] = ()


class Injected(Model):
    """A memory that was given to an agent, and how well it fitted; its text is not repeated."""

    memory_id: str
    score: float


class Observation(Model):
    """One thing that happened in a session. `at`: when, by whoever saw it."""

    observation_id: str
    kind: str
    content: str
    files: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)
    at: datetime


class Chunk(Model):
    """A passage: characters `start` to `end` (not included) of the document's text, on `page` (from 1) of a PDF."""

    chunk_id: str
    index: int
    text: str
    start: int
    end: int
    section_id: str | None = None
    page: int | None = None


class Section(Model):
    """A part of a document under a heading: its chunks, those of its subsections among them, by their indexes."""

    section_id: str
    parent_id: str | None = None
    title: str
    level: int
    first_chunk: int
    last_chunk: int


class Fact(Model):
    """What a document says, in one sentence, and how sure it is that it does."""

    fact_id: str
    kind: str
    text: str
    confidence: float
    chunk_id: str


class Entity(Model):
    """What a document speaks of: how often, and in which of its chunks (at most 100 of them)."""

    entity_id: str
    name: str
    kind: str
    mentions: int
    chunk_ids: tuple[str, ...]


class Grants(Model):
    """What a key may do: the namespaces that it may read, those that it may write, and where its writes go unasked."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    default: str


class MemoryStored(Data):
    """A memory came into being, written by hand or extracted from a session."""

    type = "weft.memory.stored.v1"

    memory_id: str
    namespace: str
    title: str
    narrative: str
    memory_type: str
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    source_files: tuple[str, ...]
    importance_score: float
    confidence_score: float
    source_session_id: str | None = None
    evidence: Evidence | None = None


class MemoryImported(Data):
    """A memory was taken over as it was elsewhere, with its age and its counters; `time` is when it was imported."""

    type = "weft.memory.imported.v1"

    memory_id: str
    namespace: str
    title: str
    narrative: str
    memory_type: str
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    source_files: tuple[str, ...]
    importance_score: float
    given_importance: float
    confidence_score: float
    source_session_id: str | None = None
    by_hand: bool
    revision: int
    created_at: datetime
    updated_at: datetime | None = None
    access_count: int = 0
    retrieval_count: int = 0
    last_accessed_at: datetime | None = None
    feedback_positive_count: int = 0
    feedback_negative_count: int = 0
    recalculated_on: date | None = None
    apart: bool = False


class MemoryRevised(Data):
    """A memory was changed. Carries only the fields that changed; the others are absent, not null.

    `evidence` says on what a change rests that was not made by hand; alone, it changes nothing but what is known.
    """

    type = "weft.memory.revised.v1"

    memory_id: str
    title: str | None = None
    narrative: str | None = None
    memory_type: str | None = None
    tags: tuple[str, ...] | None = None
    concepts: tuple[str, ...] | None = None
    source_files: tuple[str, ...] | None = None
    importance_score: float | None = None
    confidence_score: float | None = None
    evidence: Evidence | None = None


class MemoryConsolidated(Data):
    """Memories were folded into this one, or taken out: which are in it now, and its lists as they are with theirs.

    It says all of it anew, so that the one before, which may have tags of what was deleted since, is erased. With an
    empty `consolidated_from` nothing is folded into it any more, and its lists are its author's. `brought` is what of
    them is not; `revision` the public one after this event. `apart`: somebody undid a consolidation, and nightly work
    is to leave the memory as it is. `updated_at` is there where it was imported, and no change of it.
    """

    type = "weft.memory.consolidated.v1"

    memory_id: str
    consolidated_from: tuple[str, ...]
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    source_files: tuple[str, ...]
    brought: Brought
    revision: int
    apart: bool = False
    updated_at: datetime | None = None


class MemoryFolded(Data):
    """A memory now stands behind another, `into`, that says nearly the same; null: it stands for itself again.

    It is still there to be read, and nothing of it has changed: no revision. `apart` as in MemoryConsolidated.
    """

    type = "weft.memory.folded.v1"

    memory_id: str
    into: str | None
    apart: bool = False


class MemoryUsed(Data):
    """A memory was opened, or found for an agent: how often, counted together since the last such event.

    Changes no revision.
    """

    type = "weft.memory.used.v1"

    memory_id: str
    accesses: int
    retrievals: int
    last_accessed_at: datetime | None = None


class MemoryRated(Data):
    """Somebody said whether a memory was of use, and `importance_score` is what followed. Changes no revision."""

    type = "weft.memory.rated.v1"

    memory_id: str
    useful: bool
    context: str | None = None
    previous_importance: float
    importance_score: float


class MemoryRecalculated(Data):
    """A memory's importance moved by itself, as it does at most once on a `day` (UTC). Changes no revision."""

    type = "weft.memory.recalculated.v1"

    memory_id: str
    previous_importance: float
    importance_score: float
    day: date


class MemoryDeleted(Data):
    """The memory is gone; its earlier events have been erased and say so."""

    type = "weft.memory.deleted.v1"

    memory_id: str


class RelationshipMade(Data):
    """Somebody said how one memory relates to another. A later one with the same id replaces it.

    `made_at` is there where it was imported: it was said then, elsewhere.
    """

    type = "weft.relationship.made.v1"

    relationship_id: UUID
    source_memory_id: str
    target_memory_id: str
    relationship_type: str
    confidence: float
    context: str | None = None
    made_at: datetime | None = None


class RelationshipDeleted(Data):
    """A relationship was taken back, or one of its memories deleted. Its earlier events have been erased and say so."""

    type = "weft.relationship.deleted.v1"

    relationship_id: UUID


class SessionStarted(Data):
    """An agent began to work. `injected` are the memories that it was given."""

    type = "weft.session.started.v1"

    session_id: str
    namespace: str
    project_path: str
    project_name: str | None = None
    branch_name: str | None = None
    user_id: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    injected: tuple[Injected, ...] = ()


class SessionImported(Data):
    """A session was taken over as it was elsewhere. It has no job: what was learnt from it comes along."""

    type = "weft.session.imported.v1"

    session_id: str
    namespace: str
    project_path: str
    project_name: str | None = None
    branch_name: str | None = None
    user_id: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    injected: tuple[Injected, ...] = ()
    status: str
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    summary: str | None = None
    estimated_memories: int | None = None


class ObservationsRecorded(Data):
    """What happened in a session, in order. `first` counts the session's observations before these.

    `imported`: elsewhere; the session may have ended.
    """

    type = "weft.session.observed.v1"

    session_id: str
    first: int
    observations: tuple[Observation, ...]
    imported: bool = False


class SessionEnded(Data):
    """A session is over. What it taught is now to be found out, by the job."""

    type = "weft.session.ended.v1"

    session_id: str
    reason: str
    summary: str | None = None
    job_id: str
    estimated_memories: int


class ExtractionRetried(Data):
    """A session's job is to be done once more."""

    type = "weft.session.retried.v1"

    session_id: str
    job_id: str


class JobChanged(Data):
    """A job began, waits, went on or ended. `counts` and `memory_ids` are all so far, not those that came since.

    A job comes of a session or of a document's version, or is nightly work of a `day` (UTC).
    """

    type = "weft.job.changed.v1"

    job_id: str
    kind: str
    namespace: str
    session_id: str | None = None
    document_id: str | None = None
    day: date | None = None
    status: str
    reason: str | None = None
    error: str | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    memory_ids: tuple[str, ...] = ()


class DocumentIngested(Data):
    """A document came in, or its next version. Its bytes are in no event: the memory service gives them out."""

    type = "weft.document.ingested.v1"

    document_id: str
    version: int
    namespace: str
    title: str
    source_id: str | None = None
    media_type: str
    size: int
    sha256: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    job_id: str


class ChunksRecorded(Data):
    """More chunks and sections of a document's version, in order. They count once it is ready.

    Once a newer version is ready, this is erased: what is kept of an older one is what was found in it.
    """

    type = "weft.document.chunked.v1"

    document_id: str
    version: int
    namespace: str
    first: int
    chunks: tuple[Chunk, ...]
    first_section: int = 0
    sections: tuple[Section, ...] = ()


class FindingsRecorded(Data):
    """More facts that a document's version states, and entities that it speaks of. They count once it is ready."""

    type = "weft.document.analysed.v1"

    document_id: str
    version: int
    namespace: str
    part: int
    facts: tuple[Fact, ...] = ()
    entities: tuple[Entity, ...] = ()


class DocumentReady(Data):
    """A document's version has all its chunks and sections, and takes the place of the one before."""

    type = "weft.document.ready.v1"

    document_id: str
    version: int
    namespace: str
    chunks: int
    sections: int


class DocumentChanged(Data):
    """A document's title or metadata was changed. Carries only what did; the other fields are absent, not null."""

    type = "weft.document.changed.v1"

    document_id: str
    title: str | None = None
    metadata: dict[str, Any] | None = None


class DocumentRetried(Data):
    """The job of a document's version is to be done once more."""

    type = "weft.document.retried.v1"

    document_id: str
    version: int
    namespace: str
    job_id: str


class DocumentDeleted(Data):
    """The document is gone; its earlier events have been erased and say so. With its source_id it may come again."""

    type = "weft.document.deleted.v1"

    document_id: str


class WorkspaceOpened(Data):
    """A workspace came into being. Its first event."""

    type = "weft.workspace.opened.v1"

    name: str
    plan: str
    default_namespace: str


class WorkspaceAssigned(Data):
    """The workspace belongs to an organisation, whose people may manage it. Said once."""

    type = "weft.workspace.assigned.v1"

    organisation_id: UUID


class WorkspaceRenamed(Data):
    """The workspace has another name."""

    type = "weft.workspace.renamed.v1"

    name: str


class PlanSwitched(Data):
    """From here on the limits are those of `plan`. What is there already stays, also beyond them."""

    type = "weft.workspace.plan_switched.v1"

    plan: str
    previous: str


class WorkspaceDeleted(Data):
    """The workspace is gone for good, with all that was in it. Nothing comes after this, and everything before it
    leaves the streams.
    """

    type = "weft.workspace.deleted.v1"


class WorkspaceExported(Data):
    """Somebody began to take away what they may read: as much as `counts` says was there at that moment."""

    type = "weft.workspace.exported.v1"

    namespaces: tuple[str, ...]
    with_events: bool
    counts: dict[str, int]


class WorkspaceImported(Data):
    """Somebody brought lines in; `counts` says what became of them."""

    type = "weft.workspace.imported.v1"

    counts: dict[str, int]


class NamespaceCreated(Data):
    """A part of the workspace came into being, to which keys can be limited."""

    type = "weft.namespace.created.v1"

    namespace_id: UUID
    namespace: str
    name: str


class NamespaceChanged(Data):
    """A namespace was renamed, archived or restored; it is now as this says.

    What is in an archived one is kept, and found by nobody until it is active again.
    """

    type = "weft.namespace.changed.v1"

    namespace_id: UUID
    namespace: str
    name: str
    status: str


class KeyIssued(Data):
    """A key was made. `secret_hash` is a keyed hash of it; the key itself is nowhere."""

    type = "weft.key.issued.v1"

    key_id: UUID
    public_id: str
    secret_hash: str
    name: str
    grants: Grants
    expires_at: datetime | None = None


class KeyRenamed(Data):
    """A key has another name."""

    type = "weft.key.renamed.v1"

    key_id: UUID
    name: str


class KeyRotated(Data):
    """A key has another secret; the one before is dead."""

    type = "weft.key.rotated.v1"

    key_id: UUID
    public_id: str
    secret_hash: str
    previous_public_id: str


class KeyScoped(Data):
    """What a key may do was changed."""

    type = "weft.key.scoped.v1"

    key_id: UUID
    grants: Grants


class KeyRevoked(Data):
    """A key is dead for good."""

    type = "weft.key.revoked.v1"

    key_id: UUID


class WebhookCreated(Data):
    """A webhook was made: somebody is told what happens from here on. The secret that signs it is nowhere."""

    type = "weft.webhook.created.v1"

    webhook_id: UUID
    url: str
    types: tuple[str, ...] = ()
    description: str | None = None


class WebhookChanged(Data):
    """A webhook was changed, enabled or disabled; it is now as this says."""

    type = "weft.webhook.changed.v1"

    webhook_id: UUID
    url: str
    types: tuple[str, ...] = ()
    description: str | None = None
    enabled: bool
    reason: str | None = None


class WebhookRotated(Data):
    """A webhook has another secret."""

    type = "weft.webhook.rotated.v1"

    webhook_id: UUID


class WebhookDeleted(Data):
    """A webhook is no more."""

    type = "weft.webhook.deleted.v1"

    webhook_id: UUID


class EventErased(Data):
    """Stands where an event stood whose content has been erased, under the same `seq`."""

    type = "weft.event.erased.v1"

    erased_type: str


AnyEvent = (
    MemoryStored
    | MemoryImported
    | MemoryRevised
    | MemoryConsolidated
    | MemoryFolded
    | MemoryUsed
    | MemoryRated
    | MemoryRecalculated
    | MemoryDeleted
    | RelationshipMade
    | RelationshipDeleted
    | SessionStarted
    | SessionImported
    | ObservationsRecorded
    | SessionEnded
    | ExtractionRetried
    | JobChanged
    | DocumentIngested
    | ChunksRecorded
    | FindingsRecorded
    | DocumentReady
    | DocumentChanged
    | DocumentRetried
    | DocumentDeleted
    | WorkspaceOpened
    | WorkspaceAssigned
    | WorkspaceRenamed
    | PlanSwitched
    | WorkspaceDeleted
    | WorkspaceExported
    | WorkspaceImported
    | NamespaceCreated
    | NamespaceChanged
    | KeyIssued
    | KeyRenamed
    | KeyRotated
    | KeyScoped
    | KeyRevoked
    | WebhookCreated
    | WebhookChanged
    | WebhookRotated
    | WebhookDeleted
    | EventErased
)

KINDS: dict[str, type[AnyEvent]] = {
    MemoryStored.type: MemoryStored,
    MemoryImported.type: MemoryImported,
    MemoryRevised.type: MemoryRevised,
    MemoryConsolidated.type: MemoryConsolidated,
    MemoryFolded.type: MemoryFolded,
    MemoryUsed.type: MemoryUsed,
    MemoryRated.type: MemoryRated,
    MemoryRecalculated.type: MemoryRecalculated,
    MemoryDeleted.type: MemoryDeleted,
    RelationshipMade.type: RelationshipMade,
    RelationshipDeleted.type: RelationshipDeleted,
    SessionStarted.type: SessionStarted,
    SessionImported.type: SessionImported,
    ObservationsRecorded.type: ObservationsRecorded,
    SessionEnded.type: SessionEnded,
    ExtractionRetried.type: ExtractionRetried,
    JobChanged.type: JobChanged,
    DocumentIngested.type: DocumentIngested,
    ChunksRecorded.type: ChunksRecorded,
    FindingsRecorded.type: FindingsRecorded,
    DocumentReady.type: DocumentReady,
    DocumentChanged.type: DocumentChanged,
    DocumentRetried.type: DocumentRetried,
    DocumentDeleted.type: DocumentDeleted,
    WorkspaceOpened.type: WorkspaceOpened,
    WorkspaceAssigned.type: WorkspaceAssigned,
    WorkspaceRenamed.type: WorkspaceRenamed,
    PlanSwitched.type: PlanSwitched,
    WorkspaceDeleted.type: WorkspaceDeleted,
    WorkspaceExported.type: WorkspaceExported,
    WorkspaceImported.type: WorkspaceImported,
    NamespaceCreated.type: NamespaceCreated,
    NamespaceChanged.type: NamespaceChanged,
    KeyIssued.type: KeyIssued,
    KeyRenamed.type: KeyRenamed,
    KeyRotated.type: KeyRotated,
    KeyScoped.type: KeyScoped,
    KeyRevoked.type: KeyRevoked,
    WebhookCreated.type: WebhookCreated,
    WebhookChanged.type: WebhookChanged,
    WebhookRotated.type: WebhookRotated,
    WebhookDeleted.type: WebhookDeleted,
    EventErased.type: EventErased,
}
"""Every event by the newest version of its type."""
