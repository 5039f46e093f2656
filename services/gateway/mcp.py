"""`/mcp`: the tools of weft.mcp over streamable HTTP, each of them carried out by this gateway's own routes.

A tool call goes through REST within this process, with the key of whoever called: what holds for REST (grants,
namespaces, limits, redaction) holds here because there is no other way. Stateless: each request stands for itself, and
any replica may answer it.
"""

from collections.abc import Sequence

import httpx2
from fastapi import FastAPI
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import Message, Receive, Scope, Send
from weft import AsyncWeft, Settings
from weft.mcp.server import make_server

from services.gateway.api.calls import reader
from services.gateway.api.wire.bodies import read_bytes
from services.gateway.api.wire.errors import Problem
from services.gateway.auth import NotAuthenticated
from services.kit import telemetry

PATH = "/mcp"
ANY_HOST = "*"

RETRIES_MAX = 2
DECIDE_S_MAX = 20.0
"""Most MCP clients wait a minute for a tool."""

_CHALLENGE = {"WWW-Authenticate": "Bearer, Token"}
_OURSELVES = "http://gateway"


def mount(app: FastAPI, hosts: Sequence[str]) -> StreamableHTTPSessionManager:
    """Puts `/mcp` into `app`, for requests whose Host is one of `hosts` (`name`, `name:port`, `name:*`; `*` for any).

    What comes back has to be run for as long as the application is.
    """
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    hooks = {"request": [_name_the_trace]}
    http = httpx2.AsyncClient(transport=transport, base_url=_OURSELVES, event_hooks=hooks)
    nobody = AsyncWeft(settings=Settings(_OURSELVES, retries_max=RETRIES_MAX, decide_s_max=DECIDE_S_MAX), http=http)
    server = make_server(lambda request: nobody.with_options(token=_key_of(request)))
    server.streamable_http_app(stateless_http=True, transport_security=_security(hosts))
    manager = server.session_manager
    app.router.routes.append(_Named(PATH, _Endpoint(manager), methods=["POST"]))
    return manager


class _Named(Route):
    """A route that can be told by whoever counts requests, as FastAPI's own can."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, known = super().matches(scope)
        return match, {**known, "route": self}


class _Endpoint:
    """Lets in who has a key; the protocol itself is the library's."""

    def __init__(self, manager: StreamableHTTPSessionManager):
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Problem (401, 408, 413, 429), Unavailable."""
        scope["headers"] = [
            (name, _as_token(value) if name == b"authorization" else value) for name, value in scope["headers"]
        ]
        request = Request(scope, receive)
        try:
            await reader(request)
        except NotAuthenticated as fault:
            raise Problem(401, str(fault), headers=_CHALLENGE) from None
        body: list[Message] = [{"type": "http.request", "body": await read_bytes(request), "more_body": False}]

        async def again() -> Message:
            return body.pop() if body else await receive()

        await self._manager.handle_request(scope, again, send)


async def _name_the_trace(request: httpx2.Request) -> None:
    """What a tool does by REST is part of the request for the tool."""
    request.headers.update(telemetry.carried() or {})


def _as_token(authorization: bytes) -> bytes:
    """`Bearer <key>`, which is what MCP clients say, as `Token <key>`, which is what REST takes."""
    scheme, _, key = authorization.partition(b" ")
    return b"Token " + key if scheme.lower() == b"bearer" else authorization


def _key_of(request: Request | None) -> str:
    assert request is not None
    return request.headers["authorization"].partition(" ")[2]


def _security(hosts: Sequence[str]) -> TransportSecuritySettings:
    """Refuses a web page that has its own name point here; a page of one of `hosts` may call."""
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=ANY_HOST not in hosts,
        allowed_hosts=list(hosts),
        allowed_origins=[f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts],
    )
