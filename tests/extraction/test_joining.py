"""What is said several times, or as cause here and fix there, becomes one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.extraction.distil.joining import Finding, joined
from tests.extraction.talking import stated


def together(*told: str, summary: str | None = None, cosine: float | None = None) -> list[Finding]:
    """`cosine` is that of any two different statements."""
    found = stated(*told, summary=summary)
    return joined(found, None if cosine is None else _vectors(len(found), cosine))


def _vectors(count: int, cosine: float) -> NDArray[np.floating[Any]]:
    own: Sequence[float] = [(1 - cosine) ** 0.5] * count
    return np.hstack([np.full((count, 1), cosine**0.5), np.diag(own)])


DECIDED = "We decided to use Redis for the rate limiter because counters were per worker."
AGAIN = "Decided to use Redis for the rate limiter, counters were per worker."


def test_the_same_said_twice_is_one() -> None:
    [finding] = together(DECIDED, "Heads up: Safari throttles animation frames in low-power mode.", AGAIN)[:1]
    assert len(finding.statements) == 2


def test_what_is_near_by_meaning_needs_fewer_words_in_common() -> None:
    first = "Decided to dispatch tasks through on_commit, since a worker may see uncommitted rows."
    second = "We decided that all Celery jobs start in on_commit because their process is faster than Postgres."
    assert len(together(first, second)) == 2
    assert len(together(first, second, cosine=0.9)) == 1
    assert len(together(first, second, cosine=0.1)) == 2


def test_things_that_share_only_a_subject_stay_apart() -> None:
    other = "We decided to use Redis streams for the audit log, because Kafka is too much to run."
    assert len(together(DECIDED, other)) == 2


def test_cause_and_fix_of_one_failure_are_one() -> None:
    cause = "The checkout timed out because the payment handler held a transaction during the fraud call."
    fix = "Fixed the checkout timeout by making the fraud call before the transaction."
    [finding] = together(cause, fix)
    assert finding.kind == "incident"


def test_the_one_that_tells_most_comes_first() -> None:
    long = f"{DECIDED[:-1]} and a fixed window is good enough for 60 requests a minute."
    [finding] = together(AGAIN, long)
    assert finding.main.text == long
