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
from services.kit.llm import Refusal, Usage
from services.kit.postgres import Connection, load_sql, row, stored_bytes

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
    values = {"workspace_id": job.workspace_id, "job_id": job.job_id, "version": job.version, "key": key}
    found = await row(connection, SQL["unshaped"], values)
    assert found is not None
    return int(found["calls"])


async def begin(connection: Connection, job: Caller, question: Question) -> int:
    """The call's number. What it is expected to cost counts from now on."""
    values = {
        "workspace_id": job.workspace_id,
        "job_id": job.job_id,
        "version": job.version,
        "session_id": job.session_id,
        "document_id": job.document_id,
        "cause": job.cause,
        "model": question.model,
        "prompt_version": question.prompt_version,
        "part": question.part,
        "parts": question.parts,
        "key": question.key,
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
    values = {"workspace_id": job.workspace_id, "job_id": job.job_id, "key": key, "learnt": to_json(learnt).decode()}
    await connection.execute(SQL["keep"].encode(), values)


async def kept(connection: Connection, job: Job, key: str) -> list[Learnt] | None:
    """None where there was no answer yet."""
    found = await row(connection, SQL["kept"], {"workspace_id": job.workspace_id, "job_id": job.job_id, "key": key})
    return _LEARNT.validate_json(to_json(found["learnt"])) if found is not None else None


async def forget(connection: Connection, job: Job) -> None:
    """All of the job's answers that hold text."""
    await connection.execute(SQL["forget"].encode(), {"workspace_id": job.workspace_id, "job_id": job.job_id})
