"""What has been handed over of each workspace, hence what comes twice and what is missing. No I/O."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from weft.events.event import Event
from weft.events.kinds import EventErased

REMEMBERED_MAX = 20_000
"""Ids of events that may come again. The bus has at most some thousand under way at once."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Of a workspace's events from `first` to `last` (their `seq`) `missing` did not come.

    They have left the stream, by their age, or another process that reads the same subscription has them; or they have
    been erased: then each comes later as `weft.event.erased.v1`. The log has them, or what stands in their place; where
    it was asked, the key may not read them.
    """

    workspace: str
    first: int
    last: int
    missing: int


@dataclass(slots=True)
class _Handed:
    """All events after `low` up to `high`."""

    low: int
    high: int


class Order:
    """`after`: the `seq` of the last event that was handled before, in all or in each workspace; 0 for those that are
    not named; None where that is not known. `filters`: the subjects that are delivered."""

    def __init__(self, after: int | Mapping[str, int] | None, filters: Sequence[str]) -> None:
        self._after = after
        self._filters = [each.split(".") for each in filters]
        self._is_filtered = not any({"events", "*", ">"}.issuperset([*it[:1], *it[2:]]) for it in self._filters)
        self._handed: dict[str, _Handed] = {}
        self._missing: defaultdict[str, set[int]] = defaultdict(set)
        self._recent: dict[UUID, None] = {}
        self._delivery = 0

    def position(self, workspace: str) -> int | None:
        """The `seq` up to which its events came; None where nothing came and nothing was said."""
        handed = self._of(workspace)
        return None if handed is None else handed.high

    def is_double(self, event: Event) -> bool:
        """Whether it was handed over before. That an event was erased is news also where the event itself was."""
        if event.id in self._recent:
            return True
        handed, before = self._of(event.workspace), self._before(event.workspace)
        if handed is None or event.is_erased:
            return False
        if event.seq in self._missing[event.workspace]:
            return False
        return event.seq <= (before or 0) or (not self._is_filtered and handed.low < event.seq <= handed.high)

    def skipped(self, delivery: int) -> int:
        """How many deliveries, by the consumer's own count, there were between the last one and this."""
        last, self._delivery = self._delivery, max(delivery, self._delivery)
        return max(delivery - last - 1, 0) if last else 0

    def gap(self, event: Event, skipped: int) -> Gap | None:
        """What is missing before `event`, before which so many deliveries were `skipped`.

        Where the consumer delivers only some events, `seq` says nothing: then its count does, and a Gap with none
        `missing` says that nobody knows what was before the first one.
        """
        position = self.position(event.workspace)
        if position is None or event.seq <= position + 1:
            return None
        first, last = position + 1, event.seq - 1
        if not self._is_filtered:
            return Gap(event.workspace, first, last, last - first + 1)
        if skipped or event.workspace not in self._handed:
            return Gap(event.workspace, first, last, skipped)
        return None

    def took(self, event: Event) -> None:
        """It is handed over now."""
        self._remember(event)
        self._missing[event.workspace].discard(event.seq)
        handed = self._of(event.workspace)
        if handed is None or event.seq > handed.high + 1:
            self._handed[event.workspace] = _Handed(event.seq - 1, event.seq)
        else:
            self._handed[event.workspace] = _Handed(handed.low, max(handed.high, event.seq))

    def covered(self, workspace: str, upto: int, events: Sequence[Event]) -> Gap | None:
        """The log gave these `events` from where `position` was up to `upto`. What of them it did not give."""
        for event in events:
            self._remember(event)
        handed = self._of(workspace) or _Handed(0, 0)
        self._handed[workspace] = _Handed(handed.low, max(handed.high, upto))
        missing = set(range(handed.high + 1, upto + 1)).difference(event.seq for event in events)
        if self._is_filtered or not missing:
            return None
        self._missing[workspace] |= missing
        return Gap(workspace, min(missing), max(missing), len(missing))

    def is_wanted(self, event: Event) -> bool:
        """Whether the consumer would deliver it."""
        about = event.data.erased_type if isinstance(event.data, EventErased) else event.type
        verb = "erased" if event.is_erased else about.split(".")[2]
        subject = ["events", event.workspace, about.split(".")[1], None, verb]
        return any(_fits(each, subject) for each in self._filters)

    def _remember(self, event: Event) -> None:
        self._recent[event.id] = None
        if len(self._recent) > REMEMBERED_MAX:
            del self._recent[next(iter(self._recent))]

    def _of(self, workspace: str) -> _Handed | None:
        before = self._before(workspace)
        return self._handed.get(workspace) or (None if before is None else _Handed(0, before))

    def _before(self, workspace: str) -> int | None:
        return self._after.get(workspace, 0) if isinstance(self._after, Mapping) else self._after


def _fits(wanted: Sequence[str], subject: Sequence[str | None]) -> bool:
    """As NATS does it; what is not known of the subject (None) fits."""
    for place, word in enumerate(wanted):
        if word == ">":
            return True
        if word != "*" and subject[place] not in (word, None):
            return False
    return len(wanted) == len(subject)
