"""What comes in and goes out where everything that a workspace knows is asked at once."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from contracts.base import DiscoveryMethod, RelationshipType, Score, StrictWord, Topic
from contracts.documents import FoundKind
from contracts.queries import KnowledgeFilters
from contracts.replies import FoundFact, FoundPassage, Memory
from services.gateway.api.examples import (
    EDGE_EXAMPLE,
    MEMORY_EXAMPLE,
    NODES_EXAMPLE,
    RELATIONSHIP_EXAMPLE,
    RESULT_EXAMPLE,
)
from services.gateway.api.shapes import Namespaces, OwnWorkspace

Mode = Literal["fast", "rich"]
ResultsMax = Annotated[int, Field(ge=1, le=50, strict=True)]


class QueryFilters(KnowledgeFilters):
    """Which memories and chunks may be among the results. A chunk has no type, tags, files and confidence: a filter on
    those leaves it out. `document_ids` leave out all memories. An unknown field is ignored, and named in `warnings`.
    """

    model_config = ConfigDict(extra="ignore")


class QueryRequest(StrictWord):
    """What to look for. An unknown field is ignored, and named in `warnings`."""

    model_config = ConfigDict(extra="ignore")

    query: Topic = Field(description="A question, a phrase, words.")
    mode: Mode = Field("fast", description="`rich`: also what surrounds the results.")
    synthesize: StrictBool = Field(False, description="Also an answer in words, where a language model is configured.")
    max_results: ResultsMax = 10
    namespaces: Namespaces | None = Field(None, description='Only these; absent or ["*"]: all that the key may read.')
    filters: QueryFilters = QueryFilters()
    workspace_id: OwnWorkspace | None = None


class ChunkContext(BaseModel):
    """Where a chunk stands: the headings above it, the outermost first, and the text before and after it."""

    section_path: tuple[str, ...]
    before: str | None
    after: str | None


class QueryResult(FoundPassage):
    """A memory or a chunk, flat as well. `score` = 0.3 keyword + 0.6 semantic + 0.1 importance (a chunk's is 0.5).
    `context` is there for chunks in mode `rich`.
    """

    id: str
    title: str
    text: str
    namespace: str
    document_id: str | None
    context: ChunkContext | None = None


class RelatedMemory(BaseModel):
    """A memory that an edge joins with one of the results."""

    memory: Memory
    to: str
    relationship_type: RelationshipType
    discovery_method: DiscoveryMethod
    confidence: Score
    reason: str | None


class Citation(BaseModel):
    """What the answer means by [number]."""

    number: int
    kind: FoundKind
    id: str


class QueryAnswer(BaseModel):
    """The results, best first. `related` and `facts` (of the chunks) are there in mode `rich`. `answer` is null where
    none was asked for, or can be had: then `warnings` say why.
    """

    query: str
    mode: Mode
    count: int
    results: list[QueryResult]
    related: list[RelatedMemory]
    facts: list[FoundFact]
    answer: str | None
    citations: list[Citation]
    warnings: list[str]


QUERY_EXAMPLE = {"query": "how do we retry webhooks", "mode": "rich", "synthesize": True, "max_results": 2}
CHUNK_EXAMPLE = {
    "chunk_id": "chk-9d2f6h1k4m7p0q3s",
    "index": 4,
    "text": "## Retries\n\nA failed delivery is retried six times, at intervals that grow up to an hour, then parked.",
    "start": 5120,
    "end": 5214,
    "section_id": "sec-2b5n8v1c4x7z0a3s",
    "page": None,
    "document_id": "doc-6g3j9k2l5w8e1r4t",
    "version": 2,
    "namespace": "default",
    "title": "Webhooks runbook",
    "source_id": "docs/webhooks.md",
    "media_type": "text/markdown",
    "section_path": ["Webhooks", "Retries"],
    "chunk_count": 12,
    "created_at": "2026-03-20T09:00:00.000000Z",
}
_SCORES = {name: RESULT_EXAMPLE[name] for name in ("score", "keyword_score", "semantic_score", "match_type")}
MEMORY_RESULT_EXAMPLE = {
    "kind": "memory",
    **_SCORES,
    "memory": MEMORY_EXAMPLE,
    "chunk": None,
    "id": MEMORY_EXAMPLE["memory_id"],
    "title": MEMORY_EXAMPLE["title"],
    "text": MEMORY_EXAMPLE["narrative"],
    "namespace": "default",
    "document_id": None,
    "context": None,
}
CHUNK_RESULT_EXAMPLE = {
    "kind": "chunk",
    "score": 0.71,
    "keyword_score": 1.0,
    "semantic_score": 0.6,
    "match_type": "combined",
    "memory": None,
    "chunk": CHUNK_EXAMPLE,
    "id": CHUNK_EXAMPLE["chunk_id"],
    "title": CHUNK_EXAMPLE["title"],
    "text": CHUNK_EXAMPLE["text"],
    "namespace": "default",
    "document_id": CHUNK_EXAMPLE["document_id"],
    "context": None,
}
RICH_EXAMPLE = {
    "query": QUERY_EXAMPLE["query"],
    "mode": "rich",
    "count": 2,
    "results": [
        MEMORY_RESULT_EXAMPLE,
        {
            **CHUNK_RESULT_EXAMPLE,
            "context": {
                "section_path": CHUNK_EXAMPLE["section_path"],
                "before": "Deliveries are signed with the endpoint's secret.",
                "after": None,
            },
        },
    ],
    "related": [
        {
            "memory": {
                **MEMORY_EXAMPLE,
                "memory_id": EDGE_EXAMPLE["target_memory_id"],
                "title": NODES_EXAMPLE[1]["title"],
            },
            "to": MEMORY_EXAMPLE["memory_id"],
            "relationship_type": "depends_on",
            "discovery_method": "manual",
            "confidence": 0.9,
            "reason": RELATIONSHIP_EXAMPLE["context"],
        }
    ],
    "facts": [
        {
            "fact_id": "fct-1m4n7b0v3c6x9z2a",
            "kind": "decision",
            "text": "A failed delivery is retried six times, then parked.",
            "confidence": 0.8,
            "chunk_id": CHUNK_EXAMPLE["chunk_id"],
            "document_id": CHUNK_EXAMPLE["document_id"],
            "version": 2,
            "namespace": "default",
            "created_at": "2026-03-20T09:00:00.000000Z",
        }
    ],
    "answer": "Failed deliveries are retried with full jitter [1], six times at most [2].",
    "citations": [
        {"number": 1, "kind": "memory", "id": MEMORY_EXAMPLE["memory_id"]},
        {"number": 2, "kind": "chunk", "id": CHUNK_EXAMPLE["chunk_id"]},
    ],
    "warnings": [],
}
FAST_EXAMPLE = {
    **RICH_EXAMPLE,
    "mode": "fast",
    "results": [MEMORY_RESULT_EXAMPLE, CHUNK_RESULT_EXAMPLE],
    "related": [],
    "facts": [],
    "answer": None,
    "citations": [],
}
