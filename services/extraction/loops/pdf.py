"""Reading a PDF in a child process, which has neither this one's settings nor its connections."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress

from pydantic_core import from_json

from services.extraction.documents.decoding import Unreadable
from services.extraction.documents.pdf import Pages
from services.extraction.loops.pdf_child import PAGES

CPU_S_MAX = 60
WALL_S_MAX = 600
"""Where processors are short, a minute's work takes longer than a minute."""
MEMORY_BYTES_MAX = 1_073_741_824
ANSWER_BYTES_MAX = 64 * 1_048_576


async def read_pdf(content: bytes, cpu_s: int = CPU_S_MAX, memory_bytes: int = MEMORY_BYTES_MAX) -> Pages:
    """Raises Unreadable, whatever happens to the child."""
    arguments = ["-m", "services.extraction.loops.pdf_child", str(cpu_s), str(memory_bytes)]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
    )
    try:
        async with asyncio.timeout(WALL_S_MAX):
            answer = await _answer(child, content)
    except TimeoutError:
        raise _too_slow() from None
    finally:
        with suppress(ProcessLookupError):  # it has ended, as it should
            child.kill()
        await child.wait()
    if child.returncode == -signal.SIGXCPU:
        raise _too_slow()
    if child.returncode != 0:
        raise Unreadable("broken_pdf", "The PDF can't be read: it is broken, or made to do harm.")
    told = from_json(answer)
    if "error" in told:
        raise Unreadable(told["error"], told["reason"])
    return PAGES.validate_python(told)


def _too_slow() -> Unreadable:
    return Unreadable("too_much_time", "The PDF takes more time to read than it may.")


async def _answer(child: Process, content: bytes) -> bytes:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(content)
    child.stdin.close()
    found = bytearray()
    while part := await child.stdout.read(65_536):
        found += part
        if len(found) > ANSWER_BYTES_MAX:
            raise Unreadable("too_long", "The PDF holds more text than can be kept.")
    await child.wait()
    return bytes(found)
