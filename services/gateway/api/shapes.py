"""What comes in and goes out over HTTP, where that is not already a word of contracts."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationInfo, field_validator

from contracts.base import (
    MemoryType,
    NamespaceKey,
    Ordering,
    Query,
    Reason,
    RelationshipType,
    Score,
    StrictWord,
    Text,
    Topic,
)
from contracts.commands import MemoryChanges, MemoryDraft
from contracts.queries import Filters
from contracts.replies import Hit, Memory, Relationship

OFFSET_MAX = 2**31 - 1


def _distinct(types: tuple[RelationshipType, ...]) -> tuple[RelationshipType, ...]:
    return tuple(dict.fromkeys(types))


Namespaces = Annotated[tuple[NamespaceKey | Literal["*"], ...], Field(max_length=64)]
ONLY_NAMESPACES = "Only this namespace; repeatable. Absent or `*`: all that the key may read."
RelationshipTypes = Annotated[tuple[RelationshipType, ...], Field(max_length=64), AfterValidator(_distinct)]

OwnWorkspace = Annotated[Text, Field(description="The key's own workspace, or nothing: the key already says it.")]


class NewMemory(MemoryDraft):
    """A memory to be stored. It is passed on as the draft that it is: its own two fields stay behind."""

    namespace: NamespaceKey | None = Field(None, description="Where it belongs; the key's default if absent.")
    workspace_id: OwnWorkspace | None = None


class Changes(MemoryChanges):
    """The fields to change; what is absent stays as it is."""

    workspace_id: OwnWorkspace | None = None


class Doomed(StrictWord):
    """Memories to be deleted, at most 100."""

    memory_ids: Annotated[tuple[Text, ...], Field(max_length=100)]
    workspace_id: OwnWorkspace | None = None


class Nothing(StrictWord):
    """A body that need not be there."""

    workspace_id: OwnWorkspace | None = None


class Page(BaseModel):
    """Which memories to list, and how."""

    memory_type: MemoryType | None = Field(None, description="Only this type.")
    limit: int = Field(50, ge=1, le=500, description="Memories per page.")
    offset: int = Field(0, ge=0, le=OFFSET_MAX, description="Memories to skip.")
    ordering: Ordering = Field("-importance_score", description="`-` for descending; then newest first.")
    pruning_candidates: bool = Field(
        False, description="Only what could go: importance < 0.3, older than the retention period, unread for 90 days."
    )
    namespace: Annotated[Namespaces, Field(description=ONLY_NAMESPACES)] = ()
    consolidated: bool = Field(
        False, description="Also near duplicates that nightly work has folded into another: see `consolidated_into`."
    )
    workspace_id: str | None = Field(None, description="The key's own workspace; any other has nothing to list.")


class SearchRequest(Filters):
    """What to look for. An unknown field is ignored, and named in `warnings`."""

    model_config = ConfigDict(extra="ignore")

    query: Query = Field(
        "", description="A question, a phrase, words. Empty: list by importance what the filters leave."
    )
    use_semantic: StrictBool = Field(True, description="False: by words alone.")
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 20
    offset: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 0
    namespaces: Namespaces | None = Field(None, description='Only these; absent or ["*"]: all that the key may read.')
    workspace_id: OwnWorkspace | None = None


class SearchFilters(BaseModel):
    """The filters as they were understood."""

    workspace_id: str
    memory_types: tuple[MemoryType, ...] | None
    tags: tuple[str, ...] | None
    files: tuple[str, ...] | None
    min_importance: Score | None
    min_confidence: Score | None
    tag_prefixes: tuple[str, ...] | None
    namespaces: tuple[str, ...] | None


class SearchResult(Hit):
    """A memory that was found. `score` = 0.3 keyword + 0.6 semantic + 0.1 importance. Its `id` is the memory_id."""

    id: str
    title: str
    memory_type: MemoryType
    summary: str


class SearchAnswer(BaseModel):
    """A page of results, best first. `count` counts this page."""

    count: int
    query: str
    filters: SearchFilters
    results: list[SearchResult]
    warnings: list[str]


class ExploreRequest(StrictWord):
    """Where to begin, and how far to go. An unknown field is ignored, and named in `warnings`."""

    model_config = ConfigDict(extra="ignore")

    query: Topic = Field(description="A topic or a question; what a search finds for it are the seeds.")
    max_nodes: Annotated[int, Field(ge=1, le=200, strict=True)] = Field(50, description="Memories at most, with seeds.")
    relationship_types: RelationshipTypes | None = Field(None, description="Go only along these; absent: along all.")
    min_edge_confidence: Score = Field(0.0, description="Go only along edges of at least this confidence.")
    seed_limit: Annotated[int, Field(ge=1, le=50, strict=True)] = Field(5, description="Seeds at most.")
    namespaces: Namespaces | None = Field(None, description='Only these; absent or ["*"]: all that the key may read.')
    workspace_id: OwnWorkspace | None = None


class PathRequest(StrictWord):
    """Between which memories, and by which way."""

    source_memory_id: Text
    target_memory_id: Text
    max_depth: Annotated[int, Field(ge=1, le=10, strict=True)] = Field(5, description="Steps at most.")
    relationship_types: RelationshipTypes | None = Field(None, description="Go only along these; absent: along all.")
    namespaces: Namespaces | None = Field(None, description='Only through these; absent or ["*"]: all readable ones.')
    workspace_id: OwnWorkspace | None = None


class NewRelationship(StrictWord):
    """How one memory relates to another."""

    source_memory_id: Text
    target_memory_id: Text = Field(description="Another memory than the source.")
    relationship_type: RelationshipType
    confidence: Score = 1.0
    context: Reason | None = Field(None, description="A sentence that says why.")
    workspace_id: OwnWorkspace | None = None

    @field_validator("target_memory_id")
    @classmethod
    def _is_another(cls, target: str, info: ValidationInfo) -> str:
        if target == info.data.get("source_memory_id"):
            raise ValueError("a memory can't relate to itself")
        return target


class WrittenMemory(Memory):
    """A memory as it was written. `warnings` name the secrets that were redacted, a sentence for a field and kind."""

    warnings: list[str]


class WrittenRelationship(Relationship):
    """A relationship as it was written. `warnings` name the secrets that were redacted from its context."""

    warnings: list[str]


class MemoryDetail(Memory):
    """A memory with its edges in both directions. `warnings` say what could not be told."""

    outgoing_relationships: list[Relationship]
    incoming_relationships: list[Relationship]
    warnings: list[str]


class Accepted(BaseModel):
    """On disk, and not yet decided: `GET /api/v1/commands/{command_id}` says what became of it. `warnings` are
    there where text was written, and name the secrets that were redacted."""

    command_id: UUID
    status: Literal["accepted"]
    memory_id: str | None = None
    session_id: str | None = None
    document_id: str | None = None
    warnings: list[str] | None = None


class Refused(BaseModel):
    """Why not. `code` is there where the status alone does not say it."""

    detail: str
    code: str | None = None


class InvalidPart(BaseModel):
    """One thing that does not fit: where, what, and which kind. The value is not repeated."""

    loc: list[str | int]
    msg: str
    type: str


class Invalid(BaseModel):
    """What does not fit, the first ten."""

    detail: list[InvalidPart]


class Alive(BaseModel):
    status: Literal["ok"]


class Ready(BaseModel):
    status: Literal["ready"]


class NotReady(BaseModel):
    detail: str
    missing: list[str]
