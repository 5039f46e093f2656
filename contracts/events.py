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
    """A memory came into being, written by hand or extracted from a session."""

    type = "weft.memory.stored.v1"
    verb = "stored"

    memory_id: MemoryId = Field(description="The memory")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    title: Title = Field(description="What it says, in one line")
    narrative: Narrative = Field(description="What it says, in full")
    memory_type: MemoryType = Field(description="What kind of knowledge it is")
    tags: Tags = Field(description="Words that it is filed under")
    concepts: Tags = Field(description="Ideas that it is about")
    source_files: SourceFiles = Field(description="Files that it is about, as its author named them")
    importance_score: Score = Field(description="How much it matters")
    confidence_score: Score = Field(description="How sure its author is of it")
    source_session_id: Text | None = Field(
        None, description="The session that it was learnt in, where its author named one"
    )
    evidence: Evidence | None = Field(
        None, description="On what it rests, where it was extracted; absent for what was written by hand"
    )

    @model_serializer(mode="wrap")
    def _evidence_where_there_is_some(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "evidence" or value is not None}


class MemoryImported(EventData):
    """A memory was taken over as it was elsewhere, with its age and its counters; `time` is when it was imported."""

    type = "weft.memory.imported.v1"
    verb = "imported"

    memory_id: MemoryId = Field(description="The memory")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    title: Title = Field(description="What it says, in one line")
    narrative: Narrative = Field(description="What it says, in full")
    memory_type: MemoryType = Field(description="What kind of knowledge it is")
    tags: Tags = Field(description="Words that it is filed under")
    concepts: Tags = Field(description="Ideas that it is about")
    source_files: SourceFiles = Field(description="Files that it is about, as its author named them")
    importance_score: Score = Field(description="How much it matters now")
    given_importance: Score = Field(
        description="What its author said of its importance, from which the present one came"
    )
    confidence_score: Score = Field(description="How sure its author is of it")
    source_session_id: Text | None = Field(
        None, description="The session that it was learnt in, where its author named one"
    )
    by_hand: bool = Field(description="A person or an agent wrote it; otherwise it was extracted")
    revision: Annotated[int, Field(ge=1)] = Field(description="Its revision, as it was elsewhere")
    created_at: Moment = Field(description="When it was first stored, elsewhere")
    updated_at: Moment | None = Field(None, description="When it was last changed, elsewhere")
    access_count: Annotated[int, Field(ge=0)] = Field(0, description="How often it had been opened")
    retrieval_count: Annotated[int, Field(ge=0)] = Field(0, description="How often a search had given it to an agent")
    last_accessed_at: Moment | None = Field(None, description="When it was last opened")
    feedback_positive_count: Annotated[int, Field(ge=0)] = Field(0, description="How often it had been called useful")
    feedback_negative_count: Annotated[int, Field(ge=0)] = Field(0, description="How often it had been called useless")
    recalculated_on: date | None = Field(None, description="The day (UTC) on which its importance last moved by itself")
    apart: bool = Field(False, description="Somebody took it out of a consolidation: nightly work leaves it alone")


class MemoryRevised(EventData):
    """A memory was changed. Carries only the fields that changed; the others are absent, not null.

    `evidence` says on what a change rests that was not made by hand; alone, it changes nothing but what is known.
    """

    type = "weft.memory.revised.v1"
    verb = "revised"

    memory_id: MemoryId = Field(description="The memory")
    title: Title | None = Field(None, description="What it says, in one line")
    narrative: Narrative | None = Field(None, description="What it says, in full")
    memory_type: MemoryType | None = Field(None, description="What kind of knowledge it is")
    tags: Tags | None = Field(None, description="Words that it is filed under")
    concepts: Tags | None = Field(None, description="Ideas that it is about")
    source_files: SourceFiles | None = Field(None, description="Files that it is about, as its author named them")
    importance_score: Score | None = Field(None, description="How much it matters")
    confidence_score: Score | None = Field(None, description="How sure its author is of it")
    evidence: Evidence | None = Field(None, description="On what the change rests, where no person made it")

    def changes(self) -> dict[str, object]:
        """The changed fields by name."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields if name not in _NO_CHANGE)
        return {name: value for name, value in fields if value is not None}

    @model_serializer(mode="wrap")
    def _only_what_changed(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


_NO_CHANGE = ("memory_id", "evidence")


class MemoryConsolidated(EventData):
    """Memories were folded into this one, or taken out: which are in it now, and its lists as they are with theirs.

    It says all of it anew, so that the one before, which may have tags of what was deleted since, is erased. With an
    empty `consolidated_from` nothing is folded into it any more, and its lists are its author's. `brought` is what of
    them is not; `revision` the public one after this event. `apart`: somebody undid a consolidation, and nightly work
    is to leave the memory as it is. `updated_at` is there where it was imported, and no change of it.
    """

    type = "weft.memory.consolidated.v1"
    verb = "consolidated"

    memory_id: MemoryId = Field(description="The memory")
    consolidated_from: tuple[MemoryId, ...] = Field(description="All memories that are folded into it now")
    tags: Tags = Field(description="Words that it is filed under")
    concepts: Tags = Field(description="Ideas that it is about")
    source_files: SourceFiles = Field(description="Files that it is about, as its author named them")
    brought: Brought = Field(description="What of these lists it has from the others alone")
    revision: Annotated[int, Field(ge=1)] = Field(description="Its revision after this event")
    apart: bool = Field(False, description="Somebody took it out of a consolidation: nightly work leaves it alone")
    updated_at: Moment | None = Field(None, description="When that was, if it was elsewhere")

    @model_serializer(mode="wrap")
    def _updated_at_where_it_was_elsewhere(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "updated_at" or value is not None}


class MemoryFolded(EventData):
    """A memory now stands behind another, `into`, that says nearly the same; null: it stands for itself again.

    It is still there to be read, and nothing of it has changed: no revision. `apart` as in MemoryConsolidated.
    """

    type = "weft.memory.folded.v1"
    verb = "folded"

    memory_id: MemoryId = Field(description="The memory")
    into: MemoryId | None = Field(description="The memory behind which it stands; null: it stands for itself again")
    apart: bool = Field(False, description="Somebody took it out of a consolidation: nightly work leaves it alone")


class MemoryRated(EventData):
    """Somebody said whether a memory was of use, and `importance_score` is what followed. Changes no revision."""

    type = "weft.memory.rated.v1"
    verb = "rated"

    memory_id: MemoryId = Field(description="The memory")
    useful: bool = Field(description="Whether it was")
    context: Reason | None = Field(None, description="Why, in the words of whoever said so")
    previous_importance: Score = Field(description="What its importance was before")
    importance_score: Score = Field(description="What its importance is now")


class MemoryRecalculated(EventData):
    """A memory's importance moved by itself, as it does at most once on a `day` (UTC). Changes no revision."""

    type = "weft.memory.recalculated.v1"
    verb = "recalculated"

    memory_id: MemoryId = Field(description="The memory")
    previous_importance: Score = Field(description="What its importance was before")
    importance_score: Score = Field(description="What its importance is now")
    day: date = Field(description="The day (UTC) that this counts for")


class MemoryUsed(EventData):
    """A memory was opened, or found for an agent: how often, counted together since the last such event.

    Changes no revision.
    """

    type = "weft.memory.used.v1"
    verb = "used"

    memory_id: MemoryId = Field(description="The memory")
    accesses: Annotated[int, Field(ge=0)] = Field(description="How often it was opened since the last such event")
    retrievals: Annotated[int, Field(ge=0)] = Field(
        description="How often a search gave it to an agent since the last such event"
    )
    last_accessed_at: Moment | None = Field(None, description="When it was last opened, if it was")


class MemoryDeleted(EventData):
    """The memory is gone; its earlier events have been erased and say so."""

    type = "weft.memory.deleted.v1"
    verb = "deleted"

    memory_id: MemoryId = Field(description="The memory")


class RelationshipMade(EventData):
    """Somebody said how one memory relates to another. A later one with the same id replaces it.

    `made_at` is there where it was imported: it was said then, elsewhere.
    """

    type = "weft.relationship.made.v1"
    verb = "made"
    entity = "relationship"

    relationship_id: UUID = Field(description="The relationship")
    source_memory_id: MemoryId = Field(description="The memory from which it goes")
    target_memory_id: MemoryId = Field(description="The memory to which it goes")
    relationship_type: RelationshipType = Field(description="What the one is to the other")
    confidence: Score = Field(description="How sure its author is")
    context: Reason | None = Field(None, description="Why, in the words of its author")
    made_at: Moment | None = Field(None, description="When it was made, if that was elsewhere")

    @model_serializer(mode="wrap")
    def _made_at_where_it_was_elsewhere(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "made_at" or value is not None}


class RelationshipDeleted(EventData):
    """A relationship was taken back, or one of its memories deleted. Its earlier events have been erased and say so."""

    type = "weft.relationship.deleted.v1"
    verb = "deleted"
    entity = "relationship"

    relationship_id: UUID = Field(description="The relationship")


class SessionStarted(EventData):
    """An agent began to work. `injected` are the memories that it was given."""

    type = "weft.session.started.v1"
    verb = "started"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    project_path: ProjectPath = Field(description="The folder in which the agent works")
    project_name: Name | None = Field(None, description="What the project is called")
    branch_name: Name | None = Field(None, description="The branch of the repository")
    user_id: Name | None = Field(None, description="For whom the agent works, as the client calls them")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    injected: tuple[Injected, ...] = Field(
        (), description="Memories that the agent was given at the start, and how well each fitted"
    )


class SessionImported(EventData):
    """A session was taken over as it was elsewhere. It has no job: what was learnt from it comes along."""

    type = "weft.session.imported.v1"
    verb = "imported"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    project_path: ProjectPath = Field(description="The folder in which the agent works")
    project_name: Name | None = Field(None, description="What the project is called")
    branch_name: Name | None = Field(None, description="The branch of the repository")
    user_id: Name | None = Field(None, description="For whom the agent works, as the client calls them")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    injected: tuple[Injected, ...] = Field(
        (), description="Memories that the agent was given at the start, and how well each fitted"
    )
    status: SessionStatus = Field(description="Whether it had ended")
    started_at: Moment = Field(description="When it began")
    last_seen_at: Moment = Field(description="When something last happened in it")
    ended_at: Moment | None = Field(None, description="When it ended, if it has")
    ended_by: EndReason | None = Field(None, description="Who ended it")
    summary: Narrative | None = Field(None, description="What the client says of the session as a whole")
    estimated_memories: Annotated[int, Field(ge=0, le=20)] | None = Field(
        None, description="How many memories it may bring, by a rule of thumb"
    )


class ObservationsRecorded(EventData):
    """What happened in a session, in order. `first` counts the session's observations before these.

    `imported`: elsewhere; the session may have ended.
    """

    type = "weft.session.observed.v1"
    verb = "observed"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    first: Annotated[int, Field(ge=0)] = Field(description="How many observations the session had before these")
    observations: tuple[Observation, ...] = Field(description="What happened, in order")
    imported: bool = Field(False, description="It happened elsewhere; absent where it did not")

    @model_serializer(mode="wrap")
    def _imported_where_it_is(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if name != "imported" or value}


class SessionEnded(EventData):
    """A session is over. What it taught is now to be found out, by the job."""

    type = "weft.session.ended.v1"
    verb = "ended"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    reason: EndReason = Field(description="Who ended it: the client, or the sweeper after a long silence")
    summary: Narrative | None = Field(None, description="What the client says of the session as a whole")
    job_id: JobId = Field(description="The job that finds out what it taught")
    estimated_memories: Annotated[int, Field(ge=0, le=20)] = Field(
        description="How many memories it may bring, by a rule of thumb"
    )


class ExtractionRetried(EventData):
    """A session's job is to be done once more."""

    type = "weft.session.retried.v1"
    verb = "retried"
    entity = "session"

    session_id: SessionId = Field(description="The session")
    job_id: JobId = Field(description="The job that does the work")


class JobChanged(EventData):
    """A job began, waits, went on or ended. `counts` and `memory_ids` are all so far, not those that came since.

    A job comes of a session or of a document's version, or is nightly work of a `day` (UTC).
    """

    type = "weft.job.changed.v1"
    verb = "changed"
    entity = "job"

    job_id: JobId = Field(description="The job")
    kind: JobKind = Field(description="What it does")
    namespace: NamespaceKey = Field(description="The namespace that it works in")
    session_id: SessionId | None = Field(None, description="The session that it comes of, if it comes of one")
    document_id: DocumentId | None = Field(None, description="The document that it comes of, if it comes of one")
    day: date | None = Field(None, description="The day (UTC) of nightly work")
    status: JobStatus = Field(
        description="Where it is. `completed`, `empty` (nothing to be learnt) and `failed` are final until a retry"
    )
    reason: Reason | None = Field(None, description="Why it waits, or why there was nothing to learn")
    error: Reason | None = Field(None, description="Why it failed")
    counts: Counts = Field(default_factory=dict, description="What it has done so far, by kind of outcome")
    memory_ids: tuple[MemoryId, ...] = Field((), description="Memories that it has stored or changed so far")

    @model_serializer(mode="wrap")
    def _what_it_comes_of(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        optional = ("day", "document_id")
        return {name: value for name, value in write(self).items() if name not in optional or value is not None}


class DocumentIngested(EventData):
    """A document came in, or its next version. Its bytes are in no event: the memory service gives them out."""

    type = "weft.document.ingested.v1"
    verb = "ingested"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    title: Title = Field(description="What it is called")
    source_id: SourceId | None = Field(None, description="What its author calls it elsewhere: a path, a URL")
    media_type: MediaType = Field(description="What its bytes are")
    size: Annotated[int, Field(ge=1)] = Field(description="Of the bytes, how many")
    sha256: Sha256 = Field(description="Of the bytes, in hex")
    metadata: Metadata = Field(default_factory=dict, description="Whatever the client keeps with it")
    job_id: JobId = Field(description="The job that reads it")


class ChunksRecorded(EventData):
    """More chunks and sections of a document's version, in order. They count once it is ready.

    Once a newer version is ready, this is erased: what is kept of an older one is what was found in it.
    """

    type = "weft.document.chunked.v1"
    verb = "chunked"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    first: Number = Field(description="How many chunks the version had before these")
    chunks: tuple[Chunk, ...] = Field(description="Passages, in order")
    first_section: Number = Field(0, description="How many sections the version had before these")
    sections: tuple[Section, ...] = Field((), description="Parts under a heading, in order")


class FindingsRecorded(EventData):
    """More facts that a document's version states, and entities that it speaks of. They count once it is ready."""

    type = "weft.document.analysed.v1"
    verb = "analysed"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    part: Number = Field(description="The place of these among the version's findings, from 0")
    facts: tuple[Fact, ...] = Field((), description="What it says")
    entities: tuple[Entity, ...] = Field((), description="What it speaks of")


class DocumentReady(EventData):
    """A document's version has all its chunks and sections, and takes the place of the one before."""

    type = "weft.document.ready.v1"
    verb = "ready"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    chunks: Number = Field(description="How many chunks it has")
    sections: Number = Field(description="How many sections it has")


class DocumentChanged(EventData):
    """A document's title or metadata was changed. Carries only what did; the other fields are absent, not null."""

    type = "weft.document.changed.v1"
    verb = "changed"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    title: Title | None = Field(None, description="What it is called now")
    metadata: Metadata | None = Field(None, description="Whatever the client keeps with it")

    def changes(self) -> dict[str, object]:
        """The changed fields by name."""
        fields = {"title": self.title, "metadata": self.metadata}
        return {name: value for name, value in fields.items() if value is not None}

    @model_serializer(mode="wrap")
    def _only_what_changed(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class DocumentRetried(EventData):
    """The job of a document's version is to be done once more."""

    type = "weft.document.retried.v1"
    verb = "retried"
    entity = "document"

    document_id: DocumentId = Field(description="The document")
    version: Version = Field(description="The document's version, from 1")
    namespace: NamespaceKey = Field(description="The namespace that it is in")
    job_id: JobId = Field(description="The job that reads it again")


class DocumentDeleted(EventData):
    """The document is gone; its earlier events have been erased and say so. With its source_id it may come again."""

    type = "weft.document.deleted.v1"
    verb = "deleted"
    entity = "document"

    document_id: DocumentId = Field(description="The document")


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
    """A workspace came into being. Its first event."""

    type = "weft.workspace.opened.v1"
    verb = "opened"
    entity = "workspace"

    name: Title = Field(description="What people call it")
    plan: Plan = Field(description="By which its limits are set")
    default_namespace: NamespaceKey = Field(description="Where writes go that name no namespace")


class WorkspaceAssigned(EventData):
    """The workspace belongs to an organisation, whose people may manage it. Said once."""

    type = "weft.workspace.assigned.v1"
    verb = "assigned"
    entity = "workspace"

    organisation_id: UUID = Field(description="The organisation")


class WorkspaceRenamed(EventData):
    """The workspace has another name."""

    type = "weft.workspace.renamed.v1"
    verb = "renamed"
    entity = "workspace"

    name: Title = Field(description="What people call it now")


class PlanSwitched(EventData):
    """From here on the limits are those of `plan`. What is there already stays, also beyond them."""

    type = "weft.workspace.plan_switched.v1"
    verb = "plan_switched"
    entity = "workspace"

    plan: Plan = Field(description="The plan from now on")
    previous: Plan = Field(description="The plan before")


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

    namespaces: tuple[NamespaceKey, ...] = Field(description="What they may read")
    with_events: bool = Field(description="Whether the log goes along")
    counts: Counts = Field(description="How many things were there, by kind")


class WorkspaceImported(EventData):
    """Somebody brought lines in; `counts` says what became of them."""

    type = "weft.workspace.imported.v1"
    verb = "imported"
    entity = "workspace"

    counts: Counts = Field(description="How many lines, by what became of them")


class NamespaceCreated(EventData):
    """A part of the workspace came into being, to which keys can be limited."""

    type = "weft.namespace.created.v1"
    verb = "created"
    entity = "namespace"

    namespace_id: UUID = Field(description="The namespace's id, which stays whatever it is called")
    namespace: NamespaceKey = Field(description="Its key, which never changes")
    name: Name = Field(description="What people call it")


class NamespaceChanged(EventData):
    """A namespace was renamed, archived or restored; it is now as this says.

    What is in an archived one is kept, and found by nobody until it is active again.
    """

    type = "weft.namespace.changed.v1"
    verb = "changed"
    entity = "namespace"

    namespace_id: UUID = Field(description="The namespace's id, which stays whatever it is called")
    namespace: NamespaceKey = Field(description="Its key, which never changes")
    name: Name = Field(description="What people call it now")
    status: NamespaceStatus = Field(description="Whether it is in use")


class KeyIssued(EventData):
    """A key was made. `secret_hash` is a keyed hash of it; the key itself is nowhere."""

    type = "weft.key.issued.v1"
    verb = "issued"
    entity = "key"

    key_id: UUID = Field(description="The key")
    public_id: Text = Field(description="The part of the key that is no secret")
    secret_hash: Text = Field(description="A keyed hash of the key")
    name: Title = Field(description="What people call it")
    grants: Grants = Field(description="The namespaces that it may read and write")
    expires_at: Moment | None = Field(None, description="When it dies by itself, if it does")


class KeyRenamed(EventData):
    """A key has another name."""

    type = "weft.key.renamed.v1"
    verb = "renamed"
    entity = "key"

    key_id: UUID = Field(description="The key")
    name: Title = Field(description="What people call it now")


class KeyRotated(EventData):
    """A key has another secret; the one before is dead."""

    type = "weft.key.rotated.v1"
    verb = "rotated"
    entity = "key"

    key_id: UUID = Field(description="The key")
    public_id: Text = Field(description="The part of the new key that is no secret")
    secret_hash: Text = Field(description="A keyed hash of the new key")
    previous_public_id: Text = Field(description="The same part of the key before")


class KeyScoped(EventData):
    """What a key may do was changed."""

    type = "weft.key.scoped.v1"
    verb = "scoped"
    entity = "key"

    key_id: UUID = Field(description="The key")
    grants: Grants = Field(description="The namespaces that it may read and write")


class KeyRevoked(EventData):
    """A key is dead for good."""

    type = "weft.key.revoked.v1"
    verb = "revoked"
    entity = "key"

    key_id: UUID = Field(description="The key")


class WebhookCreated(EventData):
    """A webhook was made: somebody is told what happens from here on. The secret that signs it is nowhere."""

    type = "weft.webhook.created.v1"
    verb = "created"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")
    url: WebhookUrl = Field(description="Where it is sent")
    types: WantedTypes = Field((), description="Types of events, or beginnings of types, that are told; none: all")
    description: Description | None = Field(None, description="What it is for, in the words of its author")


class WebhookChanged(EventData):
    """A webhook was changed, enabled or disabled; it is now as this says."""

    type = "weft.webhook.changed.v1"
    verb = "changed"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")
    url: WebhookUrl = Field(description="Where it is sent")
    types: WantedTypes = Field((), description="Types of events, or beginnings of types, that are told; none: all")
    description: Description | None = Field(None, description="What it is for, in the words of its author")
    enabled: bool = Field(description="Whether anything is sent")
    reason: Description | None = Field(None, description="Why it was disabled, where it was not by hand")


class WebhookRotated(EventData):
    """A webhook has another secret."""

    type = "weft.webhook.rotated.v1"
    verb = "rotated"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")


class WebhookDeleted(EventData):
    """A webhook is no more."""

    type = "weft.webhook.deleted.v1"
    verb = "deleted"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")


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

    erased_type: Text = Field(description="The type of the event that stood here")

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

    specversion: Literal["1.0"] = Field("1.0", description="The version of CloudEvents")
    id: UUID = Field(description="Unique for ever; the message's `Nats-Msg-Id`, too")
    source: str = Field(SOURCE, description="Who says so")
    type: str = Field(description="What happened, and in which version of its shape")
    subject: str = Field(description="The id of that to which it happened")
    time: Moment = Field(description="When it happened, in UTC")
    datacontenttype: Literal["application/json"] = Field("application/json", description="What `data` is")
    workspace: WorkspaceId = Field(description="The workspace in which it happened")
    seq: Annotated[int, Field(ge=1)] = Field(description="Counts the workspace's events, from 1 and without a gap")
    version: Annotated[int, Field(ge=1)] = Field(
        description="Counts the events of one memory, relationship, session, job or document, from 1"
    )
    revision: Annotated[int, Field(ge=0)] = Field(
        description="The public revision (ETag) of the memory or document after it; 0 for all else"
    )
    actor: str = Field(
        description="Who caused it: `key:<public id>`, `account:<id>` of a person, or a part of Weft by its name"
    )
    correlationid: UUID = Field(description="The same in all that followed from one request")
    causationid: UUID = Field(description="The command that it came of")
    traceparent: str | None = Field(None, description="W3C Trace Context of the request, where it had one")
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
