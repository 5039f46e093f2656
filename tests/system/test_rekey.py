"""The master key is changed under load: nothing fails meanwhile, nothing needs the old one afterwards."""

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import httpx2
import psycopg
import pytest

from deploy.admin import rekeying
from services.kit.sealing.masters import NAME_BYTES, keys_in, name_of
from tests.admin.test_operating import admin
from tests.stack import Stack, Workspace, wait_until
from tests.system.load import Load
from tests.system.test_kills import loaded

SCHEMAS = ("memory", "graph", "extraction")


def wrapped_by(stack: Stack) -> set[bytes]:
    """The names of the master keys that open the workspaces' keys, of all schemas."""
    found = set[bytes]()
    with psycopg.connect(stack.postgres_dsn("postgres")) as connection:
        for schema in SCHEMAS:
            statement = f"SELECT DISTINCT substr(wrapped, 1, {NAME_BYTES}) FROM {schema}.workspace_keys"
            found |= {name for (name,) in connection.execute(statement.encode())}
    return found


def is_ready(stack: Stack) -> bool:
    return httpx2.get(f"{stack.url}/readyz").status_code == 200


@pytest.mark.slow
async def test_the_master_key_is_changed_while_all_goes_on(stack: Stack, workspace: Workspace, tmp_path: Path) -> None:
    file, (old,) = tmp_path / "new", keys_in(stack.home.master_key.read_text())
    file.write_text(b64encode(os.urandom(32)).decode())
    new = rekeying.read_new(file)
    load = Load(workspace)
    load.start()
    await loaded(load, 20)
    rekeying.accept(stack.home.master_key, new)  # as if it had been interrupted here
    await loaded(load, 20)
    done = await asyncio.to_thread(admin, stack, "rekey", "--new-key-file", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "backups from before need it" in done.stdout
    await loaded(load, 20)
    await load.stop()
    assert not load.others
    assert keys_in(stack.home.master_key.read_text()) == [new]
    assert keys_in(stack.home.master_key.with_name("master.key.old").read_text()) == [old]
    assert wrapped_by(stack) == {name_of(new)}
    killed = stack.kill("memory")
    await asyncio.to_thread(stack.wait_restarted, "memory", killed)
    await asyncio.to_thread(wait_until, lambda: is_ready(stack), "the services")
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=10) as http:
        for memory_id in load.acknowledged.values():
            assert (await http.get(f"/api/v1/memories/{memory_id}")).status_code == 200


@pytest.mark.slow
def test_a_service_that_is_given_another_master_key_says_which_one_it_needs(stack: Stack, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text(b64encode(os.urandom(32)).decode())
    wait_until(lambda: bool(wrapped_by(stack)), "a workspace's key")
    environment = {
        **os.environ,
        **stack.environment("memory"),
        "WEFT_MASTER_KEY_FILE": str(other),
        "WEFT_METRICS_PORT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "services.memory.app"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert f"master key {name_of(keys_in(stack.home.master_key.read_text())[0]).hex()}" in done.stderr
    assert keys_in(other.read_text())[0].hex() not in done.stderr + done.stdout
