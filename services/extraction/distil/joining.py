"""Several statements of one thing as one: said twice, said short in the summary and at length before, cause and fix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.extraction.distil import cues
from services.extraction.distil.sessions import LearntType
from services.extraction.distil.speech import SUMMARY
from services.extraction.distil.statements import Statement
from services.extraction.distil.terms import containment, names, terms

SAME = 0.55
"""From which two statements of one type say the same: the mean of shared terms and cosine, or shared terms alone."""
SAME_LIKE_TYPE = 0.60
SAME_OTHER_TYPE = 0.72
CAUSE_AND_FIX = 0.50
CAUSE_AND_FIX_REACH = 8
SHARED_MIN = 3
OTHER_NAMES = 0.20
"""By how much nearer two statements must be of which each names something that the other does not."""
APART = -0.15
"""No two statements of one thing are further from each other than this."""
TOLD_MAX, TERMS_PER_WORTH = 30, 15
"""How many terms count as telling more, and how many weigh as much as one of worth."""
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


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement, and what it takes to compare it."""

    statement: Statement
    about: frozenset[str]
    names: frozenset[str]
    vector: NDArray[np.floating[Any]] | None


def joined(found: Sequence[Statement], vectors: NDArray[np.floating[Any]] | None) -> list[Finding]:
    """In the order in which each was first said; `vectors` has a row of length 1 for each statement."""
    rows = [None] * len(found) if vectors is None else list(vectors)
    groups: list[list[_Said]] = []
    for statement, row in zip(found, rows, strict=True):
        said = _Said(statement, terms(statement.text), names(statement.text), row)
        best, nearest = 0.0, list[_Said]()
        for group in groups:
            over = [_over(one, said) for one in group]
            if max(over) > best and min(over) > APART:
                best, nearest = max(over), group
        if not nearest:
            groups.append(nearest)
        nearest.append(said)
    return [_finding(group) for group in groups]


def _over(one: _Said, other: _Said) -> float:
    """By how much two statements are nearer than they must be to be one; 0 or less where they are not."""
    shared = len(one.about & other.about)
    if shared < max(1, min(SHARED_MIN, len(one.about), len(other.about))):
        return 0.0
    near = containment(one.about, other.about)
    if one.vector is not None and other.vector is not None:
        near = (near + max(float(one.vector @ other.vector), 0.0)) / 2
    if one.names - other.names and other.names - one.names:
        near -= OTHER_NAMES
    kinds = {one.statement.kind, other.statement.kind}
    if kinds == {"incident"} and _are_close(one.statement, other.statement):
        return near - CAUSE_AND_FIX
    if len(kinds) == 1:
        return near - SAME
    return near - (SAME_LIKE_TYPE if kinds in _ALIKE else SAME_OTHER_TYPE)


def _are_close(one: Statement, other: Statement) -> bool:
    """Near in time; the summary is near to everything."""
    first, second = one.places[-1], other.places[-1]
    return SUMMARY in (first, second) or abs(first - second) <= CAUSE_AND_FIX_REACH


def _finding(group: list[_Said]) -> Finding:
    """The statement that is worth most and tells most comes first."""
    together: dict[LearntType, float] = {}
    for said in group:
        for kind, weight in said.statement.weights.items():
            together[kind] = together.get(kind, 0.0) + weight / len(group)
    kind, weight = cues.best(together)
    ordered = sorted(group, key=lambda it: -(it.statement.worth + min(len(it.about), TOLD_MAX) / TERMS_PER_WORTH))
    return Finding(tuple(it.statement for it in ordered), kind, weight)
