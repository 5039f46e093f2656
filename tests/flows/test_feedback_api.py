"""Feedback over HTTP: a step of importance that a search sees, and no new revision."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.flows.conftest import store
from tests.stack import wait_until

MEMORIES = "/api/v1/memories"


def rate(client: httpx2.Client, memory_id: str, **said: Any) -> httpx2.Response:
    return client.post(f"{MEMORIES}/{memory_id}/feedback", json=said)


def test_useful_raises_it_by_a_fiftieth_and_changes_no_revision(anyone: httpx2.Client) -> None:
    memory = store(anyone, importance_score=0.95)
    answer = rate(anyone, memory["memory_id"], useful=True, context="Prevented an outage.")
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "memory_id": memory["memory_id"],
            "previous_importance": 0.95,
            "updated_importance": 0.97,
            "rating_recorded": True,
            "warnings": [],
        },
    )
    after = anyone.get(f"{MEMORIES}/{memory['memory_id']}")
    assert after.headers["ETag"] == '"1"'
    assert (after.json()["importance_score"], after.json()["updated_at"]) == (0.97, None)
    assert (after.json()["feedback_positive_count"], after.json()["feedback_negative_count"]) == (1, 0)


def test_not_useful_lowers_it_by_a_twentieth_and_never_below_nothing(anyone: httpx2.Client) -> None:
    memory_id = store(anyone, importance_score=0.07)["memory_id"]
    assert [rate(anyone, memory_id, useful=False).json()["updated_importance"] for _ in range(3)] == [0.02, 0.0, 0.0]
    assert anyone.get(f"{MEMORIES}/{memory_id}").json()["feedback_negative_count"] == 3


def test_the_same_rating_with_the_same_key_counts_once(anyone: httpx2.Client) -> None:
    memory_id, key = store(anyone)["memory_id"], {"Idempotency-Key": str(uuid4())}
    path = f"{MEMORIES}/{memory_id}/feedback"
    first, again = (anyone.post(path, json={"useful": True}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert anyone.get(f"{MEMORIES}/{memory_id}").json()["feedback_positive_count"] == 1


def test_search_ranks_by_what_feedback_made_of_it(client: httpx2.Client) -> None:
    rated, other = (store(client, title="Same", importance_score=it)["memory_id"] for it in (0.5, 0.51))

    def found() -> list[str]:
        results = client.post(f"{MEMORIES}/search", json={"query": ""}).json()["results"]
        return [it["id"] for it in results]

    wait_until(lambda: found() == [other, rated], what="both to be found")
    rate(client, rated, useful=True)
    wait_until(lambda: found() == [rated, other], what="the index to hear of the rating")
    selected = {"query": "", "min_importance": 0.515}
    results = client.post(f"{MEMORIES}/search", json=selected).json()["results"]
    assert [it["id"] for it in results] == [rated]


@pytest.mark.parametrize(
    "body",
    [{}, {"useful": None}, {"useful": 1}, {"useful": "true"}, {"useful": True, "context": ""},
     {"useful": True, "context": "x" * 1_001}, {"useful": True, "context": "\u0000"}, {"useful": True, "other": 1}],
)  # fmt: skip
def test_what_does_not_fit_is_422_and_counts_nothing(anyone: httpx2.Client, body: dict[str, Any]) -> None:
    memory_id = store(anyone)["memory_id"]
    assert rate(anyone, memory_id, **body).status_code == 422
    assert anyone.get(f"{MEMORIES}/{memory_id}").json()["feedback_positive_count"] == 0


@pytest.mark.parametrize("memory_id", ["mem-0000000000000000", "mem-x"])
def test_an_unknown_memory_is_404(anyone: httpx2.Client, memory_id: str) -> None:
    assert rate(anyone, memory_id, useful=True).status_code == 404


def test_a_memory_of_another_workspace_is_404_and_stays_as_it_is(
    anyone: httpx2.Client, stranger: httpx2.Client
) -> None:
    memory_id = store(anyone, importance_score=0.5)["memory_id"]
    assert rate(stranger, memory_id, useful=False).status_code == 404
    assert anyone.get(f"{MEMORIES}/{memory_id}").json()["importance_score"] == 0.5
