"""Idempotency-Key: the same request twice is one command and one answer."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx2
import pytest

from tests.flows.conftest import store

STORE = "/api/v1/memories/store"
DRAFT = {"title": "Once", "narrative": "And only once."}


def keyed(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid4())}


def test_the_same_request_twice_is_one_memory_and_one_answer(client: httpx2.Client) -> None:
    key = keyed()
    first, second = (client.post(STORE, json=DRAFT, headers=key) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["ETag"] == second.headers["ETag"]
    assert client.get("/api/v1/workspace").json()["memory_count"] == 1


def test_spaces_and_the_order_of_names_make_no_other_request(client: httpx2.Client) -> None:
    headers = {**keyed(), "Content-Type": "application/json"}
    first = client.post(STORE, content='{"title": "t", "narrative": "n"}', headers=headers)
    second = client.post(STORE, content='{"narrative":"n","title":"t"}', headers=headers)
    assert (second.status_code, second.content) == (201, first.content)


@pytest.mark.parametrize("other", ["body", "path", "method"])
def test_another_request_under_the_same_key_is_422(anyone: httpx2.Client, other: str) -> None:
    key = keyed()
    memory_id = store(anyone)["memory_id"]
    path = f"/api/v1/memories/{memory_id}"
    assert anyone.patch(path, json={"title": "New"}, headers=key).status_code == 200
    match other:
        case "body":
            answer = anyone.patch(path, json={"title": "Newer"}, headers=key)
        case "path":
            answer = anyone.patch(f"/api/v1/memories/{store(anyone)['memory_id']}", json={"title": "New"}, headers=key)
        case _:
            answer = anyone.delete(path, headers=key)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert answer.json()["detail"][0]["type"] == "idempotency_key_reused"
    assert anyone.get(path).json()["title"] == "New"


def test_the_same_key_in_another_workspace_is_another_request(anyone: httpx2.Client, stranger: httpx2.Client) -> None:
    key = keyed()
    here, there = (client.post(STORE, json=DRAFT, headers=key) for client in (anyone, stranger))
    assert here.status_code == there.status_code == 201
    assert here.json()["memory_id"] != there.json()["memory_id"]


def test_what_was_deleted_since_is_410(anyone: httpx2.Client) -> None:
    key = keyed()
    memory_id = anyone.post(STORE, json=DRAFT, headers=key).json()["memory_id"]
    anyone.delete(f"/api/v1/memories/{memory_id}")
    assert anyone.post(STORE, json=DRAFT, headers=key).status_code == 410


def test_a_deletion_can_be_repeated(anyone: httpx2.Client) -> None:
    key, memory_id = keyed(), store(anyone)["memory_id"]
    answers = [anyone.delete(f"/api/v1/memories/{memory_id}", headers=key).status_code for _ in range(2)]
    assert answers == [204, 204]


def test_a_count_repeated_counts_once(anyone: httpx2.Client) -> None:
    key, path = keyed(), f"/api/v1/memories/{store(anyone)['memory_id']}/access"
    assert [anyone.post(path, headers=key).json()["access_count"] for _ in range(2)] == [1, 1]


def test_a_refusal_is_not_kept(anyone: httpx2.Client) -> None:
    key, path = keyed(), f"/api/v1/memories/{store(anyone)['memory_id']}"
    headers = {**key, "If-Match": '"2"'}
    assert anyone.patch(path, json={"title": "New"}, headers=headers).status_code == 412
    anyone.patch(path, json={"tags": ["x"]})
    assert anyone.patch(path, json={"title": "New"}, headers=headers).status_code == 200


def test_at_the_same_time_it_is_one_memory_and_the_rest_wait(client: httpx2.Client) -> None:
    key = keyed()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: client.post(STORE, json=DRAFT, headers=key), range(48)))
    statuses = {answer.status_code for answer in answers}
    assert 201 in statuses
    assert statuses <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 409)
    assert client.get("/api/v1/workspace").json()["memory_count"] == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "ümlaut", "tab\tted"])
def test_a_key_is_1_to_255_visible_ascii_characters(anyone: httpx2.Client, key: str) -> None:
    answer = anyone.post(STORE, json=DRAFT, headers={b"Idempotency-Key": key.encode()})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert len(key) < 10 or key not in answer.text


def test_a_key_may_have_255_characters(anyone: httpx2.Client) -> None:
    key = (str(uuid4()) * 8)[:255]
    assert anyone.post(STORE, json=DRAFT, headers=keyed(key)).status_code == 201
