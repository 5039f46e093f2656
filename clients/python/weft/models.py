"""What the server answers. A field that is not known here is kept, and one that is missing has a default where there is
one: an older or newer server is no error. Scores are numbers in [0, 1], times are in UTC."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class Memory(Model):
    """`revision` counts changes, for `if_match`. `consolidated_into` names the memory that this one is folded into."""

    memory_id: str
    workspace_id: str
    namespace: str
    title: str
    narrative: str
    summary: str
    memory_type: str
    tags: list[str]
    concepts: list[str]
    source_files: list[str]
    importance_score: float
    confidence_score: float
    pagerank_score: float | None = None
    community_label: str | None = None
    access_count: int = 0
    retrieval_count: int = 0
    last_accessed_at: datetime | None = None
    source_session_id: str | None = None
    is_consolidated: bool = False
    consolidated_from: list[str] | None = None
    consolidated_into: str | None = None
    feedback_positive_count: int = 0
    feedback_negative_count: int = 0
    embedding_status: str = "pending"
    revision: int
    created_at: datetime
    updated_at: datetime | None = None


class WrittenMemory(Memory):
    """As it was written. `warnings` name the secrets that were redacted."""

    warnings: list[str] = []


class Edge(Model):
    source_memory_id: str
    target_memory_id: str
    relationship_type: str
    confidence: float


class Relationship(Edge):
    id: UUID
    discovery_method: str
    is_bidirectional: bool
    context: str | None = None
    created_at: datetime
    warnings: list[str] = []


class MemoryDetail(Memory):
    outgoing_relationships: list[Relationship] = []
    incoming_relationships: list[Relationship] = []
    warnings: list[str] = []


class Hit(Model):
    """A memory that was found; `match_type` is `keyword`, `semantic` or `combined`."""

    id: str
    title: str
    memory_type: str
    summary: str
    memory: Memory
    score: float
    keyword_score: float
    semantic_score: float
    match_type: str


class SearchAnswer(Model):
    """A page, best first. `warnings` say what was ignored or could not be done."""

    count: int
    query: str
    filters: dict[str, Any]
    results: list[Hit]
    warnings: list[str] = []


class Node(Model):
    memory_id: str
    title: str
    memory_type: str
    importance_score: float
    pagerank_score: float | None = None
    community_label: str | None = None


class Subgraph(Model):
    """Nodes in the order in which they were reached, the edges among them, and where it began."""

    nodes: list[Node]
    edges: list[Edge]
    seed_memories: list[str]
    warnings: list[str] = []


class GraphDrawing(Model):
    nodes: list[Node]
    edges: list[Edge]
    total_nodes: int


class GraphPath(Model):
    """Memory ids from source to target; empty, of depth 0, where there is no way."""

    path: list[str]
    edges: list[Edge]
    depth: int


class Rating(Model):
    memory_id: str
    previous_importance: float
    updated_importance: float
    rating_recorded: bool = True
    warnings: list[str] = []


class Deleted(Model):
    deleted_count: int


class GivenMemory(Model):
    """A memory that was given to an agent."""

    memory_id: str
    title: str
    memory_type: str
    importance_score: float
    score: float


class StartedSession(Model):
    session_id: str
    injected_memories: list[GivenMemory] = []
    context_summary: str = ""
    warnings: list[str] = []


class Injected(Model):
    memory_id: str
    score: float


class Session(Model):
    session_id: str
    workspace_id: str
    namespace: str
    project_path: str
    project_name: str | None = None
    branch_name: str | None = None
    user_id: str | None = None
    metadata: dict[str, Any] = {}
    status: str
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None
    summary: str | None = None
    observation_count: int = 0
    injected: list[Injected] = []
    extraction_job_id: str | None = None
    estimated_memories: int | None = None


class TakenObservations(Model):
    session_id: str
    observation_ids: list[str]
    observation_count: int
    warnings: list[str] = []


class EndedSession(Model):
    session_id: str
    status: str
    extraction_job_id: str | None = None
    estimated_memories: int | None = None
    warnings: list[str] = []


class Context(Model):
    """`context` is text for an agent; `left_out` counts what else was found."""

    context: str
    memories: list[GivenMemory]
    left_out: int = 0
    warnings: list[str] = []


class Job(Model):
    """Work that goes on by itself: `queued`, `running`, `waiting`, and in the end `completed`, `empty` or `failed`."""

    job_id: str
    kind: str
    namespace: str
    session_id: str | None = None
    day: date | None = None
    status: str
    reason: str | None = None
    error: str | None = None
    counts: dict[str, int] = {}
    memory_ids: list[str] = []
    attempts: int = 1
    created_at: datetime
    updated_at: datetime


class LineError(Model):
    line: int
    detail: str


class Imported(Model):
    """What became of the lines of an import."""

    imported: int
    skipped: int
    errors: list[LineError] = []
    warnings: list[Any] = []


class Workspace(Model):
    """The key's workspace; limits are None where the plan has none."""

    workspace_id: str
    name: str
    created_at: datetime
    memory_count: int
    plan: str
    memory_limit: int | None = None
    retention_days: int | None = None
    near_limit: bool = False
    pruning_candidates: list[str] = []


class CommandState(Model):
    """`accepted`, `committed` (see `result`), `rejected` (see `refusal`) or `parked`."""

    command_id: UUID
    status: str
    refusal: dict[str, Any] | None = None
    result: Any = None
