"""What is asked about webhooks."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import DeliveryStatus
from contracts.queries.base import WorkspaceQuestion


class ListWebhooks(WorkspaceQuestion):
    """Its webhooks (contracts.replies.Webhook), the oldest first; with `webhook_id` that one, or none."""

    service, name = "memory", "webhooks"

    webhook_id: UUID | None = None


class ListDeliveries(WorkspaceQuestion):
    """What a webhook was sent, or is to be (contracts.replies.Delivery), the last that was queued first. `before`:
    those that were queued before this one."""

    service, name = "memory", "deliveries"

    webhook_id: UUID
    status: DeliveryStatus | None = None
    before: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 100
