"""The one door to NATS: how a service hears commands, events and queries, and settles what it could not handle."""

import asyncio
import json
import os
import secrets
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo, ObjectMeta, ObjectMetaOptions, PubAck, RawStreamMsg, StorageType, StreamInfo
from nats.js.errors import NotFoundError
from pydantic import BaseModel
from pydantic_core import to_json

from contracts import subjects
from contracts.events import CloudEvent, NewerThanKnown
from contracts.queries import Ping
from contracts.replies import Reply
from services.kit import telemetry
from services.kit.asking import Inbox, read_answer, send_answer
from services.kit.errors import NotStored, Poison, Unavailable
from services.kit.reader import HANDLING, Handler, Reader, ReaderStopped, Standing, is_unexpected

log = structlog.get_logger()

FETCH_MAX = 100
FETCH_TIMEOUT_S = 5.0
PUBLISH_TIMEOUT_S = 5.0
PROBE_TIMEOUT_S = 5.0
GRACEFUL_STOP_S = 25.0
WORKERS_MAX = 32
OBJECT_CHUNK_BYTES = 1_048_576

STREAM_BYTES = telemetry.Gauge("weft.stream.bytes", "What a stream takes on the disk of NATS", unit="By")
STREAM_LIMIT = telemetry.Gauge("weft.stream.limit", "What it may take there; -1 for whatever there is", unit="By")

ANSWERED = ("_INBOX_gateway.", "_INBOX_extraction.", "_INBOX_admin.")
"""Where those wait who may order."""

Asked = TypeVar("Asked", bound=BaseModel)
Found = TypeVar("Found")


class Message(NamedTuple):
    """A message for a stream. `traceparent` names the trace that it belongs to."""

    subject: str
    payload: bytes
    message_id: str
    traceparent: str | None


class Bus:
    """A service's connection to NATS.

    `service` is its NATS user, its queue group and the root of its inbox. Handlers are registered before `start`.
    The process ends itself where the connection is given up for good: nats-py would spin for ever.
    """

    def __init__(self, url: str, service: str):
        self.service = service
        self._standing = Standing()
        self._readers: list[Reader] = []
        self._questions: list[tuple[str, Callable[[Msg], Awaitable[None]]]] = []
        self._answering: set[asyncio.Task[None]] = set()
        self._heard: list[Subscription] = []
        self._workers = asyncio.Semaphore(WORKERS_MAX)
        self._ending = False
        self._inbox_prefix = f"_INBOX_{service}"
        self.broker = NatsBroker(
            url,
            name=service,
            inbox_prefix=self._inbox_prefix,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            ping_interval=10,
            error_cb=_log_error,
            closed_cb=self._closed,
            graceful_timeout=GRACEFUL_STOP_S,
            apply_types=False,
            decoder=_undecoded,
            logger=None,
        )

    @property
    def stopped_by(self) -> str | None:
        """Before what the readers stand still."""
        return self._standing.stopped_by

    @property
    def client(self) -> Client:
        return self.broker.connection

    @property
    def jetstream(self) -> JetStreamContext:
        return self._jetstream

    async def connect(self) -> None:
        """Connects and opens the inbox; nothing is heard yet."""
        await self.broker.connect()
        self._jetstream = self.client.jetstream(timeout=PUBLISH_TIMEOUT_S)
        self._inbox = Inbox(self.client, self._inbox_prefix)
        await self._inbox.open()

    async def refuse_if_unsafe(self) -> None:
        """Raises SystemExit where a stream is missing, or keeps its messages in memory only."""
        for reader in self._readers:
            if (wrong := await self._wrong_with(reader.stream)) is not None:
                raise SystemExit(f"NATS: {wrong}; `make up` and deploy/nats declare it")

    async def missing(self, lag_max_s: float, streams: Sequence[str] = ()) -> list[str]:
        """What this service needs of NATS and does not find there: the connection, the streams that it reads and those
        named, its readers as they are declared, going on, and behind by `lag_max_s` at most."""
        if not self.client.is_connected:
            return ["NATS"]
        stopped = [] if self.stopped_by is None else [f"readers, stopped before {self.stopped_by}"]
        wanted = dict.fromkeys([reader.stream for reader in self._readers] + list(streams))
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                wrong = [await self._wrong_with(name) for name in wanted]
                behind = [each for it in self._readers for each in await it.missing(self.jetstream, lag_max_s)]
        except (NatsError, TimeoutError) as fault:
            return [*stopped, f"JetStream ({type(fault).__name__})"]
        return [*stopped, *filter(None, wrong), *behind]

    async def _wrong_with(self, stream: str) -> str | None:
        try:
            found = await self.jetstream.stream_info(stream)
        except NotFoundError:
            return f"stream {stream}"
        STREAM_BYTES.set(found.state.bytes, {"stream": stream})
        STREAM_LIMIT.set(found.config.max_bytes or -1, {"stream": stream})
        return None if found.config.storage == StorageType.FILE else f"stream {stream} on disk"

    async def refuse_unless_synced(self, monitor_url: str) -> None:
        """Raises SystemExit where NATS acknowledges a message before it is on disk."""
        found = await asyncio.to_thread(_fetch_json, f"{monitor_url}/jsz")
        if not found.get("config", {}).get("sync_always"):
            raise SystemExit("NATS: sync_interval is not `always`: a message that it has acknowledged could be lost")

    async def listen(self) -> None:
        """Starts to hear what handlers were registered for, and to say that it is ready.

        Questions are heard by nats-py itself: FastStream drops a core message that arrives while its subscriber starts.
        """
        await self.broker.start()
        self.on_query(subjects.ping(self.service), Ping)(self._pong)
        self._heard += [await self.client.subscribe(it, queue=self.service, cb=hear) for it, hear in self._questions]
        await self.client.flush()  # the server knows of them before anyone is told that we are here

    async def stop(self) -> None:
        """Lets handlers finish, then closes. What is not settled by then is delivered again."""
        self._ending = True
        for subscription in self._heard:
            await subscription.unsubscribe()
        if self._answering:
            await asyncio.wait(self._answering, timeout=GRACEFUL_STOP_S)
        await self.broker.stop()

    async def ask(self, subject: str, asked: BaseModel, timeout_s: float) -> dict[str, Any]:
        """The answer as plain JSON (contracts.replies.Reply). Raises Unavailable."""
        with telemetry.message("ask", subject):
            payload = asked.model_dump_json().encode()
            return read_answer(await self._inbox.ask(subject, payload, timeout_s, telemetry.carried()))

    async def request(self, subject: str, payload: bytes, timeout_s: float) -> bytes:
        """The bare answer of somebody who is no service of ours, such as JetStream's API. Raises Unavailable."""
        with telemetry.message("ask", subject):
            return await self._inbox.ask(subject, payload, timeout_s)

    async def stored(self, stream: str, subject: str) -> AsyncIterator[RawStreamMsg]:
        """What the stream holds of `subject` (wildcards too), oldest first, one leader read a message.

        Raises Unavailable, as do `next`, `last`, `newest` and `erase`.
        """
        after = 0
        while (found := await self.next(stream, after + 1, subject)) is not None:
            after = int(found.seq or 0)
            yield found

    async def next(self, stream: str, first: int, subject: str) -> RawStreamMsg | None:
        """The oldest message of a subject (wildcards too) from number `first` of the stream on, by a leader read."""
        return await _read(self.jetstream.get_msg(stream, seq=first, subject=subject, next=True))

    async def last(self, stream: str, subject: str) -> RawStreamMsg | None:
        """The newest message of a subject that is not empty (as an erased one may be), by a leader read."""
        found = await self.newest(stream, subject)
        return found if found is not None and found.data else None

    async def newest(self, stream: str, subject: str) -> RawStreamMsg | None:
        """The newest message of a subject, empty or not, by a leader read."""
        return await _read(self.jetstream.get_last_msg(stream, subject))

    async def stream(self, name: str, counted: str | None = None) -> StreamInfo:
        """What there is of a stream, which must be there; with how many messages each subject has that fits `counted`.

        Raises Unavailable.
        """
        found = await _read(self.jetstream.stream_info(name, subjects_filter=counted))
        if found is None:
            raise Unavailable(f"stream {name} is missing")
        return found

    async def reader(self, stream: str, name: str) -> ConsumerInfo:
        """What there is of a stream's reader, which must be there. Raises Unavailable."""
        found: ConsumerInfo | None = await _read(self.jetstream.consumer_info(stream, name))
        if found is None:
            raise Unavailable(f"reader {stream}/{name} is missing")
        return found

    async def erase(self, stream: str, sequence: int | None) -> None:
        """Takes a message off its stream, and its bytes off the disk."""
        await _read(self.jetstream.delete_msg(stream, int(sequence or 0)))

    async def purge(self, stream: str, up_to: int) -> None:
        """Takes all messages up to that place off a stream; their bytes go when their file does. Raises Unavailable."""
        await _read(self.jetstream.purge_stream(stream, seq=up_to + 1))

    async def order(self, subject: str, order: BaseModel, timeout_s: float) -> dict[str, Any] | None:
        """Puts a command on its stream and waits for its answer; None where it is on disk but not yet decided.

        Raises NotStored where the stream did not confirm it within `timeout_s`: it may be stored all the same.
        """
        address, answer = self._inbox.address(subject)
        started = time.monotonic()
        try:
            await self.publish(subject, order.model_dump_json().encode(), {"Weft-Reply-To": address}, timeout_s)
            async with asyncio.timeout(max(0.0, timeout_s - (time.monotonic() - started))):
                return read_answer(await answer)
        except TimeoutError:
            return None
        finally:
            answer.cancel()

    async def publish(
        self,
        subject: str,
        payload: bytes,
        headers: dict[str, str] | None = None,
        timeout_s: float = PUBLISH_TIMEOUT_S,
        traceparent: str | None = None,
    ) -> PubAck:
        """Puts a message on the stream of its subject. Returns once it is on disk; raises NotStored otherwise.

        `traceparent` names the trace that it belongs to, where that is not the one at hand.
        """
        with telemetry.message("send", subject, traceparent):
            carried = telemetry.carried(headers)
            try:
                return await self.jetstream.publish(subject, payload, timeout=timeout_s, headers=carried)
            except (NatsError, TimeoutError) as fault:
                raise NotStored(f"{subject.split('.', maxsplit=1)[0]}: {type(fault).__name__}") from fault

    async def tell(self, subject: str) -> None:
        """Says `subject` to whoever listens right now, and nothing else. Raises NotStored where it can't be said."""
        await self._say(subject)

    async def _say(self, subject: str, payload: bytes = b"", headers: dict[str, str] | None = None) -> None:
        try:
            await self.client.publish(subject, payload, headers=headers)
        except NatsError as fault:
            raise NotStored(f"{subject.split('.', maxsplit=1)[0]}: {type(fault).__name__}") from fault

    async def hear(self, subject: str, told: Callable[[str], None]) -> None:
        """From here on `told` gets the subject of whatever is said on `subject`. Who is away misses it."""

        async def heard(message: Msg) -> None:
            told(message.subject)

        self._heard.append(await self.client.subscribe(subject, cb=heard))
        await self.client.flush()

    async def put_object(self, bucket: str, name: str, content: bytes) -> str:
        """Puts an object into a bucket, on disk. Returns the nuid that its chunks bear; raises NotStored."""
        options = ObjectMetaOptions(max_chunk_size=OBJECT_CHUNK_BYTES)
        try:
            store = await self.jetstream.object_store(bucket)
            put = await store.put(name, content, ObjectMeta(options=options))
        except (NatsError, TimeoutError) as fault:
            raise NotStored(f"{bucket}: {type(fault).__name__}") from fault
        return str(put.nuid)

    async def publish_batch(self, messages: Sequence[Message]) -> None:
        """Puts messages on one stream in their order: all of them (one fsync), or none.

        Raises NotStored where the stream did not take them, which it also does for a message that it has already.
        """
        batch = {"Nats-Batch-Id": secrets.token_hex(16)}
        for number, each in enumerate(messages, 1):
            headers = {**batch, "Nats-Batch-Sequence": str(number), "Nats-Msg-Id": each.message_id}
            if number == len(messages):
                last = {**headers, "Nats-Batch-Commit": "1"}
                await self.publish(each.subject, each.payload, last, traceparent=each.traceparent)
            else:
                with telemetry.message("send", each.subject, each.traceparent):
                    await self._say(each.subject, each.payload, telemetry.carried(headers))

    def on_query(self, subject: str, kind: type[Asked]) -> Callable[[Callable[[Asked], Awaitable[BaseModel]]], None]:
        """Registers the handler of a query. A fault is answered too, so that the asker need not wait for nothing."""

        def register(handle: Callable[[Asked], Awaitable[BaseModel]]) -> None:
            async def answer(message: Msg) -> None:
                async with self._workers:
                    began = time.perf_counter()
                    with telemetry.message("answer", subject, telemetry.sender_of(message.headers)) as span:
                        payload, fault = await self._answer(subject, kind, handle, message.data)
                        if fault is not None:
                            telemetry.fail(span, fault)
                    outcome = "answered" if fault is None else "failed"
                    HANDLING.record(time.perf_counter() - began, {"subject": subject, "outcome": outcome})
                    if message.reply:
                        await send_answer(self.client, message.reply, payload)

            async def hear(message: Msg) -> None:  # nats-py waits for it before it hands over the next
                task = asyncio.create_task(answer(message))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

            self._questions.append((subject, hear))

        return register

    async def _answer(
        self, subject: str, kind: type[Asked], handle: Callable[[Asked], Awaitable[BaseModel]], body: bytes
    ) -> tuple[bytes, str | None]:
        """The answer, and where it is that of a fault, of which type."""
        try:
            payload = (await handle(kind.model_validate_json(body))).model_dump_json().encode()
        except Exception as fault:
            named = type(fault).__name__
            log.warning("query failed", subject=subject, fault=named, exc_info=is_unexpected(fault))
            return to_json({"fault": named}), named
        return payload, None

    def on_stream(self, stream: str, filters: str | tuple[str, ...], handle: Handler) -> None:
        """Registers the handler of a stream, read through the durable consumer named after this service, which gives it
        the subjects that fit one of `filters` (deploy/nats declares it).

        Messages of one fetch are handled at once, each settled by itself (services.kit.reader).
        """
        wanted = (filters,) if isinstance(filters, str) else filters
        reader = Reader(stream, self.service, wanted, handle, standing=self._standing, park=self._park)
        self._readers.append(reader)
        self.broker.subscriber(
            wanted[0],
            durable=self.service,
            inbox_prefix=f"{self._inbox_prefix}.".encode(),
            stream=JStream(stream, declare=False),
            pull_sub=PullSub(batch_size=FETCH_MAX, timeout=FETCH_TIMEOUT_S),
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
        )(reader.hear)

    async def _park(self, message: NatsMessage, fault: Exception) -> None:
        """Keeps the message on PARKED; only then its stream may be told not to send it again. Raises NotStored."""
        raw = message.raw_message
        headers = {
            "Weft-Subject": raw.subject,
            "Weft-Service": self.service,
            "Weft-Fault": type(fault).__name__,
            "Nats-Msg-Id": f"{raw.metadata.stream}.{raw.metadata.sequence.stream}.{self.service}",
        }
        workspace = raw.subject.split(".")[1]
        await self.publish(f"parked.{self.service}.{workspace}", raw.data, headers)

    async def _pong(self, _: Ping) -> Reply:
        if self.stopped_by is not None:
            raise Unavailable(f"{self.service} stands still before {self.stopped_by}")
        return Reply(body="ready")

    async def _closed(self) -> None:
        if not self._ending:
            log.critical("the connection to NATS is closed for good; ending, so that a supervisor starts afresh")
            os._exit(70)


def settled(reader: ConsumerInfo) -> int:
    """Up to which place of its stream a reader has settled everything; 0 for none."""
    return int(reader.ack_floor.stream_seq) if reader.ack_floor is not None else 0


async def _read(request: Awaitable[Found]) -> Found | None:
    """What JetStream answers, None where it has no such message. Raises Unavailable."""
    try:
        return await request
    except NotFoundError:
        return None
    except (NatsError, TimeoutError) as fault:
        raise Unavailable(f"JetStream: {type(fault).__name__}") from fault


def read_event(body: bytes) -> CloudEvent:
    """Raises ReaderStopped before an event that is newer than this code, Poison for what is no event."""
    try:
        return CloudEvent.read(body)
    except NewerThanKnown as newer:
        raise ReaderStopped(str(newer)) from None
    except ValueError:
        raise Poison("malformed event") from None


def reply_address(message: NatsMessage) -> str | None:
    """Where the sender of a command waits for its answer. Only the inboxes of those who may order are answered."""
    address = (message.raw_message.headers or {}).get("Weft-Reply-To", "")
    return address if address.startswith(ANSWERED) else None


def _fetch_json(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=PUBLISH_TIMEOUT_S) as answer:  # noqa: S310 - the operator's own setting
        found: dict[str, Any] = json.load(answer)
        return found


async def _undecoded(message: NatsMessage) -> NatsMessage:
    return message


async def _log_error(fault: Exception) -> None:
    log.warning("nats", fault=str(fault) or type(fault).__name__)


__all__ = ["Bus", "Message", "NatsMessage", "ReaderStopped", "read_event", "reply_address", "settled"]
