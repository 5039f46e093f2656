"""The table of `status`."""

import json
import time
import urllib.error
import urllib.request

from deploy.local.control import leftovers, running_state
from deploy.local.endpoints import Endpoints
from deploy.local.home import Home
from deploy.local.processes import Recorded, memory_bytes
from deploy.local.programs import SERVICES
from deploy.local.supervisor import StackState

PARKED_GAUGE = "weft_parked_messages"


def show(home: Home) -> int:
    """Prints it. The exit code: 0 when everything runs, 1 when something does not, 3 when nothing does."""
    state = running_state(home)
    if state is None:
        print(f"Weft is down ({home.path})")
        for process in leftovers(home):
            print(
                f"  {process.name} ({process.pid}) was left behind when the supervisor died; make up or down stops it"
            )
        return 3
    endpoints = Endpoints.of(home)
    print("\n".join(table(state)))
    if not state.servers_only:
        parked = parked_count(endpoints)
        hint = "  (.venv/bin/weft-admin parked list)" if parked else ""
        print(f"\nparked messages: {'unknown' if parked is None else parked}{hint}")
        for service in SERVICES:
            if lacking := missing(endpoints, service):
                print(f"{service} is not ready, it misses: {', '.join(lacking)}")
        print(f"gateway: {endpoints.url}")
    print(f"state: {state.stage} in {home.path}")
    return 0 if state.ready and all(process.state == "running" for process in state.processes) else 1


def table(state: StackState) -> list[str]:
    """A header and one line for each process, the supervisor first."""
    lines = [f"{'name':<11}{'pid':>8}  {'state':<11}{'uptime':>9}{'restarts':>10}{'memory':>10}"]
    lines.append(_line("supervisor", state.supervisor(), "running", 0, family=False))
    lines += [_line(p.name, p.recorded(), p.state, p.restarts) for p in state.processes]
    return lines


def _line(name: str, recorded: Recorded, state: str, restarts: int, *, family: bool = True) -> str:
    process = recorded.process()
    if process is None:
        return f"{name:<11}{'-':>8}  {'dead' if state == 'running' else state:<11}{'-':>9}{restarts:>10}{'-':>10}"
    used = memory_bytes(process) if family else process.memory_info().rss
    uptime = _duration(time.time() - recorded.created)
    return f"{name:<11}{recorded.pid:>8}  {state:<11}{uptime:>9}{restarts:>10}{used / 2**20:>7.0f} MB"


def _duration(seconds: float) -> str:
    whole = max(0, int(seconds))
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours} h {minutes:02} m" if hours else f"{minutes} m {whole % 60:02} s" if minutes else f"{whole} s"


def parked_count(endpoints: Endpoints) -> int | None:
    """From the memory service's metrics; None when it does not answer."""
    try:
        with urllib.request.urlopen(endpoints.metrics_url("memory"), timeout=2) as answer:  # noqa: S310 - loopback, our own
            lines = answer.read().decode().splitlines()
    except (urllib.error.URLError, OSError):
        return None
    values = [line.split()[-1] for line in lines if line.startswith(PARKED_GAUGE)]
    return int(float(values[0])) if values else None


def missing(endpoints: Endpoints, service: str) -> list[str]:
    """What a service says that it misses; nothing where it is ready."""
    try:
        with urllib.request.urlopen(f"{endpoints.own_url(service)}/readyz", timeout=2):  # noqa: S310 - loopback, our own
            return []
    except urllib.error.HTTPError as refused:
        found: list[str] = json.load(refused)["missing"]
        return found
    except (urllib.error.URLError, OSError):
        return ["an answer"]
