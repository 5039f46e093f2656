"""Any endpoint that speaks OpenAI's embeddings."""

import re
from collections.abc import Sequence

import numpy as np
import openai
from openai import AsyncOpenAI
from pydantic import BaseModel, ValidationError

from services.kit import telemetry
from services.kit.embedding.door import (
    WINDOW_CHARS,
    WINDOWS_MAX,
    EmbeddingFault,
    EmbeddingRefused,
    EmbeddingSettings,
    Vector,
    Vectors,
)

ABOUT_THE_TEXT = (400, 413, 422)
"""Statuses that another text may not get; all others are about the endpoint, its key or its model."""


class _Item(BaseModel):
    index: int
    embedding: list[float]


class _Answer(BaseModel):
    data: list[_Item]


class RemoteEmbedder:
    """Retries what may pass (no connection, 408, 409, 429, 5xx) with growing pauses, then raises EmbeddingFault."""

    def __init__(self, settings: EmbeddingSettings) -> None:
        if not settings.model or not settings.dimension:
            raise ValueError("an embedding endpoint needs its model and dimension too")
        self.name = settings.model
        self.dimension = settings.dimension
        self._batch_windows_max = settings.batch_windows_max
        self._client = AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key or "none",
            timeout=settings.timeout_s,
            max_retries=settings.retries_max,
        )
        # Someone waits for a query, and has keyword search to fall back on.
        self._hurried = self._client.with_options(timeout=settings.query_timeout_s, max_retries=1)

    async def embed_query(self, text: str) -> Vector:
        with telemetry.stage("embed_query"):
            vector: Vector = (await self._embed(self._hurried, windows(text)[:1]))[0]
        return vector

    async def embed_documents(self, texts: Sequence[str]) -> list[Vectors]:
        cut = [windows(text) for text in texts]
        flat = [window for each in cut for window in each]
        with telemetry.stage("embed_documents"):
            rows = [await self._embed(self._client, batch) for batch in self._batches(flat)]
        ends = np.cumsum([len(each) for each in cut])[:-1]
        return list(np.split(np.concatenate(rows), ends)) if flat else []

    async def close(self) -> None:
        await self._client.close()

    def _batches(self, texts: Sequence[str]) -> list[Sequence[str]]:
        size = self._batch_windows_max
        return [texts[i : i + size] for i in range(0, len(texts), size)]

    async def _embed(self, client: AsyncOpenAI, texts: Sequence[str]) -> Vectors:
        try:
            create = client.embeddings.with_raw_response.create
            answer = await create(model=self.name, input=list(texts), encoding_format="float")
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as fault:
            raise EmbeddingFault(f"{self.name}: {type(fault).__name__}") from fault
        except openai.APIStatusError as refusal:
            kind = EmbeddingRefused if refusal.status_code in ABOUT_THE_TEXT else EmbeddingFault
            raise kind(f"{self.name}: status {refusal.status_code}") from refusal
        return self._checked(self._read(answer.text), len(texts))

    def _read(self, answer: str) -> list[list[float]]:
        """The client library hands on whatever came, so it is read here."""
        try:
            items = _Answer.model_validate_json(answer).data
        except ValidationError:
            # Not chained: the error would carry what the endpoint said.
            raise EmbeddingFault(f"{self.name} answered what are no embeddings") from None
        return [item.embedding for item in sorted(items, key=lambda item: item.index)]

    def _checked(self, vectors: list[list[float]], expected: int) -> Vectors:
        if len(vectors) != expected:
            raise EmbeddingFault(f"{self.name} answered {len(vectors)} vectors for {expected} texts")
        for vector in vectors:
            if len(vector) != self.dimension:
                made, wanted = len(vector), self.dimension
                raise EmbeddingFault(f"{self.name} makes vectors of {made}, WEFT_EMBEDDING_DIMENSION is {wanted}")
        rows = np.array(vectors, np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(rows).all() or not lengths.all():
            raise EmbeddingFault(f"{self.name} answered a vector without a direction")
        return np.asarray(rows / lengths, np.float32)


def windows(text: str) -> list[str]:
    """Pieces of at most 1,000 characters, cut between words where there are any; at least one, 16 at most. The model's
    own tokenizer is not known here.
    """
    pieces = re.findall(rf"\S(?:.{{0,{WINDOW_CHARS - 2}}}\S)?(?!\S)|\S{{1,{WINDOW_CHARS}}}", text, re.DOTALL)
    return pieces[:WINDOWS_MAX] or [" "]
