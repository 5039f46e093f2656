"""What is asked of the graph."""

from typing import Annotated

from pydantic import Field

from contracts.base import NamespaceKey, Query, RelationshipType, Score, Text
from contracts.queries.base import Offset, WorkspaceQuestion

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


class DrawMap(WorkspaceQuestion):
    """The same for many nodes, in columns (contracts.replies.GraphMap).

    Of the edges that lead away from a node only `edges_per_node`: first those that say more than that two are related,
    then the most confident.
    """

    service, name = "graph", "map"

    readable: tuple[NamespaceKey, ...]
    max_nodes: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 10_000
    edges_per_node: Annotated[int, Field(ge=1, le=20, strict=True)] = 3


class GetNearDuplicates(WorkspaceQuestion):
    """Pairs of one namespace's memories that say nearly the same (contracts.replies.NearDuplicates).

    All pairs of the next `limit` memories, after the memory id `after`, that have such a twin.
    """

    service, name = "graph", "near_duplicates"

    namespace: NamespaceKey
    after: Text = ""
    limit: Annotated[int, Field(ge=1, le=200, strict=True)] = 100
