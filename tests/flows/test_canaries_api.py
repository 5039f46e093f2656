"""Nothing that a tenant says, in bodies, queries, headers or keys, is in a log of any service, or seen by others."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import nats
import pytest

from tests.flows.conftest import client_of
from tests.flows.managing import Managed
from tests.flows.test_isolation_api import Route, answered, everything_of, routes
from tests.stack import Stack, wait_until

BARE = ("/healthz", "/readyz")
LISTS = (
    "/api/v1/memories/",
    "/api/v1/memories/graph",
    "/api/v1/sessions",
    "/api/v1/jobs",
    "/api/v1/workspace",
    "/api/v1/export?events=true",
)


@dataclass(frozen=True)
class Tenant:
    """Somebody with an organisation and a workspace of their own; `secrets`: what they log in with, and their key."""

    managed: Managed
    client: httpx2.Client
    canary: str
    secrets: tuple[str, ...]


@pytest.fixture
def tenant(stack: Stack) -> Iterator[Tenant]:
    workspace = stack.new_workspace()
    given = stack.new_owner(workspace)
    login = httpx2.post(f"{stack.url}/v1/auth/login", json=given, timeout=15).json()
    bearer = {"Authorization": f"Bearer {login['access_token']}"}
    with (
        httpx2.Client(base_url=stack.url, headers=bearer, timeout=30) as portal,
        client_of(workspace) as client,
    ):
        keys = portal.get("/v1/auth/api-keys", headers={"X-Tenant-Id": workspace.workspace_id}).json()["api_keys"]
        first = {**keys[0], "api_key": workspace.token}
        hidden = (given["password"], login["access_token"], login["refresh_token"], workspace.token.split("_")[3])
        canary = f"kingfisher-{secrets.randbelow(900_000) + 100_000}"
        yield Tenant(Managed(portal, stack.url, workspace.workspace_id, first), client, canary, hidden)


def with_words(example: Any, canary: str) -> Any:
    """An example with the canary in every text that is no id and no choice."""
    if isinstance(example, dict):
        return {name: value if _is_chosen(name) else with_words(value, canary) for name, value in example.items()}
    if isinstance(example, list):
        return [with_words(each, canary) for each in example]
    return f"{example} {canary}" if isinstance(example, str) else example


def _is_chosen(name: str) -> bool:
    chosen = ("type", "types", "kind", "plan", "status", "role", "email", "permissions", "key", "ordering", "at")
    return name.endswith(("_id", "_ids", "_at", *chosen)) or name.startswith("namespace")


def wrong(example: Any, canary: str) -> Any:
    """The same fields, and in each of them what does not belong there."""
    return {name: {canary: canary} if isinstance(value, str) else canary for name, value in (example or {}).items()}


def requests_of(route: Route, ids: dict[str, str], canary: str) -> Iterator[dict[str, Any]]:
    """What can be sent to a route, and refused by it; last what it takes."""
    sent = route.sent(ids)
    path = route.path.format(**ids)
    strange = dict.fromkeys(ids, f"{canary}*")
    example = sent.get("json")
    declared = {it["name"]: canary for it in route.operation.get("parameters", ()) if it["in"] == "query"}
    yield {"url": route.path.format(**strange), **sent}
    yield {"url": path, **sent, "params": declared or {canary: canary}}
    for headers in ({"Idempotency-Key": f"{canary} é".encode()}, {"If-Match": canary}, {"X-Tenant-Id": canary}):
        yield {"url": path, **sent, "headers": {"User-Agent": canary, "traceparent": canary, **headers}}
    if example is not None:
        yield {"url": path, "json": {**example, canary: canary}}
        yield {"url": path, "json": wrong(example, canary)}
        yield {"url": path, "content": f'{{"{canary}": "{canary}'.encode(), "headers": _json()}
        yield {"url": path, "content": canary.encode(), "headers": {"Content-Type": f"text/{canary}"}}
        yield {"url": path, "json": with_words(example, canary)}
    else:
        yield {"url": path, **sent}


def _json() -> dict[str, str]:
    return {"Content-Type": "application/json"}


def drive(tenant: Tenant, ids: dict[str, str]) -> set[int]:
    """Every route, deletions last, as who may and as somebody with a key made up; which statuses there were."""
    seen = set[int]()
    order = sorted(
        routes(tenant.client), key=lambda it: (it.method == "DELETE", it.path == "/v1/workspaces/{tenant_id}")
    )
    for route in order:
        sender = tenant.client if route.is_of_data else tenant.managed.portal
        here = {} if route.is_of_data else tenant.managed.here
        for request in requests_of(route, ids, tenant.canary):
            headers = {**here, **request.pop("headers", {})}
            seen.add(answered(sender, route.method, **request, headers=headers)[0])
        forged = {"Authorization": f"Token wft_live_kingfish_{tenant.canary}"}
        seen.add(answered(sender, route.method, route.path.format(**ids), headers=forged)[0])
    for path in ("/v1/auth/login", "/v1/auth/refresh", "/v1/auth/logout", f"/{tenant.canary}", *BARE):
        body = {"email": f"{tenant.canary}@example.org", "password": tenant.canary, "refresh_token": tenant.canary}
        for sent in (body, {"email": body["email"], "password": tenant.canary}, {"refresh_token": tenant.canary}):
            seen.add(tenant.managed.portal.post(path, json=sent).status_code)
    return seen


async def poison(stack: Stack, workspace_id: str, canary: str) -> None:
    """What no service can read, on every stream that one hears."""
    bus = await nats.connect(stack.nats_url("admin"), inbox_prefix=b"_INBOX_admin")
    body = json.dumps({"title": canary, canary: [canary]}).encode()
    for subject in (
        f"commands.{workspace_id}.memory.mem-{canary}.store",
        f"commands.{workspace_id}.memory.mem-{canary}.{canary}",
        f"events.{workspace_id}.memory.mem-{canary}.stored",
        f"events.{workspace_id}.session.{canary}.ended",
        f"derived.{workspace_id}.embedding.mem-{canary}",
        f"derived.{workspace_id}.ranks.{canary}",
    ):
        await bus.jetstream().publish(subject, body)
    for question in ("memory.get", "search.run", "graph.related", "extraction.usage"):
        await bus.request(f"queries.{question}", body, timeout=30)
    await bus.close()


def hiding(stack: Stack, tenant: Tenant) -> list[str]:
    """Lines of logs, of whatever process, in which something of the tenant stands."""
    found = []
    for file in sorted(stack.home.logs.iterdir()):
        for line in file.read_text(errors="replace").splitlines():
            found += [f"{file.name}: {line[:2_000]}" for each in (tenant.canary, *tenant.secrets) if each in line]
    return found


def parked(stack: Stack) -> int:
    """So many messages were set aside, as the logs say."""
    log = "\n".join(file.read_text(errors="replace") for file in stack.home.logs.iterdir())
    return log.count('"event": "parked"')


async def test_what_a_tenant_says_is_in_no_log_and_in_nobody_elses_answers(stack: Stack, tenant: Tenant) -> None:
    ids = everything_of(tenant.managed)
    ids["key_id"] = tenant.managed.key()["key_id"]  # what becomes of it does not end this test
    invited = tenant.managed.done("POST", "/v1/auth/members", json={"email": f"{uuid4().hex}@example.org"})
    ids["account_id"] = invited["account_id"]
    before = parked(stack)
    await poison(stack, tenant.managed.workspace_id, tenant.canary)
    with client_of(stack.new_workspace()) as stranger:
        killed = stack.kill("memory")
        said = {"title": tenant.canary, "narrative": tenant.canary}
        failed = [tenant.client.post("/api/v1/memories/store", json=said).status_code]
        failed += [tenant.client.post("/api/v1/memories/search", json={"query": tenant.canary}).status_code]
        stack.wait_restarted("memory", killed)
        wait_until(lambda: stranger.get("/api/v1/memories/").status_code == 200, "memory to be back")
        seen = drive(tenant, ids)
        assert {200, 201, 204, 401, 404, 415, 422} <= seen, seen
        assert set(failed) <= {200, 201, 202, 503}, failed
        wait_until(lambda: parked(stack) >= before + 5, "the poison to be parked")
        told = [stranger.get(path).text for path in LISTS]
        told.append(stranger.post("/api/v1/memories/search", json={"query": ""}).text)  # the answer repeats it
        assert [text for text in told if tenant.canary in text] == []
    assert hiding(stack, tenant) == []
