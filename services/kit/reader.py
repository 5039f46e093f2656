"""Reading a stream through a durable consumer: each message is settled by itself, and how far behind the reader is can
be seen."""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog
from faststream.nats import NatsMessage
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from contracts import subjects
from services.kit import telemetry
from services.kit.errors import NotStored, Poison, Transient

log = structlog.get_logger()

BACKOFF_S = (1, 5, 30, 120, 600)
"""How long a message rests before its second, third, ... sixth try."""
TRIES_MAX = len(BACKOFF_S) + 1
TRANSIENT_DELAY_S = 1
STOPPED_DELAY_S = 30
LAGGING_S = 5.0
"""Who waits longer than this for something to arrive in a projection is counted as lagging."""

HANDLING = telemetry.Histogram("weft.handling", "Time to handle one message, by subject template and outcome")
STOPPED = telemetry.Gauge(
    "weft.reader.stopped", "1 while a reader stands still before an event that is newer than it knows", known=[{}]
)
PENDING = telemetry.Gauge("weft.consumer.pending", "Messages that the stream has for a reader and has not given it yet")
UNSETTLED = telemetry.Gauge("weft.consumer.unsettled", "Messages that a reader was given and has not settled yet")
LAG = telemetry.Gauge("weft.projection.lag", "Age of the oldest message that a reader has not settled", unit="s")
LAGGING = telemetry.Gauge(
    "weft.projection.lagging.workspaces", f"Workspaces with a message that is unsettled for more than {LAGGING_S:g} s"
)

Handler = Callable[[NatsMessage], Awaitable[None]]


class ReaderStopped(Exception):
    """This reader met something newer than it knows. It stands still, visibly, until a newer one takes its place."""


@dataclass
class Standing:
    """Whether a service's readers stand still, and before what."""

    stopped_by: str | None = None


class Backlog:
    """What a reader was given and has not settled. Times are seconds since the epoch.

    What is in hand is looked at only when somebody asks: to read where and when each message was stored costs more than
    all the rest that is noted of it.
    """

    def __init__(self) -> None:
        self._in_hand: dict[int, Msg] = {}
        self._resting: dict[int, tuple[str, float]] = {}
        self._floor = -1  # not looked yet
        self._moved_at = 0.0

    def take(self, message: Msg) -> None:
        self._in_hand[id(message)] = message

    def settle(self, message: Msg) -> None:
        del self._in_hand[id(message)]
        if self._resting:
            self._resting.pop(message.metadata.sequence.stream, None)

    def rest(self, message: Msg) -> None:
        """It will come again, here or to another process."""
        del self._in_hand[id(message)]
        self._resting |= _said([message])

    def note(self, floor: int, waiting: int, now: float) -> None:
        """All up to `floor` is settled, by whichever process; `waiting` messages are not."""
        if floor != self._floor or not waiting:
            self._floor, self._moved_at = floor, now
        self._resting = {sequence: it for sequence, it in self._resting.items() if sequence > floor}

    def lag(self, now: float, waiting: int) -> tuple[float, int]:
        """The age of the oldest that is not settled; where none of these was given to this reader, how long it has been
        since any was. And how many workspaces wait longer than LAGGING_S.
        """
        known = [*self._resting.values(), *_said(self._in_hand.values()).values()]
        if not known:
            return (now - self._moved_at if waiting else 0.0), 0
        lagging = {workspace_id for workspace_id, said_at in known if now - said_at > LAGGING_S}
        return max(0.0, now - min(said_at for _, said_at in known)), len(lagging)


def _said(messages: Iterable[Msg]) -> dict[int, tuple[str, float]]:
    """In which workspace and when, by place in the stream."""
    return {
        it.metadata.sequence.stream: (it.subject.split(".")[1], it.metadata.timestamp.timestamp()) for it in messages
    }


class Reader:
    """One durable consumer, named after the service. `park` keeps a message that nobody can handle."""

    def __init__(
        self,
        stream: str,
        durable: str,
        filters: tuple[str, ...],
        handle: Handler,
        *,
        standing: Standing,
        park: Callable[[NatsMessage, Exception], Awaitable[None]],
    ):
        self.stream = stream
        self._durable = durable
        self._filters = filters
        self._handle = handle
        self._standing = standing
        self._park = park
        self._backlog = Backlog()

    async def hear(self, message: NatsMessage) -> None:
        """Handles it and settles it: acknowledged when `handle` returns, tried again later when it raises, parked when
        that is no use."""
        if self._standing.stopped_by is not None:
            await message.nack(delay=STOPPED_DELAY_S)
            return
        raw = message.raw_message
        self._backlog.take(raw)
        began, outcome = time.perf_counter(), "handled"
        with telemetry.message("process", raw.subject, telemetry.sender_of(raw.headers), group=self._durable) as span:
            try:
                await self._handle(message)
                await message.ack()
            except Exception as fault:  # noqa: BLE001 - the edge of the process: settled according to what it is
                telemetry.fail(span, type(fault).__name__)
                outcome = await self._settle_fault(message, fault)
        is_settled = outcome in ("handled", "parked")
        (self._backlog.settle if is_settled else self._backlog.rest)(raw)
        HANDLING.record(time.perf_counter() - began, {"subject": subjects.template(raw.subject), "outcome": outcome})

    async def _settle_fault(self, message: NatsMessage, fault: Exception) -> str:
        tries = message.raw_message.metadata.num_delivered
        known = {
            "subject_root": message.raw_message.subject.split(".")[0],
            "tries": tries,
            "fault": type(fault).__name__,
        }
        if isinstance(fault, ReaderStopped):
            self._standing.stopped_by = str(fault)
            STOPPED.set(1)
            log.error("reader stopped before something newer than it knows", newer=str(fault), **known)
            await message.nack(delay=STOPPED_DELAY_S)
            return "stopped"
        if isinstance(fault, Transient | NatsError):
            log.warning("to be tried again", **known)
            await message.nack(delay=TRANSIENT_DELAY_S)
            return "postponed"
        if isinstance(fault, Poison | ValidationError) or tries >= TRIES_MAX:
            log.error("parked", exc_info=is_unexpected(fault), **known)
            try:
                await self._park(message, fault)
            except NotStored:
                await message.nack(delay=TRANSIENT_DELAY_S)
                return "postponed"
            await message.reject()
            return "parked"
        log.warning("to be tried again", exc_info=is_unexpected(fault), **known)
        await message.nack(delay=BACKOFF_S[tries - 1])
        return "retried"

    async def missing(self, jetstream: JetStreamContext, lag_max_s: float) -> list[str]:
        """What of it is not as it should be: there, with the filters that this service was written for, and not behind
        by more than `lag_max_s`. Raises NatsError, TimeoutError."""
        name = f"{self.stream}/{self._durable}"
        try:
            found = await jetstream.consumer_info(self.stream, self._durable)
        except NotFoundError:
            return [f"reader {name}"]
        lag_s = self._note(found, time.time())
        config = found.config
        heard = config.filter_subjects or [config.filter_subject]
        missing = [] if sorted(map(str, heard)) == sorted(self._filters) else [f"the filters of reader {name}"]
        return missing if lag_s <= lag_max_s else [*missing, f"the last {lag_s:.0f} s of {self.stream}"]

    def _note(self, found: ConsumerInfo, now: float) -> float:
        pending, unsettled = found.num_pending or 0, found.num_ack_pending or 0
        waiting = pending + unsettled
        self._backlog.note(found.ack_floor.stream_seq if found.ack_floor is not None else 0, waiting, now)
        lag_s, lagging = self._backlog.lag(now, waiting)
        labels = {"stream": self.stream, "reader": self._durable}
        for instrument, value in (
            (PENDING, pending),
            (UNSETTLED, unsettled),
            (LAG, lag_s),
            (LAGGING, lagging),
        ):
            instrument.set(value, labels)
        return lag_s


def is_unexpected(fault: Exception) -> bool:
    """Whether a stack trace helps. A validation error's text holds its input, which must stay out of the logs."""
    return not isinstance(fault, Transient | Poison | ValidationError | NatsError)
