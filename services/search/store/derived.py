"""DERIVED: vectors, made once by search and found there by every rebuild, and the graph's ranks. A memory has a message
of its own; of a document's chunks PART_CHUNKS share one, which the same part of its next version replaces.
"""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterable, Mapping

import numpy as np
import structlog
from pydantic import ValidationError

from contracts import subjects
from contracts.replies import ChunkEmbedding, ChunkEmbeddings, Embedding, Ranks
from services.kit.bus import Bus
from services.search.store.shapes import Model, Part, Vectors

logger = structlog.get_logger()

PART_CHUNKS = 16


async def load(bus: Bus, model: Model, workspace_id: str, memory_id: str, content_hash: str) -> Vectors | None:
    """The vectors that `model` made of that content; None where there are none yet."""
    found = await bus.last(subjects.DERIVED_STREAM, subjects.embedding(workspace_id, memory_id))
    if found is None:
        return None
    kept = Embedding.model_validate_json(found.data or b"")
    if (kept.status, kept.model, kept.dimension, kept.content_hash) != (
        "ready",
        model.name,
        model.dimension,
        content_hash,
    ):
        return None
    return _rows(kept.vectors, kept.dimension)


async def load_all(
    bus: Bus, model: Model, workspace_id: str, contents: Iterable[tuple[str, str]]
) -> dict[str, Vectors]:
    """The vectors that are there already, by memory_id; `contents` are (memory_id, content_hash) pairs."""
    wanted = list(contents)
    found = await asyncio.gather(*(load(bus, model, workspace_id, *content) for content in wanted))
    return {memory_id: vectors for (memory_id, _), vectors in zip(wanted, found, strict=True) if vectors is not None}


async def save(
    bus: Bus, model: Model, workspace_id: str, memory_id: str, content_hash: str, *, vectors: Vectors | None
) -> None:
    """Keeps the vectors, or with None that the content could not be embedded. Returns once it is on disk."""
    kept = Embedding(
        workspace_id=workspace_id,
        memory_id=memory_id,
        content_hash=content_hash,
        model=model.name,
        dimension=model.dimension,
        status="failed" if vectors is None else "ready",
        vectors=_text(vectors),
    )
    await bus.publish(subjects.embedding(workspace_id, memory_id), kept.model_dump_json().encode())


async def erase(bus: Bus, workspace_id: str, memory_id: str) -> None:
    """Takes a deleted memory's vectors off the stream, and their bytes off the disk."""
    if (found := await bus.last(subjects.DERIVED_STREAM, subjects.embedding(workspace_id, memory_id))) is not None:
        await bus.erase(subjects.DERIVED_STREAM, found.seq)


async def load_part(bus: Bus, model: Model, workspace_id: str, part: Part) -> dict[str, Vectors | None]:
    """What `model` made of that part, by chunk_id, None for what it refused; empty where it was not asked yet."""
    found = await bus.last(
        subjects.DERIVED_STREAM, subjects.chunk_embeddings(workspace_id, part.document_id, part.number)
    )
    if found is None:
        return {}
    kept = ChunkEmbeddings.model_validate_json(found.data or b"")
    if (kept.version, kept.model, kept.dimension) != (part.version, model.name, model.dimension):
        return {}
    return {it.chunk_id: _rows(it.vectors, kept.dimension) if it.status == "ready" else None for it in kept.chunks}


async def save_part(bus: Bus, model: Model, workspace_id: str, part: Part, made: Mapping[str, Vectors | None]) -> None:
    """Keeps the vectors of a part's chunks, or with None that one could not be embedded. Returns once it is on disk."""
    kept = ChunkEmbeddings(
        workspace_id=workspace_id,
        document_id=part.document_id,
        version=part.version,
        part=part.number,
        model=model.name,
        dimension=model.dimension,
        chunks=tuple(
            ChunkEmbedding(chunk_id=it, status="failed" if vectors is None else "ready", vectors=_text(vectors))
            for it, vectors in made.items()
        ),
    )
    subject = subjects.chunk_embeddings(workspace_id, part.document_id, part.number)
    await bus.publish(subject, kept.model_dump_json().encode())


async def erase_parts(bus: Bus, workspace_id: str, document_id: str, version: int | None) -> None:
    """Takes off the stream, and off the disk, the vectors of the document's other versions than `version`."""
    subject = subjects.chunk_embeddings(workspace_id, document_id, "*")
    async for message in bus.stored(subjects.DERIVED_STREAM, subject):
        if message.data and ChunkEmbeddings.model_validate_json(message.data).version != version:
            await bus.erase(subjects.DERIVED_STREAM, message.seq)


async def ranks(bus: Bus, workspace_id: str) -> AsyncIterator[Ranks]:
    """All parts of the workspace's ranks. What makes no sense was parked when it was heard, and is left out."""
    async for message in bus.stored(subjects.DERIVED_STREAM, subjects.ranks_of(workspace_id)):
        if not message.data:
            continue
        try:
            part = Ranks.model_validate_json(message.data)
        except ValidationError:
            logger.warning("ranks that make no sense", workspace_id=workspace_id, stream_sequence=message.seq)
            continue
        yield part


def _rows(text: str, dimension: int) -> Vectors:
    return np.frombuffer(b64decode(text), dtype="<f4").reshape(-1, dimension)


def _text(vectors: Vectors | None) -> str:
    return "" if vectors is None else b64encode(vectors.astype("<f4").tobytes()).decode()
