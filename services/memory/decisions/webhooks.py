"""Decisions about webhooks: one function a command. A webhook's secret is in none of them."""

from typing import assert_never
from uuid import UUID

from contracts.base import tenant_id
from contracts.commands import ChangeWebhook, CreateWebhook, DeleteWebhook, RotateWebhook
from contracts.events import WebhookChanged, WebhookCreated, WebhookDeleted, WebhookRotated
from contracts.replies import Refusal, Webhook
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.state import WorkspaceState
from services.memory.decisions.tenancy_state import WebhookState

WEBHOOKS_MAX = 20
"""As many may be in a workspace."""

WebhookOrder = CreateWebhook | ChangeWebhook | RotateWebhook | DeleteWebhook


def decide(state: WorkspaceState, command: WebhookOrder) -> Decision | Refusal:
    if isinstance(command, CreateWebhook):
        return _create(state, command)
    found = state.tenancy.webhooks.get(command.webhook_id)
    if found is None:
        return unknown_webhook(command.webhook_id)
    match command:
        case ChangeWebhook():
            return _change(found, command)
        case RotateWebhook():
            return Decision((Happened(command.entity_id, WebhookRotated(webhook_id=command.webhook_id)),))
        case DeleteWebhook():
            return Decision((Happened(command.entity_id, WebhookDeleted(webhook_id=command.webhook_id)),))
        case _:
            assert_never(command)


def unknown_webhook(webhook_id: UUID) -> Refusal:
    """The same for one that never was and one that was deleted."""
    return Refusal(code="unknown_webhook", detail=f"Webhook '{webhook_id}' not found.")


def webhook(workspace_id: str, found: WebhookState) -> Webhook:
    """As its owners see it, but for how far it is."""
    return Webhook(
        webhook_id=found.webhook_id,
        workspace_id=workspace_id,
        tenant_id=tenant_id(workspace_id),
        url=found.url,
        types=found.types,
        description=found.description,
        enabled=found.enabled,
        disabled_reason=found.reason,
        created_at=found.created_at,
        updated_at=found.updated_at,
        rotated_at=found.rotated_at,
    )


def _create(state: WorkspaceState, command: CreateWebhook) -> Decision | Refusal:
    if command.webhook_id in state.tenancy.webhooks:
        return Refusal(code="already_exists", detail=f"Webhook '{command.webhook_id}' exists.")
    if len(state.tenancy.webhooks) >= WEBHOOKS_MAX:
        return Refusal(code="webhook_limit_reached", detail=f"A workspace has {WEBHOOKS_MAX} webhooks at most.")
    created = WebhookCreated(
        webhook_id=command.webhook_id, url=command.url, types=command.types, description=command.description
    )
    return Decision((Happened(command.entity_id, created),))


def _change(found: WebhookState, command: ChangeWebhook) -> Decision:
    """Whoever enables it takes away the reason for which it was disabled."""
    enabled = found.enabled if command.enabled is None else command.enabled
    reason = None if enabled or (command.enabled is None and found.enabled) else command.reason or found.reason
    changed = WebhookChanged(
        webhook_id=command.webhook_id,
        url=command.url or found.url,
        types=found.types if command.types is None else command.types,
        description=found.description if command.description is None else command.description,
        enabled=enabled,
        reason=reason,
    )
    if all(getattr(changed, name) == getattr(found, name) for name in ("url", "types", "description", "enabled")):
        return Decision()
    return Decision((Happened(command.entity_id, changed),))
