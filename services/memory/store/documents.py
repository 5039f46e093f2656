"""Documents, as the read model keeps them, and their bytes, which are kept like the log."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import ceil
from typing import Any

from pydantic_core import to_json

from contracts.base import JobStatus
from contracts.documents import CONTENT_PART_BYTES
from contracts.queries import ListDocuments, Readable
from services.kit.postgres import Connection, load_sql, row, rows
from services.memory.decisions.document_state import DocumentState
from services.memory.store.codec import from_content, to_content

SQL = load_sql("services.memory", "documents")

_OF_THE_TABLE = ("workspace_id", "generation", "job_status")


async def get(connection: Connection, workspace_id: str, document_ids: Sequence[str]) -> dict[str, DocumentState]:
    """Those of the documents that are there, by id."""
    return to_documents(await rows(connection, SQL["get_documents"], wanted(workspace_id, document_ids)))


def wanted(workspace_id: str, document_ids: Sequence[str]) -> dict[str, Any]:
    """The values of get_documents and get_document_jobs."""
    return {"workspace_id": workspace_id, "document_ids": list(document_ids)}


async def browse(connection: Connection, asked: ListDocuments) -> list[tuple[DocumentState, JobStatus | None]]:
    """A page, the newest first, each with the status of its newest version's job."""
    page = _page(asked.workspace_id, asked.readable) | {"limit": asked.limit, "offset": asked.offset}
    return await _with_job_status(connection, page)


async def find(
    connection: Connection, workspace_id: str, document_id: str, readable: Readable
) -> tuple[DocumentState, JobStatus | None] | None:
    """One, as in `browse`; None where it is not there or may not be read."""
    page = _page(workspace_id, readable) | {"document_id": document_id, "limit": 1, "offset": 0}
    found = await _with_job_status(connection, page)
    return found[0] if found else None


async def _with_job_status(
    connection: Connection, page: dict[str, Any]
) -> list[tuple[DocumentState, JobStatus | None]]:
    found = await rows(connection, SQL["list_documents"], page)
    return [(state, each["job_status"]) for state, each in zip(to_documents(found).values(), found, strict=True)]


async def put(connection: Connection, workspace_id: str, generation: int, states: Iterable[DocumentState]) -> None:
    listed = [asdict(each) | {"metadata": to_json(each.metadata).decode()} for each in states]
    if listed:
        values = {"workspace_id": workspace_id, "generation": generation, "documents": to_json(listed).decode()}
        await connection.execute(SQL["put_documents"].encode(), values)


async def drop(connection: Connection, workspace_id: str, generation: int, document_ids: Sequence[str]) -> None:
    if document_ids:
        values = wanted(workspace_id, document_ids) | {"generation": generation}
        await connection.execute(SQL["drop_documents"].encode(), values)


async def put_content(
    connection: Connection, workspace_id: str, document_id: str, version: int, content: bytes
) -> None:
    """In parts of CONTENT_PART_BYTES."""
    values = {"workspace_id": workspace_id, "document_id": document_id, "version": version}
    for part, start in enumerate(range(0, len(content), CONTENT_PART_BYTES)):
        kept = to_content(content[start : start + CONTENT_PART_BYTES])
        await connection.execute(SQL["put_content"].encode(), values | {"part": part, "content": kept})


async def read_content(
    connection: Connection, workspace_id: str, document_id: str, version: int, part: int
) -> tuple[bytes, int] | None:
    """One part, and how many there are; None where it is not kept."""
    values = {"workspace_id": workspace_id, "document_id": document_id, "version": version, "part": part}
    found = await row(connection, SQL["read_content"], values)
    return None if found is None else (from_content(found["content"]), found["parts"])


async def prune_contents(
    connection: Connection, workspace_id: str, generation: int, document_ids: Sequence[str]
) -> None:
    """Drops the bytes of these documents that are kept no longer."""
    values = wanted(workspace_id, document_ids) | {"generation": generation}
    await connection.execute(SQL["prune_contents"].encode(), values)


async def live_counts(connection: Connection, workspace_id: str) -> dict[tuple[str, int], dict[str, int | None]]:
    """`chunks` and `sections` that are there of each document's newest and ready version; of the newest also the
    `parts` of its bytes."""
    found = await rows(connection, SQL["all_counts"], {"workspace_id": workspace_id})
    return {(each.pop("document_id"), each.pop("version")): each for each in found}


def expected_counts(state: DocumentState) -> dict[int, dict[str, int | None]]:
    """What `live_counts` says of a document, by version, where all is there."""
    counts: dict[int, dict[str, int | None]] = {}
    if state.ready_version is not None:
        counts[state.ready_version] = {"chunks": state.ready_chunks, "sections": state.ready_sections, "parts": None}
    parts = ceil(state.size / CONTENT_PART_BYTES)
    counts[state.version] = {"chunks": state.chunk_count, "sections": state.section_count, "parts": parts}
    return counts


def to_documents(found: Iterable[dict[str, Any]]) -> dict[str, DocumentState]:
    """The rows of get_documents or list_documents, in their order."""
    states = (
        DocumentState(**{name: value for name, value in each.items() if name not in _OF_THE_TABLE}) for each in found
    )
    return {state.document_id: state for state in states}


def _page(workspace_id: str, readable: Readable) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "readable": None if readable is None else list(readable),
        "document_id": None,
    }
