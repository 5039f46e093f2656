"""From a document's text to chunks, in slices, and to sections.

A slice is what is worked at in one turn, and what a language model reads at once. It is cut where the text has a
heading or a blank line near its end, so that what is cut within it by structure is cut much as in the whole.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from services.extraction.documents.outline import Heading, Source
from services.kit.redaction import redact, redact_parts

SLICE_CHARS_MAX = 24_000
CHUNK_CHARS_MAX = 1_200


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk: `source.text[start:end]`. `section` is the number of the innermost it begins in, `page` is from 1."""

    index: int
    start: int
    end: int
    section: int | None
    page: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """A section: numbers of its parent and of its first and last chunk, those of its subsections among them."""

    number: int
    parent: int | None
    title: str
    level: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A slice to be read: the texts of its chunks, each under its index. It is number `part` of `parts`, from 1."""

    part: int
    parts: int
    texts: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A document in chunks, slice by slice (no slice is without one), and its sections in the order of the text."""

    slices: Sequence[Sequence[Passage]]
    sections: Sequence[Part]

    @property
    def chunks(self) -> int:
        return sum(map(len, self.slices))

    def piece(self, number: int, text: str) -> Piece:
        """Slice `number`, from 0, without its secrets; `text` is the document's, and what places count in."""
        passages = self.slices[number]
        start, end = passages[0].start, passages[-1].end
        shown = redact_parts(text[start:end], [(it.start - start, it.end - start) for it in passages])
        texts = [(it.index, each) for it, each in zip(passages, shown, strict=True)]
        return Piece(number + 1, len(self.slices), texts)


def cut(source: Source) -> Cut:
    """All of a text but the white space between chunks; nothing where it has nothing else."""
    ends = _ends(source.headings, len(source.text))
    slices = list[Sequence[Passage]]()
    index = 0
    for start, end in slices_of(source):
        spans = chunks_of(source.text[start:end], is_markdown=source.is_markdown)
        placed = [_passage(source, index + number, start + a, start + b) for number, (a, b) in enumerate(spans)]
        if placed:
            slices.append(placed)
            index += len(placed)
    return Cut(slices, _parts(source.headings, ends, [it for piece in slices for it in piece]))


def slices_of(source: Source) -> list[tuple[int, int]]:
    """Characters from and to (not included), without a gap. None is longer than SLICE_CHARS_MAX."""
    found = list[tuple[int, int]]()
    at = [it.at for it in source.breaks]
    start, length = 0, len(source.text)
    while start < length:
        end = min(start + SLICE_CHARS_MAX, length)
        if end < length:
            near = source.breaks[bisect_right(at, start + SLICE_CHARS_MAX // 2) : bisect_right(at, end)]
            best = max(near, key=lambda it: (it.weight, it.at), default=None)
            end = best.at if best is not None else _between_words(source.text, start, end)
        found.append((start, end))
        start = end
    return found


def chunks_of(piece: str, *, is_markdown: bool) -> list[tuple[int, int]]:
    """Characters from and to (not included), at most CHUNK_CHARS_MAX of them, without white space around."""
    splitter = MarkdownSplitter(CHUNK_CHARS_MAX) if is_markdown else TextSplitter(CHUNK_CHARS_MAX)
    return [(start, start + len(text)) for start, text in splitter.chunk_indices(piece) if text.strip()]


def _between_words(text: str, start: int, end: int) -> int:
    half = start + SLICE_CHARS_MAX // 2
    return next((at + 1 for space in "\n ." if (at := text.rfind(space, half, end)) >= 0), end)


def _ends(headings: Sequence[Heading], length: int) -> list[int]:
    """Where each section ends: at the next heading that is not below it."""
    ends = [length] * len(headings)
    open_ = list[int]()
    for number, heading in enumerate(headings):
        while open_ and headings[open_[-1]].level >= heading.level:
            ends[open_.pop()] = heading.start
        open_.append(number)
    return ends


def _passage(source: Source, index: int, start: int, end: int) -> Passage:
    section = bisect_right(source.headings, start, key=lambda it: it.start) - 1
    page = bisect_right(source.pages, start) or None
    return Passage(index, start, end, section if section >= 0 else None, page)


def _parts(headings: Sequence[Heading], ends: Sequence[int], passages: Sequence[Passage]) -> list[Part]:
    """Of sections in which no chunk lies, as an outline may have them, the next one counts, or the last of all."""
    if not passages:
        return []
    found, open_ = list[Part](), list[Part]()
    for number, heading in enumerate(headings):
        while open_ and open_[-1].level >= heading.level:
            open_.pop()
        first = min(bisect_right(passages, heading.start, key=lambda it: it.end), len(passages) - 1)
        last = max(first, bisect_left(passages, ends[number], key=lambda it: it.start) - 1)
        parent = open_[-1].number if open_ else None
        found.append(Part(number, parent, redact(heading.title).text, heading.level, first, last))
        open_.append(found[-1])
    return found
