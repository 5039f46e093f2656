"""The door to the search index; only this package knows Qdrant.

`shapes` are the values that pass the door, `index` is what can be done, over an `engine` that is either Qdrant Edge
in this process (`edge`) or a Qdrant server (`server`).
"""

from services.search.store.chunks import ChunkIndex
from services.search.store.doorway import Indexes, open_indexes
from services.search.store.engine import NotBuilt
from services.search.store.index import AVG_LEN, Index, avg_len_is_off
from services.search.store.marks import Marks
from services.search.store.shapes import (
    Candidate,
    ChunkEntry,
    Digest,
    DocumentDigest,
    DueDocument,
    Embedding,
    Entry,
    Filters,
    Found,
    Model,
    Part,
    Pending,
    PendingPart,
    Profile,
    Rank,
    Removal,
    Statistics,
    Vectors,
)

__all__ = [
    "AVG_LEN",
    "Candidate",
    "ChunkEntry",
    "ChunkIndex",
    "Digest",
    "DocumentDigest",
    "DueDocument",
    "Embedding",
    "Entry",
    "Filters",
    "Found",
    "Index",
    "Indexes",
    "Marks",
    "Model",
    "NotBuilt",
    "Part",
    "Pending",
    "PendingPart",
    "Profile",
    "Rank",
    "Removal",
    "Statistics",
    "Vectors",
    "avg_len_is_off",
    "open_indexes",
]
