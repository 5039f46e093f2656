"""The graph of memories: what surrounds a topic, the way between two, edges made by hand."""

from collections.abc import Sequence
from uuid import UUID

from weft.calls import Call, E, Group, Pages, at, listing, model, models, nothing, operation, said
from weft.models import GraphDrawing, GraphPath, Relationship, Subgraph
from weft.words import RelationshipType


class Graph(Group[E]):
    @operation
    def explore(
        self,
        query: str,
        *,
        max_nodes: int | None = None,
        relationship_types: Sequence[RelationshipType] | None = None,
        min_edge_confidence: float | None = None,
        seed_limit: int | None = None,
        namespaces: Sequence[str] | None = None,
    ) -> Call[Subgraph]:
        """Begins with what a search finds, and goes along the edges, the best first."""
        return Call("POST", "/api/v1/memories/explore", model(Subgraph), json=said(locals()))

    @operation
    def path(
        self,
        source_memory_id: str,
        target_memory_id: str,
        *,
        max_depth: int | None = None,
        relationship_types: Sequence[RelationshipType] | None = None,
        namespaces: Sequence[str] | None = None,
    ) -> Call[GraphPath]:
        """The shortest way, along edges in whichever direction."""
        return Call("POST", "/api/v1/memories/path", model(GraphPath), json=said(locals()))

    @operation
    def draw(self, *, max_nodes: int | None = None, namespaces: Sequence[str] | None = None) -> Call[GraphDrawing]:
        """The memories of highest PageRank, and all edges among them."""
        params = {"max_nodes": max_nodes, "namespace": namespaces}
        return Call("GET", "/api/v1/memories/graph", model(GraphDrawing), params=params)


class Relationships(Group[E]):
    @operation
    def make(
        self,
        source_memory_id: str,
        target_memory_id: str,
        relationship_type: RelationshipType,
        *,
        confidence: float | None = None,
        context: str | None = None,
    ) -> Call[Relationship]:
        """By hand. Made again, it has the new confidence and context."""
        return Call("POST", "/api/v1/relationships", model(Relationship), json=said(locals()))

    @listing
    def list(
        self, memory_id: str, *, namespaces: Sequence[str] | None = None, limit: int | None = None
    ) -> Pages[Relationship]:
        """A memory's, in both directions, the most confident first."""
        params = {"memory_id": memory_id, "namespace": namespaces}
        return Pages(Call("GET", "/api/v1/relationships", models(Relationship), params=params), limit)

    @operation
    def delete(self, relationship_id: UUID | str) -> Call[None]:
        """One that was made by hand."""
        return Call("DELETE", at("/api/v1/relationships", relationship_id), nothing)
