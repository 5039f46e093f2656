"""What the loops read and mark across workspaces, as the role weft_memory_loops."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from contracts.events import CloudEvent
from services.kit.postgres import Connection, load_sql, rows
from services.memory.store.log import to_event

SQL = load_sql("services.memory", "loops")


async def lead(connection: Connection, lock: int) -> bool:
    """Whether this session holds the advisory lock; it keeps it until its connection ends."""
    return bool((await rows(connection, SQL["lead"], {"lock": lock}))[0]["leading"])


async def behind(connection: Connection) -> dict[str, int]:
    """How far the relay is, for each workspace that has more to publish."""
    return {each["workspace_id"]: each["published_seq"] for each in await rows(connection, SQL["behind"], {})}


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the relay has to do: in so many workspaces, so many events, of which the oldest has waited so long."""

    workspaces: int
    events: int
    age_s: float


async def backlog(connection: Connection) -> Backlog:
    return Backlog(**(await rows(connection, SQL["backlog"], {}))[0])


async def mark_published(connection: Connection, workspace_id: str, seq: int) -> None:
    await connection.execute(SQL["mark_published"].encode(), {"workspace_id": workspace_id, "seq": seq})


async def workspaces(connection: Connection) -> dict[str, int]:
    """Every workspace with its count of memories."""
    return {each["workspace_id"]: each["memory_count"] for each in await rows(connection, SQL["workspaces"], {})}


async def libraries(connection: Connection) -> dict[str, int]:
    """Every workspace that has documents which are ready, with their count."""
    return {each["workspace_id"]: each["documents"] for each in await rows(connection, SQL["libraries"], {})}


async def with_unlogged_usage(connection: Connection) -> list[str]:
    return [each["workspace_id"] for each in await rows(connection, SQL["with_unlogged_usage"], {})]


@dataclass(frozen=True, slots=True)
class Silent:
    """A session that nobody ended, and when something was last heard of it."""

    workspace_id: str
    session_id: str
    namespace: str
    last_seen_at: datetime


async def silent(connection: Connection, before: datetime, limit: int) -> list[Silent]:
    """The active sessions of which nothing was heard since `before`."""
    return [Silent(**each) for each in await rows(connection, SQL["silent"], {"before": before, "limit": limit})]


@dataclass(frozen=True, slots=True)
class ToErase:
    """Something deleted whose content may still be on a stream: what came before `seq` in the log."""

    workspace_id: str
    entity: str
    entity_id: str
    seq: int
    deleted_at: datetime


async def to_erase(connection: Connection, limit: int) -> list[ToErase]:
    return [ToErase(**each) for each in await rows(connection, SQL["to_erase"], {"limit": limit})]


async def erased_events(connection: Connection, deleted: ToErase) -> list[CloudEvent]:
    return [to_event(None, each) for each in await rows(connection, SQL["erased_events"], asdict(deleted))]


async def were_decided(connection: Connection, workspace_id: str, command_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the commands that have been decided."""
    values = {"workspace_id": workspace_id, "command_ids": list(command_ids)}
    return {each["command_id"] for each in await rows(connection, SQL["were_decided"], values)}


async def mark_erased(connection: Connection, deleted: ToErase) -> None:
    await connection.execute(SQL["mark_erased"].encode(), asdict(deleted))


@dataclass(frozen=True, slots=True)
class SaidAnew:
    """What was said anew at `seq`: events of that `type` may still be on the stream whose version is below `before`."""

    workspace_id: str
    entity_id: str
    seq: int
    type: str
    before: int


async def said_anew(connection: Connection, limit: int) -> list[SaidAnew]:
    return [SaidAnew(**each) for each in await rows(connection, SQL["said_anew"], {"limit": limit})]


async def said_before(connection: Connection, anew: SaidAnew) -> list[CloudEvent]:
    """The events that have been erased because of it."""
    return [to_event(None, each) for each in await rows(connection, SQL["said_before"], asdict(anew))]


async def forget_said_anew(connection: Connection, anew: SaidAnew) -> None:
    await connection.execute(SQL["forget_said_anew"].encode(), asdict(anew))


async def drop_derived(connection: Connection, deleted: ToErase) -> None:
    derived = {"workspace_id": deleted.workspace_id, "memory_id": deleted.entity_id}
    await connection.execute(SQL["drop_derived"].encode(), derived)


async def forget_commands(connection: Connection, before: datetime) -> None:
    await connection.execute(SQL["forget_commands"].encode(), {"before": before})
