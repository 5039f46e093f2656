"""`weft-admin import-git`: a repository's history becomes memories, over the REST API as any client would do it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import httpx2

from deploy.admin.gateway import REQUESTS_AT_ONCE, Account, Answer, Gateway, ImportFailed, answer_in
from deploy.admin.git_history import Commit, Repository, draft

REFUSALS_SHOWN_MAX = 5
CLOCKS_DIFFER_S = 2.0

_THERE_ALREADY = {"already_exists", "idempotency_key_expired", "idempotency_key_reused"}


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
        door = Door(Gateway(client), await _start_of(client))
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
        outcome, answer = await door.store(draft(commit, repository.name), f"git:{repository.identity}:{commit.sha}")
        report.counts[outcome] += 1
        if "memory_id" in answer.said:
            report.memory_ids.append(answer.said["memory_id"])
        if outcome is Outcome.REFUSED:
            report.refusals.append(f"{commit.sha[:12]}: {answer.reason}")
        advance()


async def _start_of(client: httpx2.AsyncClient) -> datetime:
    """The time now by the server's clock: what was created before is not of this run. Raises ImportFailed."""
    try:
        answer = await client.get("/api/v1/workspace")
    except (httpx2.TransportError, httpx2.InvalidURL) as why:
        raise ImportFailed(f"no answer from {client.base_url}: {str(why) or type(why).__name__}") from None
    if answer.status_code != 200:
        raise ImportFailed(f"{client.base_url} answered {answer.status_code}: {answer_in(answer).reason}")
    ours = datetime.now(UTC)
    try:
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return ours
    # the header has whole seconds, so our own clock is the better one where they agree
    return ours - answer.elapsed if abs((ours - theirs).total_seconds()) < CLOCKS_DIFFER_S else theirs


class Door:
    """Stores one memory at a time, and knows which were there before."""

    def __init__(self, gateway: Gateway, started: datetime):
        self._gateway = gateway
        self._started = started

    async def store(self, memory: dict[str, Any], key: str) -> tuple[Outcome, Answer]:
        """Raises ImportFailed where asking again is no use."""
        content = json.dumps(memory, ensure_ascii=False).encode()
        answer = await self._gateway.post("/api/v1/memories/store", content, key)
        return self._outcome_of(answer), answer

    def _outcome_of(self, answer: Answer) -> Outcome:
        match answer.status:
            case 200 | 201:
                created = datetime.fromisoformat(answer.said.get("created_at") or self._started.isoformat())
                return Outcome.STORED if created >= self._started - timedelta(milliseconds=1) else Outcome.KNOWN
            case 202:
                return Outcome.ACCEPTED
            case 410:
                return Outcome.DELETED
            case 409 | 422 if answer.codes & _THERE_ALREADY:
                return Outcome.KNOWN
            case _:
                return Outcome.REFUSED
