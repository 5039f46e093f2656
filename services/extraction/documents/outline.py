"""Where a text has its headings, and where it may be cut."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HEADINGS_MAX = 2_000
"""Of a text with more, those of the deepest levels are left out."""
HEADING_CHARS_MAX = 300
"""A longer line is no heading."""
LEVEL_MAX = 6
BLANK = 1
"""What a blank line weighs as a place to cut; a heading weighs more, the higher it stands the more."""

_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*?)(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_UNDERLINED = re.compile(r" {0,3}[^\s#>|<*+=`~-].*")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
_MARKS = re.compile(r"\*{1,3}|`+|(?<!\w)_{1,3}|_{1,3}(?!\w)|<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Heading:
    """`start` is the character where its line begins, `level` 1 the highest."""

    start: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class Break:
    """A place between two characters where a text may be cut, rather where the weight is more."""

    at: int
    weight: int


@dataclass(frozen=True, slots=True)
class Source:
    """A document as text. `pages` are the characters where each page begins, none where there are no pages."""

    text: str
    is_markdown: bool
    headings: Sequence[Heading] = ()
    breaks: Sequence[Break] = ()
    pages: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """`text` is its beginning, without what ends it; `opens`: nothing, or nothing of a paragraph, is before it."""

    start: int
    text: str
    is_fenced: bool
    opens: bool


def source_of(text: str, *, is_markdown: bool) -> Source:
    """A Markdown or plain text with its outline; plain text has no headings."""
    headings, breaks = list[Heading](), list[Break]()
    before: _Line | None = None
    for line in _lines(text, is_markdown=is_markdown):
        if line.is_fenced:
            continue
        if is_markdown and (found := _heading(line, before)):
            headings.append(found)
            breaks.append(Break(found.start, BLANK + 1 + LEVEL_MAX - found.level))
        elif not line.text.strip():
            breaks.append(Break(line.start, BLANK))
        before = line
    return Source(text, is_markdown, few_enough(headings), sorted(breaks, key=lambda it: it.at))


def few_enough(headings: Sequence[Heading]) -> list[Heading]:
    """At most HEADINGS_MAX, without the deepest levels if need be."""
    level = LEVEL_MAX
    kept = list(headings)
    while len(kept) > HEADINGS_MAX and level > 1:
        level -= 1
        kept = [it for it in headings if it.level <= level]
    return kept[:HEADINGS_MAX]


def title_of(text: str) -> str:
    """A heading's text without marks and links, in one line; empty where nothing of it can be seen."""
    plain = " ".join(_MARKS.sub("", _LINK.sub(r"\1", text)).split())
    return plain if any(it.isalnum() for it in plain) else ""


def _lines(text: str, *, is_markdown: bool) -> Iterator[_Line]:
    start, fence, opens = 0, "", True
    for whole in text.splitlines(keepends=True):
        line = whole[: HEADING_CHARS_MAX + 1].rstrip("\r\n")
        fenced = bool(fence)
        if is_markdown and (found := _FENCE.match(line)):
            if not fence:
                fence, fenced = found[1], True
            elif found[1].startswith(fence) and not line[found.end() :].strip():
                fence = ""
        yield _Line(start, line, fenced, opens)
        opens = fenced or not line.strip() or bool(_ATX.fullmatch(line))
        start += len(whole)


def _heading(line: _Line, before: _Line | None) -> Heading | None:
    """Of a line, or of the one before where this one underlines it."""
    if found := _ATX.fullmatch(line.text):
        title = title_of(found[2])
        return Heading(line.start, len(found[1]), title) if title and len(line.text) <= HEADING_CHARS_MAX else None
    if line.opens or before is None or not before.opens or not (found := _UNDERLINE.fullmatch(line.text)):
        return None
    title = title_of(before.text) if _UNDERLINED.fullmatch(before.text) else ""
    return Heading(before.start, 1 if found[1].startswith("=") else 2, title) if title else None
