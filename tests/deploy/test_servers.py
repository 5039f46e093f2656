"""The servers as the supervisor starts them."""

import json
import os
import signal
import urllib.request

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from deploy.local import control, postgres_server
from deploy.local.control import running_state
from deploy.local.home import Home
from deploy.local.supervisor import read_state
from deploy.nats.topology import load_topology
from tests.stack import Servers, wait_until


def test_postgres_acknowledges_only_what_is_on_disk(servers: Servers) -> None:
    with psycopg.connect(servers.postgres_dsn("weft_memory")) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert connection.execute("SELECT current_setting(%s)", [setting]).fetchone() == ("on",), setting


def test_nats_acknowledges_only_what_is_on_disk(servers: Servers) -> None:
    with urllib.request.urlopen(f"{servers.endpoints.nats_monitor_url}/jsz", timeout=5) as answer:
        assert json.load(answer)["config"]["sync_always"] is True


@pytest.mark.parametrize("role", ["weft_memory", "weft_memory_loops"])
def test_a_service_may_not_make_tables_and_obeys_row_level_security(servers: Servers, role: str) -> None:
    with psycopg.connect(servers.postgres_dsn(role)) as connection:
        flags = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(flags).fetchone() == (False, False, False)
        with pytest.raises(InsufficientPrivilege):
            connection.execute("CREATE TABLE public.stray (id int)")


def test_a_wrong_password_is_refused(servers: Servers) -> None:
    port = servers.endpoints.ports["postgres"]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://weft_owner:guess@127.0.0.1:{port}/weft")


def test_secrets_are_for_their_owner_only(servers: Servers) -> None:
    for file in (servers.home.path / "secrets.json", servers.home.run / "nats.conf"):
        assert file.stat().st_mode & 0o777 == 0o600


def test_up_when_it_is_up_changes_nothing(servers: Servers) -> None:
    before = running_state(servers.home)
    after = control.up(servers.home, gateway_port=None, servers_only=True)
    assert before is not None
    assert after.supervisor_pid == before.supervisor_pid


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nats", "postgres"])
def test_a_killed_server_comes_back_on_its_port_with_its_data(servers: Servers, name: str) -> None:
    with psycopg.connect(servers.postgres_dsn("weft_owner"), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (name text PRIMARY KEY)")
        connection.execute("INSERT INTO kept VALUES (%s)", [name])
    killed = servers.kill(name)
    servers.wait_restarted(name, killed)
    wait_until(lambda: postgres_server.is_ready(servers.endpoints), "Postgres ready")
    wait_until(lambda: _streams(servers) == len(load_topology().stream_configs()), "NATS with its streams")
    with psycopg.connect(servers.postgres_dsn("weft_owner")) as connection:
        assert connection.execute("SELECT count(*) FROM kept WHERE name = %s", [name]).fetchone() == (1,)


def _streams(servers: Servers) -> int:
    try:
        with urllib.request.urlopen(f"{servers.endpoints.nats_monitor_url}/jsz", timeout=1) as answer:
            return int(json.load(answer)["streams"])
    except OSError:
        return 0


@pytest.mark.slow
def test_up_recovers_from_a_killed_supervisor(tmp_path_factory: pytest.TempPathFactory) -> None:
    servers = Servers.start(tmp_path_factory.mktemp("recovered"))
    state = running_state(servers.home)
    assert state is not None
    os.kill(state.supervisor_pid, signal.SIGKILL)
    wait_until(lambda: running_state(servers.home) is None)
    assert {process.name for process in control.leftovers(servers.home)} == {"nats", "postgres"}

    again = Servers.start(servers.home.path)
    try:
        assert again.endpoints.ports == servers.endpoints.ports
        assert again.pid("nats") != state.processes[0].pid
        assert not any(process.recorded().is_running() for process in state.processes)
    finally:
        again.stop()
    assert control.leftovers(servers.home) == []
    stopped = read_state(servers.home)
    assert stopped is not None
    assert not any(process.recorded().is_running() for process in stopped.processes)


def test_a_lock_of_postgres_that_names_a_stranger_is_removed(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Home(tmp_path_factory.mktemp("stale"))
    home.postgres_data.mkdir()
    lock = home.postgres_data / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{home.postgres_data}\n")  # this test's own number is no Postgres
    postgres_server.drop_stale_lock(home)
    assert not lock.exists()
