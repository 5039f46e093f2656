"""Calls of a language model: what they cost, how they ended, and what came of the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pydantic import TypeAdapter
from pydantic_core import to_json

from contracts.replies import ModelCalls, ServiceUsage
from services.extraction.asking import Spent
from services.extraction.merging import Learnt
from services.extraction.store.jobs import Job
from services.extraction.store.sealed import to_seal, to_unseal
from services.kit.llm import Refusal, Usage
from services.kit.postgres import Connection, load_sql, row, stored_bytes
from services.kit.sealing import tables

SQL = load_sql("services.extraction", "calls")

Outcome = Refusal | Literal["answered", "failed", "unanswered", "misconfigured"]
"""`failed`: no proper answer, though there may have been one to pay for. `unanswered`, `misconfigured`: surely none."""

_LEARNT = TypeAdapter(list[Learnt])


class Caller(Protocol):
    """The job on whose behalf a model is called: a session's or a document's; `version` as it was asked for."""

    @property
    def workspace_id(self) -> str: ...
    @property
    def job_id(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def cause(self) -> str: ...
    @property
    def session_id(self) -> str | None: ...
    @property
    def document_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one window of a session, or slice of a document, `part` of `parts` from 1; `input_tokens` are
    estimated.
    """

    key: str
    model: str
    prompt_version: str
    part: int
    parts: int
    input_tokens: int


async def spent_today(connection: Connection, workspace_id: str) -> Spent:
    found = await row(connection, SQL["spent"], {"workspace_id": workspace_id})
    assert found is not None
    return Spent(**found)


async def usage(connection: Connection, workspace_id: str, since: datetime) -> ServiceUsage:
    """What a model's calls cost since then and ever; and how many bytes all that is kept here takes."""
    return ServiceUsage(
        bytes=sum((await stored_bytes(connection, workspace_id)).values()),
        this_period=await _cost(connection, workspace_id, since),
        in_all=await _cost(connection, workspace_id, None),
    )


async def _cost(connection: Connection, workspace_id: str, since: datetime | None) -> ModelCalls:
    found = await row(connection, SQL["usage"], {"workspace_id": workspace_id, "since": since})
    return ModelCalls.model_validate(found)


async def unshaped(connection: Connection, job: Caller, key: str) -> int:
    """How often the question was answered in no shape that can be read, since the job was asked for."""
    found = await row(connection, SQL["unshaped"], await about(connection, job, key) | {"version": job.version})
    assert found is not None
    return int(found["calls"])


async def begin(connection: Connection, job: Caller, question: Question) -> int:
    """The call's number. What it is expected to cost counts from now on."""
    values = await about(connection, job, question.key) | {
        "version": job.version,
        "session_id": job.session_id,
        "document_id": job.document_id,
        "cause": job.cause,
        "model": question.model,
        "prompt_version": question.prompt_version,
        "part": question.part,
        "parts": question.parts,
        "input_tokens": question.input_tokens,
    }
    found = await row(connection, SQL["begin"], values)
    assert found is not None
    return int(found["call_id"])


async def end(
    connection: Connection,
    workspace_id: str,
    call_id: int,
    outcome: Outcome,
    usage: Usage,
    *,
    cost: float | None,
) -> None:
    values = {
        "workspace_id": workspace_id,
        "call_id": call_id,
        "outcome": outcome,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost": cost,
    }
    await connection.execute(SQL["end"].encode(), values)


async def keep(connection: Connection, job: Job, key: str, learnt: Sequence[Learnt]) -> None:
    """Until `forget`: whoever asks this again for the job gets it from here."""
    values, sealed = await about(connection, job, key), None
    if learnt:
        job_key = await to_seal(connection, job.workspace_id, job.job_id)
        sealed = job_key.seal(to_json(learnt), "answer", str(values["key"]))
    await connection.execute(SQL["keep"].encode(), values | {"learnt": sealed})


async def kept(connection: Connection, job: Job, key: str) -> list[Learnt] | None:
    """None where there was no answer yet."""
    values = await about(connection, job, key)
    found = await row(connection, SQL["kept"], values)
    if found is None or found["learnt"] is None:
        return None if found is None else []
    job_key = to_unseal(connection, job.workspace_id, job.job_id, found["wrapped"])
    return _LEARNT.validate_json(job_key.unseal(found["learnt"], "answer", str(values["key"])))


async def forget(connection: Connection, job: Job) -> None:
    """All of the job's answers that taught something."""
    await connection.execute(SQL["forget"].encode(), {"workspace_id": job.workspace_id, "job_id": job.job_id})


async def about(connection: Connection, job: Caller, key: str) -> dict[str, object]:
    """Which question of the job, by a keyed hash."""
    keys = await tables.enter(connection, job.workspace_id)
    return {"workspace_id": job.workspace_id, "job_id": job.job_id, "key": keys.workspace.mark(f"question {key}")}
