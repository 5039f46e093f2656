"""Consolidation over HTTP: one memory is seen where there were near duplicates, until somebody undoes it."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.admin.test_operating import admin
from tests.flows.conftest import client_of, store
from tests.stack import Stack, Workspace, wait_until

MEMORIES = "/api/v1/memories"
POOL = "Every query goes through the connection pool. A connection per request exhausted the server under load"


def listed(client: httpx2.Client, **asked: Any) -> set[str]:
    answer = client.get(f"{MEMORIES}/", params=asked)
    assert answer.status_code == 200, answer.text
    return {it["memory_id"] for it in answer.json()}


def found(client: httpx2.Client) -> set[str]:
    answer = client.post(f"{MEMORIES}/search", json={"query": "connection pool", "limit": 50})
    return {it["id"] for it in answer.json()["results"]}


def drawn(client: httpx2.Client) -> set[str]:
    return {it["memory_id"] for it in client.get(f"{MEMORIES}/graph").json()["nodes"]}


def explored(client: httpx2.Client) -> set[str]:
    answer = client.post(f"{MEMORIES}/explore", json={"query": "connection pool"})
    return {it["memory_id"] for it in answer.json()["nodes"]}


def injected(client: httpx2.Client) -> set[str]:
    answer = client.post("/api/v1/sessions/start", json={"project_path": "/home/ada/payments"})
    assert answer.status_code == 201, answer.text
    return {it["memory_id"] for it in answer.json()["injected_memories"]}


SEEN = (listed, found, drawn, explored, injected)
"""Every way in which memories are come across."""


def near_duplicates(client: httpx2.Client, memory_id: str) -> int:
    edges = client.get("/api/v1/relationships", params={"memory_id": memory_id}).json()
    return sum(it["discovery_method"] == "near_duplicate" for it in edges)


def consolidate(stack: Stack, workspace: Workspace) -> str:
    """What the operator is told."""
    own = ("maintenance", "--workspace", workspace.workspace_id, "--task", "consolidation")
    done = admin(stack, *own)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def undo(client: httpx2.Client, memory_id: str, **headers: str) -> httpx2.Response:
    return client.post(f"{MEMORIES}/{memory_id}/unconsolidate", headers=headers)


@pytest.fixture
def twins(stack: Stack, workspace: Workspace) -> tuple[str, str]:
    """Two memories that say the same, the second newer, folded into one by nightly work."""
    with client_of(workspace) as client:
        older, newer = (
            store(client, title="Use the pool", narrative=f"{POOL}{end}", tags=[tag])["memory_id"]
            for end, tag in ((".", "older"), ("!", "newer"))
        )
        wait_until(lambda: near_duplicates(client, newer) == 1, "the graph to find that they are alike")
    assert "folded 1" in consolidate(stack, workspace)
    return older, newer


@pytest.mark.slow
def test_one_is_seen_where_there_were_two_until_it_is_undone(
    stack: Stack, client: httpx2.Client, workspace: Workspace, twins: tuple[str, str]
) -> None:
    older, newer = twins
    wait_until(lambda: all(look(client) == {newer} for look in SEEN), "one to be seen everywhere")
    assert listed(client, consolidated=True) == {older, newer}
    survivor, folded = (client.get(f"{MEMORIES}/{it}") for it in (newer, older))
    assert survivor.json()["is_consolidated"] is True
    assert (survivor.json()["consolidated_from"], survivor.json()["tags"]) == ([older], ["newer", "older"])
    assert (folded.status_code, folded.headers["ETag"], folded.json()["narrative"]) == (200, '"1"', f"{POOL}.")
    assert (folded.json()["consolidated_into"], folded.json()["outgoing_relationships"]) == (newer, [])
    assert client.get(f"{MEMORIES}/{older}/related").json() == []
    ends = {"source_memory_id": older, "target_memory_id": newer}
    assert client.post(f"{MEMORIES}/path", json=ends).json() == {"path": [], "edges": [], "depth": 0}
    assert stack_agrees(stack, workspace)

    key = str(uuid4())
    undone, again = (undo(client, newer, **{"Idempotency-Key": key}) for _ in range(2))
    assert undone.status_code == 200, undone.text
    assert (undone.json(), undone.headers["ETag"]) == (again.json(), again.headers["ETag"])
    assert (undone.json()["is_consolidated"], undone.json()["consolidated_from"]) == (False, None)
    assert (undone.json()["tags"], undone.json()["revision"]) == (["newer"], 3)
    both = {older, newer}
    wait_until(lambda: all(look(client) == both for look in SEEN), "both to be seen everywhere")
    wait_until(lambda: near_duplicates(client, newer) == 1, "their edges to be back")
    assert stack_agrees(stack, workspace)
    assert "empty" in consolidate(stack, workspace)
    assert listed(client) == both, "what was undone stays so"


def stack_agrees(stack: Stack, workspace: Workspace) -> bool:
    wait_until(lambda: admin(stack, "verify", "--workspace", workspace.workspace_id).returncode == 0, "agreement")
    return True


@pytest.mark.slow
def test_a_deleted_survivor_leaves_the_other_and_a_deleted_other_nothing(
    client: httpx2.Client, twins: tuple[str, str]
) -> None:
    older, newer = twins
    third = store(client, title="Another matter", narrative="Fonts are served by ourselves.")["memory_id"]
    assert client.delete(f"{MEMORIES}/{newer}").status_code == 204
    assert listed(client) == {older, third}
    assert client.get(f"{MEMORIES}/{older}").json()["consolidated_into"] is None


def test_what_can_not_be_undone_says_why(anyone: httpx2.Client, stranger: httpx2.Client) -> None:
    memory_id = store(anyone)["memory_id"]
    refused = undo(anyone, memory_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_consolidated")
    unknown = [undo(anyone, "mem-0000000000000000"), undo(anyone, "mem-x"), undo(stranger, memory_id)]
    assert [it.status_code for it in unknown] == [404] * 3
    foreign = anyone.post(f"{MEMORIES}/{memory_id}/unconsolidate", json={"workspace_id": "ws-000000000000"})
    assert foreign.status_code == 403
    assert anyone.post(f"{MEMORIES}/{memory_id}/unconsolidate", json={"other": 1}).status_code == 422
