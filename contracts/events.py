"""What happened: one class for the data of each event, and the CloudEvents envelope that carries it on the wire.

Events are for ever. README.md has the rules by which one may change.
"""

import json
from datetime import date
from typing import Annotated, ClassVar, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_serializer, model_validator

from contracts.base import (
    Brought,
    Counts,
    Description,
    EndReason,
    Evidence,
    Grants,
    Injected,
    JobId,
    JobKind,
    JobStatus,
    MemoryId,
    MemoryType,
    Metadata,
    Moment,
    Name,
    NamespaceKey,
    NamespaceStatus,
    Narrative,
    Observation,
    Plan,
    ProjectPath,
    Reason,
    RelationshipType,
    Score,
    SessionId,
    SessionStatus,
    SourceFiles,
    Tags,
    Text,
    Title,
    WantedTypes,
    WebhookUrl,
    Word,
    WorkspaceId,
)
from contracts.documents import (
    Chunk,
    DocumentId,
    Entity,
    Fact,
    MediaType,
    Number,
    Section,
    Sha256,
    SourceId,
    Version,
)
from contracts.upcasts import UPCASTS

SOURCE = "/weft/memory"


class NewerThanKnown(Exception):
    """An event of a type or version that this reader was not built for. It stops there; it must not skip it."""


class EventData(Word):
    """The part of an event that says what happened."""

    type: ClassVar[str]
    verb: ClassVar[str]
    entity: ClassVar[str] = "memory"


class MemoryStored(EventData):
    type = "weft.memory.stored.v1"
    verb = "stored"

    memory_id: MemoryId
    namespace: NamespaceKey
    title: Title
    narrative: Narrative
    memory_type: MemoryType
    tags: Tags
    concepts: Tags
    source_files: SourceFiles
    importance_score: Score
    confidence_score: Score
    source_session_id: Text | None = None
    evidence: Evidence | None = None

    @model_serializer(mode="wrap")
    def _evidence_where_there_is_some(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "evidence" or value is not None}


class MemoryImported(EventData):
    """A memory was taken over as it was elsewhere, with its age and its counters; `time` is when it was imported."""

    type = "weft.memory.imported.v1"
    verb = "imported"

    memory_id: MemoryId
    namespace: NamespaceKey
    title: Title
    narrative: Narrative
    memory_type: MemoryType
    tags: Tags
    concepts: Tags
    source_files: SourceFiles
    importance_score: Score
    given_importance: Score
    confidence_score: Score
    source_session_id: Text | None = None
    by_hand: bool
    revision: Annotated[int, Field(ge=1)]
    created_at: Moment
    updated_at: Moment | None = None
    access_count: Annotated[int, Field(ge=0)] = 0
    retrieval_count: Annotated[int, Field(ge=0)] = 0
    last_accessed_at: Moment | None = None
    feedback_positive_count: Annotated[int, Field(ge=0)] = 0
    feedback_negative_count: Annotated[int, Field(ge=0)] = 0
    recalculated_on: date | None = None
    apart: bool = False


class MemoryRevised(EventData):
    """Carries only the fields that changed; the others are absent, not null.

    `evidence` says on what a change rests that was not made by hand; alone, it changes nothing but what is known.
    """

    type = "weft.memory.revised.v1"
    verb = "revised"

    memory_id: MemoryId
    title: Title | None = None
    narrative: Narrative | None = None
    memory_type: MemoryType | None = None
    tags: Tags | None = None
    concepts: Tags | None = None
    source_files: SourceFiles | None = None
    importance_score: Score | None = None
    confidence_score: Score | None = None
    evidence: Evidence | None = None

    def changes(self) -> dict[str, object]:
        """The changed fields by name."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields if name not in _NO_CHANGE)
        return {name: value for name, value in fields if value is not None}

    @model_serializer(mode="wrap")
    def _only_what_changed(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


_NO_CHANGE = ("memory_id", "evidence")


class MemoryConsolidated(EventData):
    """What a memory has of those that are folded into it: which they are, and its lists as they are with theirs.

    It says all of it anew, so that the one before, which may have tags of what was deleted since, is erased. With an
    empty `consolidated_from` nothing is folded into it any more, and its lists are its author's. `brought` is what of
    them is not; `revision` the public one after this event. `apart`: somebody undid a consolidation, and nightly work
    is to leave the memory as it is. `updated_at` is there where it was imported, and no change of it.
    """

    type = "weft.memory.consolidated.v1"
    verb = "consolidated"

    memory_id: MemoryId
    consolidated_from: tuple[MemoryId, ...]
    tags: Tags
    concepts: Tags
    source_files: SourceFiles
    brought: Brought
    revision: Annotated[int, Field(ge=1)]
    apart: bool = False
    updated_at: Moment | None = None

    @model_serializer(mode="wrap")
    def _updated_at_where_it_was_elsewhere(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "updated_at" or value is not None}


class MemoryFolded(EventData):
    """A memory now stands behind another, `into`, that says nearly the same; null: it stands for itself again.

    It is still there to be read, and nothing of it has changed: no revision. `apart` as in MemoryConsolidated.
    """

    type = "weft.memory.folded.v1"
    verb = "folded"

    memory_id: MemoryId
    into: MemoryId | None
    apart: bool = False


class MemoryRated(EventData):
    """Somebody said whether it was of use, and `importance_score` is what followed. Changes no revision."""

    type = "weft.memory.rated.v1"
    verb = "rated"

    memory_id: MemoryId
    useful: bool
    context: Reason | None = None
    previous_importance: Score
    importance_score: Score


class MemoryRecalculated(EventData):
    """Its importance moved by itself, as it does at most once on a `day` (UTC). Changes no revision."""

    type = "weft.memory.recalculated.v1"
    verb = "recalculated"

    memory_id: MemoryId
    previous_importance: Score
    importance_score: Score
    day: date


class MemoryUsed(EventData):
    """Accesses and retrievals since the last such event, counted together. Changes no revision."""

    type = "weft.memory.used.v1"
    verb = "used"

    memory_id: MemoryId
    accesses: Annotated[int, Field(ge=0)]
    retrievals: Annotated[int, Field(ge=0)]
    last_accessed_at: Moment | None = None


class MemoryDeleted(EventData):
    """The memory is gone; its earlier events have been erased and say so."""

    type = "weft.memory.deleted.v1"
    verb = "deleted"

    memory_id: MemoryId


class RelationshipMade(EventData):
    """Somebody said how one memory relates to another. A later one with the same id replaces it.

    `made_at` is there where it was imported: it was said then, elsewhere.
    """

    type = "weft.relationship.made.v1"
    verb = "made"
    entity = "relationship"

    relationship_id: UUID
    source_memory_id: MemoryId
    target_memory_id: MemoryId
    relationship_type: RelationshipType
    confidence: Score
    context: Reason | None = None
    made_at: Moment | None = None

    @model_serializer(mode="wrap")
    def _made_at_where_it_was_elsewhere(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "made_at" or value is not None}


class RelationshipDeleted(EventData):
    """It was taken back, or one of its memories was deleted. Its earlier events have been erased and say so."""

    type = "weft.relationship.deleted.v1"
    verb = "deleted"
    entity = "relationship"

    relationship_id: UUID


class SessionStarted(EventData):
    """An agent began to work. `injected` are the memories that it was given."""

    type = "weft.session.started.v1"
    verb = "started"
    entity = "session"

    session_id: SessionId
    namespace: NamespaceKey
    project_path: ProjectPath
    project_name: Name | None = None
    branch_name: Name | None = None
    user_id: Name | None = None
    metadata: Metadata = Field(default_factory=dict)
    injected: tuple[Injected, ...] = ()


class SessionImported(EventData):
    """A session was taken over as it was elsewhere. It has no job: what was learnt from it comes along."""

    type = "weft.session.imported.v1"
    verb = "imported"
    entity = "session"

    session_id: SessionId
    namespace: NamespaceKey
    project_path: ProjectPath
    project_name: Name | None = None
    branch_name: Name | None = None
    user_id: Name | None = None
    metadata: Metadata = Field(default_factory=dict)
    injected: tuple[Injected, ...] = ()
    status: SessionStatus
    started_at: Moment
    last_seen_at: Moment
    ended_at: Moment | None = None
    ended_by: EndReason | None = None
    summary: Narrative | None = None
    estimated_memories: Annotated[int, Field(ge=0, le=20)] | None = None


class ObservationsRecorded(EventData):
    """What happened in a session, in order. `first` counts the session's observations before these.

    `imported`: elsewhere; the session may have ended.
    """

    type = "weft.session.observed.v1"
    verb = "observed"
    entity = "session"

    session_id: SessionId
    first: Annotated[int, Field(ge=0)]
    observations: tuple[Observation, ...]
    imported: bool = False

    @model_serializer(mode="wrap")
    def _imported_where_it_is(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "imported" or value}


class SessionEnded(EventData):
    """Nothing more happens in it. What it taught is now to be found out, by the job."""

    type = "weft.session.ended.v1"
    verb = "ended"
    entity = "session"

    session_id: SessionId
    reason: EndReason
    summary: Narrative | None = None
    job_id: JobId
    estimated_memories: Annotated[int, Field(ge=0, le=20)]


class ExtractionRetried(EventData):
    """The session's job is to be done once more."""

    type = "weft.session.retried.v1"
    verb = "retried"
    entity = "session"

    session_id: SessionId
    job_id: JobId


class JobChanged(EventData):
    """Where a job is. `counts` and `memory_ids` are all of them so far, not those that came since.

    A job comes of a session or of a document's version, or is nightly work of a `day` (UTC).
    """

    type = "weft.job.changed.v1"
    verb = "changed"
    entity = "job"

    job_id: JobId
    kind: JobKind
    namespace: NamespaceKey
    session_id: SessionId | None = None
    document_id: DocumentId | None = None
    day: date | None = None
    status: JobStatus
    reason: Reason | None = None
    error: Reason | None = None
    counts: Counts = Field(default_factory=dict)
    memory_ids: tuple[MemoryId, ...] = ()

    @model_serializer(mode="wrap")
    def _what_it_comes_of(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        optional = ("day", "document_id")
        return {name: value for name, value in write(self).items() if name not in optional or value is not None}


class DocumentIngested(EventData):
    """A document came in, or its next version. Its bytes are in no event: the memory service gives them out."""

    type = "weft.document.ingested.v1"
    verb = "ingested"
    entity = "document"

    document_id: DocumentId
    version: Version
    namespace: NamespaceKey
    title: Title
    source_id: SourceId | None = None
    media_type: MediaType
    size: Annotated[int, Field(ge=1)]
    sha256: Sha256
    metadata: Metadata = Field(default_factory=dict)
    job_id: JobId


class ChunksRecorded(EventData):
    """More chunks and sections of a version, in order. They count once it is ready.

    Once a newer version is ready, this is erased: what is kept of an older one is what was found in it.
    """

    type = "weft.document.chunked.v1"
    verb = "chunked"
    entity = "document"

    document_id: DocumentId
    version: Version
    namespace: NamespaceKey
    first: Number
    chunks: tuple[Chunk, ...]
    first_section: Number = 0
    sections: tuple[Section, ...] = ()


class FindingsRecorded(EventData):
    """More of what a version says and speaks of. It counts once the version is ready."""

    type = "weft.document.analysed.v1"
    verb = "analysed"
    entity = "document"

    document_id: DocumentId
    version: Version
    namespace: NamespaceKey
    part: Number
    facts: tuple[Fact, ...] = ()
    entities: tuple[Entity, ...] = ()


class DocumentReady(EventData):
    """A version has all its chunks (so many) and sections, and takes the place of the one before."""

    type = "weft.document.ready.v1"
    verb = "ready"
    entity = "document"

    document_id: DocumentId
    version: Version
    namespace: NamespaceKey
    chunks: Number
    sections: Number


class DocumentChanged(EventData):
    """Carries only the fields that changed; the others are absent, not null."""

    type = "weft.document.changed.v1"
    verb = "changed"
    entity = "document"

    document_id: DocumentId
    title: Title | None = None
    metadata: Metadata | None = None

    def changes(self) -> dict[str, object]:
        """The changed fields by name."""
        fields = {"title": self.title, "metadata": self.metadata}
        return {name: value for name, value in fields.items() if value is not None}

    @model_serializer(mode="wrap")
    def _only_what_changed(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class DocumentRetried(EventData):
    """The job of that version is to be done once more."""

    type = "weft.document.retried.v1"
    verb = "retried"
    entity = "document"

    document_id: DocumentId
    version: Version
    namespace: NamespaceKey
    job_id: JobId


class DocumentDeleted(EventData):
    """The document is gone; its earlier events have been erased and say so. With its source_id it may come again."""

    type = "weft.document.deleted.v1"
    verb = "deleted"
    entity = "document"

    document_id: DocumentId


DocumentEvent = (
    DocumentIngested
    | ChunksRecorded
    | FindingsRecorded
    | DocumentReady
    | DocumentChanged
    | DocumentRetried
    | DocumentDeleted
)


class WorkspaceOpened(EventData):
    type = "weft.workspace.opened.v1"
    verb = "opened"
    entity = "workspace"

    name: Title
    plan: Plan
    default_namespace: NamespaceKey


class WorkspaceAssigned(EventData):
    """The workspace belongs to an organisation, whose people may manage it. Said once."""

    type = "weft.workspace.assigned.v1"
    verb = "assigned"
    entity = "workspace"

    organisation_id: UUID


class WorkspaceRenamed(EventData):
    type = "weft.workspace.renamed.v1"
    verb = "renamed"
    entity = "workspace"

    name: Title


class PlanSwitched(EventData):
    """From here on the limits are those of `plan`. What is there already stays, also beyond them."""

    type = "weft.workspace.plan_switched.v1"
    verb = "plan_switched"
    entity = "workspace"

    plan: Plan
    previous: Plan


class WorkspaceDeleted(EventData):
    """The workspace is gone for good, with all that was in it. Nothing comes after this, and everything before it
    leaves the streams."""

    type = "weft.workspace.deleted.v1"
    verb = "deleted"
    entity = "workspace"


class WorkspaceExported(EventData):
    """Somebody began to take away what they may read: as much as `counts` says was there at that moment."""

    type = "weft.workspace.exported.v1"
    verb = "exported"
    entity = "workspace"

    namespaces: tuple[NamespaceKey, ...]
    with_events: bool
    counts: Counts


class WorkspaceImported(EventData):
    """Somebody brought lines in; `counts` says what became of them."""

    type = "weft.workspace.imported.v1"
    verb = "imported"
    entity = "workspace"

    counts: Counts


class NamespaceCreated(EventData):
    type = "weft.namespace.created.v1"
    verb = "created"
    entity = "namespace"

    namespace_id: UUID
    namespace: NamespaceKey
    name: Name


class NamespaceChanged(EventData):
    """A namespace as it is now. What is in an archived one is kept, and found by nobody until it is active again."""

    type = "weft.namespace.changed.v1"
    verb = "changed"
    entity = "namespace"

    namespace_id: UUID
    namespace: NamespaceKey
    name: Name
    status: NamespaceStatus


class KeyIssued(EventData):
    """A key was made. `secret_hash` is a keyed hash of it; the key itself is nowhere."""

    type = "weft.key.issued.v1"
    verb = "issued"
    entity = "key"

    key_id: UUID
    public_id: Text
    secret_hash: Text
    name: Title
    grants: Grants
    expires_at: Moment | None = None


class KeyRenamed(EventData):
    type = "weft.key.renamed.v1"
    verb = "renamed"
    entity = "key"

    key_id: UUID
    name: Title


class KeyRotated(EventData):
    """The same key has another secret; the one before is dead."""

    type = "weft.key.rotated.v1"
    verb = "rotated"
    entity = "key"

    key_id: UUID
    public_id: Text
    secret_hash: Text
    previous_public_id: Text


class KeyScoped(EventData):
    """What a key may do from here on."""

    type = "weft.key.scoped.v1"
    verb = "scoped"
    entity = "key"

    key_id: UUID
    grants: Grants


class KeyRevoked(EventData):
    """The key is dead for good."""

    type = "weft.key.revoked.v1"
    verb = "revoked"
    entity = "key"

    key_id: UUID


class WebhookCreated(EventData):
    """Somebody is to be told what happens from here on. The secret by which it is signed is nowhere."""

    type = "weft.webhook.created.v1"
    verb = "created"
    entity = "webhook"

    webhook_id: UUID
    url: WebhookUrl
    types: WantedTypes = ()
    description: Description | None = None


class WebhookChanged(EventData):
    """A webhook as it is now. `reason`: why it was disabled, where it was not by hand."""

    type = "weft.webhook.changed.v1"
    verb = "changed"
    entity = "webhook"

    webhook_id: UUID
    url: WebhookUrl
    types: WantedTypes = ()
    description: Description | None = None
    enabled: bool
    reason: Description | None = None


class WebhookRotated(EventData):
    """The webhook has another secret."""

    type = "weft.webhook.rotated.v1"
    verb = "rotated"
    entity = "webhook"

    webhook_id: UUID


class WebhookDeleted(EventData):
    """The webhook is no more."""

    type = "weft.webhook.deleted.v1"
    verb = "deleted"
    entity = "webhook"

    webhook_id: UUID


TenancyEvent = (
    WorkspaceOpened
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
)
"""What happens to the workspace itself, its namespaces, its keys and its webhooks."""


class EventErased(EventData):
    """Stands where an event stood whose content has been erased, under the same `seq`."""

    type = "weft.event.erased.v1"
    verb = "erased"

    erased_type: Text

    @property
    def erased_entity(self) -> str:
        """What it was about: the second word of its type."""
        return self.erased_type.split(".")[1]


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
    | DocumentEvent
    | TenancyEvent
    | EventErased
)

EVENTS: dict[str, type[AnyEvent]] = {
    kind.type: kind
    for kind in (
        MemoryStored,
        MemoryImported,
        MemoryRevised,
        MemoryConsolidated,
        MemoryFolded,
        MemoryUsed,
        MemoryRated,
        MemoryRecalculated,
        MemoryDeleted,
        RelationshipMade,
        RelationshipDeleted,
        SessionStarted,
        SessionImported,
        ObservationsRecorded,
        SessionEnded,
        ExtractionRetried,
        JobChanged,
        DocumentIngested,
        ChunksRecorded,
        FindingsRecorded,
        DocumentReady,
        DocumentChanged,
        DocumentRetried,
        DocumentDeleted,
        WorkspaceOpened,
        WorkspaceAssigned,
        WorkspaceRenamed,
        PlanSwitched,
        WorkspaceDeleted,
        WorkspaceExported,
        WorkspaceImported,
        NamespaceCreated,
        NamespaceChanged,
        KeyIssued,
        KeyRenamed,
        KeyRotated,
        KeyScoped,
        KeyRevoked,
        WebhookCreated,
        WebhookChanged,
        WebhookRotated,
        WebhookDeleted,
        EventErased,
    )
}
"""Every event by the newest version of its type."""


def is_of_type(event_type: str, wanted: str) -> bool:
    """Whether `wanted` is that type, or words that it begins with: `weft.memory` is all that happens to memories."""
    return event_type == wanted or event_type.startswith(f"{wanted}.")


def _known(wanted: str) -> str:
    if not any(is_of_type(known, wanted) for known in EVENTS):
        raise ValueError("must be the type of an event, or words that one begins with, such as weft.memory")
    return wanted


EventTypes = Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], Field(max_length=64)]
"""Which events are wanted (is_of_type), as somebody outside says it; none for all."""


def read_data(event_type: str, data: dict[str, object]) -> AnyEvent:
    """`data` as the newest version of `event_type`, raised step by step where it is older.

    Raises NewerThanKnown for a type or version that is not known, ValidationError for data that does not fit its type.
    """
    while event_type not in EVENTS:
        if event_type not in UPCASTS:
            raise NewerThanKnown(event_type)
        event_type, data = UPCASTS[event_type](data)
    return EVENTS[event_type].model_validate(data)


class CloudEvent(BaseModel):
    """An event on the wire: CloudEvents 1.0, structured JSON, with Weft's extensions.

    `seq` counts the workspace's events without a gap. `version` counts the events of one stream (one memory) and guards
    projections. `revision` is the public one, the ETag of the memory after this event.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = SOURCE
    type: str
    subject: str
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    workspace: WorkspaceId
    seq: Annotated[int, Field(ge=1)]
    version: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=0)]
    actor: str
    correlationid: UUID
    causationid: UUID
    traceparent: str | None = None
    data: AnyEvent

    @model_validator(mode="wrap")
    @classmethod
    def _by_type(cls, value, build) -> Self:  # type: ignore[no-untyped-def]
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            data = read_data(str(value.get("type")), value["data"])
            value = {**value, "type": data.type, "data": data}
        return build(value)  # type: ignore[no-any-return]

    @classmethod
    def read(cls, body: bytes) -> Self:
        """The event in `body`. Raises NewerThanKnown, or ValueError for what is no event of ours."""
        return cls.model_validate(json.loads(body))
