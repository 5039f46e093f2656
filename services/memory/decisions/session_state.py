"""Sessions and jobs as decisions see them, and how an event changes them."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from pydantic import JsonValue

from contracts.base import EndReason, Injected, JobKind, JobStatus, SessionStatus
from contracts.events import (
    ExtractionRetried,
    JobChanged,
    ObservationsRecorded,
    SessionEnded,
    SessionImported,
    SessionStarted,
)

SessionEvent = SessionStarted | SessionImported | ObservationsRecorded | SessionEnded | ExtractionRetried


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session as it is now. `kinds` counts its observations by kind; the observations themselves are not here."""

    session_id: str
    namespace: str
    project_path: str
    project_name: str | None
    branch_name: str | None
    user_id: str | None
    metadata: dict[str, JsonValue]
    injected: tuple[Injected, ...]
    status: SessionStatus
    started_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    ended_by: EndReason | None
    summary: str | None
    observation_count: int
    kinds: dict[str, int]
    job_id: str | None
    estimated_memories: int | None
    version: int


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as it is now: of a session, a document's version, or nightly work of a `day`.

    `attempts` counts how often it was queued.
    """

    job_id: str
    kind: JobKind
    namespace: str
    session_id: str | None
    status: JobStatus
    reason: str | None
    error: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    counts: dict[str, int] = field(default_factory=dict)
    memory_ids: tuple[str, ...] = ()
    attempts: int = 1
    day: date | None = None
    document_id: str | None = None


def evolve_session(
    before: SessionState | None, event: SessionEvent, version: int, time: datetime
) -> SessionState | None:
    """The state of a session after one more event of its stream."""
    if isinstance(event, SessionStarted):
        return _started(event, version, time)
    if isinstance(event, SessionImported):
        return _imported(event, version, time)
    if before is None:
        return None
    match event:
        case ObservationsRecorded():
            kinds = Counter(before.kinds) + Counter(each.kind for each in event.observations)
            count = event.first + len(event.observations)
            heard = before.last_seen_at if before.status == "ended" else time
            return replace(before, observation_count=count, kinds=dict(kinds), last_seen_at=heard, version=version)
        case SessionEnded():
            return replace(
                before,
                status="ended",
                last_seen_at=time,
                ended_at=time,
                ended_by=event.reason,
                summary=event.summary,
                job_id=event.job_id,
                estimated_memories=event.estimated_memories,
                version=version,
            )
        case ExtractionRetried():
            return replace(before, version=version)


def evolve_job(before: JobState | None, event: JobChanged, version: int, time: datetime) -> JobState:
    """The state of a job after one more event of its stream. What is queued (again) is another attempt."""
    asked_for = 0 if before is None else before.attempts
    return JobState(
        job_id=event.job_id,
        kind=event.kind,
        namespace=event.namespace,
        session_id=event.session_id,
        status=event.status,
        reason=event.reason,
        error=event.error,
        version=version,
        created_at=time if before is None else before.created_at,
        updated_at=time,
        counts=event.counts,
        memory_ids=event.memory_ids,
        attempts=asked_for + 1 if event.status == "queued" else max(asked_for, 1),
        day=event.day,
        document_id=event.document_id,
    )


def _started(event: SessionStarted, version: int, time: datetime) -> SessionState:
    return SessionState(
        session_id=event.session_id,
        namespace=event.namespace,
        project_path=event.project_path,
        project_name=event.project_name,
        branch_name=event.branch_name,
        user_id=event.user_id,
        metadata=dict(event.metadata),
        injected=event.injected,
        status="active",
        started_at=time,
        last_seen_at=time,
        ended_at=None,
        ended_by=None,
        summary=None,
        observation_count=0,
        kinds={},
        job_id=None,
        estimated_memories=None,
        version=version,
    )


def _imported(event: SessionImported, version: int, time: datetime) -> SessionState:
    """One that is still active was heard of now: else the sweeper would end it before its observations are here."""
    said = {name: getattr(event, name) for name in SessionImported.model_fields}
    heard = {"last_seen_at": time} if event.status == "active" else {}
    return SessionState(**said | heard, observation_count=0, kinds={}, job_id=None, version=version)
