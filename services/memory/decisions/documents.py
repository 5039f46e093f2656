"""Decisions about documents and what is made of them: one function a command."""

from hashlib import sha256
from typing import Any, assert_never

from contracts.base import Grants, JobStatus
from contracts.commands import (
    ChangeDocument,
    DeleteDocument,
    DocumentOrder,
    FinishDocument,
    IngestDocument,
    RecordChunks,
    RecordFindings,
    RetryDocument,
    VersionCommand,
)
from contracts.events import (
    ChunksRecorded,
    DocumentChanged,
    DocumentDeleted,
    DocumentIngested,
    DocumentReady,
    DocumentRetried,
    FindingsRecorded,
    JobChanged,
)
from contracts.replies import Ingested, RecordedVersion, Refusal
from services.memory.decisions import answers
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.grants import is_open, namespace_for, not_writable
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.session_state import JobState
from services.memory.decisions.sessions import FINAL, RETRYABLE
from services.memory.decisions.state import Deletion, WorkspaceState

OVERTAKEN = "A newer version of the document came in before this one was ready."
DELETED = "The document was deleted."


def decide(state: WorkspaceState, command: DocumentOrder) -> Decision | Refusal:
    match command:
        case IngestDocument():
            return _ingest(state, command)
        case ChangeDocument():
            return _change(state, command)
        case DeleteDocument():
            return _delete(state, command)
        case RetryDocument():
            return _retry(state, command)
        case RecordChunks():
            return _record_chunks(state, command)
        case RecordFindings():
            return _record_findings(state, command)
        case FinishDocument():
            return _finish(state, command)
        case _:
            assert_never(command)


def answer(state: WorkspaceState, command: DocumentOrder) -> Any:
    """What is said of a document once a command has been carried out."""
    found = state.documents.get(command.document_id)
    match command:
        case IngestDocument():
            return Ingested(job_id=command.job_id, document_id=command.document_id)
        case RetryDocument():
            return answers.job(state.jobs[command.job_id])
        case ChangeDocument() if isinstance(found, DocumentState):
            job = state.jobs.get(found.job_id)
            return answers.document(state.workspace_id, found, None if job is None else job.status)
        case RecordChunks() | RecordFindings() | FinishDocument() if isinstance(found, DocumentState):
            return RecordedVersion(
                document_id=found.document_id,
                version=found.version,
                chunks=found.chunk_count,
                sections=found.section_count,
                parts=found.part_count,
            )
        case _:  # deleted
            return None


def unknown_document(document_id: str) -> Refusal:
    """The same for a document that never was, was deleted, or may not be seen."""
    return Refusal(code="unknown_document", detail=f"Document '{document_id}' not found.")


def _ingest(state: WorkspaceState, command: IngestDocument) -> Decision | Refusal:
    """The next version where there is a document; its job is there at once, and its bytes are those it speaks of."""
    namespace = namespace_for(state, command.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    before = state.documents.get(command.document_id)
    if command.job_id in state.jobs or (before is not None and command.source_id is None):
        return Refusal(code="already_exists", detail=f"Document '{command.document_id}' exists or has existed.")
    content = state.contents.get(command.command_id)
    if content is None:
        return Refusal(code="content_missing", detail="The document's content has not arrived; send it again.")
    if len(content) != command.size or sha256(content).hexdigest() != command.sha256:
        return Refusal(code="content_mismatch", detail="The document's content arrived damaged; send it again.")
    overtaken = _ended(state, before, OVERTAKEN)
    event = DocumentIngested(
        document_id=command.document_id,
        version=_next_version(before),
        namespace=namespace,
        job_id=command.job_id,
        **{name: getattr(command, name) for name in _AS_ORDERED},
    )
    queued = _job(command.job_id, event.document_id, namespace, "queued")
    return Decision((*overtaken, Happened(event.document_id, event), queued))


_AS_ORDERED = ("title", "source_id", "media_type", "size", "sha256", "metadata")


def _next_version(before: DocumentState | Deletion | None) -> int:
    """After a deletion the stream's: higher than any before it, for no chunk may get the id of one that was deleted."""
    return 1 if before is None else before.version + 1


def _change(state: WorkspaceState, command: ChangeDocument) -> Decision | Refusal:
    found = _at_revision(state, command)
    if isinstance(found, Refusal):
        return found
    changed = {name: value for name, value in command.changes.given().items() if getattr(found, name) != value}
    if not changed:
        return Decision()
    event = DocumentChanged.model_validate({"document_id": found.document_id, **changed})
    return Decision((Happened(found.document_id, event),))


def _delete(state: WorkspaceState, command: DeleteDocument) -> Decision | Refusal:
    found = _at_revision(state, command)
    if isinstance(found, Refusal):
        return found
    event = DocumentDeleted(document_id=found.document_id)
    return Decision((*_ended(state, found, DELETED), Happened(found.document_id, event)))


def _retry(state: WorkspaceState, command: RetryDocument) -> Decision | Refusal:
    found = _writable(state, command.document_id, command.grants)
    if isinstance(found, Refusal):
        return found
    job = state.jobs.get(found.job_id)
    if job is None or command.job_id != found.job_id:
        return Refusal(code="job_not_retryable", detail=f"Job '{command.job_id}' is of an older version.")
    if job.status not in RETRYABLE:
        detail = f"Job '{job.job_id}' is {job.status}; there is nothing to retry."
        return Refusal(code="job_not_retryable", detail=detail)
    again = DocumentRetried(
        document_id=found.document_id, version=found.version, namespace=found.namespace, job_id=found.job_id
    )
    queued = _job(found.job_id, found.document_id, found.namespace, "queued")
    return Decision((Happened(found.document_id, again), queued))


def _record_chunks(state: WorkspaceState, command: RecordChunks) -> Decision | Refusal:
    found = _at_version(state, command)
    if isinstance(found, Refusal):
        return found
    if command.first > found.chunk_count or command.first_section > found.section_count:
        return _out_of_order(found)
    event = ChunksRecorded(
        document_id=found.document_id,
        version=found.version,
        namespace=found.namespace,
        first=found.chunk_count,
        chunks=command.chunks[found.chunk_count - command.first :],
        first_section=found.section_count,
        sections=command.sections[found.section_count - command.first_section :],
    )
    if not event.chunks and not event.sections:
        return Decision()
    return Decision((Happened(found.document_id, event),))


def _record_findings(state: WorkspaceState, command: RecordFindings) -> Decision | Refusal:
    found = _at_version(state, command)
    if isinstance(found, Refusal):
        return found
    if command.part > found.part_count:
        return _out_of_order(found)
    if command.part < found.part_count:
        return Decision()
    event = FindingsRecorded(
        document_id=found.document_id,
        version=found.version,
        namespace=found.namespace,
        part=command.part,
        facts=command.facts,
        entities=command.entities,
    )
    return Decision((Happened(found.document_id, event),))


def _finish(state: WorkspaceState, command: FinishDocument) -> Decision | Refusal:
    found = _at_version(state, command)
    if isinstance(found, Refusal):
        return found
    if found.ready_version == found.version:
        return Decision()
    if (command.chunks, command.sections) != (found.chunk_count, found.section_count):
        return _out_of_order(found)
    job = state.jobs.get(found.job_id)
    if job is not None and job.status in FINAL:
        return Refusal(code="job_finished", detail=f"Job '{job.job_id}' is {job.status} already.")
    ready = DocumentReady(
        document_id=found.document_id,
        version=found.version,
        namespace=found.namespace,
        chunks=found.chunk_count,
        sections=found.section_count,
    )
    completed = _job(found.job_id, found.document_id, found.namespace, "completed", counts=command.counts)
    return Decision((Happened(found.document_id, ready), completed))


def _ended(state: WorkspaceState, document: DocumentState | Deletion | None, reason: str) -> tuple[Happened, ...]:
    """That the job of a document's newest version ends, where it has not."""
    job: JobState | None = state.jobs.get(document.job_id) if isinstance(document, DocumentState) else None
    if job is None or job.status in FINAL or job.document_id is None:
        return ()
    return (_job(job.job_id, job.document_id, job.namespace, "empty", reason=reason, counts=job.counts),)


def _job(job_id: str, document_id: str, namespace: str, status: JobStatus, **said: object) -> Happened:
    known = {"job_id": job_id, "kind": "document", "namespace": namespace, "document_id": document_id}
    return Happened(job_id, JobChanged.model_validate(known | {"status": status} | said))


def _writable(state: WorkspaceState, document_id: str, grants: Grants) -> DocumentState | Refusal:
    found = state.documents.get(document_id)
    if not isinstance(found, DocumentState) or found.namespace not in grants.read:
        return unknown_document(document_id)
    if not is_open(state, found.namespace):
        return unknown_document(document_id)
    return not_writable(found.namespace, grants) or found


def _at_revision(state: WorkspaceState, command: ChangeDocument | DeleteDocument) -> DocumentState | Refusal:
    found = _writable(state, command.document_id, command.grants)
    if isinstance(found, DocumentState) and command.expected_revision not in (None, found.revision):
        detail = f"The document is at revision {found.revision}, not {command.expected_revision}."
        return Refusal(code="revision_mismatch", detail=detail)
    return found


def _at_version(state: WorkspaceState, command: VersionCommand) -> DocumentState | Refusal:
    """Work on a version comes to its end in an archived namespace too: nobody sees it until that is restored."""
    found = state.documents.get(command.document_id)
    if not isinstance(found, DocumentState) or found.namespace not in command.grants.read:
        return unknown_document(command.document_id)
    if command.version != found.version:
        detail = f"The document is at version {found.version}, not {command.version}."
        return Refusal(code="outdated_version", detail=detail)
    return not_writable(found.namespace, command.grants) or found


def _out_of_order(found: DocumentState) -> Refusal:
    counted = f"{found.chunk_count} chunks, {found.section_count} sections and {found.part_count} parts of findings"
    return Refusal(code="out_of_order", detail=f"Version {found.version} has {counted} so far.")
