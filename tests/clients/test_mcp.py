"""The MCP tools, by the official client, over every way that leads to them; behind them the real stack."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent, TextResourceContents
from weft import AsyncWeft
from weft.mcp.server import make_server

from tests.stack import Workspace, eventually

WEFT = Path(sys.executable).with_name("weft")


@asynccontextmanager
async def in_process(workspace: Workspace, **options: Any) -> AsyncIterator[Client]:
    async with (
        AsyncWeft(workspace.url, workspace.token) as weft,
        Client(make_server(lambda _: weft), **options) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(workspace: Workspace, **environment: str) -> AsyncIterator[Client]:
    variables = {"MEMORIES_API_URL": workspace.url, "MEMORIES_API_TOKEN": workspace.token, **environment}
    server = StdioServerParameters(command=str(WEFT), args=["mcp"], env=variables)
    async with Client(server) as client:
        yield client


@asynccontextmanager
async def over_http(workspace: Workspace, scheme: str = "Bearer", **options: Any) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"{scheme} {workspace.token}"}, timeout=60) as http,
        Client(streamable_http_client(f"{workspace.url}/mcp", http_client=http), **options) as client,
    ):
        yield client


Way = Callable[[Workspace], AbstractAsyncContextManager[Client]]
WAYS: dict[str, Way] = {
    "in process": in_process,
    "stdio": over_stdio,
    "http": over_http,
    "http, as older clients do": lambda workspace: over_http(workspace, scheme="Token", mode="legacy"),
}


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """What a tool answers; it says the same as text."""
    answer = await client.call_tool(tool, arguments)
    assert isinstance(answer, CallToolResult)
    assert not answer.is_error, said(answer)
    told: dict[str, Any] = json.loads(said(answer))
    assert told == answer.structured_content
    return told


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert isinstance(answer, CallToolResult)
    assert answer.is_error
    return said(answer)


def said(answer: CallToolResult) -> str:
    (content,) = answer.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
async def test_every_way_leads_to_the_same_tools(workspace: Workspace, way: Way) -> None:
    async with way(workspace) as client:
        await memories(client)
        await resources_and_prompts(client)
        await session(client)


async def memories(client: Client) -> None:
    """What is stored is found, read, joined, changed and deleted."""
    pool = await call(
        client,
        "memory_store",
        title="Cap the pool at ten connections",
        memory_type="decision",
        content="The database refuses more than a hundred; ten gateways share them.",
        tags=["area:database"],
        concepts=["connection pooling"],
        files=["app/db.py"],
        importance=0.8,
        confidence=0.9,
    )
    incident = await call(
        client,
        "memory_store",
        title="The night the pool ran dry",
        content="null",
        tags=["area:database"],
        files=["app/db.py"],
    )
    pool_id, incident_id = pool["memory_id"], incident["memory_id"]
    assert (pool["importance"], pool["namespace"], pool["revision"]) == (0.8, "default", 1)

    async def are_found() -> bool:
        found = await call(client, "memory_search", query="how many connections may we open?", tag_prefixes=["area:"])
        return [each["memory_id"] for each in found["memories"]] == [pool_id, incident_id]

    await eventually(are_found, "both memories in the index")
    assert (await call(client, "memory_search", query="connections", memory_types=["incident"]))["memories"] == []
    of_file = await call(client, "memory_by_file", file_path="app/db.py")
    assert [each["memory_id"] for each in of_file["memories"]] == [pool_id, incident_id]
    assert of_file["memories"][1]["content"] == "null"
    index = await call(client, "memory_get_index", limit=1)
    assert [each["title"] for each in index["memories"]] == ["Cap the pool at ten connections"]
    assert "offset=1" in index["more"]
    newest = await call(client, "memory_get_timeline")
    assert [each["memory_id"] for each in newest["memories"]] == [incident_id, pool_id]

    async def are_joined() -> bool:
        detail = await call(client, "memory_get_detail", memory_id=pool_id, include_related=True)
        return any(incident_id in (each["source"], each["target"]) for each in detail.get("relationships", ()))

    await eventually(are_joined, "an edge between the two")
    explored = await call(client, "memory_explore", query="connections", seed_limit=1)
    assert {each["memory_id"] for each in explored["memories"]} == {pool_id, incident_id}
    path = await call(client, "memory_path", source_memory_id=incident_id, target_memory_id=pool_id)
    assert (path["path"], path["depth"]) == ([incident_id, pool_id], 1)
    await call(client, "memory_get_related", memory_id=pool_id, similarity_threshold=0.0)

    changed = await call(client, "memory_update", memory_id=pool_id, content="[10]", tags=[], revision=1)
    assert changed["revision"] == 2
    assert "revision 2" in await refused(client, "memory_update", memory_id=pool_id, title="Other", revision=1)
    detail = await call(client, "memory_get_detail", memory_id=pool_id)
    assert (detail["content"], detail["title"], "tags" in detail) == (
        "[10]",
        "Cap the pool at ten connections",
        False,
    )
    rated = await call(client, "memory_rate", memory_id=pool_id, useful=True, context="It held.")
    assert (rated["previous_importance"], rated["updated_importance"]) == (0.8, 0.82)
    assert (await call(client, "memory_delete", memory_id=incident_id))["deleted"] is True
    assert "memory_search" in await refused(client, "memory_get_detail", memory_id=incident_id)


async def session(client: Client) -> None:
    """A session is started, told, asked and ended."""
    known = await call(client, "memory_store", title="Money is counted in cents", content="Always.", importance=1.0)
    begun = await call(client, "session_start", project_path="/home/ada/shop", branch_name="sums")
    assert begun["memories"][0]["memory_id"] == known["memory_id"]
    session = begun["session_id"]
    told = await call(client, "session_record_observation", session_id=session, content="The sum was off by a cent.")
    assert told["observation_count"] == 1
    given = await call(client, "session_get_context", session_id=session, files=["shop/sums.py"])
    assert given["memory_ids"][0] == known["memory_id"]
    assert "[Weft — retrieved for" in given["context"]
    ended = await call(client, "session_end", session_id=session, summary="We round at the end because sums drift.")
    assert ended["extraction_job_id"].startswith("job-")
    assert "ended" in await refused(client, "session_record_observation", session_id=session, content="More.")
    assert "session_start" in await refused(client, "session_end", session_id="no-such-session")


async def resources_and_prompts(client: Client) -> None:
    """A memory is a resource, and questions are prompts."""
    known = await call(client, "memory_store", title="Money is counted in cents", content="Floats lose some.")
    (text,) = (await client.read_resource(f"memory://{known['memory_id']}")).contents
    assert isinstance(text, TextResourceContents)
    assert text.text.startswith("# Money is counted in cents\n")
    assert "Floats lose some." in text.text
    names = [prompt.name for prompt in (await client.list_prompts()).prompts]
    assert names == ["what_do_we_know", "what_do_we_know_of_a_file", "what_did_we_learn"]
    asked = await client.get_prompt("what_do_we_know", {"topic": "cents"})
    assert "cents" in asked.messages[0].content.text  # type: ignore[union-attr]


async def test_reading_counts_and_rest_does_not(workspace: Workspace) -> None:
    async with in_process(workspace) as client, AsyncWeft(workspace.url, workspace.token) as weft:
        stored = await call(client, "memory_store", title="A title", content="What happened.", files=["a.py"])
        memory_id = stored["memory_id"]

        async def is_found() -> bool:
            return (await weft.memories.search(files=["a.py"])).count == 1

        await eventually(is_found, "the memory in the index")
        await call(client, "memory_by_file", file_path="a.py")
        await call(client, "memory_search", query="what happened")
        await call(client, "memory_get_detail", memory_id=memory_id)
        counted = await weft.memories.get(memory_id)
        assert (counted.retrieval_count, counted.access_count) == (2, 1)


async def test_where_writes_go_is_in_the_environment(workspace: Workspace) -> None:
    async with over_stdio(workspace, WEFT_DEFAULT_NAMESPACE="research") as client:
        assert "'research'" in await refused(client, "memory_store", title="A title", content="What happened.")
        kept = await call(client, "memory_store", title="A title", content="What happened.", namespace="default")
    assert kept["namespace"] == "default"


async def test_a_document_is_taken_in_and_asked(workspace: Workspace) -> None:
    async with in_process(workspace) as client:
        text = "# Retries\n\nA failed delivery is retried six times, then parked."
        taken = await call(
            client, "document_ingest", title="Webhooks runbook", content=text, source_id="docs/webhooks.md"
        )

        async def is_found() -> bool:
            found = await call(client, "query", query="how often is a delivery retried?", mode="rich")
            return [each["document_id"] for each in found["results"]] == [taken["document_id"]]

        await eventually(is_found, "the document in the index")
