"""Which memories of type general get another type, and which are left as they are."""

from collections import Counter
from typing import Any

import pytest

from services.extraction.distil import distil
from services.extraction.distil.kinds import CHATTER, EXAMPLES
from services.extraction.retyping import retype, type_of
from tests.extraction.golden_set import _pairs, cases
from tests.extraction.nearness import LocalNearness

pytestmark = pytest.mark.slow

PRECISION_MIN, DECIDED_MIN = 0.95, 0.4


@pytest.mark.parametrize("with_embeddings", [True, False])
def test_what_gets_a_type_gets_the_right_one(nearness: LocalNearness, with_embeddings: bool) -> None:
    near, counted = nearness if with_embeddings else None, Counter[str]()
    for case in cases():
        memories = distil(case.session, nearness)
        found = [(it.statement, "", (it.type, *it.also)) for it in case.expected]
        for number, place in _pairs(case.expected, memories):
            expected = case.expected[number]
            found.append((memories[place].title, memories[place].narrative, (expected.type, *expected.also)))
        for title, narrative, right in found:
            kind = type_of(title, narrative or title, near)
            counted["all"] += 1
            counted["decided"] += kind is not None
            counted["right"] += kind in right
    assert counted["right"] >= PRECISION_MIN * counted["decided"], counted
    assert counted["decided"] >= DECIDED_MIN * counted["all"], counted


def test_chatter_stays_what_it_is(nearness: LocalNearness) -> None:
    assert [text for text in EXAMPLES[CHATTER] if type_of("A note", text, nearness)] == []


MEMORY: dict[str, Any] = {
    "memory_id": "mem-0000000000000001",
    "revision": 4,
    "title": "Use Redis streams instead of Celery",
    "narrative": "We decided to use Redis streams instead of Celery because Celery loses tasks when a broker restarts.",
    "importance_score": 0.5,
}


def test_an_order_names_the_revision_that_was_read() -> None:
    order = retype(MEMORY, None)
    assert order is not None
    assert (order.memory_id, order.memory.revision, order.memory_type) == (MEMORY["memory_id"], 4, "decision")


def test_what_is_pinned_is_left_alone() -> None:
    assert retype({**MEMORY, "importance_score": 1.0}, None) is None


def test_what_stands_far_down_in_a_long_text_decides_nothing() -> None:
    report = "Notes of the meeting. We met on Tuesday. " + MEMORY["narrative"]
    assert type_of("Meeting on Tuesday", report, None) is None
