"""What comes back: the public shapes of memory and workspace, and the envelope of every answer."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import (
    Counts,
    DeliveryStatus,
    DiscoveryMethod,
    EmbeddingStatus,
    EndReason,
    Injected,
    JobKind,
    JobStatus,
    MemoryType,
    Metadata,
    Moment,
    NamespaceStatus,
    Observation,
    Permission,
    Plan,
    RelationshipType,
    Score,
    SessionStatus,
    Word,
)
from contracts.documents import Chunk, DocumentStatus, Entity, Fact, FoundKind, MediaType

RefusalCode = Literal[
    "unknown_memory",
    "unknown_workspace",
    "unknown_namespace",
    "unknown_command",
    "unknown_relationship",
    "unknown_session",
    "unknown_job",
    "unknown_key",
    "unknown_document",
    "unknown_webhook",
    "unknown_delivery",
    "outdated_version",
    "out_of_order",
    "content_missing",
    "content_mismatch",
    "namespace_exists",
    "default_namespace",
    "default_not_granted",
    "session_exists",
    "session_ended",
    "job_not_retryable",
    "job_finished",
    "not_consolidated",
    "not_to_be_consolidated",
    "namespace_not_granted",
    "namespace_read_only",
    "memory_limit_reached",
    "key_limit_reached",
    "namespace_limit_reached",
    "webhook_limit_reached",
    "webhook_disabled",
    "relationship_limit_reached",
    "revision_mismatch",
    "idempotency_key_reused",
    "idempotency_key_expired",
    "already_deleted",
    "already_exists",
    "contended",
    "wrong_credentials",
    "not_signed_in",
    "unknown_account",
    "email_taken",
    "last_owner",
    "owner_only",
    "account_refused",
    "token_limit_reached",
]


class Refusal(Word):
    """An answer that says no: `code` for programs, `detail` for people. Not a fault; asking again gives it again."""

    code: RefusalCode
    detail: str


class Reply(Word):
    """What a command or a query is answered with: a refusal, or a body in one of the shapes below."""

    refusal: Refusal | None = None
    body: Any = None


class Memory(Word):
    """A memory as its users see it (SPEC 2). `updated_at` is null until its first change.

    `consolidated_from` are the near duplicates that are folded into it. One that is folded into another is
    `consolidated_into` that one: it can be read, and stands in no list, no search and no graph.
    """

    id: UUID
    memory_id: str
    workspace_id: str
    namespace: str
    title: str
    narrative: str
    summary: str
    memory_type: MemoryType
    tags: tuple[str, ...]
    concepts: tuple[str, ...]
    source_files: tuple[str, ...]
    importance_score: Score
    confidence_score: Score
    pagerank_score: Score | None = None
    community_label: str | None = None
    access_count: int = 0
    retrieval_count: int = 0
    last_accessed_at: Moment | None = None
    source_session_id: str | None = None
    is_consolidated: bool = False
    consolidated_from: tuple[str, ...] | None = None
    consolidated_into: str | None = None
    feedback_positive_count: int = 0
    feedback_negative_count: int = 0
    embedding_status: EmbeddingStatus = "pending"
    revision: int
    created_at: Moment
    updated_at: Moment | None = None


class Relationship(Word):
    """An edge of the graph, from source to target; one that is bidirectional says the same of both.

    A discovered edge dates from the newer of its two memories.
    """

    id: UUID
    source_memory_id: str
    target_memory_id: str
    relationship_type: RelationshipType
    discovery_method: DiscoveryMethod
    confidence: Score
    is_bidirectional: bool
    context: str | None = None
    created_at: Moment


class Edge(Word):
    """An edge as subgraphs and paths show it."""

    source_memory_id: str
    target_memory_id: str
    relationship_type: RelationshipType
    confidence: Score


class Node(Word):
    """A memory as subgraphs show it. PageRank is scaled so that the workspace's highest is 1; null until computed."""

    memory_id: str
    title: str
    memory_type: MemoryType
    importance_score: Score
    pagerank_score: Score | None = None
    community_label: str | None = None


class Subgraph(Word):
    """Nodes in the order in which they were reached, all edges among them, and where it began."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    seed_memories: tuple[str, ...]
    warnings: tuple[str, ...] = ()


class GraphDrawing(Word):
    """The nodes of highest PageRank and the edges among them; `total_nodes` is how many could have been shown."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    total_nodes: int


class Path(Word):
    """Memory ids from source to target, and the edge of each step; both empty where there is no such path."""

    path: tuple[str, ...]
    edges: tuple[Edge, ...]
    depth: int


class Rated(Word):
    """What a rating did to a memory's importance."""

    memory_id: str
    previous_importance: Score
    updated_importance: Score
    rating_recorded: bool = True


class Session(Word):
    """A session as its users see it. `injected` are the memories that it was given when it started.

    `last_seen_at` is when something was last heard of it; `ended_by` is null until it ended.
    """

    session_id: str
    workspace_id: str
    namespace: str
    project_path: str
    project_name: str | None = None
    branch_name: str | None = None
    user_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)
    status: SessionStatus
    started_at: Moment
    last_seen_at: Moment
    ended_at: Moment | None = None
    ended_by: EndReason | None = None
    summary: str | None = None
    observation_count: int = 0
    injected: tuple[Injected, ...] = ()
    extraction_job_id: str | None = None
    estimated_memories: int | None = None


class Observed(Observation):
    """An observation with its number in the session, the first being 0."""

    number: int


class Taken(Word):
    """Observations that were taken, by their ids in order, and how many the session has now."""

    session_id: str
    observation_ids: tuple[str, ...]
    observation_count: int


class Ended(Word):
    """A session that ended. How many memories it will make is a guess (SPEC 3.13), between 0 and 20."""

    session_id: str
    status: SessionStatus
    extraction_job_id: str | None
    estimated_memories: int | None


class Job(Word):
    """Work that goes on by itself. `reason` says why it waits, or why nothing came of it; `error` how it failed.

    It comes of a session or a document, or is nightly work of a `day` (UTC). `attempts` counts how often it was asked
    for. `memory_ids` are those that it stored or changed.
    """

    job_id: str
    kind: JobKind
    namespace: str
    session_id: str | None = None
    document_id: str | None = None
    day: date | None = None
    status: JobStatus
    reason: str | None = None
    error: str | None = None
    counts: Counts = Field(default_factory=dict)
    memory_ids: tuple[str, ...] = ()
    attempts: int = 1
    created_at: Moment
    updated_at: Moment


class Document(Word):
    """A document as its users see it. `status` is where its newest `version` is; `job_id` is that one's job.

    `ready_version` is what is found and read at present, null until there is one; it has `chunk_count` chunks and
    `section_count` sections. `revision` counts its versions and changes. `size` is in bytes.
    """

    document_id: str
    workspace_id: str
    namespace: str
    title: str
    source_id: str | None = None
    media_type: MediaType
    size: int
    sha256: str
    metadata: Metadata = Field(default_factory=dict)
    version: int
    ready_version: int | None = None
    status: DocumentStatus
    chunk_count: int = 0
    section_count: int = 0
    job_id: str
    revision: int
    created_at: Moment
    updated_at: Moment | None = None


class Ingested(Word):
    """A document that was taken in, and the job that makes chunks of it."""

    job_id: str
    document_id: str


class RecordedVersion(Word):
    """How many chunks, sections and parts of findings of a version are recorded now."""

    document_id: str
    version: int
    chunks: int
    sections: int
    parts: int


class ContentPart(Word):
    """One of the `parts` of a document's bytes (contracts.documents.CONTENT_PART_BYTES each), base64."""

    document_id: str
    version: int
    part: int
    parts: int
    data: str


class FoundChunk(Chunk):
    """A chunk with its document. `section_path` are the titles that it stands under, the outermost first."""

    document_id: str
    version: int
    namespace: str
    title: str
    source_id: str | None = None
    media_type: MediaType
    section_path: tuple[str, ...] = ()
    chunk_count: int
    created_at: Moment


class FoundFact(Fact):
    """A fact, and which version of which document says it."""

    document_id: str
    version: int
    namespace: str
    created_at: Moment


class FoundEntity(Entity):
    """What documents of a namespace speak of; `mentions` and `document_count` over all of those that were asked for."""

    namespace: str
    document_count: int


class Exported(Word):
    """Some lines (contracts.transfer) of a part of an export; `after` is where the next begin, null at the end."""

    lines: tuple[Any, ...]
    after: str | None


class Webhook(Word):
    """Who is told what happens in a workspace, without the secret. `after`: the `seq` up to which what is to be told
    has been queued; `failing_since`: the first failure since something was last delivered."""

    webhook_id: UUID
    workspace_id: str
    tenant_id: UUID
    url: str
    types: tuple[str, ...]
    description: str | None
    enabled: bool
    disabled_reason: str | None
    created_at: Moment
    updated_at: Moment | None
    rotated_at: Moment | None
    after: int | None = None
    failing_since: Moment | None = None


class Delivery(Word):
    """An event on its way to a webhook. `seq` is null for a test. Of what a receiver answers nothing is kept but the
    status; `note` says in our words what went wrong. `next_attempt_at` is there while it waits."""

    delivery_id: UUID
    event_id: UUID
    seq: int | None
    type: str
    status: DeliveryStatus
    attempts: int
    queued_at: Moment
    attempted_at: Moment | None
    next_attempt_at: Moment | None
    response_status: int | None
    duration_ms: int | None
    note: str | None


class EventPage(Word):
    """Events as CloudEvents, in the order of their `seq`. `after`: what to ask for next; `head`: the log's last `seq`.
    There is nothing more for now once they are the same; until then a page may be empty."""

    events: tuple[Any, ...]
    after: int
    head: int


class Consolidated(Word):
    """What is folded into a memory now, and its revision. No text: answers are kept for days."""

    memory_id: str
    consolidated_from: tuple[str, ...]
    revision: int


class Alike(Word):
    """Two memories that say nearly the same, and the cosine of their texts' vectors."""

    one: str
    other: str
    similarity: Score


class NearDuplicates(Word):
    """Pairs of which one belongs to a page of memories; `next` is where the next page begins, null after the last."""

    pairs: tuple[Alike, ...]
    next: str | None


class Deleted(Word):
    deleted_count: int


class Recalculated(Word):
    recalculated_count: int


class Workspace(Word):
    """A workspace as its users see it; the limits are null where the plan has none.

    From 90 % of the memory limit on, `near_limit` is true and `pruning_candidates` names at most 20 that could go.
    """

    workspace_id: str
    name: str
    created_at: Moment
    memory_count: int
    plan: Plan
    memory_limit: int | None
    retention_days: int | None
    near_limit: bool
    pruning_candidates: tuple[str, ...]


class ManagedWorkspace(Word):
    """A workspace as those see it who manage it. `tenant_id` is its UUID; a limit is null where the plan has none."""

    workspace_id: str
    tenant_id: UUID
    name: str
    plan: Plan
    created_at: Moment
    default_namespace_id: UUID
    memory_count: int
    memory_limit: int | None
    retention_days: int | None
    key_count: int
    key_limit: int | None


class Namespace(Word):
    """A namespace. `key` is what requests call it, and never changes; `name` is for people."""

    id: UUID
    key: str
    name: str
    status: NamespaceStatus
    is_default: bool


class KeyScope(Word):
    """What a key may do in one namespace."""

    namespace_id: UUID
    namespace: str
    permissions: tuple[Permission, ...]


class ApiKey(Word):
    """An API key without its secret. `prefix` is how it begins; `rotated_at` when it last got another secret."""

    key_id: UUID
    workspace_id: str
    tenant_id: UUID
    name: str
    prefix: str
    default_namespace_id: UUID
    scopes: tuple[KeyScope, ...]
    created_at: Moment
    rotated_at: Moment | None = None
    expires_at: Moment | None = None


class Measured(Word):
    """How many there are, and how many of them were added since the period began."""

    count: int
    added: int


class MemoryUsage(Word):
    """What a workspace has in the memory service, by kind. Bytes are those of the values as they are stored, without
    indexes and what rows cost beside them."""

    plan: Plan
    memory_limit: int | None
    contents: dict[str, Measured]
    log_bytes: int
    read_model_bytes: int


class ModelCalls(Word):
    """Calls of a model that somebody pays for. `cost` is null where there are no prices."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None


class ServiceUsage(Word):
    """What a workspace has in another service. `bytes` is null where that can't be said."""

    bytes: int | None
    this_period: ModelCalls = ModelCalls()
    in_all: ModelCalls = ModelCalls()


class AuditEntry(Word):
    """Something that was done: what, to what, by whom, when. `action` is the type of the event.

    `detail` says what changed: settings, `{"before": ..., "after": ...}` where there was something else before, and
    counts; never content.
    """

    id: UUID
    time: Moment
    actor: str
    action: str
    entity_id: str
    detail: dict[str, Any] = Field(default_factory=dict)


class CommandState(Word):
    """Where a command is. `result` is its answer once it is committed, `refusal` why it was rejected."""

    command_id: UUID
    status: Literal["accepted", "committed", "rejected", "parked"]
    refusal: Refusal | None = None
    result: Any = None


class Hit(Word):
    """One search result before its memory is read: scores in [0, 1]."""

    memory: Memory
    score: Score
    keyword_score: Score
    semantic_score: Score
    match_type: Literal["keyword", "semantic", "combined"]


class SearchResults(Word):
    """A page of results, best first; `warnings` say what could not be done as asked."""

    results: tuple[Hit, ...]
    warnings: tuple[str, ...] = ()


class FoundPassage(Word):
    """A memory or a chunk that was found, with scores in [0, 1]; the other of the two is null."""

    kind: FoundKind
    score: Score
    keyword_score: Score
    semantic_score: Score
    match_type: Literal["keyword", "semantic", "combined"]
    memory: Memory | None = None
    chunk: FoundChunk | None = None


class FoundPassages(Word):
    """The best first; `warnings` say what could not be done as asked."""

    results: tuple[FoundPassage, ...]
    warnings: tuple[str, ...] = ()


class Synthesis(Word):
    """An answer, and the numbers (from 1) of the passages that it cites, in their order; null where there is none, and
    then `warning` says why.
    """

    answer: str | None = None
    citations: tuple[int, ...] = ()
    warning: str | None = None


class Embedding(Word):
    """A memory's vectors, as `DERIVED` keeps them: one row a window, float32 little-endian, base64.

    `status` is "failed" (and there are no vectors) where the text could not be embedded at all.
    """

    workspace_id: str
    memory_id: str
    content_hash: str
    model: str
    dimension: Annotated[int, Field(ge=1)]
    status: Literal["ready", "failed"]
    vectors: str = ""


class ChunkEmbedding(Word):
    """A chunk's vectors, one row a window, float32 little-endian, base64; none where `status` is "failed"."""

    chunk_id: str
    status: Literal["ready", "failed"]
    vectors: str = ""


class ChunkEmbeddings(Word):
    """Vectors of some of a version's chunks, as `DERIVED` keeps them: one part, which replaces what it said before."""

    workspace_id: str
    document_id: str
    version: int
    part: Annotated[int, Field(ge=0)]
    model: str
    dimension: Annotated[int, Field(ge=1)]
    chunks: tuple[ChunkEmbedding, ...]


class EmbeddingCalls(Word):
    """What an embedding endpoint was asked for a workspace, as `DERIVED` keeps it: by month, `2026-03`."""

    workspace_id: str
    months: dict[str, ModelCalls]


class Rank(Word):
    memory_id: str
    pagerank_score: Score
    community_label: str | None = None


class Ranks(Word):
    """PageRanks and communities, as `DERIVED` keeps them: one of the parts into which a workspace's memories fall.

    It replaces what the part said before; a memory that it no longer names has no rank.
    """

    workspace_id: str
    part: Annotated[int, Field(ge=0)]
    parts: Annotated[int, Field(ge=1)]
    ranks: tuple[Rank, ...]


class Judgement(Word):
    """What a model said of two memories, as `DERIVED` keeps it; about these two contents and no others.

    `relationship_type` is null where it saw none; else it leads from `source_memory_id` to `target_memory_id`.
    """

    workspace_id: str
    source_memory_id: str
    target_memory_id: str
    source_hash: str
    target_hash: str
    model: str
    relationship_type: Literal["supersedes", "contradicts", "caused_by", "depends_on"] | None
    confidence: Score
    context: str | None = None


class StoredKey(Word):
    """What `KEYS` holds for a key's public id: enough to know its bearer, nothing to impersonate him.

    `actor` names the person to whom a workspace token was given; a key acts in its own name.
    """

    key_id: UUID
    workspace_id: str
    secret_hash: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    default_namespace: str
    expires_at: Moment | None = None
    revoked: bool = False
    actor: str | None = None


class IndexedMemory(Word):
    """What log and index must agree on for one memory. `version` is that of its last change (not of its last use)."""

    memory_id: str
    version: int
    content_hash: str


class IndexedDocument(Word):
    """What log and index must agree on for one document: its ready version has chunks 0 to `chunks` - 1."""

    document_id: str
    version: int
    chunks: int


class Verified(Word):
    """What comparing a workspace's log with its read tables found; what an index should hold are `memories` and the
    chunks of `documents`."""

    events: int
    differences: tuple[str, ...]
    memories: tuple[IndexedMemory, ...]
    documents: tuple[IndexedDocument, ...] = ()
