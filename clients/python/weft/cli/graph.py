"""The graph of memories on the command line."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from weft.cli.here import Here
from weft.cli.memories import hit_columns
from weft.cli.options import Limit, Namespaces
from weft.cli.output import Column
from weft.words import RelationshipType

if TYPE_CHECKING:
    from weft.models import Edge, Node

Relations = Annotated[
    list[RelationshipType] | None,
    Parameter(name="--relation", negative=(), help="Only along these; may be given several times."),
]


def related(
    memory_id: str, *, limit: Limit = 10, threshold: float | None = None, namespace: Namespaces = None, here: Here
) -> None:
    """Show the memories of similar meaning.

    Parameters
    ----------
    threshold
        The least similarity that counts, from 0 to 1.
    """
    found = here.weft.memories.related(memory_id, limit=limit, similarity_threshold=threshold, namespaces=namespace)
    here.output.rows(found, hit_columns(), nothing="Nothing is near it. A new memory has neighbours after a moment.")


def explore(
    topic: str,
    *,
    limit: Limit = 50,
    relation: Relations = None,
    min_confidence: float | None = None,
    seeds: int | None = None,
    namespace: Namespaces = None,
    here: Here,
) -> None:
    """Show what surrounds a topic in the graph.

    Parameters
    ----------
    min_confidence
        Of an edge, from 0 to 1.
    seeds
        With how many search results to begin.
    """
    found = here.weft.graph.explore(
        topic,
        max_nodes=limit,
        relationship_types=relation,
        min_edge_confidence=min_confidence,
        seed_limit=seeds,
        namespaces=namespace,
    )
    here.output.warn(found.warnings)
    ways: dict[str, list[str]] = {}
    for edge in found.edges:
        ways.setdefault(edge.source_memory_id, []).append(f"{edge.relationship_type} {edge.target_memory_id}")
    columns: list[Column[Node]] = [
        Column("id", lambda it: it.memory_id),
        Column("seed", lambda it: "*" if it.memory_id in found.seed_memories else ""),
        Column("type", lambda it: it.memory_type),
        Column("community", lambda it: it.community_label, is_long=True),
        Column("title", lambda it: it.title, is_long=True),
        Column("edges", lambda it: ways.get(it.memory_id, ()), is_long=True),
    ]
    here.output.rows(found.nodes, columns, whole=found)


def path(
    source: str,
    target: str,
    *,
    max_depth: int | None = None,
    relation: Relations = None,
    namespace: Namespaces = None,
    here: Here,
) -> None:
    """Show the shortest way between two memories.

    Parameters
    ----------
    source
        A memory's id.
    target
        A memory's id.
    max_depth
        Steps at most.
    """
    found = here.weft.graph.path(source, target, max_depth=max_depth, relationship_types=relation, namespaces=namespace)
    columns: list[Column[Edge]] = [
        Column("from", lambda it: it.source_memory_id),
        Column("relation", lambda it: it.relationship_type),
        Column("to", lambda it: it.target_memory_id),
        Column("confidence", lambda it: it.confidence),
    ]
    nothing = "They are the same." if source == target else "There is no way between them."
    here.output.rows(found.edges, columns, whole=found, nothing=nothing)
