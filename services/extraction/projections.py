"""From events to jobs: what a session's end, a document, a retry, or nightly work that is queued asks for."""

from dataclasses import dataclass, replace
from typing import assert_never

from contracts.events import (
    ChunksRecorded,
    CloudEvent,
    DocumentChanged,
    DocumentDeleted,
    DocumentEvent,
    DocumentIngested,
    DocumentReady,
    DocumentRetried,
    EventErased,
    ExtractionRetried,
    FindingsRecorded,
    JobChanged,
    MemoryConsolidated,
    MemoryDeleted,
    MemoryFolded,
    MemoryImported,
    MemoryRated,
    MemoryRecalculated,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
    ObservationsRecorded,
    RelationshipDeleted,
    RelationshipMade,
    SessionEnded,
    SessionImported,
    SessionStarted,
    TenancyEvent,
    WorkspaceDeleted,
)
from services.extraction.store import chores, documents, jobs
from services.extraction.store.jobs import Asked
from services.kit.postgres import Database, forget_rows


@dataclass(frozen=True, slots=True)
class Ended:
    """The workspace is gone, with all that was to be done in it."""


AnyAsked = Asked | chores.Asked | documents.Asked | documents.Deleted | Ended


def asked_by(event: CloudEvent) -> AnyAsked | None:
    """The job that an event asks for, or what no longer matters; None for what asks for none."""
    if isinstance(event.data, DocumentEvent):
        return _asked_by_document(event, event.data)
    if isinstance(event.data, TenancyEvent):
        return Ended() if isinstance(event.data, WorkspaceDeleted) else None
    match event.data:
        case SessionEnded():
            return _asked(event, event.data, "ended")
        case ExtractionRetried():
            return _asked(event, event.data, "retried")
        case JobChanged(kind="consolidation" | "reclassification" as kind, status="queued"):
            return chores.Asked(event.data.job_id, kind, event.data.namespace, event.version, event.time)
        case SessionStarted() | ObservationsRecorded() | JobChanged() | EventErased():
            return None
        case MemoryStored() | MemoryRevised() | MemoryUsed() | MemoryRated() | MemoryRecalculated() | MemoryDeleted():
            return None
        case (
            MemoryConsolidated()
            | MemoryFolded()
            | MemoryImported()
            | SessionImported()  # what it taught comes along
            | RelationshipMade()
            | RelationshipDeleted()
        ):
            return None
        case _:
            assert_never(event.data)


def _asked(event: CloudEvent, data: SessionEnded | ExtractionRetried, cause: jobs.Cause) -> Asked:
    return Asked(data.job_id, data.session_id, event.version, event.time, cause, event.traceparent)


def _asked_by_document(event: CloudEvent, data: DocumentEvent) -> documents.Asked | documents.Deleted | None:
    match data:
        case DocumentIngested():
            is_pdf = data.media_type == "application/pdf"
            asked = documents.Asked(
                data.job_id, data.document_id, event.version, data.version, data.namespace, event.time
            )
            return replace(asked, is_pdf=is_pdf, size=data.size, traceparent=event.traceparent)
        case DocumentRetried():
            asked = documents.Asked(
                data.job_id, data.document_id, event.version, data.version, data.namespace, event.time
            )
            return replace(asked, cause="retried", traceparent=event.traceparent)
        case DocumentDeleted():
            return documents.Deleted(data.document_id, event.version)
        case ChunksRecorded() | FindingsRecorded() | DocumentReady() | DocumentChanged():
            return None
        case _:
            assert_never(data)


async def apply(database: Database, workspace_id: str, asked: AnyAsked) -> None:
    """Returns once it is in the tables, or all of the workspace has left them."""
    if isinstance(asked, Ended):
        await forget_rows(database, workspace_id)
        return
    async with database.transaction(workspace_id) as connection:
        match asked:
            case Asked():
                await jobs.ask(connection, workspace_id, asked)
            case chores.Asked():
                await chores.ask(connection, workspace_id, asked)
            case documents.Asked():
                await documents.ask(connection, workspace_id, asked)
            case documents.Deleted():
                await documents.forget(connection, workspace_id, asked)
            case _:
                assert_never(asked)
