"""Days of a workspace as its events: sessions and what was learnt from them, memories by hand and from elsewhere, what
was found, opened, rated, changed and deleted. The same seed tells the same days."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.base import derived_id, short_id
from tests.happened import ERASED, an_event

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TYPES = ("decision", "pattern", "convention", "architecture", "discovery", "incident", "general")
WEIGHTS = (18, 14, 12, 9, 25, 8, 14)
TAGS = ("database", "api", "retry", "money", "auth", "cache", "deploy", "tests", "search", "queue", "logging", "ui")
TITLES = (
    "The {tag} layer keeps one connection per worker",
    "Why {tag} failures are retried with jitter",
    "{tag}: what broke on Friday, and the fix",
    "Name {tag} settings by their unit",
    "How {tag} and its callers agree on errors",
)
NARRATIVE = "It was decided after the second outage, and holds for every service that has to do with it. " * 4


class Days:
    """`events` are JSON, in the order of their `seq`; what was erased of them stands in its place, as in the log."""

    def __init__(self, workspace_id: str, seed: int = 7, hours_between: float = 0.5) -> None:
        self.workspace_id = workspace_id
        self._random = random.Random(seed)
        self._between = timedelta(hours=hours_between)
        self._now = BEGIN
        self._seq = 0
        self._alive: list[tuple[str, float]] = []

    def events(self) -> Iterator[dict[str, Any]]:
        """Without an end."""
        yield self._event("workspace.opened", self.workspace_id)
        yield from self._imported(25)
        while True:
            self._now += self._between * self._random.uniform(0.2, 1.8)
            if self._now.weekday() > 4:
                self._now += timedelta(days=7 - self._now.weekday())
            yield from self._session()
            yield from self._by_hand()
            yield from self._used()

    def _session(self) -> Iterator[dict[str, Any]]:
        session, job = f"ses-{self._id()}", f"job-{self._id()}"
        project = self._random.choice(("/home/ada/shop", "/home/ada/payments", "/srv/search"))
        given = [
            {"memory_id": memory, "score": round(self._random.betavariate(5, 2), 3)}
            for memory, _ in self._some(self._random.randint(0, 6))
        ]
        yield self._event("session.started", session, session_id=session, project_path=project, injected=given)
        for number in range(self._random.randint(1, 4)):
            seen = {"observation_id": f"obs-{self._id()}", "kind": "note", "content": "x" * 200, "at": self._time()}
            yield self._event("session.observed", session, session_id=session, first=number, observations=[seen])
        ended = {"reason": self._random.choices(("client", "sweeper"), (9, 1))[0], "job_id": job}
        yield self._event("session.ended", session, session_id=session, estimated_memories=2, **ended)
        outcome = self._random.choices(("completed", "empty", "failed"), (80, 16, 4))[0]
        of_job = {"job_id": job, "session_id": session, "memory_ids": []}
        yield self._event("job.changed", job, "extraction", **of_job, status="running", counts={})
        learnt = [f"mem-{self._id()}" for _ in range(self._random.randint(1, 4))] if outcome == "completed" else []
        for memory in learnt:
            evidence = {"session_id": session, "extractor": "built-in/1", "quotes": []}
            yield self._stored(memory, "extraction", source_session_id=session, evidence=evidence)
        yield self._event("job.changed", job, "extraction", **of_job | {"memory_ids": learnt}, status=outcome)

    def _by_hand(self) -> Iterator[dict[str, Any]]:
        if self._random.random() < 0.3:
            yield self._stored(f"mem-{self._id()}", "key:test0001")
        for memory, _ in self._some(self._random.choice((0, 0, 1))):
            yield self._event("memory.revised", memory, memory_id=memory, tags=self._tags(), importance_score=0.8)
        if self._random.random() < 0.04 and self._alive:
            memory, _ = self._alive.pop(self._random.randrange(len(self._alive)))
            yield self._event("memory.deleted", memory, memory_id=memory)

    def _used(self) -> Iterator[dict[str, Any]]:
        for memory, quality in self._some(self._random.randint(0, 8)):
            found = self._random.randint(1, 9)
            opened = sum(self._random.random() < quality * 0.4 for _ in range(found))
            yield self._event("memory.used", memory, "memory", memory_id=memory, accesses=opened, retrievals=found)
            if self._random.random() < 0.12:
                useful = self._random.random() < quality
                scores: dict[str, Any] = {"previous_importance": quality, "importance_score": quality}
                yield self._event("memory.rated", memory, memory_id=memory, useful=useful, **scores)

    def _imported(self, count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            memory = f"mem-{self._id()}"
            self._alive.append((memory, 0.5))
            told: dict[str, Any] = {"memory_type": self._type(), "tags": self._tags(), "title": self._title()}
            born = (BEGIN - timedelta(days=count - number)).isoformat()
            yield self._event("memory.imported", memory, memory_id=memory, created_at=born, **told)

    def _stored(self, memory: str, actor: str, **data: Any) -> dict[str, Any]:
        quality = round(self._random.betavariate(4, 2), 3)
        self._alive.append((memory, quality))
        told = {"memory_type": self._type(), "tags": self._tags(), "title": self._title(), "narrative": NARRATIVE}
        score = {"importance_score": quality, "confidence_score": quality}
        return self._event("memory.stored", memory, actor, memory_id=memory, **told, **score, **data)

    def _event(self, kind: str, subject: str, actor: str = "key:test0001", **data: Any) -> dict[str, Any]:
        self._seq += 1
        self._now += timedelta(seconds=self._random.randint(1, 90))
        event = an_event(self.workspace_id, self._seq, f"weft.{kind}.v1", **data)
        return event | {"subject": subject, "time": self._time(), "actor": actor}

    def _some(self, count: int) -> list[tuple[str, float]]:
        """Of the memories that are there, the later ones more often."""
        size = len(self._alive)
        return [self._alive[int(size * self._random.random() ** 0.5)] for _ in range(min(count, size))]

    def _type(self) -> str:
        return self._random.choices(TYPES, WEIGHTS)[0]

    def _tags(self) -> list[str]:
        return self._random.sample(TAGS, 2)

    def _title(self) -> str:
        return self._random.choice(TITLES).format(tag=self._random.choice(TAGS)).capitalize()

    def _time(self) -> str:
        return self._now.isoformat().replace("+00:00", "Z")

    def _id(self) -> str:
        return short_id(UUID(int=self._random.getrandbits(128)), 16)


def erasures(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What follows the deletions among `events` on the stream: each earlier event of what was deleted is erased."""
    deleted = {it["subject"]: it["seq"] for it in events if it["type"] == "weft.memory.deleted.v1"}
    return [erased(it) for it in events if it["seq"] < deleted.get(it["subject"], 0)]


def erased(event: dict[str, Any]) -> dict[str, Any]:
    """What stands in the place of an event whose content is gone."""
    return event | {
        "id": str(derived_id("erased", event["id"])),
        "type": ERASED,
        "data": {"erased_type": event["type"]},
    }


def as_json(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"))
