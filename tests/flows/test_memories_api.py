"""Memories over HTTP, as the reference has them."""

import re
from datetime import datetime
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import store
from tests.stack import Workspace

MEMORIES = "/api/v1/memories/"
UNKNOWN = "mem-0000000000000000"

FIELDS = {
    "id", "memory_id", "workspace_id", "namespace", "title", "narrative", "summary", "memory_type", "tags", "concepts",
    "source_files", "importance_score", "confidence_score", "pagerank_score", "community_label", "access_count",
    "retrieval_count", "last_accessed_at", "source_session_id", "is_consolidated", "consolidated_from",
    "consolidated_into",
    "feedback_positive_count", "feedback_negative_count", "embedding_status", "revision", "created_at", "updated_at",
}  # fmt: skip


DERIVED = {"embedding_status", "pagerank_score", "community_label"}
"""What comes by itself, a while after a store."""


def listed(client: httpx2.Client, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get(MEMORIES, params=parameters)
    assert answer.status_code == 200, answer.text
    page: list[dict[str, Any]] = answer.json()
    return page


def titles(client: httpx2.Client, **parameters: Any) -> list[str]:
    return [memory["title"] for memory in listed(client, **parameters)]


class TestStore:
    def test_a_memory_comes_back_whole_with_201(self, client: httpx2.Client, workspace: Workspace) -> None:
        draft = {
            "title": "Prefer async calls",
            "narrative": "They do not block. Sync calls do.",
            "memory_type": "pattern",
            "tags": ["async", "db"],
            "concepts": ["performance"],
            "source_files": ["api/database.py"],
            "importance_score": 0.9,
            "confidence_score": 0.95,
        }
        answer = client.post(MEMORIES + "store", json=draft)
        memory = answer.json()
        assert answer.status_code == 201
        assert answer.headers["ETag"] == '"1"'
        assert set(memory) == FIELDS | {"warnings"}
        assert {name: memory[name] for name in draft} == draft
        assert re.fullmatch(r"mem-[a-z0-9]{16}", memory["memory_id"])
        assert memory["workspace_id"] == workspace.workspace_id
        assert memory["namespace"] == "default"
        assert memory["summary"] == "They do not block."
        assert memory["embedding_status"] == "pending"
        assert (memory["revision"], memory["updated_at"], memory["pagerank_score"]) == (1, None, None)
        assert (memory["access_count"], memory["retrieval_count"], memory["last_accessed_at"]) == (0, 0, None)
        assert memory["created_at"].endswith("Z")
        assert datetime.fromisoformat(memory["created_at"]).tzinfo is not None

    def test_what_is_left_out_has_its_default(self, client: httpx2.Client) -> None:
        memory = store(client)
        assert memory["memory_type"] == "general"
        assert (memory["tags"], memory["concepts"], memory["source_files"]) == ([], [], [])
        assert (memory["importance_score"], memory["confidence_score"]) == (0.5, 0.5)

    @pytest.mark.parametrize(
        "memory_type",
        [
            "decision", "pattern", "convention", "architecture", "discovery",
            "incident", "general", "wiki", "sdlc_knowledge",
        ],
    )  # fmt: skip
    def test_all_nine_types_are_taken(self, anyone: httpx2.Client, memory_type: str) -> None:
        assert store(anyone, memory_type=memory_type)["memory_type"] == memory_type

    def test_text_is_kept_to_the_letter(self, anyone: httpx2.Client) -> None:
        narrative = " Zeilen\r\nund\tZeichen \u202e \U0001f9f6 [/Weft] \x1b[31m"
        memory = store(anyone, title=" Ünïcode ", narrative=narrative)
        assert anyone.get(MEMORIES + memory["memory_id"]).json()["narrative"] == narrative
        assert memory["title"] == " Ünïcode "

    def test_the_limits_themselves_fit(self, anyone: httpx2.Client) -> None:
        store(
            anyone,
            title="t" * 500,
            narrative="n" * 65_536,
            tags=["t" * 128] * 64,
            concepts=["c" * 128] * 64,
            source_files=["f" * 1_024] * 256,
            importance_score=0,
            confidence_score=1,
        )

    def test_ones_own_workspace_and_namespace_may_be_named(self, client: httpx2.Client, workspace: Workspace) -> None:
        memory = store(client, workspace_id=workspace.workspace_id, namespace="default")
        assert memory["workspace_id"] == workspace.workspace_id

    @pytest.mark.parametrize("elsewhere", ["a stranger's", "ws-000000000000", "anything"])
    def test_another_workspace_is_403_whether_it_exists_or_not(
        self, anyone: httpx2.Client, stranger: httpx2.Client, elsewhere: str
    ) -> None:
        if elsewhere == "a stranger's":
            elsewhere = stranger.get("/api/v1/workspace").json()["workspace_id"]
        draft = {"title": "t", "narrative": "n"}
        in_body = anyone.post(MEMORIES + "store", json={**draft, "workspace_id": elsewhere})
        in_query = anyone.post(MEMORIES + "store", json=draft, params={"workspace_id": elsewhere})
        assert in_body.status_code == in_query.status_code == 403
        assert in_body.text == in_query.text == '{"detail":"This key can\'t write to another workspace."}'

    def test_an_unknown_namespace_is_404(self, anyone: httpx2.Client) -> None:
        answer = anyone.post(MEMORIES + "store", json={"title": "t", "narrative": "n", "namespace": "nowhere"})
        assert answer.status_code == 404


class TestList:
    def test_the_most_important_come_first_then_the_newest(self, client: httpx2.Client) -> None:
        for title, importance in [("old", 0.5), ("new", 0.5), ("top", 0.9), ("low", 0.1)]:
            store(client, title=title, importance_score=importance)
        assert titles(client) == ["top", "new", "old", "low"]
        assert titles(client, ordering="importance_score") == ["low", "new", "old", "top"]
        assert titles(client, ordering="created_at") == ["old", "new", "top", "low"]
        assert titles(client, ordering="-created_at") == ["low", "top", "new", "old"]

    def test_it_can_be_ordered_by_use(self, client: httpx2.Client) -> None:
        ids = {title: store(client, title=title)["memory_id"] for title in ("a", "b", "c")}
        for title, accesses, retrievals in [("a", 1, 2), ("b", 2, 0), ("c", 0, 1)]:
            for _ in range(accesses):
                client.post(f"{MEMORIES}{ids[title]}/access")
            for _ in range(retrievals):
                client.post(f"{MEMORIES}{ids[title]}/retrieval")
        assert titles(client, ordering="-access_count") == ["b", "a", "c"]
        assert titles(client, ordering="access_count") == ["c", "a", "b"]
        assert titles(client, ordering="-retrieval_count") == ["a", "c", "b"]
        assert titles(client, ordering="retrieval_count") == ["b", "c", "a"]

    def test_pages_follow_each_other(self, client: httpx2.Client) -> None:
        for number in range(7):
            store(client, title=str(number))
        pages = [titles(client, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
        assert pages == [["6", "5", "4"], ["3", "2", "1"], ["0"], []]

    def test_it_can_be_narrowed_to_a_type(self, client: httpx2.Client) -> None:
        store(client, title="p", memory_type="pattern")
        store(client, title="d", memory_type="decision")
        assert titles(client, memory_type="decision") == ["d"]
        assert titles(client, memory_type="wiki") == []

    def test_it_works_with_and_without_a_slash(self, client: httpx2.Client) -> None:
        memory = store(client)
        for path in ("/api/v1/memories", "/api/v1/memories/"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert [each["memory_id"] for each in answer.json()] == [memory["memory_id"]]
            assert set(answer.json()[0]) == FIELDS

    def test_nothing_new_is_a_pruning_candidate(self, client: httpx2.Client) -> None:
        store(client, importance_score=0.1)
        assert titles(client, pruning_candidates=True) == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("limit", 0), ("limit", 501), ("limit", "ten"), ("limit", "1e400"), ("limit", "9" * 5_000),
            ("offset", -1), ("offset", 10**30), ("ordering", "title"), ("ordering", "--created_at"),
            ("memory_type", "note"), ("memory_type", ""), ("pruning_candidates", "perhaps"),
        ],
    )  # fmt: skip
    def test_a_bad_parameter_is_422_and_named(self, anyone: httpx2.Client, name: str, value: Any) -> None:
        answer = anyone.get(MEMORIES, params={name: value})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", name]

    def test_another_workspace_has_nothing_to_list(self, client: httpx2.Client, stranger: httpx2.Client) -> None:
        store(client)
        elsewhere = stranger.get("/api/v1/workspace").json()["workspace_id"]
        assert titles(client, workspace_id=elsewhere) == []
        assert len(titles(client, workspace_id=client.get("/api/v1/workspace").json()["workspace_id"])) == 1


class TestGet:
    def test_it_has_its_relationships_and_a_tag(self, client: httpx2.Client) -> None:
        stored = store(client)
        answer = client.get(MEMORIES + stored["memory_id"])
        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"1"'
        assert answer.json() == {
            **stored,
            "embedding_status": answer.json()["embedding_status"],
            "outgoing_relationships": [],
            "incoming_relationships": [],
            "warnings": [],
        }

    def test_reading_counts_nothing(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        for _ in range(3):
            anyone.get(MEMORIES + memory_id)
        assert anyone.get(MEMORIES + memory_id).json()["access_count"] == 0

    def test_unknown_foreign_and_deleted_answer_alike(self, anyone: httpx2.Client, stranger: httpx2.Client) -> None:
        foreign = store(stranger)["memory_id"]
        deleted = store(anyone)["memory_id"]
        assert anyone.delete(MEMORIES + deleted).status_code == 204
        answers = [
            (memory_id, anyone.get(MEMORIES + memory_id)) for memory_id in (UNKNOWN, foreign, deleted, "mem-notexist")
        ]
        assert {answer.status_code for _, answer in answers} == {404}
        for memory_id, answer in answers:
            assert answer.text == f'{{"detail":"Memory \'{memory_id}\' not found."}}'
        assert len({tuple(sorted(set(answer.headers) - {"date"})) for _, answer in answers}) == 1

    def test_in_another_workspace_it_is_not_found(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        answer = anyone.get(MEMORIES + memory_id, params={"workspace_id": "ws-000000000000"})
        assert answer.status_code == 404
        assert answer.text == f'{{"detail":"Memory \'{memory_id}\' not found."}}'


class TestPatch:
    def test_only_what_is_given_changes(self, anyone: httpx2.Client) -> None:
        before = store(anyone, tags=["a", "b"], concepts=["c"])
        answer = anyone.patch(MEMORIES + before["memory_id"], json={"importance_score": 0.95, "tags": ["x"]})
        after = answer.json()
        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        changed = {name for name in FIELDS if before[name] != after[name]} - DERIVED
        assert changed == {"importance_score", "tags", "revision", "updated_at"}
        assert (after["importance_score"], after["tags"], after["revision"]) == (0.95, ["x"], 2)

    def test_each_field_that_may_change_does(self, anyone: httpx2.Client) -> None:
        changes = {
            "title": "New",
            "narrative": "Something else.",
            "memory_type": "incident",
            "tags": [],
            "concepts": ["n"],
            "source_files": ["n.py"],
            "importance_score": 0.0,
            "confidence_score": 1.0,
        }
        memory_id = store(anyone, tags=["a"])["memory_id"]
        after = anyone.patch(MEMORIES + memory_id, json=changes).json()
        assert {name: after[name] for name in changes} == changes
        assert after["summary"] == "Something else."

    @pytest.mark.parametrize(
        "field",
        ["memory_id", "id", "namespace", "revision", "access_count", "pagerank_score", "created_at", "anything"],
    )
    def test_what_may_not_change_is_422_and_named(self, anyone: httpx2.Client, field: str) -> None:
        memory_id = store(anyone)["memory_id"]
        answer = anyone.patch(MEMORIES + memory_id, json={field: "default"})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", field]

    @pytest.mark.parametrize("field", ["title", "narrative", "tags", "importance_score"])
    def test_null_is_not_a_value(self, anyone: httpx2.Client, field: str) -> None:
        memory_id = store(anyone)["memory_id"]
        assert anyone.patch(MEMORIES + memory_id, json={field: None}).status_code == 422

    def test_changing_nothing_is_no_revision(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        answer = anyone.patch(MEMORIES + memory_id, json={})
        assert (answer.status_code, answer.json()["revision"], answer.json()["updated_at"]) == (200, 1, None)

    def test_a_stranger_finds_nothing_to_change(self, anyone: httpx2.Client, stranger: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        foreign = stranger.patch(MEMORIES + memory_id, json={"title": "Mine"})
        assert foreign.status_code == 404
        assert (
            foreign.text.replace(memory_id, UNKNOWN) == stranger.patch(MEMORIES + UNKNOWN, json={"title": "Mine"}).text
        )
        assert anyone.get(MEMORIES + memory_id).json()["title"] == "A title"


class TestIfMatch:
    @pytest.mark.parametrize(
        ("given", "status"),
        [
            ('"1"', 200), ("*", 200),
            ('"2"', 412), ('W/"1"', 412), ('"one"', 412), ('""', 412), ('"99999999999999999999999"', 412),
            ("1", 422), ('"1", "2"', 422), ("", 422),
        ],
    )  # fmt: skip
    def test_a_change_insists_on_the_revision(self, anyone: httpx2.Client, given: str, status: int) -> None:
        memory_id = store(anyone)["memory_id"]
        answer = anyone.patch(MEMORIES + memory_id, json={"title": "New"}, headers={"If-Match": given})
        assert answer.status_code == status, answer.text

    def test_so_does_a_deletion(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        assert anyone.delete(MEMORIES + memory_id, headers={"If-Match": '"2"'}).status_code == 412
        assert anyone.delete(MEMORIES + memory_id, headers={"If-Match": '"1"'}).status_code == 204

    def test_counting_changes_no_revision(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        anyone.post(f"{MEMORIES}{memory_id}/access")
        assert anyone.get(MEMORIES + memory_id).headers["ETag"] == '"1"'


class TestDelete:
    def test_it_is_gone_and_stays_gone(self, client: httpx2.Client) -> None:
        memory_id = store(client)["memory_id"]
        answer = client.delete(MEMORIES + memory_id)
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.get(MEMORIES + memory_id).status_code == 404
        assert client.delete(MEMORIES + memory_id).status_code == 404
        assert client.patch(MEMORIES + memory_id, json={"title": "n"}).status_code == 404
        assert client.post(f"{MEMORIES}{memory_id}/access").status_code == 404
        assert titles(client) == []
        assert client.get("/api/v1/workspace").json()["memory_count"] == 0

    def test_a_stranger_deletes_nothing(self, anyone: httpx2.Client, stranger: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        assert stranger.delete(MEMORIES + memory_id).status_code == 404
        assert anyone.get(MEMORIES + memory_id).status_code == 200


class TestBatchDelete:
    def delete(self, client: httpx2.Client, memory_ids: list[Any]) -> httpx2.Response:
        return client.post(MEMORIES + "batch-delete", json={"memory_ids": memory_ids})

    def test_it_counts_what_it_found(self, client: httpx2.Client, stranger: httpx2.Client) -> None:
        own = [store(client)["memory_id"] for _ in range(3)]
        foreign = store(stranger)["memory_id"]
        answer = self.delete(client, [*own[:2], UNKNOWN, foreign, "not-an-id"])
        assert (answer.status_code, answer.json()) == (200, {"deleted_count": 2})
        assert [memory["memory_id"] for memory in listed(client)] == [own[2]]
        assert stranger.get(MEMORIES + foreign).status_code == 200

    def test_one_named_often_counts_once(self, anyone: httpx2.Client) -> None:
        assert self.delete(anyone, [store(anyone)["memory_id"]] * 100).json() == {"deleted_count": 1}

    def test_none_is_none(self, anyone: httpx2.Client) -> None:
        assert self.delete(anyone, []).json() == {"deleted_count": 0}

    @pytest.mark.parametrize("memory_ids", [[UNKNOWN] * 101, "mem-0000000000000000", [1], None, {}])
    def test_more_than_a_hundred_and_other_things_are_422(self, anyone: httpx2.Client, memory_ids: Any) -> None:
        assert self.delete(anyone, memory_ids).status_code == 422


class TestCounting:
    def test_an_access_counts_and_is_dated(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        answer = anyone.post(f"{MEMORIES}{memory_id}/access")
        memory = answer.json()
        assert answer.status_code == 200
        assert set(memory) == FIELDS
        assert (memory["access_count"], memory["retrieval_count"], memory["revision"]) == (1, 0, 1)
        assert memory["last_accessed_at"] is not None
        assert memory["updated_at"] is None
        assert anyone.post(f"{MEMORIES}{memory_id}/access", json={}).json()["access_count"] == 2

    def test_a_retrieval_counts_apart(self, anyone: httpx2.Client) -> None:
        memory_id = store(anyone)["memory_id"]
        memory = anyone.post(f"{MEMORIES}{memory_id}/retrieval").json()
        assert (memory["access_count"], memory["retrieval_count"], memory["last_accessed_at"]) == (0, 1, None)

    @pytest.mark.parametrize("verb", ["access", "retrieval"])
    def test_what_is_not_there_is_not_counted(self, anyone: httpx2.Client, stranger: httpx2.Client, verb: str) -> None:
        foreign = store(stranger)["memory_id"]
        for memory_id in (UNKNOWN, foreign, "nonsense"):
            answer = anyone.post(f"{MEMORIES}{memory_id}/{verb}")
            assert (answer.status_code, answer.json()) == (404, {"detail": f"Memory '{memory_id}' not found."})


class TestWorkspace:
    def test_it_says_what_it_is(self, client: httpx2.Client, workspace: Workspace) -> None:
        store(client)
        answer = client.get("/api/v1/workspace")
        assert answer.status_code == 200
        assert answer.json() == {
            "workspace_id": workspace.workspace_id,
            "name": answer.json()["name"],
            "created_at": answer.json()["created_at"],
            "memory_count": 1,
            "plan": "team",
            "memory_limit": None,
            "retention_days": None,
            "near_limit": False,
            "pruning_candidates": [],
        }

    def test_another_one_is_not_found(self, anyone: httpx2.Client) -> None:
        assert anyone.get("/api/v1/workspace", params={"workspace_id": "ws-000000000000"}).status_code == 404
