"""Whether something learnt is known already, and what then becomes of the memory that knows it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from contracts.base import Evidence, Nearest, Quote, StrictWord, derived_id
from contracts.commands import MemoryChanges, MemoryDraft
from services.extraction.distil import Distilled, Session

BUILT_IN = "weft-builtin/1"
"""The name and version of the extractor that needs no model; each memory's event names its own."""
SAME_ABOVE = 0.85
"""A search's score above which a memory of the same type says the same (SPEC 3.14)."""
PINNED = 1.0
IMPORTANCE_MAX = 0.9
"""What counts for more, a person has said so."""
CONFIDENCE_MAX = 0.99
TRUST = 0.5
"""The part of the remaining doubt that a second witness takes away who is certain himself."""
QUOTES_MAX = 32
QUERY_CHARACTERS_MAX = 2_000
_LISTS_MAX = {"tags": 64, "concepts": 64, "source_files": 256}
_WRITTEN = ("title", "narrative", "memory_type", "tags", "concepts", "source_files")

Memory = Mapping[str, Any]
"""A memory as its users see it (contracts.replies.Memory), as plain JSON."""


class Learnt(StrictWord):
    """Something that a session taught, ready to be stored, the passages that it rests on, and who found it."""

    draft: MemoryDraft
    quotes: tuple[Quote, ...]
    extractor: str = BUILT_IN


@dataclass(frozen=True, slots=True)
class Near:
    """What a search found nearest, and whether it says the same."""

    memory: Memory
    score: float
    is_same: bool

    @property
    def evidence(self) -> Nearest:
        return Nearest(memory_id=self.memory["memory_id"], score=self.score)


def learnt_from(distilled: Distilled, session: Session) -> Learnt:
    """Raises ValidationError where the extractor went beyond a memory's limits."""
    draft = MemoryDraft(
        title=distilled.title,
        narrative=distilled.narrative,
        memory_type=distilled.memory_type,
        tags=distilled.tags,
        concepts=distilled.concepts,
        source_files=distilled.source_files,
        importance_score=min(float(distilled.importance), IMPORTANCE_MAX),
        confidence_score=float(distilled.confidence),
    )
    return Learnt(draft=draft, quotes=quotes_of(distilled, session))


def quotes_of(distilled: Distilled, session: Session) -> tuple[Quote, ...]:
    """Each quote under the observation that has it, or under none if it is the summary's.

    An observation that nothing is quoted from is named all the same, with an empty text.
    """
    contents = {it.id: it.content for it in session.observations if it.id in distilled.observation_ids}
    quotes = []
    for text in distilled.quotes:
        source = next((it for it in distilled.observation_ids if text in contents.get(it, "")), None)
        quotes.append(Quote(observation_id=source, text=text[:1_000]))
    quoted = {it.observation_id for it in quotes}
    silent = [Quote(observation_id=it, text="") for it in distilled.observation_ids if it not in quoted]
    return tuple([*quotes, *silent][:QUOTES_MAX])


def query_for(draft: MemoryDraft) -> str:
    return f"{draft.title}\n\n{draft.narrative}"[:QUERY_CHARACTERS_MAX]


def nearest(draft: MemoryDraft, hits: Sequence[Mapping[str, Any]]) -> Near | None:
    """`hits`: what a search in the session's namespace found of the draft's type (contracts.replies.Hit), best first.

    The same text says the same whatever its score: without an embedding model no score is high enough.
    """
    text = (draft.title, draft.narrative)
    twin = next((hit for hit in hits if (hit["memory"]["title"], hit["memory"]["narrative"]) == text), None)
    best = twin or next(iter(hits), None)
    if best is None:
        return None
    return Near(best["memory"], best["score"], best is twin or best["score"] > SAME_ABOVE)


def fingerprint(memory: Memory) -> str:
    """32 hex digits that name what an author writes of a memory: text, type, tags, concepts and files."""
    return derived_id("written", to_json([memory[name] for name in _WRITTEN]).decode()).hex


def is_ours(memory: Memory, written: str | None) -> bool:
    """Whether every word of it is extraction's own. `written` is its fingerprint when extraction wrote it last."""
    return written == fingerprint(memory) and memory["importance_score"] < PINNED


def changes_for(memory: Memory, draft: MemoryDraft, *, ours: bool) -> MemoryChanges:
    """What a memory gains by being learnt again. One that a person wrote, edited or pinned gains confidence only."""
    sure = confirmed(memory["confidence_score"], draft.confidence_score)
    if not ours:
        return MemoryChanges(confidence_score=sure)
    lists = {
        name: tuple(dict.fromkeys([*getattr(draft, name), *memory[name]]))[:most] for name, most in _LISTS_MAX.items()
    }
    return MemoryChanges(
        title=draft.title,
        narrative=draft.narrative,
        importance_score=max(memory["importance_score"], draft.importance_score),
        confidence_score=sure,
        **lists,
    )


def confirmed(before: float, again: float) -> float:
    """How sure two witnesses make of it: surer than either, never quite; nothing that was surer becomes less so."""
    sure = max(before, again) + (1 - max(before, again)) * TRUST * min(before, again)
    return max(before, round(min(CONFIDENCE_MAX, sure), 4))


def evidence_for(learnt: Learnt, session_id: str, near: Near | None) -> Evidence:
    return Evidence(
        session_id=session_id,
        extractor=learnt.extractor,
        quotes=learnt.quotes,
        nearest=near.evidence if near is not None else None,
    )
