"""The door to NATS, on a real server: long answers, silence, faults, and a server that is not safe to use."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contracts import subjects
from contracts.queries import EveryWorkspace, Ping
from contracts.replies import Reply
from deploy.local import nats_server
from deploy.local.ports import choose_port
from services.kit.asking import PART_BYTES_MAX
from services.kit.bus import Bus, Message, NatsMessage, ReaderStopped, settled
from services.kit.errors import NotStored, Poison, Transient, Unavailable
from tests.stack import Servers, eventually


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of our own: these tests play a service, and must not meet a real one."""
    running = Servers.start(tmp_path_factory.mktemp("bus"))
    yield running
    running.stop()


@asynccontextmanager
async def connected(servers: Servers, user: str) -> AsyncIterator[Bus]:
    bus = Bus(servers.nats_url(user), user)
    await bus.connect()
    try:
        yield bus
    finally:
        await bus.stop()


@pytest.fixture
async def asker(servers: Servers) -> AsyncIterator[Bus]:
    async with connected(servers, "admin") as bus:
        yield bus


@pytest.mark.parametrize("size", [0, 1, PART_BYTES_MAX, PART_BYTES_MAX + 1, 30 * PART_BYTES_MAX])
async def test_an_answer_may_be_longer_than_a_message(servers: Servers, asker: Bus, size: int) -> None:
    async with connected(servers, "memory") as bus:

        async def handle(_: EveryWorkspace) -> Reply:
            return Reply(body="x" * size)

        bus.on_query("queries.memory.long", EveryWorkspace)(handle)
        await bus.listen()
        answer = await asker.ask("queries.memory.long", EveryWorkspace(), 10)
        assert len(answer["body"]) == size


async def test_many_questions_at_once_each_get_their_own_answer(servers: Servers, asker: Bus) -> None:
    async with connected(servers, "memory") as bus:

        async def handle(asked: Reply) -> Reply:
            await asyncio.sleep(0)
            return Reply(body=asked.body)

        bus.on_query("queries.memory.echo", Reply)(handle)
        await bus.listen()
        answers = await asyncio.gather(
            *(asker.ask("queries.memory.echo", Reply(body=number), 10) for number in range(200))
        )
        assert [answer["body"] for answer in answers] == list(range(200))


async def test_nobody_there_is_said_at_once_and_silence_after_the_timeout(servers: Servers, asker: Bus) -> None:
    with pytest.raises(Unavailable, match=r"nobody listens on queries\.memory\.nobody"):
        await asyncio.wait_for(asker.ask("queries.memory.nobody", EveryWorkspace(), 30), 2)
    async with connected(servers, "memory") as bus:

        async def handle(_: EveryWorkspace) -> Reply:
            await asyncio.sleep(0.5)
            return Reply()

        bus.on_query("queries.memory.slow", EveryWorkspace)(handle)
        await bus.listen()
        with pytest.raises(Unavailable):
            await asker.ask("queries.memory.slow", EveryWorkspace(), 0.1)


TWO = [Message("events.ws-aaaaaaaaaaaa.memory.x.stored", b"{}", each, None) for each in "ab"]
ATTEMPTS: dict[str, Callable[[Bus], Awaitable[object]]] = {
    "ask": lambda bus: bus.ask("queries.memory.get", EveryWorkspace(), 1),
    "publish": lambda bus: bus.publish(TWO[0].subject, b"{}"),
    "publish_batch": lambda bus: bus.publish_batch(TWO),
    "tell": lambda bus: bus.tell("news.ws-aaaaaaaaaaaa"),
    "next": lambda bus: bus.next(subjects.EVENTS_STREAM, 1, ">"),
    "newest": lambda bus: bus.newest(subjects.EVENTS_STREAM, ">"),
    "stream": lambda bus: bus.stream(subjects.PARKED_STREAM, ">"),
    "reader": lambda bus: bus.reader(subjects.COMMANDS_STREAM, "memory"),
    "erase": lambda bus: bus.erase(subjects.EVENTS_STREAM, 1),
    "purge": lambda bus: bus.purge(subjects.COMMANDS_STREAM, 1),
    "put_object": lambda bus: bus.put_object(subjects.BLOBS_BUCKET, "a", b"b"),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
async def test_whatever_nats_raises_is_a_fault_that_may_pass(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, attempt: Callable[[Bus], Awaitable[object]]
) -> None:
    bus = Bus(servers.nats_url("memory"), "memory")
    await bus.connect()
    monkeypatch.setattr(bus, "_ending", True)
    await bus.client.close()
    with pytest.raises(Transient):
        await attempt(bus)


async def test_what_is_settled_can_be_purged(servers: Servers) -> None:
    async with connected(servers, "memory") as bus:
        assert settled(await bus.reader(subjects.COMMANDS_STREAM, "memory")) == 0
        await bus.purge(subjects.COMMANDS_STREAM, 0)
    async with connected(servers, "admin") as bus:
        with pytest.raises(Unavailable, match="reader EVENTS/admin is missing"):
            await bus.reader(subjects.EVENTS_STREAM, "admin")


async def test_a_fault_of_the_asked_one_reaches_the_asker_without_its_content(servers: Servers, asker: Bus) -> None:
    async with connected(servers, "memory") as bus:

        async def handle(_: EveryWorkspace) -> Reply:
            raise KeyError("a secret")

        bus.on_query("queries.memory.broken", EveryWorkspace)(handle)
        await bus.listen()
        with pytest.raises(Unavailable, match=r"^KeyError$"):
            await asker.ask("queries.memory.broken", EveryWorkspace(), 5)


async def test_what_is_not_allowed_is_not_stored(servers: Servers) -> None:
    async with connected(servers, "gateway") as bus:
        with pytest.raises(NotStored):
            await bus.publish("events.ws-aaaaaaaaaaaa.memory.x.stored", b"{}", timeout_s=0.5)


async def test_it_refuses_to_start_where_a_stream_is_missing(servers: Servers) -> None:
    async with connected(servers, "admin") as bus:

        async def handle(_: NatsMessage) -> None: ...

        bus.on_stream("NO_SUCH_STREAM", "nothing.>", handle)
        with pytest.raises(SystemExit, match="NO_SUCH_STREAM"):
            await bus.refuse_if_unsafe()


async def test_it_says_what_it_misses_of_nats(servers: Servers) -> None:
    async def handle(_: NatsMessage) -> None: ...

    async with connected(servers, "admin") as bus:  # for whom there is no reader
        bus.on_stream(subjects.EVENTS_STREAM, subjects.ALL_EVENTS, handle)
        missing = await bus.missing(60, ["NO_SUCH_STREAM"])
        assert missing == ["stream NO_SUCH_STREAM", "reader EVENTS/admin"]
    async with connected(servers, "memory") as bus:
        bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_EMBEDDINGS, handle)
        assert await bus.missing(60) == ["the filters of reader DERIVED/memory"]
    async with connected(servers, "search") as bus:
        bus.on_stream(subjects.EVENTS_STREAM, subjects.EVENTS_FOR_SEARCH, handle)
        assert await bus.missing(60) == []
        assert await bus.missing(-1) == ["the last 0 s of EVENTS"]


@pytest.fixture
def careless_monitor(tmp_path: Path) -> Iterator[str]:
    """The monitoring URL of a NATS server with JetStream and without `sync_interval: always`."""
    port = choose_port()
    monitor = choose_port([port])
    command = [
        nats_server.command(tmp_path)[0],
        "-js",
        "-sd",
        str(tmp_path),
        "-a",
        "127.0.0.1",
        "-p",
        str(port),
        "-m",
        str(monitor),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        yield f"http://127.0.0.1:{monitor}"
        server.terminate()


async def test_it_refuses_a_server_that_acknowledges_before_it_syncs(
    servers: Servers, asker: Bus, careless_monitor: str
) -> None:
    await asker.refuse_unless_synced(servers.endpoints.nats_monitor_url)

    async def refused() -> bool:
        try:
            await asker.refuse_unless_synced(careless_monitor)
        except OSError:  # not up yet
            return False
        except SystemExit as why:
            return "sync_interval" in str(why)
        raise AssertionError("a careless server was accepted")

    await eventually(refused, what="the refusal")


@pytest.mark.parametrize(
    ("fault", "outcome"), [(Poison("bad"), "parked"), (Transient("away"), "handled"), (KeyError("odd"), "handled")]
)
async def test_a_message_is_parked_if_it_is_bad_and_tried_again_if_the_world_is(
    servers: Servers, asker: Bus, fault: Exception, outcome: str
) -> None:
    tries: list[bytes] = []
    workspace_id = f"ws-{type(fault).__name__.lower():0<12}"
    subject = f"derived.{workspace_id}.embedding.mem-aaaaaaaaaaaaaaaa"

    async def handle(message: NatsMessage) -> None:
        if message.raw_message.subject != subject:
            return
        tries.append(message.body)
        if len(tries) == 1:
            raise fault

    before = (await asker.jetstream.stream_info(subjects.PARKED_STREAM)).state.messages
    async with connected(servers, "memory") as bus:
        bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_EMBEDDINGS, handle)
        await bus.listen()
        await asker.publish(subject, b"x")

        async def settled() -> bool:
            parked = (await asker.jetstream.stream_info(subjects.PARKED_STREAM)).state.messages - before
            return parked == 1 if outcome == "parked" else len(tries) == 2

        await eventually(settled, outcome)
    assert len(tries) == (1 if outcome == "parked" else 2)


async def test_a_reader_stands_still_before_what_is_newer_than_it_knows(servers: Servers, asker: Bus) -> None:
    heard: list[str] = []

    async def handle(message: NatsMessage) -> None:
        heard.append(message.raw_message.subject)
        if "wsnewer" in message.raw_message.subject:
            raise ReaderStopped("weft.memory.stored.v99")

    async with connected(servers, "memory") as bus:
        bus.on_stream(subjects.DERIVED_STREAM, subjects.ALL_EMBEDDINGS, handle)
        await bus.listen()
        await asker.ask(subjects.ping("memory"), Ping(), 5)
        await asker.publish("derived.wsnewer.embedding.a", b"x")

        async def stopped() -> bool:
            return bus.stopped_by is not None

        await eventually(stopped, what="the stop")
        await asker.publish("derived.wsafter.embedding.a", b"x")
        with pytest.raises(Unavailable):
            await asker.ask(subjects.ping("memory"), Ping(), 5)
        state = await asker.jetstream.consumer_info(subjects.DERIVED_STREAM, "memory")
        assert (state.num_ack_pending or 0) + (state.num_pending or 0) >= 1
        assert "derived.wsafter.embedding.a" not in heard
