"""kill -9 in the middle of an import: what was said stays, a second run brings the rest, nothing is there twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

import httpx2
import pytest

from tests import examples
from tests.stack import Stack, Workspace, eventually
from tests.system.agreement import agreement

SIZE = 1_500
NDJSON = {"Content-Type": "application/x-ndjson"}


def lines() -> list[bytes]:
    made = [examples.a_memory_line(narrative=f"Number {each}.", tags=[f"t{each}"]) for each in range(SIZE)]
    return [line.model_dump_json().encode() + b"\n" for line in made]


async def sent(body: Sequence[bytes]) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 50):
        yield b"".join(body[start : start + 50])


async def put(http: httpx2.AsyncClient, body: Sequence[bytes]) -> dict[str, int]:
    answer = await http.post("/api/v1/import", content=sent(body), headers=NDJSON)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["errors"] == []
    return {name: told[name] for name in ("imported", "skipped")}


async def count(http: httpx2.AsyncClient) -> int:
    """How many memories there are; none where nobody can say it."""
    try:
        answer = await http.get("/api/v1/workspace")
    except httpx2.TransportError:
        return 0
    return int(answer.json()["memory_count"]) if answer.is_success else 0


async def begun(http: httpx2.AsyncClient) -> bool:
    return await count(http) >= SIZE // 5


def client_of(workspace: Workspace) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=120)


async def all_is_there_once(
    stack: Stack, workspace: Workspace, http: httpx2.AsyncClient, body: Sequence[bytes]
) -> None:
    exported = (await http.get("/api/v1/export")).text.splitlines()
    ids = [json.loads(line)["memory_id"] for line in exported[1:-1]]
    assert ids == sorted(json.loads(line)["memory_id"] for line in body)
    await agreement(stack, workspace.workspace_id)


@pytest.mark.slow
async def test_the_write_side_is_killed_and_the_import_waits_for_it(stack: Stack, workspace: Workspace) -> None:
    body = lines()
    async with client_of(workspace) as http:
        importing = asyncio.create_task(put(http, body))
        await eventually(lambda: begun(http), "an import that is under way")
        killed = stack.kill("memory")
        told = await importing
        assert sum(told.values()) == SIZE
        await asyncio.to_thread(stack.wait_restarted, "memory", killed)
        await all_is_there_once(stack, workspace, http, body)


@pytest.mark.slow
async def test_the_gateway_is_killed_and_a_second_run_goes_on(stack: Stack, workspace: Workspace) -> None:
    body = lines()
    async with client_of(workspace) as http:
        importing = asyncio.create_task(put(http, body))
        await eventually(lambda: begun(http), "an import that is under way")
        killed = stack.kill("gateway")
        with pytest.raises(httpx2.TransportError):
            await importing
        await asyncio.to_thread(stack.wait_restarted, "gateway", killed)
        async with client_of(workspace) as again:
            await eventually(lambda: begun(again), "the gateway to answer")
            told = await put(again, body)
            assert sum(told.values()) == SIZE
            assert told["skipped"] >= SIZE // 5
            await all_is_there_once(stack, workspace, again, body)


@pytest.mark.slow
async def test_a_client_that_goes_away_leaves_whole_lines(stack: Stack, workspace: Workspace) -> None:
    body = lines()

    async def broken_off() -> AsyncIterator[bytes]:
        async for part in sent(body[: SIZE // 2]):
            yield part
        yield body[SIZE // 2][:50]
        raise ConnectionAbortedError

    async with client_of(workspace) as http:
        with pytest.raises(ConnectionAbortedError):
            await http.post("/api/v1/import", content=broken_off(), headers=NDJSON)

        async def half() -> bool:
            return await count(http) >= SIZE // 2 - 64

        await eventually(half, "what was sent to be imported")
        told = await put(http, body)
        assert sum(told.values()) == SIZE
        await all_is_there_once(stack, workspace, http, body)
