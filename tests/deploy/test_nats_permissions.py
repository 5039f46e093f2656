"""Each user of the bus may do what its service does, and nothing else, on the real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext

from tests.stack import PATIENCE_S, Servers

FORBIDDEN_TO_PUBLISH = {
    "gateway": [
        "events.ws-a.memory.m1.stored",
        "derived.ws-a.embedding.m1",
        "parked.commands.memory",
        "admin.memory.rebuild",
        "$KV.KEYS.hash",
        "$JS.API.STREAM.DELETE.COMMANDS",
        "$JS.API.STREAM.PURGE.COMMANDS",
        "$JS.API.STREAM.MSG.DELETE.OBJ_BLOBS",
        "$JS.API.STREAM.MSG.GET.EVENTS",
        "$JS.API.DIRECT.GET.KV_KEYS",
        "$JS.API.CONSUMER.MSG.NEXT.COMMANDS.memory",
        "_INBOX_memory.x",
    ],
    "memory": [
        "commands.ws-a.memory.m1.store",
        "derived.ws-a.embedding.m1",
        "queries.search.run",
        "admin.search.rebuild",
        "$JS.API.STREAM.CREATE.MINE",
        "$JS.API.STREAM.UPDATE.EVENTS",
        "$JS.API.STREAM.DELETE.EVENTS",
        "$JS.API.STREAM.PURGE.EVENTS",
        "$JS.API.STREAM.PURGE.OBJ_BLOBS",
        "$O.BLOBS.C.nuid",
        "$JS.API.CONSUMER.DELETE.COMMANDS.memory",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.search",
        "$JS.ACK.EVENTS.search.1.1.1.1.1",
    ],
    "search": [
        "accounts.log_in",
        "commands.ws-a.memory.m1.store",
        "events.ws-a.memory.m1.stored",
        "derived.ws-a.ranks.0",
        "queries.search.run",
        "admin.memory.rebuild",
        "$KV.KEYS.hash",
        "$JS.API.STREAM.MSG.GET.COMMANDS",
        "$JS.API.STREAM.MSG.DELETE.EVENTS",
        "$JS.API.STREAM.PURGE.DERIVED",
        "$JS.API.CONSUMER.CREATE.EVENTS.mine",
        "_INBOX_memory.x",
    ],
    "graph": [
        "accounts.log_in",
        "commands.ws-a.memory.m1.store",
        "events.ws-a.memory.m1.stored",
        "derived.ws-a.embedding.m1",
        "queries.graph.related",
        "admin.memory.rebuild",
        "$KV.KEYS.hash",
        "$JS.API.STREAM.MSG.DELETE.EVENTS",
        "$JS.API.STREAM.PURGE.DERIVED",
        "$JS.API.CONSUMER.CREATE.EVENTS.mine",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.search",
        "_INBOX_memory.x",
    ],
    "extraction": [
        "accounts.log_in",
        "commands.ws-a.memory.m1.delete",
        "commands.ws-a.memory.m1.rate",
        "commands.ws-a.memory.m1.unconsolidate",
        "commands.ws-a.session.s1.end",
        "commands.ws-a.workspace.ws-a.open",
        "commands.ws-a.relationship.r1.make",
        "commands.ws-a.document.d1.ingest",
        "commands.ws-a.document.d1.delete",
        "$O.BLOBS.C.nuid",
        "events.ws-a.memory.m1.stored",
        "derived.ws-a.embedding.m1",
        "queries.graph.related",
        "admin.memory.rebuild",
        "$KV.KEYS.hash",
        "$JS.API.STREAM.MSG.DELETE.EVENTS",
        "$JS.API.STREAM.MSG.GET.COMMANDS",
        "$JS.API.CONSUMER.CREATE.EVENTS.mine",
        "$JS.API.CONSUMER.MSG.NEXT.EVENTS.search",
        "_INBOX_memory.x",
    ],
}
FORBIDDEN_TO_HEAR = {
    "gateway": [">", "accounts.>", "commands.>", "events.>", "_INBOX_memory.>", "_INBOX.>", "queries.search.run"],
    "memory": [">", "commands.>", "queries.search.>", "admin.search.>", "_INBOX_gateway.>", "$KV.KEYS.>"],
    "search": [">", "accounts.>", "events.>", "queries.memory.>", "admin.memory.>", "_INBOX_gateway.>", "derived.>"],
    "graph": [">", "accounts.>", "events.>", "queries.memory.>", "queries.search.>", "_INBOX_gateway.>", "derived.>"],
    "extraction": [
        ">",
        "accounts.>",
        "commands.>",
        "events.>",
        "$O.BLOBS.>",
        "queries.memory.>",
        "_INBOX_gateway.>",
        "_INBOX_memory.>",
    ],
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Of this file's own: a running service would take what these tests send."""
    started = Servers.start(tmp_path_factory.mktemp("permissions"))
    yield started
    started.stop()


@asynccontextmanager
async def connected(servers: Servers, user: str, refusals: list[str] | None = None) -> AsyncIterator[Client]:
    """`refusals` collects what the server said; the client has it in lower case."""

    async def on_error(error: Exception) -> None:
        if refusals is not None:
            refusals.append(str(error))

    prefix = f"_INBOX_{user}".encode()
    client = await nats.connect(servers.nats_url(user), inbox_prefix=prefix, error_cb=on_error, allow_reconnect=False)
    try:
        yield client
    finally:
        await client.close()


async def refused(
    servers: Servers, user: str, subjects: list[str], act: Callable[[Client, str], Awaitable[object]]
) -> set[str]:
    """Those of the subjects of which the server said that this user may not."""
    said: list[str] = []
    async with connected(servers, user, said) as client:
        for subject in subjects:
            await act(client, subject)
        await client.flush()
        await asyncio.sleep(0.1)
    said_of = "\n".join(said)
    return {subject for subject in subjects if f'to "{subject.lower()}"' in said_of}


@pytest.mark.parametrize("user", FORBIDDEN_TO_PUBLISH)
async def test_a_user_may_not_publish_what_is_not_its_own(servers: Servers, user: str) -> None:
    subjects = FORBIDDEN_TO_PUBLISH[user]
    assert await refused(servers, user, subjects, lambda client, subject: client.publish(subject, b"")) == set(subjects)


@pytest.mark.parametrize("user", FORBIDDEN_TO_HEAR)
async def test_a_user_may_not_hear_what_is_not_its_own(servers: Servers, user: str) -> None:
    subjects = FORBIDDEN_TO_HEAR[user]
    assert await refused(servers, user, subjects, lambda client, subject: client.subscribe(subject)) == set(subjects)


async def test_nobody_comes_in_without_a_password(servers: Servers) -> None:
    with pytest.raises(Error):
        await nats.connect(f"nats://127.0.0.1:{servers.endpoints.ports['nats']}", allow_reconnect=False)


async def test_a_command_goes_from_the_gateway_to_memory_which_answers_and_acknowledges(servers: Servers) -> None:
    async with connected(servers, "gateway") as gateway, connected(servers, "memory") as memory:
        answers = await gateway.subscribe(gateway.new_inbox())
        command = "commands.ws-permissions.memory.m1.store"
        published = await gateway.jetstream().publish(command, b"{}", headers={"reply": answers.subject})

        reader = await memory.jetstream().pull_subscribe_bind("memory", "COMMANDS")
        message = await fetch_last(reader, published.seq)
        assert message.headers is not None
        await memory.publish(message.headers["reply"], b"done")
        await message.ack_sync()

        assert (await answers.next_msg(timeout=PATIENCE_S)).data == b"done"
        assert (await gateway.jetstream().get_msg("COMMANDS", published.seq)).data == b"{}"
        await memory.jetstream().purge_stream("COMMANDS", seq=published.seq + 1)


async def test_memory_publishes_events_and_search_reads_them_and_publishes_vectors(servers: Servers) -> None:
    async with connected(servers, "memory") as memory, connected(servers, "search") as search:
        published = await memory.jetstream().publish("events.ws-permissions.memory.m1.stored", b"{}")
        reader = await search.jetstream().pull_subscribe_bind("search", "EVENTS")
        await (await fetch_last(reader, published.seq)).ack_sync()

        vector = await search.jetstream().publish("derived.ws-permissions.embedding.m1", b"vector")
        vectors = await memory.jetstream().pull_subscribe_bind("memory", "DERIVED")
        await (await fetch_last(vectors, vector.seq)).ack_sync()


async def test_extraction_hears_of_sessions_and_jobs_alone_and_is_answered_like_everyone_who_orders(
    servers: Servers,
) -> None:
    async with connected(servers, "memory") as memory, connected(servers, "extraction") as extraction:
        reader = await extraction.jetstream().pull_subscribe_bind("extraction", "EVENTS")
        for subject in ("session.s1.ended", "job.j1.changed"):
            await memory.jetstream().publish("events.ws-permissions.memory.m1.stored", b"{}")
            published = await memory.jetstream().publish(f"events.ws-permissions.{subject}", b"{}")
            message = await fetch_last(reader, published.seq)
            await message.ack_sync()

        answers = await extraction.subscribe(extraction.new_inbox())
        await extraction.flush()
        await memory.publish(answers.subject, b"done")
        assert (await answers.next_msg(timeout=PATIENCE_S)).data == b"done"
        for subject in ("memory.m1.store", "memory.m1.revise", "memory.m1.consolidate", "job.j1.record"):
            ordered = await extraction.jetstream().publish(f"commands.ws-permissions.{subject}", b"{}")
            orders = await memory.jetstream().pull_subscribe_bind("memory", "COMMANDS")
            await (await fetch_last(orders, ordered.seq)).ack_sync()


async def test_keys_are_written_by_memory_and_read_by_the_gateway(servers: Servers) -> None:
    async with connected(servers, "memory") as memory, connected(servers, "gateway") as gateway:
        await memory.jetstream().publish("$KV.KEYS.somehash", b"principal")
        bucket = await gateway.jetstream().key_value("KEYS")
        assert (await bucket.get("somehash")).value == b"principal"


async def fetch_last(reader: JetStreamContext.PullSubscription, seq: int) -> Msg:
    """Reads on to the message with this sequence: the servers, and so the streams, are shared by all tests."""
    while True:
        (message,) = await reader.fetch(1, timeout=PATIENCE_S)
        if message.metadata.sequence.stream == seq:
            return message
        await message.ack_sync()
