"""The door to the search index; only this package knows Qdrant.

`shapes` are the values that pass the door, `index` is what can be done, over an `engine` that is either Qdrant Edge
in this process (`edge`) or a Qdrant server (`server`).
"""

from services.search.store.doorway import open_index
from services.search.store.index import AVG_LEN, Index, avg_len_is_off
from services.search.store.marks import Marks
from services.search.store.shapes import (
    Candidate,
    Digest,
    Embedding,
    Entry,
    Filters,
    Found,
    Model,
    Pending,
    Profile,
    Rank,
    Removal,
    Statistics,
    Vectors,
)

__all__ = [
    "AVG_LEN",
    "Candidate",
    "Digest",
    "Embedding",
    "Entry",
    "Filters",
    "Found",
    "Index",
    "Marks",
    "Model",
    "Pending",
    "Profile",
    "Rank",
    "Removal",
    "Statistics",
    "Vectors",
    "avg_len_is_off",
    "open_index",
]
