"""What several windows of one session have told, without doubles."""

from collections.abc import Iterable

from services.extraction.distil.keyphrases import CONCEPTS_MAX, TAGS_MAX
from services.extraction.distil.paths import FILES_MAX
from services.extraction.distil.terms import containment, terms
from services.extraction.merging import QUOTES_MAX, Learnt

MEMORIES_MAX = 20
SAME = 0.7
"""Which part of the words of the shorter of two memories of one type the other must have for them to be one."""
SHARED_MIN = 4


def joined(told: Iterable[Learnt]) -> list[Learnt]:
    """At most MEMORIES_MAX, the most important first; what is equally important stays in its order."""
    found = list[Learnt]()
    for one in told:
        twin = next((number for number, it in enumerate(found) if _is_same(it, one)), None)
        if twin is None:
            found.append(one)
        else:
            found[twin] = _together(found[twin], one)
    return sorted(found, key=lambda it: -it.draft.importance_score)[:MEMORIES_MAX]


def _is_same(one: Learnt, other: Learnt) -> bool:
    if (one.draft.title, one.draft.narrative) == (other.draft.title, other.draft.narrative):
        return True
    if one.draft.memory_type != other.draft.memory_type:
        return False
    about, other_about = _terms(one), _terms(other)
    return len(about & other_about) >= SHARED_MIN and containment(about, other_about) >= SAME


def _terms(one: Learnt) -> frozenset[str]:
    return terms(f"{one.draft.title}. {one.draft.narrative}")


def _together(one: Learnt, other: Learnt) -> Learnt:
    """The words of the more important one, of two equals the first; what speaks for either."""
    first, second = sorted((one, other), key=lambda it: -it.draft.importance_score)
    draft = first.draft.model_copy(
        update={
            "tags": _union(first.draft.tags, second.draft.tags, TAGS_MAX),
            "concepts": _union(first.draft.concepts, second.draft.concepts, CONCEPTS_MAX),
            "source_files": _union(first.draft.source_files, second.draft.source_files, FILES_MAX),
            "confidence_score": max(first.draft.confidence_score, second.draft.confidence_score),
        }
    )
    quotes = dict.fromkeys([*first.quotes, *second.quotes])
    return Learnt(draft=draft, quotes=tuple(quotes)[:QUOTES_MAX], extractor=first.extractor)


def _union(one: tuple[str, ...], other: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*one, *other]))[:most]
