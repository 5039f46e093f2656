"""What was done is in the audit trail: once, by whom, and what changed; never content."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.flows.conftest import store
from tests.flows.managing import Managed, managing
from tests.stack import Stack

CANARY = "wagtail-0815"

Deed = Callable[[Managed, httpx2.Client], tuple[str, str, dict[str, Any]]]
"""Does something; says who did it (`account` or `key`), to what, and what the trail should say of it."""


@pytest.fixture(scope="module")
def managed(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(managed: Managed) -> Iterator[httpx2.Client]:
    with managed.client(managed.first["api_key"]) as opened:
        yield opened


def key_issued(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.key(None, default="rw")
    grants = {"read": ["default"], "write": ["default"], "default": "default"}
    said = {"name": made["name"], "grants": {"before": None, "after": grants}, "expires_at": None}
    return "account", made["key_id"], said


def key_renamed(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.key()
    managed.done("PATCH", f"/v1/auth/api-keys/{made['key_id']}", json={"name": "other"})
    return "account", made["key_id"], {"name": {"before": made["name"], "after": "other"}}


def key_rotated(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.key()
    rotated = managed.done("POST", f"/v1/auth/api-keys/{made['key_id']}/rotate")
    ids = [each["prefix"].removeprefix("wft_live_") for each in (made, rotated)]
    return "account", made["key_id"], {"public_id": dict(zip(("before", "after"), ids, strict=True))}


def key_scoped(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.key(None, default="rw")
    managed.done("PATCH", f"/v1/auth/api-keys/{made['key_id']}/scopes", json={"scopes": managed.scopes(default="w")})
    before = {"read": ["default"], "write": ["default"], "default": "default"}
    return "account", made["key_id"], {"grants": {"before": before, "after": before | {"read": []}}}


def key_revoked(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.key(None, default="rw")
    managed.done("DELETE", f"/v1/auth/api-keys/{made['key_id']}")
    before = {"read": ["default"], "write": ["default"], "default": "default"}
    return "account", made["key_id"], {"grants": {"before": before, "after": None}}


def namespace_created(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.namespace("made")
    return "account", made["id"], {"namespace": "made", "name": "Made"}


def namespace_changed(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    made = managed.namespace("changed")
    managed.done("PATCH", f"/v1/namespaces/{made['id']}", json={"status": "archived"})
    return "account", made["id"], {"namespace": "changed", "status": {"before": "active", "after": "archived"}}


def plan_switched(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    path = f"/v1/workspaces/{managed.workspace_id}"
    before = managed.done("GET", path)["plan"]
    managed.done("PATCH", path, json={"plan": "pro" if before == "team" else "team"})
    after = "pro" if before == "team" else "team"
    return "account", managed.workspace_id, {"plan": {"before": before, "after": after}}


def workspace_renamed(managed: Managed, _: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    path = f"/v1/workspaces/{managed.workspace_id}"
    before, after = managed.done("GET", path)["name"], uuid4().hex
    managed.done("PATCH", path, json={"name": after})
    return "account", managed.workspace_id, {"name": {"before": before, "after": after}}


def memory_deleted(_: Managed, client: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    memory_id = store(client, title=CANARY, narrative=CANARY)["memory_id"]
    assert client.delete(f"/api/v1/memories/{memory_id}").status_code == 204
    return "key", memory_id, {"namespace": "default"}


def relationship_deleted(_: Managed, client: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    one, other = [store(client)["memory_id"] for _ in "ab"]
    ends = {"source_memory_id": one, "target_memory_id": other, "relationship_type": "depends_on", "context": CANARY}
    made = client.post("/api/v1/relationships", json=ends).json()["id"]
    assert client.delete(f"/api/v1/relationships/{made}").status_code == 204
    return "key", made, {"type": "depends_on", "source": one, "target": other}


def workspace_exported(managed: Managed, client: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    with client.stream("GET", "/api/v1/export", params={"events": True}) as lines:
        next(lines.iter_lines())
        (entry,) = managed.done("GET", "/v1/audit", params={"action": "weft.workspace.exported.v1"})["entries"]
        said = dict(entry["detail"])
        assert said["counts"].keys() == {"memories", "relationships", "sessions", "observations"}
        assert (said["namespaces"], said["events"]) == (["default"], True)
    return "key", managed.workspace_id, said


def workspace_imported(managed: Managed, client: httpx2.Client) -> tuple[str, str, dict[str, Any]]:
    exported = client.get("/api/v1/export").text
    before = set(entries(managed, "weft.workspace.exported.v1"))
    lines = exported.encode() + b'{"kind": "nonsense"}\n'
    answer = client.post("/api/v1/import", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert before == set(entries(managed, "weft.workspace.exported.v1"))
    counts = {"imported": told["imported"], "skipped": told["skipped"], "errors": len(told["errors"])}
    return "key", managed.workspace_id, {"counts": counts}


IN_WORKSPACE: dict[str, Deed] = {
    "weft.key.issued.v1": key_issued,
    "weft.key.renamed.v1": key_renamed,
    "weft.key.rotated.v1": key_rotated,
    "weft.key.scoped.v1": key_scoped,
    "weft.key.revoked.v1": key_revoked,
    "weft.namespace.created.v1": namespace_created,
    "weft.namespace.changed.v1": namespace_changed,
    "weft.workspace.plan_switched.v1": plan_switched,
    "weft.workspace.renamed.v1": workspace_renamed,
    "weft.memory.deleted.v1": memory_deleted,
    "weft.relationship.deleted.v1": relationship_deleted,
    "weft.workspace.exported.v1": workspace_exported,
    "weft.workspace.imported.v1": workspace_imported,
}


def entries(managed: Managed, action: str, headers: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Those of an action by their ids, of the workspace unless `headers` say otherwise."""
    asked: dict[str, str | int] = {"action": action, "limit": 500}
    answer = managed.portal.get("/v1/audit", headers=managed.here if headers is None else headers, params=asked)
    assert answer.status_code == 200, answer.text
    return {each["id"]: each for each in answer.json()["entries"]}


def actors(managed: Managed) -> dict[str, str]:
    me = managed.portal.get("/v1/auth/me").json()["account_id"]
    return {"account": f"account:{me}", "key": f"key:{managed.first['prefix'].removeprefix('wft_live_')}"}


@pytest.mark.parametrize("action", sorted(IN_WORKSPACE))
def test_what_was_done_to_a_workspace_is_in_its_trail_once(
    managed: Managed, client: httpx2.Client, action: str
) -> None:
    before = entries(managed, action)
    actor, entity_id, detail = IN_WORKSPACE[action](managed, client)
    added = [each for each in entries(managed, action).values() if each["id"] not in before]
    about_it = [each for each in added if each["entity_id"] == entity_id]
    assert len(about_it) == 1, added
    assert (about_it[0]["actor"], about_it[0]["detail"]) == (actors(managed)[actor], detail)
    assert CANARY not in str(added)


def test_what_was_done_to_people_is_in_the_organisations_trail_once(managed: Managed) -> None:
    email = f"{CANARY}-{uuid4().hex}@example.org"
    account_id = managed.done("POST", "/v1/auth/members", json={"email": email})["account_id"]
    path = f"/v1/auth/members/{account_id}"
    managed.done("PATCH", path, json={"role": "owner"})
    managed.done("POST", f"{path}/reset-password")
    managed.done("DELETE", path)
    trail = managed.portal.get("/v1/audit", params={"limit": 500}).json()["entries"]
    about_it = [each for each in trail if each["entity_id"] == account_id]
    assert [(each["action"], each["detail"]) for each in reversed(about_it)] == [
        ("weft.account.made.v1", {"role": {"before": None, "after": "member"}}),
        ("weft.account.role-given.v1", {"role": {"before": "member", "after": "owner"}}),
        ("weft.account.password-set.v1", {"one_time": True}),
        ("weft.account.removed.v1", {"role": {"before": "owner", "after": None}}),
    ]
    assert {each["actor"] for each in about_it} == {actors(managed)["account"]}
    assert CANARY not in str(trail)


def test_the_trail_can_be_asked_for_what_who_and_when_page_by_page(managed: Managed) -> None:
    def found(**asked: Any) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = managed.done("GET", "/v1/audit", params=asked)["entries"]
        return listed

    managed.namespace("one")
    managed.namespace("other")
    whole = found()
    assert found(actor=actors(managed)["account"], action="weft.namespace.created.v1")[:2] == whole[:2]
    assert found(actor="key:nobody00") == []
    newest, before = whole[0]["time"], whole[1]["time"]
    assert found(since=newest)[0] == whole[0]
    assert whole[0] not in found(until=newest)
    assert found(since=before, until=newest)[0] == whole[1]
    page = managed.done("GET", "/v1/audit", params={"limit": 1})
    assert page["entries"] + found(cursor=page["next"]) == whole
    for wrong in ({"since": "yesterday"}, {"limit": 0}, {"cursor": "x"}):
        assert managed.portal.get("/v1/audit", headers=managed.here, params=wrong).status_code == 422
