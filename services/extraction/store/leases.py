"""Which workspaces this process works in, of all the processes that share the tables."""

import asyncio
from contextlib import AsyncExitStack

from services.extraction.store.sweeps import SQL
from services.kit.postgres import AWAY, Connection, Database, DatabaseAway, row


class Leases:
    """For work of one kind: an advisory lock for each workspace, on one connection. They end with the process.

    They are lost with the connection, too; then two processes may do the same for a while, which comes to the same and
    costs twice.
    """

    def __init__(self, loops: Database, kind: str):
        self._loops = loops
        self._kind = kind
        self._held = set[str]()
        self._door = asyncio.Lock()
        self._connection: Connection | None = None
        self._session = AsyncExitStack()

    async def take(self, workspace_id: str) -> bool:
        """False where another process works there. Raises DatabaseAway."""
        if workspace_id in self._held and self._connection is not None:
            return True
        async with self._door:
            if self._connection is None:
                self._connection = await self._session.enter_async_context(self._loops.session())
            connection = self._connection
        try:
            found = await row(connection, SQL["lease"], self._named(workspace_id))
        except AWAY as fault:
            await self.close()
            raise DatabaseAway(type(fault).__name__) from fault
        if found is not None and found["ours"]:
            self._held.add(workspace_id)
        return workspace_id in self._held

    async def give_back(self, workspace_id: str) -> None:
        """Where the connection is lost there is nothing left to give back."""
        if workspace_id not in self._held or self._connection is None:
            return
        self._held.discard(workspace_id)
        try:
            await row(self._connection, SQL["give_back"], self._named(workspace_id))
        except AWAY:
            await self.close()

    async def close(self) -> None:
        """Gives all of them back."""
        self._held.clear()
        self._connection, session, self._session = None, self._session, AsyncExitStack()
        await session.aclose()

    def _named(self, workspace_id: str) -> dict[str, str]:
        return {"name": f"extraction {self._kind} {workspace_id}"}
