"""What a search finds, and an answer made of it."""

from typing import Literal

from contracts.base import Score, Word
from contracts.documents import FoundKind
from contracts.replies.documents import FoundChunk
from contracts.replies.memories import Memory


class Hit(Word):
    """One search result before its memory is read: scores in [0, 1]."""

    memory: Memory
    score: Score
    keyword_score: Score
    semantic_score: Score
    match_type: Literal["keyword", "semantic", "combined"]


class SearchResults(Word):
    """A page of results, best first; `warnings` say what could not be done as asked."""

    results: tuple[Hit, ...]
    warnings: tuple[str, ...] = ()


class FoundPassage(Word):
    """A memory or a chunk that was found, with scores in [0, 1]; the other of the two is null."""

    kind: FoundKind
    score: Score
    keyword_score: Score
    semantic_score: Score
    match_type: Literal["keyword", "semantic", "combined"]
    memory: Memory | None = None
    chunk: FoundChunk | None = None


class FoundPassages(Word):
    """The best first; `warnings` say what could not be done as asked."""

    results: tuple[FoundPassage, ...]
    warnings: tuple[str, ...] = ()


class Synthesis(Word):
    """An answer, and the numbers (from 1) of the passages that it cites, in their order; null where there is none, and
    then `warning` says why.
    """

    answer: str | None = None
    citations: tuple[int, ...] = ()
    warning: str | None = None
