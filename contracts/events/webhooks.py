"""What happens to webhooks."""

from uuid import UUID

from pydantic import Field

from contracts.base import Description, WantedTypes, WebhookUrl
from contracts.events.base import EventData


class WebhookCreated(EventData):
    """A webhook was made: somebody is told what happens from here on. The secret that signs it is nowhere."""

    type = "weft.webhook.created.v1"
    verb = "created"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")
    url: WebhookUrl = Field(description="Where it is sent")
    types: WantedTypes = Field((), description="Types of events, or beginnings of types, that are told; none: all")
    description: Description | None = Field(None, description="What it is for, in the words of its author")


class WebhookChanged(EventData):
    """A webhook was changed, enabled or disabled; it is now as this says."""

    type = "weft.webhook.changed.v1"
    verb = "changed"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")
    url: WebhookUrl = Field(description="Where it is sent")
    types: WantedTypes = Field((), description="Types of events, or beginnings of types, that are told; none: all")
    description: Description | None = Field(None, description="What it is for, in the words of its author")
    enabled: bool = Field(description="Whether anything is sent")
    reason: Description | None = Field(None, description="Why it was disabled, where it was not by hand")


class WebhookRotated(EventData):
    """A webhook has another secret."""

    type = "weft.webhook.rotated.v1"
    verb = "rotated"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")


class WebhookDeleted(EventData):
    """A webhook is no more."""

    type = "weft.webhook.deleted.v1"
    verb = "deleted"
    entity = "webhook"

    webhook_id: UUID = Field(description="The webhook")
