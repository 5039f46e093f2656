"""The supervisor process: locks WEFT_HOME, starts all in order, waits to be told to stop, stops in order."""

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from deploy.local import nats_moving, nats_server, postgres_server, programs
from deploy.local.control import ANOTHER_RUNS, stop_leftovers
from deploy.local.endpoints import PORT_NAMES, Endpoints
from deploy.local.home import CHECKOUT, Home, read_credentials
from deploy.local.logs import last_lines, rotate
from deploy.local.ports import NoFreePort, assign_ports
from deploy.local.processes import Recorded
from deploy.local.supervisor import Program, Supervisor
from deploy.nats.apply import apply

SERVERS_READY_S = 60
SERVICES_READY_S = 120  # the first start writes the embedding model
STEP_TIMEOUT_S = 120
POLL_S = 0.05
RESTARTS_AT_START_MAX = 6  # some 12 seconds, backoff included; a service that waits for another does not end
HOUSEKEEPING_S = 5
FIRST_EMAIL = "admin@weft.local"


class StartFailed(Exception):
    """A step of the start did not succeed; the message is for the user."""


@contextlib.contextmanager
def locked(home: Home) -> Iterator[bool]:
    """Whether this process is now the folder's only supervisor. The lock goes with the process, however that ends."""
    with (home.run / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def run(home: Home, *, gateway_port: int | None, servers_only: bool = False, until_exit_of: int | None = None) -> int:
    """Runs the stack in this process until SIGTERM or SIGINT, or until that process ends. The exit code."""
    home.make()
    with locked(home) as alone:
        if not alone:
            print("another supervisor runs in this WEFT_HOME", file=sys.stderr)
            return ANOTHER_RUNS
        stop_leftovers(home)
        return asyncio.run(_run(home, gateway_port, servers_only, until_exit_of))


async def _run(home: Home, gateway_port: int | None, servers_only: bool, until_exit_of: int | None) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stop.set)
    supervisor = Supervisor(home, servers_only=servers_only)
    housekeeping = asyncio.create_task(_keep_house(home, stop, until_exit_of))
    starting = asyncio.create_task(_start(home, supervisor, gateway_port, servers_only))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
    starting.cancel()
    failure = await _failure_of(starting)
    if failure is None:
        await stopped
        supervisor.say("stopping")
    for group in (programs.SERVICES[::-1], ("nats",), ("postgres",)):
        await supervisor.stop(*group)
    housekeeping.cancel()
    if failure is not None:
        supervisor.set_failed(failure)
        return 1
    supervisor.say("stopped")
    return 0


async def _failure_of(starting: asyncio.Task[None]) -> str | None:
    """Why the start failed; None if it succeeded or was called off."""
    try:
        await starting
    except asyncio.CancelledError:
        return None
    except (StartFailed, NoFreePort, postgres_server.PostgresFailed, nats_moving.NotMoved) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - the edge of the process: what runs is to be stopped, whatever happened
        traceback.print_exc()
        return f"{type(error).__name__}: {error} (see logs/supervisor.log)"
    return None


async def _start(home: Home, supervisor: Supervisor, gateway_port: int | None, servers_only: bool) -> None:
    fixed = {} if gateway_port is None or servers_only else {"gateway": gateway_port}
    ports = assign_ports(home.run / "ports.json", PORT_NAMES, fixed)
    endpoints = Endpoints(ports, home.secrets())
    home.make_master_key()
    await _start_servers(home, supervisor, endpoints)
    if not servers_only:
        supervisor.say("preparing the database")
        as_owner = programs.owner_environment(home, endpoints)
        for service in programs.WITH_TABLES:
            await _step(home, "migrations", [f"services.{service}.migrations"], as_owner)
        supervisor.say("starting the services")
        for program in programs.services(home, endpoints):
            supervisor.start(program)
        ready_url = f"{endpoints.url}/readyz"
        await _wait_until(lambda: _are_ready(ready_url, supervisor), SERVICES_READY_S, ready_url)
        await _open_first_workspace(home, supervisor, endpoints)
        await _make_first_account(home, supervisor, endpoints)
    supervisor.set_ready()


async def _start_servers(home: Home, supervisor: Supervisor, endpoints: Endpoints) -> None:
    supervisor.say("starting NATS and Postgres")
    await asyncio.to_thread(postgres_server.prepare, home, endpoints)
    if nats_moving.is_due(home):
        await _save_streams(home, supervisor, endpoints)
    for program in programs.servers(home, endpoints):
        supervisor.start(program)
    await _wait_until(lambda: nats_server.is_ready(endpoints), SERVERS_READY_S, "NATS (see logs/nats.log)")
    await nats_moving.restore(home, endpoints.nats_url("admin"))
    for line in await apply(endpoints.nats_url("admin")):
        print(line, flush=True)
    await _wait_until(lambda: postgres_server.is_ready(endpoints), SERVERS_READY_S, "Postgres (see logs/postgres.log)")
    await asyncio.to_thread(postgres_server.make_roles, endpoints)


async def _save_streams(home: Home, supervisor: Supervisor, endpoints: Endpoints) -> None:
    supervisor.say("moving the streams of NATS into Weft's account")
    config = nats_server.write_config_before_accounts(home, endpoints)
    supervisor.start(Program("nats", nats_server.command(config)))
    await _wait_until(lambda: nats_server.is_ready(endpoints), SERVERS_READY_S, "NATS (see logs/nats.log)")
    await nats_moving.save(home, endpoints.nats_url("admin"))
    await supervisor.stop("nats")
    nats_moving.put_aside(home)


async def _open_first_workspace(home: Home, supervisor: Supervisor, endpoints: Endpoints) -> None:
    if home.credentials.exists():
        point_to(home.credentials, endpoints.url)
        return
    supervisor.say("making the default workspace and its key")
    command = ["deploy.admin", "open-workspace", "--name", "default"]
    command += ["--credentials", str(home.credentials), "--url", endpoints.url]
    await _step(home, "bootstrap", command, programs.operator_environment(home, endpoints))


async def _make_first_account(home: Home, supervisor: Supervisor, endpoints: Endpoints) -> None:
    """Also for a folder from before there were accounts, or where the last start ended in between."""
    if "WEFT_ADMIN_PASSWORD" in read_credentials(home.credentials):
        return
    supervisor.say("making the first account")
    command = ["deploy.admin", "give-owner", "--email", FIRST_EMAIL, "--credentials", str(home.credentials)]
    await _step(home, "bootstrap", command, programs.operator_environment(home, endpoints))


def point_to(credentials: Path, url: str) -> None:
    """Writes the gateway's present URL into the file, which stays its owner's alone; the port may have changed."""
    known = read_credentials(credentials)
    if known.get("MEMORIES_API_URL") == url:
        return
    unfinished = credentials.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text("".join(f"{name}={value}\n" for name, value in {**known, "MEMORIES_API_URL": url}.items()))
    unfinished.rename(credentials)


async def _step(home: Home, name: str, module: list[str], environment: dict[str, str]) -> None:
    """Runs `python -m ...` to its end, into a log of its own. Raises StartFailed with the log's last lines."""
    log = home.logs / f"{name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module, env={**os.environ, **environment}, stdout=output, stderr=output, cwd=CHECKOUT
        )
        try:
            code = await asyncio.wait_for(process.wait(), STEP_TIMEOUT_S)
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            raise
    if code != 0:
        raise StartFailed(f"{' '.join(module[:2])} failed:\n" + "\n".join(last_lines(log, 15)))


async def _wait_until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise StartFailed(f"no answer within {timeout_s:.0f} s from {what}")
        await asyncio.sleep(POLL_S)


def _are_ready(url: str, supervisor: Supervisor) -> bool:
    """Whether the gateway says so. Raises StartFailed when a service ends again and again."""
    for name, restarts in supervisor.restarts().items():
        if restarts > RESTARTS_AT_START_MAX:
            raise StartFailed(f"{name} ends as often as it is started")
    return _answers(url)


def _answers(url: str) -> bool:
    """Whether a GET gives 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - loopback, our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


async def _keep_house(home: Home, stop: asyncio.Event, until_exit_of: int | None) -> None:
    """Keeps the logs small, and stops the stack when the process is gone for which it runs (a test run)."""
    awaited = Recorded.of(until_exit_of) if until_exit_of else None
    while True:
        try:
            rotate(home.logs)
        except OSError as error:  # a full disk, most likely; the stack goes on
            print(f"the logs could not be shortened: {error}", flush=True)
        if awaited is not None and not awaited.is_running():
            stop.set()
        await asyncio.sleep(HOUSEKEEPING_S)
