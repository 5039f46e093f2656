"""Relationships: what is ordered and asked, what is refused, and what a memory's detail says without the graph."""

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest

from contracts import subjects
from contracts.base import derived_id
from contracts.commands import DeleteRelationship, MakeRelationship
from contracts.queries import GetMemory, GetRelationships
from contracts.replies import Reply
from services.gateway.api import calls, examples, relationships
from services.gateway.api.relationships import DETAIL_MAX, NOT_ALL, NOT_AVAILABLE
from tests.gateway.conftest import WORKSPACE
from tests.gateway.played import Played, refusing

RELATIONSHIPS = "/api/v1/relationships"
A, B = "mem-000000000000000a", "mem-000000000000000b"
RELATED = {"source_memory_id": A, "target_memory_id": B, "relationship_type": "depends_on"}
ELSEWHERE = "ws-000000000000"
PATH = f"/api/v1/memories/{A}"
MEMORY = {**examples.MEMORY_EXAMPLE, "memory_id": A}
AN_ID = UUID("5b0c6d7e-1f2a-5b3c-8d4e-9f0a1b2c3d4e")


def edge(source: str, target: str) -> dict[str, Any]:
    return {**examples.RELATIONSHIP_EXAMPLE, "source_memory_id": source, "target_memory_id": target}


def nothing(*warnings: str) -> dict[str, Any]:
    """The detail of a memory without relationships."""
    return {**MEMORY, "outgoing_relationships": [], "incoming_relationships": [], "warnings": list(warnings)}


class TestMake:
    async def test_what_is_said_is_ordered_and_what_was_made_is_201(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        memory.answers[MakeRelationship] = examples.RELATIONSHIP_EXAMPLE
        said = {**RELATED, "confidence": 0.9, "context": "Because."}
        answer = await http.post(RELATIONSHIPS, json={**said, "workspace_id": WORKSPACE})
        assert (answer.status_code, answer.json()) == (201, {**examples.RELATIONSHIP_EXAMPLE, "warnings": []})
        (order,) = memory.asked(MakeRelationship)
        assert order.model_dump(include=set(said)) == said
        assert (order.workspace_id, order.grants.write, order.fingerprint) == (WORKSPACE, ("default",), None)

    async def test_unless_given_its_confidence_is_1_and_it_has_no_context(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        memory.answers[MakeRelationship] = examples.RELATIONSHIP_EXAMPLE
        await http.post(RELATIONSHIPS, json=RELATED)
        (order,) = memory.asked(MakeRelationship)
        assert (order.confidence, order.context) == (1.0, None)

    async def test_the_same_key_is_the_same_command(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers[MakeRelationship] = examples.RELATIONSHIP_EXAMPLE
        for _ in range(2):
            await http.post(RELATIONSHIPS, json=RELATED, headers={"Idempotency-Key": "once"})
        first, second = memory.asked(MakeRelationship)
        assert first.command_id == second.command_id == derived_id("command", WORKSPACE, "once")
        assert first.fingerprint == second.fingerprint
        assert first.attempt != second.attempt

    async def test_an_end_that_has_not_the_form_of_an_id_is_not_there(self, http: httpx2.AsyncClient) -> None:
        for name in ("source_memory_id", "target_memory_id"):
            answer = await http.post(RELATIONSHIPS, json={**RELATED, name: "mem-notexist"})
            assert (answer.status_code, answer.text) == (404, '{"detail":"Memory \'mem-notexist\' not found."}')

    async def test_a_memory_does_not_relate_to_itself(self, http: httpx2.AsyncClient) -> None:
        answer = await http.post(RELATIONSHIPS, json={**RELATED, "target_memory_id": A})
        assert (answer.status_code, answer.json()) == (
            422,
            {
                "detail": [
                    {
                        "loc": ["body", "target_memory_id"],
                        "msg": "a memory can't relate to itself",
                        "type": "value_error",
                    }
                ]
            },
        )

    async def test_in_another_workspace_it_is_403(self, http: httpx2.AsyncClient) -> None:
        in_body = await http.post(RELATIONSHIPS, json={**RELATED, "workspace_id": ELSEWHERE})
        in_query = await http.post(RELATIONSHIPS, json=RELATED, params={"workspace_id": ELSEWHERE})
        assert in_body.status_code == in_query.status_code == 403
        assert in_body.content == in_query.content

    async def test_the_limit_of_relationships_is_403_and_names_its_code(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        memory.answers[MakeRelationship] = refusing("relationship_limit_reached", "Enough.")
        answer = await http.post(RELATIONSHIPS, json=RELATED)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Enough.", "code": "relationship_limit_reached"})

    async def test_not_yet_decided_is_202_without_a_memory_id(
        self, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "REPLY_TIMEOUT_S", 0.5)
        for answer, more in (
            (await http.post(RELATIONSHIPS, json=RELATED), {"warnings"}),
            (await http.delete(f"{RELATIONSHIPS}/{AN_ID}"), set[str]()),
        ):
            accepted = answer.json()
            assert (answer.status_code, accepted["status"]) == (202, "accepted")
            assert set(accepted) == {"command_id", "status"} | more
            assert answer.headers["Location"] == f"/api/v1/commands/{accepted['command_id']}"


class TestDelete:
    async def test_it_is_ordered_and_204(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers[DeleteRelationship] = Reply()
        answer = await http.delete(f"{RELATIONSHIPS}/{AN_ID}")
        assert (answer.status_code, answer.content) == (204, b"")
        (order,) = memory.asked(DeleteRelationship)
        assert (order.workspace_id, order.relationship_id) == (WORKSPACE, AN_ID)

    async def test_unknown_and_malformed_are_told_the_same(self, http: httpx2.AsyncClient, memory: Played) -> None:
        memory.answers[DeleteRelationship] = refusing("unknown_relationship", f"Relationship '{AN_ID}' not found.")
        unknown = await http.delete(f"{RELATIONSHIPS}/{AN_ID}")
        malformed = await http.delete(f"{RELATIONSHIPS}/nonsense")
        assert unknown.status_code == malformed.status_code == 404
        assert malformed.text.replace("nonsense", str(AN_ID)) == unknown.text
        assert len(memory.heard) == 1

    async def test_in_another_workspace_it_is_403(self, http: httpx2.AsyncClient) -> None:
        path = f"{RELATIONSHIPS}/{AN_ID}"
        assert (await http.delete(path, params={"workspace_id": ELSEWHERE})).status_code == 403
        assert (await http.request("DELETE", path, json={"workspace_id": ELSEWHERE})).status_code == 403


class TestBrowse:
    async def test_it_asks_for_a_page(self, http: httpx2.AsyncClient, graph: Played) -> None:
        graph.answers[GetRelationships] = [edge(A, B), edge(B, A)]
        answer = await http.get(RELATIONSHIPS, params={"memory_id": A})
        assert (answer.status_code, answer.json()) == (200, [edge(A, B), edge(B, A)])
        await http.get(RELATIONSHIPS, params={"memory_id": A, "limit": 500, "offset": 2**31 - 1})
        question = {"workspace_id": WORKSPACE, "memory_id": A, "readable": ("default", "team")}
        assert graph.heard == [
            GetRelationships(**question, limit=100, offset=0),
            GetRelationships(**question, limit=500, offset=2**31 - 1),
        ]

    async def test_unknown_malformed_and_foreign_are_told_the_same(
        self, http: httpx2.AsyncClient, graph: Played
    ) -> None:
        graph.answers[GetRelationships] = refusing("unknown_memory", f"Memory '{A}' not found.")
        unknown = await http.get(RELATIONSHIPS, params={"memory_id": A})
        foreign = await http.get(RELATIONSHIPS, params={"memory_id": A, "workspace_id": ELSEWHERE})
        malformed = await http.get(RELATIONSHIPS, params={"memory_id": A[:-1]})
        assert {answer.status_code for answer in (unknown, foreign, malformed)} == {404}
        assert unknown.content == foreign.content == malformed.content.replace(A[:-1].encode(), A.encode())

    @pytest.mark.parametrize(
        ("parameters", "name"),
        [
            ({}, "memory_id"),
            ({"limit": "0"}, "limit"),
            ({"limit": "501"}, "limit"),
            ({"limit": "true"}, "limit"),
            ({"offset": "-1"}, "offset"),
            ({"offset": str(10**30)}, "offset"),
        ],
    )
    async def test_a_bad_parameter_is_422_and_named(
        self, http: httpx2.AsyncClient, parameters: dict[str, str], name: str
    ) -> None:
        given = parameters | ({} if name == "memory_id" else {"memory_id": A})
        answer = await http.get(RELATIONSHIPS, params=given)
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["detail"]] == [["query", name]]


class TestDetail:
    """`GET /api/v1/memories/{memory_id}`."""

    async def test_it_tells_edges_by_their_direction(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played
    ) -> None:
        memory.answers[GetMemory] = MEMORY
        graph.answers[GetRelationships] = [edge(A, B), edge(B, A), edge(A, "mem-000000000000000c")]
        answer = await http.get(PATH)
        assert answer.status_code == 200
        assert answer.json() == {
            **MEMORY,
            "outgoing_relationships": [edge(A, B), edge(A, "mem-000000000000000c")],
            "incoming_relationships": [edge(B, A)],
            "warnings": [],
        }
        readable = ("default", "team")
        assert graph.heard == [
            GetRelationships(workspace_id=WORKSPACE, memory_id=A, readable=readable, limit=DETAIL_MAX)
        ]

    async def test_memory_and_graph_are_asked_at_the_same_time(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played
    ) -> None:
        both_asked = asyncio.Barrier(2)

        async def the_memory(_: GetMemory) -> Reply:
            await both_asked.wait()
            return Reply(body=MEMORY)

        async def no_edges(_: GetRelationships) -> Reply:
            await both_asked.wait()
            return Reply(body=[])

        memory.answers[GetMemory], graph.answers[GetRelationships] = the_memory, no_edges
        assert (await http.get(PATH)).json() == nothing()

    async def test_without_the_graph_it_is_a_memory_with_a_warning(
        self, http: httpx2.AsyncClient, memory: Played
    ) -> None:
        memory.answers[GetMemory] = MEMORY
        answer = await http.get(PATH)
        assert (answer.status_code, answer.json()) == (200, nothing(NOT_AVAILABLE))
        assert answer.headers["ETag"] == '"1"'

    async def test_so_it_is_while_the_graph_fails(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played
    ) -> None:
        memory.answers[GetMemory] = MEMORY
        answer = await http.get(PATH)
        assert len(graph.heard) == 1
        assert (answer.status_code, answer.json()) == (200, nothing(NOT_AVAILABLE))

    async def test_and_while_the_graph_is_silent(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relationships, "GRAPH_TIMEOUT_S", 0.2)
        let_go = asyncio.Event()

        async def later(_: GetRelationships) -> Reply:
            await let_go.wait()
            return Reply(body=[edge(A, B)])

        memory.answers[GetMemory], graph.answers[GetRelationships] = MEMORY, later
        answer = await http.get(PATH)
        assert (answer.status_code, answer.json()) == (200, nothing(NOT_AVAILABLE))
        assert answer.elapsed.total_seconds() < 2
        let_go.set()

    async def test_of_a_memory_that_is_new_to_the_graph_there_is_nothing_to_warn_of(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played
    ) -> None:
        memory.answers[GetMemory] = MEMORY
        graph.answers[GetRelationships] = refusing("unknown_memory")
        assert (await http.get(PATH)).json() == nothing()

    @pytest.mark.parametrize("edges", [[edge(A, B)], refusing("unknown_memory", "Other words."), None])
    async def test_whatever_the_graph_says_a_memory_that_is_not_there_is_404(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played, edges: Any
    ) -> None:
        memory.answers[GetMemory] = refusing("unknown_memory", f"Memory '{A}' not found.")
        if edges is not None:
            graph.answers[GetRelationships] = edges
        answer = await http.get(PATH)
        assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{A}\' not found."}}')

    async def test_a_404_does_not_wait_for_the_graph(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played
    ) -> None:
        let_go = asyncio.Event()

        async def later(_: GetRelationships) -> Reply:
            await let_go.wait()
            return Reply(body=[])

        memory.answers[GetMemory] = refusing("unknown_memory")
        graph.answers[GetRelationships] = later
        answer = await http.get(PATH)
        assert answer.status_code == 404
        assert answer.elapsed.total_seconds() < relationships.GRAPH_TIMEOUT_S
        let_go.set()

    async def test_without_memory_it_is_503(self, http: httpx2.AsyncClient, graph: Played) -> None:
        graph.answers[GetRelationships] = []
        assert (await http.get(PATH)).status_code == 503

    async def test_more_edges_than_it_shows_are_mentioned(
        self, http: httpx2.AsyncClient, memory: Played, graph: Played
    ) -> None:
        memory.answers[GetMemory] = MEMORY
        graph.answers[GetRelationships] = [edge(A, B)] * DETAIL_MAX
        found = (await http.get(PATH)).json()
        assert len(found["outgoing_relationships"]) == DETAIL_MAX
        assert found["warnings"] == [NOT_ALL]


async def test_commands_about_relationships_have_their_own_subjects(http: httpx2.AsyncClient, memory: Played) -> None:
    memory.answers[MakeRelationship] = examples.RELATIONSHIP_EXAMPLE
    await http.post(RELATIONSHIPS, json=RELATED)
    (order,) = memory.asked(MakeRelationship)
    assert subjects.command(order) == f"commands.{WORKSPACE}.relationship.{order.relationship_id}.make"
