"""What becomes of something learnt: when it is known already, what a memory gains, whose words it has."""

from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.commands import MemoryDraft
from services.extraction.distil import Distilled, Observation, Session
from services.extraction.injected import lines_of, without_injected
from services.extraction.merging import (
    Learnt,
    changes_for,
    confirmed,
    evidence_for,
    fingerprint,
    is_ours,
    learnt_from,
    nearest,
)
from tests import examples


def a_memory(**fields: Any) -> dict[str, Any]:
    return {"memory_id": examples.a_memory_id(), "revision": 1} | examples.a_draft().model_dump(mode="json") | fields


def a_hit(score: float, **fields: Any) -> dict[str, Any]:
    return {"memory": a_memory(title="Another", **fields), "score": score}


def distilled(**fields: Any) -> Distilled:
    filled: dict[str, Any] = {
        "title": "T",
        "narrative": "N",
        "memory_type": "decision",
        "tags": (),
        "concepts": (),
        "source_files": (),
        "importance": 0.5,
        "confidence": 0.5,
        "observation_ids": (),
        "quotes": (),
    }
    return Distilled(**filled | fields)


def a_session(*contents: str) -> Session:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    seen = [Observation(f"obs-{number:016d}", "message", text, (), at) for number, text in enumerate(contents)]
    return Session("ses-1", "A summary.", "/p", seen)


@pytest.mark.parametrize(("score", "is_same"), [(0.86, True), (0.85, False), (0.1, False)])
def test_a_score_above_the_limit_says_the_same(score: float, is_same: bool) -> None:
    found = nearest(examples.a_draft(), [a_hit(score), a_hit(0.05)])
    assert found is not None
    assert (found.is_same, found.score) == (is_same, score)


def test_the_very_same_text_is_the_same_whatever_its_score() -> None:
    twin = {"memory": a_memory(), "score": 0.2}
    found = nearest(examples.a_draft(), [a_hit(0.3), twin])
    assert found is not None
    assert found.is_same
    assert found.memory == twin["memory"]


def test_where_nothing_is_near_nothing_is_the_same() -> None:
    assert nearest(examples.a_draft(), []) is None


def test_importance_stays_below_what_a_person_pins() -> None:
    assert learnt_from(distilled(importance=1.0), a_session()).draft.importance_score == 0.9


def test_each_quote_names_the_observation_that_has_it() -> None:
    session = a_session("Nothing. The cause was A. Or so.", "Silent.")
    ids = tuple(it.id for it in session.observations)
    learnt = learnt_from(distilled(observation_ids=ids, quotes=("The cause was A.", "A summary.")), session)
    assert [(it.observation_id, it.text) for it in learnt.quotes] == [
        (ids[0], "The cause was A."),
        (None, "A summary."),
        (ids[1], ""),
    ]


def test_evidence_says_what_was_near_even_where_it_was_not_the_same() -> None:
    near = nearest(examples.a_draft(), [a_hit(0.4)])
    assert near is not None
    said = evidence_for(Learnt(draft=examples.a_draft(), quotes=(), extractor="x/1"), "ses-1", near)
    assert said.nearest is not None
    assert (said.nearest.memory_id, said.nearest.score) == (near.memory["memory_id"], 0.4)


@pytest.mark.parametrize("field", ["title", "narrative", "memory_type", "tags", "concepts", "source_files"])
def test_whatever_somebody_edits_makes_it_theirs(field: str) -> None:
    written = a_memory()
    edited = a_memory() | {field: "discovery" if field == "memory_type" else [*written[field], "x"]}
    assert is_ours(written, fingerprint(written))
    assert not is_ours(edited, fingerprint(written))


def test_a_rating_makes_it_nobodys_and_a_pin_makes_it_theirs() -> None:
    written = a_memory()
    assert is_ours(written | {"importance_score": 0.3, "confidence_score": 0.1}, fingerprint(written))
    assert not is_ours(written | {"importance_score": 1.0}, fingerprint(written))
    assert not is_ours(written, None)


def test_a_persons_memory_gains_confidence_and_nothing_else() -> None:
    changes = changes_for(a_memory(), examples.a_draft(title="Other"), ours=False)
    assert changes.given().keys() == {"confidence_score"}


def test_our_own_takes_the_new_words_and_keeps_what_it_was_about() -> None:
    before = a_memory(tags=["old", "both"], importance_score=0.8)
    draft = MemoryDraft(title="New", narrative="Words", tags=("new", "both"), importance_score=0.6)
    given = changes_for(before, draft, ours=True).given()
    assert (given["title"], given["narrative"], given["tags"]) == ("New", "Words", ("new", "both", "old"))
    assert given["importance_score"] == 0.8


def test_lists_stay_within_their_limits() -> None:
    full = a_memory(tags=[f"t{number}" for number in range(64)])
    given = changes_for(full, examples.a_draft(tags=("new",)), ours=True).given()
    assert given["tags"] == ("new", *(f"t{number}" for number in range(63)))


@pytest.mark.parametrize("before", [0.0, 0.3, 0.8, 0.99, 1.0])
@pytest.mark.parametrize("again", [0.1, 0.6, 1.0])
def test_a_second_witness_makes_it_surer_but_never_certain(before: float, again: float) -> None:
    sure = confirmed(before, again)
    assert before <= sure <= max(0.99, before)
    assert sure > before or before >= 0.99


def test_what_stands_between_markers_and_what_repeats_a_memory_is_taken_out() -> None:
    lines = lines_of([a_memory(title="Short", narrative="A line that is long enough to know.\nTiny")])
    text = "Before.\n[Weft — retrieved for a.py]\nInside\n[/Weft]\nA line that is long enough to know. Short. After."
    rest = without_injected(text, lines)
    assert rest.split() == ["Before.", "Short.", "After."]


def test_a_marker_that_is_never_closed_hides_the_rest() -> None:
    assert without_injected("Said. [Weft — retrieved for a.py] not said", ()).strip() == "Said."
