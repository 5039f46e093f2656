"""The gateway as a client meets it: what is busy, slow or away for a moment is asked again."""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx2

from deploy.local.endpoints import Endpoints
from deploy.local.home import Home, read_credentials

REQUESTS_AT_ONCE = 16
REQUEST_TIMEOUT_S = 30.0
TRIES_MAX = 8
PAUSE_MAX_S = 30.0
FOLLOW_FOR_S = 60.0
FOLLOW_EVERY_S = 0.5
REFUSED = 400
"""The status of an `Answer` to a command that was taken first and refused later."""

_LATER = {408, 429, 500, 502, 503, 504}


class ImportFailed(Exception):
    """Nothing more can be stored; the message is one line for people."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the gateway is, and a key to a workspace."""

    url: str
    token: str

    @classmethod
    def find(cls) -> "Account":
        """From MEMORIES_API_URL and MEMORIES_API_TOKEN, or the stack in WEFT_HOME. Raises ImportFailed."""
        home = Home.from_environment()
        written = read_credentials(home.credentials)
        runs_here = (home.run / "ports.json").exists()
        url = os.environ.get("MEMORIES_API_URL") or (Endpoints.of(home).url if runs_here else None)
        token = os.environ.get("MEMORIES_API_TOKEN") or written.get("MEMORIES_API_TOKEN")
        if not url or not token:
            raise ImportFailed("no key found: `make up` makes one, or set MEMORIES_API_URL and MEMORIES_API_TOKEN")
        if not url.startswith(("http://", "https://")):
            raise ImportFailed("MEMORIES_API_URL must be http://host:port or https://host:port")
        return cls(url.rstrip("/"), token)

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
            limits=httpx2.Limits(max_connections=REQUESTS_AT_ONCE),
            timeout=REQUEST_TIMEOUT_S,
            trust_env=not self.url.startswith("http://127.0.0.1"),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered in the end. `is_undecided`: it is on disk, and was not decided within FOLLOW_FOR_S."""

    status: int
    said: dict[str, Any]
    is_undecided: bool = False

    @property
    def codes(self) -> set[str]:
        """The refusal's code, or the types of its validation errors."""
        detail = self.said.get("detail")
        parts = [part.get("type") for part in detail if isinstance(part, dict)] if isinstance(detail, list) else []
        return {str(code) for code in (self.said.get("code"), *parts) if code}

    @property
    def reason(self) -> str:
        detail = self.said.get("detail")
        if isinstance(detail, list):
            return "; ".join(f"{'.'.join(map(str, part.get('loc', ())))}: {part.get('msg')}" for part in detail)
        return str(detail) if detail else "no reason given"


class Gateway:
    """Each call is made as often as it takes. All raise ImportFailed where asking again is of no use."""

    def __init__(self, client: httpx2.AsyncClient):
        self._client = client

    async def get(self, path: str, **parameters: str | int) -> Answer:
        return await self._ask("GET", path, params=parameters)

    async def post(self, path: str, content: bytes, key: str) -> Answer:
        """`key` is the request's Idempotency-Key: 255 visible characters at most."""
        return await self._ask("POST", path, content=content, headers={"Idempotency-Key": key})

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        reason = ""
        for attempt in range(TRIES_MAX):
            try:
                response = await self._client.request(method, path, **request)
            except httpx2.TransportError as why:
                reason = str(why) or type(why).__name__
                await asyncio.sleep(_pause_s(None, attempt))
                continue
            answer = answer_in(response)
            if answer.status in (401, 403):
                raise ImportFailed(answer.reason)
            if answer.status == 202 and "location" in response.headers:
                return await self._follow(response.headers["location"], answer)
            if not _is_for_later(answer):
                return answer
            reason = f"{answer.status} {answer.reason}"
            await asyncio.sleep(_pause_s(response.headers.get("retry-after"), attempt))
        raise ImportFailed(f"gave up after {TRIES_MAX} tries: {reason}")

    async def _follow(self, location: str, accepted: Answer) -> Answer:
        """Waits for the decision about what is on disk already."""
        deadline = time.monotonic() + FOLLOW_FOR_S
        while time.monotonic() < deadline:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                state = answer_in(await self._client.get(location)).said
            except httpx2.TransportError:
                continue
            if state.get("status") == "committed":
                return Answer(200, state.get("result") or accepted.said)
            if state.get("status") in ("rejected", "parked"):
                return Answer(REFUSED, state.get("refusal") or {"detail": f"the command is {state['status']}"})
        return Answer(accepted.status, accepted.said, is_undecided=True)


def answer_in(response: httpx2.Response) -> Answer:
    """A body that is no JSON object counts as an empty one; a list is under `items`."""
    try:
        said = response.json()
    except ValueError:
        said = {}
    if isinstance(said, list):
        said = {"items": said}
    return Answer(response.status_code, said if isinstance(said, dict) else {})


def _is_for_later(answer: Answer) -> bool:
    """A 409 without a code says that the same request is still running."""
    return answer.status in _LATER or (answer.status == 409 and answer.codes <= {"contended"})


def _pause_s(retry_after: str | None, attempt: int) -> float:
    """As long as the server asks for, else 0.5 s, 1 s, 2 s, ..."""
    wanted = float(retry_after) if retry_after and retry_after.isdecimal() else 0.5 * 2**attempt
    return min(wanted, PAUSE_MAX_S)
