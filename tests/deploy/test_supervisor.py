"""What the supervisor does with processes, here small ones of Python's."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local import control, supervisor
from deploy.local.home import Home
from deploy.local.processes import Recorded
from deploy.local.supervisor import ProcessState, Program, Supervisor, read_state
from tests.stack import eventually

pytestmark = pytest.mark.slow

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-S",
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    home = Home(tmp_path / "home")
    home.make()
    yield home
    state = read_state(home)
    for process in state.processes if state else []:
        process.recorded().send(signal.SIGKILL)


def process(home: Home, name: str) -> ProcessState:
    state = read_state(home)
    assert state is not None
    return next(p for p in state.processes if p.name == name)


async def running(home: Home, name: str, *, restarts: int = 0) -> ProcessState:
    async def is_so() -> bool:
        state = read_state(home)
        return any(
            p.name == name and p.state == "running" and p.restarts >= restarts
            for p in (state.processes if state else [])
        )

    await eventually(is_so)
    return process(home, name)


async def test_what_dies_is_started_again(home: Home) -> None:
    keeper = Supervisor(home)
    keeper.start(Program("sleeper", SLEEP))
    first = await running(home, "sleeper")
    os.kill(first.pid, signal.SIGKILL)
    second = await running(home, "sleeper", restarts=1)
    assert second.pid != first.pid
    assert second.last_exit == -signal.SIGKILL
    await keeper.stop("sleeper")


async def test_what_was_stopped_is_not_started_again(home: Home) -> None:
    keeper = Supervisor(home)
    keeper.start(Program("sleeper", SLEEP))
    before = await running(home, "sleeper")
    await keeper.stop("sleeper")
    assert process(home, "sleeper").state == "stopped"
    assert not before.recorded().is_running()


async def test_what_fails_at_once_is_tried_less_and_less_often(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BACKOFF_FIRST_S", 0.05)
    keeper = Supervisor(home)
    began = time.monotonic()
    keeper.start(Program("broken", (sys.executable, "-S", "-c", "raise SystemExit(3)")))

    async def failed_five_times() -> bool:  # whichever state it is in: it runs for too short a time to be caught at it
        state = read_state(home)
        return any(it.name == "broken" and it.restarts >= 5 for it in (state.processes if state else []))

    await eventually(failed_five_times, what="the fifth failure")
    assert time.monotonic() - began > 0.05 + 0.1 + 0.2 + 0.4
    assert process(home, "broken").last_exit == 3
    await keeper.stop("broken")


async def test_a_missing_program_does_not_end_the_supervisor(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    keeper = Supervisor(home)
    keeper.start(Program("missing", ("/nonexistent/program",)))
    await asyncio.sleep(0.1)
    await keeper.stop("missing")
    assert "could not be started" in capfd.readouterr().out


async def test_what_does_not_stop_when_asked_is_killed(home: Home) -> None:
    keeper = Supervisor(home)
    keeper.start(Program("stubborn", STUBBORN, stop_timeout_s=0.2))
    stubborn = await running(home, "stubborn")
    log = home.logs / "stubborn.log"

    async def is_deaf() -> bool:
        return "deaf" in log.read_text()

    await eventually(is_deaf)
    await keeper.stop("stubborn")
    assert not stubborn.recorded().is_running()
    assert process(home, "stubborn").last_exit == -signal.SIGKILL


async def test_a_program_gets_its_environment_and_writes_to_its_log(home: Home) -> None:
    keeper = Supervisor(home)
    command = (sys.executable, "-S", "-c", "import os, time; print(os.environ['GREETING'], flush=True); time.sleep(60)")
    keeper.start(Program("greeter", command, {"GREETING": "hello"}))
    await running(home, "greeter")

    async def greeted() -> bool:
        return (home.logs / "greeter.log").read_text() == "hello\n"

    await eventually(greeted)
    await keeper.stop("greeter")


async def test_leftovers_of_a_killed_supervisor_are_stopped_by_pid_and_start_time(home: Home) -> None:
    left = await asyncio.create_subprocess_exec(*SLEEP, start_new_session=True)
    stranger = await asyncio.create_subprocess_exec(*SLEEP, start_new_session=True)
    recorded = Recorded.of(left.pid)
    assert recorded is not None
    lines = [
        _line("memory", left.pid, recorded.created),
        _line("search", stranger.pid, recorded.created - 3600),  # its number was used again since
    ]
    state = supervisor.StackState(supervisor_pid=left.pid, supervisor_created=0, processes=lines)
    (home.run / "state.json").write_text(state.model_dump_json())

    reaping = asyncio.create_task(left.wait())
    assert await asyncio.to_thread(control.stop_leftovers, home)
    assert await reaping == -signal.SIGTERM
    assert stranger.returncode is None
    stranger.kill()
    await stranger.wait()


def _line(name: str, pid: int, created: float) -> ProcessState:
    return ProcessState(
        name=name,
        state="running",
        pid=pid,
        created=created,
        restarts=0,
        stop_signal=signal.SIGTERM,
        stop_timeout_s=5,
    )
