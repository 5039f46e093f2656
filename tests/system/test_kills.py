"""kill -9 of any one process under load: nothing acknowledged is lost, nothing is done twice, service resumes."""

import asyncio
import signal

import httpx2
import pytest

from deploy.admin import parked
from deploy.admin.bus import OperatorSettings, operator
from tests.stack import Stack, Workspace, eventually
from tests.system.agreement import agreement
from tests.system.load import Load

BEFORE_KILL = 100
AFTER_KILL = 150


async def all_is_there(stack: Stack, workspace: Workspace, load: Load) -> None:
    """Every acknowledged memory can be read, none is there twice, and log, tables and index agree."""
    settings = OperatorSettings(nats_url=stack.nats_url("admin"), key_pepper="unused")
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=10) as http:
        assert len(set(load.acknowledged.values())) == len(load.acknowledged)
        for memory_id in load.acknowledged.values():
            assert (await http.get(f"/api/v1/memories/{memory_id}")).status_code == 200
        count = (await http.get("/api/v1/workspace")).json()["memory_count"]
        assert count == len(load.acknowledged), load.others
    await agreement(stack, workspace.workspace_id)
    async with operator(settings) as asked:
        assert await parked.count(asked) == 0


async def loaded(load: Load, more: int) -> None:
    """Until that many more stores are acknowledged: the service works."""
    target = len(load.acknowledged) + more

    async def reached() -> bool:
        return len(load.acknowledged) >= target

    await eventually(reached, f"{more} more stores ({dict(load.others)})")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gateway", "memory", "search", "graph", "nats", "postgres"])
async def test_a_killed_process_costs_nothing_that_was_acknowledged(
    stack: Stack, workspace: Workspace, name: str
) -> None:
    load = Load(workspace)
    load.start()
    await loaded(load, BEFORE_KILL)
    killed = stack.kill(name)
    await loaded(load, AFTER_KILL)
    await load.stop()
    await asyncio.to_thread(stack.wait_restarted, name, killed)
    await all_is_there(stack, workspace, load)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gateway", "memory", "search", "graph"])
async def test_a_process_that_is_told_to_stop_loses_nothing(stack: Stack, workspace: Workspace, name: str) -> None:
    load = Load(workspace)
    load.start()
    await loaded(load, BEFORE_KILL)
    killed = stack.kill(name, signal.SIGTERM)
    await loaded(load, AFTER_KILL)
    await load.stop()
    await asyncio.to_thread(stack.wait_restarted, name, killed)
    await all_is_there(stack, workspace, load)


@pytest.mark.slow
async def test_a_zombie_that_wakes_up_does_no_harm(stack: Stack, workspace: Workspace) -> None:
    load = Load(workspace)
    load.start()
    await loaded(load, BEFORE_KILL)
    for name in ("nats", "memory", "search"):
        stack.kill(name, signal.SIGSTOP)
        await asyncio.sleep(2)
        stack.kill(name, signal.SIGCONT)
        await loaded(load, BEFORE_KILL)
    await load.stop()
    await all_is_there(stack, workspace, load)
