import os
import signal
import time
from dataclasses import replace

from deploy.local import status
from deploy.local.processes import Recorded
from deploy.local.supervisor import ProcessState, StackState

OWN = Recorded.of(os.getpid())
assert OWN is not None


def line(name: str, recorded: Recorded, state: str = "running", restarts: int = 0) -> ProcessState:
    return ProcessState(
        name=name,
        state=state,
        pid=recorded.pid,
        created=recorded.created,
        restarts=restarts,
        stop_signal=signal.SIGTERM,
        stop_timeout_s=1,
    )


def stack(*processes: ProcessState) -> StackState:
    assert OWN is not None
    return StackState(supervisor_pid=OWN.pid, supervisor_created=OWN.created, processes=list(processes))


def test_the_table_shows_name_pid_state_uptime_restarts_and_memory() -> None:
    assert OWN is not None
    header, supervisor, memory = status.table(stack(line("memory", OWN, restarts=2)))
    assert header.split() == ["name", "pid", "state", "uptime", "restarts", "memory"]
    assert supervisor.split()[:3] == ["supervisor", str(OWN.pid), "running"]
    name, pid, state, *_, restarts, megabytes, unit = memory.split()
    assert (name, pid, state, restarts, unit) == ("memory", str(OWN.pid), "running", "2", "MB")
    assert int(megabytes) > 0


def test_a_process_that_is_gone_is_shown_as_dead_whatever_was_recorded() -> None:
    assert OWN is not None
    gone = replace(OWN, created=time.time() - 10_000_000)
    assert status.table(stack(line("search", gone)))[2].split()[:3] == ["search", "-", "dead"]


def test_a_process_between_two_lives_is_shown_as_restarting() -> None:
    assert OWN is not None
    gone = replace(OWN, created=time.time() - 10_000_000)
    assert status.table(stack(line("search", gone, "restarting", 7)))[2].split()[:3] == ["search", "-", "restarting"]
