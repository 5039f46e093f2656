"""The gateway's application in this process, on a real bus, with a key; the services behind it are played."""

import gc
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx2
import nats
import pytest

from contracts import subjects
from contracts.queries import (
    DrawGraph,
    Explore,
    FindPath,
    GetJob,
    GetMemories,
    GetMemory,
    GetRelated,
    GetRelationships,
    GetSession,
    ListMemories,
    ListNamespaces,
    ListSessions,
    SearchMemories,
)
from contracts.replies import StoredKey
from services.kit.keys import hash_key, make_key
from tests.gateway.application import application, client_of, serving
from tests.gateway.played import Played, playing
from tests.gateway.vouching import Vouching, vouching_server
from tests.stack import Servers

WORKSPACE = "ws-0123456789ab"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of our own: these tests play services, and must not meet real ones."""
    running = Servers.start(tmp_path_factory.mktemp("gateway"))
    yield running
    running.stop()


@pytest.fixture
async def token(servers: Servers) -> str:
    """A key that reads `default` and `team` and writes `default`; no command of another test is on its way."""
    key = make_key()
    stored = StoredKey(
        key_id=uuid4(),
        workspace_id=WORKSPACE,
        secret_hash=hash_key("pepper", key.text),
        read=("default", "team"),
        write=("default",),
        default_namespace="default",
    )
    operator = await nats.connect(servers.nats_url("admin"), inbox_prefix=b"_INBOX_admin")
    await operator.jetstream().purge_stream(subjects.COMMANDS_STREAM)
    await operator.jetstream().publish(subjects.key_entry(key.public_id), stored.model_dump_json().encode())
    await operator.close()
    return key.text


@pytest.fixture
async def http(servers: Servers, token: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application, with the key."""
    app, thresholds = application(servers.nats_url("gateway")), gc.get_threshold()
    async with serving(app), client_of(app) as client:
        client.headers["Authorization"] = f"Token {token}"
        yield client
    gc.set_threshold(*thresholds)  # what the gateway sets for its process is not for this one
    gc.unfreeze()


@pytest.fixture
async def memory(servers: Servers, token: str) -> AsyncIterator[Played]:
    questions = (GetMemory, GetMemories, ListMemories, GetSession, ListSessions, GetJob, ListNamespaces)
    async with playing(servers, "memory", *questions) as played:
        yield played


@pytest.fixture
async def search(servers: Servers, token: str) -> AsyncIterator[Played]:
    async with playing(servers, "search", SearchMemories) as played:
        yield played


@pytest.fixture
async def graph(servers: Servers, token: str) -> AsyncIterator[Played]:
    questions = (GetRelationships, GetRelated, Explore, FindPath, DrawGraph)
    async with playing(servers, "graph", *questions) as played:
        yield played


@pytest.fixture
def vouching() -> Iterator[Vouching]:
    """An OpenID Connect server."""
    with vouching_server() as served:
        yield served
