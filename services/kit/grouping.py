"""Group commit: what arrives while one piece of work runs is done together in the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Group(Generic[Item, Result]):
    """Runs `work` over everything submitted since it last started, at most `size_max` items at a time, in order.

    `work` takes the items and gives as many results; an exception in a result's place is raised to that one submitter,
    an exception from `work` itself to all of them.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | BaseException]]], size_max: int):
        self._work = work
        self._size_max = size_max
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._size_max], self._waiting[self._size_max :]
            for (_, future), result in zip(batch, await self._done([item for item, _ in batch]), strict=True):
                _settle(future, result)

    async def _done(self, items: Sequence[Item]) -> Sequence[Result | BaseException]:
        try:
            return await self._work(items)
        except BaseException as fault:  # handed on to everyone who waits for it, a cancellation included
            return [fault] * len(items)


def _settle(future: asyncio.Future[Result], result: Result | BaseException) -> None:
    if future.done():  # the submitter was cancelled meanwhile
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
