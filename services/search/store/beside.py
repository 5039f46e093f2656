"""Two kinds of collections over one engine: what is shared (a process's open shards, its folder) stays shared."""

from contextlib import AbstractAsyncContextManager

from services.search.store.engine import Collection, Engine
from services.search.store.shapes import Profile

CHUNKS = "-chunks"
"""Behind a workspace's id, which has one hyphen and no more."""


class Beside:
    """An engine that knows of those collections alone whose names end in `suffix`, by the workspaces before it; with an
    empty one, of those that have none.
    """

    def __init__(self, engine: Engine, suffix: str) -> None:
        self._engine = engine
        self._suffix = suffix

    async def start(self) -> None:
        await self._engine.start()

    async def close(self) -> None:
        await self._engine.close()

    async def workspaces(self) -> list[str]:
        names = await self._engine.workspaces()
        return [it.removesuffix(CHUNKS) for it in names if it.endswith(CHUNKS) == bool(self._suffix)]

    def reading(self, workspace: str) -> AbstractAsyncContextManager[Collection | None]:
        return self._engine.reading(workspace + self._suffix)

    def writing(
        self, workspace: str, target: str | None, first: Profile
    ) -> AbstractAsyncContextManager[list[Collection]]:
        return self._engine.writing(workspace + self._suffix, target, first)

    async def create(self, workspace: str, profile: Profile) -> str:
        return await self._engine.create(workspace + self._suffix, profile)

    async def switch(self, workspace: str, target: str) -> None:
        await self._engine.switch(workspace + self._suffix, target)

    async def size(self, workspace: str) -> int | None:
        return await self._engine.size(workspace + self._suffix)

    async def drop(self, workspace: str) -> None:
        await self._engine.drop(workspace + self._suffix)
