"""Memories, and what became of them."""

from uuid import UUID

from contracts.base import EmbeddingStatus, MemoryType, Moment, Score, Word


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


class Rated(Word):
    """What a rating did to a memory's importance."""

    memory_id: str
    previous_importance: Score
    updated_importance: Score
    rating_recorded: bool = True


class Consolidated(Word):
    """What is folded into a memory now, and its revision. No text: answers are kept for days."""

    memory_id: str
    consolidated_from: tuple[str, ...]
    revision: int


class Deleted(Word):
    deleted_count: int


class Recalculated(Word):
    recalculated_count: int
