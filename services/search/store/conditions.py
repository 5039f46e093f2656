"""What a `Where` means, in the words of either engine."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from services.search.store.engine import DENSE, Where

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)


class Words(Protocol[C_co]):
    """How an engine says a condition."""

    def any_of(self, field: str, values: Sequence[str]) -> C_co: ...

    def between(self, field: str, low: float, high: float | None) -> C_co: ...

    def ids(self, ids: frozenset[UUID]) -> C_co: ...

    def has_vector(self, name: str) -> C_co: ...


def conditions(where: Where, say: Words[C]) -> list[C]:
    """All must hold."""
    filters = where.filters
    any_of = {
        "namespace": filters.namespaces,
        "memory_type": filters.memory_types,
        "tags": filters.tags,
        "tag_starts": filters.tag_prefixes,
        "files": filters.files,
        "state": where.states,
        "document_id": filters.document_ids,
    }
    least = {"importance": filters.min_importance, "confidence": filters.min_confidence}
    exact = {"importance": where.importance, "created_at": where.created_at}
    must = [say.any_of(field, values) for field, values in any_of.items() if values is not None]
    must += [say.between(field, low, None) for field, low in least.items() if low is not None]
    must += [say.between(field, value, value) for field, value in exact.items() if value is not None]
    if where.rank_part is not None:
        must.append(say.between("rank_part", *where.rank_part))
    if where.ids is not None:
        must.append(say.ids(where.ids))
    if where.embedded:
        must.append(say.has_vector(DENSE))
    return must
