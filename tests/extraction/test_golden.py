"""What the extractor reaches on sessions with known answers, and how that is counted."""

import pytest

from services.extraction.distil import Distilled, Nearness, distil
from tests.extraction.golden_set import Case, Expected, Score, cases, score
from tests.extraction.nearness import LocalNearness

pytestmark = pytest.mark.slow

PRECISION_MIN, RECALL_MIN, TYPE_ACCURACY_MIN = 0.8, 0.7, 0.8


@pytest.fixture(scope="module", params=["with embeddings", "by cue phrases alone"])
def scores(request: pytest.FixtureRequest, nearness: LocalNearness) -> list[tuple[Case, Score]]:
    near: Nearness | None = nearness if request.param == "with embeddings" else None
    return [(case, score(case, distil(case.session, near))) for case in cases()]


def total(scores: list[tuple[Case, Score]], *, held_out: bool | None = None) -> Score:
    together = Score()
    for case, one in scores:
        if held_out is None or case.held_out == held_out:
            together.add(one)
    return together


@pytest.mark.parametrize("held_out", [None, True, False], ids=["all", "held out", "open"])
def test_the_golden_set_is_learnt_well_enough(scores: list[tuple[Case, Score]], held_out: bool | None) -> None:
    reached = total(scores, held_out=held_out)
    assert reached.precision >= PRECISION_MIN, reached.too_much
    assert reached.recall >= RECALL_MIN, reached.missed
    assert reached.type_accuracy >= TYPE_ACCURACY_MIN, reached.wrong_type


def test_nothing_unwanted_comes_out(scores: list[tuple[Case, Score]]) -> None:
    assert total(scores).leaks == []


def test_sessions_with_nothing_in_them_stay_empty(scores: list[tuple[Case, Score]]) -> None:
    empty = [one.came_out for case, one in scores if not case.expected]
    assert empty == [0, 0]


def test_the_set_is_large_enough_and_a_third_of_it_held_out() -> None:
    known = cases()
    assert len(known) >= 12
    assert 3 * sum(case.held_out for case in known) >= len(known)
    assert max(len(case.session.observations) for case in known) >= 290


def memory(title: str, kind: str = "decision", files: tuple[str, ...] = ()) -> Distilled:
    return Distilled(title, f"{title}.", kind, (), (), files, 0.5, 0.5, (), ())  # type: ignore[arg-type]


def expecting(*expected: Expected) -> Case:
    return Case("case", "a test", False, cases()[0].session, expected, ("secret",))


REDIS = Expected("Use Redis", "decision", ("redis", "limiter|limits", "worker"), files=("a.py",))


def test_a_match_needs_two_thirds_of_the_terms_and_every_file() -> None:
    case = expecting(REDIS)
    assert score(case, [memory("Redis for limits", files=("a.py", "b.py"))]).matched == 1
    assert score(case, [memory("Redis", files=("a.py",))]).matched == 0
    assert score(case, [memory("Redis for limits per worker", files=("b.py",))]).matched == 0


def test_a_second_memory_of_one_statement_is_one_too_much() -> None:
    both = [memory("Redis limits", files=("a.py",)), memory("Redis limits per worker", files=("a.py",))]
    counted = score(expecting(REDIS), both)
    assert (counted.precision, counted.recall) == (0.5, 1.0)
    assert "worker" not in counted.too_much[0]


def test_the_type_counts_apart_and_optional_statements_not_at_all() -> None:
    wrong = score(expecting(REDIS), [memory("Redis limits", "incident", ("a.py",))])
    assert (wrong.precision, wrong.type_accuracy) == (1.0, 0.0)
    optional = Expected("x", "decision", ("redis",), optional=True)
    assert (score(expecting(optional), [memory("Redis")]).came_out, score(expecting(optional), []).wanted) == (0, 0)


def test_an_unwanted_phrase_is_found_wherever_it_is() -> None:
    assert len(score(expecting(), [memory("x", files=("secret.py",))]).leaks) == 1
