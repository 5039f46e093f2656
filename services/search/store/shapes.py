"""What goes into the index and what comes out of it: plain values, no engine behind them."""

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]  # (windows, dimension), each row of length 1


@dataclass(frozen=True, slots=True)
class Model:
    """The embedding model that a collection's vectors come from. Vectors of two models are never mixed."""

    name: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What was decided when a collection was made, and is recorded with it.

    `model` is None where no embedding was configured: the collection holds BM25 vectors only.
    `avg_len` is BM25's expected document length in words left after stop words. `marks` names the key of the marks in
    it, and is empty for a collection from before there were marks.
    """

    model: Model | None
    avg_len: float
    generation: int
    marks: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which memories or chunks may be found. None: no condition. An empty tuple: nothing matches.

    Within a field any value suffices, between fields all must hold.
    """

    namespaces: tuple[str, ...] | None = None
    memory_types: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    files: tuple[str, ...] | None = None
    tag_prefixes: tuple[str, ...] | None = None
    min_importance: float | None = None
    min_confidence: float | None = None
    document_ids: tuple[str, ...] | None = None

    @property
    def match_nothing(self) -> bool:
        lists = (self.namespaces, self.memory_types, self.tags, self.files, self.tag_prefixes, self.document_ids)
        return () in lists


@dataclass(frozen=True, slots=True)
class Entry:
    """A memory as the index knows it. `text` becomes the BM25 vector and is not kept.

    `version` is the stream's own (it counts every event). `vectors` is given where it is known already
    (a rebuild); None leaves the point pending, or with the vectors it has if `content_hash` did not change. `pagerank`
    and `community` are taken where the point has none of its own (`set_ranks`).
    """

    id: UUID
    memory_id: str
    version: int
    namespace: str
    memory_type: str
    tags: tuple[str, ...]
    files: tuple[str, ...]
    importance: float
    confidence: float
    created_at: float  # seconds since 1970
    content_hash: str
    text: str
    vectors: Vectors | None = None
    pagerank: float | None = None
    community: str | None = None


@dataclass(frozen=True, slots=True)
class ChunkEntry:
    """A chunk of a document as the index knows it. `text` becomes the BM25 vector and is not kept. `version` is its
    document's. It has neither type, tags nor files, so a filter on those leaves it out.
    """

    id: UUID
    chunk_id: str
    document_id: str
    version: int
    index: int
    namespace: str
    importance: float
    created_at: float  # seconds since 1970
    content_hash: str
    text: str
    vectors: Vectors | None = None


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A document of which something is to be done in the index; `version` is that of the event that said so."""

    document_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Part:
    """Some chunks of a document, which are embedded and kept together; the first part has number 0."""

    document_id: str
    version: int
    number: int


@dataclass(frozen=True, slots=True)
class PendingPart:
    """A part of which some chunks wait for their vectors."""

    part: Part
    waiting: tuple["Pending", ...]


@dataclass(frozen=True, slots=True)
class Rank:
    """A memory's place in the graph: PageRank in [0, 1], kept to six digits, and the label of its community, None where
    it is in none.
    """

    id: UUID
    pagerank: float
    community: str | None


@dataclass(frozen=True, slots=True)
class Removal:
    id: UUID
    memory_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Embedding:
    """Vectors made for one content; they are taken only while the memory still has that content."""

    id: UUID
    content_hash: str
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Pending:
    """A point that waits for its vectors; of a chunk `memory_id` is its own id."""

    id: UUID
    memory_id: str
    version: int
    content_hash: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory worth ranking, with both parts exact; or a chunk, whose id is `memory_id` then.

    `keyword` is its raw BM25 (None: it shares no word with the query), `semantic` the cosine of its best window
    (None: it has no vectors, or the query has none).
    """

    id: UUID
    memory_id: str
    importance: float
    created_at: float
    keyword: float | None
    semantic: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """`best_keyword` is the best BM25 of this query in this workspace under these filters, 0.0 if no word matched.

    `semantic` is False where the query's vector was not used: none was given, or the collection's is another model's.
    """

    candidates: list[Candidate]
    best_keyword: float
    semantic: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """What `verify` compares with the log, and what the graph has said."""

    memory_id: str
    version: int
    content_hash: str
    embedded: bool
    pagerank: float | None = None
    community: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentDigest:
    """What `verify` compares with the log: so many chunks of that version are in the index."""

    document_id: str
    version: int
    chunks: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """`mean_length` is in words left after stop words; 0.0 in an empty collection."""

    memories: int
    pending: int
    failed: int
    mean_length: float
