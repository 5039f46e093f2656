"""Webhooks, how far each is, and what they were sent."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from contracts.base import derived_id
from contracts.events import CloudEvent
from contracts.queries import ListDeliveries
from contracts.replies import Delivery
from services.kit.postgres import FORGOTTEN_TOGETHER, Connection, load_sql, row, rows
from services.kit.sealing import tables
from services.kit.sealing.keys import Keys
from services.memory.decisions.delivering import BOTH_SECRETS_FOR, TEST, Outcome, Settled
from services.memory.decisions.tenancy_state import WebhookState
from services.memory.store.codec import seal, unseal

SQL = load_sql("services.memory", "webhooks")

TURNS = 0x57454602
"""Of the advisory locks by which a process works for a webhook."""

_SEALED = ("url", "description", "reason")
_READABLE = tuple(each.name for each in fields(WebhookState) if each.name not in _SEALED)


def to_webhooks(keys: Keys, found: Iterable[dict[str, Any]]) -> dict[UUID, WebhookState]:
    """The rows of `get_webhooks`."""
    states = (
        WebhookState(
            **{name: each[name] for name in _READABLE} | {"types": tuple(each["types"])},
            **unseal(keys.workspace, each["sealed"], *_place(keys, each["webhook_id"])),
        )
        for each in found
    )
    return {each.webhook_id: each for each in states}


async def get(connection: Connection, workspace_id: str) -> dict[UUID, WebhookState]:
    """The oldest first."""
    found = await tables.sealed_rows(connection, workspace_id, SQL["get_webhooks"], {"workspace_id": workspace_id})
    return to_webhooks(tables.opened(connection, workspace_id), found) if found else {}


def secrets(connection: Connection, workspace_id: str, found: WebhookState, at: datetime) -> list[bytes]:
    """By which it is signed at that time, the newest first: they are made of the workspace's key, and kept nowhere."""
    numbers = [found.secrets]
    if found.rotated_at is not None and at - found.rotated_at < BOTH_SECRETS_FOR:
        numbers.append(found.secrets - 1)
    workspace = tables.opened(connection, workspace_id).workspace
    return [workspace.derive("webhook", str(found.webhook_id), str(each)) for each in numbers]


async def put(connection: Connection, workspace_id: str, states: Sequence[WebhookState], seq: int) -> None:
    """One that is new is told what comes after `seq`."""
    if not states:
        return
    keys = await tables.enter(connection, workspace_id)
    listed = [
        {name: getattr(each, name) for name in _READABLE}
        | {"sealed": seal(keys.workspace, _content(each), *_place(keys, each.webhook_id))}
        for each in states
    ]
    values: dict[str, Any] = {"workspace_id": workspace_id, "webhook_ids": [each.webhook_id for each in states]}
    values |= {"webhooks": to_json(listed).decode(), "seq": seq}
    for statement in ("put_webhooks", "put_places"):
        await connection.execute(SQL[statement].encode(), values)


async def hurry(connection: Connection, workspace_id: str, states: Sequence[WebhookState]) -> None:
    """What waits is tried at once, and past failures are forgiven."""
    if states:
        values = {"workspace_id": workspace_id, "webhook_ids": [each.webhook_id for each in states]}
        for statement in ("forgive", "hurry"):
            await connection.execute(SQL[statement].encode(), values)


async def drop(connection: Connection, workspace_id: str, webhook_ids: Sequence[UUID]) -> None:
    if webhook_ids:
        values = {"workspace_id": workspace_id, "webhook_ids": list(webhook_ids)}
        for statement in ("drop_webhooks", "drop_places", "drop_deliveries"):
            await connection.execute(SQL[statement].encode(), values)


@dataclass(frozen=True, slots=True)
class Place:
    """`after_seq`: up to here deliveries have been queued."""

    after_seq: int
    failing_since: datetime | None


async def places(connection: Connection, workspace_id: str) -> dict[UUID, Place]:
    found = await rows(connection, SQL["places"], {"workspace_id": workspace_id})
    return {each["webhook_id"]: Place(each["after_seq"], each["failing_since"]) for each in found}


async def deliveries(connection: Connection, asked: ListDeliveries) -> list[Delivery]:
    return [Delivery(**each) for each in await rows(connection, SQL["deliveries"], asked.model_dump())]


@dataclass(frozen=True, slots=True)
class Due:
    """A webhook whose turn it is."""

    workspace_id: str
    webhook_id: UUID


async def due(connection: Connection, limit: int) -> list[Due]:
    """As the role weft_memory_loops: it sees all workspaces. The one that waited longest first."""
    return [Due(**each) for each in await rows(connection, SQL["due"], {"limit": limit})]


async def take_turn(session: Connection, whose: Due) -> bool:
    """Whether this process may work for it: until `end_turn`, or the end of the session."""
    values = asdict(whose) | {"space": TURNS}
    found = await row(session, SQL["take_turn"], values)
    assert found is not None
    if found["taken"]:
        await session.execute(SQL["note_turn"].encode(), values)
    return bool(found["taken"])


async def end_turn(session: Connection, whose: Due) -> None:
    await session.execute(SQL["end_turn"].encode(), asdict(whose) | {"space": TURNS})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is to be made. `seq` of None: a test."""

    delivery_id: UUID
    event_id: UUID
    seq: int | None
    type: str
    attempts: int
    queued_at: datetime
    next_attempt_at: datetime


async def next_delivery(connection: Connection, whose: Due) -> Waiting | None:
    """Also one whose time has not come: what follows it waits with it."""
    found = await row(connection, SQL["next_delivery"], asdict(whose))
    return None if found is None else Waiting(**found)


async def place(connection: Connection, whose: Due) -> Place | None:
    found = await row(connection, SQL["place"], asdict(whose))
    return None if found is None else Place(**found)


async def queue(connection: Connection, whose: Due, events: Sequence[CloudEvent], before: int, after: int) -> None:
    """Queues these events, and notes that this was done up to `after`; nothing of it where the place is not `before`
    any more."""
    values = asdict(whose)
    if await row(connection, SQL["move"], values | {"before": before, "after": after}) is None:
        return
    if events:
        await _queue(connection, whose, [(it.id, it.seq, it.type) for it in events])


async def queue_test(connection: Connection, whose: Due, event_id: UUID) -> UUID:
    """The id of its delivery."""
    await _queue(connection, whose, [(event_id, None, TEST)])
    return _delivery_id(whose, event_id)


async def _queue(connection: Connection, whose: Due, listed: Sequence[tuple[UUID, int | None, str]]) -> None:
    made = [
        {"delivery_id": _delivery_id(whose, event_id), "event_id": event_id, "seq": seq, "type": kind}
        for event_id, seq, kind in listed
    ]
    await connection.execute(SQL["queue"].encode(), asdict(whose) | {"deliveries": to_json(made).decode()})


def _delivery_id(whose: Due, event_id: UUID) -> UUID:
    return derived_id("delivery", str(whose.webhook_id), str(event_id))


async def record(
    connection: Connection, whose: Due, delivery: Waiting, settled: Settled, outcome: Outcome, *, at: datetime
) -> datetime | None:
    """Notes what came of an attempt. Since when nothing has been delivered: None where something was, or where the
    attempt counts no more, since it was queued again meanwhile."""
    values = asdict(whose) | {"delivery_id": delivery.delivery_id, "at": at, "is_good": outcome.is_good}
    if await row(connection, SQL["record"], values | asdict(settled) | asdict(outcome)) is None:
        return None
    found = await row(connection, SQL["note_health"], values)
    return None if found is None else found["failing_since"]


async def forget_delivery(connection: Connection, whose: Due, delivery: Waiting) -> None:
    """What it was about can't be told any more."""
    values = asdict(whose) | {"delivery_id": delivery.delivery_id}
    await connection.execute(SQL["forget_delivery"].encode(), values)


async def replay_after(connection: Connection, whose: Due, after: int) -> None:
    await connection.execute(SQL["replay_after"].encode(), asdict(whose) | {"after": after})


async def replay_some(connection: Connection, whose: Due, delivery_id: UUID | None) -> int:
    """That delivery, or with None all that are parked; how many these were."""
    return len(await rows(connection, SQL["replay_some"], asdict(whose) | {"delivery_id": delivery_id}))


async def forget_old_deliveries(connection: Connection, delivered_before: datetime, parked_before: datetime) -> bool:
    """Some of them, as the role weft_memory_loops; whether there may be more."""
    values = {"delivered_before": delivered_before, "parked_before": parked_before, "limit": FORGOTTEN_TOGETHER}
    done = await connection.execute(SQL["forget_old_deliveries"].encode(), values)
    return done.rowcount == FORGOTTEN_TOGETHER


def _content(state: WebhookState) -> dict[str, Any]:
    return {name: getattr(state, name) for name in _SEALED}


def _place(keys: Keys, webhook_id: UUID) -> tuple[str, ...]:
    return ("webhook", keys.workspace.workspace_id, str(webhook_id))
