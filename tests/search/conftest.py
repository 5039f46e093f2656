"""The search service as a process of its own, beside the memory service; and the engines that keep its index."""

import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from services.search.store.edge import EdgeEngine
from services.search.store.engine import Engine
from services.search.store.server import ServerEngine
from tests.services import Talk, ready, running
from tests.stack import Servers


@pytest.fixture(scope="module")
def search_service(memory_service: Servers) -> Iterator[Servers]:
    """For one module: other tests do its work themselves, and must not meet it."""
    memory_service.forget_workspaces()
    with running(memory_service, "search"):
        yield memory_service


@pytest.fixture
async def talk(memory: Talk, search_service: Servers) -> Talk:
    """An empty workspace, and both services ready."""
    await ready(memory.operator, "search")
    return memory


@pytest.fixture(params=[pytest.param("edge", marks=pytest.mark.slow), "server"])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    """Each doorway in turn: Qdrant Edge, and a Qdrant server as the client's local mode imitates it."""
    engine: Engine = EdgeEngine(tmp_path) if request.param == "edge" else ServerEngine(AsyncQdrantClient(":memory:"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        await engine.start()
        yield engine
        await engine.close()
