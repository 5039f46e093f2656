"""Search, by words and by meaning."""

from difflib import get_close_matches
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from contracts.queries import SearchMemories
from services.gateway.api import describing
from services.gateway.api.calls import Reader
from services.gateway.api.describing import answer, reads, takes
from services.gateway.api.shapes import SearchAnswer, SearchFilters, SearchRequest
from services.gateway.api.wire.bodies import fit
from services.gateway.api.wire.errors import Problem, json_response, printable
from services.gateway.auth import Principal

router = APIRouter(prefix="/api/v1/memories", tags=["search"])

WARNINGS_MAX = 10

_MEANT = {
    "source_files": "files",
    "file": "files",
    "memory_type": "memory_types",
    "type": "memory_types",
    "types": "memory_types",
    "tag": "tags",
    "q": "query",
    "text": "query",
    "namespace": "namespaces",
    "max_results": "limit",
    "importance_score": "min_importance",
    "confidence_score": "min_confidence",
}
"""Fields that other routes and other products have, and what they are called here."""


@router.post(
    "/search",
    summary="Search memories",
    responses={200: answer(SearchAnswer, "A page of results.", describing.FOUND_EXAMPLE), **reads(403, with_body=True)},
    openapi_extra=takes(SearchRequest, describing.SEARCH_EXAMPLE),
)
async def search(call: Reader) -> Response:
    """Finds memories by words and by meaning: score = 0.3 keyword + 0.6 semantic + 0.1 importance.

    Filters on lists mean any of them. An unknown field is ignored and named in `warnings`.
    """
    body = await call.body()
    asked = fit(SearchRequest, body)
    readable = _readable(asked, call.principal)
    warnings = ignored(body)
    named = asked.workspace_id or call.request.query_params.get("workspace_id")
    if call.is_foreign(named):
        return json_response(_answer(asked, str(named), {"results": []}, warnings))
    question = SearchMemories(
        workspace_id=call.principal.workspace_id,
        readable=readable,
        query=asked.query,
        filters=asked,
        use_semantic=asked.use_semantic,
        limit=asked.limit,
        offset=asked.offset,
    )
    return json_response(_answer(asked, question.workspace_id, await call.ask(question), warnings))


def ignored(body: dict[str, Any]) -> list[str]:
    """A sentence for each unknown field, and the field that was probably meant."""
    known = SearchRequest.model_fields
    return [_sentence(name, known) for name in body if name not in known][:WARNINGS_MAX]


def _sentence(name: str, known: dict[str, Any]) -> str:
    meant = _MEANT.get(name) or next(iter(get_close_matches(name[:64], known, 1)), None)
    said = f"Unknown field '{printable(name)}' was ignored"
    return f"{said}; did you mean '{meant}'?" if meant else f"{said}."


def _readable(asked: SearchRequest, principal: Principal) -> tuple[str, ...]:
    """The namespaces to search: those that are named, or all that may be read. Raises Problem (403) for any other."""
    named, granted = asked.namespaces, principal.grants.read
    if named is None or "*" in named:
        return granted
    for name in named:
        if name not in granted:
            raise Problem(403, f"This key has no grant for namespace '{name}'.")
    return named


def _answer(asked: SearchRequest, workspace_id: str, found: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    results = [_flat(hit) for hit in found["results"]]
    filters = {**dict(asked), "workspace_id": workspace_id}
    return {
        "count": len(results),
        "query": asked.query,
        "filters": {name: filters[name] for name in SearchFilters.model_fields},
        "results": results,
        "warnings": [*warnings, *found.get("warnings", ())],
    }


def _flat(hit: dict[str, Any]) -> dict[str, Any]:
    """A result in both documented shapes at once: with its memory, and flat."""
    memory = hit["memory"]
    flat = {"title": memory["title"], "memory_type": memory["memory_type"], "summary": memory["summary"]}
    return {**hit, "id": memory["memory_id"], **flat}
