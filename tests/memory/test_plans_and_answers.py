"""Plans, pruning, and the derived summary."""

from datetime import timedelta

import pytest

from contracts.base import now
from services.memory.decisions.answers import SUMMARY_LENGTH_MAX, summary_of
from services.memory.decisions.plans import is_near_limit, pruning


@pytest.mark.parametrize(
    ("plan", "count", "near"),
    [("free", 449, False), ("free", 450, True), ("pro", 9_000, True), ("team", 1_000_000, False)],
)
def test_a_workspace_is_told_from_90_percent_on(plan: str, count: int, near: bool) -> None:
    assert is_near_limit(plan, count) is near


def test_pruning_looks_at_the_plans_retention_and_at_90_unread_days() -> None:
    moment = now()
    assert pruning("free", moment).made_before == moment - timedelta(days=30)
    assert pruning("team", moment).made_before == moment
    assert pruning("pro", moment).opened_before == moment - timedelta(days=90)


@pytest.mark.parametrize(
    ("narrative", "summary"),
    [
        ("One. Two.", "One."),
        ("Use v1.2 of it. Then rest.", "Use v1.2 of it."),
        ("No end of sentence", "No end of sentence"),
        ("Line\nbroken   text. Rest.", "Line broken text."),
        ("Really? Yes.", "Really?"),
    ],
)
def test_a_summary_is_the_first_sentence_on_one_line(narrative: str, summary: str) -> None:
    assert summary_of(narrative) == summary


def test_a_long_sentence_is_cut_at_a_word() -> None:
    summary = summary_of("word " * 1_000)
    assert len(summary) <= SUMMARY_LENGTH_MAX
    assert summary.endswith("word…")
