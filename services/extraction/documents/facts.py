"""What a document says, sentence by sentence: facts, preferences, episodes and decisions. English only.

A sentence tells its kind by phrases: those of decisions and of failures are `distil`'s own. What only describes has to
be about something in particular, a name, a number or a piece of code, or to be a rule.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.documents import FactKind
from services.extraction.distil import LearntType, cues
from services.extraction.distil.evidence import is_hedged
from services.extraction.distil.noise import is_chatter, is_suspect
from services.extraction.distil.sentences import paragraphs
from services.extraction.distil.terms import names, terms
from services.extraction.documents import phrasing

FACTS_MAX = 4
"""Of a chunk, the surest."""
TERMS_MIN = 3
CHARS_MAX = 400
DECISION_MIN = 1.9
"""More than the word alone, as in `it was decided on`, weighs."""
RULE_MIN = 0.9
HEDGED = 0.25


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, in one line."""

    kind: FactKind
    text: str
    confidence: float


def facts_of(chunk: str) -> list[Said]:
    """At most FACTS_MAX, in the order of the text; each once."""
    found = list({it.text: it for it in _all(chunk)}.values())
    surest = sorted(found, key=lambda it: -it.confidence)[:FACTS_MAX]
    return [it for it in found if it in surest]


def _all(chunk: str) -> Iterator[Said]:
    for paragraph in paragraphs(chunk):
        if cues.is_unfinished(paragraph.heading):
            continue
        for sentence in paragraph.sentences:
            if found := said(sentence):
                yield found


def said(sentence: str) -> Said | None:
    """What a sentence says that stands alone; None for a guess, a question, an order to the reader, what leans on the
    sentence before, and what may be a secret.
    """
    text = cues.one_line(sentence)
    label, begin = cues.label_of(text)
    told = text[begin:]
    if len(text) > CHARS_MAX or len(terms(told)) < TERMS_MIN or is_suspect(text) or is_chatter(told):
        return None
    if phrasing.TO_READER.match(told) or told.endswith(":") or (phrasing.LEANS.match(told) and label is None):
        return None
    kind, weight = _kind(told, cues.cue_weights(told, label))
    if kind is None:
        return None
    confidence = 0.5 + 0.15 * min(weight, 2.0) + 0.05 * bool(names(told)) - HEDGED * is_hedged(told)
    return Said(kind, text, round(min(max(confidence, 0.1), 0.95), 2))


def _kind(told: str, weights: Mapping[LearntType, float]) -> tuple[FactKind | None, float]:
    decision = weights.get("decision", 0.0)
    if phrasing.DECIDES.search(told) or decision >= DECISION_MIN:
        return "decision", max(decision, DECISION_MIN)
    if phrasing.PREFERS.search(told):
        return "preference", 1.2
    if phrasing.WHEN.search(told) and phrasing.HAPPENED.search(told):
        return "episode", 1.5 if phrasing.DATED.match(told) else 1.0
    rule = max(weights.get("convention", 0.0), weights.get("incident", 0.0), weights.get("discovery", 0.0))
    particular = bool(phrasing.PARTICULAR.search(told)) or bool(names(told))
    if phrasing.STATES.search(told) and (particular or rule >= RULE_MIN):
        return "fact", max(rule, 0.6 + 0.4 * bool(re.search(r"\d", told)))
    return None, 0.0
