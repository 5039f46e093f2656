"""Webhooks through the real gateway: made, shown, changed, tested, replayed, deleted."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.flows.conftest import store
from tests.flows.managing import Managed, managing
from tests.receiver import Receiver, receiving
from tests.stack import Stack, files_with, wait_until

HOOKS = "/v1/webhooks"


@pytest.fixture
def owned(stack: Stack) -> Iterator[Managed]:
    with managing(stack) as opened:
        yield opened


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


def delivered(owned: Managed, hook: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = owned.done("GET", f"{hook}/deliveries", params=params)["deliveries"]
    return found


def test_a_webhook_from_its_making_to_its_end(owned: Managed, receiver: Receiver, stack: Stack) -> None:
    headers = {**owned.here, "Idempotency-Key": str(uuid4())}
    wanted = {"url": receiver.url, "types": ["weft.memory"], "description": "To us"}
    answers = [owned.portal.post(HOOKS, json=wanted, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    made, again = (each.json() for each in answers)
    assert made == again
    assert answers[0].headers["Cache-Control"] == "no-store"
    secret, hook = made.pop("secret"), f"{HOOKS}/{made['webhook_id']}"
    listed = owned.done("GET", HOOKS)["webhooks"]
    assert [each | {"after": None} for each in listed] == [made]
    assert owned.done("GET", hook) == listed[0]

    with owned.client(owned.first["api_key"]) as client:
        memory_id = store(client)["memory_id"]
        wait_until(lambda: len(delivered(owned, hook, status="delivered")) == 1, "the delivery")
        (event,) = client.get("/api/v1/events", params={"subject": memory_id}).json()["events"]
        assert receiver.got[0].event == event
        assert receiver.got[0].is_signed_by(secret)

        tested = owned.done("POST", f"{hook}/test")
        wait_until(lambda: len(delivered(owned, hook, status="delivered")) == 2, "the test")
        page = owned.done("GET", f"{hook}/deliveries", params={"limit": 1})
        assert page["deliveries"][0]["delivery_id"] == tested["delivery_id"]
        assert (rest := delivered(owned, hook, before=page["next"]))[0]["seq"] == event["seq"]
        assert owned.done("POST", f"{hook}/replay", json={"delivery_id": rest[0]["delivery_id"]}) == {"queued": 1}
        wait_until(lambda: receiver.seqs() == [event["seq"]] * 2, "it again")

        disabled = owned.done("PATCH", hook, json={"enabled": False, "types": []})
        assert (disabled["enabled"], disabled["types"], disabled["url"]) == (False, [], receiver.url)
        for path, body in (("test", None), ("replay", {})):
            answer = owned.portal.post(f"{hook}/{path}", json=body or {}, headers=owned.here)
            assert (answer.status_code, answer.json()["code"]) == (409, "webhook_disabled")
        newer = owned.done("POST", f"{hook}/rotate")["secret"]
        assert newer != secret
        actions = [each["action"] for each in owned.done("GET", "/v1/audit")["entries"]]
        assert actions[:3] == [f"weft.webhook.{each}.v1" for each in ("rotated", "changed", "created")]
        assert owned.done("DELETE", hook) is None
        assert owned.portal.get(hook, headers=owned.here).status_code == 404
        assert client.get("/api/v1/events", params={"types": "weft.webhook"}).json()["events"] == []
    assert files_with(stack.home.path, *(each.removeprefix("whsec_").encode() for each in (secret, newer))) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "ftp://example.org/"},
        {"url": "https://ada:secret@example.org/"},
        {"url": "https://example.org/" + "x" * 2_048},
        {"url": "https://ex ample.org/"},
        {"url": "https://example.org/", "types": ["weft.memory.stord"]},
        {"url": "https://example.org/", "secret": "whsec_x"},
    ],
)
def test_what_is_no_webhook_is_refused(owned: Managed, body: dict[str, Any]) -> None:
    answer = owned.portal.post(HOOKS, json=body, headers=owned.here)
    assert answer.status_code == 422, answer.text
    assert "example.org" not in answer.text


def test_there_are_twenty_at_most_and_what_is_none_is_404(owned: Managed) -> None:
    for number in range(20):
        owned.done("POST", HOOKS, json={"url": f"https://hooks.example.org/{number}"})
    answer = owned.portal.post(HOOKS, json={"url": "https://hooks.example.org/"}, headers=owned.here)
    assert (answer.status_code, answer.json()["code"]) == (403, "webhook_limit_reached")
    first = owned.done("GET", HOOKS)["webhooks"][0]["webhook_id"]
    for method, path in (
        ("GET", uuid4()),
        ("GET", "x"),
        ("DELETE", uuid4()),
        ("PATCH", uuid4()),
        ("POST", f"{uuid4()}/test"),
    ):
        answer = owned.portal.request(
            method, f"{HOOKS}/{path}", headers=owned.here, json={} if method != "GET" else None
        )
        assert answer.status_code == 404, (method, path)
    unknown = owned.portal.post(f"{HOOKS}/{first}/replay", json={"delivery_id": str(uuid4())}, headers=owned.here)
    assert unknown.status_code == 404
    owned.done("DELETE", f"/v1/workspaces/{owned.workspace_id}")


def test_a_member_and_a_key_manage_no_webhooks(owned: Managed) -> None:
    email = f"{uuid4().hex[:8]}@example.org"
    first = owned.done("POST", "/v1/auth/members", json={"email": email})["one_time_password"]
    with httpx2.Client(base_url=owned.url, headers=owned.here, timeout=15) as member:
        login = member.post("/v1/auth/login", json={"email": email, "password": first}).json()
        member.headers["Authorization"] = f"Bearer {login['access_token']}"
        chosen = {"old_password": first, "new_password": "correct horse battery staple"}
        assert member.post("/v1/auth/password", json=chosen).is_success
        for answer in (member.get(HOOKS), member.post(HOOKS, json={"url": "https://example.org/"})):
            assert (answer.status_code, answer.json()["code"]) == (403, "owner_only")
    with owned.client(owned.first["api_key"]) as client:
        assert client.get(HOOKS, headers=owned.here).status_code == 401
