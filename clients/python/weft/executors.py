"""What carries out the steps of a call: over a blocking HTTP client, or over an asynchronous one."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from weft import protocol
from weft.calls import Call, Form, Paged, Stream, Upload
from weft.errors import CutOff
from weft.protocol import Answer, Fault, Pause, Send, Steps, answered, carried_out
from weft.settings import Settings

R = TypeVar("R")

SILENCE_S_MAX = 60.0
"""Of a stream. The server sends a comment at least every 15 s."""
UPLOAD_S_MAX = 3_600.0
"""An import is answered when all of it is done."""
PIECE_BYTES = 65_536
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class SyncExecutor:
    """Blocks until there is an answer."""

    def __init__(self, settings: Settings, client: httpx2.Client | None = None) -> None:
        self.settings = settings
        self.client = client or httpx2.Client(**_options(settings))

    def with_settings(self, settings: Settings) -> "SyncExecutor":
        return SyncExecutor(settings, self.client)

    def run(self, call: Call[R]) -> R:
        return self._drive(carried_out(call, self.settings))

    def pages(self, pages: Paged[R]) -> Iterator[R]:
        seen, call = 0, pages.first()
        while call is not None:
            page = self.run(call)
            for item in pages.items(page):
                seen += 1
                yield item
            call = pages.next(page, seen)

    def stream(self, stream: Stream[R]) -> Iterator[R]:
        reader, call, settings = stream.reader(), stream.call, self.settings
        while True:
            opened = self._drive(answered(call, settings, streamed=True)).opened
            try:
                for line in opened.iter_lines():
                    yield from reader.feed(line)
            except httpx2.RequestError as fault:
                if reader.resumed(call) is None:
                    raise CutOff(f"The connection was lost: {_reason(fault)}.") from fault
            finally:
                opened.close()
            if reader.is_complete():
                return
            call, settings = reader.resumed(call) or call, _reopening(stream, settings)
            time.sleep(protocol.LOOK_EVERY_S)

    def _drive(self, steps: Steps[R]) -> R:
        got: Any = None
        try:
            while True:
                match steps.send(got):
                    case Pause(seconds):
                        time.sleep(seconds)
                        got = None
                    case Send() as send:
                        got = self._send(send)
        except StopIteration as end:
            result: R = end.value
            return result

    def _send(self, send: Send) -> Answer | Fault:
        request = self.client.build_request(
            send.call.method, send.call.path, **_parts(send), content=_content(send.call), timeout=_timeout(send, self)
        )
        try:
            response = self.client.send(request, stream=send.streamed)
            if not send.streamed or response.is_success:
                return _answer(response, opened=response if send.streamed else None)
            response.read()
            response.close()
            return _answer(response)
        except httpx2.RequestError as fault:
            return Fault(_reason(fault), sent=not isinstance(fault, NOT_SENT))

    def close(self) -> None:
        self.client.close()


class AsyncExecutor:
    """Waits as a coroutine."""

    def __init__(self, settings: Settings, client: httpx2.AsyncClient | None = None) -> None:
        self.settings = settings
        self.client = client or httpx2.AsyncClient(**_options(settings))

    def with_settings(self, settings: Settings) -> "AsyncExecutor":
        return AsyncExecutor(settings, self.client)

    async def run(self, call: Call[R]) -> R:
        return await self._drive(carried_out(call, self.settings))

    async def pages(self, pages: Paged[R]) -> AsyncIterator[R]:
        seen, call = 0, pages.first()
        while call is not None:
            page = await self.run(call)
            for item in pages.items(page):
                seen += 1
                yield item
            call = pages.next(page, seen)

    async def stream(self, stream: Stream[R]) -> AsyncIterator[R]:
        reader, call, settings = stream.reader(), stream.call, self.settings
        while True:
            opened = (await self._drive(answered(call, settings, streamed=True))).opened
            try:
                async for line in opened.aiter_lines():
                    for item in reader.feed(line):
                        yield item
            except httpx2.RequestError as fault:
                if reader.resumed(call) is None:
                    raise CutOff(f"The connection was lost: {_reason(fault)}.") from fault
            finally:
                await opened.aclose()
            if reader.is_complete():
                return
            call, settings = reader.resumed(call) or call, _reopening(stream, settings)
            await asyncio.sleep(protocol.LOOK_EVERY_S)

    async def _drive(self, steps: Steps[R]) -> R:
        got: Any = None
        try:
            while True:
                match steps.send(got):
                    case Pause(seconds):
                        await asyncio.sleep(seconds)
                        got = None
                    case Send() as send:
                        got = await self._send(send)
        except StopIteration as end:
            result: R = end.value
            return result

    async def _send(self, send: Send) -> Answer | Fault:
        content = _content(send.call)
        request = self.client.build_request(
            send.call.method,
            send.call.path,
            **_parts(send),
            content=_in_a_thread(content) if isinstance(content, Iterator) else content,
            timeout=_timeout(send, self),
        )
        try:
            response = await self.client.send(request, stream=send.streamed)
            if not send.streamed or response.is_success:
                return _answer(response, opened=response if send.streamed else None)
            await response.aread()
            await response.aclose()
            return _answer(response)
        except httpx2.RequestError as fault:
            return Fault(_reason(fault), sent=not isinstance(fault, NOT_SENT))

    async def close(self) -> None:
        await self.client.aclose()


def _reopening(stream: Stream[Any], settings: Settings) -> Settings:
    """With how much patience it is asked for again."""
    return replace(settings, retries_max=sys.maxsize) if stream.is_endless else settings


def _options(settings: Settings) -> dict[str, Any]:
    """A server on this machine is reached without a proxy, whatever the environment says. Reading the certificates of
    the world takes 50 ms, which only https is worth."""
    is_https = settings.url.startswith("https:")
    return {
        "base_url": settings.url,
        "timeout": settings.timeout_s,
        "trust_env": not settings.is_local,
        "verify": is_https,
        "follow_redirects": False,
    }


def _timeout(send: Send, executor: SyncExecutor | AsyncExecutor) -> httpx2.Timeout:
    usual = executor.settings.timeout_s
    longest = SILENCE_S_MAX if send.streamed else UPLOAD_S_MAX if isinstance(send.call.body, Upload) else usual
    return httpx2.Timeout(usual, read=max(usual, longest))


def _parts(send: Send) -> dict[str, Any]:
    call = send.call
    parts: dict[str, Any] = {"headers": dict(send.headers), "params": _given(call.params)}
    if isinstance(call.body, Form):
        parts |= {"files": {"file": (call.body.file_name, call.body.content)}, "data": dict(call.body.fields)}
    elif call.json is not None:
        parts["json"] = _given(call.json)
    return parts


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _content(call: Call[Any]) -> bytes | Iterator[bytes] | None:
    if not isinstance(call.body, Upload):
        return None
    match call.body.content:
        case bytes() as whole:
            return whole
        case Path() as file:
            return _pieces(file)
        case pieces:
            return (f"{piece}\n".encode() if isinstance(piece, str) else piece for piece in pieces)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE_BYTES):
            yield piece


async def _in_a_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Reading them may block."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _answer(response: httpx2.Response, opened: httpx2.Response | None = None) -> Answer:
    content = b"" if opened is not None else response.content
    return Answer(response.status_code, response.headers, content, opened)


def _reason(fault: httpx2.RequestError) -> str:
    return str(fault) or type(fault).__name__
