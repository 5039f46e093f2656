"""Asking over NATS: one inbox subscription a process, under which every answer arrives, whole or in parts."""

import asyncio
import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic_core import from_json

from services.kit.errors import Unavailable

PART_BYTES_MAX = 1_000_000
"""An answer longer than this travels in parts: a message may have 4 MB, and 500 long memories have more."""

_PARTS = "Weft-Parts"
_NO_RESPONDERS = "503"


@dataclass
class _Awaited:
    subject: str
    future: asyncio.Future[bytes]
    parts: list[bytes] = field(default_factory=list)


class Inbox:
    """Where the answers to this process arrive. `open` first; an address is good for one answer."""

    def __init__(self, client: Client, prefix: str):
        self._client = client
        self._prefix = f"{prefix}.{secrets.token_hex(8)}"
        self._awaited: dict[str, _Awaited] = {}
        self._numbers = count()

    async def open(self) -> None:
        await self._client.subscribe(f"{self._prefix}.*", cb=self._arrived, pending_bytes_limit=512 * 1024 * 1024)

    def address(self, subject: str) -> tuple[str, asyncio.Future[bytes]]:
        """A fresh address for the answer to what is sent on `subject`, and the answer's future: cancel it once it no
        longer matters.
        """
        token = str(next(self._numbers))
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._awaited[token] = _Awaited(subject, future)
        future.add_done_callback(lambda _: self._awaited.pop(token, None))
        return f"{self._prefix}.{token}", future

    async def ask(self, subject: str, payload: bytes, timeout_s: float, headers: dict[str, str] | None = None) -> bytes:
        """The answer's bytes. Raises Unavailable where nobody listens or nobody answers in time."""
        address, future = self.address(subject)
        try:
            await self._client.publish(subject, payload, reply=address, headers=headers)
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            raise Unavailable(f"no answer on {subject} within {timeout_s} s") from None
        except NatsError as fault:  # too much waits for the server to come back, or the connection is closed
            raise Unavailable(f"{subject} can't be asked: {type(fault).__name__}") from fault
        finally:
            future.cancel()

    async def _arrived(self, message: Msg) -> None:
        awaited = self._awaited.get(message.subject.rpartition(".")[2])
        if awaited is None or awaited.future.done():
            return
        headers = message.headers or {}
        if headers.get("Status") == _NO_RESPONDERS:
            awaited.future.set_exception(Unavailable(f"nobody listens on {awaited.subject}"))
            return
        awaited.parts.append(message.data)
        if len(awaited.parts) >= int(headers.get(_PARTS, "1")):
            awaited.future.set_result(b"".join(awaited.parts))


async def send_answer(client: Client, address: str, payload: bytes) -> None:
    """Sends `payload` to the `address` of an Inbox, in parts where it is long; NATS keeps their order."""
    if len(payload) <= PART_BYTES_MAX:
        await client.publish(address, payload)
        return
    parts = [payload[start : start + PART_BYTES_MAX] for start in range(0, len(payload), PART_BYTES_MAX)]
    for part in parts:
        await client.publish(address, part, headers={_PARTS: str(len(parts))})


def read_answer(payload: bytes) -> dict[str, Any]:
    """An answer (contracts.replies.Reply) as plain JSON. Raises Unavailable where it says that the asked one failed."""
    answer: dict[str, Any] = from_json(payload)
    if "fault" in answer:
        raise Unavailable(str(answer["fault"]))
    return answer
