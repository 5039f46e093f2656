"""Texts cut into paragraphs of sentences. A sentence stays verbatim: a quote must be found again in its source."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.extraction.distil.noise import is_prose, without_foreign

TEXT_CHARS_MAX = 24_000
"""Read of one text, from both its ends: what is worth keeping of 64 KB is not in their middle."""
READ_CHARS_MAX = 250_000
"""Read of one session: some seconds of work. Beyond it the longest texts are cut, not the last ones."""
WRAPPED_FROM = 60
"""A line longer than this goes on in the next one."""
SENTENCE_CHARS_MAX = 600
"""A longer one was written by no person."""

_BULLET = re.compile(r"^\s*(?:[-*•+]|\d{1,2}[.)])\s+(?:\[[ xX]\]\s+)?")
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s+(?P<hashes>.+?)[\s#]*|\*\*(?P<stars>[^*]+?):?\*\*:?|(?P<plain>[A-Z][\w ]{2,30}):)\s*$"
)
_FIELD = re.compile(
    r"^\s*(?:[-*•]\s+)?[*_]*(?:files?|dates?|authors?|status|branch|tickets?|commits?|location|environment|duration|severity|version|"
    r"reviewers?|refs?|references|started|updated|created)(?: (?:modified|changed|created|updated))?[*_]*:",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"^\s*(?:\[?\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp][Mm])?\]?\s*)?(?:<?(?P<who>[A-Za-z][\w.-]{1,20})>?:\s+(?=\S))?",
)
_CLOCK = re.compile(r"^\s*\[?\d{1,2}:\d\d")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|resp|incl|excl|fig|nr|dr|mr|mrs|st|ca|v)|(?:^|[\s.(])[A-Za-z]|^\d{1,2})\.$",
    re.IGNORECASE,
)
_DANGLING = re.compile(r"(?:,|\b(?:a|an|the|of|to|in|on|as|by|for|with|and|or|is|are|was|be))\s*$", re.IGNORECASE)
_END = re.compile(r"[.!?]+[\"'”’)\]*_]*\s+(?=\S)")
_USERS = frozenset({"user", "human", "me"})


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that were written as one: a block of lines, or an item of a list. `heading` is the one above, `by_user`
    whether the text itself says that a user speaks.
    """

    sentences: tuple[str, ...]
    heading: str = ""
    by_user: bool = False
    is_item: bool = False


def fair_share(lengths: Sequence[int], total: int = READ_CHARS_MAX) -> int:
    """How much of each text may be read so that all together stay within `total`, at most TEXT_CHARS_MAX."""
    left, share = total, TEXT_CHARS_MAX
    for number, length in enumerate(sorted(lengths)):
        share = min(TEXT_CHARS_MAX, left // (len(lengths) - number))
        if length > share:
            break
        left -= length
    return share


def paragraphs(text: str, chars_max: int = TEXT_CHARS_MAX) -> Iterator[Paragraph]:
    """In their order; a bullet is a paragraph, lines that are no prose are none."""
    heading, lines = "", list[str]()
    for line in [*_read(text, chars_max).split("\n"), ""]:
        found = _HEADING.match(line)
        if lines and (found or _begins_anew(line, lines[-1])):
            yield from _paragraph(lines, heading)
            lines = []
        if found:
            heading = (found["hashes"] or found["stars"] or found["plain"]).strip(" *:")
        elif line.strip() and is_prose(line) and not _FIELD.match(line):
            lines.append(line)


def _read(text: str, chars_max: int) -> str:
    cleaned = without_foreign(text)
    if len(cleaned) <= chars_max:
        return cleaned
    half = chars_max // 2
    return f"{cleaned[:half].rpartition(chr(10))[0] or cleaned[:half]}\n\n{cleaned[-half:].partition(chr(10))[2]}"


def _begins_anew(line: str, before: str) -> bool:
    """A wrapped line goes on in lower case where the line before did not end."""
    if not line.strip() or _BULLET.match(line) or _CLOCK.match(line) or not is_prose(line):
        return True
    if _DANGLING.search(before):
        return False
    if len(before) > WRAPPED_FROM:
        return False
    return before.rstrip()[-1:] in ".!?:;" or not line.lstrip()[:1].islower()


def _paragraph(lines: list[str], heading: str) -> Iterator[Paragraph]:
    text = "\n".join([_BULLET.sub("", lines[0]), *lines[1:]]).strip()
    speaker = _SPEAKER.match(text)
    who = (speaker["who"] or "") if speaker else ""
    named = who.lower() in _USERS or (bool(who) and bool(_CLOCK.match(text)))
    if speaker and (named or not who):
        text = text[speaker.end() :]
    found = tuple(sentence for sentence in _cut(text) if len(sentence) <= SENTENCE_CHARS_MAX)
    if found:
        yield Paragraph(found, heading, who.lower() in _USERS, bool(_BULLET.match(lines[0])))


def _cut(text: str) -> Iterator[str]:
    begin = 0
    for end in _END.finditer(text):
        piece = text[begin : end.end()].strip()
        if _ABBREVIATION.search(piece) or piece.count("(") > piece.count(")") or piece.count("`") % 2:
            continue
        yield piece
        begin = end.end()
    if text[begin:].strip():
        yield text[begin:].strip()
