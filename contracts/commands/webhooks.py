"""What is ordered of webhooks."""

from uuid import UUID

from pydantic import StrictBool

from contracts.base import NO_GRANTS, Description, Grants, WantedTypes, WebhookUrl
from contracts.commands.base import Command


class WebhookCommand(Command):
    """About one webhook. Its secret is in no command: it is made of the workspace's key."""

    entity = "webhook"

    grants: Grants = NO_GRANTS
    webhook_id: UUID

    @property
    def entity_id(self) -> str:
        return str(self.webhook_id)


class CreateWebhook(WebhookCommand):
    """It is told what happens from here on, of these types (contracts.events.is_of_type; none for all)."""

    verb = "create"

    url: WebhookUrl
    types: WantedTypes = ()
    description: Description | None = None


class ChangeWebhook(WebhookCommand):
    """What is absent stays. One that is not enabled is told nothing, and goes on where it was when it is again;
    `reason`: why it was stopped, where nobody did it by hand."""

    verb = "change"

    url: WebhookUrl | None = None
    types: WantedTypes | None = None
    description: Description | None = None
    enabled: StrictBool | None = None
    reason: Description | None = None


class RotateWebhook(WebhookCommand):
    """Another secret. What goes out within a day is signed with the one before, too."""

    verb = "rotate"


class DeleteWebhook(WebhookCommand):
    verb = "delete"
