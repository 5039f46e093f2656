"""DERIVED: each memory's vectors, made once by search and found there by every rebuild, and the graph's ranks."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterable

import numpy as np
import structlog
from pydantic import ValidationError

from contracts import subjects
from contracts.replies import Embedding, Ranks
from services.kit.bus import Bus
from services.search.store.shapes import Model, Vectors

logger = structlog.get_logger()


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
    return np.frombuffer(b64decode(kept.vectors), dtype="<f4").reshape(-1, kept.dimension)


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
        vectors="" if vectors is None else b64encode(vectors.astype("<f4").tobytes()).decode(),
    )
    await bus.publish(subjects.embedding(workspace_id, memory_id), kept.model_dump_json().encode())


async def erase(bus: Bus, workspace_id: str, memory_id: str) -> None:
    """Takes a deleted memory's vectors off the stream, and their bytes off the disk."""
    if (found := await bus.last(subjects.DERIVED_STREAM, subjects.embedding(workspace_id, memory_id))) is not None:
        await bus.erase(subjects.DERIVED_STREAM, found.seq)


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
