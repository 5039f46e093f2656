"""How important a memory is: what its author and its readers make of it, and how that moves by itself (SPEC 3.11)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

PINNED = 1.0
"""What is pinned moves neither by itself nor by age."""

USEFUL_STEP = 0.02
NOT_USEFUL_STEP = -0.05

GIVEN, USAGE, PAGERANK, CONFIDENCE, RECENCY = 0.45, 0.20, 0.15, 0.10, 0.10
"""The weights of the target (SPEC 3.11)."""

SHARE_OF_THE_WAY = 0.2
STEP_MAX = 0.05
STEP_MIN = 0.001

USES_FOR_HALF = 10
FINDS_A_USE = 4
DAYS_FOR_HALF = 30
UNRANKED = 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """What a memory's importance should follow from, each in [0, 1]."""

    given: float
    usage: float
    pagerank_percentile: float
    confidence: float
    recency: float


def rated(importance: float, useful: bool) -> float:
    """The importance after a rating, within [0, 1], to six decimals: 0.95 and a step of 0.02 are 0.97."""
    step = USEFUL_STEP if useful else NOT_USEFUL_STEP
    return round(min(1.0, max(0.0, importance + step)), 6)


def usage_of(accesses: int, retrievals: int) -> float:
    """From the counters: an access (it was opened) is a use, four retrievals (it was found) are as much as one.

    None is 0, ten uses are a half, thirty three quarters; however often it is used, it stays below 1.
    """
    uses = accesses + retrievals / FINDS_A_USE
    return uses / (uses + USES_FOR_HALF)


def recency_of(touched_at: datetime, day: date) -> float:
    """From when it was made, changed by its author or opened, whichever was last, to the beginning of `day`.

    It halves every 30 days: after the 90 days of the pruning rule (SPEC 3.7) an eighth is left.
    """
    age = datetime.combine(day, time(), UTC) - touched_at
    return float(0.5 ** max(0.0, age.total_seconds() / 86_400 / DAYS_FOR_HALF))


def target(figures: Figures) -> float:
    """Where importance should be, in [0, 1]: the weighted sum of SPEC 3.11.

    `given`: the importance last stored or patched and all ratings since (MemoryState.given_importance). `usage`,
    `recency`: see above. `pagerank_percentile`: the graph's rank within the workspace; where it has none (yet), the
    middle stands in (UNRANKED), so that a workspace without a graph sinks for nothing. `confidence`: its author's.
    """
    return (
        GIVEN * figures.given
        + USAGE * figures.usage
        + PAGERANK * figures.pagerank_percentile
        + CONFIDENCE * figures.confidence
        + RECENCY * figures.recency
    )


def moved(importance: float, figures: Figures) -> float | None:
    """The importance a day later, to six decimals: a fifth of the way to the target, at most 0.05. None where it stays.

    What is pinned stays; so does what would move by less than 0.001 (it is within 0.005 of its target): a quiet memory
    makes no event a night. Nothing becomes pinned by moving.
    """
    if importance >= PINNED:
        return None
    step = min(STEP_MAX, max(-STEP_MAX, SHARE_OF_THE_WAY * (target(figures) - importance)))
    if abs(step) < STEP_MIN:
        return None
    return round(importance + step, 6)
