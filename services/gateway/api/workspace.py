"""The workspace that a key belongs to: what it is, and what goes on in it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.queries import GetOverview, GetWorkspace
from contracts.replies import Overview, Workspace
from services.gateway.api.calls import Reader
from services.gateway.api.describing import answer, reads
from services.gateway.api.finding import readable
from services.gateway.api.ids import NamespacesInQuery, WorkspaceIdInQuery
from services.gateway.api.wire.errors import json_response, not_found

router = APIRouter(prefix="/api/v1", tags=["workspace"])

_EXAMPLE = {
    "workspace_id": "ws-3n6d1f8h0j2m",
    "name": "Payments",
    "created_at": "2026-03-20T09:00:00.000000Z",
    "memory_count": 142,
    "plan": "team",
    "memory_limit": None,
    "retention_days": None,
    "near_limit": False,
    "pruning_candidates": [],
}
_OVERVIEW_EXAMPLE: dict[str, Any] = {
    "workspace_id": "ws-3n6d1f8h0j2m",
    "memories": {"decision": 61, "pattern": 40, "incident": 41},
    "sessions": {"active": 1, "ended": 30},
    "jobs": {"extraction": {"completed": 3, "empty": 1}},
    "days": [
        {"day": "2026-03-19", "memories": {}, "sessions": 0, "observations": 0, "documents": 0},
        {"day": "2026-03-20", "memories": {"decision": 2}, "sessions": 4, "observations": 411, "documents": 1},
    ],
    "log": {"head": 3_204, "published": 3_204},
    "behind": {"search": 0, "graph": 0, "extraction": 0},
    "parked": {},
}


@router.get(
    "/overview",
    summary="See what goes on",
    responses={200: answer(Overview, "The workspace at a glance.", _OVERVIEW_EXAMPLE), **reads(404, 422)},
)
async def overview(
    call: Reader,
    *,
    days: Annotated[int, Query(ge=1, le=365, description="How far back, today (UTC) included.")] = 90,
    namespace: NamespacesInQuery = (),
    workspace_id: WorkspaceIdInQuery = None,
) -> Response:
    """Memories by type and sessions by status, as they are now; what was stored and begun on each of the last days, the
    oldest first; how the jobs of these days ended. `behind` says by how many events search, graph and extraction are
    behind the log, `parked` which services have messages that they could not handle."""
    namespaces = await readable(call, namespace or None)
    if call.is_foreign(workspace_id):
        raise not_found("Workspace", str(workspace_id))
    question = GetOverview(workspace_id=call.principal.workspace_id, readable=namespaces, days=days)
    return json_response(await call.ask(question))


@router.get(
    "/workspace",
    summary="Get the workspace",
    responses={200: answer(Workspace, "The key's workspace.", _EXAMPLE), **reads(404)},
)
async def workspace(call: Reader, workspace_id: WorkspaceIdInQuery = None) -> Response:
    """Name, plan, limits and size. From 90 % of the limit on it names memories that could go."""
    if call.is_foreign(workspace_id):
        raise not_found("Workspace", str(workspace_id))
    principal = call.principal
    question = GetWorkspace(workspace_id=principal.workspace_id, readable=principal.grants.read)
    return json_response(await call.ask(question))
