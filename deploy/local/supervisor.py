"""Keeps processes running: starts them, restarts what dies, stops them, and writes down what there is (run/state.json).

The file is what `up`, `down` and `status` go by, from other processes. Children write to their log files themselves, so
they outlive a supervisor that was killed; the next one finds them in the file and stops them.
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from deploy.local.home import Home, write_private
from deploy.local.processes import Recorded

BACKOFF_FIRST_S = 0.2
BACKOFF_LAST_S = 5.0
STEADY_AFTER_S = 10.0  # a process that lived so long did not fail at start; its next restart is quick again


@dataclass(frozen=True)
class Program:
    """What to run and how to stop it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)  # on top of the supervisor's own
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout_s: float = 30.0  # a service lets what it has begun come to its end
    before_start: Callable[[], None] = lambda: None


class ProcessState(BaseModel):
    """One line of `status`."""

    name: str
    state: str  # running, restarting, stopped
    pid: int
    created: float
    restarts: int
    stop_signal: int
    stop_timeout_s: float
    last_exit: int | None = None  # negative: the signal that ended it

    def recorded(self) -> Recorded:
        return Recorded(self.pid, self.created)


class StackState(BaseModel):
    """run/state.json."""

    supervisor_pid: int
    supervisor_created: float
    stage: str = "starting"
    ready: bool = False
    failure: str | None = None
    servers_only: bool = False
    processes: list[ProcessState] = []

    def supervisor(self) -> Recorded:
        return Recorded(self.supervisor_pid, self.supervisor_created)


def read_state(home: Home) -> StackState | None:
    try:
        return StackState.model_validate_json((home.run / "state.json").read_text())
    except FileNotFoundError:
        return None


class Supervisor:
    """One for each WEFT_HOME, in the process that `run` is."""

    def __init__(self, home: Home, *, servers_only: bool = False) -> None:
        own = Recorded.of(os.getpid())
        assert own is not None
        self._home = home
        self._state = StackState(supervisor_pid=own.pid, supervisor_created=own.created, servers_only=servers_only)
        self._keepers: dict[str, _Keeper] = {}

    def say(self, stage: str) -> None:
        self._state.stage = stage
        self._write()

    def set_ready(self) -> None:
        self._state.ready = True
        self.say("ready")

    def set_failed(self, reason: str) -> None:
        self._state.failure = reason
        self._state.ready = False
        self.say("failed")

    def start(self, program: Program) -> None:
        """Runs it until `stop`. Returns at once; whether it is ready is the program's own affair."""
        self._keepers[program.name] = _Keeper(program, self._home.logs / f"{program.name}.log", self._write)

    def restarts(self) -> dict[str, int]:
        """How often each program was started again."""
        return {name: keeper.state.restarts for name, keeper in self._keepers.items()}

    async def stop(self, *names: str) -> None:
        """Those of them that run, at the same time; returns when they are gone."""
        await asyncio.gather(*(self._keepers[name].stop() for name in names if name in self._keepers))

    def _write(self) -> None:
        self._state.processes = [keeper.state for keeper in self._keepers.values() if keeper.state.pid]
        try:
            write_private(self._home.run / "state.json", self._state.model_dump_json(indent=2))
        except OSError as error:  # on a full disk what dies is started again all the same
            print(f"run/state.json could not be written: {error}", flush=True)


class _Keeper:
    """Keeps one program running."""

    def __init__(self, program: Program, log: Path, on_change: Callable[[], None]) -> None:
        self._program = program
        self._log = log
        self._on_change = on_change
        self._stopping = asyncio.Event()
        # Of its own: the loop's pool has only a few threads more than the machine has processors.
        self._waiter = ThreadPoolExecutor(1)
        self.state = ProcessState(
            name=program.name,
            state="starting",
            pid=0,
            created=0,
            restarts=0,
            stop_signal=program.stop_signal,
            stop_timeout_s=program.stop_timeout_s,
        )
        self._task = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        self._stopping.set()
        await self._task

    async def _keep(self) -> None:
        backoff_s = BACKOFF_FIRST_S
        while not self._stopping.is_set():
            began = time.monotonic()
            ending = await self._run_once()
            if self._stopping.is_set():
                break
            if time.monotonic() - began > STEADY_AFTER_S:
                backoff_s = BACKOFF_FIRST_S
            self._note(f"{self._program.name} {ending}; starting again in {backoff_s:.1f} s")
            self.state.restarts += 1
            self._change("restarting")
            await _wait(self._stopping, backoff_s)
            backoff_s = min(backoff_s * 2, BACKOFF_LAST_S)
        self._change("stopped")

    async def _run_once(self) -> str:
        """From start to end; how it ended."""
        try:
            self._program.before_start()
            child = self._spawn()
        except OSError as error:
            return f"could not be started ({error})"
        self.state.last_exit = await self._until_exit(child)
        return f"ended with {self.state.last_exit}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            child = subprocess.Popen(
                self._program.command,
                env={**os.environ, **self._program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is for the supervisor, which stops them in order
            )
        recorded = Recorded.of(child.pid)
        self.state.pid = child.pid
        self.state.created = recorded.created if recorded else time.time()
        self._change("running")
        return child

    async def _until_exit(self, child: subprocess.Popen[bytes]) -> int:
        """Waits for the child; when asked to stop, asks it in turn, and kills its group if that takes too long."""
        exited = asyncio.get_running_loop().run_in_executor(self._waiter, child.wait)
        asked = asyncio.create_task(self._stopping.wait())
        either: set[asyncio.Future[Any]] = {exited, asked}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not exited.done():
            child.send_signal(self._program.stop_signal)
            await asyncio.wait({exited}, timeout=self._program.stop_timeout_s)
        if not exited.done():
            self._note(f"{self._program.name} did not stop within {self._program.stop_timeout_s:.0f} s and was killed")
            os.killpg(child.pid, signal.SIGKILL)
        return await exited

    def _change(self, state: str) -> None:
        self.state.state = state
        self._on_change()

    def _note(self, text: str) -> None:
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {text}", flush=True)


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), timeout_s)
    except TimeoutError:
        return
