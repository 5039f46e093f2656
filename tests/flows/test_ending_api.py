"""A workspace is deleted: for everybody it never was, and nothing of it is left in any store of the stack."""

from collections.abc import Iterator
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.flows.conftest import store
from tests.flows.managing import Managed, managing
from tests.stack import Stack, wait_until
from tests.traces import files_with, rows_with, streamed


@pytest.fixture
def managed(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


def say_everywhere(managed: Managed, client: httpx2.Client, canary: str, name: str) -> str:
    """In every field that holds somebody's words, and `name` in those names and ids that can be read at rest; what the
    services make of them is there when this returns."""
    said = {"tags": [canary], "concepts": [canary], "source_files": [f"src/{canary}.py"]}
    ids = [
        store(client, title=f"{canary} {it}", narrative=f"We decided that {canary} is kept.", **said)["memory_id"]
        for it in range(2)
    ]
    ends = {"source_memory_id": ids[0], "target_memory_id": ids[1], "relationship_type": "depends_on"}
    assert client.post("/api/v1/relationships", json=ends | {"context": canary}).status_code == 201
    about = {"project_path": f"/{canary}", "project_name": canary, "branch_name": canary, "user_id": canary}
    started = client.post("/api/v1/sessions/start", json=about | {"session_id": name, "metadata": {"of": canary}})
    assert started.status_code == 201, started.text
    seen = {"kind": "message", "content": f"We decided to use {canary} because queues lose tasks.", "files": [canary]}
    client.post(f"/api/v1/sessions/{name}/observations", json=seen | {"metadata": {"of": canary}})
    job = client.post(f"/api/v1/sessions/{name}/end", json={"summary": canary}).json()["extraction_job_id"]
    managed.done("PATCH", f"/v1/workspaces/{managed.workspace_id}", json={"name": name})
    managed.done("PATCH", f"/v1/auth/api-keys/{managed.first['key_id']}", json={"name": name})
    managed.done("POST", "/v1/namespaces", json={"key": "research", "name": name})
    told = {"content": f"# {canary}\n\nWe decided to use {canary}.", "title": canary, "source_id": canary}
    taken = client.post("/v1/documents/ingest", json=told | {"metadata": {"of": canary}}).json()

    def made() -> bool:
        found = client.get(f"/api/v1/memories/{ids[0]}").json()
        done = all(
            client.get(f"/api/v1/jobs/{it}").json()["status"] in ("completed", "empty") for it in (job, taken["job_id"])
        )
        return done and found["embedding_status"] == "ready" and found["pagerank_score"] is not None

    wait_until(made, "vectors, ranks and what the session taught")
    return str(ids[0])


def is_erased(stack: Stack, workspace_id: str) -> bool:
    with psycopg.connect(stack.postgres_dsn("postgres")) as connection:
        erased = connection.execute(
            "SELECT erased_at IS NOT NULL FROM memory.deleted_workspaces WHERE workspace_id = %s", (workspace_id,)
        )
        return erased.fetchone() == (True,)


def test_nothing_of_a_deleted_workspace_is_left_in_any_store(stack: Stack, managed: Managed) -> None:
    canary, name = f"canary{uuid4().hex}", f"name{uuid4().hex}"
    path = f"/v1/workspaces/{managed.workspace_id}"
    with managed.client(managed.first["api_key"]) as client:
        token = managed.done("POST", "/v1/auth/workspace-token", json={"tenant_id": managed.workspace_id})["token"]
        memory_id = say_everywhere(managed, client, canary, name)
        assert rows_with(stack, canary) == []
        assert {"memory.audit", "memory.keys", "memory.sessions"} <= set(rows_with(stack, name))
        assert (stack.home.search_data / managed.workspace_id).is_dir()
        assert managed.portal.delete(path).status_code == 204
        with managed.client(token) as by_token:
            for holder in (client, by_token):
                assert holder.get(f"/api/v1/memories/{memory_id}").status_code == 401
                assert holder.post("/api/v1/memories/store", json={"title": "T", "narrative": "N"}).status_code == 401
    never = f"/v1/workspaces/ws-{uuid4().hex[:12]}"
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        told, expected = [managed.portal.request(method, it, json=body) for it in (path, never)]
        assert (told.status_code, told.content) == (expected.status_code, expected.content)
        assert told.status_code == 404
    for there in ("/v1/usage", "/v1/audit", "/v1/namespaces", "/v1/auth/api-keys"):
        assert managed.portal.get(there, headers=managed.here).status_code == 404
    wait_until(lambda: is_erased(stack, managed.workspace_id), "the workspace to be erased")
    wait_until(lambda: rows_with(stack, name) == [], "the tables to be without it")
    wait_until(lambda: files_with(stack, canary) == streamed(stack, name) == [], "all files to be without it")
    wait_until(lambda: not (stack.home.search_data / managed.workspace_id).exists(), "the index to be gone")
    left = {"memory.deleted_workspaces", "memory.events", "memory.organisation_audit", "memory.workspace_tokens"}
    assert set(rows_with(stack, managed.workspace_id)) <= left
    me = managed.portal.get("/v1/auth/me").json()["account_id"]
    (deed,) = [
        each
        for each in managed.portal.get("/v1/audit", params={"action": "weft.workspace.deleted.v1"}).json()["entries"]
        if each["entity_id"] == managed.workspace_id
    ]
    assert deed["actor"] == f"account:{me}"
    assert deed["detail"]["memories"] >= 2


def test_only_an_owner_deletes_and_nobody_elses(managed: Managed) -> None:
    invited = managed.done("POST", "/v1/auth/members", json={"email": f"{uuid4().hex}@example.org"})
    given = {"email": invited["email"], "password": invited["one_time_password"]}
    login = managed.portal.post("/v1/auth/login", json=given).json()
    as_member = {"Authorization": f"Bearer {login['access_token']}"}
    chosen = {"old_password": given["password"], "new_password": "correct horse battery staple"}
    assert managed.portal.post("/v1/auth/password", json=chosen, headers=as_member).status_code == 204
    path = f"/v1/workspaces/{managed.workspace_id}"
    assert managed.portal.delete(path, headers=as_member).status_code == 403
    assert managed.portal.get("/v1/usage", headers=as_member | managed.here).status_code == 200
    assert managed.portal.get("/v1/audit", headers=as_member | managed.here).status_code == 403
    assert managed.portal.get("/v1/audit", headers=as_member).status_code == 403
    assert managed.portal.get(path).status_code == 200


def test_what_is_used_is_told_by_kind_for_the_month_and_in_all(managed: Managed) -> None:
    with managed.client(managed.first["api_key"]) as client:
        for _ in range(2):
            store(client)
        session_id = client.post("/api/v1/sessions/start", json={"project_path": "/p"}).json()["session_id"]
        client.post(f"/api/v1/sessions/{session_id}/observations", json={"kind": "note", "content": "Seen."})
    managed.done("PATCH", f"/v1/workspaces/{managed.workspace_id}", json={"plan": "pro"})

    used = managed.done("GET", "/v1/usage")
    assert used["memories"] == {"count": 2, "this_period": 2, "limit": 10_000}
    assert used["observations"] == used["sessions"] == {"count": 1, "this_period": 1, "limit": None}
    assert used["documents"]["count"] == used["relationships"]["count"] == 0
    assert used["period"]["start"].endswith("-01T00:00:00Z")
    assert used["model_calls"]["extraction"]["in_all"] == {
        "calls": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost": None,
    }
    assert used["storage"]["log"] > 0 < used["storage"]["read_model"]
    wait_until(lambda: bool(managed.done("GET", "/v1/usage")["storage"]["index"]), "the index to take room")
