"""Documents, as the read model keeps them, and their bytes, which are kept like the log."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from math import ceil
from typing import Any

from pydantic_core import to_json

from contracts.base import JobStatus
from contracts.documents import CONTENT_PART_BYTES
from contracts.queries import ListDocuments, Readable
from services.kit.postgres import Connection, load_sql, rows
from services.kit.sealing.keys import Keys
from services.kit.sealing.tables import ensure, enter, opened, sealed_rows
from services.memory.decisions.document_state import DocumentState
from services.memory.store.codec import seal, unseal

SQL = load_sql("services.memory", "documents")

_OF_THE_TABLE = ("workspace_id", "generation", "job_status", "sealed", "wrapped")
_SEALED = ("title", "source_id", "sha256", "metadata")


async def get(connection: Connection, workspace_id: str, document_ids: Sequence[str]) -> dict[str, DocumentState]:
    """Those of the documents that are there, by id."""
    found = await sealed_rows(connection, workspace_id, SQL["get_documents"], wanted(workspace_id, document_ids))
    return to_documents(opened(connection, workspace_id), found) if found else {}


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
    found = await sealed_rows(connection, page["workspace_id"], SQL["list_documents"], page)
    if not found:
        return []
    states = to_documents(opened(connection, page["workspace_id"]), found).values()
    return [(state, each["job_status"]) for state, each in zip(states, found, strict=True)]


async def put(connection: Connection, workspace_id: str, generation: int, states: Iterable[DocumentState]) -> None:
    kept = list(states)
    if kept:
        keys = await enter(connection, workspace_id)
        await ensure(connection, keys, (each.document_id for each in kept))
        listed = [_columns(keys, each) for each in kept]
        values = {"workspace_id": workspace_id, "generation": generation, "documents": to_json(listed).decode()}
        await connection.execute(SQL["put_documents"].encode(), values)


async def drop(connection: Connection, workspace_id: str, generation: int, document_ids: Sequence[str]) -> None:
    if document_ids:
        values = wanted(workspace_id, document_ids) | {"generation": generation}
        await connection.execute(SQL["drop_documents"].encode(), values)


async def put_content(
    connection: Connection, workspace_id: str, document_id: str, version: int, content: bytes
) -> None:
    """In parts of CONTENT_PART_BYTES, each sealed in a thread: others go on meanwhile."""
    keys = await enter(connection, workspace_id)
    await ensure(connection, keys, [document_id])
    key = keys.of(document_id)
    values = {"workspace_id": workspace_id, "document_id": document_id, "version": version}
    for part, start in enumerate(range(0, len(content), CONTENT_PART_BYTES)):
        plain, place = content[start : start + CONTENT_PART_BYTES], _place_of_part(keys, document_id, version, part)
        kept = await asyncio.to_thread(key.seal, plain, *place)
        await connection.execute(SQL["put_content"].encode(), values | {"part": part, "content": kept})


async def read_content(
    connection: Connection, workspace_id: str, document_id: str, version: int, part: int
) -> tuple[bytes, int] | None:
    """One part, and how many there are; None where it is not kept. Raises Unreadable."""
    values = {"workspace_id": workspace_id, "document_id": document_id, "version": version, "part": part}
    found = await sealed_rows(connection, workspace_id, SQL["read_content"], values)
    if not found:
        return None
    keys = opened(connection, workspace_id)
    keys.learn(document_id, found[0]["wrapped"])
    place = _place_of_part(keys, document_id, version, part)
    return await asyncio.to_thread(keys.of(document_id).unseal, found[0]["content"], *place), found[0]["parts"]


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


def to_documents(keys: Keys, found: Iterable[dict[str, Any]]) -> dict[str, DocumentState]:
    """The rows of get_documents or list_documents, in their order. Raises Unreadable."""
    states = (
        DocumentState(
            **{name: value for name, value in each.items() if name not in _OF_THE_TABLE} | content(keys, each)
        )
        for each in found
    )
    return {state.document_id: state for state in states}


def content(keys: Keys, found: Mapping[str, Any]) -> dict[str, Any]:
    """What is sealed in a row of documents: the fields of a DocumentState. Raises Unreadable."""
    document_id = found["document_id"]
    keys.learn(document_id, found["wrapped"])
    return unseal(keys.of(document_id), found["sealed"], *_place(keys, document_id, found["stream_version"]))


def _columns(keys: Keys, state: DocumentState) -> dict[str, Any]:
    said = asdict(state)
    sealed = {name: said.pop(name) for name in _SEALED}
    place = _place(keys, state.document_id, state.stream_version)
    return said | {"sealed": seal(keys.of(state.document_id), sealed, *place)}


def _place(keys: Keys, document_id: str, stream_version: int) -> tuple[str, ...]:
    return ("documents", keys.workspace.workspace_id, document_id, str(stream_version))


def _place_of_part(keys: Keys, document_id: str, version: int, part: int) -> tuple[str, ...]:
    return ("document_contents", keys.workspace.workspace_id, document_id, str(version), str(part))


def _page(workspace_id: str, readable: Readable) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "readable": None if readable is None else list(readable),
        "document_id": None,
    }
