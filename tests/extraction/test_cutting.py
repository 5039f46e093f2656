"""From bytes to chunks and sections, whatever the bytes are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.extraction.documents.cutting import CHUNK_CHARS_MAX, SLICE_CHARS_MAX, Cut, cut, slices_of
from services.extraction.documents.decoding import Unreadable, text_of
from services.extraction.documents.outline import HEADINGS_MAX, Source, source_of

SENTENCE = "The night job warms the cache of each node before the first request comes. "
GUIDE = f"""---
title: a guide
---

# Guide

{SENTENCE * 20}

## Install ##

{SENTENCE * 5}

```sh
# no heading
## neither
```

Usage
-----

{SENTENCE * 30}

### `run` and [stop](https://example.com)

{SENTENCE}

Reference
=========

{SENTENCE}
"""


def is_whole(source: Source, made: Cut) -> bool:
    """Whether the chunks are all of the text but white space, in order, numbered without a gap, none too long."""
    passages = [it for piece in made.slices for it in piece]
    assert [it.index for it in passages] == list(range(len(passages)))
    assert all(0 < it.end - it.start <= CHUNK_CHARS_MAX for it in passages)
    edges = [0, *(edge for it in passages for edge in (it.start, it.end)), len(source.text)]
    assert edges == sorted(edges)
    between = zip(edges[::2], edges[1::2], strict=True)
    return not any(source.text[start:end].strip() for start, end in between)


def test_chunks_say_exactly_where_they_stand_and_in_which_section() -> None:
    source = source_of(GUIDE, is_markdown=True)
    made = cut(source)
    assert is_whole(source, made)
    titles = [(it.title, it.level, it.parent) for it in made.sections]
    assert titles == [
        ("Guide", 1, None),
        ("Install", 2, 0),
        ("Usage", 2, 0),
        ("run and stop", 3, 2),
        ("Reference", 1, None),
    ]
    for passage in (it for piece in made.slices for it in piece):
        if passage.section is not None:
            section = made.sections[passage.section]
            assert section.first <= passage.index <= section.last
    usage, run = made.sections[2], made.sections[3]
    assert usage.first <= run.first <= run.last == usage.last
    assert made.sections[0].last < made.chunks - 1 or made.sections[4].first == made.chunks - 1


@given(st.text(alphabet=st.sampled_from("# \n\r\t-=`>*1.ab|é\U0001f469\u200d\u2028"), max_size=6_000), st.booleans())
def test_no_text_loses_a_character(text: str, is_markdown: bool) -> None:
    source = source_of(text, is_markdown=is_markdown)
    assert is_whole(source, cut(source))


def test_one_line_of_ten_megabytes_is_cut_between_words() -> None:
    source = source_of("lorem ipsum dolor " * 580_000, is_markdown=True)
    pieces = slices_of(source)
    assert all(SLICE_CHARS_MAX // 2 < end - start <= SLICE_CHARS_MAX for start, end in pieces[:-1])
    assert all(source.text[end - 1] == " " for _, end in pieces)
    made = cut(Source(source.text[:100_000], True))
    assert all(source.text[it.end].isspace() for piece in made.slices for it in piece[:-1])


def test_a_slice_ends_before_a_heading_rather_than_within_a_section() -> None:
    section = f"## More\n\n{SENTENCE * 60}\n\n{SENTENCE * 60}\n\n"
    source = source_of(section * 20, is_markdown=True)
    assert all(source.text.startswith("## More", start) for start, _ in slices_of(source))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_are_kept_and_make_no_difference(end: str) -> None:
    made = cut(source_of(GUIDE.replace("\n", end), is_markdown=True))
    assert [it.title for it in made.sections] == ["Guide", "Install", "Usage", "run and stop", "Reference"]


def test_of_too_many_headings_the_deepest_are_left_out() -> None:
    text = "".join(f"{'#' * (1 + number % 6)} Part {number}\n" for number in range(9_000))
    sections = cut(source_of(text, is_markdown=True)).sections
    assert {it.level for it in sections} == {1}
    deep = "".join(f"{'#' * level} {level}\n\ntext\n" for level in range(1, 7)) * 2
    nested = cut(source_of(deep, is_markdown=True)).sections
    assert [it.parent for it in nested] == [None, 0, 1, 2, 3, 4, None, 6, 7, 8, 9, 10]
    assert len(cut(source_of("# One\n" * 3_000, is_markdown=True)).sections) == HEADINGS_MAX


@pytest.mark.parametrize("text", ["", " \n\t \r\n ", "\ufeff"])
def test_nothing_makes_no_chunk(text: str) -> None:
    assert cut(source_of(text_of(text.encode()), is_markdown=True)).chunks == 0


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert text_of(b"\xef\xbb\xbf# Title") == "# Title"
    assert text_of("# Ti\u0301tle".encode("utf-16")) == "# Ti\u0301tle"


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (b"good \xff\xfe bad", "not_utf8", "at 5"),
        (b"cut \xe2\x82", "not_utf8", "UTF-8"),
        (b"\xff\xfe\x00\xd8", "not_utf8", "UTF-16"),
        (b"\x7fELF\0\0", "not_text", "NUL"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_the_place(content: bytes, error: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says) as refused:
        text_of(content)
    assert refused.value.error == error


def test_secrets_are_in_no_chunk_and_no_title_also_where_a_cut_goes_through_them() -> None:
    lines = [f"MII{number:061d}" for number in range(40)]
    key = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----"])
    token = f"ghp_{'a1B2c3D4' * 4}e5F6"
    source = source_of(f"# Use {token}\n\n{SENTENCE * 12}\n{key}\n\n{SENTENCE}", is_markdown=True)
    made = cut(source)
    texts = [text for number in range(len(made.slices)) for _, text in made.piece(number, source.text).texts]
    assert len(texts) > 2
    shown = "\n".join([*texts, *(it.title for it in made.sections)])
    assert token not in shown
    assert not any(line in shown for line in lines)
    assert "[redacted: GitHub token]" in made.sections[0].title
    assert shown.count(SENTENCE.strip()) == 13
