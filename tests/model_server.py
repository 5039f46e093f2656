"""A server of our own that answers as language models' servers do: well, badly, and very badly."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Question = dict[str, Any]
Reply = Callable[[Question, asyncio.StreamWriter], Awaitable[None]]


def completion(content: str | None, **other: Any) -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content, **other}}
    usage = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def ended(finish_reason: str) -> dict[str, Any]:
    body = completion('{"mood": "gl')
    body["choices"][0]["finish_reason"] = finish_reason
    return body


def says(body: Any, status: int = 200, **headers: str) -> Reply:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def reply(_: Question, writer: asyncio.StreamWriter) -> None:
        lines = {"content-type": "application/json", "content-length": str(len(payload)), "connection": "close"}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + payload)

    return reply


def no(status: int, param: str | None = None, **headers: str) -> Reply:
    """An error that repeats what was asked, as some endpoints do."""

    async def reply(question: Question, writer: asyncio.StreamWriter) -> None:
        error = {"message": f"no: {question}", "type": "invalid_request_error", "param": param, "code": None}
        await says({"error": error}, status, **headers)(question, writer)

    return reply


def trickle(status: int, chunk: bytes, pause_s: float) -> Reply:
    """A body without an end."""

    async def reply(_: Question, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n".encode())
        while not writer.is_closing():
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return reply


async def hangs(_: Question, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():  # noqa: ASYNC110 - it says nothing at all
        await asyncio.sleep(0.05)


async def hangs_up(_: Question, __: asyncio.StreamWriter) -> None:
    """Not a byte."""


class Endpoint:
    """A small HTTP server: one reply for each request, the last one from then on."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.heard: list[Question] = []
        self.heads: list[str] = []
        self.url = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        size = int(head.lower().partition("content-length:")[2].split()[0])
        self.heard.append(json.loads(await reader.readexactly(size)))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        try:
            await reply(self.heard[-1], writer)
            await writer.drain()
        except ConnectionError:
            return  # whoever asked has left, as some of these tests want
        finally:
            writer.close()
