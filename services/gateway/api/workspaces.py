"""Workspaces as those see them who manage them, and what was done to one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from contracts.accounts import ListDeeds
from contracts.base import Moment, Text
from contracts.commands import ChangeWorkspace, DeleteWorkspace
from contracts.queries import AuditFilters, DescribeWorkspace, ListAudit, ListWorkspaces
from contracts.replies import ManagedWorkspace
from services.gateway.api.calls import ask
from services.gateway.api.describing import answer, reads, writes
from services.gateway.api.managing import (
    AUDIT_EXAMPLE,
    WORKSPACE_EXAMPLE,
    Audit,
    Empty,
    TenantIdInPath,
    WorkspaceChanges,
    Workspaces,
    ordered,
)
from services.gateway.api.portal import SECURITY, Visit, Visitor, visit_tenant
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


@router.delete(
    "/workspaces/{tenant_id}",
    status_code=204,
    summary="Delete a workspace",
    responses={204: {"description": "Gone, for good."}, **writes(404, of_a_memory=False)},
    openapi_extra=ordered(),
)
async def delete(visit: Visitor, tenant_id: TenantIdInPath) -> Response:
    """Only an owner may. With everything that is in it: memories, sessions, documents, keys, its audit trail. From the
    answer on its keys are dead and nobody finds anything of it; what it leaves in tables, streams and indexes is erased
    after that. There is no way back. The organisation's audit trail keeps that it was deleted, and by whom."""
    call = await visit_tenant(visit, tenant_id)
    call.require_owner()
    _, body = await call.body_as(Empty, optional=True)
    return await call.order(DeleteWorkspace(**call.wish(body)), 204)


@router.get(
    "/audit",
    summary="Read the audit trail",
    responses={200: answer(Audit, "A page.", AUDIT_EXAMPLE), **reads(403, 404, 422)},
    openapi_extra=SECURITY,
)
async def audit(
    visit: Visitor,
    *,
    x_tenant_id: Annotated[
        str | None, Header(description="The workspace: `ws-...` or its UUID. Absent: the organisation itself.")
    ] = None,
    action: Annotated[
        Text | None, Query(description="Only this, such as `weft.key.rotated.v1`.", max_length=128)
    ] = None,
    actor: Annotated[
        Text | None, Query(description="Only by them: `account:<id>`, `key:<public id>`.", max_length=128)
    ] = None,
    since: Annotated[Moment | None, Query(description="Not before this moment.")] = None,
    until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Entries per page.")] = 100,
) -> Response:
    """What was done, by whom and when, the newest first. With `X-Tenant-Id` to that workspace: keys, grants,
    namespaces, plans, exports, imports, deletions. Without it to the organisation: its people, and workspaces that were
    deleted. What changed stands in `detail`; content never does. Only an owner may read it."""
    filters = AuditFilters(before=cursor, action=action, actor=actor, since=since, until=until, limit=limit)
    entries = await _audit(visit, x_tenant_id, filters)
    return json_response({"entries": entries, "next": entries[-1]["id"] if len(entries) == limit else None})


async def _audit(visit: Visit, tenant_id: str | None, filters: AuditFilters) -> list[dict[str, Any]]:
    visit.require_owner()
    if tenant_id is None:
        person = visit.person
        asked = ListDeeds(organisation_id=person.organisation_id, by=person.account_id, filters=filters)
        found: list[dict[str, Any]] = await visit.ask(asked)
    else:
        call = await visit_tenant(visit, tenant_id)
        found = await call.ask(ListAudit(workspace_id=call.workspace_id, filters=filters))
    return found
