"""Relationships made by hand, over HTTP: made, seen from both ends at once, taken back."""

import json
from typing import Any, get_args
from uuid import UUID, uuid4

import httpx2
import pytest

from contracts.base import RelationshipType, derived_id
from tests.flows.conftest import store
from tests.flows.raw import MARK, refused, send
from tests.stack import Stack, wait_until

RELATIONSHIPS = "/api/v1/relationships"
MEMORIES = "/api/v1/memories/"
UNKNOWN = "mem-0000000000000000"

FIELDS = {
    "id", "source_memory_id", "target_memory_id", "relationship_type", "discovery_method", "confidence",
    "is_bidirectional", "context", "created_at",
}  # fmt: skip


def body_of(source: str, target: str, **fields: Any) -> dict[str, Any]:
    return {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on", **fields}


def make(client: httpx2.Client, source: str, target: str, **fields: Any) -> dict[str, Any]:
    """The relationship, as others will see it: without the warnings of the answer, of which there are none."""
    answer = client.post(RELATIONSHIPS, json=body_of(source, target, **fields))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert made.pop("warnings") == []
    return made


def listed(client: httpx2.Client, memory_id: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get(RELATIONSHIPS, params={"memory_id": memory_id, **parameters})
    assert answer.status_code == 200, answer.text
    page: list[dict[str, Any]] = answer.json()
    return page


def by_hand(client: httpx2.Client, memory_id: str) -> list[dict[str, Any]]:
    """Without what was discovered meanwhile."""
    return [each for each in listed(client, memory_id, limit=500) if each["discovery_method"] == "manual"]


def in_detail(client: httpx2.Client, memory_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a memory's detail says was made by hand: what it relates to, and what relates to it."""
    detail = client.get(MEMORIES + memory_id).json()
    assert detail["warnings"] == []
    outgoing, incoming = (
        [each for each in detail[f"{direction}_relationships"] if each["discovery_method"] == "manual"]
        for direction in ("outgoing", "incoming")
    )
    return outgoing, incoming


@pytest.fixture
def ends(anyone: httpx2.Client) -> tuple[str, str]:
    """Two memories."""
    return store(anyone)["memory_id"], store(anyone)["memory_id"]


class TestMake:
    def test_it_comes_back_whole_with_201(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        source, target = ends
        made = make(anyone, source, target, confidence=0.8, context="One needs the other.")
        assert set(made) == FIELDS
        assert made | body_of(source, target, confidence=0.8, context="One needs the other.") == made
        assert (made["discovery_method"], made["is_bidirectional"]) == ("manual", False)
        assert str(UUID(made["id"])) == made["id"]
        assert made["created_at"].endswith("Z")

    def test_unless_given_its_confidence_is_1_and_it_has_no_context(
        self, anyone: httpx2.Client, ends: tuple[str, str]
    ) -> None:
        made = make(anyone, *ends)
        assert (made["confidence"], made["context"]) == (1.0, None)

    def test_it_is_seen_at_once_from_both_ends(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        source, target = ends
        made = make(anyone, source, target)
        assert by_hand(anyone, source) == by_hand(anyone, target) == [made]
        assert in_detail(anyone, source) == ([made], [])
        assert in_detail(anyone, target) == ([], [made])

    def test_made_twice_it_is_one_and_the_last_word_counts(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        first = make(anyone, *ends, confidence=0.4)
        second = make(anyone, *ends, confidence=0.6, context="On second thought.")
        assert second["id"] == first["id"]
        assert by_hand(anyone, ends[0]) == [second]
        assert (second["confidence"], second["context"]) == (0.6, "On second thought.")

    def test_there_is_one_for_each_type_and_direction(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        source, target = ends
        types = get_args(RelationshipType)
        made = [make(anyone, source, target, relationship_type=each) for each in types]
        made.append(make(anyone, target, source))
        assert len({each["id"] for each in made}) == len(types) + 1
        found = {(each["source_memory_id"], each["relationship_type"]) for each in by_hand(anyone, source)}
        assert found == {(source, each) for each in types} | {(target, "depends_on")}

    def test_the_limits_themselves_fit(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        made = make(anyone, *ends, confidence=0, context="c" * 1_000)
        assert (made["confidence"], made["context"]) == (0.0, "c" * 1_000)

    def test_an_end_that_is_unknown_foreign_or_deleted_is_404(
        self, anyone: httpx2.Client, stranger: httpx2.Client, ends: tuple[str, str]
    ) -> None:
        foreign, deleted = store(stranger)["memory_id"], store(anyone)["memory_id"]
        assert anyone.delete(MEMORIES + deleted).status_code == 204
        for missing in (UNKNOWN, foreign, deleted, "mem-notexist"):
            for body in (body_of(ends[0], missing), body_of(missing, ends[0])):
                answer = anyone.post(RELATIONSHIPS, json=body)
                assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{missing}\' not found."}}')
        assert by_hand(anyone, ends[0]) == []

    @pytest.mark.parametrize("elsewhere", ["a stranger's", "ws-000000000000", "anything"])
    def test_in_another_workspace_it_is_403_whether_that_exists_or_not(
        self, anyone: httpx2.Client, stranger: httpx2.Client, ends: tuple[str, str], elsewhere: str
    ) -> None:
        if elsewhere == "a stranger's":
            elsewhere = stranger.get("/api/v1/workspace").json()["workspace_id"]
        in_body = anyone.post(RELATIONSHIPS, json=body_of(*ends, workspace_id=elsewhere))
        in_query = anyone.post(RELATIONSHIPS, json=body_of(*ends), params={"workspace_id": elsewhere})
        assert in_body.status_code == in_query.status_code == 403
        assert in_body.text == in_query.text == '{"detail":"This key can\'t write to another workspace."}'
        assert by_hand(anyone, ends[0]) == []


class TestDelete:
    def test_it_is_gone_at_once_and_stays_gone(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        source, target = ends
        made = make(anyone, source, target)
        answer = anyone.delete(f"{RELATIONSHIPS}/{made['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert by_hand(anyone, source) == by_hand(anyone, target) == []
        assert in_detail(anyone, source) == in_detail(anyone, target) == ([], [])
        assert anyone.delete(f"{RELATIONSHIPS}/{made['id']}").status_code == 404

    def test_it_can_be_made_again(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        made = make(anyone, *ends)
        anyone.delete(f"{RELATIONSHIPS}/{made['id']}")
        again = make(anyone, *ends)
        assert again["id"] == made["id"]
        assert by_hand(anyone, ends[0]) == [again]

    def test_unknown_foreign_and_malformed_are_told_the_same(
        self, anyone: httpx2.Client, stranger: httpx2.Client, ends: tuple[str, str]
    ) -> None:
        made = make(anyone, *ends)
        for client, name in [(stranger, made["id"]), (anyone, str(uuid4())), (anyone, "nonsense"), (anyone, UNKNOWN)]:
            answer = client.delete(f"{RELATIONSHIPS}/{name}")
            assert (answer.status_code, answer.text) == (404, f'{{"detail":"Relationship \'{name}\' not found."}}')
        assert by_hand(anyone, ends[0]) == [made]

    def test_a_deleted_memory_takes_its_relationships_along(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        source, target = ends
        made = [make(anyone, source, target), make(anyone, target, source)]
        assert anyone.delete(MEMORIES + target).status_code == 204
        assert by_hand(anyone, source) == []
        assert in_detail(anyone, source) == ([], [])
        for each in made:
            assert anyone.delete(f"{RELATIONSHIPS}/{each['id']}").status_code == 404
        wait_until(
            lambda: anyone.get(RELATIONSHIPS, params={"memory_id": target}).status_code == 404,
            what="a 404 of the graph",
        )


class TestIdempotency:
    def test_the_same_request_twice_is_one_answer(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        first, second = (anyone.post(RELATIONSHIPS, json=body_of(*ends), headers=key) for _ in range(2))
        assert first.status_code == second.status_code == 201
        assert first.content == second.content
        other = anyone.post(RELATIONSHIPS, json=body_of(*ends, confidence=0.5), headers=key)
        assert (other.status_code, other.json()["detail"][0]["type"]) == (422, "idempotency_key_reused")

    def test_a_replay_does_not_undo_what_was_said_since(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        anyone.post(RELATIONSHIPS, json=body_of(*ends, confidence=0.3), headers=key)
        newer = make(anyone, *ends, confidence=0.7)
        anyone.post(RELATIONSHIPS, json=body_of(*ends, confidence=0.3), headers=key)
        assert by_hand(anyone, ends[0]) == [newer]

    def test_a_deletion_can_be_repeated(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        key, path = {"Idempotency-Key": str(uuid4())}, f"{RELATIONSHIPS}/{make(anyone, *ends)['id']}"
        assert [anyone.delete(path, headers=key).status_code for _ in range(2)] == [204, 204]

    def test_what_was_taken_back_since_is_410(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        key = {"Idempotency-Key": str(uuid4())}
        made = anyone.post(RELATIONSHIPS, json=body_of(*ends), headers=key).json()
        anyone.delete(f"{RELATIONSHIPS}/{made['id']}")
        assert anyone.post(RELATIONSHIPS, json=body_of(*ends), headers=key).status_code == 410

    def test_the_command_can_be_followed(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        key, workspace_id = str(uuid4()), store(anyone)["workspace_id"]
        made = anyone.post(RELATIONSHIPS, json=body_of(*ends), headers={"Idempotency-Key": key}).json()
        state = anyone.get(f"/api/v1/commands/{derived_id('command', workspace_id, key)}").json()
        assert (state["status"], state["result"]) == ("committed", {name: made[name] for name in FIELDS})


class TestList:
    def test_the_most_confident_come_first_and_pages_agree(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        source, target = ends
        for kind, confidence in [("caused_by", 0.2), ("contradicts", 0.9), ("depends_on", 0.5)]:
            make(anyone, source, target, relationship_type=kind, confidence=confidence)
        by_confidence = [each["relationship_type"] for each in by_hand(anyone, source)]
        assert by_confidence == ["contradicts", "depends_on", "caused_by"]

        def pages_agree() -> bool:  # once nothing more is being discovered
            whole = listed(anyone, source)
            confidences = [each["confidence"] for each in whole]
            assert confidences == sorted(confidences, reverse=True)
            return whole == [one for at in range(len(whole) + 1) for one in listed(anyone, source, limit=1, offset=at)]

        wait_until(pages_agree, "the same pages")
        assert listed(anyone, source, offset=2**31 - 1) == []

    def test_unknown_foreign_and_malformed_are_told_the_same(
        self, anyone: httpx2.Client, stranger: httpx2.Client
    ) -> None:
        foreign = store(stranger)["memory_id"]
        for missing in (UNKNOWN, foreign, "mem-notexist"):
            answer = anyone.get(RELATIONSHIPS, params={"memory_id": missing})
            assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{missing}\' not found."}}')

    def test_in_another_workspace_a_memory_is_not_found(self, anyone: httpx2.Client, ends: tuple[str, str]) -> None:
        answer = anyone.get(RELATIONSHIPS, params={"memory_id": ends[0], "workspace_id": "ws-000000000000"})
        assert (answer.status_code, answer.text) == (404, f'{{"detail":"Memory \'{ends[0]}\' not found."}}')


AN_END = "mem-0000000000000001"
GOOD = f'"source_memory_id": "{UNKNOWN}", "target_memory_id": "{AN_END}"'
BODIES: dict[str, tuple[str, list[str] | None]] = {
    "no type": (f"{{{GOOD}}}", ["body", "relationship_type"]),
    "an unknown type": (f'{{{GOOD}, "relationship_type": "{MARK}"}}', ["body", "relationship_type"]),
    "a list of types": (f'{{{GOOD}, "relationship_type": ["references"]}}', ["body", "relationship_type"]),
    "no source": (
        f'{{"target_memory_id": "{AN_END}", "relationship_type": "references"}}',
        ["body", "source_memory_id"],
    ),
    "confidence 1.1": (f'{{{GOOD}, "relationship_type": "references", "confidence": 1.1}}', ["body", "confidence"]),
    "confidence -1": (f'{{{GOOD}, "relationship_type": "references", "confidence": -1}}', ["body", "confidence"]),
    "confidence true": (f'{{{GOOD}, "relationship_type": "references", "confidence": true}}', ["body", "confidence"]),
    "confidence null": (f'{{{GOOD}, "relationship_type": "references", "confidence": null}}', ["body", "confidence"]),
    "confidence NaN": (f'{{{GOOD}, "relationship_type": "references", "confidence": NaN}}', ["body"]),
    "confidence 1e400": (f'{{{GOOD}, "relationship_type": "references", "confidence": 1e400}}', ["body"]),
    "a long context": (
        json.dumps({**body_of(UNKNOWN, AN_END), "context": "c" * 1_001}),
        ["body", "context"],
    ),
    "an invisible context": (f'{{{GOOD}, "relationship_type": "references", "context": " "}}', ["body", "context"]),
    "NUL in the context": (
        f'{{{GOOD}, "relationship_type": "references", "context": "\\u0000"}}',
        ["body", "context"],
    ),
    "NUL in an id": (
        f'{{"source_memory_id": "\\u0000", "target_memory_id": "{AN_END}", "relationship_type": "references"}}',
        ["body", "source_memory_id"],
    ),
    "its own method": (f'{{{GOOD}, "relationship_type": "references", "discovery_method": "x"}}', None),
    "its own id": (f'{{{GOOD}, "relationship_type": "references", "id": "{uuid4()}"}}', ["body", "id"]),
    "with itself": (json.dumps(body_of(UNKNOWN, UNKNOWN)), ["body", "target_memory_id"]),
    "a list": ("[]", ["body"]),
    "nothing": ("", None),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_does_not_fit_is_refused(stack: Stack, token: str, name: str) -> None:
    body, loc = BODIES[name]
    refused(send(stack.url, token, body.encode(), RELATIONSHIPS), 422, loc)


@pytest.mark.parametrize(
    "name", ["%00", "..%2f..%2fetc", "*", ">", "x" * 4_000, "mem-0000000000000000", "%ff%fe", "'%20or%201=1"]
)
def test_what_is_no_id_of_a_relationship_is_404(stack: Stack, token: str, name: str) -> None:
    refused(send(stack.url, token, b"", f"{RELATIONSHIPS}/{name}", "DELETE"), 404)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("GET", ""), ("DELETE", "/5b0c6d7e-1f2a-5b3c-8d4e-9f0a1b2c3d4e")]
)
def test_without_a_key_it_is_401(stack: Stack, method: str, path: str) -> None:
    refused(send(stack.url, "Bearer nobody", b"{", f"{RELATIONSHIPS}{path}", method), 401)
