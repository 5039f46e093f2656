"""The formula, and what is made of it."""

import uuid
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.search.ranking import depth, match_type, page, rank, score


@dataclass(frozen=True)
class Candidate:
    memory_id: str
    keyword: float | None = None
    semantic: float | None = None
    importance: float = 0.5
    created_at: float = 0.0
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def order(*candidates: Candidate, best: float = 1.0, keyword_only: bool = False) -> list[str]:
    return [ranked.memory_id for ranked in rank(candidates, best, keyword_only=keyword_only)]


def test_the_weights_are_the_documented_ones() -> None:
    assert score(1, 0, 0) == pytest.approx(0.3)
    assert score(0, 1, 0) == pytest.approx(0.6)
    assert score(0, 0, 1) == pytest.approx(0.1)
    assert score(1, 1, 1) == pytest.approx(1.0)


def test_the_best_keyword_hit_has_1_and_the_others_their_share_of_it() -> None:
    [best, half] = rank([Candidate("a", 8.0), Candidate("b", 4.0)], 8.0, keyword_only=False)
    assert (best.keyword_score, half.keyword_score) == (1.0, 0.5)
    assert half.score == pytest.approx(0.3 * 0.5 + 0.1 * 0.5)


def test_a_negative_cosine_is_cut_to_0() -> None:
    [ranked] = rank([Candidate("a", semantic=-0.7, importance=1.0)], 0.0, keyword_only=False)
    assert (ranked.semantic_score, ranked.match_type) == (0.0, "semantic")
    assert ranked.score == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("keyword", "semantic", "expected"),
    [(0.4, 0.4, "combined"), (0.4, 0.0, "keyword"), (0.0, 0.4, "semantic"), (0.0, 0.0, "semantic")],
)
def test_match_type_says_which_parts_are_above_0(keyword: float, semantic: float, expected: str) -> None:
    assert match_type(keyword, semantic) == expected


def test_pure_keyword_search_ignores_meaning_and_leaves_out_what_matches_no_word() -> None:
    word, meaning, both = Candidate("word", 2, -0.5, 0), Candidate("meaning", None, 0.99), Candidate("both", 1, 1, 0)
    ranked = rank([word, meaning, both], 2.0, keyword_only=True)
    assert [(it.memory_id, it.match_type, it.semantic_score) for it in ranked] == [
        ("word", "keyword", 0.0),
        ("both", "keyword", 0.0),
    ]
    assert ranked[0].score == pytest.approx(0.3)


def test_ties_go_by_importance_then_newest_then_memory_id() -> None:
    assert order(Candidate("b", created_at=5), Candidate("a", created_at=5), Candidate("c", created_at=6)) == [
        "c",
        "a",
        "b",
    ]
    # 0.3 * 0.2 + 0.1 * 0.2 == 0.3 * 0.1 + 0.1 * 0.5, but for the last bit of a float
    assert order(Candidate("low", 0.2, importance=0.2), Candidate("high", 0.1, importance=0.5)) == ["high", "low"]


def test_an_empty_query_goes_by_importance() -> None:
    assert order(Candidate("a", importance=0.2), Candidate("b", importance=0.9), best=0.0) == ["b", "a"]


def test_the_lists_are_deep_enough_and_the_same_for_neighbouring_pages() -> None:
    for limit, offset in ((1, 0), (20, 0), (200, 0), (200, 10_000)):
        assert depth(limit, offset) >= limit + offset + 50
    assert depth(20, 0) == depth(20, 20) == depth(20, 40)


def test_pages_are_cut_from_one_order() -> None:
    ranked = rank([Candidate(f"{i:03}", semantic=i / 100) for i in range(100)], 0.0, keyword_only=False)
    assert [*page(ranked, 30, 0), *page(ranked, 30, 30)] == ranked[:60]
    assert list(page(ranked, 10, 500)) == []


parts = st.none() | st.floats(-1, 1)
candidates = st.builds(
    Candidate,
    memory_id=st.text(min_size=1),
    keyword=st.none() | st.floats(0, 100),
    semantic=parts,
    importance=st.floats(0, 1),
    created_at=st.floats(0, 2e9),
)


@given(st.lists(candidates, max_size=30))
def test_every_score_is_in_0_to_1_and_the_order_does_not_depend_on_the_input_order(them: list[Candidate]) -> None:
    best = max((it.keyword or 0.0 for it in them), default=0.0)
    ranked = rank(them, best, keyword_only=False)
    for it in ranked:
        assert all(0 <= part <= 1 for part in (it.score, it.keyword_score, it.semantic_score))
    assert [it.score for it in ranked] == sorted((it.score for it in ranked), reverse=True)
    assert {it.id for it in rank(them[::-1], best, keyword_only=False)} == {it.id for it in ranked}
    by_id = {it.memory_id: it for it in them}
    if len(by_id) == len(them):
        assert [it.id for it in rank(them[::-1], best, keyword_only=False)] == [it.id for it in ranked]
