"""Tools for the graph: what surrounds a topic, how two memories are connected."""

from typing import Annotated

from pydantic import Field

from weft.mcp import arguments as a
from weft.mcp import telling
from weft.mcp.answers import Graph, Way
from weft.mcp.offering import READS, Ctx, offered, weft_of


async def memory_explore(
    ctx: Ctx,
    *,
    query: a.Query,
    max_nodes: Annotated[int, Field(ge=1, le=200, description="Memories at most.")] = 50,
    relationship_types: a.EdgeTypes = (),
    min_edge_confidence: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.0,
    seed_limit: Annotated[int, Field(ge=1, le=50, description="Search results to begin with.")] = 5,
    namespaces: a.Namespaces = (),
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Graph:
    """What surrounds a topic: begins with what a search finds and goes along the relationships, the best first."""
    found = await weft_of(ctx).graph.explore(
        query,
        max_nodes=max_nodes,
        relationship_types=relationship_types or None,
        min_edge_confidence=min_edge_confidence,
        seed_limit=seed_limit,
        namespaces=namespaces or None,
    )
    return telling.graph(found, max_tokens)


async def memory_path(
    ctx: Ctx,
    *,
    source_memory_id: a.MemoryId,
    target_memory_id: a.MemoryId,
    max_depth: Annotated[int, Field(ge=1, le=10, description="Steps at most.")] = 5,
    relationship_types: a.EdgeTypes = (),
    namespaces: a.Namespaces = (),
) -> Way:
    """How two memories are connected: the shortest way along relationships, in whichever direction they lead."""
    found = await weft_of(ctx).graph.path(
        source_memory_id,
        target_memory_id,
        max_depth=max_depth,
        relationship_types=relationship_types or None,
        namespaces=namespaces or None,
    )
    return telling.way(found)


TOOLS = [
    offered("Explore a topic", READS, memory_explore),
    offered("Connect two memories", READS, memory_path),
]
