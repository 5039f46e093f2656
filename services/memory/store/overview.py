"""What a workspace has and does, counted for people who look at it."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from contracts.queries import GetOverview
from services.kit.postgres import Connection, load_sql, row, together

SQL = load_sql("services.memory", "overview")

_COUNTED = ("memories", "memories_by_day", "sessions", "sessions_by_day", "documents_by_day", "jobs")


async def read(connection: Connection, asked: GetOverview, today: date) -> dict[str, Any] | None:
    """The fields of a contracts.replies.Overview that are in the tables: all but who is behind, and what is parked.

    None where there is no such workspace.
    """
    first = today - timedelta(days=asked.days - 1)
    values = {
        "workspace_id": asked.workspace_id,
        "readable": None if asked.readable is None else list(asked.readable),
        "since": datetime.combine(first, time.min, UTC),
    }
    positions = await row(connection, SQL["positions"], values)
    if positions is None:
        return None
    found = dict(zip(_COUNTED, await together(connection, *((SQL[it], values) for it in _COUNTED)), strict=True))
    jobs: dict[str, dict[str, int]] = defaultdict(dict)
    for each in found["jobs"]:
        jobs[each["kind"]][each["status"]] = each["count"]
    return {
        "workspace_id": asked.workspace_id,
        "log": positions,
        "memories": {each["type"]: each["count"] for each in found["memories"]},
        "sessions": {each["status"]: each["count"] for each in found["sessions"]},
        "jobs": jobs,
        "days": _days(first, asked.days, found),
    }


def _days(first: date, count: int, found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All days from the first on, also those on which nothing happened."""
    days: dict[date, dict[str, Any]] = {
        day: {"day": day, "memories": {}} for day in (first + timedelta(days=it) for it in range(count))
    }
    for each in found["memories_by_day"]:
        if each["day"] in days:
            days[each["day"]]["memories"][each["type"]] = each["count"]
    for each in (*found["sessions_by_day"], *found["documents_by_day"]):
        if each["day"] in days:
            days[each["day"]] |= each
    return list(days.values())
