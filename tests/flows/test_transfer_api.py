"""A workspace goes out as lines, and in again as it was."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from tests import examples
from tests.flows.conftest import client_of, store
from tests.flows.raw import MARK
from tests.stack import Stack, wait_until

NDJSON = {"Content-Type": "application/x-ndjson"}
Line = dict[str, Any]

ITS_OWN = {"id", "workspace_id", "embedding_status", "pagerank_score", "community_label"}
ITS_OWN |= {"outgoing_relationships", "incoming_relationships", "warnings"}
"""What a workspace makes of a memory by itself; its edges are compared apart."""


@pytest.fixture
def other(stack: Stack) -> Iterator[httpx2.Client]:
    """Of another empty workspace."""
    with client_of(stack.new_workspace()) as opened:
        yield opened


def export(client: httpx2.Client, **asked: Any) -> list[Line]:
    answer = client.get("/api/v1/export", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def text(lines: list[Line]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def put(client: httpx2.Client, body: bytes, **asked: str) -> dict[str, Any]:
    answer = client.post("/api/v1/import", content=body, headers=NDJSON, params=asked, timeout=120)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def comparable(lines: list[Line]) -> list[Line]:
    """Without what says from where and when an export is."""
    head = {name: value for name, value in lines[0].items() if name not in ("exported_at", "workspace_id")}
    return [head, *lines[1:]]


def filled(client: httpx2.Client) -> list[str]:
    """Memories with a history, relationships, a session that has ended and one that goes on."""
    ids = [
        store(client, title=f"Number {each}", tags=[f"t{each}"], memory_type="decision")["memory_id"]
        for each in range(12)
    ]
    assert client.patch(
        f"/api/v1/memories/{ids[0]}", json={"title": "Another title", "importance_score": 0.9}
    ).is_success
    assert client.post(f"/api/v1/memories/{ids[1]}/feedback", json={"useful": True}).is_success
    for counted in ("access", "access", "retrieval"):
        assert client.post(f"/api/v1/memories/{ids[2]}/{counted}").is_success
    for target in ids[4:7]:
        said = {
            "source_memory_id": ids[3],
            "target_memory_id": target,
            "relationship_type": "caused_by",
            "confidence": 0.7,
        }
        assert client.post("/api/v1/relationships", json={**said, "context": "So it was."}).is_success
    assert client.delete(f"/api/v1/memories/{ids[11]}").is_success
    for session_id in ("agent:1", "agent.2"):
        begun = {"session_id": session_id, "project_path": "/p", "metadata": {"agent": ["coder", 1.5]}}
        assert client.post("/api/v1/sessions/start", json=begun).is_success
        for batch in range(3):
            seen = [{"kind": "note", "content": f"Note {batch}.{each} é", "files": ["a.py"]} for each in range(40)]
            assert client.post(f"/api/v1/sessions/{session_id}/observations", json={"observations": seen}).is_success
    assert client.post("/api/v1/sessions/agent:1/end", json={"summary": "Retries have jitter now."}).is_success
    wait_until(lambda: not any(job["status"] in ("queued", "running") for job in client.get("/api/v1/jobs").json()))
    return ids[:11]


def test_an_export_into_an_empty_workspace_gives_the_same_again(client: httpx2.Client, other: httpx2.Client) -> None:
    ids = filled(client)
    lines = export(client)
    assert [line["kind"] for line in (lines[0], lines[-1])] == ["export", "end"]
    assert lines[-1]["lines"] == len(lines) - 2
    told = put(other, text(lines))
    assert told == {"imported": len(lines) - 2, "skipped": 0, "errors": [], "warnings": []}
    again = export(other)
    for line in again:
        if line.get("session_id") == "agent.2" and line["kind"] == "session":  # one that goes on was heard of now
            line["last_seen_at"] = next(it for it in lines if it.get("session_id") == "agent.2")["last_seen_at"]
    assert comparable(again) == comparable(lines)
    for memory_id in ids:
        before, after = (it.get(f"/api/v1/memories/{memory_id}").json() for it in (client, other))
        assert {name: before[name] for name in before if name not in ITS_OWN} == {
            name: after[name] for name in after if name not in ITS_OWN
        }
    wait_until(lambda: edges(other) == edges(client), "the same edges")
    found = [scores(it) for it in (client, other)]
    assert found[0] == found[1]
    assert [job["kind"] for job in other.get("/api/v1/jobs").json()] == []


def edges(client: httpx2.Client) -> list[Any]:
    """What hangs together by whichever method, and when it was said."""
    found = list[Any]()
    for memory in client.get("/api/v1/memories/", params={"limit": 100}).json():
        asked = {"memory_id": memory["memory_id"], "limit": 500}
        answer = client.get("/api/v1/relationships", params=asked)
        found += (
            [{name: it[name] for name in it if name != "id"} for it in answer.json()]
            if answer.is_success
            else [answer.status_code]
        )
    return sorted(map(json.dumps, found))


def scores(client: httpx2.Client) -> list[Any]:
    def search() -> list[Any]:
        hits = client.post("/api/v1/memories/search", json={"query": "what happened to a title"}).json()["results"]
        return [
            (it["id"], round(it["score"], 5), round(it["keyword_score"], 5), round(it["semantic_score"], 5))
            for it in hits
        ]

    wait_until(lambda: len(found := search()) == 11 and all(it[3] > 0 for it in found), "all to be embedded")
    return search()


def test_to_import_once_more_changes_nothing_and_what_was_deleted_stays_deleted(
    client: httpx2.Client, other: httpx2.Client
) -> None:
    ids = [store(client)["memory_id"] for _ in range(3)]
    lines = export(client)
    assert put(other, text(lines))["imported"] == 3
    assert other.patch(f"/api/v1/memories/{ids[0]}", json={"title": "Mine now"}).is_success
    assert other.delete(f"/api/v1/memories/{ids[1]}").is_success
    assert put(other, text(lines)) == {"imported": 0, "skipped": 3, "errors": [], "warnings": []}
    assert other.get(f"/api/v1/memories/{ids[0]}").json()["title"] == "Mine now"
    assert other.get(f"/api/v1/memories/{ids[1]}").status_code == 404


@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_an_export_that_was_cut_off_is_noticed_and_what_came_stays(
    client: httpx2.Client, other: httpx2.Client, kept: float
) -> None:
    for _ in range(10):
        store(client)
    whole = text(export(client))
    cut = whole[: int(len(whole) * kept)]
    told = put(other, cut)
    assert "cut off" in told["errors"][-1]["detail"]
    assert told["imported"] + len(told["errors"]) == cut.count(b"\n") + 1
    missing = whole.splitlines(keepends=True)
    assert "not whole" in put(other, b"".join(missing[:4] + missing[5:]))["errors"][-1]["detail"]
    assert put(other, whole)["errors"] == []
    assert len(export(other)) == 12


def test_lines_of_ones_own_need_no_frame(client: httpx2.Client) -> None:
    line = {"kind": "memory", "memory_id": examples.a_memory_id(), "title": "By hand", "narrative": "Written."}
    before = datetime.now(UTC)
    assert put(client, b"\r\n" + json.dumps(line).encode()) == {
        "imported": 1,
        "skipped": 0,
        "errors": [],
        "warnings": [],
    }
    memory = client.get(f"/api/v1/memories/{line['memory_id']}").json()
    assert (memory["importance_score"], memory["revision"], memory["updated_at"]) == (0.5, 1, None)
    assert datetime.fromisoformat(memory["created_at"]) >= before


def memory_line(**fields: Any) -> bytes:
    line = {"kind": "memory", "memory_id": examples.a_memory_id(), "title": MARK, "narrative": MARK}
    return json.dumps(line | fields).encode()


BAD = [
    (b'{"kind": "memory", ' + MARK.encode(), "JSON decode error"),
    (memory_line(narrative=MARK * 90_000), "The line is longer than 1048576 bytes."),
    (memory_line(title="\x00"), "title: must not contain the NUL character"),
    (memory_line(title="\ud800"), "must not contain a lone surrogate"),
    (memory_line(title="\u200b"), "title: must contain at least one visible character"),
    (memory_line(kind="banana"), "kind: Input should be one of"),
    (b'["memory"]', "Input should be an object"),
    (b"{}", "kind: Input should be one of"),
    (memory_line(pagerank_score=0.5), "pagerank_score: Extra inputs are not permitted"),
    (memory_line(access_count=-1), "access_count: Input should be greater than or equal to 0"),
    (memory_line(revision=True), "revision: Input should be a valid integer"),
    (memory_line(importance_score=1.5), "importance_score: Input should be less than or equal to 1"),
    (memory_line(namespace="nowhere"), "Namespace 'nowhere' not found."),
    (memory_line()[:-1] + b', "title": "twice"}', "The body names a field twice."),
    (memory_line(title="\xe9").decode().encode("utf-16"), ""),
]


def test_a_bad_line_is_named_and_the_others_are_imported(client: httpx2.Client) -> None:
    body = b"\n".join([memory_line(), *(line for line, _ in BAD), memory_line()])
    answer = client.post("/api/v1/import", content=body, headers=NDJSON)
    told = answer.json()
    assert MARK not in answer.text
    assert told["imported"] == 2
    at = {each["line"]: each["detail"] for each in told["errors"]}
    for number, (_, said) in enumerate(BAD[:-1], 2):
        assert at[number].startswith(said), at[number]
    assert len(at) >= len(BAD)


def test_a_relationship_before_its_memories_says_so_and_comes_with_the_second_run(client: httpx2.Client) -> None:
    ids = [examples.a_memory_id() for _ in range(2)]
    related = {
        "kind": "relationship",
        "source_memory_id": ids[0],
        "target_memory_id": ids[1],
        "relationship_type": "caused_by",
    }
    lines = text([related]) + b"\n".join(memory_line(memory_id=each) for each in ids)
    told = put(client, lines)
    assert (told["imported"], told["errors"]) == (2, [{"line": 1, "detail": f"Memory '{ids[0]}' not found."}])
    assert put(client, lines) == {"imported": 1, "skipped": 2, "errors": [], "warnings": []}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", NDJSON, 422),
        (b"\n  \n", NDJSON, 422),
        (b'{"kind": "export", "version": 2}\n' + memory_line(), NDJSON, 422),
        (b'{"kind": "export", "version": "1"}\n' + memory_line(), NDJSON, 422),
        (memory_line(), {"Content-Type": "application/json"}, 415),
        (memory_line(), {"Content-Type": "application/x-ndjson; charset=latin-1"}, 415),
        (memory_line(), {**NDJSON, "Content-Encoding": "gzip"}, 415),
        (memory_line(), {}, 415),
    ],
)
def test_what_is_no_import_is_refused_whole(
    client: httpx2.Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post("/api/v1/import", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert MARK not in answer.text
    assert len(export(client)) == 2


def test_another_version_later_in_a_file_ends_it_there(client: httpx2.Client) -> None:
    told = put(client, memory_line() + b'\n{"kind": "export", "version": 9}\n' + memory_line())
    assert (told["imported"], [each["line"] for each in told["errors"]]) == (1, [2])


def test_secrets_are_redacted_on_their_way_in(client: httpx2.Client) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    told = put(client, memory_line(narrative=f"The token is {secret}."))
    assert told["warnings"] == ["A GitHub token in 'narrative' was redacted before storing."]
    assert secret not in json.dumps(export(client, events=True))


def test_the_events_come_along_on_request_and_are_passed_over_by_an_import(
    client: httpx2.Client, other: httpx2.Client
) -> None:
    kept, gone = (store(client)["memory_id"] for _ in range(2))
    assert client.patch(f"/api/v1/memories/{kept}", json={"title": "Another"}).is_success
    assert client.delete(f"/api/v1/memories/{gone}").is_success
    lines = export(client, events=True)
    events = [line["event"] for line in lines if line["kind"] == "event"]
    assert [(it["subject"], it["type"]) for it in events] == [
        (kept, "weft.memory.stored.v1"),
        (gone, "weft.event.erased.v1"),
        (kept, "weft.memory.revised.v1"),
        (gone, "weft.memory.deleted.v1"),
    ]
    assert put(other, text(lines)) == {"imported": 1, "skipped": 4, "errors": [], "warnings": []}


def test_the_documented_example_works(client: httpx2.Client) -> None:
    described = client.get("/openapi.json").json()["paths"]
    example = described["/api/v1/import"]["post"]["requestBody"]["content"]["application/x-ndjson"]["example"]
    assert put(client, example.encode()) == {"imported": 5, "skipped": 0, "errors": [], "warnings": []}
    assert [line["kind"] for line in export(client)] == [json.loads(line)["kind"] for line in example.splitlines()]
    told = described["/api/v1/import"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    assert set(told) == set(put(client, example.encode()))


def test_a_namespace_that_may_not_be_read_or_written_is_refused(client: httpx2.Client) -> None:
    assert client.get("/api/v1/export", params={"namespaces": "elsewhere"}).status_code == 404
    answer = client.post("/api/v1/import", content=memory_line(), headers=NDJSON, params={"namespace": "elsewhere"})
    assert answer.status_code == 404
    assert len(export(client, namespaces="default")) == 2


def test_another_workspace_is_not_there(client: httpx2.Client, other: httpx2.Client) -> None:
    store(other)
    assert client.get("/api/v1/export", params={"workspace_id": "ws-000000000000"}).status_code == 404
    assert len(export(client)) == 2
