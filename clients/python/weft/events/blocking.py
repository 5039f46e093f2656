"""The same subscription for code that blocks. The connection lives in a thread of its own: the bus wants to hear of it
also while your code works."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

from weft.events.event import Event
from weft.events.subscribing import AsyncSubscription

T = TypeVar("T")


class Subscription:
    """`with` opens it, `for` gives events. See AsyncSubscription."""

    def __init__(self, subscription: AsyncSubscription) -> None:
        self._subscription = subscription

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="weft.events", daemon=True)
        self._thread.start()
        try:
            self._run(self._subscription.__aenter__())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run(self._subscription.__aexit__(kind, error, trace))
        finally:
            self._end()

    def __iter__(self) -> Iterator[Event]:
        return self._each(aiter(self._subscription))

    def batches(self, size_max: int = 1_000, wait_s: float = 1.0) -> Iterator[list[Event]]:
        """See AsyncSubscription."""
        return self._each(self._subscription.batches(size_max, wait_s))

    def _each(self, items: AsyncIterator[T]) -> Iterator[T]:
        while True:
            try:
                item = self._run(_next(items))
            except StopAsyncIteration:
                return
            yield item

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return running.result()
        except BaseException:
            running.cancel()  # where it was interrupted
            raise

    def _end(self) -> None:
        self._run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next(items: AsyncIterator[T]) -> T:
    return await anext(items)
