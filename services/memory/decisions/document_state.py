"""Documents as decisions see them, and how an event changes them. Their bytes, chunks and findings are not here."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from pydantic import JsonValue

from contracts.documents import MediaType
from contracts.events import (
    ChunksRecorded,
    DocumentChanged,
    DocumentDeleted,
    DocumentEvent,
    DocumentIngested,
    DocumentReady,
    DocumentRetried,
    FindingsRecorded,
)


@dataclass(frozen=True, slots=True)
class DocumentState:
    """A document as it is now. `stream_version` counts its events, `revision` its versions and its author's changes.

    `chunk_count`, `section_count` and `part_count` (of findings) are what is recorded of its newest `version`;
    `ready_chunks` and `ready_sections` what `ready_version` has. `begun` is the stream's version at which the newest
    came in: what was recorded before is of older ones.
    """

    document_id: str
    namespace: str
    title: str
    source_id: str | None
    media_type: MediaType
    size: int
    sha256: str
    metadata: dict[str, JsonValue]
    version: int
    job_id: str
    revision: int
    begun: int
    stream_version: int
    created_at: datetime
    updated_at: datetime | None = None
    chunk_count: int = 0
    section_count: int = 0
    part_count: int = 0
    ready_version: int | None = None
    ready_chunks: int = 0
    ready_sections: int = 0


def evolve_document(
    before: DocumentState | None, event: DocumentEvent, stream_version: int, time: datetime
) -> DocumentState | None:
    """The state of a document after one more event of its stream; None where it is deleted.

    Chunks and findings of older versions may have been erased: what they said counts no more.
    """
    if isinstance(event, DocumentIngested):
        return _ingested(before, event, stream_version, time)
    if before is None or isinstance(event, DocumentDeleted):
        return None
    now_is = replace(before, stream_version=stream_version)
    match event:
        case ChunksRecorded():
            chunks, sections = event.first + len(event.chunks), event.first_section + len(event.sections)
            return replace(now_is, chunk_count=chunks, section_count=sections)
        case FindingsRecorded():
            return replace(now_is, part_count=event.part + 1)
        case DocumentReady():
            now_is = replace(now_is, ready_version=event.version)
            return replace(now_is, ready_chunks=event.chunks, ready_sections=event.sections)
        case DocumentChanged():
            changes = event.changes()
            return replace(now_is, **changes, revision=before.revision + 1, updated_at=time)  # type: ignore[arg-type]
        case DocumentRetried():
            return now_is
        case _:
            assert_never(event)


def _ingested(
    before: DocumentState | None, event: DocumentIngested, stream_version: int, time: datetime
) -> DocumentState:
    said = {name: getattr(event, name) for name in DocumentIngested.model_fields}
    if before is None:
        return DocumentState(**said, revision=1, begun=stream_version, stream_version=stream_version, created_at=time)
    return replace(
        before,
        **said,
        revision=before.revision + 1,
        begun=stream_version,
        stream_version=stream_version,
        updated_at=time,
        chunk_count=0,
        section_count=0,
        part_count=0,
    )
