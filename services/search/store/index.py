"""What can be done with the index: the same rules over either engine."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.kit import telemetry
from services.kit.embedding import windows_expected
from services.search.store import ranks, words
from services.search.store.engine import (
    DELETED,
    FAILED,
    LIVE,
    PENDING,
    READY,
    Collection,
    Engine,
    Payload,
    Point,
    Where,
    float_of,
)
from services.search.store.marks import Marks
from services.search.store.searching import PAGE, most_important, pages, search
from services.search.store.shapes import (
    Digest,
    Embedding,
    Entry,
    Filters,
    Found,
    Model,
    Pending,
    Profile,
    Rank,
    Removal,
    Statistics,
    Vectors,
)

AVG_LEN = 50.0  # until there is data to derive it from; on 600-character texts 40 to 60 is right
AVG_LEN_FACTOR_MAX = 1.5
AVG_LEN_MEMORIES_MIN = 200


def avg_len_is_off(recorded: float, statistics: Statistics) -> bool:
    """True once the documents' mean length is so far from the recorded one that a rebuild is due."""
    if statistics.memories < AVG_LEN_MEMORIES_MIN or statistics.mean_length <= 0:
        return False
    ratio = statistics.mean_length / recorded
    return not 1 / AVG_LEN_FACTOR_MAX <= ratio <= AVG_LEN_FACTOR_MAX


class Index:
    """The search index of all workspaces' memories. `model` is the embedding model in use, None for keyword search
    only. What is an author's word, it holds as `marks` only.

    Faults of the engine are raised as the engine's own exceptions; nothing here retries.
    """

    first_avg_len = AVG_LEN

    def __init__(self, engine: Engine, model: Model | None, marks: Marks) -> None:
        self._engine = engine
        self._model = model
        self._marks = marks

    async def start(self) -> None:
        await self._engine.start()

    async def close(self) -> None:
        await self._engine.close()

    # ---- writing

    async def upsert(self, workspace: str, entries: Sequence[Entry], target: str | None = None) -> list[UUID]:
        """Adds or replaces memories and returns the ids that were: an entry whose version is known already, or
        older than a known one or than a deletion, is dropped.
        """
        newest = _newest(entries)
        return await self._write(workspace, target, lambda collection: self._upsert(workspace, collection, newest))

    async def remove(self, workspace: str, removals: Sequence[Removal], target: str | None = None) -> list[UUID]:
        """Leaves a tombstone for each memory: its version, and nothing to be found by."""
        newest = _newest(removals)
        return await self._write(workspace, target, lambda collection: self._remove(collection, newest))

    async def set_vectors(
        self, workspace: str, embeddings: Sequence[Embedding], target: str | None = None
    ) -> list[UUID]:
        """Gives memories their vectors where the content they were made of is still theirs; returns those ids."""
        if target is None and await self.profile(workspace) is None:
            return []
        return await self._write(workspace, target, lambda collection: self._set_vectors(collection, embeddings))

    async def mark_failed(self, workspace: str, failures: Sequence[tuple[UUID, str]]) -> list[UUID]:
        """(id, content_hash): no longer pending, though without vectors, until the content changes."""
        if await self.profile(workspace) is None:
            return []
        return await self._write(workspace, None, lambda collection: self._mark_failed(collection, failures))

    async def set_ranks(
        self, workspace: str, placed: Sequence[Rank], part: int, parts: int, target: str | None = None
    ) -> list[UUID]:
        """Writes down the memories' places in the graph, as one of its parts says them, and returns those whose place
        is another now. Whom the part, or one beyond `parts`, named before and does not name now has none.

        Who is not in the index, or deleted, is left out: this makes no point, and no workspace.
        """
        if target is None and await self.profile(workspace) is None:
            return []
        marked = [replace(each, community=self._label(workspace, each.community)) for each in placed]
        return await self._write(workspace, target, lambda it: self._set_ranks(it, marked, part, parts))

    async def _write(
        self, workspace: str, target: str | None, change: Callable[[Collection], Awaitable[list[UUID]]]
    ) -> list[UUID]:
        first = Profile(self._model, self.first_avg_len, 1, self._marks.name)
        async with self._engine.writing(workspace, target, first) as collections:
            changed = [await change(collection) for collection in collections]
        return changed[0]

    def _label(self, workspace: str, community: str | None) -> str | None:
        return None if community is None else self._marks.of(workspace, "community", (community,))[0]

    def _marked(self, workspace: str, entry: Entry) -> Entry:
        tags, files = (self._marks.of(workspace, it, getattr(entry, it)) for it in ("tags", "files"))
        label = self._label(workspace, entry.community)
        return replace(entry, tags=tuple(tags), files=tuple(files), community=label)

    async def _upsert(self, workspace: str, collection: Collection, entries: Sequence[Entry]) -> list[UUID]:
        known = await collection.retrieve([entry.id for entry in entries])
        fresh = [entry for entry in entries if _is_news(entry, known)]
        same = [it.id for it in fresh if it.vectors is None and content_of(known, it.id) == it.content_hash]
        kept = await collection.retrieve(same, dense=True)
        points = []
        for each in fresh:
            marked = self._marked(workspace, each)
            starts = self._marks.starts(workspace, each.tags)
            rank = ranks.of_entry(marked, known.get(each.id))
            points.append(self._point(marked, collection.profile, kept.get(each.id), {"tag_starts": starts, **rank}))
        await collection.put(points)
        return [entry.id for entry in fresh]

    def _point(self, entry: Entry, profile: Profile, kept: Point | None, more: Payload) -> Point:
        dense: Vectors | list[list[float]] | None = kept.dense if kept else None
        if entry.vectors is not None and self._speaks(profile):
            dense = entry.vectors
        waiting = kept.payload["state"] if kept else PENDING
        payload: Payload = {
            "memory_id": entry.memory_id,
            "version": entry.version,
            "namespace": entry.namespace,
            "memory_type": entry.memory_type,
            "tags": list(entry.tags),
            "files": list(entry.files),
            "importance": entry.importance,
            "confidence": entry.confidence,
            "created_at": entry.created_at,
            "content_hash": entry.content_hash,
            "length": words.length(entry.text),
            "state": waiting if dense is None else READY,
            **more,
        }
        return self._worded(entry.id, payload, entry.text, profile, dense)

    def _worded(
        self, point: UUID, payload: Payload, text: str, profile: Profile, dense: Vectors | list[list[float]] | None
    ) -> Point:
        expected = windows_expected(text) if dense is None and self._speaks(profile) else 0
        return Point(point, payload, words.of_document(text, profile.avg_len), dense, expected)

    async def _remove(self, collection: Collection, removals: Sequence[Removal]) -> list[UUID]:
        known = await collection.retrieve([removal.id for removal in removals])
        fresh = [removal for removal in removals if _is_news(removal, known)]
        tombs: list[Payload] = [{"memory_id": it.memory_id, "version": it.version, "state": DELETED} for it in fresh]
        await collection.put([Point(it.id, tomb) for it, tomb in zip(fresh, tombs, strict=True)])
        return [removal.id for removal in fresh]

    async def _set_vectors(self, collection: Collection, embeddings: Sequence[Embedding]) -> list[UUID]:
        if not self._speaks(collection.profile):
            return []
        known = await collection.retrieve([it.id for it in embeddings])
        current = [it for it in embeddings if content_of(known, it.id) == it.content_hash]
        await collection.set_dense(
            [Point(it.id, {"content_hash": it.content_hash, "state": READY}, dense=it.vectors) for it in current]
        )
        return [it.id for it in current]

    async def _mark_failed(self, collection: Collection, failures: Sequence[tuple[UUID, str]]) -> list[UUID]:
        known = await collection.retrieve([point_id for point_id, _ in failures])
        current = [
            point_id
            for point_id, content_hash in failures
            if content_of(known, point_id) == content_hash and known[point_id].payload["state"] == PENDING
        ]
        await collection.set_payload(current, {"state": FAILED})
        return current

    async def _set_ranks(self, collection: Collection, placed: Sequence[Rank], part: int, parts: int) -> list[UUID]:
        known: dict[UUID, Point] = {}
        for where in (Where(rank_part=(part, part)), Where(rank_part=(parts, None))):
            known |= {point.id: point async for page in pages(collection, where) for point in page}
        others = [it.id for it in placed if it.id not in known]
        for start in range(0, len(others), PAGE):
            known |= await collection.retrieve(others[start : start + PAGE])
        changed = ranks.changes(placed, part, known)
        await collection.set_payloads(changed)
        return [point.id for point in changed]

    # ---- searching

    async def candidates(
        self, workspace: str, vector: NDArray[np.float32] | None, text: str, filters: Filters, depth: int
    ) -> Found:
        """The union of the `depth` nearest by vector (dimension,) and the `depth` best by BM25, each with both parts
        exact.

        With neither words nor a vector: the `depth` most important memories, newest first among equals.
        """
        nothing = Found([], 0.0, semantic=False)
        if filters.match_nothing:
            return nothing
        filters = self._marks.filters(workspace, filters)
        with telemetry.stage("candidates"):
            return await self._candidates(workspace, vector, text, filters, depth) or nothing

    async def _candidates(
        self, workspace: str, vector: NDArray[np.float32] | None, text: str, filters: Filters, depth: int
    ) -> Found | None:
        """None where there is no collection."""
        async with self._engine.reading(workspace) as collection:
            if collection is None:
                return None
            if vector is None and not text.strip():
                return await most_important(collection, filters, depth)
            usable = vector.tolist() if vector is not None and self._speaks(collection.profile) else None
            query = words.of_query(text, collection.profile.avg_len)
            return await search(collection, usable, query, filters, depth)

    # ---- looking after it

    async def workspaces(self) -> list[str]:
        return await self._engine.workspaces()

    async def size(self, workspace: str) -> int | None:
        """Bytes on disk; None where the engine can't say."""
        return await self._engine.size(workspace)

    async def profile(self, workspace: str) -> Profile | None:
        async with self._engine.reading(workspace) as collection:
            return collection.profile if collection else None

    async def is_outdated(self, workspace: str) -> bool:
        """True if the workspace's vectors are another model's than the one in use, or its marks are made with another
        key: a rebuild is due."""
        profile = await self.profile(workspace)
        if profile is None:
            return False
        return profile.marks != self._marks.name or (self._model is not None and profile.model != self._model)

    async def pending(self, workspace: str, limit: int, after: UUID | None = None) -> list[Pending]:
        """Memories that wait for vectors, in the order of their ids beyond `after`."""
        async with self._engine.reading(workspace) as collection:
            if collection is None or not self._speaks(collection.profile):
                return []
            points = await collection.scroll(Where(states=(PENDING,)), limit, after)
            return [pending_of(point) for point in points]

    async def count(self, workspace: str) -> int:
        async with self._engine.reading(workspace) as collection:
            return await collection.count(Where(states=LIVE)) if collection else 0

    async def count_pending(self, workspace: str) -> int:
        async with self._engine.reading(workspace) as collection:
            return await collection.count(Where(states=(PENDING,))) if collection else 0

    async def statistics(self, workspace: str) -> Statistics:
        """Reads every point: for a loop, not for a request."""
        states: Counter[str] = Counter()
        length = 0.0
        async for page in self._pages(workspace, Where(states=LIVE)):
            states.update(str(point.payload["state"]) for point in page)
            length += sum(float_of(point.payload["length"]) for point in page)
        memories = states.total()
        return Statistics(memories, states[PENDING], states[FAILED], length / memories if memories else 0.0)

    async def digest(self, workspace: str) -> list[Digest]:
        """Every memory in the index, in the order of memory_id; tombstones are left out."""
        embedded = Where(states=LIVE, embedded=True)
        ids = {point.id async for page in self._pages(workspace, embedded) for point in page}
        every = self._pages(workspace, Where(states=LIVE))
        digests = [_digest(point, point.id in ids) async for page in every for point in page]
        return sorted(digests, key=lambda digest: digest.memory_id)

    async def _pages(self, workspace: str, where: Where) -> AsyncIterator[list[Point]]:
        async with self._engine.reading(workspace) as collection:
            if collection is None or (where.embedded and collection.profile.model is None):
                return
            async for page in pages(collection, where):
                yield page

    # ---- rebuilding

    async def start_rebuild(self, workspace: str, avg_len: float | None = None) -> str:
        """Makes an empty target for the model in use and returns its name, to be passed to `upsert`, `remove` and
        `set_vectors`. Until the switch every other write of this process goes to both. Without `avg_len` the mean
        length of the documents indexed now is recorded.
        """
        before = await self.profile(workspace)
        if avg_len is None:
            statistics = await self.statistics(workspace)
            avg_len = statistics.mean_length if statistics.memories >= AVG_LEN_MEMORIES_MIN else self.first_avg_len
        generation = before.generation + 1 if before else 1
        profile = Profile(self._model, max(1.0, round(avg_len, 1)), generation, self._marks.name)
        return await self._engine.create(workspace, profile)

    async def switch(self, workspace: str, target: str) -> None:
        """From here on the target is read; what it replaced is dropped.

        Where several processes share a server, what the others wrote during the rebuild is in the old collection only:
        whoever rebuilds brings it in after the switch (versions make that harmless).
        """
        await self._engine.switch(workspace, target)

    async def drop(self, workspace: str) -> None:
        """Removes the workspace from the index, with all traces of it."""
        await self._engine.drop(workspace)

    def _speaks(self, profile: Profile) -> bool:
        return self._model is not None and profile.model == self._model


Versioned = TypeVar("Versioned", Entry, Removal)


def _newest(changes: Sequence[Versioned]) -> list[Versioned]:
    """One change for each memory: a batch may hold several, in any order."""
    newest: dict[UUID, Versioned] = {}
    for change in changes:
        if change.id not in newest or change.version > newest[change.id].version:
            newest[change.id] = change
    return list(newest.values())


def _is_news(change: Entry | Removal, known: Mapping[UUID, Point]) -> bool:
    point = known.get(change.id)
    return point is None or change.version > float_of(point.payload["version"])


def content_of(known: Mapping[UUID, Point], point_id: UUID) -> object:
    return known[point_id].payload.get("content_hash") if point_id in known else None


def pending_of(point: Point) -> Pending:
    payload = point.payload
    return Pending(point.id, str(payload["memory_id"]), int(float_of(payload["version"])), str(payload["content_hash"]))


def _digest(point: Point, embedded: bool) -> Digest:
    payload = point.payload
    pagerank, community = payload.get(ranks.PAGERANK), payload.get(ranks.COMMUNITY)
    return Digest(
        memory_id=str(payload["memory_id"]),
        version=int(float_of(payload["version"])),
        content_hash=str(payload["content_hash"]),
        embedded=embedded,
        pagerank=None if pagerank is None else float_of(pagerank),
        community=None if community is None else str(community),
    )
