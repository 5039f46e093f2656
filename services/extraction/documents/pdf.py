"""Reading a PDF. Whatever its author meant to do to its reader: this runs where it can harm nobody (loops.pdf)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from services.extraction.documents.decoding import Unreadable
from services.extraction.documents.outline import (
    BLANK,
    HEADING_CHARS_MAX,
    LEVEL_MAX,
    Break,
    Heading,
    Source,
    few_enough,
    source_of,
    title_of,
)

PAGES_MAX = 5_000
TEXT_CHARS_MAX = 10_485_760
TITLES_MAX = 2_000
BETWEEN_PAGES = "\n\n"
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A title of the outline; `page` is from 0."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class Pages:
    """The text of each page, and the outline in its order."""

    texts: Sequence[str]
    outline: Sequence[Bookmark]


def pages_of(content: bytes) -> Pages:
    """Raises Unreadable (`encrypted`, `broken_pdf`, `too_long`), and whatever a malicious file makes pypdf raise."""
    try:
        reader = PdfReader(BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unreadable("encrypted", "The PDF is encrypted, and can't be read without its password.")
        return Pages(list(_texts(reader)), list(_bookmarks(reader, reader.outline)))
    except PyPdfError as fault:
        raise Unreadable("broken_pdf", f"The PDF is broken or cut short: {fault}"[:500]) from None


def source_of_pages(pages: Pages) -> Source:
    """The pages one after the other, with the outline's titles as headings where they stand, else where their page
    begins.
    """
    starts, length = list[int](), 0
    for text in pages.texts:
        starts.append(length)
        length += len(text) + len(BETWEEN_PAGES)
    source = source_of(BETWEEN_PAGES.join(pages.texts), is_markdown=False)
    headings = few_enough(sorted(_headings(pages, starts), key=lambda it: it.start))
    breaks = [*source.breaks, *(Break(it.start, BLANK + 1 + LEVEL_MAX - it.level) for it in headings)]
    return Source(source.text, False, headings, sorted(breaks, key=lambda it: it.at), starts)


def _texts(reader: PdfReader) -> Iterator[str]:
    length = 0
    for number, page in enumerate(reader.pages):
        text = _UNKEEPABLE.sub("\ufffd", page.extract_text()).strip()
        length += len(text)
        if number >= PAGES_MAX or length > TEXT_CHARS_MAX:
            raise Unreadable("too_long", f"The PDF has more than {PAGES_MAX} pages or {TEXT_CHARS_MAX} characters.")
        yield text


def _bookmarks(reader: PdfReader, outline: Iterable[Any], level: int = 1) -> Iterator[Bookmark]:
    """`outline` is a list of destinations, each followed by the list of those below it, if there are any."""
    for entry in outline:
        if isinstance(entry, list):
            yield from _bookmarks(reader, entry, level + 1)
        elif (page := reader.get_destination_page_number(entry)) is not None and page >= 0:
            yield Bookmark(_UNKEEPABLE.sub("\ufffd", str(entry.title)), min(level, LEVEL_MAX), page)


def _headings(pages: Pages, starts: Sequence[int]) -> Iterator[Heading]:
    after = 0
    for mark in pages.outline[:TITLES_MAX]:
        title = title_of(mark.title)[:HEADING_CHARS_MAX]
        if not title or mark.page >= len(starts):
            continue
        start = starts[mark.page]
        words = re.compile(r"\s+".join(map(re.escape, title.split())))
        found = words.search(pages.texts[mark.page], max(0, after - start))
        after = start + found.start() if found else start
        yield Heading(after, mark.level, title)
