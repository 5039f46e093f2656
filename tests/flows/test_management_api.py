"""Keys, namespaces, plans: what an owner does with a workspace, and what then holds for who has its keys."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.gateway.api.idempotency import command_id_of
from tests.flows.conftest import store
from tests.flows.managing import Managed, managing
from tests.stack import Stack, wait_until

MEMORIES = "/api/v1/memories"
ALL = {"default": "rw", "research": "rw", "shared": "rw"}


@pytest.fixture
def managed(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


def test_a_key_without_a_workspace_makes_one(managed: Managed) -> None:
    made = managed.first
    assert made["api_key"].startswith(made["prefix"] + "_")
    assert UUID(made["tenant_id"])
    assert made["default_namespace_id"] == managed.ids()["default"]
    assert [it["permissions"] for it in made["scopes"]] == [["read", "write"]]
    with managed.client(made["api_key"]) as client:
        assert store(client)["workspace_id"] == made["workspace_id"]
    for name in (made["workspace_id"], made["tenant_id"]):
        (listed,) = managed.portal.get("/v1/auth/api-keys", headers={"X-Tenant-Id": name}).json()["api_keys"]
        assert listed == {name: value for name, value in made.items() if name != "api_key"}
        found = managed.portal.get(f"/v1/workspaces/{name}").json()
        assert (found["plan"], found["key_count"], found["key_limit"]) == ("team", 1, None)
    listed_ids = [it["workspace_id"] for it in managed.portal.get("/v1/workspaces").json()["workspaces"]]
    assert made["workspace_id"] in listed_ids


def test_the_examples_of_the_reference_work(managed: Managed) -> None:
    research, shared = managed.namespace("research"), managed.namespace("shared")
    assert (research["key"], research["name"], research["status"]) == ("research", "Research", "active")
    scopes = [
        {"namespace_id": research["id"], "permissions": ["read", "write"]},
        {"namespace_id": shared["id"], "permissions": ["read"]},
    ]
    body = {"tenant_id": managed.workspace_id, "name": "research-agent", "default_namespace_id": research["id"]}
    made = managed.portal.post("/v1/auth/api-keys", json=body | {"scopes": scopes})
    assert made.status_code == 201
    with managed.client(made.json()["api_key"]) as client:
        assert store(client)["namespace"] == "research"
        for name, status in (("shared", 403), ("default", 403), ("nowhere", 404)):
            sent = {"title": "T", "narrative": "N", "namespace": name}
            assert client.post(f"{MEMORIES}/store", json=sent).status_code == status
    path = f"/v1/auth/api-keys/{made.json()['key_id']}/scopes"
    changed = managed.portal.patch(path, json={"default_namespace_id": research["id"], "scopes": scopes[:1]})
    assert changed.status_code == 200
    assert [it["namespace"] for it in changed.json()["scopes"]] == ["research"]


def test_reads_are_what_grants_and_names_have_in_common(managed: Managed) -> None:
    for name in ("research", "shared"):
        managed.namespace(name)
    writer = managed.key("default", **ALL)
    reader = managed.key(research="r", shared="r")
    with managed.client(writer["api_key"]) as client, managed.client(reader["api_key"]) as seeing:
        ids = {name: store(client, title=f"Words of {name}", namespace=name)["memory_id"] for name in ALL}

        def found(**named: Any) -> set[str]:
            answer = seeing.post(f"{MEMORIES}/search", json={"query": "words", "use_semantic": False, **named})
            assert answer.status_code == 200, answer.text
            return {it["id"] for it in answer.json()["results"]}

        def listed(*named: str) -> set[str]:
            answer = seeing.get(f"{MEMORIES}/", params=[("namespace", it) for it in named])
            assert answer.status_code == 200, answer.text
            return {it["memory_id"] for it in answer.json()}

        readable = {ids["research"], ids["shared"]}
        wait_until(lambda: found() == readable, "the index")
        assert found(namespaces=["*"]) == found(namespaces=["research", "shared"]) == readable
        assert found(namespaces=["research"]) == {ids["research"]}
        assert listed() == listed("*") == listed("research", "shared") == readable
        assert listed("shared") == {ids["shared"]}
        for path in (f"{MEMORIES}/", f"{MEMORIES}/graph", "/api/v1/sessions", "/api/v1/jobs"):
            told = {it: seeing.get(path, params={"namespace": it}) for it in ("default", "nowhere", "research")}
            assert {it: answer.status_code for it, answer in told.items()} == {
                "default": 403,
                "nowhere": 404,
                "research": 200,
            }
        assert seeing.get(f"{MEMORIES}/{ids['default']}").status_code == 404
        assert seeing.patch(f"{MEMORIES}/{ids['shared']}", json={"title": "New"}).status_code == 403


def test_what_is_in_an_archived_namespace_is_away_until_it_is_restored(managed: Managed) -> None:
    research = managed.namespace("research")
    key = managed.key("research", research="rw", default="rw")
    with managed.client(key["api_key"]) as client:
        memory_id = store(client, title="Kept in research")["memory_id"]
        session_id = client.post("/api/v1/sessions/start", json={"project_path": "/p"}).json()["session_id"]
        seen = f"{MEMORIES}/{memory_id}"
        wait_until(lambda: _found(client) == [memory_id], "the index")
        managed.done("PATCH", f"/v1/namespaces/{research['id']}", json={"name": "Old", "status": "archived"})
        assert _found(client) == []
        assert client.get(f"{MEMORIES}/").json() == []
        assert client.get(f"{MEMORIES}/graph").json()["total_nodes"] == 0
        assert client.get("/api/v1/sessions").json() == []
        for answer in (
            client.get(seen),
            client.patch(seen, json={"title": "New"}),
            client.delete(seen),
            client.get(f"/api/v1/sessions/{session_id}"),
            client.post(f"/api/v1/sessions/{session_id}/end"),
            client.post(f"{MEMORIES}/store", json={"title": "T", "narrative": "N"}),
            client.post(f"{MEMORIES}/search", json={"query": "x", "namespaces": ["research"]}),
        ):
            assert answer.status_code == 404, answer.text
        assert store(client, namespace="default")["namespace"] == "default"
        assert managed.key(None, default="rw")["scopes"][0]["namespace"] == "default"
        again = {"tenant_id": managed.workspace_id, "default_namespace_id": research["id"]}
        assert managed.portal.post("/v1/auth/api-keys", json=again).status_code == 404
        managed.done("PATCH", f"/v1/namespaces/{research['id']}", json={"status": "active"})
        assert client.get(seen).json()["title"] == "Kept in research"
        assert _found(client) == [memory_id]
        assert client.post(f"/api/v1/sessions/{session_id}/end").status_code == 200


def _found(client: Any) -> list[str]:
    sent = {"query": "kept research", "use_semantic": False}
    return [it["id"] for it in client.post(f"{MEMORIES}/search", json=sent).json()["results"]]


def test_the_default_namespace_stays_and_a_key_is_taken_once(managed: Managed) -> None:
    default = managed.ids()["default"]
    refused = managed.portal.patch(f"/v1/namespaces/{default}", headers=managed.here, json={"status": "archived"})
    assert (refused.status_code, refused.json()["code"]) == (409, "default_namespace")
    managed.namespace("team.alpha")
    again = managed.portal.post("/v1/namespaces", headers=managed.here, json={"key": "team.alpha"})
    assert (again.status_code, again.json()["code"]) == (409, "namespace_exists")
    for wrong in ("Research", "-x", "", "a" * 64, "a b"):
        answer = managed.portal.post("/v1/namespaces", headers=managed.here, json={"key": wrong})
        assert answer.status_code == 422


def test_a_rotated_key_is_another_one_with_the_same_rights(managed: Managed) -> None:
    first = managed.first
    path = f"/v1/auth/api-keys/{first['key_id']}"
    rotated = managed.portal.post(f"{path}/rotate").json()
    assert rotated["key_id"] == first["key_id"]
    assert rotated["scopes"] == first["scopes"]
    with managed.client(first["api_key"]) as before, managed.client(rotated["api_key"]) as after:
        assert before.get("/api/v1/workspace").status_code == 401
        assert after.get("/api/v1/workspace").json()["workspace_id"] == managed.workspace_id
        assert managed.portal.patch(path, json={"name": "laptop"}).json()["name"] == "laptop"
        assert managed.portal.delete(path).status_code == 204
        assert after.get("/api/v1/workspace").status_code == 401
    gone = [managed.portal.request(*it) for it in (("DELETE", path), ("POST", f"{path}/rotate"))]
    never = managed.portal.delete(f"/v1/auth/api-keys/{uuid4()}")
    assert {it.status_code for it in (*gone, never)} == {404}
    assert managed.done("GET", "/v1/auth/api-keys") == {"api_keys": []}


def test_a_key_ends_when_it_was_said_to(managed: Managed) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    body = {"tenant_id": managed.workspace_id, "expires_at": soon.isoformat()}
    made = managed.done("POST", "/v1/auth/api-keys", json=body)
    with managed.client(made["api_key"]) as client:
        assert client.get("/api/v1/workspace").status_code == 200
        wait_until(lambda: client.get("/api/v1/workspace").status_code == 401, "the key to end")
    body["expires_at"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert managed.portal.post("/v1/auth/api-keys", json=body).status_code == 422


def test_the_same_idempotency_key_is_one_workspace_and_one_key(managed: Managed) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    first, again = [managed.portal.post("/v1/auth/api-keys", json={"name": "x"}, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    path = f"/v1/auth/api-keys/{first.json()['key_id']}/rotate"
    rotated, repeated = [managed.portal.post(path, headers={"Idempotency-Key": uuid4().hex[:9] + "r"}) for _ in "ab"]
    assert rotated.json()["api_key"] != repeated.json()["api_key"]
    once = {"Idempotency-Key": uuid4().hex}
    rotated, repeated = [managed.portal.post(path, headers=once) for _ in "ab"]
    assert (rotated.status_code, rotated.json()) == (200, repeated.json())
    with managed.client(rotated.json()["api_key"]) as client:
        assert client.get("/api/v1/workspace").status_code == 200


def test_a_plan_limits_keys_and_takes_none_away(managed: Managed) -> None:
    second = managed.key()
    switched = managed.done("PATCH", f"/v1/workspaces/{managed.workspace_id}", json={"plan": "free", "name": "Small"})
    assert (switched["plan"], switched["name"], switched["memory_limit"], switched["key_limit"]) == (
        "free",
        "Small",
        500,
        1,
    )
    refused = managed.portal.post("/v1/auth/api-keys", json={"tenant_id": managed.workspace_id})
    assert (refused.status_code, refused.json()["code"]) == (403, "key_limit_reached")
    with managed.client(second["api_key"]) as client:
        found = client.get("/api/v1/workspace").json()
        assert (found["plan"], found["name"], found["retention_days"]) == ("free", "Small", 30)


def test_the_audit_trail_says_who_did_what(managed: Managed) -> None:
    managed.namespace("research")
    managed.done("POST", f"/v1/auth/api-keys/{managed.first['key_id']}/rotate")
    whole = managed.done("GET", "/v1/audit")
    assert [it["action"] for it in whole["entries"]] == [
        "weft.key.rotated.v1",
        "weft.namespace.created.v1",
        "weft.workspace.assigned.v1",
        "weft.key.issued.v1",
        "weft.workspace.opened.v1",
    ]
    me = managed.portal.get("/v1/auth/me").json()["account_id"]
    assert {it["actor"] for it in whole["entries"]} == {f"account:{me}"}
    page = managed.done("GET", "/v1/audit", params={"limit": 2})
    rest = managed.done("GET", "/v1/audit", params={"cursor": page["next"]})
    assert page["entries"] + rest["entries"] == whole["entries"]
    assert whole["next"] is None


def test_keys_and_tokens_are_for_their_own_paths(managed: Managed) -> None:
    with managed.client(managed.first["api_key"]) as client:
        for path in ("/v1/auth/api-keys", "/v1/namespaces", "/v1/workspaces", "/v1/audit"):
            assert client.get(path, headers=managed.here).status_code == 401
    assert managed.portal.get("/api/v1/workspace").status_code == 401
    for path in ("/v1/auth/api-keys", "/v1/namespaces", "/v1/usage"):
        assert managed.portal.get(path).status_code == 422


def test_what_became_of_an_order_can_be_followed_by_who_may_know(managed: Managed) -> None:
    managed.namespace("research")
    writer, other = managed.key("research", research="rw"), managed.key(None, default="rw")
    with managed.client(writer["api_key"]) as client, managed.client(other["api_key"]) as stranger:
        sent = {"title": "T", "narrative": "Only in research."}
        headers = {"Idempotency-Key": "guessed"}
        stored = client.post(f"{MEMORIES}/store", json=sent, headers=headers).json()
        command_id = command_id_of(managed.workspace_id, "guessed")
        assert client.get(f"/api/v1/commands/{command_id}").json()["result"]["memory_id"] == stored["memory_id"]
        assert stranger.get(f"/api/v1/commands/{command_id}").status_code == 404
        assert stranger.post(f"{MEMORIES}/store", json=sent, headers=headers).status_code == 422
    body = {"key": "other"}
    managed.portal.post("/v1/namespaces", json=body, headers=managed.here | {"Idempotency-Key": "made"})
    made = command_id_of(managed.workspace_id, "made")
    assert managed.done("GET", f"/v1/commands/{made}")["result"]["key"] == "other"
    with managed.client(managed.first["api_key"]) as client:
        assert client.get(f"/api/v1/commands/{made}").status_code == 404
