"""What `DERIVED` keeps."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Score, Word
from contracts.replies.usage import ModelCalls


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
