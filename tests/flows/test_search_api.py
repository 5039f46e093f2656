"""Search over HTTP, as the reference has it."""

from typing import Any

import httpx2
import pytest

from tests.flows.conftest import client_of, store
from tests.stack import Stack, wait_until

SEARCH = "/api/v1/memories/search"

MEMORIES: list[dict[str, Any]] = [
    {
        "title": "Pool database connections",
        "narrative": "One engine per process, with a pool of ten connections to Postgres.",
        "memory_type": "pattern",
        "tags": ["db:postgres", "performance"],
        "source_files": ["api/database.py", "api/settings.py"],
        "importance_score": 0.9,
        "confidence_score": 0.9,
    },
    {
        "title": "Retry webhooks with jitter",
        "narrative": "Deliveries that failed together must not be retried together.",
        "memory_type": "decision",
        "tags": ["webhooks"],
        "source_files": ["hooks/delivery.py"],
        "importance_score": 0.6,
        "confidence_score": 0.4,
    },
    {
        "title": "Cookies broke the login",
        "narrative": "SameSite was missing, so the browser dropped the session cookie.",
        "memory_type": "incident",
        "tags": ["login"],
        "source_files": ["web/login.ts"],
        "importance_score": 0.2,
        "confidence_score": 0.5,
    },
]
POOL, WEBHOOKS, COOKIES = (memory["title"] for memory in MEMORIES)


@pytest.fixture(scope="module")
def library(stack: Stack) -> Any:
    """A client of a workspace in which the three memories are indexed, whole."""
    with client_of(stack.new_workspace()) as client:
        for memory in MEMORIES:
            store(client, **memory)
        wait_until(lambda: is_indexed(client), "the index")
        yield client


def is_indexed(client: httpx2.Client) -> bool:
    statuses = [memory["embedding_status"] for memory in client.get("/api/v1/memories/").json()]
    found = search(client, query="webhooks connections cookie")
    return (
        statuses == ["ready"] * 3
        and all(result["semantic_score"] > 0 for result in found["results"])
        and found["count"] == 3
    )


def search(client: httpx2.Client, **asked: Any) -> dict[str, Any]:
    answer = client.post(SEARCH, json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def titles(client: httpx2.Client, **asked: Any) -> list[str]:
    return [result["title"] for result in search(client, **asked)["results"]]


def test_the_best_comes_first_with_all_its_parts(library: httpx2.Client) -> None:
    found = search(library, query="database connection pooling strategy")
    best = found["results"][0]
    assert found["count"] == len(found["results"])
    assert found["query"] == "database connection pooling strategy"
    assert found["warnings"] == []
    assert best["title"] == POOL
    assert best["match_type"] == "combined"
    parts = 0.3 * best["keyword_score"] + 0.6 * best["semantic_score"] + 0.1 * 0.9
    assert best["score"] == pytest.approx(parts, abs=1e-6)
    assert best["keyword_score"] == 1.0
    scores = [result["score"] for result in found["results"]]
    assert scores == sorted(scores, reverse=True)


def test_a_result_has_both_documented_shapes(library: httpx2.Client) -> None:
    result = search(library, query="jitter", limit=1)["results"][0]
    memory = library.get(f"/api/v1/memories/{result['id']}").json()
    ranked = {"pagerank_score", "community_label"}  # may come between the two reads
    assert {name: result["memory"][name] for name in result["memory"] if name not in ranked} == {
        name: memory[name] for name in result["memory"] if name not in ranked
    }
    assert set(memory) - set(result["memory"]) == {"outgoing_relationships", "incoming_relationships", "warnings"}
    assert set(result) == {
        "memory", "score", "keyword_score", "semantic_score", "match_type", "id", "title", "memory_type", "summary",
    }  # fmt: skip
    assert (result["title"], result["memory_type"], result["summary"]) == (WEBHOOKS, "decision", memory["summary"])


def test_it_says_which_filters_it_used(library: httpx2.Client) -> None:
    workspace_id = library.get("/api/v1/workspace").json()["workspace_id"]
    found = search(library, memory_types=["decision"], min_importance=0.5, workspace_id=workspace_id)
    assert found["filters"] == {
        "workspace_id": workspace_id,
        "memory_types": ["decision"],
        "tags": None,
        "files": None,
        "min_importance": 0.5,
        "min_confidence": None,
        "tag_prefixes": None,
        "namespaces": None,
    }


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, [POOL, WEBHOOKS, COOKIES]),
        ({"memory_types": ["decision", "incident"]}, [WEBHOOKS, COOKIES]),
        ({"memory_types": []}, []),
        ({"tags": ["login", "webhooks"]}, [WEBHOOKS, COOKIES]),
        ({"tags": ["log"]}, []),
        ({"tag_prefixes": ["db:", "log"]}, [POOL, COOKIES]),
        ({"files": ["api/settings.py"]}, [POOL]),
        ({"files": ["settings.py"]}, []),
        ({"min_importance": 0.6}, [POOL, WEBHOOKS]),
        ({"min_confidence": 0.5}, [POOL, COOKIES]),
        ({"min_importance": 0.5, "tags": ["login"]}, []),
        ({"limit": 1, "offset": 1}, [WEBHOOKS]),
        ({"offset": 3}, []),
        ({"namespaces": ["default"]}, [POOL, WEBHOOKS, COOKIES]),
        ({"namespaces": ["*"]}, [POOL, WEBHOOKS, COOKIES]),
        ({"tags": None, "files": None, "min_importance": None}, [POOL, WEBHOOKS, COOKIES]),
    ],
)
def test_filters_alone_list_by_importance(library: httpx2.Client, asked: dict[str, Any], expected: list[str]) -> None:
    assert titles(library, **asked) == expected


def test_words_alone_find_only_what_has_them(library: httpx2.Client) -> None:
    found = search(library, query="cookie sessions", use_semantic=False)
    assert [result["title"] for result in found["results"]] == [COOKIES]
    result = found["results"][0]
    assert (result["match_type"], result["semantic_score"]) == ("keyword", 0.0)
    assert result["score"] == pytest.approx(0.3 + 0.1 * 0.2, abs=1e-6)


def test_pages_agree_with_each_other(library: httpx2.Client) -> None:
    whole = search(library, query="retry the login of the database")["results"]
    pages = [search(library, query="retry the login of the database", limit=1, offset=n)["results"] for n in range(4)]
    assert [result for page in pages for result in page] == whole


def test_wrong_field_names_are_ignored_and_named(library: httpx2.Client) -> None:
    found = search(library, memory_type="decision", source_files=["web/login.ts"])
    assert found["count"] == 3
    assert found["warnings"] == [
        "Unknown field 'memory_type' was ignored; did you mean 'memory_types'?",
        "Unknown field 'source_files' was ignored; did you mean 'files'?",
    ]


def test_another_workspace_gives_no_results_whether_it_exists_or_not(
    library: httpx2.Client, stranger: httpx2.Client
) -> None:
    existing = stranger.get("/api/v1/workspace").json()["workspace_id"]
    for workspace_id in (existing, "ws-000000000000"):
        found = search(library, query="database", workspace_id=workspace_id)
        assert (found["count"], found["results"], found["filters"]["workspace_id"]) == (0, [], workspace_id)
    assert library.post(SEARCH, json={}, params={"workspace_id": existing}).json()["count"] == 0


def test_a_stranger_finds_nothing(library: httpx2.Client, client: httpx2.Client) -> None:
    assert search(client, query="database connections")["results"] == []


def test_what_is_deleted_is_never_found_again(client: httpx2.Client) -> None:
    memory_id = store(client, title="Ephemeral", narrative="Soon to be gone.")["memory_id"]
    wait_until(lambda: titles(client, query="ephemeral") == ["Ephemeral"], "the index")
    client.delete(f"/api/v1/memories/{memory_id}")
    assert titles(client, query="ephemeral") == []


def test_what_is_changed_is_found_by_its_new_words(client: httpx2.Client) -> None:
    memory_id = store(client, title="Old", narrative="About zebras.")["memory_id"]
    client.patch(f"/api/v1/memories/{memory_id}", json={"narrative": "About walruses."})
    wait_until(lambda: titles(client, query="walrus", use_semantic=False) == ["Old"], "the index")
    assert titles(client, query="zebra", use_semantic=False) == []
