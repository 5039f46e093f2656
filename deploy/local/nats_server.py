"""The local NATS server: the real one, from its wheel."""

import fcntl
import json
import signal
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local.endpoints import Endpoints
from deploy.local.home import Home, write_private
from deploy.local.ports import LOOPBACK
from deploy.local.processes import Recorded
from deploy.local.supervisor import read_state
from deploy.nats.server import accounts, server_config

RELOAD_TIMEOUT_S = 30
POLL_S = 0.05


class NotReloaded(Exception):
    """The server goes on with the configuration that it had."""


def write_config(home: Home, endpoints: Endpoints) -> Path:
    return _write_config(home, endpoints, {"accounts": accounts(endpoints.secrets.nats, home.subscribers())})


def write_config_before_accounts(home: Home, endpoints: Endpoints) -> Path:
    """For the operator alone, in whose reach are the streams from before Weft had an account of its own."""
    operator = {"user": "admin", "password": endpoints.secrets.nats["admin"]}
    return _write_config(home, endpoints, {"authorization": {"users": [operator]}})


def _write_config(home: Home, endpoints: Endpoints, users: Mapping[str, Any]) -> Path:
    file = home.run / "nats.conf"
    text = server_config(
        host=LOOPBACK,
        port=endpoints.ports["nats"],
        monitor_port=endpoints.ports["nats_monitor"],
        store_dir=home.nats_data,
        encryption_key=endpoints.secrets.nats_encryption_key,
        users=users,
    )
    write_private(file, text)
    return file


def command(config: Path) -> tuple[str, ...]:
    return (str(Path(sysconfig.get_path("scripts")) / "nats-server"), "--config", str(config))


def is_ready(endpoints: Endpoints) -> bool:
    """Whether it answers, and JetStream has read its store."""
    try:
        with urllib.request.urlopen(f"{endpoints.nats_monitor_url}/healthz", timeout=1) as answer:  # noqa: S310 - loopback, our own
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def changing_subscribers(home: Home) -> Iterator[dict[str, str]]:
    """The subscribers to be changed, one who changes them at a time; then they are kept, and the server knows them.

    Who is no more among them is disconnected; nobody else notices. Raises NotReloaded.
    """
    with (home.run / "subscribers.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = home.subscribers()
        known = dict(before)
        yield known
        if known != before:
            home.write_subscribers(known)
            reload(home)


def reload(home: Home) -> None:
    """Has the server read its configuration anew; returns once it has. Raises NotReloaded."""
    endpoints, state = Endpoints.of(home), read_state(home)
    write_config(home, endpoints)
    for server in [each.recorded() for each in state.processes if each.name == "nats"] if state else []:
        _reload_once(server, endpoints)
        _reload_once(server, endpoints)  # a new account has its imports only from the second time on (NATS 2.15)


def _reload_once(server: Recorded, endpoints: Endpoints) -> None:
    before = _loaded_at(endpoints)
    server.send(signal.SIGHUP)
    deadline = time.monotonic() + RELOAD_TIMEOUT_S
    while _loaded_at(endpoints) == before:
        if time.monotonic() > deadline:
            raise NotReloaded(f"NATS has not taken its new configuration within {RELOAD_TIMEOUT_S} s (logs/nats.log)")
        time.sleep(POLL_S)


def _loaded_at(endpoints: Endpoints) -> str:
    try:
        with urllib.request.urlopen(f"{endpoints.nats_monitor_url}/varz", timeout=5) as answer:  # noqa: S310 - loopback, our own
            return str(json.load(answer)["config_load_time"])
    except OSError as fault:
        raise NotReloaded(f"NATS does not answer: {fault}") from fault
