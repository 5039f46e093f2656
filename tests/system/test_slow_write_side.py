"""While the write side is away: 202 with a command to follow, 503 without the bus, and reads say so."""

import asyncio
import signal
from uuid import uuid4

import httpx2
import pytest

from tests.stack import Stack, Workspace, eventually

BODY = {"title": "Written while nobody listens", "narrative": "It is on disk in the stream, and decided later."}


@pytest.mark.slow
async def test_a_store_while_memory_is_away_is_accepted_and_decided_later(stack: Stack, workspace: Workspace) -> None:
    key = {"Idempotency-Key": f"away-{uuid4()}"}
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=15) as http:
        stack.kill("memory", signal.SIGSTOP)
        try:
            accepted = await http.post("/api/v1/memories/store", json=BODY, headers=key)
            assert accepted.status_code == 202
            body = accepted.json()
            assert body["status"] == "accepted"
            assert accepted.headers["Location"] == f"/api/v1/commands/{body['command_id']}"
            waiting = await http.get(accepted.headers["Location"])
            assert (waiting.status_code, waiting.json()["status"]) == (200, "accepted")
            read = await http.get(f"/api/v1/memories/{body['memory_id']}")
            assert read.status_code == 503
            assert "Retry-After" in read.headers
        finally:
            stack.kill("memory", signal.SIGCONT)

        async def committed() -> bool:
            state = await http.get(accepted.headers["Location"])
            return state.status_code == 200 and state.json()["status"] == "committed"

        await eventually(committed, "the command's end")
        replayed = await http.post("/api/v1/memories/store", json=BODY, headers=key)
        assert (replayed.status_code, replayed.json()["memory_id"]) == (201, body["memory_id"])


@pytest.mark.slow
async def test_without_the_bus_a_store_is_refused_and_may_be_repeated(stack: Stack, workspace: Workspace) -> None:
    key = {"Idempotency-Key": f"no-bus-{uuid4()}"}
    async with httpx2.AsyncClient(base_url=workspace.url, headers=workspace.headers, timeout=30) as http:
        stack.kill("nats", signal.SIGSTOP)
        try:
            refused = await http.post("/api/v1/memories/store", json=BODY, headers=key)
            assert refused.status_code == 503
            assert "Retry-After" in refused.headers
        finally:
            stack.kill("nats", signal.SIGCONT)

        async def stored() -> bool:
            answer = await http.post("/api/v1/memories/store", json=BODY, headers=key)
            return answer.status_code == 201

        await eventually(stored, "a store after the bus is back")
        await asyncio.sleep(0)
        assert (await http.get("/api/v1/workspace")).json()["memory_count"] == 1
