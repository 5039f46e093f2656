"""Queries: what they ask of the services, what they make of the answers, and what they do without."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from contracts.documents import chunk_id
from contracts.queries import (
    GetChunks,
    GetMemories,
    GetRelationships,
    KnowledgeFilters,
    ListFacts,
    Passage,
    SearchKnowledge,
    Synthesize,
)
from services.gateway.api.examples import MEMORY_EXAMPLE, RELATIONSHIP_EXAMPLE
from services.gateway.api.query_shapes import CHUNK_EXAMPLE, CHUNK_RESULT_EXAMPLE, MEMORY_RESULT_EXAMPLE, RICH_EXAMPLE
from services.gateway.api.surroundings import NO_ANSWER, NO_GRAPH
from tests.gateway.conftest import WORKSPACE
from tests.gateway.played import Played, playing, refusing
from tests.stack import Servers

READABLE = ("default", "team")
FOUND = {"kind", "score", "keyword_score", "semantic_score", "match_type", "memory", "chunk"}
HITS = [{name: it[name] for name in FOUND} for it in (MEMORY_RESULT_EXAMPLE, CHUNK_RESULT_EXAMPLE)]
OTHER = RICH_EXAMPLE["related"][0]["memory"]  # type: ignore[index]
MEMORY_ID = MEMORY_EXAMPLE["memory_id"]


@pytest.fixture
async def http(http: httpx2.AsyncClient, token: str) -> httpx2.AsyncClient:
    http.headers["X-API-Key"] = token
    return http


@pytest.fixture
async def search(servers: Servers, token: str) -> AsyncIterator[Played]:
    async with playing(servers, "search", SearchKnowledge) as played:
        played.answers[SearchKnowledge] = {"results": HITS, "warnings": []}
        yield played


@pytest.fixture
async def memory(servers: Servers, token: str) -> AsyncIterator[Played]:
    async with playing(servers, "memory", GetMemories, GetChunks, ListFacts) as played:
        played.answers[GetMemories] = [{"memory": OTHER}]
        played.answers[GetChunks] = [{**CHUNK_EXAMPLE, "chunk_id": _neighbour(-1), "text": "Before."}]
        played.answers[ListFacts] = RICH_EXAMPLE["facts"]
        yield played


@pytest.fixture
async def extraction(servers: Servers, token: str) -> AsyncIterator[Played]:
    async with playing(servers, "extraction", Synthesize) as played:
        yield played


def _neighbour(step: int) -> str:
    document, version, index = (CHUNK_EXAMPLE[it] for it in ("document_id", "version", "index"))
    return chunk_id(WORKSPACE, str(document), int(str(version)), int(str(index)) + step)


async def query(http: httpx2.AsyncClient, **asked: Any) -> Any:
    answer = await http.post("/v1/query", json={"query": "how do we retry webhooks", **asked})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_it_asks_what_was_asked(http: httpx2.AsyncClient, search: Played) -> None:
    filters = {"kinds": ["chunk"], "tags": ["a"], "min_importance": 0.2, "document_ids": ["doc-000000000000000a"]}
    told = await query(http, namespaces=["team"], max_results=50, filters=filters)
    assert [it["id"] for it in told["results"]] == [MEMORY_ID, CHUNK_EXAMPLE["chunk_id"]]
    asked = {"workspace_id": WORKSPACE, "query": "how do we retry webhooks"}
    narrow = SearchKnowledge(**asked, readable=("team",), limit=50, filters=KnowledgeFilters.model_validate(filters))
    assert search.heard == [narrow]
    await http.get("/v1/search", params={"q": asked["query"]})
    assert search.heard[1] == SearchKnowledge(**asked, readable=READABLE)


async def test_rich_shows_neighbours_context_and_facts(
    http: httpx2.AsyncClient, search: Played, memory: Played, graph: Played
) -> None:
    graph.answers[GetRelationships] = [RELATIONSHIP_EXAMPLE]
    told = await query(http, mode="rich")
    assert told["related"] == RICH_EXAMPLE["related"]
    assert told["facts"] == RICH_EXAMPLE["facts"]
    assert told["results"][0]["context"] is None
    assert told["results"][1]["context"] == {
        "section_path": CHUNK_EXAMPLE["section_path"],
        "before": "Before.",
        "after": None,
    }
    [asked] = memory.asked(GetChunks)
    assert (set(asked.chunk_ids), asked.readable) == ({_neighbour(-1), _neighbour(1)}, READABLE)
    assert [it.readable for it in memory.asked(ListFacts)] == [READABLE]
    assert [it.readable for it in memory.asked(GetMemories)] == [READABLE]
    assert [(it.memory_id, it.readable) for it in graph.asked(GetRelationships)] == [(MEMORY_ID, READABLE)]


async def test_rich_without_the_graph_says_so_and_gives_the_rest(
    http: httpx2.AsyncClient, search: Played, memory: Played
) -> None:
    told = await query(http, mode="rich")
    assert (told["related"], told["facts"], told["warnings"]) == ([], RICH_EXAMPLE["facts"], [NO_GRAPH])


async def test_a_result_that_was_deleted_meanwhile_has_no_neighbours(
    http: httpx2.AsyncClient, search: Played, memory: Played, graph: Played
) -> None:
    graph.answers[GetRelationships] = refusing("unknown_memory")
    told = await query(http, mode="rich")
    assert (told["related"], told["warnings"]) == ([], [])


async def test_an_answer_cites_results_by_their_numbers(
    http: httpx2.AsyncClient, search: Played, extraction: Played
) -> None:
    extraction.answers[Synthesize] = {"answer": "With jitter [2].", "citations": [2], "warning": None}
    told = await query(http, synthesize=True)
    assert (told["answer"], told["warnings"]) == ("With jitter [2].", [])
    assert told["citations"] == [{"number": 2, "kind": "chunk", "id": CHUNK_EXAMPLE["chunk_id"]}]
    passages = tuple(Passage(title=it["title"], text=it["text"]) for it in told["results"])
    assert extraction.heard == [Synthesize(workspace_id=WORKSPACE, query=told["query"], passages=passages)]


async def test_without_an_answer_the_results_are_given_and_a_warning(http: httpx2.AsyncClient, search: Played) -> None:
    told = await query(http, synthesize=True)
    assert (told["answer"], told["count"], told["warnings"]) == (None, 2, [NO_ANSWER])
    search.answers[SearchKnowledge] = {"results": [], "warnings": ["Slow."]}
    told = await query(http, synthesize=True)
    assert told["warnings"] == ["Slow.", "No answer was written: nothing was found."]
