"""Communities are called after what they share and others do not, and keep their names."""

import re
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.graph.labels import LENGTH_MAX, label, slug


@dataclass(frozen=True)
class Memory:
    community: int
    terms: tuple[str, ...] = ()
    title: str = ""
    memory_type: str = "general"
    namespace: str = "default"
    earlier: str | None = None


def labels(*memories: Memory) -> list[str | None]:
    return label(
        [it.community for it in memories],
        namespaces=[it.namespace for it in memories],
        terms=[it.terms for it in memories],
        memory_types=[it.memory_type for it in memories],
        titles=[it.title for it in memories],
        earlier=[it.earlier for it in memories],
    )


def only(*memories: Memory) -> str:
    """The one label of one community."""
    [name] = set(labels(*memories))
    assert name is not None
    return name


OTHERS = [Memory(9, ("cooking",), "Bread rises slowly")] * 6


def first(*memories: Memory) -> str:
    """The label of the community of `memories`, beside another."""
    name = labels(*memories, *OTHERS)[0]
    assert name is not None
    return name


def test_without_memories_there_is_nothing_to_label() -> None:
    assert labels() == []


def test_who_is_in_no_community_has_no_label() -> None:
    assert labels(Memory(-1, ("database",), earlier="database")) == [None]


def test_a_shared_concept_and_the_dominating_type_make_the_name() -> None:
    assert first(*[Memory(0, ("database",), memory_type="pattern")] * 3) == "database-patterns"


def test_two_shared_concepts_make_the_name_where_no_type_dominates() -> None:
    mixed = [Memory(0, ("database", "locking"), memory_type=kind) for kind in ("pattern", "decision", "general")]
    assert first(*mixed) == "database-locking"


def test_what_everybody_has_says_nothing() -> None:
    everywhere = [Memory(community, ("repo:weft", topic)) for community, topic in ((0, "auth"), (1, "search"))] * 3
    assert set(labels(*everywhere)) == {"auth", "search"}


def test_what_others_have_too_comes_after_what_only_these_have() -> None:
    here = [Memory(0, ("python", "sockets"))] * 4
    there = [Memory(1, ("python", "graphs"))] * 4
    assert set(labels(*here, *there, *OTHERS)) == {"sockets-python", "graphs-python", "cooking-bread"}


def test_a_concept_of_one_member_is_not_shared() -> None:
    assert first(Memory(0, ("redis",)), Memory(0, ("kafka",))) == "notes"


def test_words_of_titles_serve_where_there_are_no_concepts() -> None:
    titles = ["The migration of users", "Why the migration failed in 2024", "A migration and its locks"]
    assert first(*[Memory(0, title=title) for title in titles]) == "migration"


def test_a_concept_weighs_more_than_a_word_of_titles() -> None:
    assert first(*[Memory(0, ("storage",), "Disks and more")] * 3).startswith("storage")


@pytest.mark.parametrize(
    "term",
    [
        *("2024-05", "2024-05-17", "2024-Q3", "42", "#1234", "v1.2.3", "a1b2c3d4e5", "date:2024-05-01", "x", "!!!"),
        *("6d7d4f0e-5a6b-5c0b-9a57-2f0a3f3b7c11", "2024-05-17T10:00:00Z", "数据库", "\x00\x1b\x07"),
    ],
)
def test_numbers_dates_hashes_and_what_no_slug_can_say_are_left_out(term: str) -> None:
    assert first(*[Memory(0, (term,), memory_type="decision")] * 3) == "decisions"


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("repo:weft", "weft"),
        ("Überprüfung", "uberprufung"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("ﬁle systems", "file-systems"),
        ("C++/CMake", "c-cmake"),
        ("std::vector", "vector"),
        ("a\x00b\n\tc <script>", "a-b-c-script"),
    ],
)
def test_terms_are_slugged_sensibly(term: str, name: str) -> None:
    assert first(*[Memory(0, (term,))] * 3) == name


@pytest.mark.parametrize(
    ("memory_type", "name"),
    [
        ("decision", "decisions"),
        ("pattern", "patterns"),
        ("convention", "conventions"),
        ("architecture", "architecture"),
        ("discovery", "discoveries"),
        ("incident", "incidents"),
        ("general", "notes"),
        ("wiki", "wiki"),
        ("sdlc_knowledge", "sdlc"),
        ("", "community"),
    ],
)
def test_who_shares_nothing_is_called_by_type(memory_type: str, name: str) -> None:
    assert only(*[Memory(0, memory_type=memory_type)] * 3) == name


def test_a_type_is_not_said_twice() -> None:
    assert first(*[Memory(0, ("design patterns",), memory_type="pattern")] * 3) == "design-patterns"


def test_a_type_that_all_others_have_as_well_says_nothing() -> None:
    here = [Memory(0, ("auth",), memory_type="decision")] * 3
    there = [Memory(1, ("search",), memory_type="decision")] * 3
    assert set(labels(*here, *there)) == {"auth", "search"}


def test_names_are_unique_in_a_namespace_by_the_next_best_word_and_then_by_number() -> None:
    alike = [Memory(community, ("auth",)) for community in range(3) for _ in range(3)]
    assert labels(*alike, *OTHERS)[0:9:3] == ["auth", "auth-2", "auth-3"]
    words = [*alike[:3], *[Memory(1, ("auth", "tokens"))] * 3]
    assert labels(*words, *OTHERS)[0:6:3] == ["auth", "tokens-auth"]


def test_two_namespaces_may_use_the_same_name_and_do_not_see_each_other() -> None:
    here = [Memory(0, ("auth",))] * 3
    there = [Memory(1, ("auth",), namespace="secret", title="Tokens")] * 3
    assert labels(*here, *there) == ["auth"] * 3 + ["auth-tokens"] * 3
    assert labels(*here) == ["auth"] * 3


def test_the_order_of_concepts_changes_nothing() -> None:
    assert first(*[Memory(0, ("beta", "alpha"))] * 3) == first(*[Memory(0, ("alpha", "beta"))] * 3) == "alpha-beta"


def test_a_community_keeps_its_label_when_a_memory_is_added() -> None:
    before = [Memory(0, ("database",), memory_type="pattern", earlier="database-patterns")] * 5
    added = Memory(0, ("database", "redis"))
    assert first(*before, added, added) == "database-patterns"


def test_a_community_keeps_its_label_when_it_grows_manyfold() -> None:
    before = [Memory(0, ("database", "storage"), earlier="storage-database")] * 3
    assert first(*before, *[Memory(0, ("database", "redis"))] * 30) == "storage-database"


def test_no_word_that_only_deleted_memories_had_lives_on() -> None:
    deleted_since = [Memory(0, ("auth",), earlier="auth-merger")] * 5
    assert first(*deleted_since) == "auth"


def test_of_two_that_become_one_the_larger_gives_its_label() -> None:
    large = [Memory(0, ("auth", "large", "small"), earlier="auth-large")] * 5
    small = [Memory(0, ("auth", "large", "small"), earlier="auth-small")] * 3
    assert first(*small, *large) == "auth-large"


def test_of_one_that_becomes_two_the_larger_part_keeps_the_label_and_the_other_gets_one_of_its_own() -> None:
    large = [Memory(0, ("auth", "keys"), earlier="auth")] * 5
    small = [Memory(1, ("auth", "cookies"), earlier="auth")] * 3
    assert labels(*small, *large)[::7] == ["cookies", "auth"]


def test_what_falls_into_many_parts_leaves_its_label_to_none() -> None:
    parts = [
        Memory(part, ("auth", "old", f"part{'abc'[part]}"), earlier="old-auth") for part in range(3) for _ in range(3)
    ]
    assert "old-auth" not in labels(*parts, *OTHERS)


def test_one_memory_from_elsewhere_does_not_bring_its_label_along() -> None:
    terms = ("auth", "tokens")
    assert first(Memory(0, terms, earlier="tokens-auth"), *[Memory(0, terms)] * 3) == "auth-tokens"


def test_a_label_that_is_no_longer_true_is_given_up() -> None:
    changed = [Memory(0, ("search",), memory_type="pattern", earlier="database-patterns")] * 4
    assert first(*changed) == "search-patterns"


def test_a_name_by_type_stays_until_there_is_something_to_share() -> None:
    assert first(*[Memory(0, earlier="notes-7")] * 4) == "notes-7"
    assert first(*[Memory(0, ("search",), earlier="notes-7")] * 4) == "search"


def test_labels_are_stable_once_given() -> None:
    memories = [Memory(it % 4, (f"topic{'abcd'[it % 4]}", "shared"), memory_type="wiki") for it in range(40)]
    once = labels(*memories)
    again = [
        Memory(it.community, it.terms, memory_type="wiki", earlier=name)
        for it, name in zip(memories, once, strict=True)
    ]
    assert labels(*again) == once


def test_hostile_tags_make_short_plain_labels() -> None:
    name = first(*[Memory(0, ("x" * 128, "-" * 128, "\u202e\u0000evil" * 20, "💥" * 64))] * 3)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= LENGTH_MAX


@given(st.lists(st.tuples(st.integers(-1, 3), st.lists(st.text(max_size=60), max_size=4), st.text(max_size=80))))
def test_any_text_makes_valid_labels_one_to_a_community(rows: list[tuple[int, list[str], str]]) -> None:
    memories = [Memory(community, tuple(terms), title) for community, terms, title in rows]
    found = labels(*memories)
    pairs = {(it.community, name) for it, name in zip(memories, found, strict=True)}
    for community, name in pairs:
        assert (name is None) == (community < 0)
        assert name is None or (re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) and len(name) <= LENGTH_MAX)
    assert len(pairs) == len({community for community, _ in pairs}) == len({name for _, name in pairs})
    assert found == labels(*memories)


@given(st.text())
def test_a_slug_is_its_own_slug(text: str) -> None:
    assert slug(slug(text)) == slug(text)
    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", slug(text))
