"""What anybody wrote, for a model to read as data."""

import pytest

from services.kit.quoting import beginning, one_line, quoted, visible


def test_every_line_is_marked_whatever_ends_it() -> None:
    text = "one\ntwo\r\nthree\x0bfour\x0cfive\u2028six\x85seven"
    assert quoted(text) == "\n".join(f"| {it}" for it in ("one", "two", "three", "four", "five", "six", "seven"))


@pytest.mark.parametrize("hidden", ["\x00", "\x1b[2J", "\u202e", "\u200b", "\ud800", "\x9f"])
def test_what_can_not_be_seen_does_not_get_through(hidden: str) -> None:
    assert not set(hidden) & set(quoted(f"a{hidden}b")) - set("[2J")
    assert len(visible(f"a{hidden}b")) == len(f"a{hidden}b")


def test_one_line_is_one_line() -> None:
    assert one_line(" a\n\n b\t\u2029c ") == "a b c"


def test_a_beginning_ends_at_a_word_and_says_that_there_was_more() -> None:
    assert beginning("one two three", 13) == "one two three"
    assert beginning("one two three", 11) == "one two …"
    assert beginning("x" * 20, 10) == "x" * 8 + " …"
