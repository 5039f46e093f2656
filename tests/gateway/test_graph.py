"""The routes of the graph: what they ask of it, what they refuse by themselves, and what they make of its answers."""

from typing import Any

import httpx2
import pytest

from contracts.queries import DrawGraph, Explore, FindPath, GetRelated, ListNamespaces
from services.gateway.api import examples
from tests.gateway.conftest import WORKSPACE
from tests.gateway.played import Played, playing, refusing
from tests.stack import Servers

MEMORIES = "/api/v1/memories"
A, B = "mem-000000000000000a", "mem-000000000000000b"
READABLE = ("default", "team")
ELSEWHERE = "ws-000000000000"
SUBGRAPH: dict[str, Any] = {"nodes": [], "edges": [], "seed_memories": [], "warnings": []}
NOWHERE = {"path": [], "edges": [], "depth": 0}
HIT = {name: examples.RELATED_EXAMPLE[name] for name in ("memory", "score", "keyword_score", "semantic_score")} | {
    "match_type": "semantic"
}


class TestRelated:
    async def test_it_asks_for_what_was_asked_and_shows_results_like_a_search(
        self, http: httpx2.AsyncClient, graph: Played
    ) -> None:
        graph.answers[GetRelated] = [HIT]
        answer = await http.get(f"{MEMORIES}/{A}/related", params={"limit": 50, "similarity_threshold": 0})
        assert (answer.status_code, answer.json()) == (200, [examples.RELATED_EXAMPLE])
        question = {"workspace_id": WORKSPACE, "memory_id": A, "readable": READABLE}
        assert graph.heard == [GetRelated(**question, limit=50, similarity_threshold=0.0)]
        await http.get(f"{MEMORIES}/{A}/related", params={"workspace_id": WORKSPACE})
        assert graph.heard[1] == GetRelated(**question, limit=10, similarity_threshold=0.75)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("limit", "0"), ("limit", "51"), ("limit", "true"), ("limit", "1.5"), ("limit", "9" * 5_000),
            ("similarity_threshold", "-0.1"), ("similarity_threshold", "1.1"), ("similarity_threshold", "nan"),
            ("similarity_threshold", "inf"), ("similarity_threshold", "true"), ("similarity_threshold", ""),
        ],
    )  # fmt: skip
    async def test_a_bad_parameter_is_422_and_named(self, http: httpx2.AsyncClient, name: str, value: str) -> None:
        answer = await http.get(f"{MEMORIES}/{A}/related", params={name: value})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", name]

    async def test_unknown_malformed_and_foreign_are_told_the_same(
        self, http: httpx2.AsyncClient, graph: Played
    ) -> None:
        graph.answers[GetRelated] = refusing("unknown_memory", f"Memory '{A}' not found.")
        unknown = await http.get(f"{MEMORIES}/{A}/related")
        foreign = await http.get(f"{MEMORIES}/{A}/related", params={"workspace_id": ELSEWHERE})
        malformed = await http.get(f"{MEMORIES}/{B[:-1]}/related")
        assert {answer.status_code for answer in (unknown, foreign, malformed)} == {404}
        assert unknown.content == foreign.content == malformed.content.replace(B[:-1].encode(), A.encode())
        assert len(graph.heard) == 1


class TestExplore:
    async def test_it_asks_for_what_was_asked(self, http: httpx2.AsyncClient, graph: Played) -> None:
        graph.answers[Explore] = SUBGRAPH
        asked = {
            "query": "retries",
            "max_nodes": 200,
            "relationship_types": ["references", "similar_to", "references"],
            "min_edge_confidence": 0.7,
            "seed_limit": 50,
            "namespaces": ["team"],
            "workspace_id": WORKSPACE,
        }
        answer = await http.post(f"{MEMORIES}/explore", json=asked)
        assert (answer.status_code, answer.json()) == (200, SUBGRAPH)
        assert graph.heard == [
            Explore(
                workspace_id=WORKSPACE,
                readable=("team",),
                query="retries",
                max_nodes=200,
                relationship_types=("references", "similar_to"),
                min_edge_confidence=0.7,
                seed_limit=50,
            )
        ]

    async def test_what_is_left_out_has_its_default(self, http: httpx2.AsyncClient, graph: Played) -> None:
        graph.answers[Explore] = SUBGRAPH
        await http.post(f"{MEMORIES}/explore", json={"query": "retries"})
        await http.post(
            f"{MEMORIES}/explore", json={"query": "retries", "relationship_types": None, "namespaces": ["*"]}
        )
        assert graph.heard == [Explore(workspace_id=WORKSPACE, readable=READABLE, query="retries")] * 2

    async def test_its_warnings_are_those_of_the_graph_and_of_ignored_fields(
        self, http: httpx2.AsyncClient, graph: Played
    ) -> None:
        graph.answers[Explore] = {**SUBGRAPH, "warnings": ["Half of it."]}
        answer = await http.post(f"{MEMORIES}/explore", json={"query": "x", "limit": 3})
        assert answer.json()["warnings"] == [
            "Unknown field 'limit' was ignored; did you mean 'max_nodes'?",
            "Half of it.",
        ]

    async def test_another_workspace_has_nothing_to_explore(self, http: httpx2.AsyncClient, graph: Played) -> None:
        in_body = await http.post(f"{MEMORIES}/explore", json={"query": "x", "workspace_id": ELSEWHERE})
        in_query = await http.post(f"{MEMORIES}/explore", json={"query": "x"}, params={"workspace_id": ELSEWHERE})
        in_one_of_them = await http.post(
            f"{MEMORIES}/explore", json={"query": "x", "workspace_id": WORKSPACE}, params={"workspace_id": ELSEWHERE}
        )
        for answer in (in_body, in_query, in_one_of_them):
            assert (answer.status_code, answer.json()) == (200, SUBGRAPH)
        assert graph.heard == []

    async def test_a_namespace_without_a_grant_is_403(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers[ListNamespaces] = [{"key": "research", "status": "active"}]
        answer = await http.post(f"{MEMORIES}/explore", json={"query": "x", "namespaces": ["default", "research"]})
        assert answer.status_code == 403
        assert answer.json() == {"detail": "This key has no grant for namespace 'research'."}
        for there in ([], [{"key": "research", "status": "archived"}]):
            memory.answers[ListNamespaces] = there
            answer = await http.post(f"{MEMORIES}/explore", json={"query": "x", "namespaces": ["default", "research"]})
            assert (answer.status_code, answer.json()) == (404, {"detail": "Namespace 'research' not found."})


class TestPath:
    async def test_it_asks_for_what_was_asked(self, http: httpx2.AsyncClient, graph: Played) -> None:
        graph.answers[FindPath] = examples.PATH_EXAMPLE
        ends = {"source_memory_id": A, "target_memory_id": B}
        answer = await http.post(f"{MEMORIES}/path", json=ends)
        assert (answer.status_code, answer.json()) == (200, examples.PATH_EXAMPLE)
        await http.post(f"{MEMORIES}/path", json={**ends, "max_depth": 10, "relationship_types": ["references"] * 8})
        question = {"workspace_id": WORKSPACE, "readable": READABLE, **ends}
        assert graph.heard == [
            FindPath(**question),
            FindPath(**question, max_depth=10, relationship_types=("references",)),
        ]

    async def test_either_end_may_be_the_one_that_is_not_found(self, http: httpx2.AsyncClient, graph: Played) -> None:
        ends = {"source_memory_id": A, "target_memory_id": B}
        for unknown in (A, B):
            graph.answers[FindPath] = refusing("unknown_memory", f"Memory '{unknown}' not found.")
            answer = await http.post(f"{MEMORIES}/path", json=ends)
            assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{unknown}\' not found."}}')
        for name, told in (("source_memory_id", "mem-A"), ("target_memory_id", "")):
            answer = await http.post(f"{MEMORIES}/path", json={**ends, name: told})
            assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{told}\' not found."}}')
        assert len(graph.heard) == 2

    async def test_in_another_workspace_the_source_is_not_found(self, http: httpx2.AsyncClient, graph: Played) -> None:
        ends = {"source_memory_id": A, "target_memory_id": B}
        in_body = await http.post(f"{MEMORIES}/path", json={**ends, "workspace_id": ELSEWHERE})
        in_query = await http.post(f"{MEMORIES}/path", json=ends, params={"workspace_id": ELSEWHERE})
        for answer in (in_body, in_query):
            assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{A}\' not found."}}')
        assert graph.heard == []


class TestDraw:
    async def test_graph_is_no_memory_id(self, http: httpx2.AsyncClient, graph: Played) -> None:
        graph.answers[DrawGraph] = examples.DRAWING_EXAMPLE
        answer = await http.get(f"{MEMORIES}/graph")
        assert (answer.status_code, answer.json()) == (200, examples.DRAWING_EXAMPLE)
        await http.get(f"{MEMORIES}/graph", params={"max_nodes": 5_000})
        question = {"workspace_id": WORKSPACE, "readable": READABLE}
        assert graph.heard == [DrawGraph(**question), DrawGraph(**question, max_nodes=5_000)]

    async def test_another_workspace_has_nothing_to_draw(self, http: httpx2.AsyncClient, graph: Played) -> None:
        answer = await http.get(f"{MEMORIES}/graph", params={"workspace_id": ELSEWHERE})
        assert (answer.status_code, answer.json()) == (200, {"nodes": [], "edges": [], "total_nodes": 0})
        assert graph.heard == []

    @pytest.mark.parametrize("value", ["0", "5001", "-1", "true", "many", "1e3", ""])
    async def test_a_bad_limit_is_422_and_named(self, http: httpx2.AsyncClient, value: str) -> None:
        answer = await http.get(f"{MEMORIES}/graph", params={"max_nodes": value})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "max_nodes"]


async def test_while_the_graph_is_away_its_routes_are_503_and_say_when_to_come_again(http: httpx2.AsyncClient) -> None:
    ends = {"source_memory_id": A, "target_memory_id": B}
    answers = [
        await http.get(f"{MEMORIES}/{A}/related"),
        await http.get(f"{MEMORIES}/graph"),
        await http.post(f"{MEMORIES}/explore", json={"query": "x"}),
        await http.post(f"{MEMORIES}/path", json=ends),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


async def test_it_is_not_ready_without_the_graph(servers: Servers, http: httpx2.AsyncClient) -> None:
    async with playing(servers, "graph"):
        assert (await http.get("/readyz")).json()["missing"] == ["memory", "search"]
    assert (await http.get("/readyz")).json()["missing"] == ["memory", "search", "graph"]
