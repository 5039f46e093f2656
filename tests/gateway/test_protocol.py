"""HTTP/1.1 at the edge, over a real socket: limits and deadlines that the server does not have by itself."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from services.gateway.api.wire import protocol
from tests.stack import eventually

pytestmark = pytest.mark.slow

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answers_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("done")(scope, receive, send)


async def is_started(server: uvicorn.Server) -> bool:
    return server.started


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        answers_at_once, port=0, http=protocol.Protocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await eventually(partial(is_started, server))
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def connect(port: int) -> Connection:
    return await asyncio.open_connection("127.0.0.1", port)


async def status_of(reader: asyncio.StreamReader) -> int:
    """Of the next answer, read whole."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"content-length"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split()[1])


async def write_without_end(writer: asyncio.StreamWriter) -> None:
    for _ in range(1_000):
        writer.write(b"x" * 100_000)
        await writer.drain()
        await asyncio.sleep(0)


async def test_headers_without_end_are_431_and_the_connection_ends(port: int) -> None:
    reader, writer = await connect(port)
    writer.write(b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * (protocol.HEADERS_BYTES_MAX + 1) + b"\r\n" * 2)
    assert await status_of(reader) == 431
    assert await reader.read() == b""
    writer.close()


async def test_what_is_no_http_is_told_so_in_json(port: int) -> None:
    reader, writer = await connect(port)
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b'{"detail":"Invalid HTTP request received."}')
    writer.close()


async def test_headers_that_do_not_come_are_408(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADERS_TIMEOUT_S", 0.1)
    reader, writer = await connect(port)
    writer.write(b"GET / HTTP/1.1\r\nHost: w\r\n")
    assert await status_of(reader) == 408
    assert await reader.read() == b""
    writer.close()


async def test_nor_on_a_connection_that_was_good_before(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEADERS_TIMEOUT_S", 0.1)
    reader, writer = await connect(port)
    writer.write(b"GET / HTTP/1.1\r\nHost: w\r\n\r\n")
    assert await status_of(reader) == 200
    await asyncio.sleep(0.2)
    writer.write(b"GET / HTTP/1.1\r\n")
    assert await status_of(reader) == 408
    writer.close()


async def test_who_connects_and_says_nothing_is_let_go_without_a_word(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "HEADERS_TIMEOUT_S", 0.1)
    reader, writer = await connect(port)
    assert await reader.read() == b""
    writer.close()


async def test_a_body_that_nobody_reads_may_end_but_not_go_on_for_ever(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "UNREAD_BYTES_MAX", 1_000_000)
    reader, writer = await connect(port)
    writer.write(b"POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 500000\r\n\r\n")
    assert await status_of(reader) == 200
    writer.write(b"x" * 500_000 + b"POST / HTTP/1.1\r\nHost: w\r\nContent-Length: 10000000\r\n\r\n")
    assert await status_of(reader) == 200
    with pytest.raises(ConnectionError):
        await write_without_end(writer)
    writer.close()


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    reader, writer = await connect(port)
    writer.write(b"GET / HTTP/1.1\r\nHost: w\r\n\r\n" * 5)
    assert [await status_of(reader) for _ in range(5)] == [200] * 5
    writer.close()
