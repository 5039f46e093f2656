"""A load generator that costs little: HTTP/1.1 over kept connections, one request at a time on each.

It shares its two cores with what it measures, and a general client takes as long for a request as the gateway does.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from tests.stack import Workspace

ANSWER_TIMEOUT_S = 60.0
AFTER_FAULT_S = 0.05


class Broken(Exception):
    """The connection ended or said something that is no HTTP; the request may have been carried out all the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class _Exchange(asyncio.Protocol):
    """The bytes of one connection, cut into answers."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._awaited: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            answer = self._take()
        except ValueError as fault:
            self._fail(Broken(str(fault)))
            return
        if answer is not None and self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(Broken("the connection was closed"))

    def send(self, request: bytes) -> asyncio.Future[Answer]:
        if self._transport is None or self._transport.is_closing():
            raise Broken("the connection was closed")
        self._awaited = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._awaited

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _take(self) -> Answer | None:
        """The answer at the front, once all of it is here. Raises ValueError for what is not understood."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = bytes(self._received[:end]).lower().split(b"\r\n")
        if not lines[0].startswith(b"http/1.1 "):
            raise ValueError("not an HTTP/1.1 answer")
        status = int(lines[0][9:12])
        fields = dict(line.split(b":", 1) for line in lines[1:])
        length = 0 if status in (204, 304) else int(fields.get(b"content-length", b"missing"))
        if len(self._received) < end + 4 + length:
            return None
        body = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        return Answer(status, body)

    def _fail(self, fault: Broken) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(fault)


class Connection:
    """Opens itself, and again after a fault."""

    def __init__(self, workspace: Workspace):
        parts = urlsplit(workspace.url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._workspace = workspace
        self._exchange: _Exchange | None = None

    def post(self, path: str, body: bytes, workspace: Workspace | None = None) -> bytes:
        """The bytes of a request, to be sent by `exchange`; to another workspace of the same gateway where one is
        named.
        """
        head = f"POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + _credentials(workspace or self._workspace) + b"\r\n" + body

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\n".encode() + _credentials(self._workspace) + b"\r\n"

    async def exchange(self, request: bytes) -> Answer:
        """Raises Broken, TimeoutError, OSError."""
        if self._exchange is None:
            loop = asyncio.get_running_loop()
            _, self._exchange = await loop.create_connection(_Exchange, self._host, self._port)
        try:
            return await asyncio.wait_for(self._exchange.send(request), ANSWER_TIMEOUT_S)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None


def _credentials(workspace: Workspace) -> bytes:
    """For both families of the API."""
    key = f"Authorization: Token {workspace.token}\r\nX-API-Key: {workspace.token}\r\n"
    return f"Host: {urlsplit(workspace.url).netloc}\r\n{key}".encode()


@dataclass(slots=True)
class Measured:
    """Latencies of the requests that succeeded, in seconds; every other outcome by its name."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return len(self.latencies_s) / self.seconds if self.seconds else 0.0

    def ms(self, percentile: float) -> float:
        """In milliseconds; NaN where nothing succeeded."""
        return percentile_of(self.latencies_s, percentile) * 1_000

    def fail(self, name: str) -> None:
        self.failures[name] = self.failures.get(name, 0) + 1


def percentile_of(values: list[float], percentile: float) -> float:
    """The nearest rank: a value that was measured. NaN of nothing."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[max(0, -(-int(percentile * len(ordered)) // 100) - 1)]


async def load(
    workspace: Workspace,
    path: str,
    bodies: Iterator[bytes],
    *,
    clients: int,
    seconds: float | None,
    succeeded: Callable[[bytes, Answer], None] = lambda body, answer: None,
) -> Measured:
    """Each client posts the next body, until the time is up or none is left: `run_clients`."""

    def request(connection: Connection) -> tuple[bytes, bytes] | None:
        body = next(bodies, None)
        return None if body is None else (body, connection.post(path, body))

    return await run_clients(workspace, request, clients=clients, seconds=seconds, succeeded=succeeded)


async def run_clients(
    workspace: Workspace,
    request: Callable[[Connection], tuple[bytes, bytes] | None],
    *,
    clients: int,
    seconds: float | None,
    succeeded: Callable[[bytes, Answer], None] = lambda body, answer: None,
) -> Measured:
    """Each client sends its next request (its body, and all of it) as soon as its last one was answered.

    What begins within the time counts, with the time that it took until all of that was answered.
    """
    measured = Measured()
    began = time.perf_counter()
    deadline = began + (seconds if seconds is not None else float("inf"))

    async def client() -> None:
        connection = Connection(workspace)
        while time.perf_counter() < deadline and (asked := request(connection)) is not None:
            body, whole = asked
            sent = time.perf_counter()
            try:
                answer = await connection.exchange(whole)
            except (Broken, TimeoutError, OSError) as fault:
                measured.fail(type(fault).__name__)
                await asyncio.sleep(AFTER_FAULT_S)
                continue
            if answer.status in (200, 201):
                measured.latencies_s.append(time.perf_counter() - sent)
                succeeded(body, answer)
            else:
                measured.fail(str(answer.status))
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    measured.seconds = time.perf_counter() - began
    return measured
