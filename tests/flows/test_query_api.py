"""Queries over memories and documents: what they find, for whom, what surrounds it, and what is refused."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import client_of, store
from tests.flows.managing import managing
from tests.stack import Stack, wait_until

RUNBOOK = """# Webhooks

Deliveries are signed with the secret of their endpoint.

## Retries

We decided to retry failed deliveries with full jitter, six times at most. Ask Ada Lovelace before you change that.
"""
QUESTION = "how are failed deliveries retried?"


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[httpx2.Client]:
    """Of a workspace with a memory and a document, which these tests only read."""
    with client_of(stack.new_workspace()) as opened:
        store(opened, title="Retry webhooks with jitter", narrative="Failed deliveries came back all at once.")
        ingest(opened, RUNBOOK)
        found_by_meaning(opened, 2)
        yield opened


def ingest(client: httpx2.Client, content: str, **fields: Any) -> str:
    """The id of a document whose newest version is ready."""
    taken = client.post("/v1/documents/ingest", json={"title": "Runbook", "content": content, **fields})
    assert taken.status_code == 202, taken.text
    document_id: str = taken.json()["document_id"]

    def is_ready() -> bool:
        found = client.get(f"/v1/documents/{document_id}").json()
        return bool(found["status"] == "ready" and found["ready_version"] == found["version"])

    wait_until(is_ready, "the document")
    return document_id


def query(client: httpx2.Client, asked: str = QUESTION, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/query", json={"query": asked, **fields})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def found_by_meaning(client: httpx2.Client, count: int, asked: str = QUESTION) -> None:
    def are() -> bool:
        return len([it for it in query(client, asked)["results"] if it["semantic_score"] > 0]) == count

    wait_until(are, "the embeddings")


def test_memories_and_chunks_are_found_in_one_order(client: httpx2.Client) -> None:
    told = query(client)
    assert (told["query"], told["mode"], told["count"]) == (QUESTION, "fast", 2)
    assert {it["kind"] for it in told["results"]} == {"memory", "chunk"}
    scores = [it["score"] for it in told["results"]]
    assert scores == sorted(scores, reverse=True)
    assert max(it["keyword_score"] for it in told["results"]) == 1.0
    [memory] = [it for it in told["results"] if it["kind"] == "memory"]
    [chunk] = [it for it in told["results"] if it["kind"] == "chunk"]
    assert (memory["id"], memory["text"], memory["chunk"]) == (
        memory["memory"]["memory_id"],
        memory["memory"]["narrative"],
        None,
    )
    assert (chunk["id"], chunk["document_id"], chunk["memory"]) == (
        chunk["chunk"]["chunk_id"],
        chunk["chunk"]["document_id"],
        None,
    )
    assert "full jitter" in chunk["text"]
    assert (told["related"], told["facts"], told["answer"], told["citations"], told["warnings"]) == (
        [],
        [],
        None,
        [],
        [],
    )
    assert client.get("/v1/search", params={"q": QUESTION}).json() == told
    assert query(client, max_results=1)["results"] == told["results"][:1]
    assert client.get("/v1/search", params={"q": QUESTION, "limit": 1}).json()["results"] == told["results"][:1]


def test_filters_are_those_of_a_search_for_memories_and_kinds_and_documents(client: httpx2.Client) -> None:
    def kinds(**filters: Any) -> list[str]:
        return [it["kind"] for it in query(client, filters=filters)["results"]]

    document_id = query(client, filters={"kinds": ["chunk"]})["results"][0]["document_id"]
    assert kinds(kinds=["memory"]) == ["memory"]
    assert kinds(document_ids=[document_id]) == ["chunk"]
    assert kinds(document_ids=["doc-zzzzzzzzzzzzzzzz"]) == kinds(kinds=[]) == kinds(tags=["none"]) == []
    assert kinds(memory_types=["general"]) == ["memory"]
    told = query(client, filters={"memory_type": "decision"}, limit=3)
    assert len(told["warnings"]) == 2
    assert "'max_results'" in told["warnings"][0]
    assert "'memory_types'" in told["warnings"][1]


def test_rich_adds_what_surrounds_the_results(client: httpx2.Client) -> None:
    seed = next(it["id"] for it in query(client)["results"] if it["kind"] == "memory")
    other = store(client, title="Zebra crossing", narrative="Stripes.")["memory_id"]
    edge = {
        "source_memory_id": other,
        "target_memory_id": seed,
        "relationship_type": "depends_on",
        "context": "Stripes.",
    }
    assert client.post("/api/v1/relationships", json=edge).status_code == 201
    told = query(client, mode="rich", max_results=2)
    [chunk] = [it for it in told["results"] if it["kind"] == "chunk"]
    assert chunk["context"]["section_path"][0] == "Webhooks"
    assert {chunk["context"]["before"], chunk["context"]["after"]} == {None}
    assert [(it["memory"]["memory_id"], it["to"], it["reason"]) for it in told["related"]] == [
        (other, seed, "Stripes.")
    ]
    assert "decision" in {it["kind"] for it in told["facts"]}
    assert {it["chunk_id"] for it in told["facts"]} == {chunk["id"]}
    client.delete(f"/api/v1/memories/{other}")
    assert query(client, mode="rich", max_results=2)["related"] == []


def test_a_chunk_in_the_middle_comes_with_its_neighbours(stack: Stack) -> None:
    with client_of(stack.new_workspace()) as client:
        animals = ("zebras", "lions", "giraffes")
        ingest(client, "\n\n".join(f"# Of {it}\n\n" + f"The {it} rest. " * 70 for it in animals))
        wait_until(lambda: query(client, "lions")["count"] > 0, "the chunks")
        best = query(client, "lions", mode="rich", max_results=1)["results"][0]
        assert best["chunk"]["section_path"] == ["Of lions"]
        assert "zebras" in best["context"]["before"]
        assert "giraffes" in best["context"]["after"]


def test_without_a_language_model_there_is_no_answer_and_a_warning_says_so(client: httpx2.Client) -> None:
    told = query(client, mode="rich", synthesize=True)
    assert (told["answer"], told["citations"]) == (None, [])
    assert told["results"]
    assert "language model" in told["warnings"][-1]


def test_a_deleted_document_is_never_returned_and_the_next_version_takes_its_place(stack: Stack) -> None:
    with client_of(stack.new_workspace()) as client:
        kept = ingest(client, "Zebras are striped.", source_id="a.md")
        wait_until(lambda: query(client, "zebras")["count"] == 1, "the chunk")
        assert ingest(client, "Lions are not.", source_id="a.md") == kept
        assert "Zebras" not in str(query(client, "zebras")["results"])
        wait_until(
            lambda: [it["text"] for it in query(client, "lions")["results"]] == ["Lions are not."], "the next one"
        )
        assert client.delete(f"/v1/documents/{kept}").status_code == 204
        assert query(client, "lions")["results"] == []


def test_a_key_finds_what_its_grants_say_and_no_more(stack: Stack) -> None:
    with managing(stack) as owned:
        owned.namespace("research")
        both, one = owned.key(default="rw", research="rw")["api_key"], owned.key(default="r")["api_key"]
        with owned.client(both) as client, owned.client(one) as narrow:
            ingest(client, "Zebras are striped.", namespace="research")
            ingest(client, "Zebras are quick.")
            wait_until(lambda: query(client, "zebras")["count"] == 2, "the chunks")
            texts = {
                name: [it["text"] for it in query(client, "zebras", namespaces=[name])["results"]]
                for name in ("default", "research")
            }
            assert texts == {"default": ["Zebras are quick."], "research": ["Zebras are striped."]}
            assert query(client, "zebras", namespaces=["*"])["count"] == 2
            assert [it["namespace"] for it in query(narrow, "zebras")["results"]] == ["default"]
            asked = {"q": "zebras", "namespaces": ["research"]}
            assert client.get("/v1/search", params=asked).json()["count"] == 1
            assert narrow.get("/v1/search", params=asked).status_code == 403
            assert narrow.get("/v1/search", params={"q": "zebras", "namespaces": "nowhere"}).status_code == 404


def test_another_workspace_that_is_named_has_nothing_to_find(client: httpx2.Client) -> None:
    told = query(client, workspace_id="ws-zzzzzzzzzzzz", mode="rich", synthesize=True)
    assert (told["results"], told["related"], told["facts"], told["answer"]) == ([], [], [], None)


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["body", "query"]),
        ({"query": ""}, ["body", "query"]),
        ({"query": " \u200b"}, ["body", "query"]),
        ({"query": "x" * 2_001}, ["body", "query"]),
        ({"query": "x", "mode": "slow"}, ["body", "mode"]),
        ({"query": "x", "synthesize": 1}, ["body", "synthesize"]),
        ({"query": "x", "max_results": 0}, ["body", "max_results"]),
        ({"query": "x", "max_results": 51}, ["body", "max_results"]),
        ({"query": "x", "max_results": True}, ["body", "max_results"]),
        ({"query": "x", "namespaces": ["No such"]}, ["body", "namespaces", 0, "constrained-str"]),
        ({"query": "x", "filters": {"kinds": ["fact"]}}, ["body", "filters", "kinds", 0]),
        ({"query": "x", "filters": {"min_importance": 2}}, ["body", "filters", "min_importance"]),
        ({"query": "x", "filters": []}, ["body", "filters"]),
    ],
)
def test_a_bad_body_is_422_and_named(client: httpx2.Client, body: dict[str, Any], loc: list[Any]) -> None:
    answer = client.post("/v1/query", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == loc


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "\x00"}, {"q": "x", "limit": 51}, {"q": "x", "limit": "ten"}])
def test_bad_parameters_are_422(client: httpx2.Client, params: dict[str, Any]) -> None:
    assert client.get("/v1/search", params=params).status_code == 422


def test_a_query_takes_x_api_key_and_nothing_else(client: httpx2.Client) -> None:
    token = client.headers["Authorization"]
    for headers in ({}, {"Authorization": token}, {"X-API-Key": token}, {"X-API-Key": ""}):
        answer = httpx2.post(f"{client.base_url}/v1/query", json={"query": "x"}, headers=headers, timeout=15)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "X-API-Key")
