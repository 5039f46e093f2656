"""From documents to the index. What a document and its chunks are now is read from the memory service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from contracts import subjects
from contracts.base import content_hash
from contracts.documents import chunk_id, chunk_point
from contracts.queries import GetChunks, GetDocument, ListDocuments
from services.kit.bus import Bus
from services.kit.embedding import Vectors, document_text
from services.kit.reading import READ_TIMEOUT_S
from services.search.ranking import CHUNK_IMPORTANCE
from services.search.store import ChunkEntry

DOCUMENTS_MAX = 500
"""Of a page."""


async def read_document(bus: Bus, workspace_id: str, document_id: str) -> dict[str, Any] | None:
    """The document (contracts.replies.Document); None where it is not there, or no longer. Raises Unavailable."""
    asked = GetDocument(workspace_id=workspace_id, document_id=document_id)
    found: dict[str, Any] | None = (await bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S)).get("body")
    return found


async def read_documents(bus: Bus, workspace_id: str) -> list[dict[str, Any]]:
    """All of a workspace; while they come and go, one may be there twice or not at all."""
    found: list[dict[str, Any]] = []
    while True:
        asked = ListDocuments(workspace_id=workspace_id, limit=DOCUMENTS_MAX, offset=len(found))
        page = (await bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S))["body"]
        found += page
        if len(page) < DOCUMENTS_MAX:
            return found


async def read_chunks(bus: Bus, workspace_id: str, chunk_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those that are of a ready version (contracts.replies.FoundChunk), in no fixed order. Raises Unavailable."""
    if not chunk_ids:
        return []
    asked = GetChunks(workspace_id=workspace_id, chunk_ids=tuple(chunk_ids))
    found: list[dict[str, Any]] = (await bus.ask(subjects.query(asked), asked, READ_TIMEOUT_S))["body"]
    return found


def chunk_ids_of(workspace_id: str, document: dict[str, Any], first: int, count: int) -> list[str]:
    """Of at most `count` chunks of its ready version, from index `first` on."""
    indexes = range(first, min(first + count, document["chunk_count"]))
    return [chunk_id(workspace_id, document["document_id"], document["ready_version"], it) for it in indexes]


def text_of(chunk: dict[str, Any]) -> str:
    """What is indexed of a chunk, and embedded: it, behind the titles that it stands under, its document's first."""
    titles = dict.fromkeys((chunk["title"], *chunk["section_path"]))  # often the first heading is the title once more
    return document_text(" > ".join(titles), chunk["text"])


def entry_of_chunk(workspace_id: str, chunk: dict[str, Any], vectors: Vectors | None = None) -> ChunkEntry:
    """A chunk as `read_chunks` gives it, in the shape of the index."""
    text = text_of(chunk)
    return ChunkEntry(
        id=chunk_point(workspace_id, chunk["chunk_id"]),
        chunk_id=chunk["chunk_id"],
        document_id=chunk["document_id"],
        version=chunk["version"],
        index=chunk["index"],
        namespace=chunk["namespace"],
        importance=CHUNK_IMPORTANCE,
        created_at=datetime.fromisoformat(chunk["created_at"]).timestamp(),
        content_hash=content_hash("", text),
        text=text,
        vectors=vectors,
    )
