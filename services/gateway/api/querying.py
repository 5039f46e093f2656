"""Asking everything that a workspace knows at once: its memories and its documents."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.base import Topic
from contracts.queries import SearchKnowledge
from services.gateway.api import surroundings
from services.gateway.api.calls import Call, KeyReader
from services.gateway.api.describing import BY_API_KEY, answer, reads, takes
from services.gateway.api.finding import ignored, readable
from services.gateway.api.ids import NamespacesInQuery, WorkspaceIdInQuery
from services.gateway.api.query_shapes import (
    FAST_EXAMPLE,
    QUERY_EXAMPLE,
    RICH_EXAMPLE,
    QueryAnswer,
    QueryFilters,
    QueryRequest,
)
from services.gateway.api.wire.errors import json_response

router = APIRouter(prefix="/v1", tags=["query"])


@router.post(
    "/query",
    summary="Query memories and documents",
    responses={200: answer(QueryAnswer, "What was found.", RICH_EXAMPLE), **reads(403, 404, with_body=True)},
    openapi_extra={**BY_API_KEY, **takes(QueryRequest, QUERY_EXAMPLE)},
)
async def query(call: KeyReader) -> Response:
    """Finds memories and passages of documents by words and meaning; in mode `rich` also what surrounds them: related
    memories, the text around a passage, facts. With `synthesize`, and where a language model is configured, an answer
    in words that cites the results by their numbers: [1] is the first.
    """
    asked, body = await call.body_as(QueryRequest)
    warnings = [*ignored(body, QueryRequest), *_ignored_filters(body)]
    return json_response(await _answer(call, asked, warnings))


@router.get(
    "/search",
    summary="Search memories and documents",
    responses={200: answer(QueryAnswer, "What was found.", FAST_EXAMPLE), **reads(403, 404, 422)},
    openapi_extra=BY_API_KEY,
)
async def search(
    call: KeyReader,
    q: Annotated[Topic, Query(description="A question, a phrase, words.", examples=["how do we retry webhooks"])],
    limit: Annotated[int, Query(ge=1, le=50, description="Results at most.")] = 10,
    namespaces: NamespacesInQuery = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """The same as `POST /v1/query` in mode `fast`."""
    asked = QueryRequest(query=q, max_results=limit, namespaces=namespaces or None, workspace_id=workspace_id)
    return json_response(await _answer(call, asked, []))


async def _answer(call: Call, asked: QueryRequest, warnings: list[str]) -> dict[str, Any]:
    namespaces = await readable(call, asked.namespaces)
    said: dict[str, Any] = {"related": [], "facts": [], "answer": None, "citations": []}
    results: list[dict[str, Any]] = []
    if call.foreign_workspace(asked.workspace_id) is None:
        found = await _found(call, asked, namespaces)
        results = [_result(hit) for hit in found["results"]]
        warnings = [*warnings, *found["warnings"]]
        if asked.mode == "rich":
            (said["related"], more), said["facts"], results = await asyncio.gather(
                surroundings.related(call, namespaces, results),
                surroundings.facts(call, namespaces, results),
                surroundings.with_context(call, namespaces, results),
            )
            warnings += more
        if asked.synthesize:
            said["answer"], said["citations"], more = await surroundings.answer(call, asked.query, results)
            warnings += more
    return {
        "query": asked.query,
        "mode": asked.mode,
        "count": len(results),
        "results": results,
        **said,
        "warnings": warnings,
    }


async def _found(call: Call, asked: QueryRequest, namespaces: tuple[str, ...]) -> dict[str, Any]:
    question = SearchKnowledge(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        query=asked.query,
        filters=asked.filters,
        limit=asked.max_results,
    )
    found: dict[str, Any] = await call.ask(question)
    return found


def _result(hit: dict[str, Any]) -> dict[str, Any]:
    """A hit (contracts.replies.FoundPassage), flat as well."""
    if hit["kind"] == "memory":
        memory = hit["memory"]
        told = {"id": memory["memory_id"], "text": memory["narrative"], "document_id": None}
    else:
        memory = hit["chunk"]
        told = {"id": memory["chunk_id"], "text": memory["text"], "document_id": memory["document_id"]}
    return {**hit, **told, "title": memory["title"], "namespace": memory["namespace"], "context": None}


def _ignored_filters(body: dict[str, Any]) -> list[str]:
    filters = body.get("filters")
    return ignored(filters, QueryFilters) if isinstance(filters, dict) else []
