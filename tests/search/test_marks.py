"""Marks: what the index has in the place of words."""

from services.search.store import Filters, Marks
from tests.search.marking import MARKS

WS = "ws-aaaaaaaaaaaa"


def test_equal_words_have_equal_marks_in_one_field_of_one_workspace_with_one_key() -> None:
    mark = MARKS.of(WS, "tags", ("db",))
    assert mark == MARKS.of(WS, "tags", ("db",))
    assert "db" not in mark[0]
    others = [
        MARKS.of(WS, "tags", ("DB",)),
        MARKS.of(WS, "files", ("db",)),
        MARKS.of("ws-b", "tags", ("db",)),
        Marks("another").of(WS, "tags", ("db",)),
    ]
    assert len({each[0] for each in (mark, *others)}) == 5


def test_a_tag_is_found_by_each_of_its_beginnings_and_by_nothing_else() -> None:
    starts = set(MARKS.starts(WS, ("db:é",)))
    asked = MARKS.filters(WS, Filters(tag_prefixes=("d", "db", "db:", "db:é", "b", "db:éx", "")))
    assert asked.tag_prefixes is not None
    assert [each in starts for each in asked.tag_prefixes] == [True] * 4 + [False] * 3


def test_what_is_not_asked_for_stays_so() -> None:
    assert MARKS.filters(WS, Filters(namespaces=("default",), tags=())) == Filters(namespaces=("default",), tags=())
