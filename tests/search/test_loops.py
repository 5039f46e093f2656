"""The pace of what search does by itself."""

import asyncio
from pathlib import Path

from services.kit.bus import Bus
from services.kit.embedding import Vector, Vectors
from services.search.loops import EmbeddingLoop
from services.search.store import open_index
from tests.search.marking import MARKS


class NoModel:
    """An embedder that is not asked here."""

    name, dimension = "none", 4

    async def embed_query(self, text: str) -> Vector:
        raise NotImplementedError(text)

    async def embed_documents(self, texts: object) -> list[Vectors]:
        raise NotImplementedError(texts)

    async def close(self) -> None:
        return


class Looking(EmbeddingLoop):
    """Finds nothing, and hears of something new while it looks for the first time."""

    looks = 0

    async def embed_some(self, workspace_id: str) -> bool:
        self.looks += 1
        if self.looks == 1:
            self.expect(workspace_id)
        await asyncio.sleep(0)
        return False


async def test_what_comes_during_a_look_that_finds_nothing_is_looked_for_again(tmp_path: Path) -> None:
    index = open_index(model=None, folder=tmp_path, marks=MARKS, qdrant_url=None, qdrant_api_key=None)
    await index.start()
    loop = Looking(Bus("nats://127.0.0.1:1", "search"), index, NoModel())
    loop.expect("ws-abcdefghijkl")
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(3):
        while loop.looks < 2:  # noqa: ASYNC110 - the loop is what is being watched
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await index.close()
