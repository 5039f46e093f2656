"""Namespaces of a workspace: list, create, rename, archive, restore."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from contracts.commands import ChangeNamespace, CreateNamespace
from contracts.queries import ListNamespaces
from contracts.replies import Namespace
from services.gateway.api.describing import answer, reads, writes
from services.gateway.api.ids import uuid_of
from services.gateway.api.managing import (
    NAMESPACE_EXAMPLE,
    NamespaceChanges,
    NamespaceIdInPath,
    Namespaces,
    NewNamespace,
    ordered,
)
from services.gateway.api.portal import SECURITY, Tenant
from services.gateway.api.wire.errors import json_response

router = APIRouter(prefix="/v1/namespaces", tags=["namespaces"])

_A_NAMESPACE = "The namespace, as it is now."


@router.get(
    "",
    summary="List namespaces",
    responses={
        200: answer(Namespaces, "All of them.", {"namespaces": [NAMESPACE_EXAMPLE]}),
        **reads(404, 422),
    },
    openapi_extra=SECURITY,
)
async def browse(call: Tenant) -> Response:
    """All namespaces of the workspace, archived ones too."""
    found: list[dict[str, Any]] = await call.ask(ListNamespaces(workspace_id=call.workspace_id))
    return json_response({"namespaces": found})


@router.post(
    "",
    status_code=201,
    summary="Create a namespace",
    responses={201: answer(Namespace, "Created.", NAMESPACE_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=ordered(NewNamespace, {"key": "research", "name": "Research"}),
)
async def create(call: Tenant) -> Response:
    """Only an owner may. No key reads or writes it until it is granted; a key that is taken, also by an archived
    namespace, is 409."""
    call.require_owner()
    new, body = await call.body_as(NewNamespace)
    order = CreateNamespace(**call.wish(body), namespace=new.key, name=new.name or new.key)
    return await call.order(order, 201)


@router.patch(
    "/{namespace_id}",
    summary="Rename, archive or restore a namespace",
    responses={200: answer(Namespace, _A_NAMESPACE, NAMESPACE_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=ordered(NamespaceChanges, {"name": "Research archive", "status": "archived"}),
)
async def change(call: Tenant, namespace_id: NamespaceIdInPath) -> Response:
    """Only an owner may. What is in an archived namespace is kept and found by nobody, whatever their keys say, until
    it is active again. The workspace's default namespace can't be archived (409)."""
    call.require_owner()
    wanted = uuid_of("Namespace", namespace_id)
    changes, body = await call.body_as(NamespaceChanges)
    order = ChangeNamespace(**call.wish(body), namespace_id=wanted, name=changes.name, status=changes.status)
    return await call.order(order, 200)
