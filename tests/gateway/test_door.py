"""What is refused before any route is found."""

import asyncio

import httpx2
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from services.gateway.api.application import methods_at
from services.gateway.api.wire.door import HEADER_BYTES_MAX, Door
from tests.gateway.application import application, client_of, idle


async def test_two_authorization_headers_are_400() -> None:
    async with client_of(idle()) as client:
        answer = await client.get("/healthz", headers=[("Authorization", "Token a"), ("authorization", "Token b")])
    assert answer.status_code == 400


async def test_a_long_header_is_431() -> None:
    async with client_of(idle()) as client:
        name = "X-Long"
        fits = await client.get("/healthz", headers={name: "a" * (HEADER_BYTES_MAX - len(name))})
        too_long = await client.get("/healthz", headers={name: "a" * (HEADER_BYTES_MAX - len(name) + 1)})
    assert (fits.status_code, too_long.status_code) == (200, 431)


async def test_head_is_get_without_a_body() -> None:
    async with client_of(idle()) as client:
        answer = await client.head("/healthz")
    assert (answer.status_code, answer.headers["content-length"]) == (200, "15")


async def test_what_is_beyond_the_limit_is_told_to_come_again() -> None:
    let_go = asyncio.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await let_go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    transport = httpx2.ASGITransport(app=Door(waits, requests_max=2))
    async with httpx2.AsyncClient(transport=transport, base_url="http://weft") as client:
        inside = [asyncio.create_task(client.get("/")) for _ in range(2)]
        await asyncio.sleep(0)
        beyond = await client.get("/")
        let_go.set()
        assert [(await each).status_code for each in inside] == [200, 200]
        assert (await client.get("/")).status_code == 200
    assert (beyond.status_code, beyond.headers["Retry-After"]) == (503, "1")


async def test_a_fault_of_ours_says_nothing_about_itself() -> None:
    app = application()

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret")

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://weft") as client:
        answer = await client.get("/broken")
    assert (answer.status_code, answer.text) == (500, '{"detail":"Internal error."}')


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/memories", ["GET", "HEAD", "OPTIONS"]),
        ("/api/v1/memories/mem-0000000000000000", ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"]),
        ("/healthz", ["GET", "HEAD", "OPTIONS"]),
    ],
)
async def test_options_says_which_methods_there_are(path: str, methods: list[str]) -> None:
    assert methods_at(path) == methods
    async with client_of(idle()) as client:
        answer = await client.options(path)
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (204, ", ".join(methods), b"")
