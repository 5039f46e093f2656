"""Workspaces as those see them who manage them, and what was done to one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.commands import ChangeWorkspace
from contracts.queries import DescribeWorkspace, ListAudit, ListWorkspaces
from contracts.replies import ManagedWorkspace
from services.gateway.api.calls import ask
from services.gateway.api.describing import answer, reads, writes
from services.gateway.api.managing import (
    AUDIT_EXAMPLE,
    WORKSPACE_EXAMPLE,
    Audit,
    TenantIdInPath,
    WorkspaceChanges,
    Workspaces,
    ordered,
)
from services.gateway.api.portal import SECURITY, Tenant, Visitor, visit_tenant
from services.gateway.api.wire.errors import json_response

router = APIRouter(prefix="/v1", tags=["workspaces"])


@router.get(
    "/workspaces",
    summary="List workspaces",
    responses={200: answer(Workspaces, "All of them.", {"workspaces": [WORKSPACE_EXAMPLE]}), **reads()},
    openapi_extra=SECURITY,
)
async def browse(visit: Visitor) -> Response:
    """The workspaces of the organisation. `X-Tenant-Id` may be there and says nothing."""
    question = ListWorkspaces(organisation_id=visit.person.organisation_id)
    return json_response({"workspaces": await ask(visit.gate, question)})


@router.get(
    "/workspaces/{tenant_id}",
    summary="Get a workspace",
    responses={200: answer(ManagedWorkspace, "The workspace.", WORKSPACE_EXAMPLE), **reads(404)},
    openapi_extra=SECURITY,
)
async def get(visit: Visitor, tenant_id: TenantIdInPath) -> Response:
    """Name, plan, limits and size."""
    call = await visit_tenant(visit, tenant_id)
    return json_response(await call.ask(DescribeWorkspace(workspace_id=call.workspace_id)))


@router.patch(
    "/workspaces/{tenant_id}",
    summary="Rename a workspace or switch its plan",
    responses={200: answer(ManagedWorkspace, "As it is now.", WORKSPACE_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=ordered(WorkspaceChanges, {"plan": "pro"}),
)
async def change(visit: Visitor, tenant_id: TenantIdInPath) -> Response:
    """Only an owner may. A plan that is smaller than what is there takes nothing away; what goes beyond its limits is
    refused from then on."""
    call = await visit_tenant(visit, tenant_id)
    call.require_owner()
    changes, body = await call.body_as(WorkspaceChanges)
    return await call.order(ChangeWorkspace(**call.wish(body), name=changes.name, plan=changes.plan), 200)


@router.get(
    "/audit",
    summary="Read the audit trail",
    responses={200: answer(Audit, "A page.", AUDIT_EXAMPLE), **reads(403, 404, 422)},
    openapi_extra=SECURITY,
)
async def audit(
    call: Tenant,
    before: Annotated[UUID | None, Query(description="Only what came before this entry: `next` of a page.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Entries per page.")] = 100,
) -> Response:
    """What was done to the workspace, by whom and when, the newest first: keys, grants, namespaces, plans, deletions.
    Only an owner may read it."""
    call.require_owner()
    entries = await call.ask(ListAudit(workspace_id=call.workspace_id, before=before, limit=limit))
    return json_response({"entries": entries, "next": entries[-1]["id"] if len(entries) == limit else None})
