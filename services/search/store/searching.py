"""Candidates for ranking out of one collection."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from uuid import UUID

from services.search.store.engine import Ask, Collection, Hit, Payload, Point, Where, WordVector, float_of
from services.search.store.shapes import Candidate, Filters, Found

PAGE = 250  # a page is one call of the engine, and Edge holds up this process while it lasts

Query = list[float] | WordVector | None


async def search(
    collection: Collection, vector: list[float] | None, query: WordVector, filters: Filters, depth: int
) -> Found:
    """The `depth` nearest and the `depth` best by BM25; then what only one of them found gets its other part too."""
    where = Where(filters=filters)
    by_vector, by_words = await _ask(collection, [(vector, where), (query, where)], depth)
    cosine, bm25 = _scores(by_vector), _scores(by_words)
    rest = [(vector, _only(bm25.keys() - cosine.keys())), (query, _only(cosine.keys() - bm25.keys()))]
    more_by_vector, more_by_words = await _ask(collection, rest, depth)
    cosine |= _scores(more_by_vector)
    bm25 |= _scores(more_by_words)
    payloads = {hit.id: hit.payload for hit in (*by_vector, *by_words)}
    found = [_candidate(it, payload, bm25.get(it), cosine.get(it)) for it, payload in payloads.items()]
    return Found(found, by_words[0].score if by_words else 0.0, semantic=vector is not None)


async def most_important(collection: Collection, filters: Filters, depth: int) -> Found:
    """Exactly the first `depth` by importance, then newest, then memory_id.

    Many memories share an importance, so where the cut falls among equals those are ordered by the next field.
    """
    where = Where(filters=filters)
    first = await collection.ordered(where, "importance", depth)
    if len(first) == depth:
        cut = float_of(first[-1].payload["importance"])
        first = [point for point in first if float_of(point.payload["importance"]) > cut]
        first += await _newest(collection, replace(where, importance=cut), depth - len(first))
    found = [_candidate(point.id, point.payload, None, None) for point in first]
    return Found(found, 0.0, semantic=False)


async def _newest(collection: Collection, where: Where, depth: int) -> list[Point]:
    newest = await collection.ordered(where, "created_at", depth)
    if len(newest) < depth:
        return newest
    cut = float_of(newest[-1].payload["created_at"])
    newest = [point for point in newest if float_of(point.payload["created_at"]) > cut]
    equals = [point async for page in pages(collection, replace(where, created_at=cut)) for point in page]
    equals.sort(key=lambda point: str(point.payload["memory_id"]))
    return newest + equals[: depth - len(newest)]


async def pages(collection: Collection, where: Where) -> AsyncIterator[list[Point]]:
    """All points, in the order of their ids; other work gets its turn after each page."""
    last = None
    while page := await collection.scroll(where, PAGE, last):
        yield page
        last = page[-1].id


async def _ask(collection: Collection, queries: Sequence[tuple[Query, Where]], depth: int) -> list[list[Hit]]:
    """An answer for each query; what cannot match anything is answered without the engine."""
    asks = [_asked(query, where, depth) for query, where in queries]
    answers = iter(await collection.query([ask for ask in asks if ask]) if any(asks) else [])
    return [next(answers) if ask else [] for ask in asks]


def _asked(query: Query, where: Where, depth: int) -> Ask | None:
    if query is None or (isinstance(query, WordVector) and not query.indices):
        return None
    if where.ids is None:
        return Ask(query, where, depth)
    return Ask(query, where, len(where.ids), described=False) if where.ids else None


def _only(ids: set[UUID]) -> Where:
    return Where(ids=frozenset(ids))


def _scores(hits: Sequence[Hit]) -> dict[UUID, float]:
    return {hit.id: hit.score for hit in hits}


def _candidate(point_id: UUID, payload: Payload, keyword: float | None, semantic: float | None) -> Candidate:
    importance, created_at = float_of(payload["importance"]), float_of(payload["created_at"])
    return Candidate(point_id, str(payload["memory_id"]), importance, created_at, keyword, semantic)
