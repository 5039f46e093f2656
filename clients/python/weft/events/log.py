"""The key's events over HTTP: from the log, and as they happen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from weft.calls import Call, E, Group, Stream, listing, operation, said, stream
from weft.events.event import Event, read

ROOT = "/api/v1/events"
PAGE_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in the order of their `seq`. `after` is what to ask with next, `head` the log's last `seq`: there is no
    more where they are the same."""

    events: list[Event]
    after: int
    head: int


class Events(Group[E]):
    """`types`: full types (`weft.memory.stored.v1`), or prefixes of them (`weft.memory`). An event whose content has
    been erased comes as `weft.event.erased.v1`."""

    @operation
    def page(
        self, *, after: int = 0, types: Sequence[str] | None = None, subject: str | None = None, limit: int = PAGE_SIZE
    ) -> Call[EventPage]:
        """At most `limit` (1 to 1,000) events after the one with the `seq` `after`."""
        return Call("GET", ROOT, _page, params=said(locals()))

    @listing
    def list(
        self,
        *,
        after: int = 0,
        types: Sequence[str] | None = None,
        subject: str | None = None,
        limit: int | None = None,
    ) -> "EventPages":
        """From the log, the oldest first, up to its end as it is by then."""
        params = {"after": after, "types": types, "subject": subject}
        return EventPages(Call("GET", ROOT, _page, params=params), limit)

    @stream
    def stream(self, *, after: int | None = None, types: Sequence[str] | None = None) -> Stream[Event]:
        """As they happen, and before that those from the log after the one with the `seq` `after`, if it is given.

        It ends when you do: where the connection breaks, it goes on behind the last event as soon as it can.
        """
        return Stream(Call("GET", f"{ROOT}/stream", _page, params=said(locals())), EventLines, is_endless=True)


@dataclass(frozen=True, slots=True)
class EventPages:
    """A page says itself where the next one begins."""

    call: Call[EventPage]
    limit: int | None = None

    def first(self) -> Call[EventPage] | None:
        return self._after(self.call.params["after"], 0)

    def items(self, page: EventPage) -> Iterable[Event]:
        return page.events

    def next(self, page: EventPage, seen: int) -> Call[EventPage] | None:
        return self._after(page.after, seen) if page.after < page.head else None

    def _after(self, after: int, seen: int) -> Call[EventPage] | None:
        size = PAGE_SIZE if self.limit is None else min(PAGE_SIZE, self.limit - seen)
        return self.call.with_params(after=after, limit=size) if size > 0 else None


class EventLines:
    """Reads server-sent events. Where the stream goes on is behind the last event that came as a whole; before that,
    where a comment of the server's says that it began: `: after 42`."""

    def __init__(self) -> None:
        self._data: list[str] = []
        self._id = self._last = -1

    def feed(self, line: str) -> Iterable[Event]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and value.isdecimal():
            self._id = int(value)
        elif not name and value.startswith("after "):
            self._id = int(value.removeprefix("after "))
        elif name == "data":
            self._data.append(value)
        elif not line:
            self._last = max(self._last, self._id)
            data = "\n".join(self._data)
            self._data.clear()
            if data:
                yield read(data)

    def is_complete(self) -> bool:
        self._data.clear()
        self._id = self._last
        return False

    def resumed(self, call: Call[Any]) -> Call[Any]:
        return call if self._last < 0 else call.with_params(after=self._last)


def _page(told: Any) -> EventPage:
    return EventPage([read(each) for each in told["events"]], told["after"], told["head"])
