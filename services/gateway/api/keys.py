"""API keys: make, list, rename, rotate, revoke, and say what each may do. A key's secret is shown once."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response
from uuid_utils.compat import uuid7

from contracts.base import DEFAULT_NAMESPACE, NO_GRANTS, Grants, derived_id, workspace_id_from
from contracts.commands import (
    ChangeScopes,
    Command,
    IssueKey,
    KeyDraft,
    OpenWorkspace,
    RenameKey,
    RevokeKey,
    RotateKey,
)
from contracts.queries import FindKey, ListKeys
from contracts.replies import ApiKey
from services.gateway.api.calls import Call, accepted_content, ask
from services.gateway.api.describing import answer, reads, writes
from services.gateway.api.idempotency import key_of
from services.gateway.api.ids import uuid_of
from services.gateway.api.managing import (
    KEY_EXAMPLE,
    NEW_KEY_EXAMPLE,
    SCOPES_EXAMPLE,
    SHOWN_KEY_EXAMPLE,
    Empty,
    KeyChanges,
    KeyIdInPath,
    Keys,
    NewKey,
    ScopeChanges,
    ShownKey,
    granted,
    ordered,
)
from services.gateway.api.portal import SECURITY, Tenant, TenantCall, Visit, Visitor, visit_tenant
from services.gateway.api.refusals import body_of
from services.gateway.api.wire.errors import Problem, json_response, not_found
from services.gateway.auth import Principal

router = APIRouter(prefix="/v1/auth/api-keys", tags=["api keys"])

A_NAME = "API key"
_FIRST = Grants(read=(DEFAULT_NAMESPACE,), write=(DEFAULT_NAMESPACE,), default=DEFAULT_NAMESPACE)
_SECRET = {"Cache-Control": "no-store"}


@router.post(
    "",
    status_code=201,
    summary="Make an API key",
    responses={
        201: answer(ShownKey, "Made. `api_key` is shown this once.", SHOWN_KEY_EXAMPLE),
        **writes(404, of_a_memory=False),
    },
    openapi_extra=ordered(NewKey, NEW_KEY_EXAMPLE),
)
async def make(visit: Visitor) -> Response:
    """Only an owner may. With a `tenant_id` the key is for that workspace; without one, a workspace is made for it.
    More live keys than the plan allows: 403 `key_limit_reached`. Where the answer is a 202, it has the key too."""
    visit.require_owner()
    new, body = await visit.body_with(NewKey)
    if new.tenant_id is None:
        return await _open(visit, new, body)
    call = await visit_tenant(visit, new.tenant_id)
    wish = call.wish(body)
    secret, secret_hash = call.gate.keys.new(wish["command_id"], again=wish["fingerprint"] is not None)
    order = IssueKey(
        **wish,
        key_id=derived_id("key", str(wish["command_id"])),
        public_id=secret.public_id,
        secret_hash=secret_hash,
        name=new.name or A_NAME,
        default_namespace_id=new.default_namespace_id,
        scopes=granted(new.scopes),
        expires_at=new.expires_at,
    )
    return await _show(call, order, secret.text, 201)


async def _open(visit: Visit, new: NewKey, body: dict[str, Any]) -> Response:
    """The workspace's id is derived from the wish, so that the same wish again is the same workspace."""
    again = key_of(visit.request)
    wanted = uuid7() if again is None else derived_id("open", str(visit.person.account_id), again)
    workspace_id = workspace_id_from(derived_id("workspace-of", str(wanted)))
    call = TenantCall(visit.gate, visit.request, Principal(workspace_id, visit.actor, NO_GRANTS), visit.person)
    wish = call.wish(body)
    secret, secret_hash = call.gate.keys.new(wish["command_id"], again=again is not None)
    name = new.name or A_NAME
    draft = KeyDraft(
        key_id=derived_id("key", str(wish["command_id"])),
        public_id=secret.public_id,
        secret_hash=secret_hash,
        name=name,
        grants=_FIRST,
        expires_at=new.expires_at,
    )
    organisation_id = visit.person.organisation_id
    order = OpenWorkspace(**wish, name=new.workspace_name or name, key=draft, organisation_id=organisation_id)
    return await _show(call, order, secret.text, 201)


@router.get(
    "",
    summary="List API keys",
    responses={200: answer(Keys, "All of them.", {"api_keys": [KEY_EXAMPLE]}), **reads(404, 422)},
    openapi_extra=SECURITY,
)
async def browse(call: Tenant) -> Response:
    """The workspace's keys without their secrets, which nobody has. Revoked ones are not among them."""
    return json_response({"api_keys": await call.ask(ListKeys(workspace_id=call.workspace_id))})


@router.patch(
    "/{key_id}",
    summary="Rename an API key",
    responses={200: answer(ApiKey, "As it is now.", KEY_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=ordered(KeyChanges, {"name": "laptop"}),
)
async def rename(visit: Visitor, key_id: KeyIdInPath) -> Response:
    """Only an owner may."""
    call, wanted = await _of_key(visit, key_id)
    changes, body = await call.body_as(KeyChanges)
    return await call.order(RenameKey(**call.wish(body), key_id=wanted, name=changes.name), 200)


@router.patch(
    "/{key_id}/scopes",
    summary="Change what an API key may do",
    responses={200: answer(ApiKey, "As it is now.", KEY_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=ordered(
        ScopeChanges, {"default_namespace_id": KEY_EXAMPLE["default_namespace_id"], "scopes": SCOPES_EXAMPLE}
    ),
)
async def change_scopes(visit: Visitor, key_id: KeyIdInPath) -> Response:
    """Only an owner may. The scopes that are given take the place of all that were; at every gateway, once this is
    answered."""
    call, wanted = await _of_key(visit, key_id)
    changes, body = await call.body_as(ScopeChanges)
    order = ChangeScopes(
        **call.wish(body),
        key_id=wanted,
        default_namespace_id=changes.default_namespace_id,
        scopes=granted(changes.scopes),
    )
    return await call.order(order, 200)


@router.post(
    "/{key_id}/rotate",
    summary="Rotate an API key",
    responses={
        200: answer(ShownKey, "The new secret, shown this once.", SHOWN_KEY_EXAMPLE),
        **writes(404, of_a_memory=False),
    },
    openapi_extra=ordered(),
)
async def rotate(visit: Visitor, key_id: KeyIdInPath) -> Response:
    """Only an owner may. The key keeps its id, its name and what it may do, and has another secret: the one before is
    dead at every gateway once this is answered."""
    call, wanted = await _of_key(visit, key_id)
    _, body = await call.body_as(Empty, optional=True)
    wish = call.wish(body)
    secret, secret_hash = call.gate.keys.new(wish["command_id"], again=wish["fingerprint"] is not None)
    order = RotateKey(**wish, key_id=wanted, public_id=secret.public_id, secret_hash=secret_hash)
    return await _show(call, order, secret.text, 200)


@router.delete(
    "/{key_id}",
    status_code=204,
    summary="Revoke an API key",
    responses={204: {"description": "Dead for good, at every gateway."}, **writes(404, of_a_memory=False)},
    openapi_extra=ordered(),
)
async def revoke(visit: Visitor, key_id: KeyIdInPath) -> Response:
    """Only an owner may. There is no way back."""
    call, wanted = await _of_key(visit, key_id)
    _, body = await call.body_as(Empty, optional=True)
    return await call.order(RevokeKey(**call.wish(body), key_id=wanted), 204)


async def _of_key(visit: Visit, key_id: str) -> tuple[TenantCall, UUID]:
    """A call about the workspace that a key belongs to, and the key's id. Raises Problem: 404, the same for a key that
    is somebody else's and one that never was; 403 for a member."""
    wanted = uuid_of(A_NAME, key_id)
    try:
        call = await visit_tenant(visit, await ask(visit.gate, FindKey(key_id=wanted)))
    except Problem as refused:
        if refused.status != 404:
            raise
        raise not_found(A_NAME, str(wanted)) from None
    call.require_owner()
    return call, wanted


async def _show(call: Call, order: Command, secret: str, status: int) -> Response:
    """The key with its secret, also where it is not decided yet: nobody will ever know it but who reads this."""
    reply = await call.carry_out(order)
    if reply is None:
        content, headers = accepted_content(order)
        return json_response({**content, "api_key": secret}, 202, headers | _SECRET)
    return json_response({**body_of(reply), "api_key": secret}, status, _SECRET)
