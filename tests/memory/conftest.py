"""The memory service as a process of its own on real servers, and an operator's connection to talk to it."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from contracts import subjects
from contracts.commands import Command
from contracts.queries import GetMemory, Ping, ReadLog, WorkspaceQuestion
from deploy.admin.bus import Operator, OperatorSettings, body, operator
from services.kit.errors import Unavailable
from tests import examples
from tests.stack import Servers, eventually

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Memory:
    """Talks to the running service about one fresh workspace."""

    operator: Operator
    workspace_id: str

    async def order(self, command: Command) -> dict[str, Any]:
        answer = await self.operator.bus.order(subjects.command(command), command, TIMEOUT_S)
        assert answer is not None
        return answer

    async def ask(self, question: WorkspaceQuestion) -> Any:
        return body(await self.operator.bus.ask(subjects.query(question), question, TIMEOUT_S))

    async def get(self, memory_id: str) -> dict[str, Any]:
        question = GetMemory(workspace_id=self.workspace_id, memory_id=memory_id, readable=("default",))
        found: dict[str, Any] = await self.ask(question)
        return found

    async def log(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.ask(ReadLog(workspace_id=self.workspace_id, limit=1_000))
        return found


@pytest.fixture(scope="session")
def memory_service(migrated: Servers) -> Iterator[Servers]:
    environment = {
        **os.environ,
        **migrated.environment("memory"),
        "WEFT_USAGE_FLUSH_S": "0.2",
        "WEFT_ERASE_POLL_S": "0.1",
    }
    with subprocess.Popen([sys.executable, "-m", "services.memory.app"], env=environment) as process:
        yield migrated
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture
async def admin(memory_service: Servers) -> AsyncIterator[Operator]:
    settings = OperatorSettings(nats_url=memory_service.nats_url("admin"), key_pepper="pepper")
    async with operator(settings) as connected:

        async def ready() -> bool:
            try:
                await connected.bus.ask(subjects.ping("memory"), Ping(), 0.5)
            except Unavailable:
                return False
            return True

        await eventually(ready, 20, "the memory service's start")
        yield connected


@pytest.fixture
async def memory(admin: Operator) -> Memory:
    opened = Memory(admin, examples.a_workspace_id())
    await opened.order(examples.open_workspace(opened.workspace_id))
    return opened
