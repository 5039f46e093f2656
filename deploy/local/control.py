"""What the commands do from outside: start a supervisor, stop it, clear up after one that was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from deploy.local.home import CHECKOUT, Home
from deploy.local.logs import last_lines
from deploy.local.supervisor import ProcessState, StackState, read_state

UP_TIMEOUT_S = 240
DOWN_TIMEOUT_S = 120
SUPERVISOR_APPEARS_S = 15
POLL_S = 0.05
ANOTHER_RUNS = 4  # exit code of a supervisor that found WEFT_HOME taken


class UpFailed(Exception):
    """The stack did not become ready; the message says why, with the log lines that tell more."""


def running_state(home: Home) -> StackState | None:
    """Of the supervisor that runs now; None when there is none, whatever an earlier one left behind."""
    state = read_state(home)
    return state if state is not None and state.supervisor().is_running() else None


def up(
    home: Home,
    *,
    gateway_port: int | None,
    servers_only: bool = False,
    until_exit_of: int | None = None,
    progress: Callable[[str], None] = lambda stage: None,
) -> StackState:
    """Starts what does not run yet, and returns when all is ready. Raises UpFailed.

    `gateway_port`: None takes a free one. `until_exit_of`: the stack goes when the process with this number ends.
    """
    home.make()
    state = running_state(home)
    if state is None or state.stage in ("stopping", "stopped", "failed"):
        if state is not None:
            state.supervisor().wait_gone(DOWN_TIMEOUT_S)
        _start_supervisor(home, gateway_port, servers_only, until_exit_of)
    return _wait_ready(home, progress)


def _start_supervisor(home: Home, gateway_port: int | None, servers_only: bool, until_exit_of: int | None) -> None:
    command = [sys.executable, "-m", "deploy.local", "run"]
    command += ["--servers-only"] if servers_only else []
    command += ["--port", "0" if gateway_port is None else str(gateway_port)]
    command += ["--until-exit-of", str(until_exit_of)] if until_exit_of else []
    with (home.logs / "supervisor.log").open("ab") as log:
        child = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env={**os.environ, "WEFT_HOME": str(home.path)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + SUPERVISOR_APPEARS_S
    while not _has_appeared(home, child.pid):
        if time.monotonic() > deadline or child.poll() not in (None, ANOTHER_RUNS):
            raise UpFailed("the supervisor did not start:\n" + "\n".join(last_lines(home.logs / "supervisor.log", 15)))
        time.sleep(POLL_S)


def _has_appeared(home: Home, pid: int) -> bool:
    """Whether our supervisor has written its state, even if it ended since, or that of another `up` was quicker."""
    state = read_state(home)
    return state is not None and (state.supervisor_pid == pid or state.supervisor().is_running())


def _wait_ready(home: Home, progress: Callable[[str], None]) -> StackState:
    deadline = time.monotonic() + UP_TIMEOUT_S
    stage = ""
    while time.monotonic() < deadline:
        state = read_state(home)
        if state is not None and state.stage != stage:
            stage = state.stage
            progress(stage)
        if state is not None and state.ready:
            return state
        if state is None or state.failure is not None or not state.supervisor().is_running():
            raise UpFailed(_why(home, state))
        time.sleep(POLL_S)
    raise UpFailed(f"not ready within {UP_TIMEOUT_S} s, at: {stage}")


def _why(home: Home, state: StackState | None) -> str:
    if state is None or state.failure is None:
        return "the supervisor ended:\n" + "\n".join(last_lines(home.logs / "supervisor.log", 15))
    lines = [state.failure]
    for process in state.processes:
        if process.restarts:
            lines += [f"{process.name} ended {process.restarts} times; its last lines:"]
            lines += [f"    {line}" for line in last_lines(home.logs / f"{process.name}.log", 15)]
    return "\n".join(lines)


def down(home: Home) -> bool:
    """Stops the stack and returns when it is gone; false when nothing ran."""
    state = running_state(home)
    if state is None:
        return stop_leftovers(home)
    state.supervisor().stop(signal.SIGTERM, DOWN_TIMEOUT_S)
    stop_leftovers(home)
    return True


def leftovers(home: Home) -> list[ProcessState]:
    """Processes that are recorded and still run though their supervisor does not."""
    state = read_state(home)
    if state is None or state.supervisor().is_running():
        return []
    return [process for process in state.processes if process.recorded().is_running()]


def stop_leftovers(home: Home) -> bool:
    """Stops what a killed supervisor left behind and had recorded, the services first. False when there was nothing."""
    left = leftovers(home)
    for process in reversed(left):
        process.recorded().stop(signal.Signals(process.stop_signal), process.stop_timeout_s)
    return bool(left)
