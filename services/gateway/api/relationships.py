"""Relationships: say by hand how memories relate, take it back, list all that there are of a memory."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from contracts.commands import DeleteRelationship, MakeRelationship
from contracts.queries import GetRelationships
from contracts.replies import Relationship
from services.gateway.api import examples
from services.gateway.api.calls import Call, Reader, Writer
from services.gateway.api.describing import IDEMPOTENCY_KEY, answer, reads, takes, writes
from services.gateway.api.finding import readable
from services.gateway.api.ids import A_MEMORY_ID, NamespacesInQuery, WorkspaceIdInQuery, refuse_malformed, uuid_of
from services.gateway.api.redacting import without_secrets
from services.gateway.api.shapes import OFFSET_MAX, NewRelationship, WrittenRelationship
from services.gateway.api.wire.errors import Problem, json_response, not_found
from services.kit.errors import Unavailable

log = structlog.get_logger()

router = APIRouter(prefix="/api/v1/relationships", tags=["relationships"])

GRAPH_TIMEOUT_S = 2.0
DETAIL_MAX = 1_000

NOT_AVAILABLE = "Relationships are not available at present."
NOT_ALL = f"At most {DETAIL_MAX} relationships are shown, the most confident; /api/v1/relationships has them all."


@router.post(
    "",
    status_code=201,
    summary="Relate two memories",
    responses={
        201: answer(WrittenRelationship, "Made, and on disk.", examples.WRITTEN_RELATIONSHIP_EXAMPLE),
        **writes(404, of_a_memory=False, of_text=True),
    },
    openapi_extra=takes(NewRelationship, examples.NEW_RELATIONSHIP_EXAMPLE, headers=(IDEMPOTENCY_KEY,)),
)
async def make(call: Writer) -> Response:
    """Says by hand how one memory relates to another. There is one relationship for each source, target and type: made
    again, it has the new confidence and context. Secrets in the context are redacted, and `warnings` says which."""
    given, body = await call.body_as(NewRelationship)
    call.refuse_foreign(given.workspace_id)
    new, warnings = without_secrets(given)
    refuse_malformed(new.source_memory_id)
    refuse_malformed(new.target_memory_id)
    said = {name: getattr(new, name) for name in NewRelationship.model_fields if name != "workspace_id"}
    return await call.order(MakeRelationship(**call.wish(body), **said), 201, warnings=warnings)


@router.get(
    "",
    summary="List a memory's relationships",
    responses={
        200: answer(list[Relationship], "A page of relationships.", [examples.RELATIONSHIP_EXAMPLE]),
        **reads(404, 422),
    },
)
async def browse(
    call: Reader,
    *,
    memory_id: Annotated[str, Query(description=A_MEMORY_ID, examples=["mem-4k8z0c1v7t2q9x5b"])],
    limit: Annotated[int, Query(ge=1, le=500, description="Relationships per page.")] = 100,
    offset: Annotated[int, Query(ge=0, le=OFFSET_MAX, description="Relationships to skip.")] = 0,
    namespace: NamespacesInQuery = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """A memory's relationships in both directions, discovered and made by hand, the most confident first.

    Only those between memories that the key may read.
    """
    refuse_malformed(memory_id)
    namespaces = await readable(call, namespace or None)
    if call.is_foreign(workspace_id):
        raise not_found("Memory", memory_id)
    return json_response(await call.ask(_question(call, namespaces, memory_id, limit, offset)))


@router.delete(
    "/{relationship_id}",
    status_code=204,
    summary="Take a relationship back",
    responses={204: {"description": "Taken back."}, **writes(404, of_a_memory=False)},
    openapi_extra=takes(headers=(IDEMPOTENCY_KEY,)),
)
async def delete(
    call: Writer,
    relationship_id: Annotated[str, Path(description="Its `id`.", examples=[examples.RELATIONSHIP_EXAMPLE["id"]])],
) -> Response:
    """Takes back what was said by hand, and only that: a discovered relationship can't be deleted (404). It goes when
    what it rests on does."""
    wanted = uuid_of("Relationship", relationship_id)
    body = await call.empty_body()
    return await call.order(DeleteRelationship(**call.wish(body), relationship_id=wanted), 204)


async def both_ways(call: Call, memory_id: str) -> dict[str, Any]:
    """What a memory's detail says of its relationships. Where the graph does not answer that is a warning, no error;
    a memory of which it has not heard yet has none."""
    warnings = []
    try:
        edges = await call.ask(_question(call, call.principal.grants.read, memory_id, DETAIL_MAX, 0), GRAPH_TIMEOUT_S)
    except Unavailable as fault:
        log.warning("relationships left out", fault=str(fault))
        edges, warnings = [], [NOT_AVAILABLE]
    except Problem as refused:
        if refused.status != 404:
            raise
        edges = []
    if len(edges) == DETAIL_MAX:
        warnings = [NOT_ALL]
    return {
        "outgoing_relationships": [edge for edge in edges if edge["source_memory_id"] == memory_id],
        "incoming_relationships": [edge for edge in edges if edge["target_memory_id"] == memory_id],
        "warnings": warnings,
    }


def _question(call: Call, namespaces: tuple[str, ...], memory_id: str, limit: int, offset: int) -> GetRelationships:
    return GetRelationships(
        workspace_id=call.principal.workspace_id,
        memory_id=memory_id,
        readable=namespaces,
        limit=limit,
        offset=offset,
    )
