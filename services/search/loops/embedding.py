"""Embedding what waits for its vectors, in fair turns."""

from collections.abc import Mapping
from typing import Literal, Protocol

import structlog

from services.kit.embedding import Embedder, EmbeddingRefused, Vectors
from services.kit.process import Wakeable
from services.search.store import Model
from services.search.store.spending import Spending
from services.search.turns import Turns

logger = structlog.get_logger()

EMBED_BATCH_MAX = 16
LOOK_AGAIN_S = 5.0

Kind = Literal["memories", "chunks"]


class Expecting(Protocol):
    """Whoever wants to know that a workspace may have something to embed."""

    def expect(self, workspace_id: str, kind: Kind) -> None: ...


class NothingToEmbed:
    """Stands where no embedding is configured."""

    def expect(self, workspace_id: str, kind: Kind) -> None:
        """Nobody waits for vectors."""


class Embeds(Protocol):
    """Knows what waits for vectors among things of one kind."""

    async def workspaces(self) -> list[str]: ...

    async def embed_some(self, workspace_id: str) -> bool:
        """Embeds a few; False if nothing could be done for now. What changed meanwhile comes again with its event."""
        ...


class EmbeddingLoop:
    """Gives all that is pending its vectors. Each workspace's memories and each one's chunks take turns, so that no
    other's work delays them, nor a long document the memories of its own workspace.

    What waits is a field of the index itself: nothing is lost with the process.
    """

    def __init__(self, kinds: Mapping[Kind, Embeds]):
        self._kinds = kinds
        self._turns = Turns[tuple[str, Kind]]()
        self._news = Wakeable()

    def expect(self, workspace_id: str, kind: Kind) -> None:
        """There may be something of this kind to embed in this workspace."""
        self._turns.expect((workspace_id, kind))
        self._news.wake()

    async def run(self) -> None:
        for kind, embeds in self._kinds.items():
            for workspace_id in await embeds.workspaces():
                self._turns.expect((workspace_id, kind))
        while True:
            while self._turns:
                turn = self._turns.next()  # taken out first: who comes while nothing is found puts it in again
                workspace_id, kind = turn
                if await self._kinds[kind].embed_some(workspace_id):
                    self._turns.go_on(turn)
            await self._news.pause(LOOK_AGAIN_S)


class VectorMaker:
    """Asks the model for vectors, and counts that where it costs something."""

    def __init__(self, embedder: Embedder, spending: Spending | None = None):
        self.model = Model(embedder.name, embedder.dimension)
        self._embedder = embedder
        self._spending = spending

    async def make(self, workspace_id: str, texts: Mapping[str, str]) -> dict[str, Vectors | None]:
        """Vectors for each text; None for one that the model refuses, which is found by asking one by one."""
        made = await self._made_of(texts)
        if self._spending is not None:
            self._spending.count(workspace_id, texts.values())
        return made

    async def _made_of(self, texts: Mapping[str, str]) -> dict[str, Vectors | None]:
        if not texts:
            return {}
        try:
            made = await self._embedder.embed_documents(list(texts.values()))
            return dict(zip(texts, made, strict=True))
        except EmbeddingRefused as why:
            if len(texts) == 1:
                logger.error("a text can't be embedded", ids=list(texts), why=str(why))
                return dict.fromkeys(texts)
        return {each: (await self._made_of({each: text}))[each] for each, text in texts.items()}
