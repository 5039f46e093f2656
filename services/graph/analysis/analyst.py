"""The service's end of the analysis: one child process at a time, started when there is work."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process

from services.graph.analysis import frames
from services.graph.analysis.work import Result, Work
from services.kit.errors import Transient

COMMAND = (sys.executable, "-m", "services.graph.analysis")
BUFFER_BYTES = 1 << 20


class Analyst:
    """Analyses in a process of its own, with one thread and low priority: neither the GIL nor a processor is taken
    from those who answer. One analysis at a time, others wait.
    """

    def __init__(self) -> None:
        self._child: Process | None = None
        self._turn = asyncio.Lock()

    async def analyse(self, work: Work) -> Result:
        """Raises Transient if the process dies; the next call starts another. Cancelling ends the process too, as a
        frame that is half written can't be continued.
        """
        async with self._turn:
            child = await self._running()
            answered = False
            try:
                result = await _ask(child, work)
                answered = True
                return result
            except (ConnectionError, asyncio.IncompleteReadError) as fault:
                raise Transient("the process that analyses has ended before it answered") from fault
            finally:
                if not answered:
                    await self._end()

    async def close(self) -> None:
        """Ends the process, if there is one; who waits for it gets Transient."""
        await self._end()

    async def _running(self) -> Process:
        if self._child is None or self._child.returncode is not None:
            self._child = await asyncio.create_subprocess_exec(
                *COMMAND, stdin=PIPE, stdout=PIPE, limit=BUFFER_BYTES, env=os.environ | {"OMP_NUM_THREADS": "1"}
            )
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _ask(child: Process, work: Work) -> Result:
    assert child.stdin is not None
    assert child.stdout is not None
    for piece in frames.pieces(work):
        child.stdin.write(piece)
        await child.stdin.drain()
        await asyncio.sleep(0)  # drain alone lets nobody else have a turn while the pipe takes all
    pagerank, labels = await frames.read_result(child.stdout)
    return Result(pagerank, labels)
