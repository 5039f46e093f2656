"""What documents say and speak of: facts and entities."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.queries import ListEntities, ListFacts
from services.gateway.api.calls import KeyReader
from services.gateway.api.describing import BY_API_KEY, answer, reads
from services.gateway.api.document_shapes import (
    ENTITIES_EXAMPLE,
    FACTS_EXAMPLE,
    Entities,
    EntityPage,
    FactPage,
    Facts,
)
from services.gateway.api.finding import readable
from services.gateway.api.wire.errors import json_response

router = APIRouter(prefix="/v1", tags=["documents"])


@router.get(
    "/facts",
    summary="List facts",
    responses={200: answer(Facts, "A page of facts.", FACTS_EXAMPLE), **reads(403, 404, 422)},
    openapi_extra=BY_API_KEY,
)
async def facts(call: KeyReader, page: Annotated[FactPage, Query()]) -> Response:
    """What the documents say that the key may read: facts, preferences, episodes and decisions, each with the chunk
    that says it. Those of the newest document first."""
    namespaces = await readable(call, page.namespaces or None)
    if call.is_foreign(page.workspace_id):
        return json_response({"facts": []})
    question = ListFacts(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        **page.model_dump(exclude={"namespaces", "workspace_id"}),
    )
    return json_response({"facts": await call.ask(question)})


@router.get(
    "/entities",
    summary="List entities",
    responses={200: answer(Entities, "A page of entities.", ENTITIES_EXAMPLE), **reads(403, 404, 422)},
    openapi_extra=BY_API_KEY,
)
async def entities(call: KeyReader, page: Annotated[EntityPage, Query()]) -> Response:
    """What the documents speak of that the key may read, each once a namespace however many documents name it, the most
    mentioned first."""
    namespaces = await readable(call, page.namespaces or None)
    if call.is_foreign(page.workspace_id):
        return json_response({"entities": []})
    question = ListEntities(
        workspace_id=call.principal.workspace_id,
        readable=namespaces,
        **page.model_dump(exclude={"namespaces", "workspace_id"}),
    )
    return json_response({"entities": await call.ask(question)})
