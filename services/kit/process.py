"""The life of a service's process: start, work until told to stop, stop in order."""

import asyncio
import gc
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from services.kit.errors import Transient

log = structlog.get_logger()

RETRY_DELAY_S = 1.0
SAY_AGAIN_S = 60.0
CANCEL_AGAIN_S = 0.5
GARBAGE_OBJECTS = 10_000

Loop = Callable[[], Awaitable[None]]


class Wakeable:
    """A pause that ends early when somebody has something new."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def pause(self, at_most_s: float) -> None:
        try:
            async with asyncio.timeout(at_most_s):  # not wait_for: in Python 3.11 that one may swallow a cancellation
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()


async def keep(loop: Loop) -> None:
    """Runs `loop`, which never ends by itself, again after each fault that time may cure. Others end the process.

    The same fault over and over again is in the log once a minute.
    """
    said, said_at = "", 0.0
    while True:
        try:
            await loop()
        except Transient as fault:
            if str(fault) != said or time.monotonic() - said_at > SAY_AGAIN_S:
                said, said_at = str(fault), time.monotonic()
                log.warning("loop waits", loop=getattr(loop, "__qualname__", str(loop)), fault=said)
            await asyncio.sleep(RETRY_DELAY_S)


def spare_the_collector() -> None:
    """What is here now stays until the end, and messages leave few cycles behind.

    Looking for them every 700 allocations, and through all that was imported, took a fifth of the time under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS, 20, 20)


async def run(start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]], loops: Sequence[Loop]) -> None:
    """Starts, keeps `loops` going until SIGTERM or SIGINT, then stops. A loop's fault ends the process with it, and so
    does what `start` raises: a service that refuses to start does not stay.
    """
    told = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, told.set)
    try:
        await start()
        spare_the_collector()
        await together(told.wait(), *(keep(loop) for loop in loops))
    except BaseException:  # a refusal is a SystemExit. asyncio would cancel what was opened once only
        await end([task for task in asyncio.all_tasks() if task is not asyncio.current_task()])
        raise
    await stop()


async def together(*work: Coroutine[Any, Any, object]) -> None:
    """Works on all of it until one comes to an end, and raises what that one raised; the others have ended by then.

    Unlike a TaskGroup it cancels them as often as it is cancelled itself: see `end`.
    """
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(tasks)
    for task in done:
        task.result()


async def end(running: Sequence["asyncio.Task[Any]"]) -> None:
    """Cancels until all have ended: once may not do where a library waits with Python 3.11's wait_for (see pause).
    To be cancelled meanwhile changes nothing, for who does that waits for the same.
    """
    pending = set(running)
    while pending:
        for task in pending:
            task.cancel()
        with suppress(asyncio.CancelledError):
            _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
