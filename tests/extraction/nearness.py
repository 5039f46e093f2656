"""The real local model as what `distil` asks for nearness."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.kit.embedding import EmbeddingSettings, make_embedder


class LocalNearness:
    """Texts to vectors, each text once: a vector depends on its text alone. Not within a running event loop."""

    def __init__(self, model_dir: Path) -> None:
        embedder = make_embedder(EmbeddingSettings(model_dir=model_dir))
        assert embedder
        self._embedder = embedder
        self._known: dict[str, NDArray[np.floating[Any]]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.floating[Any]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text, windows in zip(new, asyncio.run(self._embedder.embed_documents(new)), strict=True):
            self._known[text] = windows[0]
        return np.stack([self._known[text] for text in texts])

    def forget(self) -> None:
        self._known.clear()

    def close(self) -> None:
        asyncio.run(self._embedder.close())
