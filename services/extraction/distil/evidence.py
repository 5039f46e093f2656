"""How important a finding is, and how sure, from what speaks for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.extraction.distil.joining import Finding
from services.extraction.distil.sessions import LearntType, Observation
from services.extraction.distil.speech import SUMMARY

IMPORTANCE_MAX = 0.9
IMPORTANCE_MIN = 0.2
CONFIDENCE_MAX = 0.95
CONFIDENCE_MIN = 0.1
CHECK_REACH = 12
"""How many observations after what was said a test still speaks for it."""

_BASE: dict[LearntType, float] = {
    "decision": 0.6,
    "incident": 0.6,
    "convention": 0.6,
    "architecture": 0.6,
    "pattern": 0.55,
    "discovery": 0.55,
    "general": 0.4,
}
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|i (?:think|guess|believe|assume)|seems?|seemingly|"
    r"appears? to|apparently|presumably|likely|should be|not certain|as far as i)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|so that|due to|caused by|otherwise|in order to|which means)\b|: ", re.IGNORECASE
)
_WEIGHTY = re.compile(
    r"\b(?:security|data loss|outage|production|prod|customers?|corrupt\w*|breaking|never|must|"
    r"root cause|deadlock\w*|legal|compliance|cert(?:ification|ified)?)\b",
    re.IGNORECASE,
)
_PASSED = re.compile(
    r"\b[1-9]\d*\s+(?:tests?\s+|specs?\s+|examples?\s+)?pass(?:ed|ing)\b|\b0\s+fail(?:ed|ures)\b|"
    r"failures:\s*0\b|test result: ok|^ok\s+\S+\s+[\d.(]|BUILD SUCCESS|tests? passed|PASS=[1-9]|"
    r"^PASS\b",
    re.IGNORECASE | re.MULTILINE,
)
_FAILED = re.compile(
    r"\b[1-9]\d*\s+(?:tests?\s+)?(?:failed|failing|failures?|errors?)\b|^FAIL(?:ED)?\b|"
    r"test result: FAILED|BUILD FAILURE|failures:\s*[1-9]",
    re.IGNORECASE | re.MULTILINE,
)
_TOOL_CHARS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a finding and what against it."""

    in_summary: bool
    repeated: int
    by_user: bool
    checked: bool
    hedged: bool
    reasoned: bool
    weighty: bool
    weight: float


def evidence_for(finding: Finding, checks: Sequence[bool | None]) -> Evidence:
    """`checks` says of each observation whether tests passed there, failed, or none ran (`checks_of`)."""
    text = " ".join(it.text for it in finding.statements)
    said_at = [it.places[-1] for it in finding.statements if it.places[-1] != SUMMARY]
    return Evidence(
        in_summary=any(it.places[-1] == SUMMARY for it in finding.statements),
        repeated=len(finding.statements) - 1,
        by_user=any(it.by_user for it in finding.statements),
        checked=any(_checked_after(place, checks) for place in said_at),
        hedged=is_hedged(finding.main.text),
        reasoned=bool(_REASON.search(text)),
        weighty=bool(_WEIGHTY.search(text)),
        weight=finding.weight,
    )


def is_hedged(text: str) -> bool:
    return bool(_HEDGE.search(text))


def checks_of(observations: Sequence[Observation]) -> list[bool | None]:
    return [
        _outcome(it.content[-_TOOL_CHARS_MAX:]) if it.kind in ("command", "tool_use") else None for it in observations
    ]


def _outcome(output: str) -> bool | None:
    if _FAILED.search(output):
        return False
    return True if _PASSED.search(output) else None


def _checked_after(place: int, checks: Sequence[bool | None]) -> bool:
    """Whether the next tests after `place` passed; what failed first and was mended then counts as well."""
    return any(checks[place + 1 : place + 1 + CHECK_REACH])


def importance(kind: LearntType, evidence: Evidence) -> float:
    """In [0.2, 0.9]."""
    value = _BASE[kind] + 0.1 * evidence.in_summary + 0.04 * min(evidence.repeated, 2) + 0.1 * evidence.by_user
    value += 0.05 * evidence.checked + 0.04 * evidence.reasoned + 0.06 * evidence.weighty - 0.15 * evidence.hedged
    return round(min(max(value, IMPORTANCE_MIN), IMPORTANCE_MAX), 2)


def confidence(evidence: Evidence) -> float:
    """In [0.1, 0.95]: how clearly it was said, how often, by whom, and whether a test agreed."""
    value = 0.5 + 0.06 * min(evidence.weight, 3.0) + 0.1 * evidence.in_summary + 0.05 * min(evidence.repeated, 2)
    value += 0.1 * evidence.by_user + 0.1 * evidence.checked - 0.25 * evidence.hedged
    return round(min(max(value, CONFIDENCE_MIN), CONFIDENCE_MAX), 2)
