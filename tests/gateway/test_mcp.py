"""The door of /mcp: who may come in, and in whose name the tools work. What they do is in tests/clients."""

from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from contracts.commands import StoreMemory
from services.gateway.api.wire.bodies import BODY_BYTES_MAX
from services.gateway.settings import read_hosts
from tests.gateway.application import application, client_of, serving
from tests.gateway.played import Played, refusing

URL = "http://localhost/mcp"
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}


async def ask(http: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    return await http.post(URL, json=LIST, headers={**ACCEPT, **headers})


@pytest.mark.parametrize("scheme", ["Bearer", "Token", "bearer"])
async def test_a_key_opens_it_in_either_scheme(http: httpx2.AsyncClient, token: str, scheme: str) -> None:
    answer = await ask(http, Authorization=f"{scheme} {token}")
    assert answer.status_code == 200
    assert "memory_search" in answer.text


@pytest.mark.parametrize(
    "authorization", ["", "Basic YTpi", "Bearer", "Bearer nonsense", f"Token wft_live_00000000_{'0' * 32}_000000"]
)
async def test_without_a_key_that_is_known_it_is_401(http: httpx2.AsyncClient, authorization: str) -> None:
    answer = await ask(http, Authorization=authorization)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer, Token")
    assert answer.json().keys() == {"detail"}


async def test_rest_still_takes_no_bearer(http: httpx2.AsyncClient, token: str) -> None:
    answer = await http.get("/api/v1/memories/", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")


async def test_a_name_that_is_not_ours_is_turned_away(http: httpx2.AsyncClient) -> None:
    assert (await ask(http, Host="evil.example")).status_code == 421
    assert (await ask(http, Host="127.0.0.1:8080", Origin="http://evil.example")).status_code == 403
    assert (await ask(http, Host="127.0.0.1:8080", Origin="http://127.0.0.1:8080")).status_code == 200


async def test_the_names_it_may_be_called_by_are_a_setting(servers: Any, token: str) -> None:
    app = application(servers.nats_url("gateway"), mcp_hosts="weft.example, weft.example:*")
    async with serving(app), client_of(app) as http:
        http.headers["Authorization"] = f"Bearer {token}"
        assert (await ask(http, Host="weft.example:8443")).status_code == 200
        assert (await ask(http, Host="localhost")).status_code == 421
    assert read_hosts(" a, b:* ,") == ["a", "b:*"]


async def test_knocking_counts_as_reading(servers: Any, token: str) -> None:
    app = application(servers.nats_url("gateway"), rate_reads="2/hour")
    async with serving(app), client_of(app) as http:
        statuses = [(await ask(http, Authorization=f"Bearer {token}")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


async def test_it_is_posted_to_and_only_so_much(http: httpx2.AsyncClient) -> None:
    answer = await http.get(URL)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert (await http.post(URL, content=b" " * (BODY_BYTES_MAX + 1), headers=ACCEPT)).status_code == 413


async def test_tools_work_with_the_grants_of_whoever_calls(http: httpx2.AsyncClient, memory: Played) -> None:
    memory.answers[StoreMemory] = refusing("namespace_not_granted", "This key has no grant for namespace 'secret'.")
    async with Client(streamable_http_client(URL, http_client=http)) as client:
        wish = {"title": "A title", "content": "The password is hunter2hunter2.", "namespace": "secret"}
        answer = await client.call_tool("memory_store", wish)
    assert isinstance(answer, CallToolResult)
    assert answer.is_error
    assert "no grant for namespace 'secret'" in answer.content[0].text  # type: ignore[union-attr]
    (order,) = memory.asked(StoreMemory)
    assert (order.grants.read, order.grants.write) == (("default", "team"), ("default",))
    assert "hunter2" not in order.draft.narrative
