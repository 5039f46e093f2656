"""What several windows have told, and what a day may cost."""

from typing import Any

import pytest

from contracts.base import Quote
from services.extraction.asking import Budget, Prices, Spent, joined
from services.extraction.asking.joining import MEMORIES_MAX
from services.extraction.merging import Learnt
from tests import examples

TEXT = "Redis streams were chosen over Celery because Celery loses tasks when the broker restarts."


def told(quote: str = "said", **fields: Any) -> Learnt:
    filled = {"title": "Use Redis streams instead of Celery", "narrative": TEXT, "importance_score": 0.5} | fields
    return Learnt(draft=examples.a_draft(**filled), quotes=(Quote(text=quote),), extractor="llm/m/1")


def test_the_same_told_twice_is_one_memory_that_rests_on_both() -> None:
    again = told(
        "repeated",
        title="Celery replaced by Redis streams",
        narrative="Celery loses tasks when the broker restarts, so Redis streams were chosen.",
        importance_score=0.7,
        confidence_score=0.2,
        source_files=("b.py",),
    )
    [found] = joined([told(source_files=("a.py",), confidence_score=0.6), again])
    assert found.draft.title == "Celery replaced by Redis streams", "the more important one's words"
    assert [it.text for it in found.quotes] == ["repeated", "said"]
    assert (found.draft.confidence_score, found.draft.source_files) == (0.6, ("b.py", "a.py"))


def test_another_type_or_another_thing_stays_apart() -> None:
    other = told(title="Pin Node to version 20", narrative="The PDF renderer segfaults on Node 22.")
    assert len(joined([told(), told(memory_type="incident", title="Celery loses tasks"), other])) == 3


def test_the_very_same_text_is_the_same_whatever_its_type() -> None:
    assert len(joined([told(), told(memory_type="general")])) == 1


def test_at_most_twenty_the_most_important_first() -> None:
    many = [
        told(title=f"Number {number} of part{number}", narrative=f"About x{number}.", importance_score=number / 100)
        for number in range(30)
    ]
    found = joined(many)
    assert [it.draft.importance_score for it in found] == [number / 100 for number in range(29, 29 - MEMORIES_MAX, -1)]
    assert joined([]) == []


def test_quotes_stay_within_what_an_event_may_carry() -> None:
    [found] = joined([told(f"passage {number}") for number in range(50)])
    assert len(found.quotes) == 32


def test_a_budget_says_why_a_call_must_wait() -> None:
    assert Budget().refusal(Spent(10**6, 10**9, 60.0), 10**6) is None
    assert Budget(3).refusal(Spent(2, 0, 60.0), 10) is None
    assert "budget of model calls (3 a day)" in (Budget(3).refusal(Spent(3, 0, 60.0), 10) or "")
    assert Budget(None, 100).refusal(Spent(9, 90, 60.0), 10) is None
    assert "budget of 100 model tokens a day has 91 used" in (Budget(None, 100).refusal(Spent(9, 91, 60.0), 10) or "")
    assert Budget(0).refusal(Spent(0, 0, 60.0), 1)
    assert Budget(None, 0).refusal(Spent(0, 0, 60.0), 1)


def test_a_cost_needs_both_prices() -> None:
    assert Prices(2.0, 10.0).cost(1_000_000, 50_000) == pytest.approx(2.5)
    assert Prices(2.0, None).cost(1, 1) is Prices(None, 2.0).cost(1, 1) is None
