"""What the gateway orders: one class a command. A command refuses fields that it does not know."""

from datetime import date
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, StrictBool, model_serializer, model_validator

from contracts.base import (
    NO_GRANTS,
    SCOPES_MAX,
    Counts,
    Description,
    EndReason,
    Evidence,
    Grants,
    Injected,
    JobId,
    JobStatus,
    MaintenanceTask,
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
    Scopes,
    Score,
    SessionId,
    SourceFiles,
    StrictWord,
    Tags,
    Text,
    Title,
    WantedTypes,
    WebhookUrl,
    WorkspaceId,
    extraction_job_id,
    maintenance_job_id,
    namespace_id,
    relationship_id,
)
from contracts.documents import (
    CHUNKS_A_MESSAGE_MAX,
    DOCUMENT_BYTES_MAX,
    Blob,
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
    document_id,
    document_job_id,
)
from contracts.transfer import ConsolidationLine, MemoryLine, ObservationsLine, RelationshipLine, SessionLine


class Command(StrictWord):
    """What every command carries.

    `command_id` names the wish: a repeated Idempotency-Key gives the same one, and it is carried out once. `attempt`
    names one sending of it: a refused wish may be sent again and is then decided anew, a redelivered message is not.
    `fingerprint` is the SHA-256 of method, path and body, 64 hex digits, where the client gave an Idempotency-Key.
    """

    entity: ClassVar[str] = "memory"
    verb: ClassVar[str]

    command_id: UUID
    attempt: UUID
    workspace_id: WorkspaceId
    actor: Text
    grants: Grants
    issued_at: Moment
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    traceparent: Text | None = None

    @property
    def entity_id(self) -> str:
        """The one thing that the command is about; the third token of its subject."""
        raise NotImplementedError


class MemoryDraft(StrictWord):
    """A memory as its author writes it."""

    title: Title
    narrative: Narrative
    memory_type: MemoryType = "general"
    tags: Tags = ()
    concepts: Tags = ()
    source_files: SourceFiles = ()
    importance_score: Score = 0.5
    confidence_score: Score = 0.5


class MemoryChanges(StrictWord):
    """The fields of a memory that its author may change; what is absent stays, and null is not a value."""

    title: Title = None  # type: ignore[assignment]
    narrative: Narrative = None  # type: ignore[assignment]
    memory_type: MemoryType = None  # type: ignore[assignment]
    tags: Tags = None  # type: ignore[assignment]
    concepts: Tags = None  # type: ignore[assignment]
    source_files: SourceFiles = None  # type: ignore[assignment]
    importance_score: Score = None  # type: ignore[assignment]
    confidence_score: Score = None  # type: ignore[assignment]

    def given(self) -> dict[str, object]:
        """Only the fields that were named, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @model_serializer(mode="wrap")
    def _only_what_was_given(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class StoreMemory(Command):
    """`source_session_id` and `evidence` are for services alone: no client can fill them."""

    verb = "store"

    memory_id: MemoryId
    namespace: NamespaceKey | None = None
    draft: MemoryDraft
    source_session_id: SessionId | None = None
    evidence: Evidence | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class ReviseMemory(Command):
    """`evidence` is for services alone. A change that rests on none is one by hand."""

    verb = "revise"

    memory_id: MemoryId
    expected_revision: Annotated[int, Field(ge=0)] | None = None
    changes: MemoryChanges
    evidence: Evidence | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class Seen(StrictWord):
    """A memory, and the revision at which it was looked at."""

    memory_id: MemoryId
    revision: Annotated[int, Field(ge=1)]


class ConsolidateMemories(Command):
    """Folds near duplicates into one memory. For services alone: no client can order it."""

    verb = "consolidate"

    memory_id: MemoryId
    expected_revision: Annotated[int, Field(ge=1)]
    others: Annotated[tuple[Seen, ...], Field(min_length=1, max_length=20)]

    @property
    def entity_id(self) -> str:
        return self.memory_id

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({self.memory_id, *(it.memory_id for it in self.others)}) <= len(self.others):
            raise ValueError("a memory is named twice")
        return self


class UndoConsolidation(Command):
    """Gives all memories that are folded into this one their place again."""

    verb = "unconsolidate"

    memory_id: MemoryId

    @property
    def entity_id(self) -> str:
        return self.memory_id


class DeleteMemory(Command):
    verb = "delete"

    memory_id: MemoryId
    expected_revision: Annotated[int, Field(ge=0)] | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class DeleteMemories(Command):
    """Deletes what it finds of at most 100 memories; the count of what it found is the answer.

    `unchanged_since` is for retention alone: what was made or changed since then stays, and so does what is pinned.
    """

    verb = "delete-batch"

    memory_ids: Annotated[tuple[Text, ...], Field(max_length=100)]
    unchanged_since: Moment | None = None

    @property
    def entity_id(self) -> str:
        return "batch"


class RecordAccess(Command):
    verb = "access"

    memory_id: MemoryId

    @property
    def entity_id(self) -> str:
        return self.memory_id


class RecordRetrieval(Command):
    verb = "retrieval"

    memory_id: MemoryId

    @property
    def entity_id(self) -> str:
        return self.memory_id


class RateMemory(Command):
    """Says whether a memory was of use, and where."""

    verb = "rate"

    memory_id: MemoryId
    useful: bool
    context: Reason | None = None

    @property
    def entity_id(self) -> str:
        return self.memory_id


class Ranked(StrictWord):
    """A memory, and the share of the workspace's ranked memories whose PageRank is below its own; None without one."""

    memory_id: MemoryId
    pagerank_percentile: Score | None = None


class RecalculateImportance(Command):
    """Moves the importance of memories as far as it is due on that day (UTC); how many moved is the answer."""

    verb = "recalculate"

    day: date
    memories: Annotated[tuple[Ranked, ...], Field(max_length=100)]

    @property
    def entity_id(self) -> str:
        return "batch"


class SessionCommand(Command):
    """About one session; its jobs are reached through it."""

    entity = "session"

    session_id: SessionId

    @property
    def entity_id(self) -> str:
        return self.session_id

    @property
    def job_id(self) -> str:
        return extraction_job_id(self.workspace_id, self.session_id)


class StartSession(SessionCommand):
    """`injected`: what the agent is given at once, as the gateway chose it."""

    verb = "start"

    project_path: ProjectPath
    project_name: Name | None = None
    branch_name: Name | None = None
    user_id: Name | None = None
    metadata: Metadata = Field(default_factory=dict)
    namespace: NamespaceKey | None = None
    injected: Annotated[tuple[Injected, ...], Field(max_length=1_000)] = ()


class RecordObservations(SessionCommand):
    """What happened, in the order in which it happened."""

    verb = "observe"

    observations: Annotated[tuple[Observation, ...], Field(min_length=1, max_length=500)]


class EndSession(SessionCommand):
    """`silent_since` is the sweeper's: the session ends only if nothing was heard of it since."""

    verb = "end"

    summary: Narrative | None = None
    reason: EndReason = "client"
    silent_since: Moment | None = None


class RetryExtraction(SessionCommand):
    """Has a session's job done once more that had ended without a memory, or waits."""

    verb = "retry"


class RecordJob(Command):
    """Where a job is. `reason` says why it is `waiting` or `empty`, `error` is the class of failure."""

    entity = "job"
    verb = "record"

    job_id: JobId
    status: JobStatus
    reason: Reason | None = None
    error: Reason | None = None
    counts: Counts = Field(default_factory=dict)
    memory_ids: Annotated[tuple[MemoryId, ...], Field(max_length=100)] = ()

    @property
    def entity_id(self) -> str:
        return self.job_id


class StartMaintenance(Command):
    """Has one task of nightly work done in one namespace, as the job of that day (UTC)."""

    entity = "job"
    verb = "maintain"

    namespace: NamespaceKey
    task: MaintenanceTask
    day: date

    @property
    def job_id(self) -> str:
        return maintenance_job_id(self.workspace_id, self.namespace, self.task, self.day)

    @property
    def entity_id(self) -> str:
        return self.job_id


class MakeRelationship(Command):
    """Says by hand how one memory relates to another; said again, it replaces what was said."""

    entity = "relationship"
    verb = "make"

    source_memory_id: MemoryId
    target_memory_id: MemoryId
    relationship_type: RelationshipType
    confidence: Score = 1.0
    context: Reason | None = None

    @property
    def relationship_id(self) -> UUID:
        return relationship_id(self.workspace_id, self.source_memory_id, self.target_memory_id, self.relationship_type)

    @property
    def entity_id(self) -> str:
        return str(self.relationship_id)

    @model_validator(mode="after")
    def _between_two(self) -> Self:
        if self.source_memory_id == self.target_memory_id:
            raise ValueError("a memory can't relate to itself")
        return self


class DeleteRelationship(Command):
    """Takes back what was said by hand."""

    entity = "relationship"
    verb = "delete"

    relationship_id: UUID

    @property
    def entity_id(self) -> str:
        return str(self.relationship_id)


class ImportMemory(Command):
    """Takes a memory over as it was elsewhere. One that is here, or was, stays as it is."""

    verb = "import"

    line: MemoryLine

    @property
    def memory_id(self) -> str:
        return self.line.memory_id

    @property
    def entity_id(self) -> str:
        return self.line.memory_id


class ImportConsolidation(Command):
    """Folds memories that were imported, as they were folded elsewhere."""

    verb = "import-consolidation"

    line: ConsolidationLine

    @property
    def memory_id(self) -> str:
        return self.line.memory_id

    @property
    def entity_id(self) -> str:
        return self.line.memory_id


class ImportRelationship(Command):
    """Takes over what was said elsewhere of two memories that are here."""

    entity = "relationship"
    verb = "import"

    line: RelationshipLine

    @property
    def relationship_id(self) -> UUID:
        ends = (self.line.source_memory_id, self.line.target_memory_id)
        return relationship_id(self.workspace_id, *ends, self.line.relationship_type)

    @property
    def entity_id(self) -> str:
        return str(self.relationship_id)


class ImportSession(Command):
    """Takes a session over as it was elsewhere, without its job."""

    entity = "session"
    verb = "import"

    line: SessionLine

    @property
    def session_id(self) -> str:
        return self.line.session_id

    @property
    def entity_id(self) -> str:
        return self.line.session_id


class ImportObservations(Command):
    """Takes over what was observed in a session that was imported, whether or not it has ended."""

    entity = "session"
    verb = "import-observations"

    line: ObservationsLine

    @property
    def session_id(self) -> str:
        return self.line.session_id

    @property
    def entity_id(self) -> str:
        return self.line.session_id


class IngestDocument(Command):
    """Takes a document in, whose bytes wait in BLOBS; they are to have that size and digest.

    With the `source_id` of one that is there, in the same namespace, it is that one's next version.
    """

    entity = "document"
    verb = "ingest"

    namespace: NamespaceKey | None = None
    title: Title
    source_id: SourceId | None = None
    media_type: MediaType
    size: Annotated[int, Field(ge=1, le=DOCUMENT_BYTES_MAX)]
    sha256: Sha256
    metadata: Metadata = Field(default_factory=dict)
    blob: Blob

    @property
    def document_id(self) -> str:
        return document_id(self.workspace_id, self.namespace or self.grants.default, self.source_id, self.command_id)

    @property
    def job_id(self) -> str:
        return document_job_id(self.workspace_id, self.command_id)

    @property
    def entity_id(self) -> str:
        return self.document_id


class DocumentCommand(Command):
    """About a document that is there."""

    entity = "document"

    document_id: DocumentId

    @property
    def entity_id(self) -> str:
        return self.document_id


class DocumentChanges(StrictWord):
    """What its author may change of a document; what is absent stays, and null is not a value."""

    title: Title = None  # type: ignore[assignment]
    metadata: Metadata = None  # type: ignore[assignment]

    def given(self) -> dict[str, object]:
        """Only the fields that were named, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}

    @model_serializer(mode="wrap")
    def _only_what_was_given(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        return {name: value for name, value in write(self).items() if value is not None}


class ChangeDocument(DocumentCommand):
    verb = "change"

    expected_revision: Annotated[int, Field(ge=0)] | None = None
    changes: DocumentChanges


class DeleteDocument(DocumentCommand):
    """All versions of it, and all that was made of them."""

    verb = "delete"

    expected_revision: Annotated[int, Field(ge=0)] | None = None


class RetryDocument(DocumentCommand):
    """Has the job of the newest version done once more that had ended without a chunk, or waits."""

    verb = "retry"

    job_id: JobId


class VersionCommand(DocumentCommand):
    """What is made of one version. For services alone. Refused as `outdated_version` once there is a newer one."""

    version: Version


class RecordChunks(VersionCommand):
    """The chunks from index `first` on, without a gap, and the sections from number `first_section` on.

    They come in order (`out_of_order` else); what was recorded before stays as it is, so that saying it again changes
    nothing.
    """

    verb = "chunks"

    first: Number
    chunks: Annotated[tuple[Chunk, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)]
    first_section: Number = 0
    sections: Annotated[tuple[Section, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)] = ()

    @model_validator(mode="after")
    def _without_a_gap(self) -> Self:
        if [it.index for it in self.chunks] != list(range(self.first, self.first + len(self.chunks))):
            raise ValueError("the chunks must be numbered from `first` on, without a gap")
        return self


class RecordFindings(VersionCommand):
    """A part (numbered from 0, in order) of what a version's chunks say; a part that was recorded stays as it is."""

    verb = "findings"

    part: Number
    facts: Annotated[tuple[Fact, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)] = ()
    entities: Annotated[tuple[Entity, ...], Field(max_length=CHUNKS_A_MESSAGE_MAX)] = ()


class FinishDocument(VersionCommand):
    """All of a version is recorded, so many chunks and sections: it is ready, and its job completed."""

    verb = "finish"

    chunks: Annotated[int, Field(ge=1)]
    sections: Number
    counts: Counts = Field(default_factory=dict)


PublicId = Annotated[str, Field(pattern=r"^[a-z0-9]{8}$")]
SecretHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""HMAC-SHA-256 of the whole key under the server's pepper, in hex."""


class KeyDraft(StrictWord):
    """A key as the log keeps it."""

    key_id: UUID
    public_id: PublicId
    secret_hash: SecretHash
    name: Title
    grants: Grants
    expires_at: Moment | None = None


class OpenWorkspace(Command):
    """Makes a workspace with its default namespace and its first key, for an organisation where one is named."""

    entity = "workspace"
    verb = "open"

    name: Title
    key: KeyDraft
    organisation_id: UUID | None = None

    @property
    def entity_id(self) -> str:
        return self.workspace_id

    @model_validator(mode="after")
    def _key_reads_where_it_writes(self) -> Self:
        if self.key.grants.default not in self.key.grants.write:
            raise ValueError("the key's default namespace must be writable")
        return self


class CreateNamespace(Command):
    entity = "namespace"
    verb = "create"

    grants: Grants = NO_GRANTS
    namespace: NamespaceKey
    name: Name

    @property
    def entity_id(self) -> str:
        return str(namespace_id(self.workspace_id, self.namespace))


class ChangeNamespace(Command):
    """Renames, archives or restores; what is absent stays. What is in an archived namespace is kept, and not found."""

    entity = "namespace"
    verb = "change"

    grants: Grants = NO_GRANTS
    namespace_id: UUID
    name: Name | None = None
    status: NamespaceStatus | None = None

    @property
    def entity_id(self) -> str:
        return str(self.namespace_id)


class KeyCommand(Command):
    """About one key."""

    entity = "key"

    grants: Grants = NO_GRANTS
    key_id: UUID

    @property
    def entity_id(self) -> str:
        return str(self.key_id)


class IssueKey(KeyCommand):
    """Makes a key. Without `scopes` it reads and writes its default namespace alone; without that, the workspace's."""

    verb = "issue"

    public_id: PublicId
    secret_hash: SecretHash
    name: Title
    default_namespace_id: UUID | None = None
    scopes: Scopes | None = None
    expires_at: Moment | None = None


class RenameKey(KeyCommand):
    verb = "rename"

    name: Title


class RotateKey(KeyCommand):
    """Another secret for the same key; the one before is dead once this is answered."""

    verb = "rotate"

    public_id: PublicId
    secret_hash: SecretHash


class RevokeKey(KeyCommand):
    """For good: it is dead once this is answered."""

    verb = "revoke"


class ChangeScopes(KeyCommand):
    """What a key may do from now on; what is absent stays."""

    verb = "scope"

    default_namespace_id: UUID | None = None
    scopes: Scopes | None = None


class ChangeWorkspace(Command):
    """Renames it, or switches its plan; what is absent stays."""

    entity = "workspace"
    verb = "change"

    grants: Grants = NO_GRANTS
    name: Title | None = None
    plan: Plan | None = None

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class AssignWorkspace(Command):
    """Gives a workspace that nobody owns to an organisation."""

    entity = "workspace"
    verb = "assign"

    organisation_id: UUID

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class DeleteWorkspace(Command):
    """For good, with all that is in it. Its keys are dead once this is answered."""

    entity = "workspace"
    verb = "delete"

    grants: Grants = NO_GRANTS

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class RecordExport(Command):
    """That somebody is about to take an export away: said before its first line goes out."""

    entity = "workspace"
    verb = "export"

    namespaces: Annotated[tuple[NamespaceKey, ...], Field(max_length=SCOPES_MAX)]
    with_events: bool = False
    counts: Counts

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class RecordImport(Command):
    """That somebody brought lines in, whose commands have all been decided."""

    entity = "workspace"
    verb = "import"

    counts: Counts

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class WebhookCommand(Command):
    """About one webhook. Its secret is in no command: it is made of the workspace's key."""

    entity = "webhook"

    grants: Grants = NO_GRANTS
    webhook_id: UUID

    @property
    def entity_id(self) -> str:
        return str(self.webhook_id)


class CreateWebhook(WebhookCommand):
    """It is told what happens from here on, of these types (contracts.events.is_of_type; none for all)."""

    verb = "create"

    url: WebhookUrl
    types: WantedTypes = ()
    description: Description | None = None


class ChangeWebhook(WebhookCommand):
    """What is absent stays. One that is not enabled is told nothing, and goes on where it was when it is again;
    `reason`: why it was stopped, where nobody did it by hand."""

    verb = "change"

    url: WebhookUrl | None = None
    types: WantedTypes | None = None
    description: Description | None = None
    enabled: StrictBool | None = None
    reason: Description | None = None


class RotateWebhook(WebhookCommand):
    """Another secret. What goes out within a day is signed with the one before, too."""

    verb = "rotate"


class DeleteWebhook(WebhookCommand):
    verb = "delete"


TenancyOrder = (
    OpenWorkspace
    | AssignWorkspace
    | ChangeWorkspace
    | DeleteWorkspace
    | RecordExport
    | RecordImport
    | CreateNamespace
    | ChangeNamespace
    | IssueKey
    | RenameKey
    | RotateKey
    | RevokeKey
    | ChangeScopes
    | CreateWebhook
    | ChangeWebhook
    | RotateWebhook
    | DeleteWebhook
)
"""What is about the workspace itself, its namespaces, its keys and its webhooks."""

DocumentOrder = (
    IngestDocument | ChangeDocument | DeleteDocument | RetryDocument | RecordChunks | RecordFindings | FinishDocument
)

AnyCommand = (
    StoreMemory
    | ReviseMemory
    | ConsolidateMemories
    | UndoConsolidation
    | DeleteMemory
    | DeleteMemories
    | RecordAccess
    | RecordRetrieval
    | RateMemory
    | RecalculateImportance
    | StartSession
    | RecordObservations
    | EndSession
    | RetryExtraction
    | RecordJob
    | StartMaintenance
    | MakeRelationship
    | DeleteRelationship
    | ImportMemory
    | ImportConsolidation
    | ImportRelationship
    | ImportSession
    | ImportObservations
    | DocumentOrder
    | TenancyOrder
)

COMMANDS: dict[tuple[str, str], type[AnyCommand]] = {
    (kind.entity, kind.verb): kind
    for kind in (
        StoreMemory,
        ReviseMemory,
        ConsolidateMemories,
        UndoConsolidation,
        DeleteMemory,
        DeleteMemories,
        RecordAccess,
        RecordRetrieval,
        RateMemory,
        RecalculateImportance,
        StartSession,
        RecordObservations,
        EndSession,
        RetryExtraction,
        RecordJob,
        StartMaintenance,
        MakeRelationship,
        DeleteRelationship,
        ImportMemory,
        ImportConsolidation,
        ImportRelationship,
        ImportSession,
        ImportObservations,
        IngestDocument,
        ChangeDocument,
        DeleteDocument,
        RetryDocument,
        RecordChunks,
        RecordFindings,
        FinishDocument,
        OpenWorkspace,
        AssignWorkspace,
        ChangeWorkspace,
        DeleteWorkspace,
        RecordExport,
        RecordImport,
        CreateNamespace,
        ChangeNamespace,
        IssueKey,
        RenameKey,
        RotateKey,
        RevokeKey,
        ChangeScopes,
        CreateWebhook,
        ChangeWebhook,
        RotateWebhook,
        DeleteWebhook,
    )
}
"""Every command by the entity and the verb of its subject."""
