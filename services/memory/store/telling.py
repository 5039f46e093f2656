"""What of the log is told to whom: one rule for exports, for pages of events and for streams of them."""

import re
from collections.abc import Collection, Iterable

from contracts.events import (
    CloudEvent,
    DocumentIngested,
    EventErased,
    JobChanged,
    MemoryStored,
    RelationshipMade,
    SessionStarted,
    is_of_type,
)
from contracts.queries import ReadEvents
from contracts.replies import EventPage
from services.kit.postgres import Connection, load_sql, rows
from services.kit.sealing.tables import sealed_rows
from services.memory.store import log
from services.memory.store.codec import SESSION

SQL = load_sql("services.memory", "telling")

SCANNED_MAX = 10_000
"""Events that are looked through for a page: where few are of the types that are wanted, pages may be empty."""

PAGE_BYTES_MAX = 1_000_000
"""Of a page, as the log has it: there are many who ask for one."""

_VERSION = re.compile(r"\.v[0-9]+$", re.ASCII)
_OF_NAMESPACES = (MemoryStored.entity, RelationshipMade.entity, SessionStarted.entity, DocumentIngested.entity)


async def page(connection: Connection, asked: ReadEvents) -> EventPage:
    """The next events after a place, and the place after them."""
    head = (await log.peek(connection, asked.workspace_id)).seq
    if asked.after_seq is None:
        return EventPage(events=(), after=head, head=head)
    until = head if asked.subject is not None else min(head, asked.after_seq + SCANNED_MAX)
    found = await _find(connection, asked, until)
    wanted = [it for it in found if not asked.types or any(is_of_type(it.type, each) for each in asked.types)]
    events = await told(connection, asked.workspace_id, asked.readable, wanted)
    after = found[-1].seq if found else max(until, asked.after_seq)
    return EventPage.model_construct(events=tuple(events), after=after, head=head)


async def _find(connection: Connection, asked: ReadEvents, until: int) -> list[CloudEvent]:
    """What is asked for, up to `until`. An erased event's type is that it was erased. One that was written in another
    version than it is read in may be there though its type is not wanted."""
    values = {
        "workspace_id": asked.workspace_id,
        "after_seq": asked.after_seq,
        "until_seq": until,
        "streams": None if asked.subject is None else [asked.subject, SESSION + asked.subject],
        "prefixes": [_VERSION.sub("", each) + "." for each in asked.types] or None,
        "limit": asked.limit,
        "bytes_max": PAGE_BYTES_MAX,
    }
    await connection.execute(SQL["plan_each_time"].encode())
    found = await sealed_rows(connection, asked.workspace_id, SQL["find_events"], values)
    return [log.to_event(connection.opened.get(asked.workspace_id), each) for each in found]


async def told(
    connection: Connection, workspace_id: str, readable: Collection[str], events: Iterable[CloudEvent]
) -> list[CloudEvent]:
    """Those of the events that one may know of who may read these namespaces: what happened to what is in them, or was
    in them when it was deleted. Not of the workspace itself, and not of keys."""
    found = list(events)
    ids: dict[str, set[str]] = {entity: set() for entity in _OF_NAMESPACES}
    for event in found:
        if (entity := _entity(event)) in ids:
            ids[entity].add(event.subject)
    values = {"workspace_id": workspace_id, "readable": list(readable), "any": sorted(set().union(*ids.values()))}
    values |= {entity: sorted(them) for entity, them in ids.items()}
    allowed = {(each["entity"], each["id"]) for each in await rows(connection, SQL["readable"], values)}
    return [event for event in found if _may_know(event, readable, allowed)]


def _may_know(event: CloudEvent, readable: Collection[str], allowed: set[tuple[str, str]]) -> bool:
    if isinstance(event.data, JobChanged):
        return event.data.namespace in readable
    return (_entity(event), event.subject) in allowed


def _entity(event: CloudEvent) -> str:
    return event.data.erased_entity if isinstance(event.data, EventErased) else event.data.entity
