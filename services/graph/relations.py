"""How memories come to be related: what counts as shared, how sure that makes us, and in which words we say so."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, IntFlag

from contracts.base import DiscoveryMethod, RelationshipType


class Method(IntEnum):
    """How an edge was found, as the tables keep it. The numbers are for ever."""

    EMBEDDING_SIMILARITY = 1
    NEAR_DUPLICATE = 2
    FILE_OVERLAP = 3
    EXPLICIT_MENTION = 4
    CONCEPT_OVERLAP = 5
    TAG_OVERLAP = 6
    SESSION_COOCCURRENCE = 7
    TEMPORAL_PROXIMITY = 8
    LLM_JUDGEMENT = 9
    MANUAL = 10

    @property
    def public(self) -> DiscoveryMethod:
        name: DiscoveryMethod = self.name.lower()  # type: ignore[assignment]
        return name


class Type(IntEnum):
    """What an edge says, as the tables keep it. The numbers are for ever."""

    REFERENCES = 1
    RELATED_TO = 2
    SIMILAR_TO = 3
    SUPERSEDES = 4
    CAUSED_BY = 5
    CONTRADICTS = 6
    DEPENDS_ON = 7

    @property
    def public(self) -> RelationshipType:
        name: RelationshipType = self.name.lower()  # type: ignore[assignment]
        return name

    @classmethod
    def of(cls, name: RelationshipType) -> "Type":
        return cls[name.upper()]


SAYS: Mapping[Method, Type] = {
    Method.EMBEDDING_SIMILARITY: Type.SIMILAR_TO,
    Method.NEAR_DUPLICATE: Type.SUPERSEDES,
    Method.FILE_OVERLAP: Type.REFERENCES,
    Method.EXPLICIT_MENTION: Type.REFERENCES,
    Method.CONCEPT_OVERLAP: Type.RELATED_TO,
    Method.TAG_OVERLAP: Type.RELATED_TO,
    Method.SESSION_COOCCURRENCE: Type.RELATED_TO,
    Method.TEMPORAL_PROXIMITY: Type.RELATED_TO,
}
"""What each of the eight methods finds (SPEC 3.12)."""

ONE_WAY = {Method.NEAR_DUPLICATE, Method.EXPLICIT_MENTION, Method.LLM_JUDGEMENT, Method.MANUAL}
"""Methods whose edges say something of the source; all others say the same of both."""


class Due(IntFlag):
    """What of a memory's edges is to be found anew."""

    SHARED = 1  # what it shares with older ones, and what it came right after
    NAMED = 2  # what its narrative names
    ALIKE = 4  # what its vector is near to
    NEW_VECTOR = 8  # which newer ones its vector is near to: their edges are due, too
    TEXT = SHARED | NAMED
    ALL = TEXT | ALIKE


FOUND_BY: Mapping[Due, tuple[Method, ...]] = {
    Due.SHARED: (
        Method.FILE_OVERLAP,
        Method.CONCEPT_OVERLAP,
        Method.TAG_OVERLAP,
        Method.SESSION_COOCCURRENCE,
        Method.TEMPORAL_PROXIMITY,
    ),
    Due.NAMED: (Method.EXPLICIT_MENTION,),
    Due.ALIKE: (Method.EMBEDDING_SIMILARITY, Method.NEAR_DUPLICATE),
}
"""Which methods look again, for what is due."""

SIMILAR_FROM = 0.75
"""Cosine (SPEC 3.12)."""
DUPLICATE_FROM = 0.95
"""Cosine (SPEC 3.12)."""

EDGES_MAX: Mapping[Method, int] = {
    Method.EMBEDDING_SIMILARITY: 8,
    Method.NEAR_DUPLICATE: 4,
    Method.FILE_OVERLAP: 8,
    Method.EXPLICIT_MENTION: 20,
    Method.CONCEPT_OVERLAP: 5,
    Method.TAG_OVERLAP: 5,
    Method.SESSION_COOCCURRENCE: 3,
    Method.TEMPORAL_PROXIMITY: 2,
}
"""How many older memories one memory is joined to by each method: a popular file makes no quadratic graph."""


class Kind(IntEnum):
    """What memories may share, as the tables keep it. The numbers are for ever."""

    FILE = 1
    CONCEPT = 2
    TAG = 3
    SESSION = 4


METHOD_OF: Mapping[Kind, Method] = {
    Kind.FILE: Method.FILE_OVERLAP,
    Kind.CONCEPT: Method.CONCEPT_OVERLAP,
    Kind.TAG: Method.TAG_OVERLAP,
    Kind.SESSION: Method.SESSION_COOCCURRENCE,
}

BOTH: Mapping[Kind, str] = {Kind.FILE: "concern", Kind.CONCEPT: "are about", Kind.TAG: "are tagged"}
"""What is said of two that share such features ..."""
NAMED_MAX = 3
"""... of which the rarest are named."""
WORTH: Mapping[Kind, float] = {Kind.FILE: 0.7, Kind.CONCEPT: 0.6, Kind.TAG: 0.5}
"""How sure one shared rare feature makes us."""
CONFIDENT_FROM = 0.25
"""Less than this is no edge (files, concepts, tags)."""

HOLDERS_MAX = 256
"""A feature that so many memories hold says nothing, however large the workspace."""
SMALL = 16
"""Below so many memories, holders are counted exactly; from here on in powers of two (see `step`)."""
MEMORIES_THAT_COUNT = 2 * HOLDERS_MAX
"""Beyond so many memories, half the workspace is more than HOLDERS_MAX: its size no longer matters."""
FEW = 6
"""In a workspace smaller than this, half of the memories may well share something of note."""

CANDIDATES_MAX = 32
"""Of the older memories that share a feature, the newest so many are looked at."""

WITHIN = timedelta(minutes=10)
CROWD_MAX = 5
"""More memories than this within that time, and closeness in time says nothing: an import, a long session."""
CLOSE = 0.3
"""Confidence of two memories stored in the same moment; it falls to nothing at WITHIN."""
SAME_SESSION = 0.5
MENTIONED = 0.95


def rarity(holders: int, memories: int) -> float:
    """How much it means to share a feature: 1 where only two hold it, 0 where half the workspace or HOLDERS_MAX do.

    In between it falls with the logarithm of the holders, as an inverse document frequency does. From SMALL memories on
    both counts are rounded down to powers of two, so that a growing workspace changes what is known only now and then.
    """
    if memories >= FEW and holders * 2 >= memories:
        return 0.0
    held = holders if memories < SMALL else power_of_two(holders)
    of = min(power_of_two(max(memories, SMALL)), MEMORIES_THAT_COUNT)
    return min(1.0, max(0.0, 1.0 - math.log2(max(held, 2) / 2) / math.log2(of / 4)))


def step(holders: int, memories: int) -> int:
    """Counts with the same step have the same rarity (as long as `memories` stays in its own step)."""
    return min(holders if memories < SMALL else power_of_two(holders), HOLDERS_MAX)


def size_step(memories: int) -> int:
    """Workspaces of the same step weigh features alike."""
    return memories if memories < SMALL else min(power_of_two(memories), MEMORIES_THAT_COUNT)


def power_of_two(count: int) -> int:
    """The greatest power of two that is not greater; 0 for 0."""
    return 1 << (count.bit_length() - 1) if count else 0


@dataclass(frozen=True, slots=True)
class Found:
    """An edge from a memory (a node) to another, as one method found it.

    `context` says why, with a `{}` for each name of what the two share (`in_words`); `shared` has the keys of these.
    """

    source: int
    target: int
    method: Method
    confidence: float
    context: str
    shared: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shared:
    """What a memory shares with an older one: features of one kind, by key, each with the number of its holders."""

    source: int
    target: int
    kind: Kind
    features: tuple[int, ...]
    holders: tuple[int, ...]
    age_rank: int
    """The target's place among the candidates, newest first: it breaks ties."""


def overlaps(shared: Iterable[Shared], memories: int) -> list[Found]:
    """Edges from shared files, concepts and tags, at most EDGES_MAX for each source and method.

    Confidence is a noisy-or: 1 - product of (1 - WORTH * rarity) over what is shared.
    """
    rows: dict[tuple[int, Kind], list[tuple[float, int, Shared]]] = {}
    for each in shared:
        weights = [WORTH[each.kind] * rarity(count, memories) for count in each.holders]
        confidence = 1.0 - math.prod(1.0 - weight for weight in weights)
        if confidence >= CONFIDENT_FROM:
            rows.setdefault((each.source, each.kind), []).append((-confidence, each.age_rank, each))
    return [
        Found(source, each.target, METHOD_OF[kind], round(-negative, 4), *_why(each, memories))
        for (source, kind), row in rows.items()
        for negative, _, each in sorted(row, key=lambda one: one[:2])[: EDGES_MAX[METHOD_OF[kind]]]
    ]


def _why(shared: Shared, memories: int) -> tuple[str, tuple[int, ...]]:
    """A context, and the keys of what it names."""
    steps = (step(count, memories) for count in shared.holders)  # what else is counted changes without being marked
    named = tuple(key for _, key in sorted(zip(steps, shared.features, strict=True)))[:NAMED_MAX]
    unnamed = len(shared.features) - len(named)
    more = f" and {unnamed} more" if unnamed else ""
    return f"Both {BOTH[shared.kind]} {', '.join('{}' for _ in named)}{more}.", named


def in_words(context: str, shared: Iterable[int], names: Mapping[int, str]) -> str | None:
    """A context with its names, which are known by key; None where one is not: the memory has changed since."""
    known = [names[key] for key in shared if key in names]
    placed = context.count("{}")
    return context.format(*map(_cut, sorted(known))) if len(known) == placed else None


def alike(source: int, near: Sequence[tuple[int, float]]) -> list[Found]:
    """Edges from the cosines of a memory with older ones, the nearest first."""
    found = []
    for target, cosine in near:
        sure = round(min(cosine, 1.0), 4)
        if cosine >= SIMILAR_FROM:
            said = f"Their texts mean much the same (cosine {cosine:.2f})."
            found.append(Found(source, target, Method.EMBEDDING_SIMILARITY, sure, said))
        if cosine >= DUPLICATE_FROM:
            said = f"Says nearly what the older one said (cosine {cosine:.2f})."
            found.append(Found(source, target, Method.NEAR_DUPLICATE, sure, said))
    return [edge for method in FOUND_BY[Due.ALIKE] for edge in _first(found, method)]


def _first(found: Sequence[Found], method: Method) -> list[Found]:
    return [edge for edge in found if edge.method == method][: EDGES_MAX[method]]


def in_one_session(source: int, others: Sequence[int]) -> list[Found]:
    """Edges to the memories of the same session that came right before it."""
    method = Method.SESSION_COOCCURRENCE
    said = "Learned in the same session."
    return [Found(source, other, method, SAME_SESSION, said) for other in others[: EDGES_MAX[method]]]


def close_in_time(source: int, before: Sequence[tuple[int, float]]) -> list[Found]:
    """Edges to what was stored right before it; `before` are (node, seconds), the closest first, CROWD_MAX + 1 of them.

    None at all where there was a crowd.
    """
    if len(before) > CROWD_MAX:
        return []
    method = Method.TEMPORAL_PROXIMITY
    found = []
    for node, seconds in before[: EDGES_MAX[method]]:
        confidence = round(CLOSE * (1.0 - seconds / WITHIN.total_seconds()), 4)
        if confidence > 0:
            found.append(Found(source, node, method, confidence, f"Stored within {_span(seconds)}."))
    return found


def _span(seconds: float) -> str:
    if seconds <= 1:
        return "a second"
    return f"{math.ceil(seconds)} seconds" if seconds < 90 else f"{math.ceil(seconds / 60)} minutes"


# ---- mentions

TITLE_WORDS_MIN = 2
"""A title of one word is no mention of a memory wherever that word is used."""
HEAD_WORDS = 3
HEAD_LENGTH_MAX = 400

_WORD = re.compile(r"\w+")
_MEMORY_ID = re.compile(r"(?<![a-z0-9-])mem-[a-z0-9]{16}(?![a-z0-9])")


def title_head(title: str) -> str | None:
    """The first three words of a title, by which it is looked up; None for one that is too short to be mentioned."""
    words = _WORD.findall(title)[:HEAD_WORDS]
    return " ".join(words)[:HEAD_LENGTH_MAX] if len(words) >= TITLE_WORDS_MIN else None


def title_words(title: str) -> list[str]:
    """The words of a title: a text that has the title in it has them all. None where it can't be mentioned."""
    words = _WORD.findall(title)
    return words if len(words) >= TITLE_WORDS_MIN else []


def words_in(text: str) -> set[str]:
    """Every word of a text, and the memory ids in it."""
    return {*_WORD.findall(text), *_MEMORY_ID.findall(text)}


def heads_in(text: str) -> list[str]:
    """The heads of all titles that may stand in a text."""
    words = _WORD.findall(text)
    heads = {
        " ".join(words[start : start + length])[:HEAD_LENGTH_MAX]
        for length in range(TITLE_WORDS_MIN, HEAD_WORDS + 1)
        for start in range(len(words) - length + 1)
    }
    return sorted(heads)


def ids_in(text: str) -> list[str]:
    """The memory ids that stand in a text, each once."""
    return list(dict.fromkeys(_MEMORY_ID.findall(text)))


def names(text: str, title: str) -> bool:
    """Whether a text has exactly this title in it, as words of its own; only white space may differ."""
    wanted = re.escape(" ".join(title.split()))
    return re.search(rf"(?<!\w){wanted}(?!\w)", " ".join(text.split())) is not None


def mentions(source: int, text: str, by_title: Sequence[tuple[int, str]], by_id: Sequence[int]) -> list[Found]:
    """Edges to the memories that a text names; `by_title` are (node, title) whose head stands in it."""
    method = Method.EXPLICIT_MENTION
    found = dict.fromkeys(by_id, "Names it by its id.")
    found |= {node: "Names it by its title." for node, title in by_title if node not in found and names(text, title)}
    edges = [Found(source, node, method, MENTIONED, said) for node, said in found.items() if node != source]
    return edges[: EDGES_MAX[method]]


# ---- features

FEATURE_LENGTH_MAX = 1_024


def features(
    source_files: Iterable[str], concepts: Iterable[str], tags: Iterable[str], session: str | None
) -> list[tuple[Kind, str]]:
    """What a memory may share with others, each once. Concepts and tags are one whatever their case."""
    listed = [(Kind.FILE, file.strip()) for file in source_files]
    listed += [(Kind.CONCEPT, " ".join(concept.casefold().split())) for concept in concepts]
    listed += [(Kind.TAG, " ".join(tag.casefold().split())) for tag in tags]
    listed += [(Kind.SESSION, session)] if session else []
    return list(dict.fromkeys((kind, name[:FEATURE_LENGTH_MAX]) for kind, name in listed if name))


def _cut(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:79]}…"
