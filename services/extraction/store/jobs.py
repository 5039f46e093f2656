"""Jobs, what each has still to store, and which memories are in this service's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic_core import to_json

from services.extraction.merging import Learnt
from services.extraction.store.sealed import seal_hash, to_seal, to_unseal, unseal_hash
from services.kit.postgres import Connection, load_sql, row
from services.kit.sealing import tables

SQL = load_sql("services.extraction", "jobs")

Cause = Literal["ended", "retried"]

Outcome = Literal["stored", "updated", "dropped"]
"""`dropped`: what the step had made was deleted before it could be noted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A session whose end, or whose retry, was heard; `version` is that of the event in the session's stream."""

    job_id: str
    session_id: str
    version: int
    asked_at: datetime
    cause: Cause = "ended"
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was begun just now, for the `begun`th time without having come to any end."""

    workspace_id: str
    job_id: str
    session_id: str
    version: int
    begun: int
    postponed: int
    cause: Cause = "ended"
    traceparent: str | None = None

    @property
    def document_id(self) -> None:
        """It comes of no document."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be stored. What is `learnt` is there until the step has an outcome."""

    ordinal: int
    learnt: Learnt | None
    outcome: Outcome | None
    memory_id: str | None


async def ask(connection: Connection, workspace_id: str, asked: Asked) -> None:
    """Makes the job due, unless that or something later was heard before."""
    values = {
        "workspace_id": workspace_id,
        "job_id": asked.job_id,
        "session_id": asked.session_id,
        "version": asked.version,
        "asked_at": asked.asked_at,
        "cause": asked.cause,
        "traceparent": asked.traceparent,
    }
    await connection.execute(SQL["ask"].encode(), values)


async def begin(connection: Connection, workspace_id: str) -> Job | None:
    """The job that was asked for first of those that are due."""
    found = await row(connection, SQL["begin"], {"workspace_id": workspace_id})
    return Job(workspace_id, **found) if found is not None else None


async def postpone(connection: Connection, job: Job, delay_s: float) -> None:
    await connection.execute(SQL["postpone"].encode(), {**_named(job), "delay_s": delay_s})


async def finish(connection: Connection, job: Job) -> None:
    """It is no longer due, unless it was asked for once more since it was begun. Its key goes with the last text."""
    await connection.execute(SQL["finish"].encode(), _named(job))
    await connection.execute(SQL["forget_key"].encode(), _named(job))


async def plan(connection: Connection, job: Job, learnt: Sequence[Learnt]) -> list[Step]:
    """Keeps what is to be stored, once and for all: with other words under the same number a retry would double it."""
    if learnt:
        key = await to_seal(connection, job.workspace_id, job.job_id)
        values = [key.seal(to_json(it), "step", str(ordinal)) for ordinal, it in enumerate(learnt)]
        await connection.execute(SQL["plan"].encode(), {**_named(job), "learnt": values})
    return await steps(connection, job)


async def steps(connection: Connection, job: Job) -> list[Step]:
    found = await tables.sealed_rows(connection, job.workspace_id, SQL["steps"], _named(job))
    return [Step(it["ordinal"], _learnt(connection, job, it), it["outcome"], it["memory_id"]) for it in found]


def _learnt(connection: Connection, job: Job, step: dict[str, Any]) -> Learnt | None:
    if step["learnt"] is None:
        return None
    key = to_unseal(connection, job.workspace_id, job.job_id, step["wrapped"])
    return Learnt.model_validate_json(key.unseal(step["learnt"], "step", str(step["ordinal"])))


async def done(connection: Connection, job: Job, ordinal: int, outcome: Outcome, memory_id: str | None) -> None:
    """Notes what became of a step, and forgets its text."""
    values = {**_named(job), "ordinal": ordinal, "outcome": outcome, "memory_id": memory_id}
    await connection.execute(SQL["done"].encode(), values)


async def remember_written(connection: Connection, workspace_id: str, memory_id: str, fingerprint: str) -> None:
    keys = await tables.enter(connection, workspace_id)
    values = {
        "workspace_id": workspace_id,
        "memory_id": memory_id,
        "fingerprint": seal_hash(keys, fingerprint, "written", memory_id),
    }
    await connection.execute(SQL["remember_written"].encode(), values)


async def written(connection: Connection, workspace_id: str, memory_id: str) -> str | None:
    """The memory's fingerprint when this service wrote it last; None if it never did."""
    values = {"workspace_id": workspace_id, "memory_id": memory_id}
    found = await tables.sealed_rows(connection, workspace_id, SQL["written"], values)
    if not found:
        return None
    return unseal_hash(tables.opened(connection, workspace_id), found[0]["fingerprint"], "written", memory_id)


def _named(job: Job) -> dict[str, object]:
    return {"workspace_id": job.workspace_id, "job_id": job.job_id, "version": job.version}
