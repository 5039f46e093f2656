"""Jobs."""

from datetime import date

from pydantic import Field

from contracts.base import Counts, JobKind, JobStatus, Moment, Word


class Job(Word):
    """Work that goes on by itself. `reason` says why it waits, or why nothing came of it; `error` how it failed.

    It comes of a session or a document, or is nightly work of a `day` (UTC). `attempts` counts how often it was asked
    for. `memory_ids` are those that it stored or changed.
    """

    job_id: str
    kind: JobKind
    namespace: str
    session_id: str | None = None
    document_id: str | None = None
    day: date | None = None
    status: JobStatus
    reason: str | None = None
    error: str | None = None
    counts: Counts = Field(default_factory=dict)
    memory_ids: tuple[str, ...] = ()
    attempts: int = 1
    created_at: Moment
    updated_at: Moment
