"""Server-sent events as such: who may have a stream open, what wakes it, and how it ends."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from services.gateway.api.wire.door import LEAVE, ONLY_HEAD
from services.gateway.api.wire.errors import Problem, come_again
from services.kit import telemetry
from services.kit.process import Wakeable

log = structlog.get_logger()

SILENCE_S = 15.0
"""After so long without an event a comment is sent, so that nobody on the way takes the connection for dead."""
TAKE_TIMEOUT_S = 10.0
"""Who takes nothing for so long, while there is something to take, is let go: what waits for them is memory of ours."""
STILL_HERE = format_sse_event(comment="still here")

OPEN = telemetry.Gauge("weft.streams.open", "Server-sent event streams that are open", [{}])

_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@dataclass
class _Room:
    """Those who follow one workspace, and what they are asking at present."""

    followers: set[Wakeable] = field(default_factory=set)
    asking: dict[Hashable, "asyncio.Task[Any]"] = field(default_factory=dict)


class Streams:
    """The streams that are open at this gateway."""

    def __init__(self, streams_max: int, of_a_key_max: int):
        self._streams_max = streams_max
        self._of_a_key_max = of_a_key_max
        self._open: set[asyncio.Timeout] = set()
        self._of: Counter[str] = Counter()
        self._rooms: defaultdict[str, _Room] = defaultdict(_Room)
        self._has_ended = False

    @contextmanager
    def place(self, actor: str, limit: asyncio.Timeout) -> Iterator[None]:
        """A place for a stream of `actor`; `limit` is reached when all have to end. Raises Problem (503, 429)."""
        if self._has_ended or len(self._open) >= self._streams_max:
            raise come_again("Too many streams are open.")
        if self._of[actor] >= self._of_a_key_max:
            headers = {"Retry-After": str(round(SILENCE_S))}
            raise Problem(429, f"This key has {self._of_a_key_max} streams open already.", headers=headers)
        self._open.add(limit)
        self._of[actor] += 1
        OPEN.set(len(self._open))
        try:
            yield
        finally:
            self._of[actor] -= 1
            self._of += Counter()  # forgets those who have none
            self._open.discard(limit)
            OPEN.set(len(self._open))

    @contextmanager
    def following(self, workspace_id: str) -> Iterator[Wakeable]:
        """Woken whenever there is something new in the workspace."""
        told, room = Wakeable(), self._rooms[workspace_id]
        room.followers.add(told)
        try:
            yield told
        finally:
            room.followers.discard(told)
            if not room.followers:
                del self._rooms[workspace_id]

    def wake(self, workspace_id: str) -> None:
        """There is something new in the workspace: what is being asked at present may not show it."""
        if (room := self._rooms.get(workspace_id)) is not None:
            room.asking.clear()
            for each in room.followers:
                each.wake()

    async def together(self, workspace_id: str, question: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:
        """The answer to `question`, which is asked once for all who follow and want to know the same at a time."""
        asking = self._rooms[workspace_id].asking
        if (task := asking.get(question)) is None:
            task = asking[question] = asyncio.ensure_future(ask())
            task.add_done_callback(lambda done: asking.pop(question) if asking.get(question) is done else None)
        return await asyncio.shield(task)

    def end(self) -> None:
        """Ends all of them: this gateway is about to stop. Their clients go on at another."""
        self._has_ended = True
        for limit in self._open:
            limit.reschedule(0)


class Stream(EventSourceResponse):
    """What an iterator yields, as server-sent events, for as long as it goes on and the client takes them."""

    def __init__(self, streams: Streams, actor: str, content: AsyncGenerator[bytes, None]):
        super().__init__(content, headers=_HEADERS)
        self._streams = streams
        self._actor = actor
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get(ONLY_HEAD):
            await Response(headers=self.headers)(scope, receive, send)
            return
        try:
            async with aclosing(self._content), asyncio.timeout(None) as limit:
                with self._streams.place(self._actor, limit):
                    await super().__call__(scope, receive, partial(_send, scope[LEAVE], send))
        except TimeoutError:
            if limit.expired():
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                log.info("a stream was let go: its client takes nothing")


async def _send(leave: Callable[[], None], send: Send, message: Message) -> None:
    async with asyncio.timeout(TAKE_TIMEOUT_S):
        await send(message)
    leave()  # once it has begun, it is no request in progress
