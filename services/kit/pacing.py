"""Stepping back: what can wait leaves the machine to what can't, while much is going on."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from services.kit.bus import NatsMessage

BUSY_PER_S = 30.0
"""From so many messages a second on, the stream's writers are at work in earnest."""
SHARE_WHEN_BUSY = 0.2
"""Of its time that work may then take."""
LATE = timedelta(minutes=5)
"""Who is so far behind steps back no more: a load that does not end must not keep it behind for good."""
WINDOW_S = 2.0


def rest_s(worked_s: float, arrivals_per_s: float, behind: timedelta) -> float:
    """How long to do nothing after `worked_s` seconds of work that can wait."""
    if arrivals_per_s < BUSY_PER_S or behind > LATE:
        return 0.0
    return worked_s * (1 / SHARE_WHEN_BUSY - 1)


class Pace:
    """How much goes on is seen by a stream's own numbers: they count what its reader has not heard yet, too.

    Where services have machines of their own this costs them some seconds after a burst, and gains nothing.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        self._now = now
        self._seen: deque[tuple[float, int]] = deque()
        self._behind = timedelta()

    def saw(self, message: NatsMessage) -> None:
        """A message of the stream whose writers go first."""
        metadata = message.raw_message.metadata
        self.note(metadata.sequence.stream + metadata.num_pending, datetime.now(UTC) - metadata.timestamp)

    def note(self, last: int, behind: timedelta) -> None:
        """`last` is the stream's newest number, `behind` the age of what is being read."""
        self._behind = behind
        self._seen.append((self._now(), last))
        while len(self._seen) > 2 and self._seen[-1][0] - self._seen[1][0] > WINDOW_S:
            self._seen.popleft()

    def arrivals_per_s(self) -> float:
        """In the last seconds; 0 where nothing was seen."""
        if not self._seen:
            return 0.0
        (since, first), (_, last) = self._seen[0], self._seen[-1]
        return (last - first) / max(self._now() - since, WINDOW_S)

    async def rest(self, worked_s: float) -> None:
        """To be awaited after work that took so long."""
        await asyncio.sleep(rest_s(worked_s, self.arrivals_per_s(), self._behind))
