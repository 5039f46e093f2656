"""Programs that subscribe to events, on the real server: what they get, what they may not, and how they are cut off."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.errors import TimeoutError as NothingCame

from contracts.events import CloudEvent
from deploy.admin import subscribers
from deploy.admin.bus import OperatorSettings, Refused, operator
from deploy.nats.server import load_permissions
from tests.admin.test_operating import admin, stored
from tests.stack import PATIENCE_S, Servers, Stack, eventually

OWN = "$JS.API.CONSUMER.{}.EVENTS.sub-{}"
FORBIDDEN_TO_PUBLISH = [
    "events.ws-aaaaaaaaaaaa.memory.m1.stored",
    "commands.ws-aaaaaaaaaaaa.memory.m1.store",
    "queries.memory.get",
    "admin.memory.rebuild",
    "accounts.log_in",
    "$KV.KEYS.hash",
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.EVENTS",
    "$JS.API.STREAM.MSG.GET.EVENTS",
    "$JS.API.DIRECT.GET.EVENTS",
    "$JS.API.DIRECT.GET.EVENTS.events.ws-aaaaaaaaaaaa.memory.m1.stored",
    "$JS.API.CONSUMER.CREATE.EVENTS.mine.events.>",
    "$JS.API.CONSUMER.MSG.NEXT.EVENTS.search",
    "$JS.API.CONSUMER.INFO.EVENTS.search",
    "$JS.ACK.EVENTS.search.1.1.1.1.1",
]
FORBIDDEN_TO_ITS_OWN_READER = ["CREATE", "DURABLE.CREATE", "DELETE", "RESET", "PAUSE"]
FORBIDDEN_TO_HEAR = [">", "events.>", "commands.>", "$JS.>", "_INBOX.>", "_INBOX_gateway.>", "_INBOX_sub-other.>"]


@dataclass
class Subscriber:
    """As the operator was told of it, and what the server said to it that it did not like to hear."""

    name: str
    url: str
    reader: str
    refusals: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def add(cls, stack: Stack, *arguments: str) -> "Subscriber":
        name = f"test-{uuid.uuid4().hex[:8]}"
        done = admin(stack, "subscriber", "add", name, *arguments)
        assert done.returncode == 0, done.stderr
        lines = dict(line.split("=", 1) for line in done.stdout.splitlines())
        return cls(name, lines["WEFT_EVENTS_URL"], lines["WEFT_EVENTS_CONSUMER"])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        async def on_error(error: Exception) -> None:
            self.refusals.append(str(error))

        async def on_gone() -> None:
            self.gone.set()

        prefix = f"_INBOX_{self.reader}".encode()
        client = await nats.connect(
            self.url, inbox_prefix=prefix, error_cb=on_error, disconnected_cb=on_gone, allow_reconnect=False
        )
        try:
            yield client
        finally:
            await client.close()

    async def next(self, client: Client) -> Msg:
        reader = await client.jetstream().pull_subscribe_bind(self.reader, "EVENTS")
        [message] = await reader.fetch(1, timeout=PATIENCE_S)
        await message.ack_sync()
        return message

    def remove(self, stack: Stack) -> None:
        done = admin(stack, "subscriber", "remove", self.name)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def everything(stack: Stack) -> Iterator[Subscriber]:
    """Hears all that happens from now on."""
    added = Subscriber.add(stack, "--from", "now")
    yield added
    added.remove(stack)


async def test_it_gets_what_its_filter_lets_through_and_nothing_of_another_workspace(stack: Stack) -> None:
    mine, other = stack.new_workspace(), stack.new_workspace()
    subscriber = Subscriber.add(stack, "--workspace", mine.workspace_id, "--types", "weft.memory", "weft.key")
    stored(other)
    expected = stored(mine)
    async with subscriber.connected() as client:
        happened = [CloudEvent.read((await subscriber.next(client)).data) for _ in range(2)]
        assert [(each.workspace, each.type) for each in happened] == [
            (mine.workspace_id, "weft.key.issued.v1"),
            (mine.workspace_id, "weft.memory.stored.v1"),
        ]
        assert happened[1].subject == expected
        reader = await client.jetstream().pull_subscribe_bind(subscriber.reader, "EVENTS")
        with pytest.raises(NothingCame):
            await reader.fetch(1, timeout=1)
    listed = admin(stack, "subscriber", "list").stdout
    assert f"weft.memory, weft.key of {mine.workspace_id}" in listed
    subscriber.remove(stack)
    assert subscriber.name not in admin(stack, "subscriber", "list").stdout


async def test_it_may_do_nothing_but_fetch_acknowledge_and_ask_how_far_it_is(everything: Subscriber) -> None:
    own = [OWN.format(action, everything.name) for action in FORBIDDEN_TO_ITS_OWN_READER]
    async with everything.connected() as client:
        for subject in (*FORBIDDEN_TO_PUBLISH, *own):
            await client.publish(subject, b"")
        for subject in FORBIDDEN_TO_HEAR:
            await client.subscribe(subject)
        info = await client.jetstream().consumer_info("EVENTS", everything.reader)
        assert info.name == everything.reader

        async def all_refused() -> bool:
            said = "\n".join(everything.refusals)
            return all(f'to "{each.lower()}"' in said for each in (*FORBIDDEN_TO_PUBLISH, *own, *FORBIDDEN_TO_HEAR))

        await eventually(all_refused, "a refusal of everything else")


async def test_what_it_asks_for_is_not_answered_into_commands_or_keys(stack: Stack, everything: Subscriber) -> None:
    """Whoever asks JetStream says where it is to answer, and no permission looks at that: in one account with the
    services, a subscriber could write wherever they listen."""
    stored(stack.new_workspace())
    async with everything.connected() as client:
        message = await everything.next(client)
        for subject, payload in (
            (OWN.format("MSG.NEXT", everything.name), b'{"batch": 1, "no_wait": true}'),
            (OWN.format("INFO", everything.name), b""),
            (message.reply, b"+ACK"),
        ):
            for target in ("commands.ws-evil.memory.m1.store", "$KV.KEYS.evil", "parked.memory.ws-evil"):
                await client.publish(subject, payload, reply=target)
        await client.jetstream().consumer_info("EVENTS", everything.reader)
    async with operator(OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="")) as asked:
        for stream in ("COMMANDS", "KV_KEYS", "PARKED"):
            subjects = (await asked.bus.jetstream.stream_info(stream, subjects_filter=">")).state.subjects or {}
            assert [each for each in subjects if "evil" in each or each.startswith("events.")] == []


async def test_who_is_removed_is_cut_off_at_once_and_nobody_else_is(stack: Stack, everything: Subscriber) -> None:
    subscriber = Subscriber.add(stack)
    everything.gone.clear()
    async with everything.connected() as stays, subscriber.connected() as goes:
        await subscriber.next(goes)
        await asyncio.to_thread(subscriber.remove, stack)
        await asyncio.wait_for(subscriber.gone.wait(), PATIENCE_S)
        with pytest.raises(Error):
            async with subscriber.connected():
                pass
        workspace = stack.new_workspace()
        while CloudEvent.read((await everything.next(stays)).data).workspace != workspace.workspace_id:
            pass
        assert not everything.gone.is_set()


def test_an_unknown_event_is_refused_and_the_nearest_is_named(stack: Stack) -> None:
    done = admin(stack, "subscriber", "add", "typo", "--types", "weft.memory.store.v1")
    assert done.returncode == 1
    assert "did you mean weft.memory.stored.v1?" in done.stderr
    assert "typo" not in admin(stack, "subscriber", "list").stdout


@pytest.mark.servers
async def test_after_a_restart_it_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Servers.start(tmp_path)
    monkeypatch.setenv("WEFT_HOME", str(tmp_path))
    credentials = subscribers.Credentials.make("sub-kept")
    async with operator(OperatorSettings(nats_url=before.nats_url("admin"), key_pepper="")) as asked:
        await subscribers.add_reader(asked, "sub-kept", workspace=None, types=(), start="start")
        for number in (b"1", b"2"):
            await asked.bus.publish("events.ws-kept.memory.m1.stored", number)
    subscribers.gate(before.nats_url("admin"), None)(credentials)
    kept = tmp_path / "subscribers.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert credentials.password not in kept.read_text() + (before.home.run / "nats.conf").read_text()

    url = credentials.lines(before.nats_url("admin")).split()[0].partition("=")[2]
    subscriber = Subscriber("kept", url, "sub-kept")
    async with subscriber.connected() as client:
        assert (await subscriber.next(client)).data == b"1"
    before.stop()
    after = Servers.start(tmp_path)
    try:
        async with subscriber.connected() as client:
            assert (await subscriber.next(client)).data == b"2"
    finally:
        after.stop()


def test_of_another_nats_the_account_is_written_for_its_configuration(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="--account-file"):
        subscribers.gate("nats://admin:secret@elsewhere:4222", None)
    file, credentials = tmp_path / "account.json", subscribers.Credentials.make("sub-far")
    subscribers.gate("nats://admin:secret@elsewhere:4222", file)(credentials)
    [(name, account)] = json.loads(file.read_text())["accounts"].items()
    assert name == "sub-far"
    assert account["users"][0]["password"].startswith("$2b$")
    assert credentials.lines("nats://admin:secret@elsewhere:4222").splitlines()[0] == (
        f"WEFT_EVENTS_URL=nats://sub-far:{credentials.password}@elsewhere:4222"
    )


def test_no_service_has_the_name_of_a_subscriber() -> None:
    assert not any(user.startswith(subscribers.PREFIX) for user in load_permissions())
