"""Services as processes of their own on real servers, and an operator's connection to talk to them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from contracts import subjects
from contracts.commands import Command
from contracts.queries import GetMemory, Ping, ReadLog, SearchMemories, WorkspaceQuestion
from deploy.admin.bus import Operator, body
from services.kit.errors import Unavailable
from services.kit.postgres import Database
from services.kit.sealing.keys import Keyring
from services.kit.sealing.masters import Masters
from tests.stack import Servers, eventually

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Talk:
    """Talks to the running services about one fresh workspace."""

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

    async def search(self, query: str = "", **asked: Any) -> dict[str, Any]:
        question = SearchMemories(workspace_id=self.workspace_id, readable=("default",), query=query, **asked)
        found: dict[str, Any] = await self.ask(question)
        return found

    async def found(self, query: str = "", **asked: Any) -> list[str]:
        """The ids of what a search finds, best first."""
        return [hit["memory"]["memory_id"] for hit in (await self.search(query, **asked))["results"]]


def sealed(servers: Servers, role: str, schema: str = "memory", size_max: int = 1, database: str = "weft") -> Database:
    """A service's tables as that role has them, with the keys to what is sealed there. To be opened and closed."""
    keyring = Keyring(Masters(servers.home.master_key.read_text))
    return Database(servers.postgres_dsn(role, database), schema, size_max, keyring=keyring)


@contextmanager
def running(servers: Servers, service: str, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """The service as a process, with these WEFT_ settings besides the usual ones; told to stop at the end."""
    own_port = {"WEFT_METRICS_PORT": "0"}  # there may be several of a service
    environment = {**os.environ, **servers.environment(service), **own_port, **settings}
    with subprocess.Popen([sys.executable, "-m", f"services.{service}.app"], env=environment) as process:
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(30) in (0, -signal.SIGTERM)  # the latter where it was told before it had started


async def answers(operator: Operator, service: str) -> bool:
    """Whether the service says that it is ready."""
    try:
        await operator.bus.ask(subjects.ping(service), Ping(), 0.5)
    except Unavailable:
        return False
    return True


async def ready(operator: Operator, service: str) -> None:
    await eventually(lambda: answers(operator, service), f"{service} to be ready")
