"""What one service asks another: request and reply over core NATS, never stored."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from contracts.base import (
    DeliveryStatus,
    JobStatus,
    MemoryId,
    MemoryType,
    Moment,
    NamespaceKey,
    Ordering,
    Query,
    RelationshipType,
    Score,
    SessionStatus,
    SourceFile,
    StrictWord,
    Tag,
    Text,
    Topic,
    WorkspaceId,
)
from contracts.documents import ChunkId, DocumentId, EntityKind, FactKind, FoundKind, Number, Version
from contracts.transfer import ExportPart

Offset = Annotated[int, Field(ge=0, strict=True)]


class Question(StrictWord):
    """Asked of `service`, under `name`."""

    service: ClassVar[str]
    name: ClassVar[str]


class WorkspaceQuestion(Question):
    """About one workspace, and answered from nothing else. `readable` are the namespaces that the asker may read."""

    workspace_id: WorkspaceId


class GetMemory(WorkspaceQuestion):
    service, name = "memory", "get"

    memory_id: Text
    readable: tuple[NamespaceKey, ...]


class ListMemories(WorkspaceQuestion):
    """A page of memories in a fixed order: `ordering`, then newest, then memory_id.

    With `consolidated` also those that are folded into another.
    """

    service, name = "memory", "list"

    readable: tuple[NamespaceKey, ...]
    memory_type: MemoryType | None = None
    pruning_candidates: bool = False
    consolidated: bool = False
    ordering: Ordering = "-importance_score"
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 50
    offset: Offset = 0


class GetMemories(WorkspaceQuestion):
    """Those of `memory_ids` that are there and readable, in no fixed order."""

    service, name = "memory", "get_many"

    memory_ids: Annotated[tuple[MemoryId, ...], Field(max_length=1_000)]
    readable: tuple[NamespaceKey, ...] | None = None


class GetNodes(WorkspaceQuestion):
    """As GetMemories, but each only as a node of the graph (contracts.replies.Node), without its text.

    Those that are folded into another are left out, except with `consolidated`.
    """

    service, name = "memory", "nodes"

    memory_ids: Annotated[tuple[MemoryId, ...], Field(max_length=5_000)]
    readable: tuple[NamespaceKey, ...]
    consolidated: bool = False


class GetMadeRelationships(WorkspaceQuestion):
    """What was said by hand about a memory, in either direction (contracts.replies.Relationship)."""

    service, name = "memory", "relationships"

    memory_id: Text


Readable = tuple[NamespaceKey, ...] | None
"""The namespaces that the asker may read; None is for services, which answer to nobody's grants."""


class ListSessions(WorkspaceQuestion):
    """A page of sessions (contracts.replies.Session), the newest first."""

    service, name = "memory", "sessions"

    readable: Readable = None
    status: SessionStatus | None = None
    project_path: Text | None = None
    started_before: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 50
    offset: Offset = 0


class GetSession(WorkspaceQuestion):
    service, name = "memory", "session"

    session_id: Text
    readable: Readable = None


class ReadObservations(WorkspaceQuestion):
    """A session's observations from number `first` (the first is 0) on, in order (contracts.replies.Observed)."""

    service, name = "memory", "observations"

    session_id: Text
    readable: Readable = None
    first: Offset = 0
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 100


class Export(WorkspaceQuestion):
    """The next lines (contracts.transfer) of one part of an export. `after` is from the answer before, "" at first."""

    service, name = "memory", "export"

    part: ExportPart
    readable: tuple[NamespaceKey, ...]
    after: Text = ""


class UsageQuestion(WorkspaceQuestion):
    """What a workspace uses: in all, and of that since the period began."""

    since: Moment


class GetUsage(UsageQuestion):
    """contracts.replies.MemoryUsage"""

    service, name = "memory", "usage"


class GetExtractionUsage(UsageQuestion):
    """Calls of a model about sessions (contracts.replies.ServiceUsage)."""

    service, name = "extraction", "usage"


class GetGraphUsage(UsageQuestion):
    """Calls of a model about pairs of memories (contracts.replies.ServiceUsage)."""

    service, name = "graph", "usage"


class GetIndexUsage(UsageQuestion):
    """Calls of an embedding endpoint (contracts.replies.ServiceUsage)."""

    service, name = "search", "usage"


class CountContents(WorkspaceQuestion):
    """How much there is (contracts.replies.Contents), in the namespaces that the asker may read."""

    service, name = "memory", "count"

    readable: Readable = None


class ListJobs(WorkspaceQuestion):
    """A page of jobs (contracts.replies.Job), the newest first."""

    service, name = "memory", "jobs"

    readable: Readable = None
    status: JobStatus | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 50
    offset: Offset = 0


class GetJob(WorkspaceQuestion):
    service, name = "memory", "job"

    job_id: Text
    readable: Readable = None


PageSize = Annotated[int, Field(ge=1, le=500, strict=True)]


class GetDocument(WorkspaceQuestion):
    """contracts.replies.Document"""

    service, name = "memory", "document"

    document_id: Text
    readable: Readable = None


class ListDocuments(WorkspaceQuestion):
    """A page of documents (contracts.replies.Document), the newest first."""

    service, name = "memory", "documents"

    readable: Readable = None
    limit: PageSize = 50
    offset: Offset = 0


class GetTree(WorkspaceQuestion):
    """All sections (contracts.documents.Section) of a document's ready version, in the order of the text."""

    service, name = "memory", "document_tree"

    document_id: Text
    readable: Readable = None


class ListChunks(WorkspaceQuestion):
    """Chunks (contracts.documents.Chunk) of a document's ready version, in order."""

    service, name = "memory", "document_chunks"

    document_id: Text
    readable: Readable = None
    limit: PageSize = 100
    offset: Offset = 0


class GetChunks(WorkspaceQuestion):
    """Those of the chunks that are of a ready version, and readable (contracts.replies.FoundChunk), in any order."""

    service, name = "memory", "chunks"

    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=1_000)]
    readable: Readable = None


class ReadContent(WorkspaceQuestion):
    """One part of a version's bytes (contracts.replies.ContentPart), as long as they are kept. For services alone."""

    service, name = "memory", "document_content"

    document_id: Text
    version: Version
    part: Number = 0


class ListFacts(WorkspaceQuestion):
    """A page of facts (contracts.replies.FoundFact): the newest document's first, there in the order of its text.

    With `latest_only` those of ready versions; else those of earlier ones too. `chunk_ids`: only what they say.
    """

    service, name = "memory", "facts"

    readable: Readable = None
    document_id: Text | None = None
    kind: FactKind | None = None
    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=1_000)] | None = None
    latest_only: bool = True
    limit: PageSize = 50
    offset: Offset = 0


class ListEntities(WorkspaceQuestion):
    """A page of entities (contracts.replies.FoundEntity), each once a namespace, the most mentioned first."""

    service, name = "memory", "entities"

    readable: Readable = None
    document_id: Text | None = None
    kind: EntityKind | None = None
    chunk_ids: Annotated[tuple[ChunkId, ...], Field(max_length=1_000)] | None = None
    latest_only: bool = True
    limit: PageSize = 50
    offset: Offset = 0


class GetWorkspace(WorkspaceQuestion):
    service, name = "memory", "workspace"

    readable: tuple[NamespaceKey, ...]


class ListNamespaces(WorkspaceQuestion):
    """All of the workspace, archived ones too (contracts.replies.Namespace), the oldest first."""

    service, name = "memory", "list_namespaces"


class ListKeys(WorkspaceQuestion):
    """All that are not revoked (contracts.replies.ApiKey), the oldest first."""

    service, name = "memory", "keys"


class FindKey(Question):
    """The id of the workspace that a key belongs to, also where it was revoked."""

    service, name = "memory", "find_key"

    key_id: UUID


class DescribeWorkspace(WorkspaceQuestion):
    """A workspace as those see it who manage it (contracts.replies.ManagedWorkspace)."""

    service, name = "memory", "describe_workspace"


class ListWorkspaces(Question):
    """Those of an organisation (contracts.replies.ManagedWorkspace), the oldest first."""

    service, name = "memory", "list_workspaces"

    organisation_id: UUID


class AuditFilters(StrictWord):
    """Which entries of an audit trail: a page, the newest first, of those that came `before` an entry."""

    before: UUID | None = None
    action: Text | None = None
    actor: Text | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 100


class ListAudit(WorkspaceQuestion):
    """What was done to a workspace (contracts.replies.AuditEntry), the newest first."""

    service, name = "memory", "audit"

    filters: AuditFilters = AuditFilters()


class ListWebhooks(WorkspaceQuestion):
    """Its webhooks (contracts.replies.Webhook), the oldest first; with `webhook_id` that one, or none."""

    service, name = "memory", "webhooks"

    webhook_id: UUID | None = None


class ListDeliveries(WorkspaceQuestion):
    """What a webhook was sent, or is to be (contracts.replies.Delivery), the last that was queued first. `before`:
    those that were queued before this one."""

    service, name = "memory", "deliveries"

    webhook_id: UUID
    status: DeliveryStatus | None = None
    before: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 100


class GetCommand(WorkspaceQuestion):
    """Where a command is; one about what the asker may not read is not there.

    `managing`: asked by somebody who manages the workspace; orders about keys and the like are there for nobody else.
    """

    service, name = "memory", "command"

    command_id: UUID
    readable: Readable = None
    managing: bool = False


class ReadLog(WorkspaceQuestion):
    """The workspace's events after `after_seq`, in order, at most `limit`."""

    service, name = "memory", "read_log"

    after_seq: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=1_000)] = 500


class ReadEvents(WorkspaceQuestion):
    """Those of the events after `after_seq` that may be read, in order (contracts.replies.EventPage).

    `after_seq` of None: only where the log ends. `types` as in contracts.events.is_of_type, `subject` as on the wire;
    empty or None leaves that open.
    """

    service, name = "memory", "events"

    readable: tuple[NamespaceKey, ...]
    after_seq: Annotated[int, Field(ge=0)] | None
    limit: Annotated[int, Field(ge=1, le=1_000)] = 100
    types: Annotated[tuple[Text, ...], Field(max_length=64)] = ()
    subject: Text | None = None


class Filters(StrictWord):
    """Which memories may be among the results; None leaves that field open. Lists mean any of them."""

    memory_types: tuple[MemoryType, ...] | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=64)] | None = None
    tag_prefixes: Annotated[tuple[Tag, ...], Field(max_length=64)] | None = None
    files: Annotated[tuple[SourceFile, ...], Field(max_length=256)] | None = None
    min_importance: Score | None = None
    min_confidence: Score | None = None


class SearchMemories(WorkspaceQuestion):
    service, name = "search", "run"

    readable: tuple[NamespaceKey, ...]
    query: Query = ""
    filters: Filters = Filters()
    use_semantic: bool = True
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 20
    offset: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 0


class KnowledgeFilters(Filters):
    """The same for memories and chunks of documents. A chunk has no type, tags, files and confidence, so a filter on
    those leaves it out; its importance is 0.5. `document_ids` leave out all memories.
    """

    kinds: Annotated[tuple[FoundKind, ...], Field(max_length=2)] | None = None
    document_ids: Annotated[tuple[DocumentId, ...], Field(max_length=64)] | None = None


class SearchKnowledge(WorkspaceQuestion):
    """The best of memories and chunks, in one order (contracts.replies.FoundPassages)."""

    service, name = "search", "knowledge"

    readable: tuple[NamespaceKey, ...]
    query: Topic
    filters: KnowledgeFilters = KnowledgeFilters()
    limit: Annotated[int, Field(ge=1, le=50, strict=True)] = 10


class Passage(StrictWord):
    """What an answer may rest on."""

    title: Text
    text: Text


class Synthesize(WorkspaceQuestion):
    """An answer to a question from passages and nothing else, in the words of the language model, if there is one
    (contracts.replies.Synthesis). The model cites a passage by its number, of which the first is [1].
    """

    service, name = "extraction", "synthesize"

    query: Topic
    passages: Annotated[tuple[Passage, ...], Field(min_length=1, max_length=100)]


RelationshipTypes = Annotated[tuple[RelationshipType, ...], Field(max_length=7)]
"""None means all of them; an empty list none."""


class GetRelationships(WorkspaceQuestion):
    """A memory's edges in both directions, the most confident first; only those whose other end is readable."""

    service, name = "graph", "relationships"

    memory_id: Text
    readable: tuple[NamespaceKey, ...]
    limit: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 100
    offset: Offset = 0


class GetRelated(WorkspaceQuestion):
    """The memories whose vectors are nearest to that of one, from `similarity_threshold` (a cosine) on."""

    service, name = "graph", "related"

    memory_id: Text
    readable: tuple[NamespaceKey, ...]
    limit: Annotated[int, Field(ge=1, le=50, strict=True)] = 10
    similarity_threshold: Score = 0.75


class Explore(WorkspaceQuestion):
    """What surrounds the memories that a search finds."""

    service, name = "graph", "explore"

    readable: tuple[NamespaceKey, ...]
    query: Query
    max_nodes: Annotated[int, Field(ge=1, le=200, strict=True)] = 50
    relationship_types: RelationshipTypes | None = None
    min_edge_confidence: Score = 0.0
    seed_limit: Annotated[int, Field(ge=1, le=50, strict=True)] = 5


class FindPath(WorkspaceQuestion):
    """The shortest way between two memories along edges in either direction, and among those the most confident."""

    service, name = "graph", "path"

    source_memory_id: Text
    target_memory_id: Text
    readable: tuple[NamespaceKey, ...]
    max_depth: Annotated[int, Field(ge=1, le=10, strict=True)] = 5
    relationship_types: RelationshipTypes | None = None


class DrawGraph(WorkspaceQuestion):
    """The workspace's nodes of highest PageRank and the edges among them."""

    service, name = "graph", "draw"

    readable: tuple[NamespaceKey, ...]
    max_nodes: Annotated[int, Field(ge=1, le=5_000, strict=True)] = 500


class GetNearDuplicates(WorkspaceQuestion):
    """Pairs of one namespace's memories that say nearly the same (contracts.replies.NearDuplicates).

    All pairs of the next `limit` memories, after the memory id `after`, that have such a twin.
    """

    service, name = "graph", "near_duplicates"

    namespace: NamespaceKey
    after: Text = ""
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 100


class EveryWorkspace(Question):
    """All workspaces, each with its count of memories."""

    service, name = "memory", "workspaces"


class EveryLibrary(Question):
    """The workspaces with documents that are ready, each with the count of those."""

    service, name = "memory", "libraries"


class EveryNamespace(Question):
    """The namespaces of all workspaces that may be written, by workspace."""

    service, name = "memory", "namespaces"


class Ping(StrictWord):
    """Is this service ready to work? (contracts.subjects.ping)"""


class OfWorkspace(StrictWord):
    """An operator's request about one workspace: rebuild, verify, digest (contracts.subjects.admin)."""

    workspace_id: WorkspaceId


class Replay(StrictWord):
    """A parked message for the service that parked it, to be handled once more."""

    subject: Text
    payload: Annotated[str, Field(description="base64")]
