"""What an embedder is, what it raises, and which one the settings ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.kit.errors import Transient

Vector: TypeAlias = NDArray[np.float32]  # (dimension,), of length 1
Vectors: TypeAlias = NDArray[np.float32]  # (windows, dimension), each row of length 1

WINDOWS_MAX = 16
WINDOW_CHARS = 1_000
"""About 256 tokens of English."""


class EmbeddingFault(Transient):
    """The endpoint did not answer, not properly, or not to us (key, model, dimension). Later, or once that is mended,
    it will: what waits for vectors goes on waiting.
    """


class EmbeddingRefused(Exception):
    """The endpoint will not embed this text, however often it is asked. It says nothing about other texts."""


class Embedder(Protocol):
    """Raises EmbeddingFault and EmbeddingRefused, the local one neither."""

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    async def embed_query(self, text: str) -> Vector:
        """Never waits behind documents. Only the text's first window counts."""
        ...

    async def embed_documents(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text a row for each window of about 256 tokens, 16 windows at most."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """With `base_url` (and then `model` and `dimension` too) an OpenAI-compatible endpoint, else the local model."""

    mode: Literal["on", "off"] = "on"
    model_dir: Path = Path(".weft/model")
    base_url: str | None = None
    api_key: str | None = None
    model: str | None = None
    dimension: int | None = None
    timeout_s: float = 30.0
    query_timeout_s: float = 3.0
    retries_max: int = 5
    batch_windows_max: int = 64


def document_text(title: str, narrative: str) -> str:
    """What is embedded of a memory. The narrative alone loses up to 0.15 nDCG@10."""
    return f"{title}\n\n{narrative}"


def windows_expected(text: str) -> int:
    """About how many windows the text will have; for 95 in 100 of pep's memories exactly so many."""
    return min(WINDOWS_MAX, max(1, ceil(len(text) / WINDOW_CHARS)))


def make_embedder(settings: EmbeddingSettings) -> Embedder | None:
    """None if embedding is switched off. Blocking: the local model is written once, which takes some seconds."""
    if settings.mode == "off":
        return None
    if settings.base_url:
        from services.kit.embedding.remote import RemoteEmbedder  # noqa: PLC0415 - most installs never need it

        return RemoteEmbedder(settings)
    from services.kit.embedding.local import LocalEmbedder  # noqa: PLC0415 - a second, and only search needs it

    return LocalEmbedder(settings.model_dir)
