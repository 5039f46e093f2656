"""The search service as a process of its own, beside the memory service."""

from collections.abc import Iterator

import pytest

from tests.services import Talk, ready, running
from tests.stack import Servers


@pytest.fixture(scope="session")
def search_service(memory_service: Servers) -> Iterator[Servers]:
    memory_service.forget_workspaces()
    with running(memory_service, "search"):
        yield memory_service


@pytest.fixture
async def talk(memory: Talk, search_service: Servers) -> Talk:
    """An empty workspace, and both services ready."""
    await ready(memory.operator, "search")
    return memory
