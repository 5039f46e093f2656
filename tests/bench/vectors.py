"""The vectors of seeded memories, made by the real model once and kept by the text's hash."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from contracts.base import content_hash
from deploy.local.home import CHECKOUT
from services.kit.embedding import Vectors, document_text
from services.kit.embedding.local import LocalEmbedder

CHUNK = 64
LANES = 2  # one model for each of two cores

Text = tuple[str, str]  # title, narrative


def cache_folder() -> Path:
    """$WEFT_EVAL_CACHE, or .cache in the checkout; git does not look into it."""
    folder = Path(os.environ.get("WEFT_EVAL_CACHE") or CHECKOUT / ".cache")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    return folder


class Cache:
    """`made` counts the vectors for which the model was asked since this was opened."""

    def __init__(self, model_dir: Path):
        self._lanes = [LocalEmbedder(model_dir) for _ in range(LANES)]
        self.model, self.dimension = self._lanes[0].name, self._lanes[0].dimension
        self.made = 0
        self._rows = sqlite3.connect(cache_folder() / "vectors.sqlite", isolation_level=None)
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS vectors (model TEXT, hash TEXT, v BLOB, PRIMARY KEY (model, hash))"
        )

    async def vectors(self, texts: Sequence[Text], advance: Callable[[int], None] = lambda made: None) -> list[Vectors]:
        """One array (windows, dimension) for each text; what is missing is made, on both cores."""
        for start in range(0, len(texts), CHUNK * LANES):
            chunk = texts[start : start + CHUNK * LANES]
            missing = [text for text in chunk if self._find(text) is None]
            made = await asyncio.gather(
                *(self._make(lane, missing[number::LANES]) for number, lane in enumerate(self._lanes))
            )
            self.made += sum(made)
            advance(start + len(chunk))
        found = [self._find(text) for text in texts]
        return [vectors for vectors in found if vectors is not None]

    async def close(self) -> None:
        self._rows.close()
        for lane in self._lanes:
            await lane.close()

    def _find(self, text: Text) -> Vectors | None:
        row = self._rows.execute(
            "SELECT v FROM vectors WHERE model = ? AND hash = ?", (self.model, content_hash(*text))
        ).fetchone()
        return np.frombuffer(row[0], np.float32).reshape(-1, self.dimension) if row else None

    async def _make(self, lane: LocalEmbedder, texts: Sequence[Text]) -> int:
        made = await lane.embed_documents([document_text(*text) for text in texts])
        rows = [(self.model, content_hash(*text), vectors.tobytes()) for text, vectors in zip(texts, made, strict=True)]
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
        self._rows.execute("COMMIT")
        return len(made)
