"""`weft-admin import-git`: a repository's history becomes memories, over the REST API as any client would do it."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import httpx2

from deploy.admin.git_history import Commit, Repository, draft
from deploy.local.endpoints import Endpoints
from deploy.local.home import Home, read_credentials

REQUESTS_AT_ONCE = 16
REQUEST_TIMEOUT_S = 30.0
TRIES_MAX = 8
PAUSE_MAX_S = 30.0
FOLLOW_FOR_S = 60.0
FOLLOW_EVERY_S = 0.5
REFUSALS_SHOWN_MAX = 5
CLOCKS_DIFFER_S = 2.0

_THERE_ALREADY = {"already_exists", "idempotency_key_expired", "idempotency_key_reused"}


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


class Outcome(Enum):
    STORED = "stored"
    KNOWN = "there already"
    DELETED = "deleted since"
    ACCEPTED = "accepted, not yet decided"
    REFUSED = "refused"


@dataclass(slots=True)
class Report:
    """What became of the commits. `memory_ids` of those that are there now, as far as the answers named them."""

    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    memory_ids: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def __str__(self) -> str:
        said = [f"{self.counts[Outcome.STORED]:,} stored", f"{self.counts[Outcome.KNOWN]:,} there already"]
        said += [
            f"{self.counts[outcome]:,} {outcome.value}"
            for outcome in (Outcome.DELETED, Outcome.ACCEPTED, Outcome.REFUSED)
            if self.counts[outcome]
        ]
        return f"{sum(self.counts.values()):,} commits in {self.seconds:.1f} s: {', '.join(said)}"


async def import_history(
    account: Account,
    repository: Repository,
    *,
    limit: int | None = None,
    merges: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Stores every commit that is not there yet. Raises ImportFailed and NoHistory; what was stored stays."""
    commits = repository.commits(limit=limit, merges=merges)
    report, began = Report(), time.monotonic()
    async with account.client() as client:
        door = Door(client, await _start_of(client))
        workers = [_work(door, repository, commits, report, advance) for _ in range(REQUESTS_AT_ONCE)]
        try:
            async with asyncio.TaskGroup() as group:
                for worker in workers:
                    group.create_task(worker)
        except ExceptionGroup as reasons:  # one worker's stands for all of them
            raise reasons.exceptions[0] from None
        finally:
            commits.close()
    report.seconds = time.monotonic() - began
    return report


async def _work(
    door: "Door", repository: Repository, commits: Iterator[Commit], report: Report, advance: Callable[[], None]
) -> None:
    for commit in commits:
        outcome, said = await door.store(draft(commit, repository.name), f"git:{repository.identity}:{commit.sha}")
        report.counts[outcome] += 1
        if "memory_id" in said:
            report.memory_ids.append(said["memory_id"])
        if outcome is Outcome.REFUSED:
            report.refusals.append(f"{commit.sha[:12]}: {_reason(said)}")
        advance()


async def _start_of(client: httpx2.AsyncClient) -> datetime:
    """The time now by the server's clock: what was created before is not of this run. Raises ImportFailed."""
    try:
        answer = await client.get("/api/v1/workspace")
    except (httpx2.TransportError, httpx2.InvalidURL) as why:
        raise ImportFailed(f"no answer from {client.base_url}: {str(why) or type(why).__name__}") from None
    if answer.status_code != 200:
        raise ImportFailed(f"{client.base_url} answered {answer.status_code}: {_reason(_object(answer))}")
    ours = datetime.now(UTC)
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return ours
    # the header has whole seconds, so our own clock is the better one where they agree
    return ours - answer.elapsed if abs((ours - theirs).total_seconds()) < CLOCKS_DIFFER_S else theirs


class Door:
    """Stores one memory at a time as often as it takes: what is busy, slow or away for a moment is asked again."""

    def __init__(self, client: httpx2.AsyncClient, started: datetime):
        self._client = client
        self._started = started

    async def store(self, memory: dict[str, Any], key: str) -> tuple[Outcome, dict[str, Any]]:
        """What became of it, and the answer's body. Raises ImportFailed where asking again is no use."""
        content = json.dumps(memory, ensure_ascii=False).encode()
        reason = ""
        for attempt in range(TRIES_MAX):
            try:
                answer = await self._client.post(
                    "/api/v1/memories/store", content=content, headers={"Idempotency-Key": key}
                )
            except httpx2.TransportError as why:
                reason = str(why) or type(why).__name__
                await asyncio.sleep(_pause_s(None, attempt))
                continue
            if (decided := await self._decided(answer)) is not None:
                return decided
            reason = f"{answer.status_code} {_reason(_object(answer))}"
            await asyncio.sleep(_pause_s(answer.headers.get("retry-after"), attempt))
        raise ImportFailed(f"gave up after {TRIES_MAX} tries: {reason}")

    async def _decided(self, answer: httpx2.Response) -> tuple[Outcome, dict[str, Any]] | None:
        """None where the same request is to be sent again."""
        said = _object(answer)
        match answer.status_code:
            case 201:
                return self._outcome_of(said), said
            case 202:
                return await self._follow(answer.headers.get("location", ""), said)
            case 401 | 403:
                raise ImportFailed(_reason(said))
            case 410:
                return Outcome.DELETED, said
            case 409 | 422 if _codes(said) & _THERE_ALREADY:
                return Outcome.KNOWN, said
            case 408 | 409 | 429 | 500 | 502 | 503 | 504:
                return None
            case _:
                return Outcome.REFUSED, said

    async def _follow(self, location: str, said: dict[str, Any]) -> tuple[Outcome, dict[str, Any]]:
        """Waits for the decision about what is on disk already."""
        deadline = time.monotonic() + FOLLOW_FOR_S
        while time.monotonic() < deadline:
            await asyncio.sleep(FOLLOW_EVERY_S)
            try:
                state = _object(await self._client.get(location))
            except httpx2.TransportError:
                continue
            if state.get("status") == "committed":
                memory = state.get("result") or said
                return self._outcome_of(memory), memory
            if state.get("status") in ("rejected", "parked"):
                return Outcome.REFUSED, state.get("refusal") or {"detail": f"the command is {state['status']}"}
        return Outcome.ACCEPTED, said

    def _outcome_of(self, memory: dict[str, Any]) -> Outcome:
        created = datetime.fromisoformat(memory.get("created_at") or self._started.isoformat())
        return Outcome.STORED if created >= self._started - timedelta(milliseconds=1) else Outcome.KNOWN


def _pause_s(retry_after: str | None, attempt: int) -> float:
    """As long as the server asks for, else 0.5 s, 1 s, 2 s, ..."""
    wanted = float(retry_after) if retry_after and retry_after.isdecimal() else 0.5 * 2**attempt
    return min(wanted, PAUSE_MAX_S)


def _object(answer: httpx2.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _codes(said: dict[str, Any]) -> set[str]:
    """The refusal's code, or the types of its validation errors."""
    detail = said.get("detail")
    parts = [part.get("type") for part in detail if isinstance(part, dict)] if isinstance(detail, list) else []
    return {str(code) for code in (said.get("code"), *parts) if code}


def _reason(said: dict[str, Any]) -> str:
    detail = said.get("detail")
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, part.get('loc', ())))}: {part.get('msg')}" for part in detail)
    return str(detail) if detail else "no reason given"
