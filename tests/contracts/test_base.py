"""Identifiers and texts: their forms and their limits."""

import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.base import Narrative, Score, Title, content_hash, internal_id, memory_id_from, workspace_id_from

title = TypeAdapter(Title)
narrative = TypeAdapter(Narrative)
score = TypeAdapter(Score)


def test_ids_have_the_form_that_the_contract_gives_them() -> None:
    seed = uuid4()
    assert re.fullmatch(r"mem-[a-z0-9]{16}", memory_id_from(seed))
    assert re.fullmatch(r"ws-[a-z0-9]{12}", workspace_id_from(seed))
    assert memory_id_from(seed) == memory_id_from(seed)


def test_the_same_memory_id_in_two_workspaces_is_two_points() -> None:
    memory_id = memory_id_from(uuid4())
    assert internal_id("ws-aaaaaaaaaaaa", memory_id) != internal_id("ws-bbbbbbbbbbbb", memory_id)


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_content_hash_knows_title_from_narrative(one: str, other: str) -> None:
    if one != other:
        assert content_hash(one, other) != content_hash(other, one)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", "\u200b \u2060", "a\x00b", "\ud800", "x" * 501])
def test_a_title_without_visible_text_or_past_its_limit_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        title.validate_python(text)


@pytest.mark.parametrize("text", ["x", "x" * 500, "日本語", "🧵", "a\nb"])
def test_a_title_with_visible_text_is_kept_as_it_is(text: str) -> None:
    assert title.validate_python(text) == text


def test_a_narrative_may_have_64_ki_characters() -> None:
    assert len(narrative.validate_python("x" * 65_536)) == 65_536
    with pytest.raises(ValidationError):
        narrative.validate_python("x" * 65_537)


@pytest.mark.parametrize("value", [True, False, "0.5", "nan", None, -0.01, 1.01, float("inf"), float("nan")])
def test_what_is_no_number_between_0_and_1_is_no_score(value: object) -> None:
    with pytest.raises(ValidationError):
        score.validate_python(value)


@pytest.mark.parametrize("value", [0, 1, 0.0, 0.5, 1.0])
def test_scores_reach_from_0_to_1(value: float) -> None:
    assert score.validate_python(value) == value
