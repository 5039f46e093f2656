"""What a document speaks of: people, organisations, places, technology, files, identifiers and concepts. English only.

Names are runs of words with capitals, where the capital is not that of a sentence's first word alone. Their kind comes
from what they are made of (`GmbH`, `River`, `InfluxDB`), from what stands beside them, and from lists of common names.
Concepts are noun phrases that come again and again.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile

from contracts.documents import EntityKind
from services.extraction.distil.keyphrases import phrases
from services.extraction.distil.noise import is_prose, is_suspect, without_foreign
from services.extraction.distil.paths import paths_in
from services.extraction.distil.terms import STOP_WORDS
from services.extraction.documents.gazetteer import (
    ALSO_WORDS,
    FIRST_NAMES,
    NO_NAMES,
    PLACES,
    TECHNOLOGIES,
    TITLES,
)

ENTITIES_MAX = 2_000
"""Of a document, those of which it speaks most."""
CHUNKS_MAX = 100
"""Of an entity, the first."""
NAME_CHARS_MAX = 120
CONCEPT_MENTIONS_MIN = 3
BESIDE_CHARS = 60
"""What of the text before and behind a name is looked at."""
COUNTED_MAX = 50_000
"""So many different names are counted; when there are more, those seen once are dropped."""

_ORGANISATIONS = """
GmbH AG AS ASA SE Inc Ltd LLC LLP Corp Corporation Company Co SA SpA BV NV Oy AB PLC KG University Institute Bank
Society Foundation Council Ministry Department Agency Committee Association Group Hospital School College Museum Lab
Labs Laboratory Laboratories Technologies Airlines Press Union Parliament Commission Court Federation Alliance
Consortium Industries Partners Holding Holdings
"""
_PLACES = """
Reef River Lake Street Road Avenue Square Island Islands Bay City County Valley Desert Ocean Sea Mountain Mountains
Forest Coast Beach Bridge Airport Harbor Harbour Park Hill Peninsula Province
"""
OF_ORGANISATIONS, OF_PLACES = frozenset(_ORGANISATIONS.split()), frozenset(_PLACES.split())
"""Last words by which a name is known to be one's."""
_WORD = r"[A-ZÀ-ÖØ-Þ][\w’'&+-]*"
_HEAD = (
    r"(?:University|Bank|Ministry|Institute|Department|Museum|City|Bay|Gulf|Isle|Republic|Court|Council|Board|House)"
)
_NAME = re.compile(
    rf"(?<![\w@/.-])(?:{_HEAD}\sof\s(?:the\s)?{_WORD}|{_WORD})(?:\s(?:(?:de|van|von|der|la)\s)?{_WORD})*"
)
_HEAD_OF = re.compile(rf"{_HEAD} of ")
_CODE = re.compile(
    r"`([\w.:/$@-]{2,64})(?:\(\))?`|(?<![\w./`])([A-Za-z]\w*_\w+|[a-z]+[A-Z]\w+|[A-Za-z]\w*(?:::\w+)+|[a-z]+-\d+)(?![\w/])"
)
_URL = re.compile(r"\bhttps?://\S+")
_TITLED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sir|Professor|President|Captain|Judge)\.?|\b(?:CEO|CTO|CFO|COO),?)\s$")
_OF_PERSON = re.compile(
    r"^,?\s(?:who|said|says|joined|prefers?|likes|dislikes|wants|wrote|asked|thinks|believes|argued|proposed|leads|led|was\sborn|met"
    r"|would\srather|told|explained|presented|works)\b"
)
_IN_PLACE = re.compile(
    r"\b(?:in|near|coast of|city of|born in|based in|from|moved to|office in|travelled to|flew to)\s(?:the\s)?$",
    re.IGNORECASE,
)
_OF_TECHNOLOGY = re.compile(
    r"^(?:\s(?:v?\d+(?:\.\d+)*\b|is\san?\s(?:\w+\s){0,3}(?:service|library|framework|database|language|tool|engine|server|broker|protocol"
    r"|daemon|package|client|compiler|editor|browser|plugin|system|platform|api|cli)\b|(?:service|library|framework|database|server|broker"
    r"|cluster|plugin|protocol|driver|sdk|api|queue|client)s?\b))",
    re.IGNORECASE,
)
_IN_TECHNOLOGY = re.compile(
    r"\b(?:written in|implemented in|built with|powered by|deployed (?:on|to|with)|runs on)\s$", re.IGNORECASE
)
_MIXED = re.compile(r"[A-Z]+[a-z]+[A-Z]\w*|[A-Z]\w*(?:SQL|DB|MQ)")
_ERROR = re.compile(r"[a-z](?:Error|Exception|Warning)$")
_OPENS = re.compile(r"(?:\A|\n\s*\n|\n\s*(?:[-*•#>]+|\d+[.)])|[.!?:][\"'”)\]*_]*\s)[\s\"'“(*_]*\Z")
_POSSESSIVE = re.compile(r"['’]s?$")
_LOWER = re.compile(r"\b(?:pytest|npm|pip|nginx|numpy|pandas|systemd|mypy|kubectl|dbt|eslint|webpack)\b")
"""Technologies that are written without a capital, and are no other word."""
_NEVER_FIRST = STOP_WORDS | NO_NAMES | TITLES


@dataclass(frozen=True, slots=True)
class Mention:
    """`weight`: how much speaks for this kind."""

    name: str
    kind: EntityKind
    weight: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a document speaks of; `chunks` are indexes, the first CHUNKS_MAX."""

    name: str
    kind: EntityKind
    mentions: int
    chunks: tuple[int, ...]


@dataclass(slots=True)
class _Counted:
    names: Counter[str] = field(default_factory=Counter)
    kinds: defaultdict[EntityKind, float] = field(default_factory=lambda: defaultdict(float))
    chunks: list[int] = field(default_factory=list)


class Gathering:
    """Mentions of all chunks of a document, added up. Chunks come in order."""

    def __init__(self) -> None:
        self._counted: dict[str, _Counted] = {}

    def add(self, chunk: int, mentions: Iterable[Mention]) -> None:
        for it in mentions:
            counted = self._counted.setdefault(" ".join(it.name.casefold().split()), _Counted())
            counted.names[it.name] += 1
            counted.kinds[it.kind] += it.weight
            if len(counted.chunks) < CHUNKS_MAX and counted.chunks[-1:] != [chunk]:
                counted.chunks.append(chunk)
        if len(self._counted) > COUNTED_MAX:
            self._counted = {key: it for key, it in self._counted.items() if it.names.total() > 1}

    def spoken(self) -> list[Spoken]:
        """At most ENTITIES_MAX, the most mentioned first. A concept counts from CONCEPT_MENTIONS_MIN mentions on."""
        found = [_spoken(it) for it in self._counted.values()]
        kept = [it for it in found if it.kind != "concept" or it.mentions >= CONCEPT_MENTIONS_MIN]
        return sorted(kept, key=lambda it: (-it.mentions, it.name))[:ENTITIES_MAX]


def _spoken(counted: _Counted) -> Spoken:
    kind = max(counted.kinds, key=lambda it: (counted.kinds[it], it))
    name = max(counted.names, key=lambda it: (counted.names[it], it))
    return Spoken(name, kind, counted.names.total(), tuple(counted.chunks))


def mentions_of(chunk: str) -> list[Mention]:
    """Each mention, in no order. Concepts weigh so little that any other kind wins over them."""
    lines = [it for it in without_foreign(chunk).split("\n") if not it.strip() or (is_prose(it) and not is_suspect(it))]
    text = _URL.sub(" ", "\n".join(lines))
    paths = [it.strip("()[]") for it in paths_in(text)]
    for path in paths:
        text = text.replace(path, " ")
    found = [*(Mention(it, "file", 2.0) for it in paths), *_code(text)]
    text = _CODE.sub(" ", text)
    found += _named(text)
    found += [Mention(it, "technology", 1.0) for it in _LOWER.findall(text)]
    found += [Mention(it, "concept", 0.01) for it in phrases(text) if " " in it and it.islower()]
    return [it for it in found if len(it.name) <= NAME_CHARS_MAX]


def _code(text: str) -> Iterator[Mention]:
    for found in _CODE.finditer(text):
        name = (found[1] or found[2]).strip(".:/-$@")
        if any(map(str.isalpha, name)) and not (name.isalpha() and name.islower()):
            yield Mention(name, "technology" if name.lower() in TECHNOLOGIES else "identifier", 1.5)


def _named(text: str) -> Iterator[Mention]:
    for run in _NAME.finditer(text):
        words = _POSSESSIVE.sub("", run[0]).split()
        kept = list(dropwhile(lambda it: it.lower() in _NEVER_FIRST, words))
        while kept and kept[-1].lower() in NO_NAMES:
            kept.pop()
        if not kept:
            continue
        before = text[max(0, run.start() - BESIDE_CHARS) : run.start()]
        opens = len(kept) == len(words) and bool(_OPENS.search(before))
        if kind := _kind(kept, before, text[run.end() : run.end() + BESIDE_CHARS], opens=opens):
            yield Mention(" ".join(kept), *kind)


def _kind(words: Sequence[str], before: str, after: str, *, opens: bool) -> tuple[EntityKind, float] | None:
    """What a name is by itself, else by what is beside it. `opens`: it begins a sentence, so that its first capital
    says nothing.
    """
    first, doubtful = words[0].lower(), opens and len(words) == 1
    if (kind := _kind_by_itself(words)) and not (doubtful and first in ALSO_WORDS):
        return kind, 2.0
    witnesses = (first in FIRST_NAMES) + bool(_OF_PERSON.match(after))
    if _TITLED.search(before) or witnesses > doubtful:
        return "person", 2.0
    if _OF_TECHNOLOGY.match(after) or _IN_TECHNOLOGY.search(before):
        return "technology", 1.0
    if doubtful or " ".join(words).isupper():
        return None
    return ("place", 0.8) if _IN_PLACE.search(before) else ("concept", 0.3)


def _kind_by_itself(words: Sequence[str]) -> EntityKind | None:
    name = " ".join(words)
    if len(words) > 1 and (words[-1] in OF_ORGANISATIONS or _HEAD_OF.match(name)):
        return "organisation"
    if len(words) == 1 and _ERROR.search(name):
        return "identifier"
    if name.lower() in TECHNOLOGIES or words[0].lower() in TECHNOLOGIES or any(map(_MIXED.fullmatch, words)):
        return "technology"
    if name.lower() in PLACES or (len(words) > 1 and words[-1] in OF_PLACES):
        return "place"
    return None
