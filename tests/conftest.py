"""Fixtures for all tests. A test that asks for `servers` or `stack` is marked so, and `make check` leaves it out."""

import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from deploy.admin.bus import Operator, OperatorSettings, operator
from deploy.local.home import CHECKOUT
from services.kit.telemetry.providers import start_metrics
from tests import examples
from tests.collector import Collector
from tests.model_server import Endpoint
from tests.services import Talk, ready, running
from tests.stack import Servers, Stack, Workspace

PASSED_ON = {"WEFT_EVAL_DATA", "WEFT_MODEL_DIR", "WEFT_PYTHON"}
MARKED_BY_FIXTURE = {"servers": pytest.mark.servers, "stack": pytest.mark.system}


def pytest_configure() -> None:
    """What a user has set for a stack of their own is not for the tests; nor is it that SIGINT is ignored by what a
    script starts in the background, and by all that is started there: tests send it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("quick", max_examples=20)  # of `make check`
    for name in [name for name in os.environ if name.startswith(("WEFT_", "OTEL_")) and name not in PASSED_ON]:
        del os.environ[name]
    os.environ["WEFT_PURGE_COMMANDS_S"] = "5"  # so that a deletion need not be waited for so long
    os.environ["WEFT_WEBHOOKS_ALLOW_PRIVATE"] = "true"  # receivers of tests are on this machine
    os.environ["WEFT_NIGHTLY_AT"] = "off"  # what a test does not ask for is not to happen during it
    os.environ.setdefault("WEFT_MODEL_DIR", str(CHECKOUT / ".weft" / "model"))  # written once, not by every run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs servers, and puts the longest first: `make test` runs two files side by side, and neither
    process is to be left over with them at the end.
    """
    for item in items:
        for fixture, mark in MARKED_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
    items.sort(key=lambda item: item.path.parent.name != "system")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """NATS with its streams and Postgres with its roles, once for the run. No table: see `migrated`."""
    running = Servers.start(tmp_path_factory.mktemp("servers"), readable=True)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def migrated(servers: Servers) -> Servers:
    """The servers, with the memory service's tables."""
    servers.migrate()
    return servers


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Where the services of `stack` send their metrics, and the traces that a test begins."""
    listening = Collector(tmp_path_factory.mktemp("otlp"))
    yield listening
    listening.stop()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    """Everything that `make up` starts, once for the run; tests may kill its processes, and leave it well."""
    running = Stack.start(tmp_path_factory.mktemp("stack"), readable=True, **collector.environment())
    yield running
    running.stop()


@pytest.fixture(scope="session")
def counted() -> None:
    """What this process counts is seen in prometheus_client.REGISTRY."""
    start_metrics("tests")


@pytest.fixture
def workspace(stack: Stack) -> Workspace:
    """An empty workspace with a key, for this test alone."""
    return stack.new_workspace()


@pytest.fixture(scope="session")
def memory_service(migrated: Servers) -> Iterator[Servers]:
    """The servers and the memory service as a process, quick at what it does at its own pace."""
    with running(migrated, "memory", WEFT_USAGE_FLUSH_S="0.2", WEFT_ERASE_POLL_S="0.1", WEFT_MAINTENANCE_POLL_S="0.1"):
        yield migrated


@pytest.fixture
async def admin(memory_service: Servers) -> AsyncIterator[Operator]:
    """An operator's connection to the bus of `memory_service`."""
    settings = OperatorSettings(nats_url=memory_service.nats_url("admin"), key_pepper="pepper")
    async with operator(settings) as connected:
        await ready(connected, "memory")
        yield connected


@pytest.fixture
async def memory(admin: Operator) -> Talk:
    """An empty workspace of the running memory service, for this test alone."""
    opened = Talk(admin, examples.a_workspace_id())
    await opened.order(examples.open_workspace(opened.workspace_id))
    return opened


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """What a language model is reached at; a test says what it answers."""
    started = Endpoint()
    await started.start()
    yield started
    await started.stop()
