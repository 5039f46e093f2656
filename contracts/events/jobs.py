"""What happens to jobs."""

from datetime import date

from pydantic import Field, model_serializer

from contracts.base import Counts, JobId, JobKind, JobStatus, MemoryId, NamespaceKey, Reason, SessionId
from contracts.documents import DocumentId
from contracts.events.base import EventData


class JobChanged(EventData):
    """A job began, waits, went on or ended. `counts` and `memory_ids` are all so far, not those that came since.

    A job comes of a session or of a document's version, or is nightly work of a `day` (UTC).
    """

    type = "weft.job.changed.v1"
    verb = "changed"
    entity = "job"

    job_id: JobId = Field(description="The job")
    kind: JobKind = Field(description="What it does")
    namespace: NamespaceKey = Field(description="The namespace that it works in")
    session_id: SessionId | None = Field(None, description="The session that it comes of, if it comes of one")
    document_id: DocumentId | None = Field(None, description="The document that it comes of, if it comes of one")
    day: date | None = Field(None, description="The day (UTC) of nightly work")
    status: JobStatus = Field(
        description="Where it is. `completed`, `empty` (nothing to be learnt) and `failed` are final until a retry"
    )
    reason: Reason | None = Field(None, description="Why it waits, or why there was nothing to learn")
    error: Reason | None = Field(None, description="Why it failed")
    counts: Counts = Field(default_factory=dict, description="What it has done so far, by kind of outcome")
    memory_ids: tuple[MemoryId, ...] = Field((), description="Memories that it has stored or changed so far")

    @model_serializer(mode="wrap")
    def _what_it_comes_of(self, write) -> dict[str, object]:  # type: ignore[no-untyped-def]
        optional = ("day", "document_id")
        return {name: value for name, value in write(self).items() if name not in optional or value is not None}
