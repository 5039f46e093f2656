"""A write that is on disk but not yet decided, and what becomes of it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx2
import pytest

from contracts.base import derived_id
from tests.flows.conftest import store
from tests.stack import Stack, wait_until

DRAFT = {"title": "Patience", "narrative": "It is on disk."}


@contextmanager
def standing_still(stack: Stack, service: str) -> Iterator[None]:
    """The service takes nothing in and answers nothing, but is not dead."""
    pid = stack.pid(service)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def is_ready(client: httpx2.Client) -> bool:
    return client.get("/readyz").status_code == 200


@pytest.mark.slow
def test_while_memory_stands_still_a_store_is_accepted_and_later_committed(stack: Stack, client: httpx2.Client) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    with standing_still(stack, "memory"):
        answer = client.post("/api/v1/memories/store", json=DRAFT, headers=key)
        accepted = answer.json()
        assert answer.status_code == 202
        assert accepted == {**accepted, "status": "accepted"}
        assert set(accepted) == {"command_id", "status", "memory_id", "warnings"}
        assert answer.headers["Location"] == f"/api/v1/commands/{accepted['command_id']}"
        followed = client.get(answer.headers["Location"])
        assert (followed.status_code, followed.json()["status"]) == (200, "accepted")
        not_ready = client.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["missing"]) == (503, ["memory"])
        assert client.get("/healthz").status_code == 200

    wait_until(lambda: client.get(answer.headers["Location"]).json()["status"] == "committed", what="the commit")
    followed = client.get(answer.headers["Location"])
    assert followed.json()["result"]["memory_id"] == accepted["memory_id"]
    assert client.get(f"/api/v1/memories/{accepted['memory_id']}").json()["title"] == "Patience"
    repeated = client.post("/api/v1/memories/store", json=DRAFT, headers=key)
    assert (repeated.status_code, repeated.json()["memory_id"]) == (201, accepted["memory_id"])
    assert client.get("/api/v1/workspace").json()["memory_count"] == 1
    wait_until(lambda: is_ready(client), what="readiness")


@pytest.mark.slow
def test_while_memory_stands_still_reads_are_503_and_say_when_to_come_again(
    stack: Stack, anyone: httpx2.Client
) -> None:
    with standing_still(stack, "memory"):
        answer = anyone.get("/api/v1/memories/mem-0000000000000000")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert set(answer.json()) == {"detail"}
    wait_until(lambda: is_ready(anyone), what="readiness")


def path_of(workspace_id: str, key: str) -> str:
    return f"/api/v1/commands/{derived_id('command', workspace_id, key)}"


def test_a_rejected_command_says_why(anyone: httpx2.Client) -> None:
    memory, key = store(anyone), str(uuid4())
    headers = {"Idempotency-Key": key, "If-Match": '"9"'}
    assert anyone.patch(f"/api/v1/memories/{memory['memory_id']}", json={}, headers=headers).status_code == 412
    state = anyone.get(path_of(memory["workspace_id"], key)).json()
    assert (state["status"], state["refusal"]["code"], state["result"]) == ("rejected", "revision_mismatch", None)


def test_a_strangers_command_is_not_found(anyone: httpx2.Client, stranger: httpx2.Client) -> None:
    key, workspace_id = str(uuid4()), store(anyone)["workspace_id"]
    assert anyone.post("/api/v1/memories/store", json=DRAFT, headers={"Idempotency-Key": key}).status_code == 201
    path = path_of(workspace_id, key)
    assert anyone.get(path).json()["status"] == "committed"
    assert stranger.get(path).status_code == 404
    assert anyone.get(path, params={"workspace_id": "ws-000000000000"}).status_code == 404
