"""The Python client against a server that is busy, slow, gone or odd; each test with Weft and with AsyncWeft."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
from weft import AsyncWeft, Settings, Weft, errors, protocol
from weft.errors import ApiError, WeftError

from tests.clients.scripted import HANG_UP, Reply, scripted

pytestmark = pytest.mark.slow

Work = Callable[[Any], Any]
"""What is asked of a client, of whichever kind."""


class Asking(Protocol):
    """Carries out `work` with a client of one kind; of a list or a stream, all items."""

    def __call__(self, url: str, work: Work, **settings: Any) -> Any: ...


def blocking(url: str, work: Work, **settings: Any) -> Any:
    with Weft(settings=Settings(url, "key", **settings)) as weft:
        found = work(weft)
        return list(found) if isinstance(found, Iterator) else found


def awaiting(url: str, work: Work, **settings: Any) -> Any:
    async def ask() -> Any:
        async with AsyncWeft(settings=Settings(url, "key", **settings)) as weft:
            found = work(weft)
            if isinstance(found, AsyncIterator):
                return [item async for item in found]
            assert isinstance(found, Awaitable)
            return await found

    return asyncio.run(ask())


@pytest.fixture(params=[blocking, awaiting])
def ask(request: pytest.FixtureRequest) -> Asking:
    kind: Asking = request.param
    return kind


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits in these tests."""
    monkeypatch.setattr(protocol, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(protocol, "LOOK_EVERY_S", 0.001)


MEMORY = {
    **{"memory_id": "mem-4k8z0c1v7t2q9x5b", "workspace_id": "ws-3n6d1f8h0j2m", "namespace": "default"},
    **{"title": "t", "narrative": "n", "summary": "n", "memory_type": "decision", "revision": 1},
    **{"tags": [], "concepts": [], "source_files": [], "importance_score": 0.5, "confidence_score": 0.5},
    "created_at": "2026-03-20T09:00:00.000000Z",
}
BUSY = Reply(503, {"detail": "busy"}, {"Retry-After": "0"})
STORED = Reply(201, {**MEMORY, "warnings": []})


def store(weft: Any) -> Any:
    return weft.memories.store("t", "n")


def test_a_write_is_sent_again_with_the_same_key_until_it_is_taken(ask: Asking) -> None:
    running = Reply(409, {"detail": "still running"}, {"Retry-After": "0"})
    with scripted(BUSY, Reply(HANG_UP), Reply(429, {}), running, STORED) as server:
        assert ask(server.url, store).memory_id == MEMORY["memory_id"]
        assert ask(server.url, store).revision == 1
    keys = [each.headers["idempotency-key"] for each in server.heard]
    assert len(keys) == 6
    assert len(set(keys[:5])) == 1
    assert keys[5] != keys[0]


def test_a_key_that_the_caller_chose_stands_on_the_write(ask: Asking) -> None:
    with scripted(STORED) as server:
        ask(server.url, lambda weft: store(weft.with_options(idempotency_key="mine")))
    assert server.heard[0].headers["idempotency-key"] == "mine"


def test_what_stays_busy_is_given_up_after_so_many_tries(ask: Asking) -> None:
    with scripted(BUSY) as server, pytest.raises(errors.Unavailable, match="busy"):
        ask(server.url, store, retries_max=2)
    assert len(server.heard) == 3


def test_nobody_waits_longer_than_they_said(ask: Asking) -> None:
    later = Reply(429, {"detail": "later"}, {"Retry-After": "60"})
    with scripted(later) as server, pytest.raises(errors.RateLimited) as refused:
        ask(server.url, store, wait_s_max=1.0)
    assert refused.value.retry_after_s == 60
    assert len(server.heard) == 1


def test_where_nobody_answers_that_is_said(ask: Asking) -> None:
    with scripted(STORED) as server:
        pass
    with pytest.raises(errors.Unreachable, match="No answer from http://127"):
        ask(server.url, store, retries_max=1)


def test_a_token_that_is_good_for_one_use_is_sent_once(ask: Asking) -> None:
    with scripted(Reply(HANG_UP)) as server, pytest.raises(errors.Unreachable):
        ask(server.url, lambda weft: weft.portal.refresh("token"))
    assert len(server.heard) == 1
    assert server.heard[0].json == {"refresh_token": "token"}


def test_no_id_leads_to_another_route(ask: Asking) -> None:
    odd = ["../sessions", "..", "a/b?c#d", "ä %2f"]
    with scripted(Reply(404, {"detail": "not found"})) as server:
        for each in odd:
            with pytest.raises(errors.NotFound):
                ask(server.url, partial(get, each))
    paths = [heard.path.removeprefix("/api/v1/memories/") for heard in server.heard]
    assert paths == ["..%2Fsessions", "%2E%2E", "a%2Fb%3Fc%23d", "%C3%A4%20%252f"]


def get(memory_id: str, weft: Any) -> Any:
    return weft.memories.get(memory_id)


ACCEPTED = Reply(
    202,
    {"command_id": "0d9b6c0e-6c1f-4f2a-9d77-3a1b5c7e9f10", "status": "accepted", "warnings": ["a secret"]},
    {"Location": "/api/v1/commands/0d9b6c0e-6c1f-4f2a-9d77-3a1b5c7e9f10"},
)


def state(status: str, **other: Any) -> Reply:
    return Reply(200, {"command_id": "0d9b6c0e-6c1f-4f2a-9d77-3a1b5c7e9f10", "status": status, **other})


def test_what_was_accepted_is_followed_until_it_is_decided(ask: Asking) -> None:
    with scripted(ACCEPTED, state("accepted"), BUSY, state("committed", result=MEMORY)) as server:
        stored = ask(server.url, store)
    assert (stored.memory_id, stored.warnings) == (MEMORY["memory_id"], ["a secret"])
    assert [each.path for each in server.heard[1:]] == [ACCEPTED.headers["Location"]] * 3


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (state("rejected", refusal={"code": "memory_limit_reached", "detail": "full"}), errors.Forbidden),
        (state("rejected", refusal={"code": "unknown_memory", "detail": "gone"}), errors.NotFound),
        (state("rejected", refusal={"code": "revision_mismatch", "detail": "other"}), errors.PreconditionFailed),
        (state("parked"), errors.ServerError),
    ],
)
def test_what_was_accepted_and_then_refused_is_an_error_like_any_other(told: Reply, error: type[ApiError]) -> None:
    with scripted(ACCEPTED, told) as server, pytest.raises(error) as refused:
        blocking(server.url, store)
    assert refused.value.request == "POST /api/v1/memories/store"


def test_what_is_not_decided_in_time_has_a_name_to_ask_for_it_by(ask: Asking) -> None:
    with scripted(ACCEPTED, state("accepted")) as server, pytest.raises(errors.NotDecided) as undecided:
        ask(server.url, store, decide_s_max=0.05)
    assert undecided.value.command_id == "0d9b6c0e-6c1f-4f2a-9d77-3a1b5c7e9f10"


PLACES = [{"loc": ["body", "title"], "msg": "Field required", "type": "missing"}]


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (401, {"detail": "Invalid API key."}, errors.NotAuthenticated, "Invalid API key."),
        (403, {"detail": "no", "code": "key_limit_reached"}, errors.Forbidden, "no"),
        (404, {"detail": "not found"}, errors.NotFound, "not found"),
        (409, {"detail": "twice", "code": "session_exists"}, errors.Conflict, "twice"),
        (410, {"detail": "gone"}, errors.Gone, "gone"),
        (412, {"detail": "other"}, errors.PreconditionFailed, "other"),
        (413, {"detail": "long"}, errors.TooLarge, "long"),
        (422, {"detail": PLACES}, errors.Invalid, "title: Field required"),
        (418, {}, ApiError, "Refused with status 418."),
        (500, {"detail": "Internal error."}, errors.ServerError, "Internal error."),
        (502, b"<html>Bad Gateway", errors.Unavailable, "<html>Bad Gateway"),
    ],
)
def test_an_error_is_told_by_its_class(status: int, body: Any, error: type[ApiError], said: str) -> None:
    with scripted(Reply(status, body)) as server, pytest.raises(error) as refused:
        blocking(server.url, lambda weft: weft.memories.get("mem-x"), retries_max=0)
    assert type(refused.value) is error
    assert (str(refused.value), refused.value.status) == (said, status)
    assert refused.value.request == "GET /api/v1/memories/mem-x"
    assert refused.value.code == (body.get("code") if isinstance(body, dict) else None)


@pytest.mark.parametrize("body", [[], {"memory_id": 1}, b"<html>", "x"])
def test_an_answer_of_another_kind_of_server_is_an_error_of_ours(body: Any) -> None:
    with scripted(Reply(200, body)) as server, pytest.raises(errors.NotUnderstood):
        blocking(server.url, lambda weft: weft.memories.get("mem-x"))


def test_what_a_newer_server_says_is_kept(ask: Asking) -> None:
    newer = {**MEMORY, "memory_type": "rumour", "mood": "glad"}
    with scripted(Reply(200, newer)) as server:
        found = ask(server.url, lambda weft: weft.memories.get("mem-x"))
    assert found.memory_type == "rumour"
    assert json.loads(found.model_dump_json())["mood"] == "glad"


def page(count: int) -> Reply:
    return Reply(200, [MEMORY] * count)


def test_a_list_is_asked_for_page_by_page(ask: Asking) -> None:
    with scripted(page(200), page(200), page(3)) as server:
        assert len(ask(server.url, lambda weft: weft.memories.list(namespaces=["a", "b"]))) == 403
    assert [each.query for each in server.heard] == [
        f"namespace=a&namespace=b&limit=200&offset={offset}" for offset in (0, 200, 400)
    ]


def test_of_a_list_no_more_is_asked_for_than_is_wanted(ask: Asking) -> None:
    with scripted(page(200), page(50)) as server:
        assert len(ask(server.url, lambda weft: weft.memories.list(limit=250, offset=7))) == 250
    assert [each.query for each in server.heard] == ["limit=200&offset=7", "limit=50&offset=207"]


JOB = {
    **{"job_id": "job-1", "kind": "extraction", "namespace": "default", "status": "running"},
    **{"created_at": "2026-03-20T09:00:00Z", "updated_at": "2026-03-20T09:00:00Z"},
}


def events(*jobs: dict[str, Any]) -> Reply:
    told = "".join(f": still here\n\nevent: job\ndata: {json.dumps(job)}\n\n" for job in jobs)
    return Reply(200, told.encode(), {"Content-Type": "text/event-stream"})


def test_a_job_is_followed_to_its_end_across_connections(ask: Asking) -> None:
    cut_off = Reply(200, events(JOB).body + b"event: job\nda", {"Content-Length": "9999"})
    with scripted(events(JOB), BUSY, cut_off, events(JOB, {**JOB, "status": "completed"})) as server:
        followed = ask(server.url, lambda weft: weft.jobs.follow("job-1"))
    assert [job.status for job in followed] == ["running", "completed"]
    assert len(server.heard) == 4


def test_an_export_without_its_end_is_no_export(ask: Asking) -> None:
    end = b'{"kind":"end","lines":1}\n'
    with scripted(Reply(200, b'{"kind":"export"}\n' + end)) as server:
        assert len(ask(server.url, lambda weft: weft.export(namespaces=["a"]))) == 2
    for short in (Reply(200, b'{"kind":"export"}\n'), Reply(200, b'{"kind"', {"Content-Length": "99"})):
        with scripted(short) as server, pytest.raises(errors.CutOff):
            ask(server.url, lambda weft: weft.export())


def send(lines: Any, weft: Any) -> Any:
    return weft.import_lines(lines)


def test_an_import_is_sent_again_where_that_can_be(ask: Asking, tmp_path: Path) -> None:
    (file := tmp_path / "lines").write_text("one\ntwo\n")
    sources: list[Any] = [file, b"one\ntwo\n", ["one", "two"]]
    for lines in sources:
        with scripted(BUSY, Reply(200, {"imported": 2, "skipped": 0, "errors": []})) as server:
            assert ask(server.url, partial(send, lines)).imported == 2
        assert [each.body for each in server.heard] == [b"one\ntwo\n"] * 2
        assert server.heard[0].headers["content-type"] == "application/x-ndjson"
    with scripted(BUSY) as server, pytest.raises(errors.Unavailable):
        ask(server.url, partial(send, iter(["one"])))
    assert len(server.heard) == 1


def test_each_face_of_the_server_gets_its_own_credentials(ask: Asking) -> None:
    answers = [Reply(200, {"results": []}), Reply(200, {"namespaces": []}), Reply(200, {"status": "ready"})]
    with scripted(Reply(200, MEMORY), *answers) as server:
        options = {"portal_token": "jwt", "workspace_id": "ws-1"}
        ask(server.url, lambda weft: weft.memories.get("mem-x"), **options)
        ask(server.url, lambda weft: weft.query("x"), **options)
        ask(server.url, lambda weft: weft.namespaces.list(), **options)
        ask(server.url, lambda weft: weft.ready(), **options)
    names = ("authorization", "x-api-key", "x-tenant-id")
    assert [tuple(each.headers.get(name) for name in names) for each in server.heard] == [
        ("Token key", None, None),
        (None, "key", None),
        ("Bearer jwt", None, "ws-1"),
        (None, None, None),
    ]


def test_settings_come_from_the_environment_and_what_is_given_goes_before() -> None:
    known = {"MEMORIES_API_URL": "http://a:1/", "MEMORIES_API_TOKEN": "t", "MEMORIES_WORKSPACE_ID": "ws-1"}
    assert Settings.find(environment=known) == Settings("http://a:1", "t", "ws-1")
    assert Settings.find("https://b", "u", environment=known) == Settings("https://b", "u", "ws-1")


@pytest.mark.parametrize(
    "url", [None, "", "a:1", "ftp://a", "http://a/api", "http://", "http://a?x=1", "http://a:99999", "http://u@a"]
)
def test_a_url_that_can_not_be_is_said_to_be_missing_or_wrong(url: str | None) -> None:
    with pytest.raises(errors.NotConfigured, match="MEMORIES_API_URL"):
        Settings.find(url, environment={})


@pytest.mark.parametrize("token", ["schlüssel", "a\nb"])
def test_a_key_that_can_be_none_is_refused_before_anything_is_sent(token: str) -> None:
    with pytest.raises(errors.NotConfigured, match="characters"):
        Settings("http://a", token)


def test_a_client_stays_with_its_server() -> None:
    with Weft("http://a", "key") as weft, pytest.raises(TypeError, match="another server"):
        weft.with_options(url="http://b")  # type: ignore[call-arg]


@pytest.mark.parametrize("work", [lambda weft: weft.workspace(), lambda weft: weft.keys.list()])
def test_without_a_credential_nothing_is_sent(work: Work) -> None:
    with scripted(STORED) as server, pytest.raises(WeftError) as missing, Weft(settings=Settings(server.url)) as weft:
        work(weft)
    assert missing.value.hint
    assert server.heard == []
