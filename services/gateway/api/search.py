"""Search, by words and by meaning."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from contracts.queries import SearchMemories
from services.gateway.api import examples
from services.gateway.api.calls import Reader
from services.gateway.api.describing import answer, reads, takes
from services.gateway.api.finding import flat, ignored, readable
from services.gateway.api.shapes import SearchAnswer, SearchFilters, SearchRequest
from services.gateway.api.wire.errors import json_response

router = APIRouter(prefix="/api/v1/memories", tags=["search"])


@router.post(
    "/search",
    summary="Search memories",
    responses={200: answer(SearchAnswer, "A page of results.", examples.FOUND_EXAMPLE), **reads(403, with_body=True)},
    openapi_extra=takes(SearchRequest, examples.SEARCH_EXAMPLE),
)
async def search(call: Reader) -> Response:
    """Finds memories by words and by meaning: score = 0.3 keyword + 0.6 semantic + 0.1 importance.

    Filters on lists mean any of them. An unknown field is ignored and named in `warnings`.
    """
    asked, body = await call.body_as(SearchRequest)
    namespaces = await readable(call, asked.namespaces)
    warnings = ignored(body, SearchRequest)
    foreign = call.foreign_workspace(asked.workspace_id)
    if foreign is not None:
        return json_response(_answer(asked, foreign, {"results": []}, warnings))
    question = SearchMemories(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        query=asked.query,
        filters=asked,
        use_semantic=asked.use_semantic,
        limit=asked.limit,
        offset=asked.offset,
    )
    return json_response(_answer(asked, question.workspace_id, await call.ask(question), warnings))


def _answer(asked: SearchRequest, workspace_id: str, found: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    results = [flat(hit) for hit in found["results"]]
    filters = {**dict(asked), "workspace_id": workspace_id}
    return {
        "count": len(results),
        "query": asked.query,
        "filters": {name: filters[name] for name in SearchFilters.model_fields},
        "results": results,
        "warnings": [*warnings, *found.get("warnings", ())],
    }
