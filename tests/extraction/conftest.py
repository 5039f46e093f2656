"""The extraction service as a process of its own, beside memory and search; and real nearness for its heart."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.kit.postgres import Database
from tests.extraction.nearness import LocalNearness
from tests.services import Talk, ready, running, sealed
from tests.stack import Servers


@pytest.fixture(scope="module")
def extraction_process(memory_service: Servers) -> Iterator["subprocess.Popen[bytes]"]:
    """Quick to look again where a workspace is full. For one module: other tests start a search too."""
    memory_service.forget_workspaces()
    with (
        running(memory_service, "search"),
        running(memory_service, "extraction", WEFT_QUOTA_RETRY_S="0.5") as extraction,
    ):
        yield extraction


@pytest.fixture
async def talk(memory: Talk, extraction_process: "subprocess.Popen[bytes]") -> Talk:
    """An empty workspace, and all three services ready."""
    await ready(memory.operator, "search")
    await ready(memory.operator, "extraction")
    return memory


@pytest.fixture(scope="session")
def nearness() -> Iterator[LocalNearness]:
    made = LocalNearness(Path(os.environ["WEFT_MODEL_DIR"]))
    yield made
    made.close()


@pytest.fixture
async def tables(migrated: Servers) -> AsyncIterator[Database]:
    """The service's own, as it has them."""
    opened = sealed(migrated, "weft_extraction", "extraction")
    await opened.open()
    yield opened
    await opened.close()
