"""The process that analyses: how it starts, works and ends."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.graph.analysis import Analyst, Result, analyse
from services.kit.errors import Transient
from tests.graph.graphs import nothing, work

pytestmark = pytest.mark.slow

PATIENCE_S = 20.0
AT_ONCE_S = 2.0


async def test_the_process_of_its_own_finds_the_same_each_time_and_stays() -> None:
    analyst = Analyst()
    given = work(groups=6, degree=4)
    first = await analyst.analyse(given)
    process = child_of(analyst)
    assert same(first, analyse(given))
    assert same(first, await analyst.analyse(given))
    assert child_of(analyst) == process
    await analyst.close()
    other = Analyst()
    assert same(first, await other.analyse(given))
    assert child_of(other) != process
    await other.close()


async def test_nothing_can_be_analysed_in_the_process_as_well() -> None:
    analyst = Analyst()
    assert same(await analyst.analyse(nothing()), analyse(nothing()))
    await analyst.close()


async def test_the_process_is_nice_and_has_one_thread_for_graph_tool() -> None:
    analyst = Analyst()
    await analyst.analyse(work())
    process = child_of(analyst)
    assert os.getpriority(os.PRIO_PROCESS, process) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 15)
    assert b"OMP_NUM_THREADS=1" in environment_of(process)
    await analyst.close()


async def test_a_process_that_dies_is_a_fault_that_passes_and_another_takes_its_place() -> None:
    analyst = Analyst()
    waiting = asyncio.create_task(analyst.analyse(work(groups=300, size=100)))
    process = await busy_child_of(analyst)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(Transient):
        await waiting
    assert same(await analyst.analyse(work()), analyse(work()))
    assert child_of(analyst) != process
    await analyst.close()


async def test_a_process_that_died_while_nobody_waited_is_replaced() -> None:
    analyst = Analyst()
    await analyst.analyse(nothing())
    assert analyst._child is not None
    analyst._child.kill()
    await analyst._child.wait()
    assert same(await analyst.analyse(work()), analyse(work()))
    await analyst.close()


async def test_cancelling_ends_the_process_and_the_next_one_is_answered_by_another() -> None:
    analyst = Analyst()
    waiting = asyncio.create_task(analyst.analyse(work(groups=300, size=100)))
    process = await busy_child_of(analyst)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not is_alive(process)
    assert same(await analyst.analyse(work()), analyse(work()))
    await analyst.close()


async def test_two_at_once_are_done_one_after_the_other() -> None:
    analyst = Analyst()
    found = await asyncio.gather(*(analyst.analyse(work(groups=groups)) for groups in (3, 5)))
    assert [len(each.labels) for each in found] == [36, 60]
    await analyst.close()


async def test_closing_ends_the_process_and_who_waits_gets_a_fault() -> None:
    analyst = Analyst()
    await analyst.close()
    waiting = asyncio.create_task(analyst.analyse(work(groups=300, size=100)))
    process = await busy_child_of(analyst)
    await analyst.close()
    with pytest.raises(Transient):
        await waiting
    assert not is_alive(process)


@pytest.mark.parametrize("memories", [0, 60_000], ids=["at rest", "at work"])
def test_a_parent_that_is_killed_leaves_no_process_behind(memories: int) -> None:
    # To end only after its work would take the process several seconds.
    with subprocess.Popen([sys.executable, "-c", PARENT, str(memories)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        assert is_alive(process)
        parent.kill()
    wait_until(lambda: not is_alive(process), AT_ONCE_S)


def same(one: Result, other: Result) -> bool:
    return one.labels == other.labels and one.pagerank.tolist() == other.pagerank.tolist()


PARENT = """
import asyncio, sys
from services.graph.analysis import Analyst
from tests.graph.graphs import nothing, work
from tests.graph.test_analyst import busy_child_of

async def main() -> None:
    analyst, memories = Analyst(), int(sys.argv[1])
    if memories:
        waiting = asyncio.create_task(analyst.analyse(work(groups=memories // 100, size=100, degree=16)))
        print(await busy_child_of(analyst), flush=True)
    else:
        await analyst.analyse(nothing())
        print(analyst._child.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def child_of(analyst: Analyst) -> int:
    assert analyst._child is not None
    return analyst._child.pid


async def busy_child_of(analyst: Analyst) -> int:
    """The process, once it has begun to analyse."""
    async with asyncio.timeout(PATIENCE_S):
        while analyst._child is None or not is_busy(child_of(analyst)):  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.005)
    return child_of(analyst)


def is_busy(process: int) -> bool:
    """It loads this for the first work that it has."""
    return "libgraph_tool_inference" in Path(f"/proc/{process}/maps").read_text()


def environment_of(process: int) -> list[bytes]:
    return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")


def is_alive(process: int) -> bool:
    """A zombie is not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until(holds: Callable[[], bool], at_most_s: float) -> None:
    until = time.monotonic() + at_most_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.005)
