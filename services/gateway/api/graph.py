"""The graph of memories: what is near one, what surrounds a topic, the way between two, the whole as a drawing."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts import replies
from contracts.queries import DrawGraph, DrawMap, Explore, FindPath, GetRelated
from contracts.replies import GraphDrawing, GraphMap, MapEdges, MapNodes, Subgraph
from services.gateway.api import examples
from services.gateway.api.calls import Reader
from services.gateway.api.describing import answer, reads, takes
from services.gateway.api.finding import flat, ignored, readable
from services.gateway.api.ids import MemoryIdInPath, NamespacesInQuery, WorkspaceIdInQuery, refuse_malformed
from services.gateway.api.shapes import ExploreRequest, PathRequest, SearchResult
from services.gateway.api.wire.errors import json_response, not_found

router = APIRouter(prefix="/api/v1/memories", tags=["graph"])

MAP_TIMEOUT_S = 30.0
"""Ten thousand memories take most of a second, and more than five of them on a slow machine or a busy one."""
NO_MAP = {
    "nodes": {name: [] for name in MapNodes.model_fields},
    "edges": {name: [] for name in MapEdges.model_fields},
    "total_nodes": 0,
}


@router.get(
    "/graph",
    summary="Draw the graph",
    responses={200: answer(GraphDrawing, "Nodes and edges.", examples.DRAWING_EXAMPLE), **reads(422)},
)
async def draw(
    call: Reader,
    max_nodes: Annotated[int, Query(ge=1, le=5_000, description="Memories at most.")] = 500,
    namespace: NamespacesInQuery = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """The memories of highest PageRank that the key may read, and all edges among them."""
    namespaces = await readable(call, namespace or None)
    if call.is_foreign(workspace_id):
        return json_response(GraphDrawing(nodes=(), edges=(), total_nodes=0))
    question = DrawGraph(workspace_id=call.principal.workspace_id, readable=namespaces, max_nodes=max_nodes)
    return json_response(await call.ask(question))


@router.get(
    "/map",
    summary="Draw the graph of many memories",
    responses={200: answer(GraphMap, "Nodes and edges, as columns.", examples.MAP_EXAMPLE), **reads(422)},
)
async def map_of_all(
    call: Reader,
    *,
    max_nodes: Annotated[int, Query(ge=1, le=10_000, description="Memories at most.")] = 10_000,
    edges_per_node: Annotated[int, Query(ge=1, le=20, description="Away from each memory, at most.")] = 3,
    namespace: NamespacesInQuery = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """As `GET /api/v1/memories/graph`, for more memories at once: a column for each field instead of an object for
    each node, and of the edges that lead away from a memory only the most telling and confident. `source` and `target`
    are places, from 0, in the columns of `nodes`."""
    namespaces = await readable(call, namespace or None)
    if call.is_foreign(workspace_id):
        return json_response(NO_MAP)
    question = DrawMap(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        max_nodes=max_nodes,
        edges_per_node=edges_per_node,
    )
    return json_response(await call.ask(question, MAP_TIMEOUT_S))


@router.post(
    "/explore",
    summary="Explore what surrounds a topic",
    responses={200: answer(Subgraph, "Nodes and edges.", examples.SUBGRAPH_EXAMPLE), **reads(403, with_body=True)},
    openapi_extra=takes(ExploreRequest, examples.EXPLORE_EXAMPLE),
)
async def explore(call: Reader) -> Response:
    """Begins with what a search finds, and goes from there along the edges, the best first, until `max_nodes` are
    reached. An unknown field is ignored and named in `warnings`."""
    asked, body = await call.body_as(ExploreRequest)
    namespaces = await readable(call, asked.namespaces)
    warnings = ignored(body, ExploreRequest)
    if call.foreign_workspace(asked.workspace_id) is not None:
        return json_response(Subgraph(nodes=(), edges=(), seed_memories=(), warnings=tuple(warnings)))
    question = Explore(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        query=asked.query,
        max_nodes=asked.max_nodes,
        relationship_types=asked.relationship_types,
        min_edge_confidence=asked.min_edge_confidence,
        seed_limit=asked.seed_limit,
    )
    found = await call.ask(question)
    return json_response({**found, "warnings": [*warnings, *found["warnings"]]})


@router.post(
    "/path",
    summary="Find the way between two memories",
    responses={
        200: answer(replies.Path, "The way, or none: an empty one of depth 0.", examples.PATH_EXAMPLE),
        **reads(404, with_body=True),
    },
    openapi_extra=takes(PathRequest, examples.ENDS_EXAMPLE),
)
async def path(call: Reader) -> Response:
    """The shortest way along edges, in whichever direction they lead, and of the shortest the most confident."""
    asked, _ = await call.body_as(PathRequest)
    namespaces = await readable(call, asked.namespaces)
    if call.foreign_workspace(asked.workspace_id) is not None:
        raise not_found("Memory", asked.source_memory_id)
    refuse_malformed(asked.source_memory_id)
    refuse_malformed(asked.target_memory_id)
    question = FindPath(
        workspace_id=call.principal.workspace_id,
        source_memory_id=asked.source_memory_id,
        target_memory_id=asked.target_memory_id,
        readable=namespaces,
        max_depth=asked.max_depth,
        relationship_types=asked.relationship_types,
    )
    return json_response(await call.ask(question))


@router.get(
    "/{memory_id}/related",
    summary="Find memories of similar meaning",
    responses={
        200: answer(list[SearchResult], "The nearest first.", [examples.RELATED_EXAMPLE]),
        **reads(404, 422),
    },
)
async def related(
    call: Reader,
    memory_id: MemoryIdInPath,
    *,
    limit: Annotated[int, Query(ge=1, le=50, description="Results at most.")] = 10,
    similarity_threshold: Annotated[
        float, Query(ge=0, le=1, allow_inf_nan=False, description="The least cosine that counts.")
    ] = 0.75,
    namespace: NamespacesInQuery = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """The memories whose embeddings are nearest to this one's: `score` and `semantic_score` are the cosine. There are
    none while this memory has no embedding yet (see `embedding_status`)."""
    refuse_malformed(memory_id)
    namespaces = await readable(call, namespace or None)
    if call.is_foreign(workspace_id):
        raise not_found("Memory", memory_id)
    question = GetRelated(
        workspace_id=call.principal.workspace_id,
        memory_id=memory_id,
        readable=namespaces,
        limit=limit,
        similarity_threshold=similarity_threshold,
    )
    return json_response([flat(hit) for hit in await call.ask(question)])
