"""From events to jobs: what a session's end, its retry, or nightly work that is queued asks for."""

from typing import assert_never

from contracts.events import (
    CloudEvent,
    DocumentEvent,
    EventErased,
    ExtractionRetried,
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
)
from services.extraction.store import chores, jobs
from services.extraction.store.jobs import Asked
from services.kit.postgres import Database


def asked_by(event: CloudEvent) -> Asked | chores.Asked | None:
    """The job that an event asks for; None for what asks for none."""
    if isinstance(event.data, TenancyEvent | DocumentEvent):
        return None
    match event.data:
        case SessionEnded():
            return Asked(event.data.job_id, event.data.session_id, event.version, event.time, "ended")
        case ExtractionRetried():
            return Asked(event.data.job_id, event.data.session_id, event.version, event.time, "retried")
        case JobChanged(kind="consolidation" | "reclassification" as kind, status="queued"):
            return chores.Asked(event.data.job_id, kind, event.data.namespace, event.version, event.time)
        case SessionStarted() | ObservationsRecorded() | JobChanged() | EventErased():
            return None
        case MemoryStored() | MemoryRevised() | MemoryUsed() | MemoryRated() | MemoryRecalculated() | MemoryDeleted():
            return None
        case MemoryConsolidated() | MemoryFolded() | MemoryImported() | SessionImported():  # what it taught comes along
            return None
        case RelationshipMade() | RelationshipDeleted():
            return None
        case _:
            assert_never(event.data)


async def apply(database: Database, workspace_id: str, asked: Asked | chores.Asked) -> None:
    """Returns once the job is in the table."""
    async with database.transaction(workspace_id) as connection:
        if isinstance(asked, Asked):
            await jobs.ask(connection, workspace_id, asked)
        else:
            await chores.ask(connection, workspace_id, asked)
