"""People on management paths: who is let in, as whom, and to which workspace."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from contracts.accounts import Identify, IdentifyForeign, LoggedIn, LogIn, LogOut, Person, Refresh, TooManyFailures
from contracts.base import now
from contracts.commands import CreateWebhook
from contracts.queries import GetWorkspace
from contracts.replies import Reply
from services.gateway.api.portal import Tenant, Visitor
from services.gateway.tokens import LASTS, Access, sign
from tests.gateway.application import PORTAL_KEY, application, client_of, serving
from tests.gateway.conftest import WORKSPACE
from tests.gateway.played import Played, playing, refusing
from tests.gateway.vouching import AUDIENCE, Vouching
from tests.stack import Servers

ACCOUNT, ORGANISATION, LOGIN = uuid4(), uuid4(), uuid4()
LOGGED_IN = LoggedIn(
    person=Person(account_id=ACCOUNT, organisation_id=ORGANISATION, email="ada@example.org", role="owner"),
    login_id=LOGIN,
    refresh_token="wfr_next",
    expires_at=now() + timedelta(days=30),
)
CREDENTIALS = {"email": "ada@example.org", "password": "correct horse battery staple"}


def identified(role: str = "owner", *, newcomer: bool = False) -> Any:
    """Memory, that knows one person and one workspace of theirs."""

    async def answer(asked: Identify | IdentifyForeign) -> Reply:
        if isinstance(asked, Identify) and (asked.account_id, asked.login_id) != (ACCOUNT, LOGIN):
            return refusing("not_signed_in")
        known: dict[str, Any] = {
            "account_id": ACCOUNT,
            "organisation_id": ORGANISATION,
            "email": "ada@example.org",
            "role": role,
        }
        known["must_change_password"] = newcomer
        return Reply(body=known | {"workspace_id": WORKSPACE if asked.tenant == WORKSPACE else None})

    return answer


def bearer(account_id: UUID = ACCOUNT, **others: Any) -> dict[str, str]:
    token = sign(PORTAL_KEY, Access(account_id, others.get("login_id", LOGIN)), others.get("at", now()))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def memory(servers: Servers, token: str) -> AsyncIterator[Played]:
    async with playing(servers, "memory", LogIn, Refresh, LogOut, Identify, IdentifyForeign, GetWorkspace) as played:
        played.answers = {Identify: identified(), LogIn: LOGGED_IN, Refresh: LOGGED_IN, LogOut: None}
        yield played


@pytest.fixture
async def portal(servers: Servers) -> AsyncIterator[httpx2.AsyncClient]:
    """The gateway, with two routes as other modules have them."""
    app = application(servers.nats_url("gateway"))
    _add_routes(app)
    async with serving(app), client_of(app) as client:
        yield client


def _add_routes(app: FastAPI) -> None:
    @app.get("/v1/managed")
    async def managed(call: Tenant) -> dict[str, str]:
        return {"workspace_id": call.workspace_id, "actor": call.principal.actor}

    @app.get("/v1/owned")
    async def owned(visit: Visitor) -> str:
        visit.require_owner()
        return "done"


async def test_a_person_is_let_in_to_what_is_theirs(portal: httpx2.AsyncClient, memory: Played) -> None:
    answer = await portal.get("/v1/managed", headers=bearer() | {"X-Tenant-Id": WORKSPACE})
    assert answer.json() == {"workspace_id": WORKSPACE, "actor": f"account:{ACCOUNT}"}


async def test_a_foreign_workspace_is_an_unknown_one(portal: httpx2.AsyncClient, memory: Played) -> None:
    names = ("ws-zzzzzzzzzzzz", str(uuid4()), "nothing at all", "*")
    told = [await portal.get("/v1/managed", headers=bearer() | {"X-Tenant-Id": name}) for name in names]
    assert {(each.status_code, each.content) for each in told} == {(404, b'{"detail":"Workspace not found."}')}


async def test_a_workspace_has_to_be_named(portal: httpx2.AsyncClient, memory: Played) -> None:
    answer = await portal.get("/v1/managed", headers=bearer())
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "X-Tenant-Id"]


async def test_whoever_is_not_logged_in_is_told_the_same(
    portal: httpx2.AsyncClient, memory: Played, token: str
) -> None:
    wrong = [
        bearer(account_id=uuid4()),
        bearer(login_id=uuid4()),
        bearer(at=now() - LASTS - timedelta(seconds=1)),
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"Token {token}"},
        {"Authorization": bearer()["Authorization"].replace("Bearer", "Token")},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWRhOnNlY3JldA=="},
    ]
    told = [await portal.get("/v1/managed", headers=each | {"X-Tenant-Id": WORKSPACE}) for each in wrong]
    assert {(each.status_code, each.headers["WWW-Authenticate"], each.content) for each in told} == {
        (401, "Bearer", b'{"detail":"Invalid or expired access token."}')
    }
    nobody = await portal.get("/v1/managed", headers={"X-API-Key": token, "X-Tenant-Id": WORKSPACE})
    assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_an_access_token_is_no_key(portal: httpx2.AsyncClient, memory: Played) -> None:
    token = bearer()["Authorization"].removeprefix("Bearer ")
    for headers in (bearer(), {"Authorization": f"Token {token}"}, {"X-API-Key": token}):
        answer = await portal.get("/api/v1/workspace", headers=headers)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")
    assert not memory.asked(GetWorkspace)


async def test_a_member_may_not_do_what_is_an_owners(portal: httpx2.AsyncClient, memory: Played) -> None:
    assert (await portal.get("/v1/owned", headers=bearer())).json() == "done"
    memory.answers[Identify] = identified("member")
    answer = await portal.get("/v1/owned", headers=bearer())
    assert (answer.status_code, answer.json()["code"]) == (403, "owner_only")


async def test_who_was_given_a_password_first_chooses_one(portal: httpx2.AsyncClient, memory: Played) -> None:
    memory.answers[Identify] = identified(newcomer=True)
    for path in ("/v1/managed", "/v1/owned", "/v1/auth/members"):
        answer = await portal.get(path, headers=bearer() | {"X-Tenant-Id": WORKSPACE})
        assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    assert (await portal.get("/v1/auth/me", headers=bearer())).json()["must_change_password"] is True


async def test_a_token_of_the_companys_server_is_one_of_ours(
    servers: Servers, memory: Played, vouching: Vouching
) -> None:
    settings = {"oidc_issuer": vouching.url, "oidc_client_id": AUDIENCE, "oidc_organisation": str(ORGANISATION)}
    app = application(servers.nats_url("gateway"), **settings)
    _add_routes(app)
    memory.answers[IdentifyForeign] = identified()
    async with serving(app), client_of(app) as client:
        named = {"X-Tenant-Id": WORKSPACE}
        answer = await client.get("/v1/managed", headers={"Authorization": f"Bearer {vouching.token()}"} | named)
        assert answer.json()["workspace_id"] == WORKSPACE
        (asked,) = memory.asked(IdentifyForeign)
        assert (asked.issuer, asked.email, asked.organisation_id) == (vouching.url, "ada@acme.example", ORGANISATION)
        assert (await client.get("/v1/managed", headers=bearer() | named)).status_code == 200
        for token in (vouching.token(aud="another"), vouching.token(sub=None), "x"):
            answer = await client.get("/v1/managed", headers={"Authorization": f"Bearer {token}"} | named)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        memory.answers[IdentifyForeign] = refusing("account_refused")
        answer = await client.get("/v1/managed", headers={"Authorization": f"Bearer {vouching.token()}"} | named)
        assert (answer.status_code, answer.json()["code"]) == (403, "account_refused")


async def test_a_refresh_token_is_in_the_answer_or_in_the_cookie_never_in_both(
    portal: httpx2.AsyncClient, memory: Played
) -> None:
    told = await portal.post("/v1/auth/login", json=CREDENTIALS)
    assert told.json()["refresh_token"] == "wfr_next"
    assert (told.json()["token_type"], told.json()["expires_in"]) == ("bearer", 900)
    assert told.headers["Cache-Control"] == "no-store"
    assert "set-cookie" not in told.headers
    told = await portal.post("/v1/auth/login", json=CREDENTIALS | {"cookie": True})
    assert "refresh_token" not in told.json()
    cookie = told.headers["set-cookie"].lower()
    for part in ("weft_refresh=wfr_next", "httponly", "samesite=strict", "path=/v1/auth", "secure"):
        assert part in cookie


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080"])
async def test_on_this_machine_the_cookie_needs_no_https(portal: httpx2.AsyncClient, memory: Played, host: str) -> None:
    told = await portal.post("/v1/auth/login", json=CREDENTIALS | {"cookie": True}, headers={"Host": host})
    assert "secure" not in told.headers["set-cookie"].lower()


async def test_a_login_goes_on_by_body_or_by_cookie(portal: httpx2.AsyncClient, memory: Played) -> None:
    by_body = await portal.post("/v1/auth/refresh", json={"refresh_token": "wfr_body"})
    assert by_body.json()["refresh_token"] == "wfr_next"
    by_cookie = await portal.post("/v1/auth/refresh", headers={"Cookie": "weft_refresh=wfr_cookie"})
    assert "refresh_token" not in by_cookie.json()
    assert "wfr_next" in by_cookie.headers["set-cookie"]
    heard = [each.refresh_token.get_secret_value() for each in memory.asked(Refresh) if each.refresh_token]
    assert heard == ["wfr_body", "wfr_cookie"]
    assert (await portal.post("/v1/auth/refresh")).status_code == 401
    memory.answers[Refresh] = refusing("not_signed_in")
    ended = await portal.post("/v1/auth/refresh", json={"refresh_token": "wfr_body"})
    assert (ended.status_code, ended.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_logging_out_takes_the_cookie_away(portal: httpx2.AsyncClient, memory: Played) -> None:
    told = await portal.post("/v1/auth/logout", headers={"Cookie": "weft_refresh=wfr_cookie"})
    assert told.status_code == 204
    assert 'weft_refresh=""' in told.headers["set-cookie"]
    assert [each.refresh_token.get_secret_value() for each in memory.asked(LogOut)] == ["wfr_cookie"]


async def test_too_many_failures_say_when_to_come_again(portal: httpx2.AsyncClient, memory: Played) -> None:
    memory.answers[LogIn] = TooManyFailures(retry_after_s=42)
    told = await portal.post("/v1/auth/login", json=CREDENTIALS)
    assert (told.status_code, told.headers["Retry-After"]) == (429, "42")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "ada", "password": "a sentinel that must not be seen"},
        {"email": "ada@example.org", "password": 12},
        {"email": "ada@example.org", "password": ""},
        {"email": "ada@example.org", "password": "a sentinel that must not be seen" * 100},
        {"email": "ada@example.org", "password": "a sentinel that must not be seen", "remember": True},
    ],
)
async def test_what_does_not_fit_is_not_repeated(
    portal: httpx2.AsyncClient, memory: Played, body: dict[str, Any]
) -> None:
    told = await portal.post("/v1/auth/login", json=body)
    assert told.status_code == 422
    assert "sentinel" not in told.text
    assert not memory.asked(LogIn)


async def test_a_password_is_shown_nowhere_on_its_way() -> None:
    asked = LogIn.model_validate({**CREDENTIALS, "address": "192.0.2.1"})
    assert CREDENTIALS["password"] not in f"{asked!r}{asked}"
    assert CREDENTIALS["password"] in asked.model_dump_json()
    assert "wfr_next" not in repr(LOGGED_IN)


@pytest.mark.parametrize("url", ["http://example.org/", "https://10.0.0.1/", "https://localhost/", "https://[::1]/"])
async def test_a_webhook_to_ourselves_is_refused_before_anything_is_ordered(
    portal: httpx2.AsyncClient, memory: Played, url: str
) -> None:
    headers = bearer() | {"X-Tenant-Id": WORKSPACE}
    answer = await portal.post("/v1/webhooks", json={"url": url}, headers=headers)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "url"])
    assert memory.asked(CreateWebhook) == []
