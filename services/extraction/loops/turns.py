"""Whose turn it is: workspaces with work of one kind, one after the other, or several at once."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.kit.process import Wakeable, keep, together

LOOK_AGAIN_S = 1.0


class Leased(Protocol):
    """What keeps other processes out of a workspace."""

    async def take(self, workspace_id: str) -> bool:
        """False where another process works there; who has it already keeps it."""
        ...

    async def give_back(self, workspace_id: str) -> None: ...

    async def close(self) -> None:
        """Gives all of them back."""
        ...


class Turns:
    """Nobody works in one workspace twice at a time, and all others with work come before it comes again.

    `with_work` says in which there is some; `take` does a part of it, and says True where this process is to go on with
    the rest. `at_once`: in so many workspaces.
    """

    def __init__(
        self,
        with_work: Callable[[], Awaitable[Sequence[str]]],
        take: Callable[[str], Awaitable[bool | None]],
        leases: Leased,
        at_once: int = 1,
    ):
        self._with_work = with_work
        self._take = take
        self._leases = leases
        self._at_once = at_once
        self._queue = deque[str]()
        self._busy = set[str]()
        self._news = Wakeable()

    def expect(self) -> None:
        """There may be work."""
        self._news.wake()

    async def run(self) -> None:
        try:
            await together(*(keep(self._go_on) for _ in range(self._at_once)))
        finally:
            await self._leases.close()

    async def take_one(self) -> bool:
        """One turn; False if nobody was waiting for it."""
        workspace_id = await self._next()
        if workspace_id is None:
            return False
        goes_on: bool | None = False
        try:
            goes_on = await self._take(workspace_id)
        finally:
            if not goes_on:
                await self._leases.give_back(workspace_id)
            self._busy.remove(workspace_id)
        return True

    async def _go_on(self) -> None:
        while True:
            if not await self.take_one():
                await self._news.pause(LOOK_AGAIN_S)

    async def _next(self) -> str | None:
        """A workspace that may have work and in which nobody works; busy from now on."""
        if not self._queue:
            self._queue.extend(await self._with_work())
        while self._queue:
            workspace_id = self._queue.popleft()
            if workspace_id not in self._busy and await self._is_ours(workspace_id):
                return workspace_id
        return None

    async def _is_ours(self, workspace_id: str) -> bool:
        ours = False
        self._busy.add(workspace_id)
        try:
            ours = await self._leases.take(workspace_id)
        finally:
            if not ours:
                self._busy.remove(workspace_id)
        return ours
