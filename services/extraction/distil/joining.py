"""Several statements of one thing as one: said twice, said short in the summary and at length before, cause and fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.extraction.distil import cues
from services.extraction.distil.sessions import LearntType
from services.extraction.distil.statements import SUMMARY, Statement
from services.extraction.distil.terms import containment, terms

SAME = 0.55
"""From which two statements of one type say the same: the mean of shared terms and cosine, or shared terms alone."""
SAME_LIKE_TYPE = 0.60
SAME_OTHER_TYPE = 0.72
CAUSE_AND_FIX = 0.50
CAUSE_AND_FIX_REACH = 8
SHARED_MIN = 3
_ALIKE: tuple[set[LearntType], ...] = ({"decision", "convention"}, {"convention", "pattern"}, {"incident", "discovery"})
"""Types that two tellings of one thing may well have."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Statements of one thing, the one that tells most first. `kind` is what they say together."""

    statements: tuple[Statement, ...]
    kind: LearntType
    weight: float

    @property
    def main(self) -> Statement:
        return self.statements[0]


def joined(found: Sequence[Statement], vectors: NDArray[np.floating[Any]] | None) -> list[Finding]:
    """In the order in which each was first said; `vectors` has a row of length 1 for each statement."""
    about = [terms(it.text) for it in found]
    groups: list[list[int]] = []
    for number, statement in enumerate(found):
        best, nearest = 0.0, -1
        for place, group in enumerate(groups):
            over = max(
                _over(found[it], statement, about[it], about[number], _cosine(vectors, it, number)) for it in group
            )
            if over > best:
                best, nearest = over, place
        if nearest >= 0:
            groups[nearest].append(number)
        else:
            groups.append([number])
    return [_finding([found[it] for it in group], [len(about[it]) for it in group]) for group in groups]


def _cosine(vectors: NDArray[np.floating[Any]] | None, one: int, other: int) -> float | None:
    return None if vectors is None else float(vectors[one] @ vectors[other])


def _over(
    one: Statement, other: Statement, first: frozenset[str], second: frozenset[str], cosine: float | None
) -> float:
    """By how much two statements are nearer than they must be to be one; 0 or less where they are not."""
    shared = len(first & second)
    if shared < min(SHARED_MIN, len(first), len(second)) or not shared:
        return 0.0
    inside = containment(first, second)
    near = inside if cosine is None else (inside + max(cosine, 0.0)) / 2
    if one.kind == other.kind == "incident" and _are_close(one, other):
        return near - CAUSE_AND_FIX
    if one.kind == other.kind:
        return near - SAME
    return near - (SAME_LIKE_TYPE if {one.kind, other.kind} in _ALIKE else SAME_OTHER_TYPE)


def _are_close(one: Statement, other: Statement) -> bool:
    """Near in time; the summary is near to everything."""
    first, second = one.places[-1], other.places[-1]
    return SUMMARY in (first, second) or abs(first - second) <= CAUSE_AND_FIX_REACH


def _finding(group: list[Statement], lengths: list[int]) -> Finding:
    order = sorted(range(len(group)), key=lambda it: (-(group[it].worth + min(lengths[it], 30) / 15), it))
    together: dict[LearntType, float] = {}
    for statement in group:
        for kind, weight in statement.weights.items():
            together[kind] = together.get(kind, 0.0) + weight / len(group)
    kind, weight = cues.best(together)
    return Finding(tuple(group[it] for it in order), kind, weight)
