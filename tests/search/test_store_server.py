"""The door to a Qdrant server: what is a fault that may pass, and what is one of ours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from qdrant_client.http.exceptions import UnexpectedResponse

from deploy.local.ports import LOOPBACK, choose_port
from services.kit.errors import Unavailable
from services.search.store.server import ServerEngine, connect


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[str]:
    """The URL of a server that says nothing else."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, LOOPBACK, 0) as server:
        yield f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"


async def ask(url: str) -> None:
    engine = ServerEngine(connect(url, None))
    try:
        await engine.workspaces()
    finally:
        await engine.close()


async def test_a_server_that_is_not_there_is_waited_for() -> None:
    with pytest.raises(Unavailable, match="Qdrant: ConnectError"):
        await ask(f"http://{LOOPBACK}:{choose_port()}")


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_so_is_one_that_can_not_answer_now(status: int) -> None:
    async with answering(status) as url:
        with pytest.raises(Unavailable, match=f"Qdrant answers {status}"):
            await ask(url)


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_what_it_refuses_is_no_fault_that_passes(status: int) -> None:
    async with answering(status) as url:
        with pytest.raises(UnexpectedResponse):
            await ask(url)
