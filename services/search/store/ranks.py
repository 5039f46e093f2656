"""What the graph has found out about memories, as fields of their points."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.search.store.engine import DELETED, Payload, Point
from services.search.store.shapes import Entry, Rank

PAGERANK = "pagerank"
COMMUNITY = "community"
RANK_PART = "rank_part"  # which part of the ranks named the memory last; a field only of those that were named

DIGITS = 6  # Edge gives back a longer number with another last digit, which would look like news
NOWHERE: Payload = {PAGERANK: None, COMMUNITY: None, RANK_PART: None}


def of_entry(entry: Entry, known: Point | None) -> Payload:
    """The point's own where it was heard from the graph: a memory that was just read may not know of it yet, and never
    knows more than will be heard here too.
    """
    if known is not None and RANK_PART in known.payload:
        return {field: known.payload[field] for field in NOWHERE if field in known.payload}
    fields = _fields(entry.pagerank, entry.community)
    return {field: value for field, value in fields.items() if value is not None}


def changes(placed: Sequence[Rank], part: int, known: Mapping[UUID, Point]) -> list[Point]:
    """What is to be merged into the known points: the rank of those that are named, for all others that they have none.

    Left out are the deleted, and those who say so already.
    """
    named = {it.id: {**_fields(it.pagerank, it.community), RANK_PART: float(part)} for it in placed}
    wanted = [Point(it, named.get(it, NOWHERE)) for it in known]
    return [point for point in wanted if _is_news(point.payload, known[point.id].payload)]


def _fields(pagerank: float | None, community: str | None) -> Payload:
    return {PAGERANK: None if pagerank is None else round(pagerank, DIGITS), COMMUNITY: community}


def _is_news(fields: Payload, payload: Payload) -> bool:
    return payload["state"] != DELETED and any(payload.get(field) != value for field, value in fields.items())
