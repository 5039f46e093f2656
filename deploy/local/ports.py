"""Free ports on loopback, kept across restarts in run/ports.json where they are still free."""

import json
import random
import socket
from collections.abc import Iterable
from pathlib import Path

from deploy.local.home import read_json, write_private

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections (32768 on, on Linux): a client that keeps
# trying to reach a server that is down could otherwise be given the server's own port and talk to itself.
CANDIDATES = range(15_000, 32_000)
ATTEMPTS = 200


class NoFreePort(Exception):
    """None found after many attempts, or the one that was asked for is taken."""


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: a port in TIME_WAIT is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def choose_port(taken: Iterable[int] = ()) -> int:
    taken = set(taken)
    for port in random.sample(CANDIDATES, ATTEMPTS):
        if port not in taken and is_free(port):
            return port
    raise NoFreePort(f"no free port among {ATTEMPTS} tried between {CANDIDATES.start} and {CANDIDATES.stop}")


def assign_ports(file: Path, names: Iterable[str], fixed: dict[str, int]) -> dict[str, int]:
    """A port for each name: the fixed one (NoFreePort if it is taken), else the one it had, else any that is free."""
    for name, port in fixed.items():
        if not is_free(port):
            raise NoFreePort(
                f"port {port} for the {name} is in use: stop what listens there, or choose another (WEFT_PORT=...)"
            )
    before = read_json(file)
    ports = dict(fixed)
    for name in names:
        kept = before.get(name)
        if not (isinstance(kept, int) and kept not in ports.values() and is_free(kept)):
            kept = choose_port(ports.values())
        ports.setdefault(name, kept)
    write_private(file, json.dumps(ports, indent=2))
    return ports
