"""What an export reads: pages of lines (contracts.transfer), each with the place where the next begins."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar, assert_never

from pydantic import BaseModel
from pydantic_core import to_json

from contracts.base import Injected, Observation
from contracts.queries import Export
from contracts.replies import Exported
from contracts.transfer import ConsolidationLine, EventLine, MemoryLine, ObservationsLine, RelationshipLine, SessionLine
from services.kit.postgres import Connection, load_sql
from services.kit.sealing.keys import Keys
from services.kit.sealing.tables import opened, sealed_rows
from services.memory.store import log, memories, relationships, sessions, telling

SQL = load_sql("services.memory", "transfer")

Line = TypeVar("Line", bound=BaseModel)

PAGE_MAX = 200
PAGE_BYTES_MAX = 2_000_000
OBSERVATIONS_BYTES_MAX = 500_000
"""Of one line of observations, in JSON; one alone may be longer."""
EVENTS_MAX = 200
NOWHERE: Mapping[str, Any] = {}


async def read(connection: Connection, asked: Export) -> Exported:
    """The next page of a part."""
    match asked.part:
        case "memories":
            return await _memories(connection, asked)
        case "consolidations":
            return await _consolidations(connection, asked)
        case "relationships":
            return await _relationships(connection, asked)
        case "sessions":
            return await _sessions(connection, asked)
        case "observations":
            return await _observations(connection, asked)
        case "events":
            return await _events(connection, asked)
        case _:
            assert_never(asked.part)


async def _memories(connection: Connection, asked: Export) -> Exported:
    """Each with the lists that are its own: what is folded into it says what it brought."""
    found = await _rows(connection, asked, "memories", memories.content)
    for each in found:
        for name, brought in each["brought"].items():
            each[name] = [it for it in each[name] if it not in brought]
    return _exported((_line(MemoryLine, each) for each in found), found[-1]["memory_id"] if found else None)


async def _consolidations(connection: Connection, asked: Export) -> Exported:
    found = await _rows(connection, asked, "consolidations", memories.content)
    lines = [_line(ConsolidationLine, {**each, **each["brought"]}) for each in found]
    return _exported(lines, found[-1]["memory_id"] if found else None)


async def _relationships(connection: Connection, asked: Export) -> Exported:
    names = ("source", "target", "type")
    place = dict(zip(names, asked.after.split(" ") if asked.after else ("", "", ""), strict=True))
    found = await _rows(connection, asked, "relationships", relationships.content, place)
    lines = [_line(RelationshipLine, each) for each in found]
    last = lines[-1] if lines else None
    after = f"{last.source_memory_id} {last.target_memory_id} {last.relationship_type}" if last is not None else None
    return _exported(lines, after)


async def _sessions(connection: Connection, asked: Export) -> Exported:
    found = await _rows(connection, asked, "sessions", sessions.content)
    for each in found:
        each["injected"] = tuple(Injected.model_construct(**it) for it in each["injected"])
    return _exported((_line(SessionLine, each) for each in found), found[-1]["session_id"] if found else None)


async def _observations(connection: Connection, asked: Export) -> Exported:
    session_id, _, number = asked.after.partition(" ")
    place = {"after": session_id, "number": int(number or -1)}
    found = await _rows(connection, asked, "observations", _of_observation, place)
    lines = [
        _observed(part)
        for _, of_session in groupby(found, lambda each: each["session_id"])
        for part in _parted(list(of_session))
    ]
    return _exported(lines, f"{found[-1]['session_id']} {found[-1]['number']}" if found else None)


async def _rows(
    connection: Connection,
    asked: Export,
    part: str,
    content: Callable[[Keys, dict[str, Any]], dict[str, Any]],
    place: Mapping[str, Any] = NOWHERE,
) -> list[dict[str, Any]]:
    """The rows of a page with their content."""
    found = await sealed_rows(connection, asked.workspace_id, SQL[part], {**_page(asked), **place})
    return [each | content(opened(connection, asked.workspace_id), each) for each in found]


def _of_observation(keys: Keys, found: dict[str, Any]) -> dict[str, Any]:
    return sessions.content_of_observation(keys, found["session_id"], found)


def _observed(found: Sequence[dict[str, Any]]) -> ObservationsLine:
    """Observations of one session that follow each other, as a line."""
    return ObservationsLine.model_construct(
        session_id=found[0]["session_id"],
        started_at=found[0]["started_at"],
        first=found[0]["number"],
        observations=tuple(_line(Observation, each) for each in found),
    )


def _parted(found: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    """In runs that are short enough for a line."""
    begin = size = 0
    for place, each in enumerate(found):
        more = len(to_json(_line(Observation, each)))
        if place > begin and size + more > OBSERVATIONS_BYTES_MAX:
            yield found[begin:place]
            begin, size = place, 0
        size += more
    yield found[begin:]


async def _events(connection: Connection, asked: Export) -> Exported:
    """The log up to where it was when this part began: the place names both."""
    seq, _, until = asked.after.partition(" ")
    last = int(until) if until else (await log.peek(connection, asked.workspace_id)).seq
    events = await log.read(connection, asked.workspace_id, int(seq or 0), EVENTS_MAX)
    events = [event for event in events if event.seq <= last]
    lines = [
        EventLine(event=event.model_dump(mode="json"))
        for event in await telling.told(connection, asked.workspace_id, asked.readable, events)
    ]
    return _exported(lines, f"{events[-1].seq} {last}" if events else None)


def _line(kind: type[Line], found: dict[str, Any]) -> Line:
    """A row as a line: its columns have the names of the fields."""
    return kind.model_construct(**{name: found[name] for name in kind.model_fields if name != "kind" or name in found})


def _exported(lines: Iterable[BaseModel], after: str | None) -> Exported:
    return Exported.model_construct(lines=tuple(lines), after=after)


def _page(asked: Export) -> dict[str, Any]:
    return {
        "workspace_id": asked.workspace_id,
        "readable": list(asked.readable),
        "after": asked.after,
        "limit": PAGE_MAX,
        "bytes_max": PAGE_BYTES_MAX,
    }
