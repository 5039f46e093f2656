"""The graph over HTTP, as the reference has it: memories connect themselves, and the graph answers."""

import json
from functools import partial
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import client_of, store
from tests.flows.raw import MARK, refused, send
from tests.flows.test_commands_api import is_ready, standing_still
from tests.stack import Stack, wait_until

MEMORIES = "/api/v1/memories/"
RELATIONSHIPS = "/api/v1/relationships"
UNKNOWN = "mem-0000000000000000"
ELSEWHERE = "ws-000000000000"

NODE = {"memory_id", "title", "memory_type", "importance_score", "pagerank_score", "community_label"}
EDGE = {"source_memory_id", "target_memory_id", "relationship_type", "confidence"}
RESULT = {
    "memory", "score", "keyword_score", "semantic_score", "match_type", "id", "title", "memory_type", "summary",
}  # fmt: skip

FILE = "hooks/delivery_window.py"
DUPLICATED = {
    "title": "Pool the connections to Postgres",
    "narrative": "One engine per process, with a pool of ten. A connection per request exhausted the server.",
}
SHELF: dict[str, dict[str, Any]] = {
    "pool": {**DUPLICATED, "memory_type": "pattern", "importance_score": 0.9},
    "jitter": {
        "title": "Retry webhooks with full jitter",
        "narrative": "Deliveries that failed together must not be retried together.",
        "source_files": [FILE],
    },
    "window": {
        "title": "Night is the time for big exports",
        "narrative": "Customers in Asia see slow pages when we export at noon.",
        "source_files": [FILE],
    },
    "mention": {
        "title": "Why the outbox exists",
        "narrative": "Read together with: Retry webhooks with full jitter. Orders come first.",
    },
    "cookies": {
        "title": "Cookies broke the login",
        "narrative": "SameSite was missing, so the browser dropped the session cookie.",
    },
    "fonts": {"title": "Self-hosted fonts", "narrative": "Text jumped while a remote stylesheet was being fetched."},
    "tests": {"title": "Freeze the clock in tests", "narrative": "Two of them failed on the last day of each month."},
    "pool again": dict(DUPLICATED),
}
ABOUT_JITTER = "deliveries that failed must not be retried"
"""A search for it finds `jitter` first."""


class Shelf:
    """A workspace in which these memories are connected."""

    def __init__(self, client: httpx2.Client):
        self.client = client
        self.ids = {name: store(client, **fields)["memory_id"] for name, fields in SHELF.items()}

    def edges(self, name: str, method: str) -> list[dict[str, Any]]:
        return [each for each in listed(self.client, self.ids[name]) if each["discovery_method"] == method]

    def is_connected(self) -> bool:
        found = [
            self.edges("jitter", "file_overlap"),
            self.edges("jitter", "explicit_mention"),
            self.edges("pool", "near_duplicate"),
        ]
        embedded = [each["embedding_status"] == "ready" for each in self.client.get(MEMORIES).json()]
        return all(found) and all(embedded)

    def get(self, what: str, **asked: Any) -> dict[str, Any]:
        answer = self.client.get(MEMORIES + what, params=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def shelf(stack: Stack) -> Any:
    with client_of(stack.new_workspace()) as client:
        shelf = Shelf(client)
        wait_until(shelf.is_connected, "the edges")
        yield shelf


def listed(client: httpx2.Client, memory_id: str) -> list[dict[str, Any]]:
    """A memory's edges; nothing while the graph has not heard of it."""
    answer = client.get(RELATIONSHIPS, params={"memory_id": memory_id, "limit": 500})
    assert answer.status_code in {200, 404}, answer.text
    found: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
    return found


def as_shown(edge: dict[str, Any]) -> tuple[Any, ...]:
    """As much of an edge as drawings show."""
    return tuple(edge[name] for name in sorted(EDGE))


def post(client: httpx2.Client, what: str, **asked: Any) -> dict[str, Any]:
    answer = client.post(MEMORIES + what, json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def is_a_subgraph(found: dict[str, Any]) -> None:
    """Whole nodes, each once, and only edges among them."""
    ids = [node["memory_id"] for node in found["nodes"]]
    assert len(set(ids)) == len(ids)
    assert all(set(node) == NODE for node in found["nodes"])
    for edge in found["edges"]:
        assert set(edge) == EDGE
        assert {edge["source_memory_id"], edge["target_memory_id"]} <= set(ids)


class TestDiscovery:
    def test_a_file_that_few_share_joins_them(self, shelf: Shelf) -> None:
        (edge,) = shelf.edges("window", "file_overlap")
        assert edge["relationship_type"] == "references"
        assert {edge["source_memory_id"], edge["target_memory_id"]} == {shelf.ids["jitter"], shelf.ids["window"]}
        assert 0 < edge["confidence"] <= 1
        assert FILE in edge["context"]
        assert edge["is_bidirectional"] is True

    def test_an_exact_title_in_a_narrative_is_a_mention(self, shelf: Shelf) -> None:
        (edge,) = shelf.edges("mention", "explicit_mention")
        assert edge["relationship_type"] == "references"
        assert edge["source_memory_id"] == shelf.ids["mention"]
        assert edge["target_memory_id"] == shelf.ids["jitter"]
        assert edge["context"]

    def test_the_newer_of_two_that_say_the_same_supersedes_the_older(self, shelf: Shelf) -> None:
        (edge,) = shelf.edges("pool", "near_duplicate")
        assert edge["relationship_type"] == "supersedes"
        assert (edge["source_memory_id"], edge["target_memory_id"]) == (shelf.ids["pool again"], shelf.ids["pool"])
        assert edge["confidence"] >= 0.95

    def test_both_details_tell_an_edge(self, shelf: Shelf) -> None:
        (edge,) = shelf.edges("mention", "explicit_mention")
        source = shelf.client.get(MEMORIES + shelf.ids["mention"]).json()
        target = shelf.client.get(MEMORIES + shelf.ids["jitter"]).json()
        assert edge in source["outgoing_relationships"]
        assert edge in target["incoming_relationships"]
        assert source["warnings"] == target["warnings"] == []

    def test_there_is_one_edge_for_each_source_target_and_type(self, shelf: Shelf) -> None:
        for memory_id in shelf.ids.values():
            edges = listed(shelf.client, memory_id)
            names = [(e["source_memory_id"], e["target_memory_id"], e["relationship_type"]) for e in edges]
            assert len(set(names)) == len(names)
            assert [e["confidence"] for e in edges] == sorted((e["confidence"] for e in edges), reverse=True)

    def test_what_was_discovered_cant_be_deleted(self, shelf: Shelf) -> None:
        (edge,) = shelf.edges("mention", "explicit_mention")
        assert shelf.client.delete(f"{RELATIONSHIPS}/{edge['id']}").status_code == 404
        assert shelf.edges("mention", "explicit_mention") == [edge]

    def test_an_edge_goes_when_what_it_rests_on_does(self, client: httpx2.Client) -> None:
        one, other = (store(client, title=f"Memory {n}", source_files=["rare.py"])["memory_id"] for n in range(2))
        edges = partial(of_method, client, one, "file_overlap")
        wait_until(lambda: len(edges()) == 1, what="the edge")
        client.patch(MEMORIES + other, json={"source_files": ["else.py"]})
        wait_until(lambda: edges() == [], what="its end")
        client.patch(MEMORIES + other, json={"source_files": ["rare.py"]})
        wait_until(lambda: len(edges()) == 1, what="the edge again")
        client.delete(MEMORIES + other)
        wait_until(lambda: edges() == [], what="its end")
        detail = client.get(MEMORIES + one).json()
        assert (detail["outgoing_relationships"], detail["incoming_relationships"]) == ([], [])

    def test_a_memory_id_in_a_narrative_is_a_mention_too(self, client: httpx2.Client) -> None:
        named = store(client, title="The one that is named")["memory_id"]
        naming = store(client, narrative=f"Follows from {named}.")["memory_id"]
        wait_until(lambda: bool(of_method(client, naming, "explicit_mention")), what="the mention")
        (edge,) = of_method(client, naming, "explicit_mention")
        assert (edge["source_memory_id"], edge["target_memory_id"]) == (naming, named)

    def test_edges_do_not_cross_workspaces(self, shelf: Shelf, client: httpx2.Client) -> None:
        memory_id = store(client, **SHELF["window"])["memory_id"]
        near = store(client, title="Beside it", source_files=[FILE])["memory_id"]
        wait_until(lambda: bool(of_method(client, memory_id, "file_overlap")), what="an edge of its own workspace")
        ends = {e[name] for e in listed(client, memory_id) for name in ("source_memory_id", "target_memory_id")}
        assert ends == {memory_id, near}


def of_method(client: httpx2.Client, memory_id: str, method: str) -> list[dict[str, Any]]:
    return [each for each in listed(client, memory_id) if each["discovery_method"] == method]


class TestRelated:
    def related(self, shelf: Shelf, name: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = shelf.client.get(f"{MEMORIES}{shelf.ids[name]}/related", params=parameters)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def test_the_nearest_come_first_in_the_shape_of_search_results(self, shelf: Shelf) -> None:
        found = self.related(shelf, "pool", similarity_threshold=0, limit=50)
        assert found[0]["id"] == shelf.ids["pool again"]
        assert found[0]["semantic_score"] >= 0.95
        assert all(set(result) == RESULT for result in found)
        assert all(result["id"] == result["memory"]["memory_id"] for result in found)
        assert {result["match_type"] for result in found} == {"semantic"}
        nearness = [result["semantic_score"] for result in found]
        assert nearness == sorted(nearness, reverse=True)
        assert shelf.ids["pool"] not in [result["id"] for result in found]

    def test_what_is_not_near_enough_is_left_out(self, shelf: Shelf) -> None:
        assert [result["id"] for result in self.related(shelf, "pool")] == [shelf.ids["pool again"]]
        assert self.related(shelf, "cookies", similarity_threshold=0.99) == []

    def test_there_are_no_more_than_asked_for(self, shelf: Shelf) -> None:
        whole = self.related(shelf, "pool", similarity_threshold=0)
        assert self.related(shelf, "pool", similarity_threshold=0, limit=2) == whole[:2]

    def test_unknown_foreign_and_malformed_are_told_the_same(
        self, shelf: Shelf, anyone: httpx2.Client, stranger: httpx2.Client
    ) -> None:
        foreign = store(stranger)["memory_id"]
        for missing in (UNKNOWN, foreign, "mem-notexist"):
            answer = shelf.client.get(f"{MEMORIES}{missing}/related")
            assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{missing}\' not found."}}')
        memory_id = shelf.ids["pool"]
        elsewhere = shelf.client.get(f"{MEMORIES}{memory_id}/related", params={"workspace_id": ELSEWHERE})
        assert (elsewhere.status_code, elsewhere.text) == (404, f'{{"detail":"Memory \'{memory_id}\' not found."}}')

    def test_a_deleted_memory_is_neither_asked_about_nor_found(self, client: httpx2.Client) -> None:
        one, other = (store(client, **DUPLICATED)["memory_id"] for _ in range(2))
        path = f"{MEMORIES}{one}/related"
        wait_until(lambda: [each["id"] for each in related_at(client, path)] == [other], "the other")
        client.delete(MEMORIES + other)
        assert related_at(client, path) == []
        wait_until(lambda: client.get(f"{MEMORIES}{other}/related").status_code == 404, what="a 404")


def related_at(client: httpx2.Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code in {200, 404}
    found: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
    return found


class TestExplore:
    def test_it_grows_from_what_a_search_finds(self, shelf: Shelf) -> None:
        found = post(shelf.client, "explore", query=ABOUT_JITTER, seed_limit=1)
        is_a_subgraph(found)
        assert found["seed_memories"] == [shelf.ids["jitter"]]
        assert found["nodes"][0]["memory_id"] == shelf.ids["jitter"]
        assert {shelf.ids["window"], shelf.ids["mention"]} <= {node["memory_id"] for node in found["nodes"]}
        assert found["warnings"] == []

    def test_it_stays_inside_its_bounds(self, shelf: Shelf) -> None:
        for most in (1, 2, 3):
            found = post(shelf.client, "explore", query=ABOUT_JITTER, seed_limit=1, max_nodes=most)
            is_a_subgraph(found)
            assert len(found["nodes"]) == most
        assert len(post(shelf.client, "explore", query="webhooks", seed_limit=3)["seed_memories"]) <= 3

    def test_it_goes_only_along_the_edges_that_it_may(self, shelf: Shelf) -> None:
        explore = partial(post, shelf.client, "explore", query=ABOUT_JITTER, seed_limit=1)
        assert [node["memory_id"] for node in explore(relationship_types=[])["nodes"]] == [shelf.ids["jitter"]]
        assert len(explore(min_edge_confidence=1.0)["nodes"]) == 1
        only = explore(relationship_types=["references", "references"])
        assert {edge["relationship_type"] for edge in only["edges"]} == {"references"}
        assert len(only["nodes"]) == 3

    def test_the_same_question_has_the_same_answer(self, shelf: Shelf) -> None:
        explore = partial(post, shelf.client, "explore", query="how do we keep the database alive")

        def is_the_same() -> bool:  # unless ranks or edges changed meanwhile
            before = shelf.client.get(MEMORIES + "graph").json()
            answers = [explore(), explore(), explore(namespaces=["default"]), explore(namespaces=["*"])]
            if shelf.client.get(MEMORIES + "graph").json() != before:
                return False
            assert answers == [answers[0]] * 4
            return True

        wait_until(is_the_same, "a moment without a change")

    def test_wrong_field_names_are_ignored_and_named(self, shelf: Shelf) -> None:
        found = post(shelf.client, "explore", query="webhooks", limit=1, types=["references"])
        assert found["warnings"] == [
            "Unknown field 'limit' was ignored; did you mean 'max_nodes'?",
            "Unknown field 'types' was ignored; did you mean 'relationship_types'?",
        ]
        assert len(found["nodes"]) > 1

    def test_elsewhere_there_is_nothing_whether_it_exists_or_not(self, shelf: Shelf, stranger: httpx2.Client) -> None:
        nothing: dict[str, Any] = {"nodes": [], "edges": [], "seed_memories": [], "warnings": []}
        existing = stranger.get("/api/v1/workspace").json()["workspace_id"]
        for workspace_id in (existing, ELSEWHERE):
            assert post(shelf.client, "explore", query="webhooks", workspace_id=workspace_id) == nothing
        found = post(stranger, "explore", query=ABOUT_JITTER, workspace_id=existing)
        assert not {node["memory_id"] for node in found["nodes"]} & set(shelf.ids.values())

    def test_in_an_empty_workspace_there_is_nothing(self, client: httpx2.Client) -> None:
        found = post(client, "explore", query="anything")
        assert (found["nodes"], found["edges"], found["seed_memories"]) == ([], [], [])


class TestPath:
    def path(self, shelf: Shelf, source: str, target: str, **asked: Any) -> dict[str, Any]:
        ends = {"source_memory_id": shelf.ids[source], "target_memory_id": shelf.ids[target]}
        return post(shelf.client, "path", **ends, **asked)

    def test_it_follows_edges_in_both_directions(self, shelf: Shelf) -> None:
        way = [shelf.ids[name] for name in ("window", "jitter", "mention")]
        there = self.path(shelf, "window", "mention", relationship_types=["references"])
        back = self.path(shelf, "mention", "window", relationship_types=["references"])
        assert (there["path"], there["depth"]) == (way, 2)
        assert (back["path"], back["depth"]) == (way[::-1], 2)
        assert back["edges"] == there["edges"][::-1]
        for edge, step in zip(there["edges"], pairwise(way), strict=True):
            assert set(edge) == EDGE
            assert {edge["source_memory_id"], edge["target_memory_id"]} == set(step)

    def test_from_a_memory_to_itself_it_is_that_one_node(self, shelf: Shelf) -> None:
        assert self.path(shelf, "pool", "pool") == {"path": [shelf.ids["pool"]], "edges": [], "depth": 0}

    @pytest.mark.parametrize(
        "asked", [{"max_depth": 1, "relationship_types": ["references"]}, {"relationship_types": []}]
    )
    def test_where_there_is_none_it_is_empty(self, shelf: Shelf, asked: dict[str, Any]) -> None:
        assert self.path(shelf, "window", "mention", **asked) == {"path": [], "edges": [], "depth": 0}

    def test_an_edge_by_hand_is_a_way_too(self, client: httpx2.Client) -> None:
        one, other = (store(client, title=f"Memory {n}")["memory_id"] for n in range(2))
        edge = {"source_memory_id": other, "target_memory_id": one, "relationship_type": "caused_by", "confidence": 0.5}
        assert client.post(RELATIONSHIPS, json=edge).status_code == 201
        asked = {"source_memory_id": one, "target_memory_id": other, "relationship_types": ["caused_by"]}
        answer = partial(client.post, MEMORIES + "path", json=asked)
        wait_until(lambda: answer().status_code == 200 and answer().json()["depth"] == 1, what="the path")
        assert answer().json() == {"path": [one, other], "edges": [edge], "depth": 1}

    def test_an_end_that_is_unknown_foreign_or_malformed_is_404(self, shelf: Shelf, stranger: httpx2.Client) -> None:
        here = shelf.ids["pool"]
        for missing in (UNKNOWN, store(stranger)["memory_id"], "mem-notexist"):
            for source, target in ((here, missing), (missing, here)):
                asked = {"source_memory_id": source, "target_memory_id": target}
                answer = shelf.client.post(MEMORIES + "path", json=asked)
                assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{missing}\' not found."}}')

    def test_in_another_workspace_the_source_is_not_found(self, shelf: Shelf) -> None:
        here = shelf.ids["pool"]
        asked = {"source_memory_id": here, "target_memory_id": here, "workspace_id": ELSEWHERE}
        answer = shelf.client.post(MEMORIES + "path", json=asked)
        assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{here}\' not found."}}')


class TestDraw:
    def draw(self, client: httpx2.Client, **parameters: Any) -> dict[str, Any]:
        answer = client.get(MEMORIES + "graph", params=parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def test_it_is_all_nodes_and_all_edges(self, shelf: Shelf) -> None:
        def drawn_as_told() -> bool:  # once nothing more is being discovered
            told = {as_shown(e) for each in shelf.ids.values() for e in listed(shelf.client, each)}
            return {as_shown(edge) for edge in self.draw(shelf.client)["edges"]} == told

        wait_until(drawn_as_told, "all edges in the drawing")
        found = self.draw(shelf.client)
        is_a_subgraph(found)
        assert {node["memory_id"] for node in found["nodes"]} == set(shelf.ids.values())
        assert found["total_nodes"] == len(SHELF)

    def test_the_highest_ranks_come_first(self, shelf: Shelf) -> None:
        def is_ranked() -> bool:
            return all(node["pagerank_score"] is not None for node in self.draw(shelf.client)["nodes"])

        wait_until(is_ranked, "ranks")
        ranks = [node["pagerank_score"] for node in self.draw(shelf.client)["nodes"]]
        assert ranks == sorted(ranks, reverse=True)
        assert ranks[0] == 1.0
        two = self.draw(shelf.client, max_nodes=2)
        is_a_subgraph(two)
        assert two["nodes"] == self.draw(shelf.client)["nodes"][:2]
        assert two["total_nodes"] == len(SHELF)

    def test_a_memory_tells_its_rank_and_its_community(self, shelf: Shelf) -> None:
        def ranks() -> dict[str, Any]:
            return {
                m["memory_id"]: (m["pagerank_score"], m["community_label"]) for m in shelf.client.get(MEMORIES).json()
            }

        def drawn() -> dict[str, Any]:
            nodes = self.draw(shelf.client)["nodes"]
            return {node["memory_id"]: (node["pagerank_score"], node["community_label"]) for node in nodes}

        wait_until(lambda: ranks() == drawn() and max(rank or 0 for rank, _ in ranks().values()) == 1, "ranks")

    def test_elsewhere_there_is_nothing_to_draw(self, shelf: Shelf, stranger: httpx2.Client) -> None:
        existing = stranger.get("/api/v1/workspace").json()["workspace_id"]
        for workspace_id in (existing, ELSEWHERE):
            found = self.draw(shelf.client, workspace_id=workspace_id)
            assert found == {"nodes": [], "edges": [], "total_nodes": 0}

    def test_an_empty_workspace_is_an_empty_drawing(self, client: httpx2.Client) -> None:
        assert self.draw(client) == {"nodes": [], "edges": [], "total_nodes": 0}


ENDS = {"source_memory_id": UNKNOWN, "target_memory_id": UNKNOWN}
BODIES: dict[str, tuple[str, str, list[str] | None]] = {
    "explore nothing": ("explore", "{}", ["body", "query"]),
    "an empty query": ("explore", '{"query": ""}', ["body", "query"]),
    "an invisible query": ("explore", r'{"query": " \u200b"}', ["body", "query"]),
    "a query of 2,001 characters": ("explore", json.dumps({"query": "x" * 2_001}), ["body", "query"]),
    "a megabyte of query": ("explore", json.dumps({"query": "x" * 1_000_000}), ["body", "query"]),
    "NUL in the query": ("explore", r'{"query": "a\u0000"}', ["body", "query"]),
    "max_nodes 201": ("explore", '{"query": "x", "max_nodes": 201}', ["body", "max_nodes"]),
    "max_nodes 0": ("explore", '{"query": "x", "max_nodes": 0}', ["body", "max_nodes"]),
    "max_nodes true": ("explore", '{"query": "x", "max_nodes": true}', ["body", "max_nodes"]),
    "max_nodes as text": ("explore", '{"query": "x", "max_nodes": "5"}', ["body", "max_nodes"]),
    "seed_limit 51": ("explore", '{"query": "x", "seed_limit": 51}', ["body", "seed_limit"]),
    "min_edge_confidence 1.1": (
        "explore",
        '{"query": "x", "min_edge_confidence": 1.1}',
        ["body", "min_edge_confidence"],
    ),
    "min_edge_confidence NaN": ("explore", '{"query": "x", "min_edge_confidence": NaN}', ["body"]),
    "min_edge_confidence true": (
        "explore",
        '{"query": "x", "min_edge_confidence": true}',
        ["body", "min_edge_confidence"],
    ),
    "an unknown type": ("explore", f'{{"query": "x", "relationship_types": ["{MARK}"]}}', None),
    "types as text": ("explore", '{"query": "x", "relationship_types": "references"}', ["body", "relationship_types"]),
    "path from nowhere": ("path", "{}", ["body", "source_memory_id"]),
    "max_depth 0": ("path", json.dumps({**ENDS, "max_depth": 0}), ["body", "max_depth"]),
    "max_depth 11": ("path", json.dumps({**ENDS, "max_depth": 11}), ["body", "max_depth"]),
    "max_depth 10^6": ("path", json.dumps({**ENDS, "max_depth": 10**6}), ["body", "max_depth"]),
    "max_depth true": ("path", json.dumps({**ENDS, "max_depth": True}), ["body", "max_depth"]),
    "a field that path does not know": ("path", json.dumps({**ENDS, "depth": 3}), ["body", "depth"]),
    "an id that is a number": ("path", json.dumps({**ENDS, "source_memory_id": 7}), ["body", "source_memory_id"]),
    "path by an unknown type": ("path", json.dumps({**ENDS, "relationship_types": [MARK]}), None),
    "explore a list": ("explore", "[]", ["body"]),
    "path to a text": ("path", f'"{MARK}"', ["body"]),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_does_not_fit_is_refused(stack: Stack, token: str, name: str) -> None:
    path, body, loc = BODIES[name]
    refused(send(stack.url, token, body.encode(), MEMORIES + path), 422, loc)


@pytest.mark.parametrize(
    "query",
    [
        f"{UNKNOWN}/related?limit=0", f"{UNKNOWN}/related?limit=51", f"{UNKNOWN}/related?limit=true",
        f"{UNKNOWN}/related?similarity_threshold=1.1", f"{UNKNOWN}/related?similarity_threshold=nan",
        f"{UNKNOWN}/related?similarity_threshold=-inf", "graph?max_nodes=0", "graph?max_nodes=5001",
        "graph?max_nodes=many",
    ],
)  # fmt: skip
def test_a_bad_parameter_is_refused(stack: Stack, token: str, query: str) -> None:
    refused(send(stack.url, token, b"", MEMORIES + query, "GET"), 422)


@pytest.mark.parametrize("name", ["%00", "mem-%00", "..%2f..%2fetc", "mem-*", "x" * 4_000, "MEM-0000000000000000"])
def test_what_is_no_memory_id_is_404(stack: Stack, token: str, name: str) -> None:
    refused(send(stack.url, token, b"", f"{MEMORIES}{name}/related", "GET"), 404)


@pytest.mark.parametrize("query", ["' & | ! :*", "'; DROP TABLE graph.edges; --", "?!.,;:()[]{}", "\U0001f9f6" * 500])
def test_any_words_can_be_explored(anyone: httpx2.Client, query: str) -> None:
    is_a_subgraph(post(anyone, "explore", query=query))


def test_a_namespace_that_is_not_there_is_404(anyone: httpx2.Client) -> None:
    answer = anyone.post(MEMORIES + "explore", json={"query": "x", "namespaces": ["default", "research"]})
    assert answer.status_code == 404


@pytest.mark.slow
def test_while_the_graph_stands_still_memories_are_told_without_their_relationships(
    stack: Stack, anyone: httpx2.Client
) -> None:
    stored = store(anyone)
    with standing_still(stack, "graph"):
        answer = anyone.get(MEMORIES + stored["memory_id"])
        missing = anyone.get(MEMORIES + UNKNOWN)
        not_ready = anyone.get("/readyz")
        draw = anyone.get(MEMORIES + "graph")
    told = answer.json()
    assert (answer.status_code, told["title"], answer.headers["ETag"]) == (200, stored["title"], '"1"')
    assert (told["outgoing_relationships"], told["incoming_relationships"]) == ([], [])
    assert told["warnings"] == ["Relationships are not available at present."]
    assert answer.elapsed.total_seconds() < 3
    assert missing.status_code == 404
    assert (not_ready.status_code, not_ready.json()["missing"]) == (503, ["graph"])
    assert (draw.status_code, draw.headers["Retry-After"]) == (503, "1")
    wait_until(lambda: is_ready(anyone), what="readiness")
    assert anyone.get(MEMORIES + stored["memory_id"]).json()["warnings"] == []


class TestMap:
    def test_it_is_the_drawing_in_columns(self, shelf: Shelf) -> None:
        drawn, mapped = shelf.get("graph"), shelf.get("map")
        nodes, edges = mapped["nodes"], mapped["edges"]
        assert [dict(zip(nodes, values, strict=True)) for values in zip(*nodes.values(), strict=True)] == drawn["nodes"]
        ids = nodes["memory_id"]
        told = {
            (ids[source], ids[target], kind, confidence)
            for source, target, kind, confidence in zip(*edges.values(), strict=True)
        }
        assert told == {tuple(edge.values()) for edge in drawn["edges"]}
        assert mapped["total_nodes"] == drawn["total_nodes"]

    def test_of_each_memory_the_most_confident_edges_are_kept(self, shelf: Shelf) -> None:
        few = shelf.get("map", edges_per_node=1, max_nodes=4)
        assert len(few["nodes"]["title"]) == 4
        assert len(few["edges"]["source"]) <= len(shelf.get("graph", max_nodes=4)["edges"])
        assert all(0 <= place < 4 for place in (*few["edges"]["source"], *few["edges"]["target"]))

    def test_of_a_foreign_workspace_there_is_none(self, shelf: Shelf) -> None:
        assert shelf.get("map", workspace_id=ELSEWHERE)["nodes"]["memory_id"] == []
