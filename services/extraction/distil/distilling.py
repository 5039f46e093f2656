"""The whole way: read, weigh, join, judge, write."""

from dataclasses import replace

from services.extraction.distil import cues, kinds
from services.extraction.distil.evidence import checks_of, confidence, evidence_for, importance
from services.extraction.distil.joining import Finding, joined
from services.extraction.distil.keyphrases import concepts, tags
from services.extraction.distil.paths import gathered, paths_in
from services.extraction.distil.sessions import Distilled, LearntType, Nearness, Session
from services.extraction.distil.speech import SUMMARY
from services.extraction.distil.statements import Statement, statements
from services.extraction.distil.terms import terms
from services.extraction.distil.writing import all_sentences, narrative, quotes, title

MEMORIES_MAX = 20
STATEMENTS_MAX = 150
"""Looked at closely, the weightiest; each costs an embedding."""
TERMS_MIN = 3
CHATTER_MARGIN = 0.08
CLEAR = 1.6
"""The cue weight from which a statement is kept however near to chatter it is."""
BORDERLINE = 0.8
FAR_FROM_CHATTER = 0.10
"""How much nearer to a type than to chatter a statement with a weight between BORDERLINE and WORTH_MIN must be."""


def distil(session: Session, nearness: Nearness | None = None) -> list[Distilled]:
    """At most 20, the most important first. The same session gives the same memories, with or without `nearness`, which
    helps with types and with what says the same; without it cue phrases and shared words decide alone.
    """
    least = BORDERLINE if nearness else cues.WORTH_MIN
    found = _weightiest([it for it in statements(session) if it.worth >= least and _says_something(it)])
    if not found:
        return []
    vectors = None
    if nearness:
        known = kinds.examples(nearness)
        vectors = nearness([it.text for it in found])
        weighed = [_weighed(it, *kinds.near_weights(row, known)) for it, row in zip(found, vectors, strict=True)]
        kept = [number for number, it in enumerate(weighed) if it]
        vectors, found = vectors[kept], [it for it in weighed if it]
    checks = checks_of(session.observations)
    memories = [_memory(it, session, checks) for it in joined(found, vectors)]
    return sorted(memories, key=lambda it: -it.importance)[:MEMORIES_MAX]


def _says_something(statement: Statement) -> bool:
    """Whether enough words are left when numbers and names of several parts do not count twice."""
    return sum(term.isalpha() for term in terms(statement.text)) >= TERMS_MIN


def _weightiest(found: list[Statement]) -> list[Statement]:
    """At most STATEMENTS_MAX of them, in their order."""
    chosen = sorted(range(len(found)), key=lambda it: (-found[it].worth, it))[:STATEMENTS_MAX]
    return [found[it] for it in sorted(chosen)]


def _weighed(statement: Statement, near: dict[LearntType, float], chatter: float) -> Statement | None:
    """None where only a weak cue speaks for it and it sounds like chatter."""
    if (chatter > CHATTER_MARGIN and statement.worth < CLEAR) or (
        chatter > -FAR_FROM_CHATTER and statement.worth < cues.WORTH_MIN
    ):
        return None
    return replace(statement, weights={kind: statement.weights.get(kind, 0.0) + near[kind] for kind in near})


def _memory(finding: Finding, session: Session, checks: list[bool | None]) -> Distilled:
    evidence = evidence_for(finding, checks)
    heading, text = title(finding), narrative(finding)
    found = concepts(heading, text)
    places = sorted({place for it in finding.statements for place in it.places if place != SUMMARY})
    named = paths_in(all_sentences(finding.statements))
    worked_on = [file for it in finding.statements for file in it.files]
    return Distilled(
        title=heading,
        narrative=text,
        memory_type=finding.kind,
        tags=tags(finding.kind, found),
        concepts=found,
        source_files=gathered([*named, *worked_on], session.project_path),
        importance=importance(finding.kind, evidence),
        confidence=confidence(evidence),
        observation_ids=tuple(dict.fromkeys(session.observations[place].id for place in places)),
        quotes=quotes(finding),
    )
