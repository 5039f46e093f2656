"""Webhooks: who is told over HTTP what happens in a workspace, what they were sent, and sending it again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from contracts.accounts import PingWebhook, ReplayWebhook, ShowWebhookSecret
from contracts.base import derived_id
from contracts.commands import ChangeWebhook, CreateWebhook, DeleteWebhook, RotateWebhook
from contracts.queries import ListDeliveries, ListWebhooks
from contracts.replies import Webhook
from services.gateway.api import portal
from services.gateway.api.calls import accepted
from services.gateway.api.describing import answer, manages, reads, takes, writes
from services.gateway.api.ids import uuid_of
from services.gateway.api.managing import Empty, ordered
from services.gateway.api.portal import SECURITY, Tenant, TenantCall
from services.gateway.api.refusals import body_of
from services.gateway.api.webhook_shapes import (
    DELIVERY_EXAMPLE,
    NEW_EXAMPLE,
    SHOWN_EXAMPLE,
    WEBHOOK_EXAMPLE,
    WRITTEN_EXAMPLE,
    Deliveries,
    DeliveryPage,
    NewWebhook,
    Queued,
    Replay,
    ShownWebhook,
    Tested,
    WebhookChanges,
    WebhookIdInPath,
    Webhooks,
)
from services.gateway.api.wire.errors import invalid, json_response
from services.kit.addresses import refuse_url

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

_SECRET = {"Cache-Control": "no-store"}


@router.post(
    "",
    status_code=201,
    summary="Make a webhook",
    responses={
        201: answer(ShownWebhook, "Made. `secret` is shown this once.", SHOWN_EXAMPLE),
        **writes(404, of_a_memory=False),
    },
    openapi_extra=ordered(NewWebhook, NEW_EXAMPLE),
)
async def make(call: Tenant) -> Response:
    """Only an owner may. From here on `url` is sent what happens in all active namespaces: each event as a POST, in
    order, signed as Standard Webhooks says. A 2xx takes it; anything else is tried again for some hours and then
    parked. 20 at most (403 `webhook_limit_reached`). Where the answer is a 202, rotate it to have a secret."""
    call.require_owner()
    new, body = await call.body_as(NewWebhook)
    _refuse_unsafe(call, new.url)
    wish = call.wish(body)
    webhook_id = derived_id("webhook", str(wish["command_id"]))
    order = CreateWebhook(**wish, webhook_id=webhook_id, url=new.url, types=new.types, description=new.description)
    return await _show(call, order, 201)


@router.get(
    "",
    summary="List webhooks",
    responses={200: answer(Webhooks, "All of them.", {"webhooks": [WEBHOOK_EXAMPLE]}), **reads(403, 404, 422)},
    openapi_extra=SECURITY,
)
async def browse(call: Tenant) -> Response:
    """Only an owner may. Without their secrets."""
    call.require_owner()
    return json_response({"webhooks": await call.ask(ListWebhooks(workspace_id=call.workspace_id))})


@router.get(
    "/{webhook_id}",
    summary="Get a webhook",
    responses={200: answer(Webhook, "As it is now.", WEBHOOK_EXAMPLE), **reads(403, 404, 422)},
    openapi_extra=SECURITY,
)
async def get(call: Tenant, webhook_id: WebhookIdInPath) -> Response:
    """Only an owner may. `after` says how far it is, `failing_since` whether it is well."""
    wanted = _owned(call, webhook_id)
    (found,) = await call.ask(ListWebhooks(workspace_id=call.workspace_id, webhook_id=wanted))
    return json_response(found)


@router.patch(
    "/{webhook_id}",
    summary="Change, disable or enable a webhook",
    responses={200: answer(Webhook, "As it is now.", WRITTEN_EXAMPLE), **writes(404, of_a_memory=False)},
    openapi_extra=ordered(WebhookChanges, {"types": ["weft.memory.stored.v1"], "enabled": True}),
)
async def change(call: Tenant, webhook_id: WebhookIdInPath) -> Response:
    """Only an owner may. What waits is tried at once. One that was disabled goes on where it was when it is enabled
    again: nothing is left out."""
    wanted = _owned(call, webhook_id)
    changes, body = await call.body_as(WebhookChanges)
    if changes.url is not None:
        _refuse_unsafe(call, changes.url)
    return await call.order(ChangeWebhook(**call.wish(body), webhook_id=wanted, **changes.model_dump()), 200)


@router.delete(
    "/{webhook_id}",
    status_code=204,
    summary="Delete a webhook",
    responses={204: {"description": "It is told nothing more."}, **writes(404, of_a_memory=False)},
    openapi_extra=ordered(),
)
async def delete(call: Tenant, webhook_id: WebhookIdInPath) -> Response:
    """Only an owner may. What was noted of its deliveries goes with it."""
    wanted = _owned(call, webhook_id)
    _, body = await call.body_as(Empty, optional=True)
    return await call.order(DeleteWebhook(**call.wish(body), webhook_id=wanted), 204)


@router.post(
    "/{webhook_id}/rotate",
    summary="Rotate a webhook's secret",
    responses={
        200: answer(ShownWebhook, "The new secret, shown this once.", SHOWN_EXAMPLE),
        **writes(404, of_a_memory=False),
    },
    openapi_extra=ordered(),
)
async def rotate(call: Tenant, webhook_id: WebhookIdInPath) -> Response:
    """Only an owner may. For 24 hours what is sent carries a signature by each of the two secrets."""
    wanted = _owned(call, webhook_id)
    _, body = await call.body_as(Empty, optional=True)
    return await _show(call, RotateWebhook(**call.wish(body), webhook_id=wanted), 200)


@router.get(
    "/{webhook_id}/deliveries",
    summary="List what a webhook was sent",
    responses={
        200: answer(Deliveries, "A page.", {"deliveries": [DELIVERY_EXAMPLE], "next": None}),
        **reads(403, 404, 422),
    },
    openapi_extra=SECURITY,
)
async def deliveries(call: Tenant, webhook_id: WebhookIdInPath, page: Annotated[DeliveryPage, Query()]) -> Response:
    """Only an owner may. What waits, what was delivered in the last week, and what was parked in the last month. Of
    what a receiver answers nothing is kept but the status."""
    asked = ListDeliveries(
        workspace_id=call.workspace_id,
        webhook_id=_owned(call, webhook_id),
        status=page.status,
        before=page.before,
        limit=page.limit,
    )
    found: list[dict[str, Any]] = await call.ask(asked)
    there_may_be_more = len(found) == page.limit
    return json_response({"deliveries": found, "next": found[-1]["delivery_id"] if there_may_be_more else None})


@router.post(
    "/{webhook_id}/replay",
    status_code=202,
    summary="Send again",
    responses={202: answer(Queued, "Queued.", {"queued": 3}), **manages(403, 404, 409, with_body=True)},
    openapi_extra=SECURITY | takes(Replay, {"after": 40}),
)
async def replay(call: Tenant, webhook_id: WebhookIdInPath) -> Response:
    """Only an owner may. Everything after a `seq`, one delivery, or all that are parked: each with the `webhook-id`
    that it had. A disabled webhook is 409."""
    wanted = _owned(call, webhook_id)
    what, _ = await call.body_as(Replay)
    asked = ReplayWebhook(workspace_id=call.workspace_id, webhook_id=wanted, **what.model_dump())
    return json_response(await portal.ask(call.gate, asked), 202)


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    summary="Test a webhook",
    responses={
        202: answer(Tested, "Queued.", {"delivery_id": DELIVERY_EXAMPLE["delivery_id"]}),
        **manages(403, 404, 409, with_body=True),
    },
    openapi_extra=SECURITY,
)
async def test(call: Tenant, webhook_id: WebhookIdInPath) -> Response:
    """Only an owner may. Sends a `weft.webhook.test.v1`, before all that waits and once. A disabled webhook is 409."""
    wanted = _owned(call, webhook_id)
    await call.body_as(Empty, optional=True)
    asked = PingWebhook(workspace_id=call.workspace_id, webhook_id=wanted)
    return json_response(await portal.ask(call.gate, asked), 202)


def _owned(call: TenantCall, webhook_id: str) -> UUID:
    """Raises Problem: 403 for a member, 404 for what is no id."""
    call.require_owner()
    return uuid_of("Webhook", webhook_id)


def _refuse_unsafe(call: TenantCall, url: str) -> None:
    """Raises Problem (422) for a URL of which can be seen that nothing would be sent there."""
    if (why := refuse_url(url, allow_private=call.gate.webhooks_allow_private)) is not None:
        raise invalid(["body", "url"], why, "webhook_url")


async def _show(call: TenantCall, order: CreateWebhook | RotateWebhook, status: int) -> Response:
    """The webhook with its secret: that comes from memory, on no stream."""
    reply = await call.carry_out(order)
    if reply is None:
        return accepted(order)
    found = body_of(reply)
    asked = ShowWebhookSecret(workspace_id=call.workspace_id, webhook_id=order.webhook_id)
    return json_response({**found, "secret": await portal.ask(call.gate, asked)}, status, _SECRET)
