"""Events through the real gateway: pages of them, and streams."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.flows.conftest import client_of, store
from tests.flows.managing import Managed, managing
from tests.flows.streams import STREAM, following
from tests.flows.test_transfer_api import export
from tests.stack import Stack, Workspace

EVENTS = "/api/v1/events"


@pytest.fixture
def owned(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


def page(client: httpx2.Client, **params: Any) -> dict[str, Any]:
    answer = client.get(EVENTS, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def everything(client: httpx2.Client, **params: Any) -> list[dict[str, Any]]:
    """All pages, as a client reads them."""
    found, after, head = [], 0, 1
    while after < head:
        told = page(client, after=after, **params)
        found += told["events"]
        assert told["after"] > after or told["after"] == told["head"]
        after, head = told["after"], told["head"]
    return found


def exported(client: httpx2.Client) -> list[dict[str, Any]]:
    return [line["event"] for line in export(client, events=True) if line["kind"] == "event"]


def test_a_memorys_history_says_who_did_what_and_when_and_stays_when_it_is_deleted(client: httpx2.Client) -> None:
    kept, gone = (store(client)["memory_id"] for _ in range(2))
    assert client.patch(f"/api/v1/memories/{kept}", json={"title": "Another"}).is_success
    assert client.delete(f"/api/v1/memories/{gone}").is_success
    history = everything(client, subject=kept)
    assert [it["type"] for it in history] == ["weft.memory.stored.v1", "weft.memory.revised.v1"]
    assert all(it["actor"].startswith("key:") and it["time"].endswith("Z") for it in history)
    assert history[1]["data"]["title"] == "Another"
    erased, deleted = everything(client, subject=gone)
    assert (erased["type"], erased["data"]) == (
        "weft.event.erased.v1",
        {"erased_type": "weft.memory.stored.v1"},
    )
    assert deleted["type"] == "weft.memory.deleted.v1"
    assert everything(client, subject="mem-zzzzzzzzzzzzzzzz") == []


def test_pages_are_the_log_in_order_and_types_leave_out_the_others(client: httpx2.Client) -> None:
    ids = [store(client)["memory_id"] for _ in range(5)]
    client.post(f"/api/v1/memories/{ids[0]}/feedback", json={"useful": True})
    client.post("/api/v1/sessions/start", json={"session_id": ids[1], "project_path": "/x"})
    whole = everything(client)
    assert [it["seq"] for it in whole] == sorted(it["seq"] for it in whole)
    assert everything(client, limit=1) == whole
    assert [it["subject"] for it in everything(client, types=["weft.memory.stored.v1"], limit=2)] == ids
    some = everything(client, types=["weft.memory.rated", "weft.session"])
    assert [it["type"] for it in some] == ["weft.memory.rated.v1", "weft.session.started.v1"]
    assert everything(client, types="weft.document") == []
    assert {it["type"] for it in everything(client, subject=ids[1])} == {
        "weft.memory.stored.v1",
        "weft.session.started.v1",  # a client may name a session as it likes
    }


def test_a_key_sees_of_the_log_what_an_export_gives_it(owned: Managed) -> None:
    owned.namespace("secret")
    both = owned.key("default", default="rw", secret="rw")
    limited = owned.key("default", default="r")
    with owned.client(both["api_key"]) as writer, owned.client(limited["api_key"]) as reader:
        shown, hidden, gone, secret = (store(writer, namespace=it)["memory_id"] for it in ["default", "secret"] * 2)
        for source, target in ((shown, gone), (hidden, secret), (shown, hidden)):
            ends = {"source_memory_id": source, "target_memory_id": target, "relationship_type": "depends_on"}
            assert writer.post("/api/v1/relationships", json=ends).status_code == 201
        for memory_id in (gone, secret):
            assert writer.delete(f"/api/v1/memories/{memory_id}").is_success
        seen, all_of_it = everything(reader), everything(writer)
        assert seen == exported(reader)
        assert all_of_it == exported(writer)
        assert not {hidden, secret} & {word for it in seen for word in (it["subject"], *map(str, it["data"].values()))}
        assert [it["type"] for it in seen if it["subject"] == gone][-1] == "weft.memory.deleted.v1"
        assert {it["subject"] for it in all_of_it} >= {shown, hidden, gone, secret}
        assert not [it for it in all_of_it if it["type"].startswith(("weft.key", "weft.workspace", "weft.namespace"))]
        with following(reader, 0) as stream:
            assert [sent.event for sent in stream.take(len(seen))] == seen


def test_a_stream_goes_on_where_it_was_left_without_gap_or_double(client: httpx2.Client) -> None:
    first = store(client)["memory_id"]
    came = []
    with following(client) as stream:
        assert stream.begun == f": after {page(client)['head']}"
        for number in range(3):
            store(client, title=f"Memory {number}")
        came += stream.take(2)
    store(client, title="While nobody looked")
    with following(client, came[-1].id, after=0) as stream:  # as a browser asks again: with what it asked first
        came += stream.take(2)
        store(client, title="Live again")
        came += stream.take(1)
    assert [sent.event for sent in came] == everything(client)[1:]
    assert [(sent.id, sent.type) for sent in came] == [(it.event["seq"], it.event["type"]) for it in came]
    with following(client, after=0, types="weft.memory.stored", subject=first) as stream:
        assert stream.take(1)[0].event["subject"] == first


def test_a_stream_ends_with_its_key_and_with_its_workspace(owned: Managed) -> None:
    key, other = owned.key(), owned.key()
    with owned.client(key["api_key"]) as one, owned.client(other["api_key"]) as two:
        with following(one) as first, following(two) as second:
            owned.done("DELETE", f"/v1/auth/api-keys/{key['key_id']}")
            stored = store(two)
            assert list(first) == []
            assert second.take(1)[0].event["subject"] == stored["memory_id"]
            owned.done("DELETE", f"/v1/workspaces/{owned.workspace_id}")
            assert "weft.workspace.deleted.v1" not in [sent.type for sent in second]
        assert two.get(STREAM).status_code == 401


@pytest.mark.parametrize(
    ("path", "params", "headers", "loc"),
    [
        (STREAM, {}, {"Last-Event-ID": "x"}, ["header", "Last-Event-ID"]),
        (STREAM, {}, {"Last-Event-ID": "-1"}, ["header", "Last-Event-ID"]),
        (STREAM, {}, {"Last-Event-ID": "9" * 19}, ["header", "Last-Event-ID"]),
        (STREAM, {}, {"Last-Event-ID": "1000000"}, ["header", "Last-Event-ID"]),
        (STREAM, {"after": "x"}, {}, ["query", "after"]),
        (STREAM, {"after": 1_000_000}, {}, ["query", "after"]),
        (STREAM, {"types": "weft.memory.stord.v1"}, {}, ["query", "types", 0]),
        (EVENTS, {"types": "weft.memory.sto"}, {}, ["query", "types", 0]),
        (EVENTS, {"after": -1}, {}, ["query", "after"]),
        (EVENTS, {"after": 2**63}, {}, ["query", "after"]),
        (EVENTS, {"after": 1_000_000}, {}, ["query", "after"]),
        (EVENTS, {"limit": 1_001}, {}, ["query", "limit"]),
        (EVENTS, {"subject": "\0"}, {}, ["query", "subject"]),
    ],
)
def test_what_is_no_place_in_the_log_or_no_type_is_refused(
    anyone: httpx2.Client, path: str, params: dict[str, Any], headers: dict[str, str], loc: list[str | int]
) -> None:
    answer = anyone.get(path, params=params, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"] == loc


def test_another_workspace_has_no_events_to_show(anyone: httpx2.Client, workspace: Workspace) -> None:
    with client_of(workspace) as other:
        theirs = store(other)["memory_id"]
    assert page(anyone, workspace_id=workspace.workspace_id)["events"] == []
    assert anyone.get(STREAM, params={"workspace_id": workspace.workspace_id}).status_code == 404
    assert everything(anyone, subject=theirs) == []


def test_a_head_of_a_stream_ends(anyone: httpx2.Client) -> None:
    assert anyone.head(STREAM).headers["content-type"].startswith("text/event-stream")
