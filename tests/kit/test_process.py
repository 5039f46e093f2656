"""The life of a process: loops go on after passing faults, and end when told to, whatever swallows a cancellation."""

import asyncio
import os
import signal

import pytest

from services.kit import process
from services.kit.errors import Transient

pytestmark = pytest.mark.slow


async def nothing() -> None:
    return None


async def told_to_stop_after(delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    os.kill(os.getpid(), signal.SIGTERM)


async def run_until_told(*loops: process.Loop) -> list[str]:
    """Runs the loops for a moment; what was done on the way, in order."""
    done: list[str] = []

    async def start() -> None:
        done.append("started")

    async def stop() -> None:
        done.append("stopped")

    telling = asyncio.create_task(told_to_stop_after(0.1))
    async with asyncio.timeout(10):
        await process.run(start, stop, loops)
    await telling
    return done


async def test_it_starts_works_and_stops_in_order() -> None:
    assert await run_until_told(lambda: asyncio.sleep(60)) == ["started", "stopped"]


async def test_a_loop_that_swallows_a_cancellation_ends_all_the_same() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > 2:
                    raise

    assert await run_until_told(stubborn) == ["started", "stopped"]
    assert swallowed == 3


async def test_who_refuses_to_start_ends_though_something_that_was_opened_swallows_a_cancellation() -> None:
    swallowed, opened = 0, list[asyncio.Task[None]]()

    async def pool() -> None:
        nonlocal swallowed
        while swallowed < 2:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed += 1

    async def start() -> None:
        opened.append(asyncio.create_task(pool()))
        await asyncio.sleep(0)
        raise SystemExit("the schema is another one")

    async with asyncio.timeout(60):
        with pytest.raises(SystemExit, match="another one"):
            await process.run(start, nothing, [])
    assert opened[0].done()


async def test_a_loop_goes_on_after_a_fault_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RETRY_DELAY_S", 0.001)
    tries = 0

    async def shaky() -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise Transient("away")
        await asyncio.sleep(60)

    await run_until_told(shaky)
    assert tries == 4


async def test_another_fault_ends_the_process() -> None:
    async def broken() -> None:
        raise KeyError("a bug")

    with pytest.raises(ExceptionGroup) as raised:
        await process.run(nothing, nothing, [broken])
    assert raised.group_contains(KeyError)


async def test_a_pause_ends_early_when_there_is_news() -> None:
    news = process.Wakeable()
    pausing = asyncio.create_task(news.pause(60))
    await asyncio.sleep(0)
    news.wake()
    async with asyncio.timeout(1):
        await pausing


async def test_a_pause_that_is_cancelled_as_news_comes_is_cancelled() -> None:
    news = process.Wakeable()
    pausing = asyncio.create_task(news.pause(60))
    await asyncio.sleep(0)
    news.wake()
    pausing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pausing
