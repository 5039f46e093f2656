"""The cue phrases: words for failures, causes and structure, and the phrases of each type with their weights.

Every pattern is matched against one line of at most a few thousand characters that anyone may have written, so none may
backtrack far: what must follow one another is written with `_in_turn`.
"""

import re
from collections.abc import Mapping, Sequence

from services.extraction.distil.sessions import LearntType

FAILURE = (
    r"(?:crash\w*|fail(?:s|ed|ing|ures?)?|errors?|exceptions?|\w+(?:Error|Exception)|50[0-4]s?|bugs?|"
    r"broke(?:n)?|breaks?|wrong|incorrect|"
    r"twice|double[ds]?|duplicat\w+|deadlock\w*|leak\w*|time[ds]?[ -]?out|timeouts|outage|downtime|"
    r"OOM\w*|flaky|stale|lost|hang(?:s|ing)?|hung|"
    r"stuck|corrupt\w*|panic\w*|regress\w+|race condition|slow\w*|lag(?:s|ged)?|warp\w*|expired|"
    r"unreachable|too (?:loose|high|low|many|late|early)|"
    r"segfault\w*|freez\w+|froze|reset[s]?|throws?|threw|evict\w*|rejected|refused|off by|infinite|"
    r"starv\w+|denied|dropped|drops)"
)
_CAUSE = r"(?:because|since|due to|as|caused|causes|causing|which made|which meant|so (?!that))"
_FIXED = r"(?:fix(?:ed|es)?|resolv(?:ed|es)|solved|cured)"
_MENDED = (
    r"(?:added|removed|changed|replaced|cleared|cached|caching|raised|pass(?:ed)?|"
    r"(?:made|set|moved|put) (?:it|them|this|that))"
)
_STRUCTURE = (
    r"(?:owns?|depends? on|imports?|includes?|talks? to|reads? (?:\w+ ){0,3}from|"
    r"writes? (?:\w+ ){0,3}to|listens? (?:to|on)|publish(?:es)?|subscribes? to|"
    r"consumes?|routes?|terminates?|flows?|sits? (?:between|in front|behind)|lives? in|holds?|knows?|"
    r"goes? (?:to|through)|enters?|loads?|loaded by|"
    r"exposes?|wraps?|delegates?|calls?|feeds?|pushes?|push|gets?|is fed by|stores?|keeps?|serves?|"
    r"handles?|contains?|split into|consists? of|is responsible for|reachable)"
)
_PART = (
    r"(?:services?|modules?|layers?|packages?|components?|topics?|queues?|database|schema|gateway|hub|"
    r"worker|consumer|producer|client|"
    r"server|adapters?|domain|drivers?|api|frontend|backend|proxy|namespace|channel|store|cache|bus|"
    r"process|broker|pipeline|marts|tables?|view|app|cli|daemon|scheduler|crate|library|plugin|core|"
    r"controller)"
)


def _in_turn(*parts: str) -> str:
    """Each of `parts` as whole words, with anything before and between them; linear in the text's length."""
    return "^" + "".join(rf"(?>.*?\b{part}\b)" for part in parts)


def _cue(weight: float, pattern: str) -> tuple[float, re.Pattern[str]]:
    return weight, re.compile(pattern, re.IGNORECASE)


CUES: Mapping[LearntType, Sequence[tuple[float, re.Pattern[str]]]] = {
    "decision": (
        _cue(
            1.6,
            r"\b(?:decided|decision|settled on|opted (?:for|to)|chose|agreed (?:to|on|that|with)|picked|resolved to)\b",
        ),
        _cue(0.8, r"\bchosen\b"),
        _cue(1.3, r"\b(?:went|going|go|gone) (?:with|for)\b"),
        _cue(
            1.2,
            r"\b(?:switch(?:ed|ing)?|migrat(?:ed|ing)|moved|changed|replac(?:ed|"
            r"ing)) (?:\S+ ){0,6}?(?:from|to|with|by)\b.*\b(?:because|since|so that)\b",
        ),
        _cue(0.9, r"\b(?:instead of|rather than|in favou?r of)\b"),
        _cue(0.6, r"\bover (?:a |an |the )?[\w-]+\b.*(?:[:,]|because|since)"),
        _cue(1.1, r"\b(?:are|is|be|was|were|stays?) (?:\S+ ){1,8}?not (?:\S+ ){1,5}?(?:because|since|so that|as|:)\b"),
        _cue(
            1.3,
            r"\b(?:keep(?:ing)?|kept|stay(?:s|ing)?|left|leav(?:e|ing)|not migrating|pinn?(?:ed|"
            r"ing)?)\b.*(?:\b(?:because|since|so that|as it|so I|so we)\b|,)",
        ),
        _cue(0.8, r"\b(?:switched|moved|migrated) (?:\w+ ){0,5}?(?:to|from)\b"),
        _cue(0.5, r"\b(?:we|i)(?:'ll| will) use\b|\btrade-?offs?\b|\bgood enough\b|\bsimpler than\b"),
        _cue(0.3, r"\b(?:because|since|so that)\b"),
    ),
    "incident": (
        _cue(1.8, r"\b(?:root cause|post-?mortem|culprit|the outage)\b"),
        _cue(1.5, _in_turn(FAILURE, _CAUSE)),
        _cue(1.2, _in_turn(r"(?:because|since|due to)", FAILURE)),
        _cue(1.4, r"\bcaused by\b|\b(?:that|this|which)(?: is| was|'s) why\b|\b(?:comes?|came) from\b"),
        _cue(1.3, _in_turn(_FIXED, r"(?:by|with|in|it|this|that)") + "|" + _in_turn(FAILURE, r"fix\w*")),
        _cue(0.8, rf"\b{_FIXED}\b.{{0,80}}:"),
        _cue(1.0, _in_turn(FAILURE, r"(?:brought|cut|reduced|dropped|sped|went) (?:\w+ ){0,3}?(?:to|from|by|down|up)")),
        _cue(0.9, r"\b(?:proper|real|right|actual) fix\b|\bthe fix\b"),
        _cue(1.2, rf"{_in_turn(FAILURE)}(?>.*?(?:[:;.]|\b(?:when|after)\b))(?>.*?\b{_MENDED}\b)"),
        _cue(0.5, rf"^[^.:;,]{{0,60}}\b{FAILURE}\b"),
        _cue(0.3, rf"\b{FAILURE}\b"),
    ),
    "convention": (
        _cue(
            1.5,
            r"\b(?:convention|house rule|policy is|rule (?:is|from|for)|style guide|code style|"
            r"from now on|by convention)\b",
        ),
        _cue(1.4, r"(?:^|[,.;:] |\b(?:we|must|should|please|they|you|handlers|and) )(?:always|never)\b"),
        _cue(0.9, r"\b(?:always|never)\b"),
        _cue(
            1.2,
            r"\b(?:every|all|each|any|no)\b.{2,60}?\b(?:must|has to|have to|should|shall|needs?|carr(?:y|ies))\b",
        ),
        _cue(
            0.9,
            r"^(?:every|all|each|any|no)\b.{2,60}?\b(?:are|is|goes?|go|gets?|begins?|starts?|ends?|lives?)\b",
        ),
        _cue(0.9, r"\b(?:must|shall)(?: not|n't)?\b|\b(?:has|have) to\b"),
        _cue(1.3, r"^(?:please |and |also |but )?(?:don't|do not|avoid|no|never|only|prefer)\b"),
        _cue(0.9, r"\b(?:everywhere|in every|for every|without exception|keep it that way|not by hand|by hand)\b"),
        _cue(
            1.0,
            r"\b(?:is|are) (?:declared|named|written|placed|put|called|prefixed|kept|"
            r"defined)\b.*\b(?:not|never|only)\b",
        ),
        _cue(0.8, r"\b(?:go(?:es)?|belongs?) (?:to|in|into)\b.*\b(?:never|not|only)\b"),
    ),
    "discovery": (
        _cue(
            1.6,
            r"\b(?:turns? out|turned out|learn(?:ed|t)|(?:(?<=^)|(?<=we )|(?<=i )|(?<=have )|"
            r"(?<=also ))discovered|discovered (?:that|why|how)|gotchas?|surprising(?:ly)?|"
            r"counter-?intuitive(?:ly)?|undocumented|caveats?|pitfalls?|til)\b",
        ),
        _cue(
            1.4,
            r"\b(?:heads[- ]up|be aware|to be aware|careful|beware|watch out|worth knowing|"
            r"worth noting|note that|keep in mind|noticed that|revealed that|found (?:out )?that)\b",
        ),
        _cue(1.1, r"\b(?:silently|without (?:an? )?(?:error|warning|notice)|no error|unnoticed)\b"),
        _cue(
            1.0,
            r"\bonly\b.*\b(?:when|if|checks?|warns?|with|while|once)\b|\b(?:unless|even (?:if|when|"
            r"though|with)|as soon as|regardless)\b",
        ),
        _cue(
            0.8,
            r"\b(?:can't|cannot|does not|doesn't|do not|don't|won't|isn't|aren't|never sees?|ignores?|"
            r"skips?|has no support)\b",
        ),
        _cue(
            0.7,
            r"\b(?:by default|default of|under the hood|internally|actually|in fact|apparently|"
            r"scoped to|counts?|throttles?|depends on whether)\b",
        ),
        _cue(1.4, r"\bby design\b|\blimit(?:s|ed)? .* to \d+\b"),
    ),
    "pattern": (
        _cue(1.8, r"\b(?:pattern|the way we|recipe|idiom)\b"),
        _cue(
            1.5,
            r"\b(?:when(?:ever)?|where|if|before|for) [^.]{3,80}, (?:we|the \w+(?: \w+)?|it|keep|use|"
            r"pass|write|call|wrap|do)\b",
        ),
        _cue(0.8, r"\b(?:we (?:use|do|wrap|write|keep|follow|handle|model)|follow this|idempotent)\b"),
        _cue(0.8, r"\bwhenever\b|\bwe do this\b|\bevery (?:new )?\w+(?: \w+)? (?:should|must) (?:follow|use)\b"),
    ),
    "architecture": (
        _cue(0.8, r"\b(?:architecture|layered|layers|boundar(?:y|ies)|data flow|(?:arrows|dependencies) point)\b"),
        _cue(1.0, rf"\b{_PART}\b(?: \w+){{0,3}}? {_STRUCTURE}\b"),
        _cue(0.9, _in_turn(_STRUCTURE, _STRUCTURE)),
        _cue(0.8, _in_turn(_STRUCTURE, _STRUCTURE, _STRUCTURE)),
        _cue(
            0.7,
            r"\b(?:owns|flows? (?:from|to|through)|is the only|only through|nothing else|"
            r"imports? nothing|reads? only|talks? to)\b",
        ),
        _cue(0.5, _in_turn(_PART, _PART, _PART)),
        _cue(0.5, r"\bsplit (?:\S+ ){1,5}into (?:\S+ ){0,3}(?:layers|packages|modules|services)\b"),
    ),
}
