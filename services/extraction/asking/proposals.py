"""What of a model's answer is believed. It can only propose: whatever rests on nothing that was said is dropped."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeGuard, get_args

from contracts.base import Quote
from contracts.commands import MemoryDraft
from services.extraction.asking.prompts import Proposal, Proposals
from services.extraction.asking.windows import Said, Window
from services.extraction.distil import LearntType, Session
from services.extraction.distil import keyphrases as keys
from services.extraction.distil.noise import is_suspect
from services.extraction.distil.paths import LENGTH_MAX, gathered, paths_in, relative
from services.extraction.distil.terms import terms
from services.extraction.merging import Learnt
from services.kit.quoting import beginning, one_line, visible
from services.kit.redaction import redact

PROPOSALS_MAX = 20
"""Of one answer, the first; what it may have beyond that is not looked at."""
QUOTES_MAX = 4
QUOTE_CHARS_MIN, QUOTE_CHARS_MAX = 12, 1_000
"""A shorter passage may be anybody's."""
TITLE_CHARS_MAX, NARRATIVE_CHARS_MAX = 120, 2_000

SHARED_TERMS_MIN = 2
"""How many words a memory and its quotes must share for the quotes to speak for it."""


@dataclass(frozen=True, slots=True)
class _Most:
    """How important and how sure a memory can be, by what speaks for it."""

    importance: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Told:
    """What was said, and the same with as many characters as the model got to see it."""

    said: Said
    visible: str


BY_USER_OR_SUMMARY = _Most(0.9, 0.95)
BY_AGENT = _Most(0.7, 0.8)
BY_HARDLY_ANYTHING = _Most(0.4, 0.4)
"""Its quotes are there and say something else, as far as words can tell."""


def believed(proposals: Proposals, window: Window, session: Session, extractor: str) -> list[Learnt]:
    """At most PROPOSALS_MAX, in the answer's order, without secrets, within a memory's limits."""
    told = [_Told(it, visible(it.text)) for it in window.said]
    observed = {relative(path, session.project_path) for it in session.observations for path in it.files}
    found = [_learnt(it, told, observed, session, extractor) for it in proposals.memories[:PROPOSALS_MAX]]
    return [it for it in found if it is not None]


def _learnt(
    proposal: Proposal, told: Sequence[_Told], observed: Set[str], session: Session, extractor: str
) -> Learnt | None:
    """None where the type is not one that extraction may assign, nothing that was said speaks for it, or it gives
    orders to whoever reads it.
    """
    title = clean(one_line(proposal.title), TITLE_CHARS_MAX)
    narrative = clean(_paragraphs(proposal.narrative), NARRATIVE_CHARS_MAX)
    quotes = _quotes(proposal.quotes, told)
    if not (title and narrative and quotes and _may_be_assigned(proposal.memory_type)):
        return None
    if gives_orders(title) or gives_orders(narrative):
        return None
    concepts = _concepts(proposal.concepts) or keys.concepts(title, narrative)
    most = _most(f"{title} {narrative}", quotes)
    draft = MemoryDraft(
        title=title,
        narrative=narrative,
        memory_type=proposal.memory_type,
        tags=keys.tags(proposal.memory_type, concepts),
        concepts=concepts,
        source_files=_files(proposal.files, quotes, observed, session.project_path),
        importance_score=between(proposal.importance, most.importance),
        confidence_score=between(proposal.confidence, most.confidence),
    )
    return Learnt(draft=draft, quotes=tuple(map(_named, quotes)), extractor=extractor)


def _named(quote: Said) -> Quote:
    return Quote(observation_id=quote.observation_id, text=redact(quote.text).text[:QUOTE_CHARS_MAX])


def _quotes(claimed: Sequence[str], told: Sequence[_Told]) -> list[Said]:
    """Those that were said, as they were said and where: no id of the model's own comes in. A passage that gives orders
    to whoever reads it speaks for nothing.
    """
    found = (_found(it, told) for it in claimed[:QUOTES_MAX])
    return list(dict.fromkeys(it for it in found if it is not None and not gives_orders(it.text)))


def words_of(claimed: str) -> re.Pattern[str] | None:
    """These words in this order, whatever space is between them, in a text that is `visible`. None for so few that
    they may be anybody's.
    """
    words = visible(claimed.replace("\n|", "\n")).strip("\"'“”‘’|… ").split()
    if len(" ".join(words)) < QUOTE_CHARS_MIN:
        return None
    return re.compile(" +".join(map(re.escape, words)))


def _found(claimed: str, told: Sequence[_Told]) -> Said | None:
    pattern = words_of(claimed)
    if pattern is None:
        return None
    for one in told:
        if match := pattern.search(one.visible):
            return replace(one.said, text=one.said.text[match.start() : match.end()])
    return None


def _most(text: str, quotes: Sequence[Said]) -> _Most:
    if len(terms(text) & terms(" ".join(it.text for it in quotes))) < SHARED_TERMS_MIN:
        return BY_HARDLY_ANYTHING
    trusted = any(it.by_user or it.observation_id is None for it in quotes)
    return BY_USER_OR_SUMMARY if trusted else BY_AGENT


def _files(claimed: Sequence[str], quotes: Sequence[Said], observed: Set[str], project: str) -> tuple[str, ...]:
    """Of those that the model names the ones that the session knows, and what the quotes name and were said of."""
    quoted = [path for it in quotes for path in (*paths_in(it.text), *it.files)]
    known = [path for path in claimed if relative(path, project) in {*observed, *quoted}]
    cleaned = (clean(one_line(it), LENGTH_MAX) for it in gathered([*known, *quoted], project))
    return tuple(dict.fromkeys(it for it in cleaned if it))


def _concepts(claimed: Sequence[str]) -> tuple[str, ...]:
    cleaned = (clean(one_line(it), keys.LENGTH_MAX) for it in claimed)
    return tuple(dict.fromkeys(it for it in cleaned if it))[: keys.CONCEPTS_MAX]


def gives_orders(text: str) -> bool:
    """Or holds what looks like a secret and was not known to be one."""
    return any(is_suspect(it) for it in (one_line(text), *text.splitlines()))


def _may_be_assigned(memory_type: str) -> TypeGuard[LearntType]:
    return memory_type in get_args(LearntType)


def between(value: float, most: float) -> float:
    return round(min(max(value, 0.0), most), 2)


def _paragraphs(text: str) -> str:
    lines = (one_line(it) for it in text.splitlines())
    return "\n".join(it for it in lines if it)


def clean(text: str, chars_max: int) -> str:
    """Without secrets, which may not be cut before they are known, and not longer than that."""
    return beginning(redact(text).text, chars_max).strip()
