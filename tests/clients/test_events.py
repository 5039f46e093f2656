"""A key's events over HTTP, from a server that breaks off; each test with Weft and with AsyncWeft."""

import json
import subprocess
import sys
from itertools import islice
from typing import Any

import pytest
import weft
from weft import errors

from tests.clients.scripted import HANG_UP, Reply, scripted
from tests.clients.test_sdk import Asking, ask, quick
from tests.happened import ERASED, an_event

__all__ = ["ask", "quick"]
pytestmark = pytest.mark.slow

W = "ws-aaaaaaaaaaaa"


def page(*seqs: int, after: int, head: int) -> Reply:
    return Reply(200, {"events": [an_event(W, seq) for seq in seqs], "after": after, "head": head})


def lines(*events: dict[str, Any], end: bytes = b"") -> Reply:
    sent = "".join(f"id: {it['seq']}\nevent: {it['type']}\ndata: {json.dumps(it)}\n\n" for it in events)
    body = f": still here\n\n{sent}".encode() + end
    return Reply(200, body, {"Content-Length": str(len(body) + 1), "Content-Type": "text/event-stream"})


def test_a_list_goes_on_until_the_end_of_the_log_over_empty_pages(ask: Asking) -> None:
    with scripted(page(1, 3, after=10, head=30), page(after=20, head=30), page(21, after=30, head=30)) as server:
        found = ask(server.url, lambda weft: weft.events.list(types=["weft.memory"], subject="mem-a"))
    assert [it.seq for it in found] == [1, 3, 21]
    assert server.heard[1].query == "after=10&types=weft.memory&subject=mem-a&limit=1000"
    assert len(server.heard) == 3


def test_of_a_list_no_more_is_asked_for_than_is_wanted(ask: Asking) -> None:
    with scripted(page(1, 2, after=2, head=9), page(3, after=3, head=9)) as server:
        found = ask(server.url, lambda weft: weft.events.list(limit=3))
    assert [it.seq for it in found] == [1, 2, 3]
    assert [it.query for it in server.heard] == ["after=0&limit=3", "after=2&limit=1"]


def test_a_stream_goes_on_behind_the_last_event_however_it_breaks_off(ask: Asking) -> None:
    """It is cut in the middle of an event, then nobody answers, then an old event is told to be erased."""
    cut = json.dumps(an_event(W, 3))[:40].encode()
    busy = [Reply(HANG_UP), Reply(503, {"detail": "busy"})] * 4
    replies = [
        lines(an_event(W, 1), an_event(W, 2), end=b"id: 3\ndata: " + cut),
        *busy,
        lines(an_event(W, 3), an_event(W, 1, ERASED)),
        lines(an_event(W, 4)),
    ]
    with scripted(*replies) as server:
        found = ask(server.url, lambda weft: some(weft.events.stream(types=["weft.memory"]), 5))
    assert [(it.seq, it.is_erased) for it in found] == [(1, False), (2, False), (3, False), (1, True), (4, False)]
    asked = [it.query for it in server.heard]
    assert (asked[0], asked[1], asked[-1]) == (
        "types=weft.memory",
        "after=2&types=weft.memory",
        "after=3&types=weft.memory",
    )


def test_a_stream_that_breaks_off_before_its_first_event_goes_on_where_it_began(ask: Asking) -> None:
    began = Reply(200, b": after 7\n\n", {"Content-Length": "99"})
    with scripted(began, lines(an_event(W, 8))) as server:
        assert [it.seq for it in ask(server.url, lambda weft: some(weft.events.stream(), 1))] == [8]
    assert [it.query for it in server.heard] == ["", "after=7"]


def test_a_stream_ends_where_the_key_is_no_longer_good(ask: Asking) -> None:
    with (
        scripted(lines(an_event(W, 1)), Reply(401, {"detail": "no"})) as server,
        pytest.raises(errors.NotAuthenticated),
    ):
        ask(server.url, lambda weft: weft.events.stream(after=0))


def test_only_who_subscribes_needs_nats(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "import sys, weft; weft.Weft('http://a:1', 'key').events; print('nats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, check=True).stdout == b"False\n"
    for name in ("weft.events.subscribing", "weft.events.mailbox"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "nats", None)
    with pytest.raises(errors.NotConfigured) as why:
        weft.events.subscribe("nats://127.0.0.1:1", "sub-a")
    assert why.value.hint == "pip install 'weft-client[events]'"


def test_who_subscribes_without_a_subscription_is_told_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEFT_EVENTS_URL", raising=False)
    with pytest.raises(errors.NotConfigured, match="WEFT_EVENTS_URL"):
        weft.events.subscribe(consumer="sub-a")


def some(items: Any, count: int) -> Any:
    """The first ones, of an iterator of either kind."""
    if hasattr(items, "__next__"):
        return islice(items, count)

    async def first() -> Any:
        return [await anext(items) for _ in range(count)]

    return first()
