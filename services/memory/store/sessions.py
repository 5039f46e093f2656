"""Sessions, what was observed in them, and jobs, as the read model keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import to_json

from contracts.base import Injected, Observation
from contracts.events import ObservationsRecorded
from contracts.queries import ListJobs, ListSessions
from contracts.replies import Observed
from services.kit.postgres import Connection, load_sql, rows
from services.kit.sealing.keys import Keys
from services.kit.sealing.tables import ensure, enter, opened, sealed_rows
from services.memory.decisions.session_state import JobState, SessionState
from services.memory.store.codec import SESSION, seal, unseal

SQL = load_sql("services.memory", "sessions")

_OF_THE_TABLE = ("workspace_id", "generation", "sealed", "wrapped", "project_mark")
_SEALED = ("project_path", "project_name", "branch_name", "user_id", "metadata", "summary")
_SEALED_OF_JOB = ("reason", "error")
_SEALED_OF_OBSERVATION = ("content", "files", "metadata")
_TOUCHED = ("session_id", "last_seen_at", "observation_count", "kinds", "version")


async def get(connection: Connection, workspace_id: str, session_ids: Sequence[str]) -> dict[str, SessionState]:
    """Those of the sessions that are there, by id."""
    found = await sealed_rows(connection, workspace_id, SQL["get_sessions"], wanted(workspace_id, session_ids, ()))
    return to_sessions(opened(connection, workspace_id), found) if found else {}


async def get_jobs(connection: Connection, workspace_id: str, job_ids: Sequence[str]) -> dict[str, JobState]:
    found = await sealed_rows(connection, workspace_id, SQL["get_jobs"], wanted(workspace_id, (), job_ids))
    return to_jobs(opened(connection, workspace_id), found) if found else {}


def wanted(workspace_id: str, session_ids: Sequence[str], job_ids: Sequence[str]) -> dict[str, Any]:
    """The values of get_sessions and get_jobs."""
    return {"workspace_id": workspace_id, "session_ids": list(session_ids), "job_ids": list(job_ids)}


async def browse(connection: Connection, asked: ListSessions) -> list[SessionState]:
    """A page, the newest first."""
    mark = None
    if asked.project_path is not None:
        mark = (await enter(connection, asked.workspace_id)).workspace.mark(asked.project_path)
    values = _page(asked) | {"project_mark": mark, "started_before": asked.started_before}
    found = await sealed_rows(connection, asked.workspace_id, SQL["list_sessions"], values)
    return list(to_sessions(opened(connection, asked.workspace_id), found).values()) if found else []


async def browse_jobs(connection: Connection, asked: ListJobs) -> list[JobState]:
    """A page, the newest first."""
    found = await sealed_rows(connection, asked.workspace_id, SQL["list_jobs"], _page(asked))
    return list(to_jobs(opened(connection, asked.workspace_id), found).values()) if found else []


async def observations(
    connection: Connection, workspace_id: str, session_id: str, first: int, limit: int
) -> list[Observed]:
    """In order, from number `first` on."""
    values = {"workspace_id": workspace_id, "session_id": session_id, "first": first, "limit": limit}
    found = await sealed_rows(connection, workspace_id, SQL["read_observations"], values)
    return [_to_observed(opened(connection, workspace_id), session_id, each) for each in found]


async def put(connection: Connection, workspace_id: str, generation: int, states: Iterable[SessionState]) -> None:
    kept = list(states)
    if kept:
        keys = await enter(connection, workspace_id)
        await ensure(connection, keys, (SESSION + each.session_id for each in kept))
        listed = [_columns(keys, each) for each in kept]
        await connection.execute(SQL["put_sessions"].encode(), _values(workspace_id, generation, sessions=listed))


async def touch(connection: Connection, workspace_id: str, generation: int, states: Iterable[SessionState]) -> None:
    """Says of sessions that are there what more observations changed of them."""
    listed = [{name: getattr(each, name) for name in _TOUCHED} for each in states]
    if listed:
        await connection.execute(SQL["touch_sessions"].encode(), _values(workspace_id, generation, sessions=listed))


async def append(
    connection: Connection, workspace_id: str, generation: int, recorded: Iterable[ObservationsRecorded]
) -> None:
    events = list(recorded)
    if events:
        keys = await enter(connection, workspace_id)
        await ensure(connection, keys, (SESSION + each.session_id for each in events))
        listed = [
            _of_observation(keys, event.session_id, number, each)
            for event in events
            for number, each in enumerate(event.observations, event.first)
        ]
        values = _values(workspace_id, generation, observations=listed)
        await connection.execute(SQL["put_observations"].encode(), values)


async def put_jobs(connection: Connection, workspace_id: str, generation: int, states: Iterable[JobState]) -> None:
    kept = list(states)
    if kept:
        keys = await enter(connection, workspace_id)
        listed = [_of_job(keys, each) for each in kept]
        await connection.execute(SQL["put_jobs"].encode(), _values(workspace_id, generation, jobs=listed))


async def live_ids(connection: Connection, workspace_id: str) -> dict[str, int]:
    """Every session with the count of its observations."""
    found = await rows(connection, SQL["all_session_ids"], {"workspace_id": workspace_id})
    return {each["id"]: each["observations"] for each in found}


async def live_job_ids(connection: Connection, workspace_id: str) -> list[str]:
    return [each["id"] for each in await rows(connection, SQL["all_job_ids"], {"workspace_id": workspace_id})]


def to_sessions(keys: Keys, found: Iterable[dict[str, Any]]) -> dict[str, SessionState]:
    """The rows of get_sessions or list_sessions, in their order. Raises Unreadable."""
    states = (
        SessionState(
            **_without(each)
            | {"injected": tuple(Injected.model_construct(**it) for it in each["injected"])}
            | content(keys, each)
        )
        for each in found
    )
    return {state.session_id: state for state in states}


def to_jobs(keys: Keys, found: Iterable[dict[str, Any]]) -> dict[str, JobState]:
    """The rows of get_jobs or list_jobs, in their order. Raises Unreadable."""
    states = (
        JobState(
            **_without(each)
            | {"memory_ids": tuple(each["memory_ids"])}
            | unseal(keys.workspace, each["sealed"], *_place_of_job(keys, each["job_id"], each["version"]))
        )
        for each in found
    )
    return {state.job_id: state for state in states}


def content(keys: Keys, found: dict[str, Any]) -> dict[str, Any]:
    """What is sealed in a row of sessions: the fields of a SessionState. Raises Unreadable."""
    key_id = SESSION + found["session_id"]
    keys.learn(key_id, found["wrapped"])
    return unseal(keys.of(key_id), found["sealed"], *_place(keys, found["session_id"]))


def content_of_observation(keys: Keys, session_id: str, found: dict[str, Any]) -> dict[str, Any]:
    """What is sealed in a row of observations. Raises Unreadable."""
    keys.learn(SESSION + session_id, found["wrapped"])
    place = _place_of_observation(keys, session_id, found["number"])
    said = unseal(keys.of(SESSION + session_id), found["sealed"], *place)
    return said | {"files": tuple(said["files"])}


def _to_observed(keys: Keys, session_id: str, found: dict[str, Any]) -> Observed:
    return Observed.model_construct(**_without(found), **content_of_observation(keys, session_id, found))


def _columns(keys: Keys, state: SessionState) -> dict[str, Any]:
    said = asdict(state)
    sealed = {name: said.pop(name) for name in _SEALED}
    return said | {
        "injected": state.injected,
        "project_mark": keys.workspace.mark(state.project_path),
        "sealed": seal(keys.of(SESSION + state.session_id), sealed, *_place(keys, state.session_id)),
    }


def _of_observation(keys: Keys, session_id: str, number: int, observation: Observation) -> dict[str, Any]:
    said = observation.model_dump()
    sealed = {name: said.pop(name) for name in _SEALED_OF_OBSERVATION}
    place = _place_of_observation(keys, session_id, number)
    return said | {
        "session_id": session_id,
        "number": number,
        "sealed": seal(keys.of(SESSION + session_id), sealed, *place),
    }


def _of_job(keys: Keys, state: JobState) -> dict[str, Any]:
    """A job is of a session, or of nobody: the workspace's own key seals it."""
    said = asdict(state)
    sealed = {name: said.pop(name) for name in _SEALED_OF_JOB}
    return said | {"sealed": seal(keys.workspace, sealed, *_place_of_job(keys, state.job_id, state.version))}


def _place(keys: Keys, session_id: str) -> tuple[str, ...]:
    """Without the version: every batch of observations moves that on, and leaves the rest of the row as it is."""
    return ("sessions", keys.workspace.workspace_id, session_id)


def _place_of_observation(keys: Keys, session_id: str, number: int) -> tuple[str, ...]:
    return ("observations", keys.workspace.workspace_id, session_id, str(number))


def _place_of_job(keys: Keys, job_id: str, version: int) -> tuple[str, ...]:
    return ("jobs", keys.workspace.workspace_id, job_id, str(version))


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
