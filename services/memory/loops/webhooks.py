"""Webhooks: each is told what happens, in order, at its own pace; one that takes long holds up nobody else."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client import Counter
from pydantic_core import to_json
from uuid_utils.compat import uuid7

from contracts.base import NO_GRANTS, now
from contracts.commands import ChangeWebhook
from contracts.events import SOURCE
from contracts.queries import ReadEvents
from services.kit.errors import Transient
from services.kit.postgres import Connection, Database
from services.memory.decisions.delivering import headers, reason_to_disable, settle
from services.memory.decisions.tenancy_state import WebhookState
from services.memory.outgoing import Outgoing
from services.memory.store import keys, telling, webhooks
from services.memory.store.webhooks import Due, Waiting

logger = structlog.get_logger()

DELIVERIES = Counter(
    "weft_webhook_deliveries_total", "Attempts to deliver to webhooks, by what came of them", ["status"]
)

ACTOR = "webhooks"
WORKING_MAX = 32
"""Webhooks that are worked for at a time."""
CONNECTIONS_MAX = 3
"""To the database at a time: the write path has others to serve."""
TURN_S = 20.0
"""After so long others have their turn."""
QUEUED_TOGETHER = 100
FORGET_EVERY_S = 3_600.0
KEEP_DELIVERED = timedelta(days=7)
KEEP_PARKED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent now, where, and by which secrets it is signed. Without a body there is nothing to send."""

    webhook: WebhookState
    delivery: Waiting
    body: bytes | None
    secrets: list[bytes]


class Webhooks:
    """Any number of processes may do this: one at a time works for a webhook. What was sent and not yet noted when a
    process died is sent again, with the same `webhook-id`."""

    def __init__(
        self,
        database: Database,
        loops: Database,
        carry_out: Callable[[ChangeWebhook], Awaitable[bytes]],
        outgoing: Outgoing,
        poll_s: float,
    ):
        self._database = database
        self._loops = loops
        self._carry_out = carry_out
        self._outgoing = outgoing
        self._poll_s = poll_s
        self._asking = asyncio.Semaphore(CONNECTIONS_MAX)

    async def run(self) -> None:
        working: dict[Due, asyncio.Task[None]] = {}
        async with self._loops.session() as session:
            try:
                while True:
                    await self._end_turns(session, working)
                    await self._begin_turns(session, working)
                    await asyncio.sleep(self._poll_s)
            finally:
                for each in working.values():
                    each.cancel()
                await asyncio.gather(*working.values(), return_exceptions=True)

    async def forget(self) -> None:
        """Old deliveries go."""
        while True:
            async with self._loops.transaction(None) as connection:
                there_are_more = await webhooks.forget_old_deliveries(
                    connection, now() - KEEP_DELIVERED, now() - KEEP_PARKED
                )
            if not there_are_more:
                await asyncio.sleep(FORGET_EVERY_S)

    async def _begin_turns(self, session: Connection, working: "dict[Due, asyncio.Task[None]]") -> None:
        for whose in await self._loops.read(None, lambda it: webhooks.due(it, 2 * WORKING_MAX)):
            if whose in working or len(working) >= WORKING_MAX:
                continue
            if await webhooks.take_turn(session, whose):
                working[whose] = asyncio.create_task(self._turn(whose))

    async def _end_turns(self, session: Connection, working: "dict[Due, asyncio.Task[None]]") -> None:
        for whose, task in [(whose, task) for whose, task in working.items() if task.done()]:
            del working[whose]
            await webhooks.end_turn(session, whose)
            try:
                task.result()
            except Transient as fault:
                logger.warning("a webhook waits", fault=str(fault) or type(fault).__name__)

    async def _turn(self, whose: Due) -> None:
        until = time.monotonic() + TURN_S
        while time.monotonic() < until:
            async with self._asking, self._database.transaction(whose.workspace_id) as connection:
                sending = await _next(connection, whose)
            if sending is None:
                return
            if sending.body is not None:
                await self._send(whose, sending, sending.body)

    async def _send(self, whose: Due, sending: Sending, body: bytes) -> None:
        delivery = sending.delivery
        signed = headers(sending.secrets, str(delivery.event_id), now(), body)
        outcome = await self._outgoing.post(sending.webhook.url, body, {"Content-Type": "application/json", **signed})
        at = now()
        settled = settle(delivery.attempts, outcome, delivery.type, at, random.random())  # noqa: S311 - no secret
        DELIVERIES.labels(settled.status).inc()
        async with self._asking, self._database.transaction(whose.workspace_id) as connection:
            failing_since = await webhooks.record(connection, whose, delivery, settled, outcome, at=at)
        if failing_since is not None and (reason := reason_to_disable(outcome, failing_since, at)) is not None:
            logger.warning("a webhook is disabled", workspace=whose.workspace_id, webhook_id=str(whose.webhook_id))
            await self._carry_out(_disable(whose, reason))


async def _next(connection: Connection, whose: Due) -> Sending | None:
    """What the webhook is to be sent now, if there is anything; what is new is queued before."""
    workspace_id = whose.workspace_id
    found = (await webhooks.get(connection, workspace_id)).get(whose.webhook_id)
    if found is None or not found.enabled:
        return None
    readable = await keys.active_namespaces(connection, workspace_id)
    delivery = await webhooks.next_delivery(connection, whose)
    while delivery is None and await _queue(connection, whose, found, readable):
        delivery = await webhooks.next_delivery(connection, whose)
    if delivery is None or delivery.next_attempt_at > now():
        return None
    body = await _body(connection, whose, delivery, readable)
    if body is None:
        await webhooks.forget_delivery(connection, whose, delivery)
    return Sending(found, delivery, body, webhooks.secrets(connection, workspace_id, found, now()))


async def _queue(connection: Connection, whose: Due, found: WebhookState, readable: tuple[str, ...]) -> bool:
    """Queues what comes next in the log: what a key that reads all of the workspace would be told. Whether there was
    anything to look through."""
    place = await webhooks.place(connection, whose)
    if place is None:
        return False
    asked = ReadEvents(
        workspace_id=whose.workspace_id,
        readable=readable,
        after_seq=place.after_seq,
        limit=QUEUED_TOGETHER,
        types=found.types,
    )
    page = await telling.page(connection, asked)
    await webhooks.queue(connection, whose, page.events, place.after_seq, page.after)
    return page.after > place.after_seq


async def _body(connection: Connection, whose: Due, delivery: Waiting, readable: tuple[str, ...]) -> bytes | None:
    """The event as it is on the wire, and as the log has it now. None where it may not be told any more."""
    if delivery.seq is None:
        return _test(whose, delivery)
    asked = ReadEvents(workspace_id=whose.workspace_id, readable=readable, after_seq=delivery.seq - 1, limit=1)
    page = await telling.page(connection, asked)
    return page.events[0].model_dump_json().encode() if page.events else None


def _test(whose: Due, delivery: Waiting) -> bytes:
    """A CloudEvent that is in no log: it has no `seq`."""
    return to_json(
        {
            "specversion": "1.0",
            "id": delivery.event_id,
            "source": SOURCE,
            "type": delivery.type,
            "subject": whose.webhook_id,
            "time": delivery.queued_at,
            "datacontenttype": "application/json",
            "workspace": whose.workspace_id,
            "data": {"webhook_id": whose.webhook_id},
        }
    )


def _disable(whose: Due, reason: str) -> ChangeWebhook:
    command_id = uuid7()
    return ChangeWebhook(
        command_id=command_id,
        attempt=command_id,
        workspace_id=whose.workspace_id,
        actor=ACTOR,
        grants=NO_GRANTS,
        issued_at=now(),
        webhook_id=whose.webhook_id,
        enabled=False,
        reason=reason,
    )
