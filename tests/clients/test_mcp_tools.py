"""What the MCP server says of itself, and what a model is told when it errs. No server behind it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.types import CallToolResult
from weft import AsyncWeft, Settings, errors
from weft.mcp.offering import advice
from weft.mcp.server import make_server

GOLDEN = Path(__file__).parent / "golden" / "mcp_tools.json"


async def test_the_tools_are_the_public_contract() -> None:
    """Whoever changes them on purpose writes the file anew: `python -m tests.clients.test_mcp_tools`."""
    assert await _listed() == json.loads(GOLDEN.read_text())


async def _listed() -> list[dict[str, Any]]:
    async with Client(make_server(_nobody)) as client:
        tools = (await client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def test_every_tool_says_what_it_does_and_how_dangerous_it_is() -> None:
    async with Client(make_server(_nobody)) as client:
        tools = (await client.list_tools()).tools
    assert len(tools) == 18
    for tool in tools:
        assert None not in (tool.title, tool.description, tool.output_schema), tool.name
        hints = tool.annotations
        assert hints is not None
        assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
        assert tool.input_schema["additionalProperties"] is False
    assert {tool.name for tool in tools if tool.annotations and tool.annotations.destructive_hint} == {
        "memory_update",
        "memory_delete",
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"query": "x", "memory_type": "decision"}, "memory_type"),
        ({"query": "x", "limit": 1000}, "less than or equal to 200"),
        ({"memory_types": ["decisions"]}, "'decision'"),
    ],
)
async def test_an_argument_that_does_not_fit_is_named(arguments: dict[str, Any], expected: str) -> None:
    assert expected in await _refusal("memory_search", arguments, lambda request: httpx2.Response(500))


async def test_null_is_the_same_as_nothing() -> None:
    asked: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        return httpx2.Response(200, json={"count": 0, "query": "", "filters": {}, "results": []})

    async with Client(make_server(lambda _: _client(answer))) as client:
        nothing = {"query": None, "memory_types": None, "tags": None, "files": None, "namespaces": None}
        answered = await client.call_tool("memory_search", nothing)
    assert isinstance(answered, CallToolResult)
    assert answered.structured_content == {"memories": []}
    assert asked == [{"query": "", "use_semantic": True, "limit": 20, "offset": 0}]


@pytest.mark.parametrize(
    ("status", "detail", "expected"),
    [
        (401, "Invalid API key.", "MEMORIES_API_TOKEN"),
        (403, "This key may only read namespace 'team'.", "namespace 'team'"),
        (404, "Memory 'mem-a' not found.", "memory_get_index find ids"),
        (404, "Not Found", "does not have this yet"),
        (
            422,
            [{"loc": ["body", "narrative"], "msg": "must not contain the NUL character"}],
            "content: must not contain",
        ),
        (429, "This key has made more than 5 requests.", "Wait 7 s"),
    ],
)
async def test_a_refusal_says_what_to_do(status: int, detail: Any, expected: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(status, json={"detail": detail}, headers={"Retry-After": "7"} if status == 429 else {})

    wish = {"memory_id": "mem-a", "content": "x"}
    assert expected in await _refusal("memory_update", wish, answer)


def test_who_is_away_is_named() -> None:
    said = advice(errors.Unreachable("No answer from http://127.0.0.1:1: refused."))
    assert "127.0.0.1:1" in said
    assert "Is Weft running" in said


async def test_a_default_namespace_is_for_writes_that_name_none() -> None:
    asked: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content).get("namespace"))
        return httpx2.Response(403, json={"detail": "No."})

    for default in ("research", ""):
        async with Client(make_server(lambda _: _client(answer), default)) as client:
            await client.call_tool("memory_store", {"title": "A", "content": "B"})
            await client.call_tool("memory_store", {"title": "A", "content": "B", "namespace": "team"})
    assert asked == ["research", "team", None, "team"]


def _nobody(_: object) -> AsyncWeft:
    raise AssertionError("nobody is to be asked")


def _client(answer: Any) -> AsyncWeft:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="http://weft")
    return AsyncWeft(settings=Settings("http://weft", "key", retries_max=0), http=http)


async def _refusal(tool: str, arguments: dict[str, Any], answer: Any) -> str:
    async with Client(make_server(lambda _: _client(answer))) as client:
        answered = await client.call_tool(tool, arguments)
    assert isinstance(answered, CallToolResult)
    assert answered.is_error
    text: str = answered.content[0].text  # type: ignore[union-attr]
    return text


if __name__ == "__main__":
    GOLDEN.write_text(f"{json.dumps(asyncio.run(_listed()), indent=1)}\n")
