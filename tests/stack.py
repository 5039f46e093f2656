"""Real servers and the real stack for tests: started as `make up` starts them, in a folder and on ports of their own.

They end with the test run, however that ends.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from unittest.mock import patch

import psycopg

from deploy.local import control, programs, status
from deploy.local.endpoints import Endpoints
from deploy.local.home import CHECKOUT, Home, Secrets, read_credentials, write_private
from deploy.local.supervisor import ProcessState, read_state

STEP_TIMEOUT_S = 60
POLL_S = 0.02
PATIENCE_S = 180
"""Of every wait for something that must come: a machine that is ten times slower than ours is no fault of Weft's. How
fast things are is what `make bench` says."""


def wait_until(condition: Callable[[], bool], what: str = "the condition") -> None:
    """Polls; raises AssertionError when it did not come true within `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not hold within {PATIENCE_S} s"
        time.sleep(POLL_S)


async def eventually(condition: Callable[[], Awaitable[bool]], what: str = "the condition") -> None:
    """`wait_until` for asynchronous tests."""
    deadline = time.monotonic() + PATIENCE_S
    while not await condition():
        assert time.monotonic() < deadline, f"{what} did not hold within {PATIENCE_S} s"
        await asyncio.sleep(POLL_S)


def files_with(folder: Path, *texts: bytes) -> list[str]:
    """The files below a folder in which one of these can be read; each text is of one line. By grep: there are
    gigabytes, and servers take away files of theirs meanwhile.
    """
    done = subprocess.run(
        ["grep", "--recursive", "--files-with-matches", "--text", "--fixed-strings", "--no-messages", "--file=-", "."],
        cwd=folder,
        input=b"\n".join(texts),
        env={**os.environ, "LC_ALL": "C"},  # bytes, whatever they would be as text
        capture_output=True,
        check=False,
    )
    return [str(folder / found) for found in sorted(done.stdout.decode().splitlines())]


def run_module(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """`python -m ...` to its end; what it printed. Raises AssertionError with its errors."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=STEP_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"python -m {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
    return done.stdout


def _home(folder: Path, readable: bool) -> Home:
    """`readable`: NATS does not seal its files, so that it can be seen what is in them."""
    home = Home(folder)
    if readable:
        write_private(home.path / "secrets.json", Secrets(nats_encryption_key="").model_dump_json())
    return home


@dataclass(frozen=True)
class Servers:
    """NATS with its streams and Postgres with its roles, under a supervisor; no service, no table."""

    home: Home
    endpoints: Endpoints

    @classmethod
    def start(cls, folder: Path, *, readable: bool = False) -> "Servers":
        home = _home(folder, readable)
        control.up(home, gateway_port=None, servers_only=True, until_exit_of=os.getpid())
        return cls(home, Endpoints.of(home))

    def stop(self) -> None:
        control.down(self.home)

    def nats_url(self, user: str) -> str:
        """`user`: gateway, memory, search, graph, extraction or admin. Connect with inbox_prefix=b"_INBOX_<user>"."""
        return self.endpoints.nats_url(user)

    def postgres_dsn(self, role: str = "weft_owner", database: str = "weft") -> str:
        """`role`: weft_owner, weft_memory, weft_memory_loops, weft_graph, ..., or postgres (the superuser)."""
        return self.endpoints.postgres_dsn(role, database)

    def migrate(self) -> None:
        as_owner = programs.owner_environment(self.home, self.endpoints)
        for service in programs.WITH_TABLES:
            run_module(f"services.{service}.migrations", environment=as_owner)

    def forget_workspaces(self) -> None:
        """Empties memory's tables: a service that starts now has nothing of earlier tests to catch up with."""
        with psycopg.connect(self.postgres_dsn("postgres"), autocommit=True) as connection:
            found = connection.execute(
                "SELECT string_agg(format('memory.%I', tablename), ', ') FROM pg_tables"
                " WHERE schemaname = 'memory' AND tablename <> 'migrations'"
            ).fetchone()
            assert found is not None
            while True:
                try:
                    connection.execute(f"TRUNCATE {found[0]}".encode())
                    return
                except psycopg.errors.DeadlockDetected:  # memory's loops are at work, and take tables in another order
                    continue

    def environment(self, service: str) -> dict[str, str]:
        """The WEFT_ variables with which that service would be started."""
        return programs.service_environments(self.home, self.endpoints)[service]

    def process(self, name: str) -> ProcessState:
        state = read_state(self.home)
        assert state is not None
        return next(process for process in state.processes if process.name == name)

    def pid(self, name: str) -> int:
        return self.process(name).pid

    def kill(self, name: str, with_signal: signal.Signals = signal.SIGKILL) -> int:
        """The pid that was killed; the supervisor starts the process again."""
        pid = self.pid(name)
        os.kill(pid, with_signal)
        return pid

    @contextlib.contextmanager
    def nothing_restarted(self) -> Iterator[None]:
        """The supervisor stands still: what dies meanwhile stays dead until the end."""
        state = read_state(self.home)
        assert state is not None
        os.kill(state.supervisor_pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(state.supervisor_pid, signal.SIGCONT)

    def wait_gone(self, name: str, killed_pid: int) -> None:
        """Until the supervisor has noticed."""
        wait_until(lambda: (p := self.process(name)).pid != killed_pid or p.state != "running", f"{name} gone")

    def wait_restarted(self, name: str, killed_pid: int) -> None:
        """Until it runs again, and a service of ours says that it is ready."""
        wait_until(
            lambda: (p := self.process(name)).pid != killed_pid and p.state == "running",
            f"a restart of {name}",
        )
        if f"{name}_metrics" in self.endpoints.ports:
            wait_until(lambda: status.missing(self.endpoints, name) == [], f"{name} to be ready")


@dataclass(frozen=True)
class Workspace:
    """A workspace of its own for one test, and the key to it."""

    url: str
    workspace_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """For both families of data paths."""
        return {"Authorization": f"Token {self.token}", "X-API-Key": self.token}


@dataclass(frozen=True)
class Stack(Servers):
    """All of it, the services as processes of their own."""

    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @classmethod
    def start(cls, folder: Path, *, readable: bool = False, **environment: str) -> "Stack":
        """With these variables besides, for all of its processes."""
        home = _home(folder, readable)
        with patch.dict(os.environ, environment):
            control.up(home, gateway_port=None, until_exit_of=os.getpid())
        return cls(home, Endpoints.of(home))

    @property
    def url(self) -> str:
        return self.endpoints.url

    def default_workspace(self) -> Workspace:
        return self._workspace(self.home.credentials)

    def new_workspace(self) -> Workspace:
        name = f"test-{next(self._numbers)}"
        file = self.home.run / f"{name}.env"
        arguments = ["--name", name, "--credentials", str(file), "--url", self.url]
        run_module("deploy.admin", "open-workspace", *arguments, environment=self.operator_environment())
        return self._workspace(file)

    def new_owner(self, workspace: Workspace) -> dict[str, str]:
        """Email and password of an account that owns that workspace, and no other."""
        name = f"owner-{next(self._numbers)}"
        file = self.home.run / f"{name}.env"
        file.write_text(f"MEMORIES_WORKSPACE_ID={workspace.workspace_id}\n")
        arguments = ["--email", f"{name}@example.org", "--credentials", str(file)]
        run_module("deploy.admin", "give-owner", *arguments, environment=self.operator_environment())
        made = read_credentials(file)
        return {"email": made["WEFT_ADMIN_EMAIL"], "password": made["WEFT_ADMIN_PASSWORD"]}

    def operator_environment(self) -> dict[str, str]:
        """For `python -m deploy.admin`."""
        return programs.operator_environment(self.home, self.endpoints)

    def _workspace(self, file: Path) -> Workspace:
        values = read_credentials(file)
        return Workspace(self.url, values["MEMORIES_WORKSPACE_ID"], values["MEMORIES_API_TOKEN"])
