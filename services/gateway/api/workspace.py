"""The workspace that a key belongs to."""

from fastapi import APIRouter
from starlette.responses import Response

from contracts.queries import GetWorkspace
from contracts.replies import Workspace
from services.gateway.api.calls import Reader
from services.gateway.api.describing import answer, reads
from services.gateway.api.ids import WorkspaceIdInQuery
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
