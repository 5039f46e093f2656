"""Server-sent events as such: places, clients that take nothing, and the end of all of them."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import Message

from services.gateway.api import streaming
from services.gateway.api.streaming import Stream, Streams
from services.gateway.api.wire.door import LEAVE, Door
from services.gateway.api.wire.errors import answer_problems


class Source:
    """Yields for ever; notes that it was closed."""

    def __init__(self) -> None:
        self.is_open = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        self.is_open = True
        try:
            while True:
                yield b": x\n\n"
                await asyncio.sleep(0.01)
        finally:
            self.is_open = False


class Client:
    """What takes the stream; `takes` chunks, and then no more. Never disconnects."""

    def __init__(self, takes: int):
        self.takes = takes
        self.got: list[Message] = []

    async def send(self, message: Message) -> None:
        if len(self.got) >= self.takes:
            await asyncio.Event().wait()
        self.got.append(message)

    async def receive(self) -> Message:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def open(self, streams: Streams, source: Source) -> None:
        scope: dict[str, Any] = {"type": "http", LEAVE: lambda: None, "asgi": {"spec_version": "2.3"}}
        await Stream(streams, "key:a", source.chunks())(scope, self.receive, self.send)


async def test_a_client_that_takes_nothing_is_let_go_and_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "TAKE_TIMEOUT_S", 0.05)
    streams, source = Streams(1, 1), Source()
    for _ in range(2):
        client = Client(takes=3)
        await client.open(streams, source)
        assert len(client.got) == 3
        assert not source.is_open


async def test_all_of_them_end_as_they_should_when_the_gateway_stops() -> None:
    streams, source, client = Streams(9, 9), Source(), Client(takes=10_000)
    opened = asyncio.create_task(client.open(streams, source))
    while len(client.got) < 3:  # noqa: ASYNC110 - the stream has no event of its own for that
        await asyncio.sleep(0)
    streams.end()
    await opened
    assert client.got[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    assert not source.is_open


async def test_streams_have_places_of_their_own_and_no_key_takes_all() -> None:
    streams, source = Streams(3, 2), Source()
    app = FastAPI()
    answer_problems(app)

    @app.get("/{actor}")
    async def follow(actor: str, request: Request) -> Stream:
        return Stream(streams, actor, source.chunks())

    door = Door(app, requests_max=1)
    opened = [await _begun(door, each) for each in ("a", "a", "b")]
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=door), base_url="http://weft") as client:
        assert (await client.get("/b")).status_code == 503
        opened.pop().cancel()
        while (await client.get("/a")).status_code != 429:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0)
    streams.end()
    await asyncio.gather(*opened)


async def _begun(door: Door, actor: str) -> "asyncio.Task[None]":
    client = Client(takes=1_000_000)
    scope = {"type": "http", "method": "GET", "path": f"/{actor}", "headers": [], "query_string": b""}
    task = asyncio.create_task(door({**scope, "asgi": {"spec_version": "2.3"}}, client.receive, client.send))
    while not client.got:  # noqa: ASYNC110 - the same
        await asyncio.sleep(0)
    return task


async def test_who_asks_the_same_at_a_time_asks_together_until_there_is_something_new() -> None:
    streams, let_go, asked = Streams(9, 9), asyncio.Event(), 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        number = asked
        await let_go.wait()
        return number

    with streams.following("ws") as one, streams.following("ws"):
        first = [asyncio.create_task(streams.together("ws", "?", ask)) for _ in range(3)]
        other = asyncio.create_task(streams.together("ws", "!", ask))
        await asyncio.sleep(0)
        streams.wake("ws")
        later = asyncio.create_task(streams.together("ws", "?", ask))
        await asyncio.sleep(0)
        let_go.set()
        assert [await it for it in (*first, other, later)] == [1, 1, 1, 2, 3]
        await one.pause(60)  # it was woken
    streams.wake("ws")  # nobody is there
