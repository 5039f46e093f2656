"""Group commit: what arrives while one piece of work runs is done together in the next."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.kit import telemetry
from services.kit.errors import Transient
from services.kit.pacing import Pace

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    future: "asyncio.Future[Result]"
    within: telemetry.Span | None


class Group(Generic[Item, Result]):
    """Runs `work` over everything submitted since it last started, at most `size_max` items at a time, in order.

    `work` takes the items and gives as many results. Where it raises over several, each is done alone, so that only the
    one that is to blame suffers; a Transient fault is nobody's fault and goes to all of them at once.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        size_max: int,
        pace: Pace | None = None,
        *,
        stage: str = "group",
    ):
        """`pace`: work that steps back rests between two runs. `stage`: what the work is called where it is timed."""
        self._work = work
        self._size_max = size_max
        self._pace = pace
        self._stage = stage
        self._waiting: list[_Waiting[Item, Result]] = []
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The result for `item`; raises what `work` raised over it."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, future, telemetry.here()))
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

    async def _settle(self, batch: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            with telemetry.shared(self._stage, [each.within for each in batch]):
                results = await self._work([each.item for each in batch])
        except BaseException as fault:  # noqa: BLE001 - handed on to all who wait for it, a cancellation included
            if len(batch) > 1 and isinstance(fault, Exception) and not isinstance(fault, Transient):
                for one in batch:
                    await self._settle([one])
                return
            for each in batch:
                if not each.future.done():
                    each.future.set_exception(fault)
            return
        for each, result in zip(batch, results, strict=True):
            if not each.future.done():  # else its submitter was cancelled meanwhile
                each.future.set_result(result)
