"""Chooses the engine. Only the chosen one's library is loaded."""

from pathlib import Path

from services.search.store.index import Index
from services.search.store.marks import Marks
from services.search.store.shapes import Model


def open_index(
    *,
    model: Model | None,
    folder: Path,
    marks: Marks,
    qdrant_url: str | None = None,
    qdrant_api_key: str | None = None,
) -> Index:
    """The index on the Qdrant server at `qdrant_url`, or without one in `folder`, which this process then owns alone.

    Nothing is opened before `start()`.
    """
    if qdrant_url:
        from services.search.store.server import ServerEngine, connect  # noqa: PLC0415 - half a second, and only for a server

        return Index(ServerEngine(connect(qdrant_url, qdrant_api_key)), model, marks)
    from services.search.store.edge import EdgeEngine  # noqa: PLC0415

    return Index(EdgeEngine(folder), model, marks)
