"""Rotations of one key while others use it: nobody may be let in by a secret that a rotation has taken away.

A secret is dead from the moment when its rotation was answered: each request that begins after that is a late 200, or a
401 as it must be.
"""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import httpx2

from tests.flows.managing import log_in
from tests.stack import Stack, wait_until

TIMEOUT_S = 15.0
RETRY_PAUSE_S = 0.05
ASKED = "/api/v1/workspace"
REMEMBERED = 20
"""Dead secrets that are still tried, the newest."""


@contextmanager
def gateways(stack: Stack, count: int) -> Iterator[list[str]]:
    """The URLs of so many gateway processes of one stack; its own is the first."""
    others = [f"http://127.0.0.1:{_free()}" for _ in range(count - 1)]
    with ExitStack() as ending:
        for url in others:
            ending.enter_context(_gateway(stack, url.rpartition(":")[2]))
        for url in others:
            wait_until(partial(_is_ready, url), f"the gateway at {url}")
        yield [stack.url, *others]


@contextmanager
def _gateway(stack: Stack, port: str) -> Iterator[None]:
    environment = {**os.environ, **stack.environment("gateway"), "WEFT_HTTP_PORT": port, "WEFT_METRICS_PORT": "0"}
    with subprocess.Popen([sys.executable, "-m", "services.gateway.app"], env=environment) as process:
        yield
        process.terminate()  # and it ends by that signal, once it has answered what it had begun


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", timeout=2).status_code == 200
    except httpx2.TransportError:
        return False


@dataclass
class Rotating:
    """`late` counts requests that were let in with a dead secret, `refused` those that were not; `served` those with
    the living one, `missed` those that it did not open right after the rotation that gave it; `took_s` has how long
    each rotation took."""

    stack: Stack
    urls: Sequence[str]
    clients: int = 4
    late: int = 0
    refused: int = 0
    served: int = 0
    missed: int = 0
    took_s: list[float] = field(default_factory=list)
    _dead: list[str] = field(default_factory=list)
    _stopping: bool = False
    _secret: str = ""
    _key_id: str = ""

    async def run(self, rotations: int) -> None:
        async with httpx2.AsyncClient(headers=log_in(self.stack), timeout=TIMEOUT_S) as portal:
            made = (await portal.post(f"{self.urls[0]}/v1/auth/api-keys", json={"name": "rotated"})).json()
            self._secret, self._key_id = made["api_key"], made["key_id"]
            asking = [asyncio.create_task(self._ask(number)) for number in range(self.clients)]
            for number in range(rotations):
                await self._rotate(portal, self.urls[number % len(self.urls)])
            self._stopping = True
            await asyncio.gather(*asking)

    async def _rotate(self, portal: httpx2.AsyncClient, url: str) -> None:
        """Once, however often it has to be asked for; then every gateway is asked at once."""
        headers, began = {"Idempotency-Key": uuid4().hex}, time.perf_counter()
        answer: str | None = None
        while answer is None:
            answer = await self._asked_for(portal, url, headers)
        before, self._secret = self._secret, answer
        self._dead = [*self._dead[-REMEMBERED:], before]
        self.took_s.append(time.perf_counter() - began)
        told = await asyncio.gather(*(self._with(portal, each, before) for each in self.urls))
        self._count_dead(told)
        told = await asyncio.gather(*(self._with(portal, each, self._secret) for each in self.urls))
        self.served += told.count(200)
        self.missed += told.count(401)

    async def _asked_for(self, portal: httpx2.AsyncClient, url: str, headers: dict[str, str]) -> str | None:
        """The new secret once the rotation is done; None, after a while, where that is not known yet."""
        answer = await portal.post(f"{url}/v1/auth/api-keys/{self._key_id}/rotate", headers=headers)
        if answer.status_code == 200:
            return str(answer.json()["api_key"])
        assert answer.status_code in (202, 409, 503), answer.text
        await asyncio.sleep(RETRY_PAUSE_S)
        return None

    async def _ask(self, number: int) -> None:
        """Now with the living secret, now with a dead one, until it is stopped."""
        async with httpx2.AsyncClient(timeout=TIMEOUT_S) as http:
            while not self._stopping:
                url = self.urls[random.randrange(len(self.urls))]
                if self._dead and random.random() < 0.7:
                    self._count_dead([await self._with(http, url, random.choice(self._dead[-3:]))])
                    continue
                self.served += await self._with(http, url, self._secret) == 200

    async def _with(self, http: httpx2.AsyncClient, url: str, secret: str) -> int:
        answer = await http.get(url + ASKED, headers={"Authorization": f"Token {secret}"})
        return answer.status_code

    def _count_dead(self, told: Sequence[int]) -> None:
        self.late += sum(each == 200 for each in told)
        self.refused += sum(each == 401 for each in told)
