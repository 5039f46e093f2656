"""Reading server-sent events: one at a time, from an answer that does not end."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import httpx2

STREAM = "/api/v1/events/stream"


@dataclass(frozen=True)
class Sent:
    """One event as it came."""

    id: int
    type: str
    event: dict[str, Any]


class Followed:
    """A stream that is open. `begun` is the comment with which it begins."""

    def __init__(self, answer: httpx2.Response):
        self._lines = answer.iter_lines()
        self.begun = next(self._lines)

    def __iter__(self) -> Iterator[Sent]:
        """Until the stream ends; comments are passed over."""
        said: dict[str, str] = {}
        for line in self._lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                said[name] = value
            elif said and not line:
                yield Sent(int(said["id"]), said["event"], json.loads(said["data"]))
                said = {}

    def take(self, count: int) -> list[Sent]:
        """The next so many."""
        return list(islice(self, count))


@contextmanager
def following(client: httpx2.Client, last_seen: int | None = None, **params: Any) -> Iterator[Followed]:
    """`last_seen` is sent as Last-Event-ID."""
    headers = {} if last_seen is None else {"Last-Event-ID": str(last_seen)}
    with client.stream("GET", STREAM, params=params, headers=headers, timeout=120) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Followed(answer)
