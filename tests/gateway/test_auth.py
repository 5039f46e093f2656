"""Keys, looked up in a real KEYS on each request."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import nats
import pytest
from nats.aio.client import Client

from contracts import subjects
from contracts.base import now
from contracts.replies import StoredKey
from services.gateway import auth
from services.gateway.auth import Keys, NotAuthenticated
from services.kit.bus import Bus
from services.kit.errors import Unavailable
from services.kit.keys import Key, hash_key, make_key
from tests.stack import Servers

PEPPER = "a pepper for tests"
WORKSPACE = "ws-0123456789ab"


@pytest.fixture
async def keys(servers: Servers) -> AsyncIterator[Keys]:
    bus = Bus(servers.nats_url("gateway"), "gateway")
    await bus.connect()
    yield Keys(bus, PEPPER)
    await bus.stop()


@pytest.fixture
async def memory(servers: Servers) -> AsyncIterator[Client]:
    """The user that writes keys."""
    client = await nats.connect(servers.nats_url("memory"), inbox_prefix=b"_INBOX_memory")
    yield client
    await client.close()


async def put(memory: Client, key: Key, **fields: object) -> None:
    stored = StoredKey(
        key_id=uuid4(),
        workspace_id=WORKSPACE,
        secret_hash=hash_key(PEPPER, key.text),
        read=("default", "shared"),
        write=("default",),
        default_namespace="default",
    ).model_copy(update=fields)
    await memory.jetstream().publish(subjects.key_entry(key.public_id), stored.model_dump_json().encode())


async def why_not(keys: Keys, authorization: str | None) -> str:
    with pytest.raises(NotAuthenticated) as refused:
        await keys.principal(authorization)
    return str(refused.value)


async def test_a_key_stands_for_its_workspace_and_its_grants(keys: Keys, memory: Client) -> None:
    key = make_key()
    await put(memory, key)
    principal = await keys.principal(f"Token {key.text}")
    assert principal.workspace_id == WORKSPACE
    assert principal.actor == f"key:{key.public_id}"
    assert (principal.grants.read, principal.grants.write) == (("default", "shared"), ("default",))
    assert await keys.principal(f"token {key.text}") == principal


async def test_it_is_dead_the_moment_it_is_revoked(keys: Keys, memory: Client) -> None:
    key = make_key()
    await put(memory, key)
    await keys.principal(f"Token {key.text}")
    await put(memory, key, revoked=True)
    assert await why_not(keys, f"Token {key.text}") == "Invalid API key."


async def test_unknown_revoked_expired_removed_and_forged_are_told_the_same(keys: Keys, memory: Client) -> None:
    revoked, expired, removed, forged = (make_key() for _ in range(4))
    await put(memory, revoked, revoked=True)
    await put(memory, expired, expires_at=now() - timedelta(milliseconds=1))
    await memory.jetstream().publish(subjects.key_entry(removed.public_id), b"", headers={"KV-Operation": "DEL"})
    await put(memory, forged, secret_hash=hash_key(PEPPER, make_key().text))
    told = {await why_not(keys, f"Token {key.text}") for key in (make_key(), revoked, expired, removed, forged)}
    assert told == {"Invalid API key."}


async def test_a_key_that_expires_later_is_good(keys: Keys, memory: Client) -> None:
    key = make_key()
    await put(memory, key, expires_at=now() + timedelta(minutes=1))
    assert (await keys.principal(f"Token {key.text}")).workspace_id == WORKSPACE


async def test_the_same_key_alone_is_good_as_x_api_key(keys: Keys, memory: Client) -> None:
    key = make_key()
    await put(memory, key)
    assert await keys.principal_of(key.text) == await keys.principal(f"Token {key.text}")
    for wrong in (None, "", f"Token {key.text}", make_key().text):
        with pytest.raises(NotAuthenticated) as refused:
            await keys.principal_of(wrong)
        assert refused.value.scheme == "X-API-Key"


@pytest.mark.parametrize("scheme", ["Bearer ", "Basic ", "", "Token", "Token\t"])
async def test_another_scheme_is_none(keys: Keys, memory: Client, scheme: str) -> None:
    key = make_key()
    await put(memory, key)
    await why_not(keys, f"{scheme}{key.text}")


async def test_nothing_is_asked_for(keys: Keys) -> None:
    assert await why_not(keys, None) == "Authentication credentials were not provided."


async def test_where_keys_cant_be_read_nobody_gets_in(
    servers: Servers, memory: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key()
    await put(memory, key)
    monkeypatch.setattr(auth, "LOOKUP_TIMEOUT_S", 0.2)
    bus = Bus(servers.nats_url("search"), "search")  # a user of the bus that may not ask for keys
    await bus.connect()
    with pytest.raises(Unavailable):
        await Keys(bus, PEPPER).principal(f"Token {key.text}")
    await bus.stop()
