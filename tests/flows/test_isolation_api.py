"""Every route of the description: what is somebody else's is as unknown as what never was, byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from deploy.local.home import read_credentials
from services.gateway.api.idempotency import command_id_of
from tests.flows.conftest import store
from tests.flows.managing import Managed, managing
from tests.stack import Stack, run_module, wait_until

CANARY = "kingfisher-4711"
OPEN = ("/v1/auth/login", "/v1/auth/refresh", "/v1/auth/logout", "/healthz", "/readyz")
UNKNOWN = {
    "memory_id": "mem-zzzzzzzzzzzzzzzz",
    "session_id": "ses-zzzzzzzzzzzzzzzz",
    "job_id": "job-zzzzzzzzzzzzzzzz",
    "document_id": "doc-zzzzzzzzzzzzzzzz",
    "tenant_id": "ws-zzzzzzzzzzzz",
}
"""Of the others a UUID that nobody has."""
OF_DATA = ("/api/", "/v1/documents", "/v1/facts", "/v1/entities", "/v1/query", "/v1/search")
"""The paths that take an API key."""
IN_BODIES = {"source_memory_id": "memory_id", "target_memory_id": "other_id", "memory_ids": "memory_id"}


@dataclass(frozen=True)
class Stranger:
    """Somebody of another organisation, with a workspace of their own: by key, and logged in."""

    data: httpx2.Client
    portal: httpx2.Client
    workspace_id: str


@pytest.fixture
def owned(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


@pytest.fixture
def stranger(stack: Stack) -> Iterator[Stranger]:
    workspace = stack.new_workspace()
    file = stack.home.run / f"stranger-{uuid4().hex[:8]}.env"
    file.write_text(f"MEMORIES_WORKSPACE_ID={workspace.workspace_id}\n")
    email = f"{uuid4().hex[:8]}@example.org"
    arguments = ["--email", email, "--credentials", str(file)]
    run_module("deploy.admin", "give-owner", *arguments, environment=stack.operator_environment())
    given = {"email": email, "password": read_credentials(file)["WEFT_ADMIN_PASSWORD"]}
    token = httpx2.post(f"{stack.url}/v1/auth/login", json=given, timeout=15).json()["access_token"]
    with (
        httpx2.Client(base_url=stack.url, headers=workspace.headers, timeout=15) as data,
        httpx2.Client(base_url=stack.url, headers={"Authorization": f"Bearer {token}"}, timeout=15) as portal,
    ):
        yield Stranger(data, portal, workspace.workspace_id)


def everything_of(owned: Managed) -> dict[str, str]:
    """One of each kind that a path may name, by the name of the parameter."""
    with owned.client(owned.first["api_key"]) as client:
        one, other = [store(client, title=f"{CANARY} {number}")["memory_id"] for number in range(2)]
        ends = {"source_memory_id": one, "target_memory_id": other, "relationship_type": "depends_on"}
        headers = {"Idempotency-Key": "made"}
        made = client.post("/api/v1/relationships", json=ends, headers=headers).json()
        session_id = client.post("/api/v1/sessions/start", json={"project_path": f"/{CANARY}"}).json()["session_id"]
        job_id = client.post(f"/api/v1/sessions/{session_id}/end").json()["extraction_job_id"]
        written = {"title": CANARY, "content": f"# {CANARY}\n\n{CANARY}: ask Ada before you restart it."}
        document_id = client.post("/v1/documents/ingest", json=written).json()["document_id"]
        status = f"/v1/documents/{document_id}"
        wait_until(lambda: client.get(status).json()["status"] == "ready", "the document to be ready")
    return {
        "memory_id": one,
        "other_id": other,
        "relationship_id": made["id"],
        "session_id": session_id,
        "job_id": job_id,
        "document_id": document_id,
        "command_id": str(command_id_of(owned.workspace_id, "made")),
        "key_id": owned.first["key_id"],
        "namespace_id": owned.namespace("research")["id"],
        "webhook_id": owned.done("POST", "/v1/webhooks", json={"url": f"https://{CANARY}.invalid"})["webhook_id"],
        "tenant_id": owned.workspace_id,
        "account_id": owned.portal.get("/v1/auth/me").json()["account_id"],
    }


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def is_of_data(self) -> bool:
        return self.path.startswith(OF_DATA)

    @property
    def names(self) -> list[str]:
        return [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]

    def sent(self, ids: dict[str, str]) -> dict[str, Any]:
        """The request of the example, about these ids."""
        content = self.operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = dict(content.get("example") or {})
        for name, what in IN_BODIES.items():
            if name in body:
                body[name] = [ids[what]] if name == "memory_ids" else ids[what]
        if "tenant_id" in body:
            body = {"tenant_id": ids["tenant_id"]}
        body.pop("session_id", None)  # a client chooses it, and may choose what somebody else has chosen
        query = {"memory_id": ids["memory_id"]} if (self.method, self.path) == ("GET", "/api/v1/relationships") else {}
        return {"json": body, "params": query} if "requestBody" in self.operation else {"params": query}

    def ask(self, client: httpx2.Client, ids: dict[str, str], headers: dict[str, str]) -> tuple[int, str]:
        """Status and body, without the ids that were asked for."""
        status, text = answered(client, self.method, self.path.format(**ids), headers=headers, **self.sent(ids))
        for name, value in ids.items():
            text = text.replace(value, name)
        return status, text


def answered(client: httpx2.Client, method: str, url: str, **sent: Any) -> tuple[int, str]:
    """Status and body; of a stream, which has no end, how it begins."""
    with client.stream(method, url, **sent) as answer:
        is_stream = answer.headers.get("content-type", "").startswith("text/event-stream")
        return answer.status_code, next(answer.iter_text()) if is_stream else answer.read().decode()


def routes(client: httpx2.Client) -> list[Route]:
    described = client.get("/openapi.json").json()["paths"]
    return [
        Route(method.upper(), path, operation)
        for path, operations in sorted(described.items())
        for method, operation in sorted(operations.items())
        if path not in OPEN
    ]


def unknown(ids: dict[str, str]) -> dict[str, str]:
    made = {name: UNKNOWN.get(name, str(uuid4())) for name in ids}
    return made | {"other_id": "mem-yyyyyyyyyyyyyyyy"}


def test_what_is_somebody_elses_is_as_unknown_as_what_never_was(owned: Managed, stranger: Stranger) -> None:
    theirs = everything_of(owned)
    nobodys, compared = unknown(theirs), 0
    for route in routes(stranger.data):
        client, headers = (stranger.data, {}) if route.is_of_data else (stranger.portal, {})
        if not route.is_of_data and "tenant_id" not in route.names:
            headers = {"X-Tenant-Id": stranger.workspace_id}
        told, expected = [route.ask(client, ids, headers) for ids in (theirs, nobodys)]
        about = bool(route.names) or any(name in str(route.sent(theirs)) for name in theirs.values())
        if about:
            assert told == expected, (route.method, route.path)
            assert told[0] in (404, 422) or route.path.endswith("/batch-delete"), (route.method, route.path, told)
            compared += 1
        assert CANARY not in told[1], (route.method, route.path)
    assert compared > 25


def test_a_workspace_of_others_can_be_named_by_nobody(owned: Managed, stranger: Stranger) -> None:
    theirs = everything_of(owned)
    for route in routes(stranger.data):
        if route.is_of_data or "tenant_id" in route.names or "key_id" in route.names:
            continue
        told, expected = [
            route.ask(stranger.portal, ids, {"X-Tenant-Id": ids["tenant_id"]}) for ids in (theirs, unknown(theirs))
        ]
        assert told == expected or "/v1/auth/" in route.path or route.path == "/v1/workspaces", route.path
        assert CANARY not in told[1]
        assert owned.workspace_id not in told[1]


def test_whoever_has_no_credentials_is_told_so_and_nothing_else(owned: Managed) -> None:
    theirs = everything_of(owned)
    with httpx2.Client(base_url=owned.url, timeout=15) as anybody:
        for route in routes(anybody):
            nobody = "wft_live_nobody00_x"
            for headers in (
                {},
                {"Authorization": f"Token {nobody}", "X-API-Key": nobody},
                {"Authorization": "Bearer x"},
            ):
                told = [route.ask(anybody, ids, headers) for ids in (theirs, unknown(theirs))]
                assert told[0] == told[1]
                assert told[0][0] == 401, (route.method, route.path, told)
    with owned.client(owned.first["api_key"]) as client:
        assert CANARY in client.get(f"/api/v1/memories/{theirs['memory_id']}").json()["title"]
