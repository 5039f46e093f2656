"""Sessions, what was observed in them, and jobs, as the read model keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import to_json

from contracts.base import Injected
from contracts.events import ObservationsRecorded
from contracts.queries import ListJobs, ListSessions
from contracts.replies import Observed
from services.kit.postgres import Connection, load_sql, rows
from services.memory.decisions.session_state import JobState, SessionState

SQL = load_sql("services.memory", "sessions")

_OF_THE_TABLE = ("workspace_id", "generation")
_TOUCHED = ("session_id", "last_seen_at", "observation_count", "kinds", "version")


async def get(connection: Connection, workspace_id: str, session_ids: Sequence[str]) -> dict[str, SessionState]:
    """Those of the sessions that are there, by id."""
    return to_sessions(await rows(connection, SQL["get_sessions"], wanted(workspace_id, session_ids, ())))


async def get_jobs(connection: Connection, workspace_id: str, job_ids: Sequence[str]) -> dict[str, JobState]:
    return to_jobs(await rows(connection, SQL["get_jobs"], wanted(workspace_id, (), job_ids)))


def wanted(workspace_id: str, session_ids: Sequence[str], job_ids: Sequence[str]) -> dict[str, Any]:
    """The values of get_sessions and get_jobs."""
    return {"workspace_id": workspace_id, "session_ids": list(session_ids), "job_ids": list(job_ids)}


async def browse(connection: Connection, asked: ListSessions) -> list[SessionState]:
    """A page, the newest first."""
    values = _page(asked) | {"project_path": asked.project_path, "started_before": asked.started_before}
    found = await rows(connection, SQL["list_sessions"], values)
    return list(to_sessions(found).values())


async def browse_jobs(connection: Connection, asked: ListJobs) -> list[JobState]:
    """A page, the newest first."""
    return list(to_jobs(await rows(connection, SQL["list_jobs"], _page(asked))).values())


async def observations(
    connection: Connection, workspace_id: str, session_id: str, first: int, limit: int
) -> list[Observed]:
    """In order, from number `first` on."""
    values = {"workspace_id": workspace_id, "session_id": session_id, "first": first, "limit": limit}
    found = await rows(connection, SQL["read_observations"], values)
    return [Observed.model_construct(**each | {"files": tuple(each["files"])}) for each in found]


async def put(connection: Connection, workspace_id: str, generation: int, states: Iterable[SessionState]) -> None:
    listed = [
        asdict(each) | {"metadata": to_json(each.metadata).decode(), "injected": each.injected} for each in states
    ]
    if listed:
        await connection.execute(SQL["put_sessions"].encode(), _values(workspace_id, generation, sessions=listed))


async def touch(connection: Connection, workspace_id: str, generation: int, states: Iterable[SessionState]) -> None:
    """Says of sessions that are there what more observations changed of them."""
    listed = [{name: getattr(each, name) for name in _TOUCHED} for each in states]
    if listed:
        await connection.execute(SQL["touch_sessions"].encode(), _values(workspace_id, generation, sessions=listed))


async def append(
    connection: Connection, workspace_id: str, generation: int, recorded: Iterable[ObservationsRecorded]
) -> None:
    listed = [
        {
            **each.model_dump(),
            "metadata": to_json(each.metadata).decode(),
            "session_id": event.session_id,
            "number": number,
        }
        for event in recorded
        for number, each in enumerate(event.observations, event.first)
    ]
    if listed:
        values = _values(workspace_id, generation, observations=listed)
        await connection.execute(SQL["put_observations"].encode(), values)


async def put_jobs(connection: Connection, workspace_id: str, generation: int, states: Iterable[JobState]) -> None:
    listed = [asdict(each) for each in states]
    if listed:
        await connection.execute(SQL["put_jobs"].encode(), _values(workspace_id, generation, jobs=listed))


async def live_ids(connection: Connection, workspace_id: str) -> dict[str, int]:
    """Every session with the count of its observations."""
    found = await rows(connection, SQL["all_session_ids"], {"workspace_id": workspace_id})
    return {each["id"]: each["observations"] for each in found}


async def live_job_ids(connection: Connection, workspace_id: str) -> list[str]:
    return [each["id"] for each in await rows(connection, SQL["all_job_ids"], {"workspace_id": workspace_id})]


def to_sessions(found: Iterable[dict[str, Any]]) -> dict[str, SessionState]:
    """The rows of get_sessions or list_sessions, in their order."""
    states = (
        SessionState(**_without(each) | {"injected": tuple(Injected.model_construct(**it) for it in each["injected"])})
        for each in found
    )
    return {state.session_id: state for state in states}


def to_jobs(found: Iterable[dict[str, Any]]) -> dict[str, JobState]:
    """The rows of get_jobs or list_jobs, in their order."""
    states = (JobState(**_without(each) | {"memory_ids": tuple(each["memory_ids"])}) for each in found)
    return {state.job_id: state for state in states}


def _without(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in _OF_THE_TABLE}


def _page(asked: ListSessions | ListJobs) -> dict[str, Any]:
    return {
        "workspace_id": asked.workspace_id,
        "readable": None if asked.readable is None else list(asked.readable),
        "status": asked.status,
        "limit": asked.limit,
        "offset": asked.offset,
    }


def _values(workspace_id: str, generation: int, **listed: list[dict[str, Any]]) -> dict[str, Any]:
    as_json = {name: to_json(rows).decode() for name, rows in listed.items()}
    return {"workspace_id": workspace_id, "generation": generation, **as_json}
