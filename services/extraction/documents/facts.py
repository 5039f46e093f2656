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

FACTS_MAX = 4
"""Of a chunk, the surest."""
TERMS_MIN = 3
CHARS_MAX = 400
DECISION_MIN = 1.9
"""More than the word alone, as in `it was decided on`, weighs."""
RULE_MIN = 0.9
HEDGED = 0.25

_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_WHEN = re.compile(
    rf"""\b(?:yesterday|today|tonight|this\smorning | last\s(?:night|week|month|year|spring|summer|autumn|fall
    |winter|\w+day)
    | (?:on|since|in|during|by|at|after|before|of)\s(?:the\s)?(?:(?:early|late|mid)[\s-])?(?:\d{{1,2}}(?:st|nd|rd
    |th)?\s(?:of\s)?)?{_MONTH}
    | {_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?\b | (?:in|since|during|by)\s(?:the\s)?(?:1[5-9]|20)\d\d
    | on\s\d{{4}}-\d\d-\d\d
    | \d{{4}}-\d\d-\d\d | (?:\w+)\s(?:minutes|hours|days|weeks|months|years)\sago | on\s\w+day)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_HAPPENED = re.compile(
    r"""\b(?:(?!(?:based|called|named|used|need|needed|required|embed|seed|feed|speed|indeed|unused|supposed
    |paid)\b)[a-z]{2,}ed
    | was|were|had|went|lost|found|took|came|began|broke|fell|sent|built|met|won|left|made|got|gave|ran|rose|shut
    |brought
    | led|saw|spoke|wrote|became|grew|held|bought|sold|taught|thought|chose|flew|drove|stood|hit|died)\b""",
    re.VERBOSE,
)
_DECIDES = re.compile(
    r"""\b(?:decided\s(?:to|that|against|for|not)|agreed\s(?:to|that|on)|approved|rejected|voted|resolved|opted
    |chose|settled\son|signed\soff|adopted|ruled\sout|abandoned
    | dropped\ssupport | (?:has|have|was|were|had)\s(?:been\s)?(?:chosen|selected|postponed\suntil) | (?:decision
    |verdict)\s(?:is|was)\s(?:to|that)
    | (?:we|they|the\s\w+(?:\s\w+)?)\s(?:will|won't)\s(?:not\s|no\slonger\s)?(?:use|adopt|migrate|move|replace|drop
    |switch|keep|stop))\b""",
    re.VERBOSE | re.IGNORECASE,
)
_PREFERS = re.compile(
    r"""\b(?:prefers?|preferred|would\srather|rather\sthan\sany|favou?rs|favou?rite|dislikes?|hates?|loves|enjoys
    |is\sfond\sof|can't\sstand
    | likes | (?:we|i|they|you|people|users|customers|teams|developers|operators|engineers|clients|members
    |everybody|everyone|most)
      \s(?:\w+\s)?(?:like|love|enjoy|favou?r))\b""",
    re.VERBOSE | re.IGNORECASE,
)
_STATES = re.compile(
    r"""\b(?:is|are|was|were|has|have|can|cannot|can't|must|may\snot|shall|does|do|doesn't|don't)\b
    | (?<=[\w`)\]]\s)(?:uses?|runs?|supports?|contains?|consists?|stores?|requires?|needs?|costs?|weighs?|measures?
    |lasts?|lies|lives?|belongs?
    | provides?|returns?|allows?|listens?|holds?|expires?|keeps?|publish(?:es)?|sends?|reads?|writes?|depends?
    |covers?|takes?|starts?|ends?
    | limits?|deletes?|creates?|stretches|measured|receives?|includes?|comes?|goes|says?|means?|serves?|handles?
    |owns?|leads?|farms?
    | works?|opens?|closes?|accepts?|ignores?|raises?|produces?|employs?|makes?|gives?|defaults?|maps?|calls?
    |exposes?)\b""",
    re.VERBOSE,
)
_LEANS = re.compile(
    r"^(?:(?:and|but|so|also|then|because|however|therefore|otherwise|instead)\b,?\s+)*"
    r"(?:it|this|that|these|those|they|he|she|there|here|such|what|which|who|for (?:this|that)|at (?:this|that)|see)\b",
    re.IGNORECASE,
)
_TO_READER = re.compile(r"^(?:please|thanks|thank you|welcome|hi|hello|note to|to ?do|see|have fun)\b", re.IGNORECASE)
_DATED = re.compile(r"^(?:on|in|during|since|after|before|last|yesterday|today)\b", re.IGNORECASE)
_PARTICULAR = re.compile(r"\d|`[^`]+`|\b\w+_\w+|\b[A-Z]{2,}\b|\b[a-z]+[A-Z]\w*")


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
    if _TO_READER.match(told) or told.endswith(":") or (_LEANS.match(told) and label is None):
        return None
    kind, weight = _kind(told, cues.cue_weights(told, label))
    if kind is None:
        return None
    confidence = 0.5 + 0.15 * min(weight, 2.0) + 0.05 * bool(names(told)) - HEDGED * is_hedged(told)
    return Said(kind, text, round(min(max(confidence, 0.1), 0.95), 2))


def _kind(told: str, weights: Mapping[LearntType, float]) -> tuple[FactKind | None, float]:
    decision = weights.get("decision", 0.0)
    if _DECIDES.search(told) or decision >= DECISION_MIN:
        return "decision", max(decision, DECISION_MIN)
    if _PREFERS.search(told):
        return "preference", 1.2
    if _WHEN.search(told) and _HAPPENED.search(told):
        return "episode", 1.5 if _DATED.match(told) else 1.0
    rule = max(weights.get("convention", 0.0), weights.get("incident", 0.0), weights.get("discovery", 0.0))
    particular = bool(_PARTICULAR.search(told)) or bool(names(told))
    if _STATES.search(told) and (particular or rule >= RULE_MIN):
        return "fact", max(rule, 0.6 + 0.4 * bool(re.search(r"\d", told)))
    return None, 0.0
