"""The servers as the supervisor starts them."""

import json
import urllib.request

import psycopg
import pytest

from deploy.nats.apply import apply
from deploy.nats.topology import load_topology
from tests.stack import Servers

pytestmark = pytest.mark.slow


def test_postgres_acknowledges_only_what_is_on_disk(servers: Servers) -> None:
    with psycopg.connect(servers.postgres_dsn("weft_memory")) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            row = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
            assert row == ("on",), setting


def test_nats_acknowledges_only_what_is_on_disk(servers: Servers) -> None:
    with urllib.request.urlopen(f"{servers.endpoints.nats_monitor_url}/jsz", timeout=5) as answer:
        assert json.load(answer)["config"]["sync_always"] is True
