"""Sentences to vectors for an extractor that works in a thread of its own."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from services.kit.embedding import Embedder, Vector, Vectors

KEPT_MAX = 1_024
"""Vectors that are kept: the examples that every session is compared with are a hundred."""


class LocalNearness:
    """Made in the event loop that the embedder works in; called from any other thread, which waits for it."""

    def __init__(self, embedder: Embedder):
        self._embedder = embedder
        self._loop = asyncio.get_running_loop()
        self._kept: OrderedDict[str, Vector] = OrderedDict()

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, dimension), each of length 1."""
        return asyncio.run_coroutine_threadsafe(self._embed(texts), self._loop).result()

    async def _embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        known = {text: self._kept[text] for text in texts if text in self._kept}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        for text, windows in zip(missing, await self._embedder.embed_documents(missing), strict=True):
            known[text] = _direction(windows)
        for text in texts:
            self._kept[text] = known[text]
            self._kept.move_to_end(text)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        rows = [known[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._embedder.dimension), np.float32)


def _direction(windows: Vectors) -> Vector:
    """Where all windows of a text point together, of length 1."""
    together = windows.sum(axis=0)
    length = float(np.linalg.norm(together))
    return np.asarray(together / length if length > 0 else windows[0], np.float32)
