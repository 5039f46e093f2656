"""Chooses the engine. Only the chosen one's library is loaded."""

from dataclasses import dataclass
from pathlib import Path

from services.search.store.beside import CHUNKS, Beside
from services.search.store.chunks import ChunkIndex
from services.search.store.engine import Engine
from services.search.store.index import Index
from services.search.store.marks import Marks
from services.search.store.shapes import Model


@dataclass(frozen=True, slots=True)
class Indexes:
    """Both over one engine, which starts and closes with `memories`."""

    memories: Index
    chunks: ChunkIndex

    @classmethod
    def over(cls, engine: Engine, model: Model | None, marks: Marks) -> "Indexes":
        return cls(Index(Beside(engine, ""), model, marks), ChunkIndex(Beside(engine, CHUNKS), model, marks))


def open_indexes(
    *,
    model: Model | None,
    folder: Path,
    marks: Marks,
    qdrant_url: str | None = None,
    qdrant_api_key: str | None = None,
) -> Indexes:
    """The index on the Qdrant server at `qdrant_url`, or without one in `folder`, which this process then owns alone.

    Nothing is opened before `start()`.
    """
    if qdrant_url:
        from services.search.store.server import ServerEngine, connect  # noqa: PLC0415 - half a second, and only for a server

        return Indexes.over(ServerEngine(connect(qdrant_url, qdrant_api_key)), model, marks)
    from services.search.store.edge import EdgeEngine  # noqa: PLC0415

    return Indexes.over(EdgeEngine(folder), model, marks)
