"""The API describes itself, whole."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.gateway.api.docs import as_3_0
from services.gateway.api.openapi import shapes
from tests.gateway.application import client_of, idle

DASHBOARD = Path(__file__).parents[2] / "clients" / "dashboard"
SCHEMA: dict[str, Any] = idle().openapi()
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
}
ROUTES = {
    "POST /api/v1/memories/store",
    "GET /api/v1/memories/",
    "POST /api/v1/memories/batch-delete",
    "POST /api/v1/memories/search",
    "GET /api/v1/memories/{memory_id}",
    "PATCH /api/v1/memories/{memory_id}",
    "DELETE /api/v1/memories/{memory_id}",
    "POST /api/v1/memories/{memory_id}/access",
    "POST /api/v1/memories/{memory_id}/retrieval",
    "POST /api/v1/memories/{memory_id}/unconsolidate",
    "GET /api/v1/memories/{memory_id}/related",
    "GET /api/v1/memories/graph",
    "GET /api/v1/memories/map",
    "POST /api/v1/memories/explore",
    "POST /api/v1/memories/path",
    "POST /api/v1/relationships",
    "GET /api/v1/relationships",
    "DELETE /api/v1/relationships/{relationship_id}",
    "POST /api/v1/memories/{memory_id}/feedback",
    "POST /api/v1/sessions/start",
    "GET /api/v1/sessions",
    "GET /api/v1/sessions/{session_id}",
    "POST /api/v1/sessions/{session_id}/observations",
    "GET /api/v1/sessions/{session_id}/observations",
    "GET /api/v1/sessions/{session_id}/memories",
    "GET /api/v1/sessions/{session_id}/context",
    "POST /api/v1/sessions/{session_id}/end",
    "GET /api/v1/jobs",
    "GET /api/v1/jobs/{job_id}",
    "GET /api/v1/jobs/{job_id}/events",
    "POST /api/v1/jobs/{job_id}/retry",
    "POST /v1/documents/ingest",
    "GET /v1/documents",
    "GET /v1/documents/{document_id}",
    "PATCH /v1/documents/{document_id}",
    "DELETE /v1/documents/{document_id}",
    "GET /v1/documents/{document_id}/tree",
    "GET /v1/documents/{document_id}/chunks",
    "GET /v1/facts",
    "GET /v1/entities",
    "POST /v1/query",
    "GET /v1/search",
    "GET /api/v1/workspace",
    "GET /api/v1/overview",
    "GET /api/v1/export",
    "GET /api/v1/events",
    "GET /api/v1/events/stream",
    "POST /api/v1/import",
    "GET /api/v1/commands/{command_id}",
    "POST /v1/auth/login",
    "POST /v1/auth/refresh",
    "POST /v1/auth/logout",
    "GET /v1/auth/me",
    "POST /v1/auth/api-keys",
    "GET /v1/auth/api-keys",
    "PATCH /v1/auth/api-keys/{key_id}",
    "PATCH /v1/auth/api-keys/{key_id}/scopes",
    "POST /v1/auth/api-keys/{key_id}/rotate",
    "DELETE /v1/auth/api-keys/{key_id}",
    "GET /v1/namespaces",
    "POST /v1/namespaces",
    "PATCH /v1/namespaces/{namespace_id}",
    "GET /v1/workspaces",
    "GET /v1/workspaces/{tenant_id}",
    "PATCH /v1/workspaces/{tenant_id}",
    "DELETE /v1/workspaces/{tenant_id}",
    "GET /v1/audit",
    "GET /v1/usage",
    "GET /v1/commands/{command_id}",
    "POST /v1/webhooks",
    "GET /v1/webhooks",
    "GET /v1/webhooks/{webhook_id}",
    "PATCH /v1/webhooks/{webhook_id}",
    "DELETE /v1/webhooks/{webhook_id}",
    "POST /v1/webhooks/{webhook_id}/rotate",
    "GET /v1/webhooks/{webhook_id}/deliveries",
    "POST /v1/webhooks/{webhook_id}/replay",
    "POST /v1/webhooks/{webhook_id}/test",
    "GET /v1/auth/members",
    "POST /v1/auth/members",
    "PATCH /v1/auth/members/{account_id}",
    "DELETE /v1/auth/members/{account_id}",
    "POST /v1/auth/members/{account_id}/reset-password",
    "POST /v1/auth/password",
    "POST /v1/auth/workspace-token",
    "GET /healthz",
    "GET /readyz",
}

OTHER_THAN_JSON = {
    "GET /api/v1/jobs/{job_id}/events": "text/event-stream",
    "GET /api/v1/events/stream": "text/event-stream",
    "GET /api/v1/export": "application/x-ndjson",
}
"""What a 200 of these is."""
WITHOUT_END = "POST /api/v1/import"
"""Its body is lines, as many as there are."""


def test_it_names_every_route_and_no_other() -> None:
    assert set(OPERATIONS) == ROUTES


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_each_has_a_summary_a_description_and_shapes_with_examples(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    for status, response in operation["responses"].items():
        assert response["description"], status
        if status != "204":
            kind = OTHER_THAN_JSON.get(name, "application/json") if status == "200" else "application/json"
            (content,) = response["content"].values()
            assert response["content"] == {kind: content}
            assert content["schema"], status
            assert "example" in content, status
    if name == WITHOUT_END:
        assert operation["requestBody"]["content"]["application/x-ndjson"]["example"]
    elif "requestBody" in operation:
        assert operation["requestBody"]["content"]["application/json"]["schema"]["properties"]


OF_DATA = re.compile(r"/api/|/v1/(documents|facts|entities|query|search)")
"""The paths that take an API key."""


@pytest.mark.parametrize("name", sorted(filter(OF_DATA.search, ROUTES)))
def test_each_of_the_api_says_how_it_can_fail(name: str) -> None:
    statuses = set(OPERATIONS[name]["responses"])
    assert {"401", "429", "503"} <= statuses
    if "requestBody" in OPERATIONS[name]:
        assert {"400", "408", "413", "415", "422"} - statuses == ({"413"} if name == WITHOUT_END else set())
    assert OPERATIONS[name].get("security") == (None if "/api/" in name else [{"api_key": []}])


def test_an_example_shows_what_is_null_too() -> None:
    stored = OPERATIONS["POST /api/v1/memories/store"]["responses"]["201"]["content"]["application/json"]["example"]
    assert stored["updated_at"] is None


@pytest.mark.parametrize("name", sorted(name for name in ROUTES if not name.startswith("GET")))
def test_only_what_is_about_one_memory_names_it_when_it_is_accepted(name: str) -> None:
    accepted = OPERATIONS[name]["responses"].get("202")
    if accepted is not None:
        example = accepted["content"]["application/json"]["example"]
        assert ("memory_id" in example) == ("{memory_id}" in name or name.endswith("/store"))


def test_one_authenticates_by_a_header() -> None:
    assert SCHEMA["security"] == [{"token": []}]
    assert SCHEMA["components"]["securitySchemes"]["token"]["name"] == "Authorization"
    assert OPERATIONS["GET /healthz"]["security"] == []


def test_errors_are_in_our_shape_and_not_the_frameworks() -> None:
    assert {"Refused", "Invalid"} <= set(SCHEMA["components"]["schemas"])
    assert "HTTPValidationError" not in SCHEMA["components"]["schemas"]


def test_every_reference_leads_somewhere() -> None:
    for reference in _references(SCHEMA):
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in SCHEMA["components"][kind]


def test_the_page_gets_it_in_words_of_3_0() -> None:
    lowered = as_3_0(SCHEMA)
    assert {"type": "null"} not in list(_nodes(lowered))
    assert lowered["components"]["schemas"]["Memory"]["properties"]["updated_at"]["nullable"]


async def test_the_page_loads_nothing_from_elsewhere() -> None:
    async with client_of(idle()) as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert "//" not in page.text.replace("<!doctype", "")
        for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js", "openapi.json"):
            assert asset in page.text or asset == "openapi.json"
            assert (await client.get(f"/docs/{asset}")).status_code == 200
        for other in ("index.html", "..%2f..%2fapp.py", "swagger-ui.js.map"):
            assert (await client.get(f"/docs/{other}")).status_code == 404


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(child)


def _references(schema: Any) -> Iterator[str]:
    return (node["$ref"] for node in _nodes(schema) if isinstance(node, dict) and isinstance(node.get("$ref"), str))


def test_the_dashboards_types_are_made_from_the_api_as_it_is() -> None:
    assert (DASHBOARD / "openapi.json").read_text() == shapes(SCHEMA), "it has changed: make contracts"
