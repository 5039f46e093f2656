"""The only file that speaks NATS: a durable pull consumer of the stream EVENTS."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import AuthorizationError, NoRespondersError
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NotFoundError
from pydantic_core import to_json

from weft.errors import NoSubscription, Unreachable

STREAM = "EVENTS"
NEXT = "$JS.API.CONSUMER.MSG.NEXT.{}.{}"
NO_MORE = ("404", "408")
"""The server's words for: nothing is there, and nothing came in time."""
CONNECT_S = 10.0
ANSWER_S = 5.0
PENDING_BYTES_MAX = 2**30
"""Of messages that have come and are not read yet: nats-py would drop what is beyond its own limit."""
PAUSE_S = 1.0
UNSETTLED_MAX = 1_000
"""The server's own limit, for a consumer that has none."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message: `place` is where it stands in the stream, `delivery` counts what the consumer delivered up to it.

    `is_again`: it was delivered before, and not acknowledged. `left`: so many are there to be delivered after it.
    """

    body: bytes
    place: int
    delivery: int
    is_again: bool
    left: int
    message: Msg


@dataclass(frozen=True, slots=True)
class Standing:
    """How the consumer is: the subjects that it delivers, how many deliveries are not acknowledged yet and how many may
    be, and after how long it delivers those again."""

    filters: tuple[str, ...]
    unsettled: int
    unsettled_max: int
    again_after_s: float


class Mailbox:
    """Made by `open`. Every method raises NoSubscription where the consumer is gone or the password is no longer good;
    a server that is away for a while is waited for."""

    def __init__(self, url: str, consumer: str) -> None:
        self._url = url
        self._consumer = consumer
        self._arrived: asyncio.Queue[Msg] = asyncio.Queue()
        self._refused: NoSubscription | None = None
        self._client: Client | None = None

    async def open(self) -> None:
        """Raises Unreachable, NoSubscription."""
        try:
            async with asyncio.timeout(CONNECT_S):
                self._client = await nats.connect(
                    self._url,
                    name=self._consumer,
                    inbox_prefix=f"_INBOX_{self._consumer}",
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=PAUSE_S,
                    error_cb=self._note,
                )
        except (TimeoutError, OSError, NatsError) as why:
            raise Unreachable(f"No answer from the event bus: {why or type(why).__name__}.") from why
        self._jetstream = self._client.jetstream(timeout=ANSWER_S)
        self._inbox = self._client.new_inbox()
        await self._client.subscribe(self._inbox, cb=self._arrived.put, pending_bytes_limit=PENDING_BYTES_MAX)

    async def standing(self) -> Standing:
        info = await self._asked(lambda: self._jetstream.consumer_info(STREAM, self._consumer))
        filters = info.config.filter_subjects or [info.config.filter_subject or ">"]
        most = info.config.max_ack_pending or UNSETTLED_MAX
        return Standing(tuple(filters), info.num_ack_pending or 0, most, info.config.ack_wait or 0.0)

    async def fetch(self, size_max: int, wait_s: float) -> list[Letter]:
        """What is there, at most `size_max`; empty where nothing comes within `wait_s`. Asked for more than may be
        unsettled, the server would keep silent."""
        found = await self._pulled(size_max, no_wait=True)
        return found or await self._pulled(1, wait_s, expires=int(wait_s * 1e9))

    async def _pulled(self, count: int, wait_s: float = 0.0, **how: object) -> list[Letter]:
        """What the server sends for one request. nats-py has a `fetch`, which makes a task and a timer for each message
        and waits to its end for those that are not there: a third of the rate, and seconds of delay."""
        self._refuse_if_told()
        assert self._client is not None
        asked, found = to_json({"batch": count, **how}), list[Letter]()
        with contextlib.suppress(TimeoutError):  # the connection is away, and so is this request
            async with asyncio.timeout(wait_s + ANSWER_S):
                await self._client.publish(NEXT.format(STREAM, self._consumer), asked, reply=self._inbox)
                while len(found) < count:
                    message = await self._arrived.get()
                    if (status := (message.headers or {}).get("Status")) is None:
                        found.append(_letter(message))
                    elif status in NO_MORE:
                        break
                    else:  # the consumer is gone, or the server is about to be
                        await asyncio.sleep(PAUSE_S)
                        await self.standing()
                        break
        return found

    async def hold(self, letters: Iterable[Letter]) -> None:
        """They are being worked on: they are not to be delivered again yet."""
        for letter in letters:
            await letter.message.in_progress()

    async def acknowledge(self, letters: Iterable[Letter]) -> None:
        """They are handled, and not delivered again."""
        for letter in letters:
            await letter.message.ack()

    async def give_back(self, letters: Iterable[Letter]) -> None:
        """They are delivered again, at once, to whoever asks next."""
        for letter in letters:
            await letter.message.nak()

    async def close(self) -> None:
        """What was acknowledged has reached the server by then, if it can be reached."""
        if self._client is not None:
            with contextlib.suppress(TimeoutError, NatsError):
                await self._client.flush(timeout=int(ANSWER_S))
            await self._client.close()

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            self._refuse_if_told()
            try:
                return await ask()
            except NotFoundError as why:
                raise NoSubscription(f"There is no subscription {self._consumer}.") from why
            except (TimeoutError, NoRespondersError, APIError):
                await asyncio.sleep(PAUSE_S)

    async def _note(self, why: Exception) -> None:
        if isinstance(why, AuthorizationError) or "authorization violation" in str(why).lower():
            self._refused = NoSubscription("The event bus does not know this subscriber, or not with this password.")
            if self._client is None:
                raise self._refused  # or nats-py would go on trying

    def _refuse_if_told(self) -> None:
        if self._refused:
            raise self._refused


def _letter(message: Msg) -> Letter:
    known = message.metadata
    is_again = (known.num_delivered or 1) > 1
    return Letter(message.data, known.sequence.stream, known.sequence.consumer, is_again, known.num_pending, message)
