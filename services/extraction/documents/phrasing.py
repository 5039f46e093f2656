"""The phrases by which a sentence of a document tells what kind it is. English only.

All are matched against one line of at most some hundred characters that anyone may have written; none backtracks far.
"""

import re


def _any(words: str) -> str:
    """One of them, `_` standing for a space."""
    return "|".join(it.replace("_", " ") for it in words.split())


_MONTH = _any("January February March April May June July August September October November December")
_PERIOD = _any("night week month year spring summer autumn fall winter")
_UNIT = _any("minutes hours days weeks months years")
_BEFORE_DATE = _any("on since in during by at after before of")
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
WHEN = re.compile(
    rf"\b(?:yesterday|today|tonight|this morning|last (?:{_PERIOD}|\w+day)|on \w+day|\w+ (?:{_UNIT}) ago"
    rf"|(?:{_BEFORE_DATE}) (?:the )?(?:(?:early|late|mid)[ -])?(?:{_DAY} (?:of )?)?(?:{_MONTH})|(?:{_MONTH}) {_DAY}"
    r"|(?:in|since|during|by) (?:the )?(?:1[5-9]|20)\d\d|\d{4}-\d\d-\d\d)\b",
    re.IGNORECASE,
)
DATED = re.compile(r"(?:on|in|during|since|after|before|last|yesterday|today)\b", re.IGNORECASE)
"""Where a sentence begins so, the date is what it is about."""

_NO_PAST = _any("based called named used need needed required embed seed feed speed indeed unused supposed paid")
_PAST = _any(
    """was were had went lost found took came began broke fell sent built met won left made got gave ran rose shut
    brought led saw spoke wrote became grew held bought sold taught thought chose flew drove stood hit died"""
)
HAPPENED = re.compile(rf"\b(?:(?!(?:{_NO_PAST})\b)[a-z]{{2,}}ed|{_PAST})\b")

_CHANGES = _any("use adopt migrate move replace drop switch keep stop")
DECIDES = re.compile(
    r"\b(?:decided (?:to|that|against|for|not)|agreed (?:to|that|on)|(?:decision|verdict) (?:is|was) (?:to|that)"
    rf"|{_any('approved rejected voted resolved opted chose settled_on signed_off adopted ruled_out abandoned')}"
    r"|dropped support|(?:has|have|was|were|had) (?:been )?(?:chosen|selected|postponed until)"
    rf"|(?:we|they|the \w+(?: \w+)?) (?:will|won't) (?:not |no longer )?(?:{_CHANGES}))\b",
    re.IGNORECASE,
)

_PEOPLE = _any(
    "we i they you people users customers teams developers operators engineers clients members everybody everyone most"
)
PREFERS = re.compile(
    r"\b(?:prefers?|preferred|would rather|favou?rs|favou?rite|dislikes?|hates?|loves|enjoys|likes|is fond of"
    rf"|can't stand|(?:{_PEOPLE}) (?:\w+ )?(?:like|love|enjoy|favou?r))\b",
    re.IGNORECASE,
)

_VERBS = _any(
    """use run support contain consist store require need cost weigh measure last lie live belong provide return allow
    listen hold expire keep publish send read write depend cover take start end limit delete create stretch receive
    include come go say mean serve handle own lead work open close accept ignore raise produce employ make give default
    map call expose"""
)
STATES = re.compile(
    rf"\b(?:{_any('is are was were has have can cannot must may_not shall does do measured')}|(?:can|does|do)n?'t)\b"
    rf"|(?<=[\w`)\]] )(?:{_VERBS})(?:e?s)?\b"
)
PARTICULAR = re.compile(r"\d|`[^`]+`|\b\w+_\w+|\b[A-Z]{2,}\b|\b[a-z]+[A-Z]\w*")
"""A number, or what only programs and abbreviations are written like."""

LEANS = re.compile(
    rf"(?:(?:{_any('and but so also then because however therefore otherwise instead')})\b,?\s+)*"
    rf"(?:{_any('it this that these those they he she there here such what which who')}|(?:for|at) (?:this|that))\b",
    re.IGNORECASE,
)
"""It can't be understood without the sentence before."""
TO_READER = re.compile(
    rf"(?:{_any('please thanks thank_you welcome hi hello note_to todo to_do see have_fun')})\b", re.I
)
