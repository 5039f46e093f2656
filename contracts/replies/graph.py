"""Relationships, and the graph that they make."""

from uuid import UUID

from contracts.base import DiscoveryMethod, MemoryType, Moment, RelationshipType, Score, Word


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


class MapNodes(Word):
    """Columns of the same length, a node in each place; the highest PageRank first. See Node."""

    memory_id: tuple[str, ...]
    title: tuple[str, ...]
    memory_type: tuple[MemoryType, ...]
    importance_score: tuple[Score, ...]
    pagerank_score: tuple[Score | None, ...]
    community_label: tuple[str | None, ...]


class MapEdges(Word):
    """Columns of the same length, an edge in each place; `source` and `target` are places in those of the nodes."""

    source: tuple[int, ...]
    target: tuple[int, ...]
    relationship_type: tuple[RelationshipType, ...]
    confidence: tuple[Score, ...]


class GraphMap(Word):
    """A drawing of many nodes, as columns; `total_nodes` is how many could have been shown."""

    nodes: MapNodes
    edges: MapEdges
    total_nodes: int


class Path(Word):
    """Memory ids from source to target, and the edge of each step; both empty where there is no such path."""

    path: tuple[str, ...]
    edges: tuple[Edge, ...]
    depth: int


class Alike(Word):
    """Two memories that say nearly the same, and the cosine of their texts' vectors."""

    one: str
    other: str
    similarity: Score


class NearDuplicates(Word):
    """Pairs of which one belongs to a page of memories; `next` is where the next page begins, null after the last."""

    pairs: tuple[Alike, ...]
    next: str | None
