"""What can be done with the chunks of documents, which are a collection of their own beside a workspace's memories: so
neither changes what is rare among the other's words, and a search for one kind does not pass over the other.

Beside its chunks each document has a point that stands for it (DUE, SEEN): what an event says of a document is noted
there at once, and done by a loop at its own pace.
"""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from contracts.base import derived_id
from contracts.documents import chunk_id, chunk_point
from services.search.store import words
from services.search.store.engine import DUE, LIVE, PENDING, READY, SEEN, Collection, Payload, Point, Where, float_of
from services.search.store.index import Index, content_of, pending_of
from services.search.store.searching import pages
from services.search.store.shapes import (
    ChunkEntry,
    DocumentDigest,
    DueDocument,
    Filters,
    Part,
    PendingPart,
    Profile,
)


class ChunkIndex(Index):
    """The index of all workspaces' chunks. What stands of memories in Index holds for chunks here."""

    first_avg_len = 130.0
    """Of chunks of 1,200 characters: prose has about as many words left as notes of agents do."""

    async def note(self, workspace: str, due: Sequence[DueDocument], target: str | None = None) -> list[UUID]:
        """Something is to be done about these documents. What was noted with that version, or a newer one, stays."""

        async def work(collection: Collection) -> list[UUID]:
            points = {_stand_in(workspace, it.document_id): it for it in due}
            known = await collection.retrieve(list(points))
            fresh = [
                it for it in points if it not in known or points[it].version > float_of(known[it].payload["version"])
            ]
            await collection.put([Point(it, _noted(points[it], DUE)) for it in fresh])
            return fresh

        return await self._write(workspace, target, work)

    async def due(self, workspace: str, limit: int) -> list[DueDocument]:
        """Documents that something is to be done about."""
        async with self._engine.reading(workspace) as collection:
            found = await collection.scroll(Where(states=(DUE,)), limit) if collection else []
        return [_due(point) for point in found]

    async def done(self, workspace: str, document: DueDocument, *, there: bool) -> list[UUID]:
        """No longer due, unless more was noted meanwhile. A document that is not `there` leaves nothing behind."""
        point = _stand_in(workspace, document.document_id)

        async def work(collection: Collection) -> list[UUID]:
            known = (await collection.retrieve([point])).get(point)
            if known is None or _due(known) != document:
                return []
            if there:
                await collection.set_payload([point], {"state": SEEN})
            else:
                await collection.delete([point])
            return [point]

        return await self._write(workspace, None, work)

    async def put(self, workspace: str, entries: Sequence[ChunkEntry], target: str | None = None) -> list[UUID]:
        """Adds the chunks that are not there yet with this content, and returns their ids."""

        async def work(collection: Collection) -> list[UUID]:
            known = await collection.retrieve([entry.id for entry in entries])
            fresh = [entry for entry in entries if content_of(known, entry.id) != entry.content_hash]
            await collection.delete([entry.id for entry in fresh if entry.id in known])
            await collection.put([self._chunk(entry, collection.profile) for entry in fresh])
            return [entry.id for entry in fresh]

        return await self._write(workspace, target, work)

    async def drop_chunks(
        self, workspace: str, document_id: str, but: int | None, target: str | None = None
    ) -> list[UUID]:
        """Takes away some chunks of the document's other versions than `but`; none are left where it returns none."""

        async def work(collection: Collection) -> list[UUID]:
            where = Where(Filters(document_ids=(document_id,)), states=LIVE)
            async for page in pages(collection, where):
                if gone := [point.id for point in page if point.payload["version"] != but]:
                    await collection.delete(gone)
                    return gone
            return []

        return await self._write(workspace, target, work)

    async def pending_part(self, workspace: str, part_size: int) -> PendingPart | None:
        """Some part (of so many chunks) of some document in which chunks wait for vectors."""
        async with self._engine.reading(workspace) as collection:
            if collection is None or not self._speaks(collection.profile):
                return None
            found = await collection.scroll(Where(states=(PENDING,)), 1)
            if not found:
                return None
            document_id, version, index = _place(found[0])
            part = index // part_size
            indexes = range(part * part_size, (part + 1) * part_size)
            ids = [chunk_point(workspace, chunk_id(workspace, document_id, version, it)) for it in indexes]
            points = (await collection.retrieve(ids)).values()
        waiting = tuple(pending_of(point) for point in points if point.payload["state"] == PENDING)
        return PendingPart(Part(document_id, version, part), waiting)

    async def documents(self, workspace: str) -> list[DocumentDigest]:
        """Reads every point: for an operator, not for a request."""
        counted: Counter[tuple[str, int]] = Counter()
        async for page in self._pages(workspace, Where(states=LIVE)):
            counted.update(_place(point)[:2] for point in page)
        return [DocumentDigest(*known, chunks) for known, chunks in sorted(counted.items())]

    def _chunk(self, entry: ChunkEntry, profile: Profile) -> Point:
        vectors = entry.vectors if self._speaks(profile) else None
        payload: Payload = {
            "memory_id": entry.chunk_id,
            "document_id": entry.document_id,
            "version": entry.version,
            "index": entry.index,
            "namespace": entry.namespace,
            "importance": entry.importance,
            "created_at": entry.created_at,
            "content_hash": entry.content_hash,
            "length": words.length(entry.text),
            "state": PENDING if vectors is None else READY,
        }
        return self._worded(entry.id, payload, entry.text, profile, vectors)


def _stand_in(workspace: str, document_id: str) -> UUID:
    return derived_id("document point", workspace, document_id)


def _noted(document: DueDocument, state: str) -> Payload:
    return {"memory_id": document.document_id, "version": document.version, "state": state}


def _due(point: Point) -> DueDocument:
    return DueDocument(str(point.payload["memory_id"]), int(float_of(point.payload["version"])))


def _place(point: Point) -> tuple[str, int, int]:
    """Document, version, index."""
    payload = point.payload
    return str(payload["document_id"]), int(float_of(payload["version"])), int(float_of(payload["index"]))
