"""Group commit: what arrives while one piece of work runs is done together in the next."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from services.kit.errors import Transient
from services.kit.pacing import Pace

Item = TypeVar("Item")
Result = TypeVar("Result")


class Group(Generic[Item, Result]):
    """Runs `work` over everything submitted since it last started, at most `size_max` items at a time, in order.

    `work` takes the items and gives as many results. Where it raises over several, each is done alone, so that only the
    one that is to blame suffers; a Transient fault is nobody's fault and goes to all of them at once.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], size_max: int, pace: Pace | None = None
    ):
        """`pace`: work that steps back rests between two runs."""
        self._work = work
        self._size_max = size_max
        self._pace = pace
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The result for `item`; raises what `work` raised over it."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._size_max], self._waiting[self._size_max :]
            begun = time.monotonic()
            await self._settle(batch)
            if self._pace:
                await self._pace.rest(time.monotonic() - begun)

    async def _settle(self, batch: Sequence[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._work([item for item, _ in batch])
        except BaseException as fault:  # noqa: BLE001 - handed on to all who wait for it, a cancellation included
            if len(batch) > 1 and isinstance(fault, Exception) and not isinstance(fault, Transient):
                for one in batch:
                    await self._settle([one])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(fault)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():  # else its submitter was cancelled meanwhile
                future.set_result(result)
