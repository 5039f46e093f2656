"""Decisions about sessions and the jobs that come of them: one function a command."""

import re
from typing import Any, assert_never

from contracts.base import Grants, JobStatus
from contracts.commands import EndSession, RecordJob, RecordObservations, RetryExtraction, StartSession
from contracts.events import ExtractionRetried, JobChanged, ObservationsRecorded, SessionEnded, SessionStarted
from contracts.replies import Refusal
from services.memory.decisions import answers
from services.memory.decisions.grants import is_open, namespace_for, not_writable
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.session_state import JobState, SessionState
from services.memory.decisions.state import WorkspaceState

ESTIMATE_MAX = 20
MESSAGES_A_MEMORY = 10
EDITS_A_MEMORY = 10

FINAL: tuple[JobStatus, ...] = ("completed", "empty", "failed")
RETRYABLE: tuple[JobStatus, ...] = ("empty", "failed", "waiting")

_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n+")

SessionOrder = StartSession | RecordObservations | EndSession | RetryExtraction | RecordJob


def decide(state: WorkspaceState, command: SessionOrder) -> Decision | Refusal:
    match command:
        case StartSession():
            return _start(state, command)
        case RecordObservations():
            return _observe(state, command)
        case EndSession():
            return _end(state, command)
        case RetryExtraction():
            return _retry(state, command)
        case RecordJob():
            return _record(state, command)
        case _:
            assert_never(command)


def answer(state: WorkspaceState, command: StartSession | RecordObservations | EndSession) -> Any:
    """What is said of a session once a command has been carried out."""
    session = state.sessions.get(command.session_id)
    if session is None:
        return unknown_session(command.session_id)
    match command:
        case RecordObservations():
            return answers.taken(session, command.observations)
        case EndSession():
            return answers.ended(session)
        case _:
            return answers.session(state.workspace_id, session)


def estimated_memories(summary: str | None, kinds: dict[str, int]) -> int:
    """A guess at what a session will teach, from 0 to 20: one memory for each sentence of the summary and each note,
    one for every ten messages and one for every ten edits. Nobody has read the session when it is asked for.
    """
    sentences = sum(bool(part.strip()) for part in _SENTENCE_END.split(summary or ""))
    others = kinds.get("message", 0) // MESSAGES_A_MEMORY + kinds.get("file_edit", 0) // EDITS_A_MEMORY
    return min(ESTIMATE_MAX, sentences + kinds.get("note", 0) + others)


def _start(state: WorkspaceState, command: StartSession) -> Decision | Refusal:
    namespace = namespace_for(state, command.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    if command.session_id in state.sessions:
        return Refusal(code="session_exists", detail=f"Session '{command.session_id}' exists already.")
    event = SessionStarted(
        session_id=command.session_id,
        namespace=namespace,
        project_path=command.project_path,
        project_name=command.project_name,
        branch_name=command.branch_name,
        user_id=command.user_id,
        metadata=command.metadata,
        injected=command.injected,
    )
    return Decision((Happened(command.session_id, event),))


def _observe(state: WorkspaceState, command: RecordObservations) -> Decision | Refusal:
    found = _writable(state, command.session_id, command.grants)
    if isinstance(found, Refusal):
        return found
    if found.status == "ended":
        return _ended(found)
    event = ObservationsRecorded(
        session_id=found.session_id, first=found.observation_count, observations=command.observations
    )
    return Decision((Happened(found.session_id, event),))


def _end(state: WorkspaceState, command: EndSession) -> Decision | Refusal:
    """The job is there at once, so that a session's end is never without a visible state of what comes of it."""
    found = _writable(state, command.session_id, command.grants)
    if isinstance(found, Refusal):
        return found
    if found.status == "ended":
        return _ended(found)
    if command.silent_since is not None and found.last_seen_at > command.silent_since:
        return Decision()
    ended = SessionEnded(
        session_id=found.session_id,
        reason=command.reason,
        summary=command.summary,
        job_id=command.job_id,
        estimated_memories=estimated_memories(command.summary, found.kinds),
    )
    return Decision((Happened(found.session_id, ended), _queued(found, command.job_id)))


def _retry(state: WorkspaceState, command: RetryExtraction) -> Decision | Refusal:
    session = _writable(state, command.session_id, command.grants)
    if isinstance(session, Refusal):
        return session
    job = state.jobs.get(command.job_id)
    if job is None:
        return unknown_job(command.job_id)
    if job.status not in RETRYABLE:
        return Refusal(
            code="job_not_retryable", detail=f"Job '{job.job_id}' is {job.status}; there is nothing to retry."
        )
    again = ExtractionRetried(session_id=session.session_id, job_id=job.job_id)
    return Decision((Happened(session.session_id, again), _queued(session, job.job_id, job.memory_ids)))


def _queued(session: SessionState, job_id: str, memory_ids: tuple[str, ...] = ()) -> Happened:
    event = JobChanged(
        job_id=job_id,
        kind="extraction",
        namespace=session.namespace,
        session_id=session.session_id,
        status="queued",
        memory_ids=memory_ids,
    )
    return Happened(job_id, event)


def _record(state: WorkspaceState, command: RecordJob) -> Decision | Refusal:
    """Who says again what is known changes nothing. What has ended stays so, until somebody retries it.

    Work comes to its end in an archived namespace too: only services say so, and nobody sees it until it is restored.
    """
    job = state.jobs.get(command.job_id)
    if job is None or job.namespace not in command.grants.read:
        return unknown_job(command.job_id)
    if (refusal := not_writable(job.namespace, command.grants)) is not None:
        return refusal
    said = {name: getattr(command, name) for name in ("status", "reason", "error", "counts", "memory_ids")}
    if all(getattr(job, name) == value for name, value in said.items()):
        return Decision()
    if job.status in FINAL:
        return Refusal(code="job_finished", detail=f"Job '{job.job_id}' is {job.status} already.")
    return Decision((Happened(job.job_id, _changed(job, said)),))


def _changed(job: JobState, said: dict[str, object]) -> JobChanged:
    known = {name: getattr(job, name) for name in ("job_id", "kind", "namespace", "session_id", "document_id", "day")}
    return JobChanged.model_validate(known | said)


def _writable(state: WorkspaceState, session_id: str, grants: Grants) -> SessionState | Refusal:
    found = state.sessions.get(session_id)
    if found is None or found.namespace not in grants.read or not is_open(state, found.namespace):
        return unknown_session(session_id)
    return not_writable(found.namespace, grants) or found


def _ended(found: SessionState) -> Refusal:
    return Refusal(code="session_ended", detail=f"Session '{found.session_id}' has ended.")


def unknown_session(session_id: str) -> Refusal:
    """The same for one that never was and one that may not be seen."""
    return Refusal(code="unknown_session", detail=f"Session '{session_id}' not found.")


def unknown_job(job_id: str) -> Refusal:
    return Refusal(code="unknown_job", detail=f"Job '{job_id}' not found.")
