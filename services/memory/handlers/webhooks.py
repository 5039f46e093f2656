"""Webhooks: what there is, what they were sent, and what is to be sent again."""

from uuid_utils.compat import uuid7

from contracts import subjects
from contracts.accounts import PingWebhook, ReplayWebhook, ShowWebhookSecret, WebhookQuestion
from contracts.base import now
from contracts.queries import ListDeliveries, ListWebhooks
from contracts.replies import Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.memory.decisions.delivering import shown
from services.memory.decisions.tenancy_state import WebhookState
from services.memory.decisions.webhooks import unknown_webhook, webhook
from services.memory.store import webhooks
from services.memory.store.webhooks import Due


class WebhookQueries:
    """One method a question; each answers with a Reply."""

    def __init__(self, database: Database):
        self._database = database

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(ListWebhooks), ListWebhooks)(self.browse)
        bus.on_query(subjects.query(ListDeliveries), ListDeliveries)(self.deliveries)
        bus.on_query(subjects.account(ShowWebhookSecret), ShowWebhookSecret)(self.secret)
        bus.on_query(subjects.account(PingWebhook), PingWebhook)(self.ping)
        bus.on_query(subjects.account(ReplayWebhook), ReplayWebhook)(self.replay)

    async def browse(self, asked: ListWebhooks) -> Reply:
        async def work(connection: Connection) -> Reply:
            places = await webhooks.places(connection, asked.workspace_id)
            found = await webhooks.get(connection, asked.workspace_id)
            if asked.webhook_id is not None and asked.webhook_id not in found:
                return Reply(refusal=unknown_webhook(asked.webhook_id))
            return Reply(
                body=[
                    webhook(asked.workspace_id, each).model_copy(
                        update={"after": places[each.webhook_id].after_seq}
                        | {"failing_since": places[each.webhook_id].failing_since}
                    )
                    for each in found.values()
                    if asked.webhook_id in (None, each.webhook_id)
                ]
            )

        return await self._database.read(asked.workspace_id, work)

    async def deliveries(self, asked: ListDeliveries) -> Reply:
        async def work(connection: Connection) -> Reply:
            if asked.webhook_id not in await webhooks.places(connection, asked.workspace_id):
                return Reply(refusal=unknown_webhook(asked.webhook_id))
            return Reply(body=await webhooks.deliveries(connection, asked))

        return await self._database.read(asked.workspace_id, work)

    async def secret(self, asked: ShowWebhookSecret) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = await _found(connection, asked)
            if isinstance(found, Refusal):
                return Reply(refusal=found)
            newest, *_ = webhooks.secrets(connection, asked.workspace_id, found, now())
            return Reply(body=shown(newest))

        return await self._database.read(asked.workspace_id, work)

    async def ping(self, asked: PingWebhook) -> Reply:
        async with self._database.transaction(asked.workspace_id) as connection:
            found = await _found(connection, asked)
            if isinstance(found, Refusal):
                return Reply(refusal=found)
            if not found.enabled:
                return Reply(refusal=_disabled())
            return Reply(body={"delivery_id": await webhooks.queue_test(connection, _due(asked), uuid7())})

    async def replay(self, asked: ReplayWebhook) -> Reply:
        async with self._database.transaction(asked.workspace_id) as connection:
            found = await _found(connection, asked)
            if isinstance(found, Refusal):
                return Reply(refusal=found)
            if not found.enabled:
                return Reply(refusal=_disabled())
            if asked.after is not None:
                await webhooks.replay_after(connection, _due(asked), asked.after)
                return Reply(body={"queued": 0})
            queued = await webhooks.replay_some(connection, _due(asked), asked.delivery_id)
            if asked.delivery_id is not None and not queued:
                detail = f"Delivery '{asked.delivery_id}' not found."
                return Reply(refusal=Refusal(code="unknown_delivery", detail=detail))
            return Reply(body={"queued": queued})


async def _found(connection: Connection, asked: WebhookQuestion) -> WebhookState | Refusal:
    found = (await webhooks.get(connection, asked.workspace_id)).get(asked.webhook_id)
    return unknown_webhook(asked.webhook_id) if found is None else found


def _due(asked: WebhookQuestion) -> Due:
    return Due(asked.workspace_id, asked.webhook_id)


def _disabled() -> Refusal:
    return Refusal(code="webhook_disabled", detail="The webhook is disabled; enable it first.")
