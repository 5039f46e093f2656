"""What counts as shared, and how sure that makes us."""

import itertools

import pytest

from services.graph.relations import (
    CROWD_MAX,
    EDGES_MAX,
    FOUND_BY,
    HOLDERS_MAX,
    SAYS,
    Due,
    Kind,
    Method,
    Shared,
    alike,
    close_in_time,
    features,
    heads_in,
    ids_in,
    in_one_session,
    in_words,
    mentions,
    names,
    overlaps,
    rarity,
    size_step,
    step,
    title_head,
    title_words,
    words_in,
)


def share(target: int, *holders: int, kind: Kind = Kind.FILE, age_rank: int = 1) -> Shared:
    """What memory 0 shares with `target`: one feature for each number of holders, by the keys 0, 1, ..."""
    return Shared(0, target, kind, tuple(range(len(holders))), holders, age_rank)


@pytest.mark.parametrize("memories", [2, 10, 100, 1_000, 100_000])
def test_the_more_hold_a_feature_the_less_it_says(memories: int) -> None:
    said = [rarity(holders, memories) for holders in range(1, 600)]
    assert said[1] == 1.0
    assert all(0.0 <= more <= less <= 1.0 for less, more in itertools.pairwise(said))


@pytest.mark.parametrize("memories", [6, 10, 16, 31, 100, 1_000])
def test_what_half_the_workspace_shares_says_nothing(memories: int) -> None:
    assert rarity((memories + 1) // 2, memories) == 0.0


def test_two_of_two_may_well_share_something() -> None:
    assert rarity(2, 2) == 1.0
    assert rarity(3, 5) > 0.5


def test_past_a_number_of_holders_a_feature_says_nothing_however_large_the_workspace() -> None:
    assert rarity(HOLDERS_MAX, 10**6) == 0.0
    assert rarity(HOLDERS_MAX - 1, 10**6) > 0.0


@pytest.mark.parametrize("memories", [3, 15, 16, 17, 40, 700, 5_000])
def test_counts_of_one_step_are_of_one_rarity(memories: int) -> None:
    """The projection marks holders when the step changes, and only then: whatever `rarity` looks at is in the steps."""
    by_step: dict[tuple[int, int], set[float]] = {}
    for holders in range(1, min(memories, 600) + 1):
        common = memories >= 6 and holders * 2 >= memories
        if memories < 16 or not common:
            by_step.setdefault((step(holders, memories), size_step(memories)), set()).add(rarity(holders, memories))
    assert all(len(said) == 1 for said in by_step.values())


def test_workspaces_of_one_size_step_weigh_alike() -> None:
    for holders in (2, 3, 7, 8, 100, 255):
        for first, second in ((16, 31), (128, 255), (512, 100_000)):
            assert size_step(first) == size_step(second)
            assert rarity(holders, first) == rarity(holders, second)


def test_a_rare_file_joins_and_a_popular_one_does_not() -> None:
    found = overlaps([share(1, 2), share(2, 200)], 1_000)
    assert [(edge.target, edge.method) for edge in found] == [(1, Method.FILE_OVERLAP)]
    assert found[0].confidence == pytest.approx(0.7)
    assert SAYS[found[0].method].public == "references"


def test_sharing_more_makes_surer_and_never_sure() -> None:
    one, two = overlaps([share(1, 2)], 100)[0], overlaps([share(1, 2, 2)], 100)[0]
    assert one.confidence < two.confidence < 1.0
    assert in_words(two.context, two.shared, {0: "f0", 1: "f1"}) == "Both concern f0, f1."


def test_edges_of_a_method_are_bounded_and_the_surest_stay() -> None:
    many = [share(target, 2 if target == 77 else 4, age_rank=target) for target in range(100)]
    found = overlaps(many, 1_000)
    assert len(found) == EDGES_MAX[Method.FILE_OVERLAP]
    assert found[0].target == 77
    assert [edge.target for edge in found[1:]] == list(range(EDGES_MAX[Method.FILE_OVERLAP] - 1))


def test_a_context_names_the_rarest_and_counts_the_rest() -> None:
    [found] = overlaps([share(1, 9, 2, 3, 2, kind=Kind.TAG)], 1_000)
    names = {0: "f0", 1: "{}", 2: "f2", 3: "f3"}
    assert in_words(found.context, found.shared, names) == "Both are tagged f2, f3, {} and 1 more."


def test_a_context_is_not_told_where_a_name_is_not_known_any_more() -> None:
    [found] = overlaps([share(1, 2, 2)], 1_000)
    assert in_words(found.context, found.shared, {0: "f0"}) is None


def test_cosines_become_edges_from_their_thresholds_on() -> None:
    found = {
        (edge.target, edge.method.public) for edge in alike(0, [(1, 0.96), (2, 0.95), (3, 0.94), (4, 0.75), (5, 0.74)])
    }
    assert found == {
        (1, "embedding_similarity"),
        (2, "embedding_similarity"),
        (3, "embedding_similarity"),
        (4, "embedding_similarity"),
        (1, "near_duplicate"),
        (2, "near_duplicate"),
    }


def test_similar_memories_are_bounded() -> None:
    found = alike(0, [(number, 0.99) for number in range(1, 50)])
    assert sum(edge.method == Method.EMBEDDING_SIMILARITY for edge in found) == EDGES_MAX[Method.EMBEDDING_SIMILARITY]
    assert sum(edge.method == Method.NEAR_DUPLICATE for edge in found) == EDGES_MAX[Method.NEAR_DUPLICATE]


def test_closeness_in_time_fades_and_a_crowd_says_nothing() -> None:
    assert [edge.confidence for edge in close_in_time(0, [(1, 0.0), (2, 300.0)])] == [0.3, 0.15]
    assert close_in_time(0, [(1, 600.0)]) == []
    assert close_in_time(0, [(number, 1.0) for number in range(1, CROWD_MAX + 2)]) == []


def test_a_session_joins_a_memory_to_those_right_before_it() -> None:
    assert [edge.target for edge in in_one_session(0, [5, 4, 3, 2, 1])] == [5, 4, 3]


@pytest.mark.parametrize(
    "text",
    [
        "As in Use the connection pool.",
        "(Use the connection pool)",
        "Use the\n  connection pool, always",
        '"Use the connection pool" says so',
    ],
)
def test_an_exact_title_is_a_mention(text: str) -> None:
    assert names(text, "Use the connection pool")
    assert title_head("Use the connection pool") in heads_in(text)


@pytest.mark.parametrize("text", ["Use the connection pools", "use the connection pool", "Reuse the connection pool"])
def test_a_title_that_is_not_exact_is_none(text: str) -> None:
    assert not names(text, "Use the connection pool")


def test_a_title_of_one_word_is_no_mention() -> None:
    assert title_head("Decorators") is None
    assert title_words("Decorators") == []


def test_titles_with_signs_can_be_mentioned() -> None:
    title = "C++: don't use `new` (see [1])"
    text = f"We said so in {title}; and mean it."
    assert names(text, title)
    assert title_head(title) in heads_in(text)
    assert set(title_words(title)) <= words_in(text)


def test_mentions_are_by_id_or_title_and_never_of_oneself() -> None:
    text = "See mem-a1b2c3d4e5f6g7h8 and Use the pool."
    assert ids_in(text + text) == ["mem-a1b2c3d4e5f6g7h8"]
    assert ids_in("mem-a1b2c3d4e5f6g7h8x xmem-a1b2c3d4e5f6g7h8") == []
    assert set(ids_in(text)) <= words_in(text)
    found = mentions(0, text, [(1, "Use the pool"), (2, "Use the pools"), (0, "Use the pool")], [3])
    assert [(edge.target, edge.context) for edge in found] == [
        (3, "Names it by its id."),
        (1, "Names it by its title."),
    ]


def test_features_are_one_whatever_their_case_but_files_are_not() -> None:
    found = features(["A.py", "a.py", " "], ["Async  IO", "async io"], ["X", "x"], "ses-1")
    assert found == [
        (Kind.FILE, "A.py"),
        (Kind.FILE, "a.py"),
        (Kind.CONCEPT, "async io"),
        (Kind.TAG, "x"),
        (Kind.SESSION, "ses-1"),
    ]


def test_each_of_the_eight_methods_looks_again_for_one_kind_of_due() -> None:
    looking = [method for methods in FOUND_BY.values() for method in methods]
    assert sorted(looking) == sorted(SAYS) == sorted(EDGES_MAX)
    assert Due.ALL == Due.SHARED | Due.NAMED | Due.ALIKE
