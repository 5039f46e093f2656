"""Ids that come from outside. What has not the form of an id is not there, just as what nobody made."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query

from contracts.base import NamespaceKey, is_job_id, is_memory_id, is_session_id
from contracts.documents import is_document_id
from services.gateway.api.wire.errors import not_found

A_MEMORY_ID = "`mem-...`, never the internal `id`."

MemoryIdInPath = Annotated[str, Path(description=A_MEMORY_ID, examples=["mem-4k8z0c1v7t2q9x5b"])]
SessionIdInPath = Annotated[str, Path(description="The session's id.", examples=["ses-7h2k9m4p1q8r5t0v"])]
JobIdInPath = Annotated[str, Path(description="`job-...`", examples=["job-3f8d1s6a0k5j2h9g"])]
DocumentIdInPath = Annotated[str, Path(description="`doc-...`", examples=["doc-8v3b6n1m4k7j0h2g"])]
NamespacesInQuery = Annotated[
    tuple[NamespaceKey | Literal["*"], ...],
    Query(max_length=64, description="Only this namespace; repeatable. Absent or `*`: all that the key may read."),
]
WorkspaceIdInQuery = Annotated[str | None, Query(description="The key's own workspace, or nothing.")]


def refuse_malformed(memory_id: str) -> None:
    """Raises Problem (404) for what can't be a memory_id."""
    if not is_memory_id(memory_id):
        raise not_found("Memory", memory_id)


def refuse_malformed_session(session_id: str) -> None:
    """Raises Problem (404) for what can't be a session_id."""
    if not is_session_id(session_id):
        raise not_found("Session", session_id)


def refuse_malformed_job(job_id: str) -> None:
    """Raises Problem (404) for what can't be a job_id."""
    if not is_job_id(job_id):
        raise not_found("Job", job_id)


def refuse_malformed_document(document_id: str) -> None:
    """Raises Problem (404) for what can't be a document_id."""
    if not is_document_id(document_id):
        raise not_found("Document", document_id)


def uuid_of(kind: str, text: str) -> UUID:
    """The UUID that `text` spells. Raises Problem (404): there is no such `kind`."""
    try:
        return UUID(text)
    except ValueError:
        raise not_found(kind, text) from None
