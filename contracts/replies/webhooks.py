"""Webhooks, and what they were sent."""

from uuid import UUID

from contracts.base import DeliveryStatus, Moment, Word


class Webhook(Word):
    """Who is told what happens in a workspace, without the secret. `after`: the `seq` up to which what is to be told
    has been queued; `failing_since`: the first failure since something was last delivered."""

    webhook_id: UUID
    workspace_id: str
    tenant_id: UUID
    url: str
    types: tuple[str, ...]
    description: str | None
    enabled: bool
    disabled_reason: str | None
    created_at: Moment
    updated_at: Moment | None
    rotated_at: Moment | None
    after: int | None = None
    failing_since: Moment | None = None


class Delivery(Word):
    """An event on its way to a webhook. `seq` is null for a test. Of what a receiver answers nothing is kept but the
    status; `note` says in our words what went wrong. `next_attempt_at` is there while it waits."""

    delivery_id: UUID
    event_id: UUID
    seq: int | None
    type: str
    status: DeliveryStatus
    attempts: int
    queued_at: Moment
    attempted_at: Moment | None
    next_attempt_at: Moment | None
    response_status: int | None
    duration_ms: int | None
    note: str | None
