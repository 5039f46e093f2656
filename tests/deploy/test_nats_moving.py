"""A folder from before Weft had an account of its own at its NATS: everything is there after the next start."""

import asyncio
import subprocess
from pathlib import Path

import nats
import pytest

from deploy.local import nats_server
from deploy.local.endpoints import PORT_NAMES, Endpoints
from deploy.local.home import Home
from deploy.local.ports import assign_ports
from deploy.nats.apply import apply
from tests.stack import Servers, eventually

pytestmark = pytest.mark.slow


async def test_streams_readers_and_where_they_were_move_into_the_account(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    endpoints = Endpoints(assign_ports(home.run / "ports.json", PORT_NAMES, {}), home.secrets())
    assert endpoints.secrets.nats_encryption_key
    config = nats_server.write_config_before_accounts(home, endpoints)
    server = await asyncio.create_subprocess_exec(*nats_server.command(config), stderr=subprocess.DEVNULL)
    try:
        await _fill(endpoints)
    finally:
        server.terminate()
        await server.wait()

    servers = await asyncio.to_thread(Servers.start, tmp_path)
    try:
        client = await nats.connect(servers.nats_url("admin"), inbox_prefix="_INBOX_admin")
        jetstream = client.jetstream()
        assert (await jetstream.get_last_msg("KV_KEYS", "$KV.KEYS.somebody")).data == b"principal"
        assert (await jetstream.stream_info("COMMANDS")).state.last_seq == 1_500
        reader = await jetstream.pull_subscribe_bind("memory", "COMMANDS")
        [message] = await reader.fetch(1, timeout=60)
        assert message.data[:3] == b"1__"
        await client.close()
        assert sorted(each.name for each in (home.nats_data / "jetstream").iterdir()) == ["WEFT"]
        assert not (home.nats_data / "moving").exists()
    finally:
        await asyncio.to_thread(servers.stop)


async def _fill(endpoints: Endpoints) -> None:
    """More than one part of a snapshot; the first command has been handled."""

    async def ready() -> bool:
        return await asyncio.to_thread(nats_server.is_ready, endpoints)

    await eventually(ready, "NATS")
    await apply(endpoints.nats_url("admin"))
    client = await nats.connect(endpoints.nats_url("admin"), inbox_prefix="_INBOX_admin")
    jetstream = client.jetstream()
    await jetstream.publish("$KV.KEYS.somebody", b"principal")
    for number in range(1_500):
        await client.publish(f"commands.ws-moved.memory.m{number}.store", b"%d__" % number + b"x" * 500)
    await client.flush()
    reader = await jetstream.pull_subscribe_bind("memory", "COMMANDS")
    [first] = await reader.fetch(1, timeout=60)
    await first.ack_sync()
    await client.close()
