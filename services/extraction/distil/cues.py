"""Which types a statement has cue phrases of, and how much each weighs.

A cue says two things: that a statement is worth keeping, and of which type it is. English only.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from services.extraction.distil.phrases import CUES, FAILURE
from services.extraction.distil.sessions import LearntType

WORTH_MIN = 1.0
"""What a statement's best type must weigh for it to be kept; a clear cue phrase alone weighs that."""

FURTHER_CUES = 0.4
ORDER: tuple[LearntType, ...] = ("incident", "decision", "convention", "discovery", "pattern", "architecture")
"""Which type wins where two weigh the same."""

_LABELS: Mapping[LearntType, str] = {
    "decision": r"decisions?|decided|choice|chosen",
    "incident": r"(?:bugs?|issues?)(?: fix(?:ed|es)?)?|root causes?(?: analysis)?|cause|fix(?:ed)?|trigger|"
    r"incident|impact|resolution|solution|symptoms?|post-?mortem[\w -]*|problem",
    "convention": r"(?:house )?rules?(?: (?:for|from|of)[\w ]{0,30})?|conventions?|policy|remember|guidelines?",
    "discovery": r"gotchas?|caveats?|careful|note|heads[- ]up|learned|learnt|learnings?|lessons?(?: learn(?:ed|"
    r"t))?|til|discover(?:y|ies|ed)|findings?|beware|watch out|insights?",
    "pattern": r"patterns?",
    "architecture": r"structure|architecture|layout|layers|data ?flow",
}
_LABEL = re.compile(
    rf"^[*_\s]*(?:{'|'.join(f'(?P<{kind}>{names})' for kind, names in _LABELS.items())})[*_]*\s*:[*_]*\s+(?=\S)",
    re.IGNORECASE,
)
_HEADING = re.compile("|".join(f"(?P<{kind}>\\b(?:{names})\\b)" for kind, names in _LABELS.items()), re.IGNORECASE)
MARKS = re.compile(r"\*\*|__(?=\w)|(?<=\w)__(?!\w)")
"""Bold print of markdown."""
_FAILURE = re.compile(rf"\b{FAILURE}\b", re.IGNORECASE)
_LABEL_WEIGHT = 2.0
_HEADING_WEIGHT = 1.0
_FIRST_ROLE = re.compile(r"^(?:the )?(?:problem|symptoms?|issue|bug|impact|what happened)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"^(?:the )?(?:problem|symptoms?|issue|bug|impact|root causes?|causes?|trigger|fix|solution|"
    r"resolution)\b(?! ?(?:fixed|fixes)|es|s\b)",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(
    r"^(?:open|to ?do|next|remaining|follow-?ups?|questions?|later|ideas?|backlog)\b", re.IGNORECASE
)


def label_of(sentence: str) -> tuple[LearntType | None, int]:
    """The type that a sentence names itself (`Gotcha: ...`), and where what it says begins."""
    found = _LABEL.match(sentence)
    return (_named(found), found.end()) if found else (None, 0)


def type_of_heading(heading: str) -> LearntType | None:
    found = _HEADING.search(heading)
    return _named(found) if found else None


def is_unfinished(heading: str) -> bool:
    """Whether what stands below it has not happened."""
    return bool(_UNFINISHED.match(heading))


def _named(found: re.Match[str]) -> LearntType:
    return next(kind for kind in _LABELS if found[kind])


def is_role(heading: str) -> bool:
    """Whether what stands below it is a part of the story of one failure: `Problem`, `Root cause`, `Fix`."""
    return bool(_ROLE.match(heading))


def begins_story(heading: str) -> bool:
    return bool(_FIRST_ROLE.match(heading))


def cue_weights(
    text: str, label: LearntType | None = None, heading: LearntType | None = None
) -> dict[LearntType, float]:
    """What each type weighs that `text` has a cue of; `label` is the type that it says itself to be, `heading` the one
    that what stands above it says.
    """
    weights = dict(_weights(one_line(text)))
    if label:
        weights[label] = weights.get(label, 0.0) + _LABEL_WEIGHT
    elif heading:
        weights[heading] = weights.get(heading, 0.0) + _HEADING_WEIGHT
    return weights


def one_line(text: str) -> str:
    """Without line breaks and bold print."""
    return " ".join(MARKS.sub("", text).split())


def names_failure(text: str) -> bool:
    return bool(_FAILURE.search(text))


@lru_cache(maxsize=4_096)
def _weights(line: str) -> tuple[tuple[LearntType, float], ...]:
    """The heaviest cue of each type in full, what else there is in part."""
    weights: dict[LearntType, float] = {}
    for kind, cues in CUES.items():
        found = sorted((weight for weight, pattern in cues if pattern.search(line)), reverse=True)
        if found:
            weights[kind] = found[0] + FURTHER_CUES * sum(found[1:])
    return tuple(weights.items())


def best(weights: Mapping[LearntType, float]) -> tuple[LearntType, float]:
    """The heaviest type and its weight; `general` and 0 without any."""
    if not weights:
        return "general", 0.0
    kind = min(weights, key=lambda it: (-round(weights[it], 6), ORDER.index(it)))
    return kind, weights[kind]
