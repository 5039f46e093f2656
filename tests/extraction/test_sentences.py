"""Texts are cut into paragraphs of sentences that are found again, word by word, in the text."""

from hypothesis import given
from hypothesis import strategies as st

from services.extraction.distil.sentences import TEXT_CHARS_MAX, Paragraph, fair_share, paragraphs


def cut(text: str) -> list[tuple[str, ...]]:
    return [it.sentences for it in paragraphs(text)]


def test_sentences_end_at_full_stops_and_not_in_abbreviations_versions_or_names() -> None:
    assert cut("Use v2.31, e.g. for Node.js apps. It is faster! Is it? yes") == [
        ("Use v2.31, e.g. for Node.js apps.", "It is faster!", "Is it?", "yes")
    ]


def test_notes_in_lower_case_have_sentences_too() -> None:
    assert cut("counts in a dict. each worker has its own.") == [("counts in a dict.", "each worker has its own.")]


def test_a_wrapped_line_goes_on_and_keeps_its_break() -> None:
    text = "The consumer lag came from a synchronous appender that wrote each\nrecord to a slow disk."
    assert cut(text) == [(text,)]


def test_bullets_are_paragraphs_and_know_their_heading() -> None:
    found = list(paragraphs("## Decisions\n- use Redis\n- [x] no Lua\n\n**Open:**\n1. rename it"))
    assert found == [
        Paragraph(("use Redis",), "Decisions", is_item=True),
        Paragraph(("no Lua",), "Decisions", is_item=True),
        Paragraph(("rename it",), "Open", is_item=True),
    ]


def test_time_and_speaker_are_not_part_of_what_was_said() -> None:
    assert cut("[14:02] alice: checkout is slow") == [("checkout is slow",)]
    assert cut("01:44 cert expired") == [("cert expired",)]
    assert cut("gotcha: it resets") == [("gotcha: it resets",)]


def test_a_user_is_known_by_name() -> None:
    assert [it.by_user for it in paragraphs("User: never do that\nAlice: never do that")] == [True, False]


def test_lines_that_are_no_prose_and_fields_are_left_out() -> None:
    assert cut("We use Go.\n$ go test ./...\nok  \tx\t0.1s\n**Files:** a.go\n") == [("We use Go.",)]


def test_of_a_very_long_text_both_ends_are_read() -> None:
    lines = [f"Line {number} of the text says nothing." for number in range(5_000)]
    found = [sentence for it in paragraphs("\n".join(lines)) for sentence in it.sentences]
    assert sum(map(len, found)) <= TEXT_CHARS_MAX
    assert (found[0], found[-1]) == (lines[0], lines[-1])
    assert lines[2_500] not in found


def test_a_fair_share_leaves_short_texts_whole() -> None:
    assert fair_share([10, 10, 10], 1_000) >= 10
    assert fair_share([100, 100, 1_000], 500) == 300
    assert fair_share([1_000] * 10, 1_000) == 100
    assert fair_share([]) == TEXT_CHARS_MAX


@given(st.lists(st.integers(0, 50_000), max_size=50), st.integers(1, 100_000))
def test_shares_together_stay_within_the_total(lengths: list[int], total: int) -> None:
    share = fair_share(lengths, total)
    assert sum(min(length, share) for length in lengths) <= total


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=400))
def test_each_sentence_stands_in_its_text(text: str) -> None:
    assert all(sentence in text for it in paragraphs(text) for sentence in it.sentences)
