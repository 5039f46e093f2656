import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.ports import CANDIDATES, LOOPBACK, NoFreePort, assign_ports, choose_port, is_free


@contextmanager
def listening(port: int) -> Iterator[None]:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((LOOPBACK, port))
        server.listen()
        yield


def test_ports_are_kept_across_restarts(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = assign_ports(file, ["nats", "postgres"], {})
    assert assign_ports(file, ["nats", "postgres"], {}) == first
    assert json.loads(file.read_text()) == first


def test_a_port_that_was_taken_meanwhile_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    first = assign_ports(file, ["nats", "postgres"], {})
    with listening(first["nats"]):
        second = assign_ports(file, ["nats", "postgres"], {})
    assert second["nats"] != first["nats"]
    assert second["postgres"] == first["postgres"]


def test_no_two_names_share_a_port(tmp_path: Path) -> None:
    file = tmp_path / "ports.json"
    file.write_text('{"nats": 20001, "postgres": 20001}')
    ports = assign_ports(file, ["nats", "postgres", "gateway"], {"gateway": choose_port()})
    assert len(set(ports.values())) == 3


def test_the_port_that_the_user_asked_for_is_used_or_refused_with_advice(tmp_path: Path) -> None:
    port = choose_port()
    assert assign_ports(tmp_path / "ports.json", ["gateway"], {"gateway": port}) == {"gateway": port}
    with listening(port), pytest.raises(NoFreePort, match="WEFT_PORT"):
        assign_ports(tmp_path / "ports.json", ["gateway"], {"gateway": port})


def test_chosen_ports_lie_below_those_that_the_kernel_gives_to_clients() -> None:
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not ephemeral.exists():
        pytest.skip("no such file on this system")
    assert CANDIDATES.stop <= int(ephemeral.read_text().split()[0])


def test_a_port_with_a_listener_is_not_free() -> None:
    port = choose_port()
    assert is_free(port)
    with listening(port):
        assert not is_free(port)
