"""How search results are ranked. Pure; the one place that holds the formula."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

KEYWORD_WEIGHT = 0.3
SEMANTIC_WEIGHT = 0.6
IMPORTANCE_WEIGHT = 0.1
CHUNK_IMPORTANCE = 0.5
"""A chunk has none of its own."""

TIE_DIGITS = 9  # scores that differ only beyond it are a tie, not the noise of adding floats

DEPTH_MARGIN = 50
DEPTH_STEPS = (128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384)

MatchType = Literal["combined", "keyword", "semantic"]


class Scorable(Protocol):
    """A memory or a chunk: `keyword` is its raw BM25, `semantic` its cosine; None where that part does not apply."""

    @property
    def id(self) -> UUID: ...
    @property
    def memory_id(self) -> str: ...
    @property
    def importance(self) -> float: ...
    @property
    def created_at(self) -> float: ...
    @property
    def keyword(self) -> float | None: ...
    @property
    def semantic(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """A result; every score is in [0, 1]."""

    id: UUID
    memory_id: str
    score: float
    keyword_score: float
    semantic_score: float
    match_type: MatchType


def score(keyword: float, semantic: float, importance: float) -> float:
    """All parts and the result in [0, 1]."""
    return KEYWORD_WEIGHT * keyword + SEMANTIC_WEIGHT * semantic + IMPORTANCE_WEIGHT * importance


def match_type(keyword: float, semantic: float) -> MatchType:
    """Which parts are above 0; `semantic` when neither is."""
    if keyword > 0:
        return "combined" if semantic > 0 else "keyword"
    return "semantic"


def depth(limit: int, offset: int) -> int:
    """How deep both candidate lists go: at least `limit + offset + 50`, in few steps, so that the pages of one query
    are nearly always cut from the same candidates.
    """
    least = limit + offset + DEPTH_MARGIN
    return next((step for step in DEPTH_STEPS if step >= least), least)


def rank(candidates: Iterable[Scorable], best_keyword: float, *, keyword_only: bool) -> list[Ranked]:
    """Best first; ties by importance, then newest, then memory_id.

    `best_keyword` is the best BM25 of this query in this workspace under these filters. With `keyword_only`
    the semantic part is 0 and what matches no word is left out.
    """
    scored = [(_ranked(candidate, best_keyword, keyword_only), candidate) for candidate in candidates]
    kept = [pair for pair in scored if not keyword_only or pair[0].keyword_score > 0]
    kept.sort(key=lambda pair: (-pair[0].score, -pair[1].importance, -pair[1].created_at, pair[1].memory_id))
    return [ranked for ranked, _ in kept]


def page(ranked: Sequence[Ranked], limit: int, offset: int) -> Sequence[Ranked]:
    return ranked[offset : offset + limit]


def _ranked(candidate: Scorable, best_keyword: float, keyword_only: bool) -> Ranked:
    keyword = _unit((candidate.keyword or 0.0) / best_keyword) if best_keyword > 0 else 0.0
    semantic = 0.0 if keyword_only else _unit(candidate.semantic or 0.0)
    total = round(score(keyword, semantic, candidate.importance), TIE_DIGITS)
    return Ranked(candidate.id, candidate.memory_id, total, keyword, semantic, match_type(keyword, semantic))


def _unit(part: float) -> float:
    return min(1.0, max(0.0, part))
