"""What comes in and goes out over HTTP about webhooks; its examples."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field, StrictBool, model_validator

from contracts.base import DeliveryStatus, Description, StrictWord, WebhookUrl
from contracts.events import EventTypes
from contracts.replies import Delivery, Webhook
from services.gateway.api import examples
from services.gateway.api.event_shapes import EVENT_EXAMPLE, SEQ_MAX

WebhookIdInPath = Annotated[
    str, Path(description="The webhook's id.", examples=["3c1e9a70-52d4-5b8f-a6e1-0d7b4f92c835"])
]
_TYPES = "Only these: `weft.memory.stored.v1`, or `weft.memory` for all that happens to memories. None: all."


class NewWebhook(StrictWord):
    """Who is to be told, and of what."""

    url: WebhookUrl = Field(description="https, and on the public internet; the operator may allow others.")
    types: EventTypes = Field((), description=_TYPES)
    description: Description | None = Field(None, description="For people.")


class WebhookChanges(StrictWord):
    """What is absent stays."""

    url: WebhookUrl | None = None
    types: EventTypes | None = Field(None, description=_TYPES)
    description: Description | None = None
    enabled: StrictBool | None = Field(None, description="One that is not is told nothing, and later goes on there.")


class Replay(StrictWord):
    """What is to be sent again: one of these, or with an empty object whatever is parked."""

    after: Annotated[int, Field(ge=0, le=SEQ_MAX, strict=True)] | None = Field(
        None, description="Everything after this `seq`."
    )
    delivery_id: UUID | None = Field(None, description="This one.")

    @model_validator(mode="after")
    def _one_of_them(self) -> "Replay":
        if self.after is not None and self.delivery_id is not None:
            raise ValueError("after and delivery_id exclude each other")
        return self


class DeliveryPage(BaseModel):
    """Which deliveries to list."""

    status: DeliveryStatus | None = Field(None, description="Only these.")
    limit: int = Field(100, ge=1, le=500, description="Deliveries per page.")
    before: UUID | None = Field(None, description="`next` of the page before.")


class ShownWebhook(Webhook):
    """A webhook with the secret by which it is signed, which is shown this once."""

    secret: str


class Webhooks(BaseModel):
    """The oldest first."""

    webhooks: list[Webhook]


class Deliveries(BaseModel):
    """A page, the last that was queued first. `next` is the `before` of the page that follows; null on the last."""

    deliveries: list[Delivery]
    next: UUID | None


class Queued(BaseModel):
    """How many deliveries wait because of it; those after a `seq` are queued from now on, and not counted."""

    queued: int


class Tested(BaseModel):
    """Where to see what came of it: in the deliveries."""

    delivery_id: UUID


WEBHOOK_EXAMPLE: dict[str, Any] = {
    "webhook_id": "3c1e9a70-52d4-5b8f-a6e1-0d7b4f92c835",
    "workspace_id": examples.MEMORY_EXAMPLE["workspace_id"],
    "tenant_id": "1e0f3a2b-7c6d-5e4f-9a8b-0c1d2e3f4a5b",
    "url": "https://hooks.example.org/weft",
    "types": ["weft.memory"],
    "description": "To the team's channel",
    "enabled": True,
    "disabled_reason": None,
    "created_at": "2026-03-20T09:00:00.000000Z",
    "updated_at": None,
    "rotated_at": None,
    "after": 42,
    "failing_since": None,
}
WRITTEN_EXAMPLE = {**WEBHOOK_EXAMPLE, "after": None}
SHOWN_EXAMPLE = {**WRITTEN_EXAMPLE, "secret": "whsec_..."}
NEW_EXAMPLE = {name: WEBHOOK_EXAMPLE[name] for name in ("url", "types", "description")}
DELIVERY_EXAMPLE = {
    "delivery_id": "8b0d6c2f-94a1-5e37-b5c8-71f2e3a4d5b6",
    "event_id": EVENT_EXAMPLE["id"],
    "seq": EVENT_EXAMPLE["seq"],
    "type": EVENT_EXAMPLE["type"],
    "status": "waiting",
    "attempts": 1,
    "queued_at": "2026-03-21T14:00:00.100000Z",
    "attempted_at": "2026-03-21T14:00:00.350000Z",
    "next_attempt_at": "2026-03-21T14:00:05.900000Z",
    "response_status": 503,
    "duration_ms": 212,
    "note": "The receiver answered 503.",
}
