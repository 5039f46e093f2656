"""Nearness to examples helps where cue phrases are unsure."""

from collections import Counter

import pytest

from services.extraction.distil.cues import best, cue_weights
from services.extraction.distil.kinds import CHATTER, EXAMPLES, examples, near_weights
from tests.extraction.golden_set import cases
from tests.extraction.nearness import LocalNearness

pytestmark = pytest.mark.slow


def test_there_are_examples_of_each_type_but_general_and_of_chatter() -> None:
    assert set(EXAMPLES) == {
        "decision",
        "incident",
        "convention",
        "discovery",
        "pattern",
        "architecture",
        CHATTER,
    }
    assert min(len(several) for several in EXAMPLES.values()) >= 6


def test_progress_is_nearer_to_chatter_and_a_decision_is_not(nearness: LocalNearness) -> None:
    known = examples(nearness)
    talk, decision = nearness(["I will now run all the tests again.", "We use MySQL instead of SQLite."])
    assert near_weights(talk, known)[1] > 0 > near_weights(decision, known)[1]


def test_cues_and_nearness_together_know_more_types_than_cues_alone(nearness: LocalNearness) -> None:
    known, right = examples(nearness), Counter[str]()
    for expected in (it for case in cases() for it in case.expected):
        near, _ = near_weights(nearness([expected.statement])[0], known)
        weights = cue_weights(expected.statement)
        both = {kind: weights.get(kind, 0.0) + near[kind] for kind in near}
        right["cues"] += best(weights)[0] in (expected.type, *expected.also)
        right["both"] += best(both)[0] in (expected.type, *expected.also)
    assert right["both"] > right["cues"]
