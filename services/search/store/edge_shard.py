"""One open Edge shard."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar
from uuid import UUID

import qdrant_edge as edge

from services.search.store import edge_terms as terms
from services.search.store.engine import DENSE, Ask, Hit, Payload, Point, Where, float_of
from services.search.store.shapes import Profile

# The engine holds the interpreter's lock while it works, so a long call would stop the event loop in spite of its
# thread. 32 points are written in 4 ms.
CHUNK = 32
GROWN_AT = 500  # points; without an index over its fields a filtered query of so many takes 2 ms more
GROWN_WEIGHT = 8  # it takes 118 MB, most of it files that are mapped, where a small one takes 2

P = ParamSpec("P")
T = TypeVar("T")


class EdgeShard:
    """A collection over one open shard. Every call of the engine runs in a thread of `threads`."""

    def __init__(self, path: Path, profile: Profile, threads: Executor) -> None:
        self.path = path
        self.users = 0
        self.used_at = time.monotonic()
        self.dirty = False
        self.flushed_at = time.monotonic()
        self.size = 0  # points, tombstones included, when that was last looked at
        self.door = asyncio.Lock()  # one opens or closes it at a time
        self.left = asyncio.Event()  # the last user has left
        self.touched: set[edge.PointId] | None = None  # points written while a copy is being optimised
        self._put_since = 0  # points, new or not, since `size` was looked at
        self._is_grown = (path / terms.GROWN).exists()
        self._profile = profile
        self._threads = threads
        self._shard: edge.EdgeShard | None = None

    @property
    def profile(self) -> Profile:
        return self._profile

    # ---- opening and closing

    @property
    def is_open(self) -> bool:
        return self._shard is not None

    @property
    def weight(self) -> int:
        """How many small shards it counts as, among those that are open."""
        return GROWN_WEIGHT if self._is_grown else 1

    async def open(self) -> None:
        self._shard = await self._run(terms.open_shard, self.path, self._profile)
        if await self._grow_if_due():  # it was ended before that was done
            await self.close()
            self._shard = await self._run(terms.open_shard, self.path, self._profile)

    async def close(self) -> None:
        shard, self._shard = self._opened, None
        await self._run(shard.close)  # flushes too

    async def flush(self) -> None:
        """A write is in the write-ahead log when it returns and survives this process; a flush puts it on the disk."""
        self.dirty, self.flushed_at = False, time.monotonic()
        await self._run(self._opened.flush)
        await self._grow_if_due()

    async def _count_points(self) -> int:
        return (await self._run(self._opened.info)).points_count

    async def _grow_if_due(self) -> bool:
        """Indexes its fields once it has grown, one after the other; the file that says so comes last."""
        self.size, self._put_since = await self._count_points(), 0
        if self._is_grown or self.size < GROWN_AT:
            return False
        for step in terms.field_indexes():
            await self._run(self._opened.update, step)
        (self.path / terms.GROWN).touch()
        self._is_grown = True
        return True

    # ---- reading

    async def retrieve(self, ids: Sequence[UUID], *, dense: bool = False) -> dict[UUID, Point]:
        if not ids:
            return {}
        vectors = [DENSE] if dense and self._profile.model else False
        records = await self._run(self._opened.retrieve, list(ids), True, vectors)
        return {point.id: point for point in map(terms.point, records)}

    async def query(self, asks: Sequence[Ask]) -> list[list[Hit]]:
        return await self._run(self._query, asks)

    def _query(self, asks: Sequence[Ask]) -> list[list[Hit]]:
        return [[terms.hit(scored) for scored in self._opened.query(terms.query(ask))] for ask in asks]

    async def ordered(self, where: Where, by: Literal["importance", "created_at"], limit: int) -> list[Point]:
        condition = terms.condition(where)
        if self._is_grown:
            order = edge.OrderBy(by, edge.Direction.Desc)
            return await self._scroll(
                edge.ScrollRequest(limit=limit, filter=condition, with_payload=terms.SHOWN, order_by=order)
            )
        few = max(1, await self._count_points())
        every = await self._scroll(edge.ScrollRequest(limit=few, filter=condition, with_payload=terms.SHOWN))
        found = [point for point in every if by in point.payload]
        return sorted(found, key=lambda point: float_of(point.payload[by]), reverse=True)[:limit]

    async def scroll(self, where: Where, limit: int, after: UUID | None = None) -> list[Point]:
        # The engine's offset is the first id of the page, so one point more is read and the known one dropped.
        request = edge.ScrollRequest(offset=after, limit=limit + 1, filter=terms.condition(where), with_payload=True)
        points = await self._scroll(request)
        return [point for point in points if point.id != after][:limit]

    async def _scroll(self, request: edge.ScrollRequest) -> list[Point]:
        records, _ = await self._run(self._opened.scroll, request)
        return [terms.point(record) for record in records]

    async def count(self, where: Where) -> int:
        return await self._run(self._opened.count, edge.CountRequest(exact=True, filter=terms.condition(where)))

    # ---- writing

    async def put(self, points: Sequence[Point]) -> None:
        for chunk in _chunks(points):
            self._touch(chunk)
            await self._run(self._put, chunk)
        self._put_since += len(points)
        if not self._is_grown and self.size + self._put_since >= GROWN_AT:  # the more there are, the longer it takes
            await self._grow_if_due()

    def _put(self, points: Sequence[Point]) -> None:
        for step in terms.puts(points, self._profile):
            self._opened.update(step)

    async def set_dense(self, points: Sequence[Point]) -> None:
        for chunk in _chunks(points):
            self._touch(chunk)
            await self._run(self._set_dense, chunk)

    def _set_dense(self, points: Sequence[Point]) -> None:
        # The caller has compared the content hashes, and this process has the only writer.
        vectors = [edge.PointVectors(point.id, {DENSE: terms.rows(point.dense)}) for point in points]
        self._opened.update(edge.UpdateOperation.update_vectors(vectors))
        self._set_payloads(points)

    async def set_payload(self, ids: Sequence[UUID], payload: Payload) -> None:
        if ids:
            self._touch([Point(point_id, payload) for point_id in ids])
            await self._run(self._opened.update, edge.UpdateOperation.set_payload(list(ids), payload))

    async def set_payloads(self, points: Sequence[Point]) -> None:
        # The caller has looked at the states, and this process has the only writer.
        for chunk in _chunks(points):
            self._touch(chunk)
            await self._run(self._set_payloads, chunk)

    def _set_payloads(self, points: Sequence[Point]) -> None:
        for point in points:
            self._opened.update(edge.UpdateOperation.set_payload([point.id], point.payload))

    async def delete(self, ids: Sequence[UUID]) -> None:
        for chunk in _chunks(ids):
            self._touch([Point(point_id, {}) for point_id in chunk])
            await self._run(self._opened.update, edge.UpdateOperation.delete_points(list[UUID | int | str](chunk)))

    def _touch(self, points: Sequence[Point]) -> None:
        self.dirty = True
        if self.touched is not None:
            self.touched.update(point.id for point in points)

    # ---- threads

    @property
    def _opened(self) -> edge.EdgeShard:
        if self._shard is None:
            raise RuntimeError(f"{self.path.name} is closed")
        return self._shard

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Waits for the thread even when cancelled: while it works the shard must not be closed, nor the lock on the
        workspace's writes be given to the next.
        """
        future = asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *args, **kwargs))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    async def copy_touched(self, into: "EdgeShard") -> None:
        """Brings what was written since the last call into a copy: whole points as they are now, and which are gone."""
        touched, self.touched = self.touched or set(), set()
        for chunk in _chunks(list(touched)):
            records = await self._run(self._opened.retrieve, chunk, True, True)
            points = [edge.Point(record.id, record.vector or {}, record.payload) for record in records]
            await into._run(into._opened.update, edge.UpdateOperation.upsert_points(points))
            gone = set(chunk) - {record.id for record in records}
            if gone:
                await into._run(into._opened.update, edge.UpdateOperation.delete_points(list(gone)))


def _chunks(items: Sequence[T]) -> Iterator[list[T]]:
    return (list(items[i : i + CHUNK]) for i in range(0, len(items), CHUNK))
