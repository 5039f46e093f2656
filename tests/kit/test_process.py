"""The life of a process: loops go on after passing faults, and end when told to, whatever swallows a cancellation."""

import asyncio
import os
import signal

import pytest
import structlog

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


class Stubborn:
    """A loop that swallows so many cancellations, as libraries do that wait with Python 3.11's wait_for."""

    def __init__(self, swallows: int):
        self.left = swallows
        self.has_ended = False

    async def __call__(self) -> None:
        try:
            while True:
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    if not self.left:
                        raise
                    self.left -= 1
        finally:
            self.has_ended = True


async def test_a_loop_that_swallows_a_cancellation_ends_all_the_same() -> None:
    stubborn = Stubborn(2)
    assert await run_until_told(stubborn) == ["started", "stopped"]
    assert stubborn.has_ended


async def test_so_does_one_whose_workers_do() -> None:
    workers = Stubborn(1), Stubborn(3)
    assert await run_until_told(lambda: process.together(*(it() for it in workers))) == ["started", "stopped"]
    assert all(it.has_ended for it in workers)


async def test_who_works_together_ends_together() -> None:
    async def broken() -> None:
        raise KeyError("a bug")

    stubborn = Stubborn(1)
    with pytest.raises(KeyError, match="a bug"):
        await process.together(stubborn(), broken())
    assert stubborn.has_ended


async def test_who_refuses_to_start_ends_though_something_that_was_opened_swallows_a_cancellation() -> None:
    opened = list[asyncio.Task[None]]()

    async def start() -> None:
        opened.append(asyncio.create_task(Stubborn(2)()))
        await asyncio.sleep(0)
        raise SystemExit("the schema is another one")

    async with asyncio.timeout(60):
        with pytest.raises(SystemExit, match="another one"):
            await process.run(start, nothing, [])
    assert opened[0].done()


async def test_a_loop_goes_on_after_a_fault_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RETRY_DELAY_S", 0.001)
    faults = ["away", "away", "slow", "away", "away"]

    async def shaky() -> None:
        if faults:
            raise Transient(faults.pop(0))
        await asyncio.sleep(60)

    with structlog.testing.capture_logs() as logged:
        await run_until_told(shaky)
    assert not faults
    assert [it["fault"] for it in logged] == ["away", "slow", "away"]


async def test_another_fault_ends_the_process() -> None:
    async def broken() -> None:
        raise KeyError("a bug")

    async with asyncio.timeout(10):
        with pytest.raises(KeyError, match="a bug"):
            await process.run(nothing, nothing, [broken, Stubborn(2)])


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
