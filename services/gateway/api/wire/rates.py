"""How often each key may call. Counted in this process: two gateways allow twice as much."""

import time
from collections.abc import Sequence
from math import ceil

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from services.gateway.api.wire.errors import Problem


class Rate:
    """One kind of call. With no limits it costs nothing."""

    def __init__(self, kind: str, limits: Sequence[RateLimitItem]):
        self._kind = kind
        self._limits = limits
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def count(self, actor: str) -> None:
        """Raises Problem (429, with Retry-After) where `actor` has used up one of the limits."""
        for limit in self._limits:
            if not await self._limiter.hit(limit, self._kind, actor):
                window = await self._limiter.get_window_stats(limit, self._kind, actor)
                wait_s = max(1, ceil(window.reset_time - time.time()))
                raise Problem(
                    429, f"This key has made more than {limit} requests.", headers={"Retry-After": str(wait_s)}
                )
