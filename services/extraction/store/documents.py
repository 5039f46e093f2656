"""Documents that are to be worked on, and what a language model answered about parts of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter
from pydantic_core import to_json

from services.extraction.documents.findings import Found, Identity
from services.extraction.store.calls import about
from services.extraction.store.sealed import to_seal, to_unseal
from services.kit.postgres import Connection, load_sql, row

SQL = load_sql("services.extraction", "documents")

Cause = Literal["ingested", "retried"]

_FOUND = TypeAdapter(tuple[Found, ...])


@dataclass(frozen=True, slots=True)
class Asked:
    """A version of a document that came in, or is to be worked on once more; `version` is that of the event in the
    document's stream. Of one that is retried, size and kind are known already, and 0 and False here.
    """

    job_id: str
    document_id: str
    version: int
    document_version: int
    namespace: str
    asked_at: datetime
    is_pdf: bool = False
    size: int = 0
    cause: Cause = "ingested"
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A document that is gone; `version` is that of the event in its stream."""

    document_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is due. It was begun `begun` times without having come to any end."""

    workspace_id: str
    job_id: str
    document_id: str
    version: int
    document_version: int
    namespace: str
    is_pdf: bool
    size: int
    cause: Cause
    begun: int
    postponed: int
    traceparent: str | None = None

    @property
    def session_id(self) -> None:
        """It comes of no session."""

    @property
    def identity(self) -> Identity:
        return Identity(self.workspace_id, self.namespace, self.document_id, self.document_version)


async def ask(connection: Connection, workspace_id: str, asked: Asked) -> None:
    """Makes the job due, unless that or something later was heard before."""
    values = {
        "workspace_id": workspace_id,
        "job_id": asked.job_id,
        "document_id": asked.document_id,
        "version": asked.version,
        "document_version": asked.document_version,
        "namespace": asked.namespace,
        "is_pdf": asked.is_pdf,
        "size": asked.size,
        "cause": asked.cause,
        "asked_at": asked.asked_at,
        "traceparent": asked.traceparent,
    }
    await connection.execute(SQL["ask"].encode(), values)


async def due(connection: Connection, workspace_id: str, *, is_pdf: bool, open_: str | None) -> Job | None:
    """Of those that are due the job `open_`, else the one that was asked for first."""
    found = await row(connection, SQL["due"], {"workspace_id": workspace_id, "is_pdf": is_pdf, "open": open_})
    return Job(workspace_id, **found) if found is not None else None


async def begin(connection: Connection, job: Job) -> None:
    await connection.execute(SQL["begin"].encode(), _named(job))


async def postpone(connection: Connection, job: Job, delay_s: float) -> None:
    await connection.execute(SQL["postpone"].encode(), {**_named(job), "delay_s": delay_s})


async def finish(connection: Connection, job: Job) -> None:
    """It is no longer due, unless it was asked for once more since it was begun."""
    await connection.execute(SQL["finish"].encode(), _named(job))


async def forget_answers(connection: Connection, job: Job) -> None:
    """With their key."""
    await connection.execute(SQL["forget_answers"].encode(), _named(job))
    await connection.execute(SQL["forget_key"].encode(), _named(job))


async def forget(connection: Connection, workspace_id: str, deleted: Deleted) -> None:
    """All that is known of a document that is gone, and what a model answered about it."""
    values = {"workspace_id": workspace_id, "document_id": deleted.document_id, "version": deleted.version}
    await connection.execute(SQL["forget"].encode(), values)


async def keep(connection: Connection, job: Job, key: str, found: Sequence[Found]) -> None:
    """Until the job has come to an end: whoever asks this again for it gets it from here. Nothing where the document
    was deleted while the model was asked.
    """
    if await row(connection, SQL["hold"], _named(job)) is None:
        return
    values = await about(connection, job, key)
    job_key = await to_seal(connection, job.workspace_id, job.job_id)
    sealed = job_key.seal(to_json(found), "document answer", str(values["key"]))
    await connection.execute(SQL["keep"].encode(), values | {"found": sealed})


async def kept(connection: Connection, job: Job, key: str) -> tuple[Found, ...] | None:
    """None where there was no answer yet."""
    values = await about(connection, job, key)
    found = await row(connection, SQL["kept"], values)
    if found is None:
        return None
    job_key = to_unseal(connection, job.workspace_id, job.job_id, found["wrapped"])
    return _FOUND.validate_json(job_key.unseal(found["found"], "document answer", str(values["key"])))


def _named(job: Job) -> dict[str, object]:
    return {"workspace_id": job.workspace_id, "job_id": job.job_id, "version": job.version}
