"""The shards that are open: opened by the first lease, flushed now and then, closed when idle or too many."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from services.kit import telemetry
from services.search.store.edge_shard import EdgeShard
from services.search.store.shapes import Profile

OPEN = telemetry.Gauge("weft.shards.open", "Shards of the index that are open in this process", known=[{}])


class ShardPool:
    """A shard that is leased is never closed, so `open_max` may be exceeded while that many are in use at once."""

    def __init__(self, open_max: int, idle_close_s: float, flush_interval_s: float) -> None:
        self._open_max = open_max
        self._open_wanted = max(1, open_max * 3 // 4)
        self._idle_close_s = idle_close_s
        self._flush_interval_s = flush_interval_s
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="index")
        self._shards: dict[Path, EdgeShard] = {}
        self._closer: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def lease(self, path: Path, profile: Profile) -> AsyncIterator[EdgeShard]:
        """The shard at `path`, open; made if the folder is empty."""
        # Counted before the first await: from here on `retire` waits for this lease.
        shard = self._shards.get(path) or EdgeShard(path, profile, self._threads)
        self._shards[path] = shard
        shard.users += 1
        try:
            async with shard.door:
                telemetry.CACHED.add(1, {"cache": "shards", "outcome": "hit" if shard.is_open else "miss"})
                if not shard.is_open:
                    await self._make_room(self._open_max)
                    await shard.open()
                    OPEN.set(self.open_count())
            yield shard
        finally:
            shard.users -= 1
            shard.used_at = time.monotonic()
            if shard.users == 0:
                shard.left.set()

    def open_count(self) -> int:
        return sum(shard.is_open for shard in self._shards.values())

    def _weight(self) -> int:
        return sum(shard.weight for shard in self._shards.values() if shard.is_open)

    def size(self, path: Path) -> int:
        """How many points the shard had when it was last flushed; 0 if it is not open."""
        shard = self._shards.get(path)
        return shard.size if shard else 0

    async def sweep(self) -> None:
        """Flushes what was written, and closes what nobody used for a while."""
        for shard in list(self._shards.values()):
            if shard.is_open and shard.dirty and shard.flushed_at < time.monotonic() - self._flush_interval_s:
                async with self.lease(shard.path, shard.profile):
                    await shard.flush()
            elif shard.used_at < time.monotonic() - self._idle_close_s:
                await self._close(shard)
        await self._make_room(self._open_wanted)

    async def retire(self, path: Path) -> None:
        """Closes a shard that nothing names any more, once the last lease is given back."""
        shard = self._shards.get(path)
        while shard and shard.users:
            shard.left.clear()
            await shard.left.wait()
        if shard:
            await self._close(shard)

    async def close(self) -> None:
        if self._closer is not None:
            await self._closer
        for shard in list(self._shards.values()):
            await self.retire(shard.path)
        self._threads.shutdown()

    async def _make_room(self, at_most: int) -> None:
        """Who opens one more need not wait while fewer than `at_most` are open: beyond three quarters of the maximum
        the least recently used are closed beside it. Those in use stay, and the next sweep comes back to them.
        """
        if self._weight() >= self._open_wanted and (self._closer is None or self._closer.done()):
            self._closer = asyncio.create_task(self._close_surplus())
        if self._weight() >= at_most and self._closer is not None:
            await asyncio.shield(self._closer)

    async def _close_surplus(self) -> None:
        while self._weight() >= self._open_wanted:
            # Not one whose door is taken: who waits there to open it may wait for us.
            unused = [s for s in self._shards.values() if s.is_open and not s.users and not s.door.locked()]
            if not unused:
                return
            await self._close(min(unused, key=lambda shard: shard.used_at))

    async def _close(self, shard: EdgeShard) -> None:
        async with shard.door:
            if shard.users:
                return
            if shard.is_open:
                await shard.close()
                OPEN.set(self.open_count())
            if not shard.users:  # a lease may have come while it closed; it waits for the door and opens it again
                self._shards.pop(shard.path, None)
