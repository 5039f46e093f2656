"""A workspace is deleted while others write to it and half of the services are away: it stays deleted all the same."""

import asyncio
from uuid import uuid4

import httpx2
import nats
import pytest

from contracts import subjects
from contracts.events import WorkspaceDeleted
from tests.flows.managing import managing
from tests.flows.test_ending_api import is_erased, say_everywhere
from tests.stack import Stack, eventually, wait_until
from tests.traces import files_with, rows_with, streamed

AWAY = ("search", "graph", "extraction")
WRITERS = 8


async def write_until_refused(client: httpx2.AsyncClient, canary: str) -> set[int]:
    """The statuses of the answers, the last of them a refusal."""
    said, statuses = {"title": canary, "narrative": canary}, {201}
    while statuses <= {201, 202}:
        statuses.add((await client.post("/api/v1/memories/store", json=said)).status_code)
    return statuses


async def forget_the_event(stack: Stack, workspace_id: str) -> None:
    """As if it had been too long ago: from here on only a look can tell that the workspace is gone."""
    bus = await nats.connect(stack.nats_url("admin"), inbox_prefix=b"_INBOX_admin")
    subject = subjects.of_event(WorkspaceDeleted, workspace_id, workspace_id)
    said = await bus.jetstream().get_last_msg(subjects.EVENTS_STREAM, subject)
    await bus.jetstream().delete_msg(subjects.EVENTS_STREAM, int(said.seq or 0))
    await bus.close()


@pytest.mark.slow
async def test_who_was_away_when_a_workspace_was_deleted_forgets_it_too(stack: Stack) -> None:
    canary, named = f"canary{uuid4().hex}", f"name{uuid4().hex}"
    with managing(stack) as managed:
        key = {"Authorization": f"Token {managed.first['api_key']}"}
        with managed.client(managed.first["api_key"]) as client:
            await asyncio.to_thread(say_everywhere, managed, client, canary, named)
        with stack.nothing_restarted():
            killed = {name: stack.kill(name) for name in AWAY}
            async with httpx2.AsyncClient(base_url=stack.url, headers=key, timeout=60) as http:
                writing = [asyncio.create_task(write_until_refused(http, canary)) for _ in range(WRITERS)]
                path = f"/v1/workspaces/{managed.workspace_id}"
                deleted = await asyncio.to_thread(managed.portal.delete, path)
                assert deleted.status_code == 204
                assert set().union(*await asyncio.gather(*writing)) <= {201, 202, 401, 404}

            async def erased() -> bool:
                return is_erased(stack, managed.workspace_id)

            await eventually(erased, "the workspace to be erased")
            await forget_the_event(stack, managed.workspace_id)
            assert (stack.home.search_data / managed.workspace_id).is_dir()
        for name, pid in killed.items():
            stack.wait_restarted(name, pid)
    wait_until(lambda: rows_with(stack, named) == [], "the tables to be without it")
    wait_until(lambda: files_with(stack, canary) == streamed(stack, named) == [], "all files to be without it")
    wait_until(lambda: not (stack.home.search_data / managed.workspace_id).exists(), "the index to be gone")
