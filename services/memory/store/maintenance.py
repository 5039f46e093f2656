"""What nightly work reads across workspaces, as the role weft_memory_loops. It changes nothing but by commands."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from contracts.base import MaintenanceTask
from contracts.commands import Ranked
from services.kit.postgres import Connection, load_sql, rows
from services.memory.decisions.importance import PINNED
from services.memory.decisions.plans import Pruning

SQL = load_sql("services.memory", "maintenance")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A job of nightly work that is to be done, or done on."""

    workspace_id: str
    job_id: str
    kind: MaintenanceTask
    namespace: str
    day: date


async def due_tonight(
    connection: Connection,
    workspace_id: str,
    at: datetime,
    tasks: Sequence[MaintenanceTask],
    expired_before: Mapping[str, datetime],
) -> list[tuple[str, MaintenanceTask]]:
    """Namespaces and tasks for which the night that began at `at` has something to do that was not asked for yet.

    `expired_before` says of each plan with a retention what it takes.
    """
    values = {
        "workspace_id": workspace_id,
        "at": at,
        "day": at.date(),
        "tasks": list(tasks),
        "pinned": PINNED,
        "plans": list(expired_before.keys()),
        "expired_before": list(expired_before.values()),
    }
    return [(each["namespace"], each["task"]) for each in await rows(connection, SQL["due_tonight"], values)]


async def unfinished(connection: Connection, kinds: Sequence[MaintenanceTask]) -> list[Unfinished]:
    """The oldest job of each workspace that has one."""
    return [Unfinished(**each) for each in await rows(connection, SQL["unfinished"], {"kinds": list(kinds)})]


async def to_recalculate(connection: Connection, job: Unfinished) -> list[Ranked]:
    """What may move on the job's day and has not."""
    found = await rows(connection, SQL["to_recalculate"], asdict(job) | {"pinned": PINNED})
    return [Ranked.model_construct(**each) for each in found]


async def expired(connection: Connection, job: Unfinished, before: datetime, after: str, limit: int) -> list[str]:
    """A page of the memories that retention takes, those with an id above `after`."""
    values = asdict(job) | {"pinned": PINNED, "before": before, "after": after, "limit": limit}
    return [each["memory_id"] for each in await rows(connection, SQL["expired"], values)]


async def pruning_candidates(connection: Connection, job: Unfinished, pruning: Pruning) -> int:
    return await _count(connection, "pruning_candidates", asdict(job) | asdict(pruning), "candidates")


async def done_by(connection: Connection, job: Unfinished, event_type: str, actor: str) -> int:
    """How many events of that type `actor` has made since the job last changed."""
    return await _count(connection, "done_by", asdict(job) | {"type": event_type, "actor": actor}, "done")


async def every_namespace(connection: Connection) -> dict[str, list[str]]:
    """The active ones, by workspace."""
    return {each["workspace_id"]: each["namespaces"] for each in await rows(connection, SQL["every_namespace"], {})}


async def _count(connection: Connection, statement: str, values: dict[str, Any], column: str) -> int:
    return int((await rows(connection, SQL[statement], values))[0][column])
