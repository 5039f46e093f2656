"""One collection on a Qdrant server, or whatever an alias names at the moment."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal
from uuid import UUID

from qdrant_client import AsyncQdrantClient, models

from services.search.store import server_terms as terms
from services.search.store.engine import DENSE, Ask, Hit, Payload, Point, Where, float_of
from services.search.store.shapes import Profile

CHUNK = 256


class ServerCollection:
    def __init__(self, client: AsyncQdrantClient, name: str, profile: Profile) -> None:
        self._client = client
        self._name = name
        self._profile = profile

    @property
    def profile(self) -> Profile:
        return self._profile

    # ---- reading

    async def retrieve(self, ids: Sequence[UUID], *, dense: bool = False) -> dict[UUID, Point]:
        if not ids:
            return {}
        vectors = [DENSE] if dense and self._profile.model else False
        wanted = [str(point_id) for point_id in ids]
        records = await self._client.retrieve(self._name, wanted, with_payload=True, with_vectors=vectors)
        return {point.id: point for point in map(terms.point, records)}

    async def query(self, asks: Sequence[Ask]) -> list[list[Hit]]:
        answers = await self._client.query_batch_points(self._name, [terms.query(ask) for ask in asks])
        return [[terms.hit(scored) for scored in answer.points] for answer in answers]

    async def ordered(self, where: Where, by: Literal["importance", "created_at"], limit: int) -> list[Point]:
        order = models.OrderBy(key=by, direction=models.Direction.DESC)
        records, _ = await self._client.scroll(
            self._name, terms.condition(where), limit=limit, order_by=order, with_payload=terms.SHOWN
        )
        return [terms.point(record) for record in records]

    async def scroll(self, where: Where, limit: int, after: UUID | None = None) -> list[Point]:
        # The server's offset is the first id of the page, so one point more is read and the known one dropped.
        offset = str(after) if after else None
        records, _ = await self._client.scroll(self._name, terms.condition(where), limit=limit + 1, offset=offset)
        return [point for point in map(terms.point, records) if point.id != after][:limit]

    async def count(self, where: Where) -> int:
        return (await self._client.count(self._name, terms.condition(where), exact=True)).count

    # ---- writing

    async def put(self, points: Sequence[Point]) -> None:
        """A point that another process has made newer in the meantime stays as it is."""
        by_version: defaultdict[int, list[Point]] = defaultdict(list)
        for point in points:
            by_version[int(float_of(point.payload["version"]))].append(point)
        for version, same in by_version.items():
            for chunk in _chunks(same):
                structs = [terms.struct(point) for point in chunk]
                await self._client.upsert(self._name, structs, update_filter=terms.older_than(version))

    async def set_dense(self, points: Sequence[Point]) -> None:
        for chunk in _chunks(points):
            await self._client.batch_update_points(self._name, [step for it in chunk for step in _dense_steps(it)])

    async def set_payload(self, ids: Sequence[UUID], payload: Payload) -> None:
        if ids:
            await self._client.set_payload(self._name, payload, [str(point_id) for point_id in ids])

    async def delete(self, ids: Sequence[UUID]) -> None:
        if ids:
            await self._client.delete(self._name, models.PointIdsList(points=[str(point_id) for point_id in ids]))

    async def set_payloads(self, points: Sequence[Point]) -> None:
        """A point that another process has deleted in the meantime stays as it is."""
        for chunk in _chunks(points):
            steps = [models.SetPayload(payload=it.payload, filter=terms.live(it.id)) for it in chunk]
            await self._client.batch_update_points(
                self._name, [models.SetPayloadOperation(set_payload=step) for step in steps]
            )


def _dense_steps(point: Point) -> list[models.UpdateOperation]:
    guard = terms.still(point.id, str(point.payload["content_hash"]))
    vectors = models.PointVectors(id=str(point.id), vector={DENSE: terms.rows(point)})
    return [
        models.UpdateVectorsOperation(update_vectors=models.UpdateVectors(points=[vectors], update_filter=guard)),
        models.SetPayloadOperation(set_payload=models.SetPayload(payload=point.payload, filter=guard)),
    ]


def _chunks(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    return (points[i : i + CHUNK] for i in range(0, len(points), CHUNK))
