"""From events to jobs: what a session's end, or its retry, asks for."""

from typing import assert_never

from contracts.events import (
    CloudEvent,
    EventErased,
    ExtractionRetried,
    JobChanged,
    KeyIssued,
    MemoryDeleted,
    MemoryImported,
    MemoryRated,
    MemoryRevised,
    MemoryStored,
    MemoryUsed,
    ObservationsRecorded,
    RelationshipDeleted,
    RelationshipMade,
    SessionEnded,
    SessionImported,
    SessionStarted,
    WorkspaceAssigned,
    WorkspaceOpened,
)
from services.extraction.store import jobs
from services.extraction.store.jobs import Asked
from services.kit.postgres import Database


def asked_by(event: CloudEvent) -> Asked | None:
    """The job that an event asks for; None for what asks for none."""
    match event.data:
        case SessionEnded():
            return Asked(event.data.job_id, event.data.session_id, event.version, event.time, "ended")
        case ExtractionRetried():
            return Asked(event.data.job_id, event.data.session_id, event.version, event.time, "retried")
        case SessionStarted() | ObservationsRecorded() | JobChanged() | EventErased():
            return None
        case SessionImported() | MemoryImported():  # what was learnt from it comes along
            return None
        case MemoryStored() | MemoryRevised() | MemoryUsed() | MemoryRated() | MemoryDeleted():
            return None
        case RelationshipMade() | RelationshipDeleted() | WorkspaceOpened() | WorkspaceAssigned() | KeyIssued():
            return None
        case _:
            assert_never(event.data)


async def apply(database: Database, workspace_id: str, asked: Asked) -> None:
    """Returns once the job is in the table."""
    async with database.transaction(workspace_id) as connection:
        await jobs.ask(connection, workspace_id, asked)
