"""The pace of what search does by itself."""

import asyncio

from services.search.loops.embedding import EmbeddingLoop


class Looking:
    """Finds nothing, and hears of something new while it looks for the first time."""

    def __init__(self) -> None:
        self.loop = EmbeddingLoop({"memories": self})
        self.looks = 0

    async def workspaces(self) -> list[str]:
        return []

    async def embed_some(self, workspace_id: str) -> bool:
        self.looks += 1
        if self.looks == 1:
            self.loop.expect(workspace_id, "memories")
        await asyncio.sleep(0)
        return False


async def test_what_comes_during_a_look_that_finds_nothing_is_looked_for_again() -> None:
    looking = Looking()
    looking.loop.expect("ws-abcdefghijkl", "memories")
    running = asyncio.create_task(looking.loop.run())
    async with asyncio.timeout(3):
        while looking.looks < 2:  # noqa: ASYNC110 - the loop is what is being watched
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
