"""The gateway's application in this process, with its settings spelled out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import httpx2
from fastapi import FastAPI

from services.gateway.app import build
from services.gateway.settings import GatewaySettings

PORTAL_KEY = "a key for tests that is long enough"


def application(nats_url: str = "nats://nobody:nothing@127.0.0.1:1", **settings: object) -> FastAPI:
    """Not connected to anything until its lifespan is entered."""
    known: dict[str, object] = {"nats_url": nats_url, "key_pepper": "pepper", "portal_key": PORTAL_KEY}
    known["webhooks_allow_private"] = False  # as it is by itself; the tests' environment says otherwise
    return build(GatewaySettings.model_validate(known | settings))


@cache
def idle() -> FastAPI:
    """The same one for all tests that change nothing in it and need no servers: it takes a while to make."""
    return application()


def client_of(app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://weft")


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[None]:
    """Runs `app` in a task of its own, as a server does; a fixture's two halves are two tasks."""
    ready, end = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            ready.set()
            await end.wait()

    living, is_ready = asyncio.create_task(live()), asyncio.create_task(ready.wait())
    await asyncio.wait({living, is_ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if is_ready.done():
            yield
    finally:
        end.set()
        is_ready.cancel()
        await living
