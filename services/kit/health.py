"""Whether a service has what it needs: looked for again and again while it runs, and told at its own port."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from services.kit import telemetry
from services.kit.errors import Transient

log = structlog.get_logger()

LOOK_EVERY_S = 5.0
STALE_S = 60.0
"""Who has not looked for so long is stuck."""

READY = telemetry.Gauge("weft.ready", "1 while the service has all that it needs", known=[{}])

Probe = Callable[[], Awaitable[Sequence[str]]]
"""Says what is missing, in words that may be shown to anybody. May raise a Transient fault."""


class Health:
    """What the last look found. `missing` may be called from other threads."""

    def __init__(self, *probes: Probe):
        self._probes = probes
        self._found = ["all of it: the service is starting"]
        self._looked_at = math.inf  # to start may take as long as it takes

    def missing(self) -> Sequence[str]:
        """Nothing where the service is ready."""
        silent_s = time.monotonic() - self._looked_at
        return self._found if silent_s < STALE_S else [f"a look at itself for {silent_s:.0f} s"]

    async def run(self) -> None:
        """A loop of the service: it looks from when the service has started until it stops."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            self._found = ["all of it: the service is stopping"]
            READY.set(0)

    async def look(self) -> None:
        found = list(dict.fromkeys([each for probe in self._probes for each in await _found_by(probe)]))
        if found != self._found:
            log.info("not ready" if found else "ready", missing=found)
        self._found, self._looked_at = found, time.monotonic()
        READY.set(0 if found else 1)


async def _found_by(probe: Probe) -> Sequence[str]:
    try:
        return await probe()
    except Transient as fault:
        return (f"{type(fault).__name__} ({fault})",)
