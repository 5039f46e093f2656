"""Logging in with a password, and staying so: access tokens of 15 minutes, and refresh tokens that are good for
one use."""

from typing import Any, cast

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from contracts import subjects
from contracts.accounts import Email, LoggedIn, LogIn, LogOut, Person, Refresh, SecretText
from contracts.base import StrictWord, now
from services.gateway import tokens
from services.gateway.api.calls import REPLY_TIMEOUT_S, Gate
from services.gateway.api.describing import answer, manages, takes
from services.gateway.api.portal import SECURITY, Newcomer, address_of, ask, refuse_hasty
from services.gateway.api.refusals import body_of
from services.gateway.api.wire.bodies import fit, read_object
from services.gateway.api.wire.errors import Problem, json_response
from services.gateway.tokens import Access

router = APIRouter(prefix="/v1/auth", tags=["accounts"])

COOKIE = "weft_refresh"
COOKIE_PATH = "/v1/auth"

_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


class Credentials(StrictWord):
    """Who logs in."""

    email: Email = Field(description="The account's address.")
    password: SecretText = Field(description="1 to 1,024 characters.")
    cookie: StrictBool = Field(
        False, description="The refresh token comes as a cookie that scripts can't read, and not in the answer."
    )


class RefreshToken(StrictWord):
    """What a login goes on with."""

    refresh_token: SecretText | None = Field(None, description="As it was given; absent where it is in the cookie.")


class TokenAnswer(BaseModel):
    """An access token; with a refresh token where none is in the cookie."""

    access_token: str
    token_type: str
    expires_in: int = Field(description="Seconds.")
    refresh_token: str | None = Field(None, description="Good for one use. Absent where it is in the cookie.")
    refresh_expires_at: str = Field(description="When the password is needed again.")
    person: Person


PERSON_EXAMPLE = {
    "account_id": "0d9b6c0e-6c1f-4f2a-9d77-3a1b5c7e9f10",
    "organisation_id": "5f0c6d7e-1f2a-5b3c-8d4e-9f0a1b2c3d4e",
    "email": "ada@example.org",
    "role": "owner",
    "workspace_id": None,
    "must_change_password": False,
}
_TOKEN_EXAMPLE = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ3ZWZ0In0.c2lnbmF0dXJl",
    "token_type": "bearer",
    "expires_in": 900,
    "refresh_token": "wfr_Hb0kq3m1v9x7",
    "refresh_expires_at": "2026-04-19T09:00:00.000000Z",
    "person": PERSON_EXAMPLE,
}
_OPEN: dict[str, Any] = {"security": []}


@router.post(
    "/login",
    summary="Log in",
    responses={200: answer(TokenAnswer, "Logged in.", _TOKEN_EXAMPLE), **manages(with_body=True)},
    openapi_extra=_OPEN | takes(Credentials, {"email": "ada@example.org", "password": "correct horse battery"}),
)
async def log_in(request: Request) -> Response:
    """The access token goes into `Authorization: Bearer` on management paths, for 15 minutes. After too many wrong
    passwords for an account or from an address, 429 says when to come again; whether there is such an account is not
    told, neither by the answer nor by its time."""
    given = fit(Credentials, await read_object(request))
    question = LogIn(email=given.email, password=given.password, address=address_of(request))
    gate = _gate(request)
    told = body_of(await gate.bus.ask(subjects.account(question), question, REPLY_TIMEOUT_S))
    refuse_hasty(told)
    return _tokens(request, LoggedIn.model_validate(told), in_cookie=given.cookie)


@router.post(
    "/refresh",
    summary="Get a new access token",
    responses={200: answer(TokenAnswer, "Still logged in.", _TOKEN_EXAMPLE), **manages(with_body=True)},
    openapi_extra=_OPEN | takes(RefreshToken, {"refresh_token": "wfr_Hb0kq3m1v9x7"}, required=False),
)
async def refresh(request: Request) -> Response:
    """Takes the refresh token from the body, or else from the cookie, and gives the next one in the same way. Each is
    good for one use: used again it ends the login, for one of the two who used it has stolen it."""
    token, in_cookie = await _refresh_token(request)
    if token is None:
        raise Problem(401, "There is no refresh token.", headers={"WWW-Authenticate": "Bearer"})
    told = await ask(_gate(request), Refresh(refresh_token=token))
    return _tokens(request, LoggedIn.model_validate(told), in_cookie=in_cookie)


@router.post(
    "/logout",
    summary="Log out",
    status_code=204,
    responses={204: {"description": "Logged out."}, **manages(with_body=True)},
    openapi_extra=_OPEN | takes(RefreshToken, {"refresh_token": "wfr_Hb0kq3m1v9x7"}, required=False),
)
async def log_out(request: Request) -> Response:
    """Ends the login of the refresh token in the body, or else in the cookie; its access tokens end with it. Also 204
    where there was none."""
    token, _ = await _refresh_token(request)
    if token is not None:
        await ask(_gate(request), LogOut(refresh_token=token))
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, COOKIE_PATH, httponly=True, samesite="strict", secure=_is_secure(request))
    return response


@router.get(
    "/me",
    summary="Who am I?",
    responses={200: answer(Person, "Whoever has logged in.", PERSON_EXAMPLE), **manages()},
    openapi_extra=SECURITY,
)
async def me(visit: Newcomer) -> Response:
    """The account, its role, and the organisation it belongs to."""
    return json_response(visit.person)


def _gate(request: Request) -> Gate:
    return cast(Gate, request.app.state.gate)


async def _refresh_token(request: Request) -> tuple[Any, bool]:
    """The token, and whether it came in the cookie."""
    given = fit(RefreshToken, await read_object(request, optional=True))
    if given.refresh_token is not None:
        return given.refresh_token, False
    in_cookie = request.cookies.get(COOKIE)
    return (fit(RefreshToken, {"refresh_token": in_cookie}).refresh_token if in_cookie else None), True


def _tokens(request: Request, login: LoggedIn, *, in_cookie: bool) -> Response:
    access = Access(login.person.account_id, login.login_id)
    content = {
        "access_token": tokens.sign(_gate(request).portal_key, access, now()),
        "token_type": "bearer",
        "expires_in": int(tokens.LASTS.total_seconds()),
        "refresh_expires_at": login.expires_at,
        "person": login.person,
    }
    if not in_cookie:
        content["refresh_token"] = login.refresh_token
    response = json_response(content, headers={"Cache-Control": "no-store"})
    if in_cookie:
        response.set_cookie(
            COOKIE,
            login.refresh_token,
            expires=login.expires_at,
            path=COOKIE_PATH,
            httponly=True,
            samesite="strict",
            secure=_is_secure(request),
        )
    return response


def _is_secure(request: Request) -> bool:
    """Whether the cookie may travel over HTTPS alone: always, save on this machine itself."""
    host, _, port = request.headers.get("host", "").rpartition(":")
    return (host if port.isdecimal() else request.headers.get("host", "")).lower() not in _LOCAL
