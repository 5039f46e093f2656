"""The words that a text is about, in one form each, so that texts can be compared."""

import re
from collections.abc import Set
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_](?:[\w.:/+#-]*[\w+#])?")
_NAME = re.compile(r"(?<=[\w,;:(] )[A-Z][\w+#-]+|\b\w+(?:[_.:/]+\w+)+|\b[a-z]+[A-Z]\w*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
_STOP_WORDS = """
a about above after again against all already also although am an and any anyway are as at away back be became because
been before being below between both but by came can cannot could did do does doing done down due
during each either else even ever every everything few finally first for found from gave get gets getting give goes
going gone got had happened happens has have having he her here him his how however i if in inside instead into is it
its itself just keep kept know last later least let like look made make makes making many may maybe me might more most
much must my need needed needs never new next no nor not nothing now of off often on once one only onto or other our
out outside over own per please put quite rather really right same say says see seen set sets she should shows since
so some still such take takes than that the their them then there these they thing things this those though through
thus till to today together too took toward tried try turns two under until up upon us use used uses using very via
want was way we went were what when where whereas whether which while who whole whose why will with within without
work works would yes yet you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
_SUFFIXES = (
    "ations",
    "ation",
    "ingly",
    "ments",
    "ment",
    "ings",
    "ing",
    "ions",
    "ion",
    "ies",
    "ed",
    "es",
    "er",
    "s",
    "e",
    "y",
)


def terms(text: str) -> frozenset[str]:
    """Stems of words that say something; of `api/cart_total.py` and `CartTotal` the whole and the parts."""
    found: set[str] = set()
    for token in _TOKEN.findall(text):
        whole = token.lower().strip(".:/-")
        parts = [part.lower() for part in _PART.findall(token)]
        names = [whole, *parts] if len(parts) > 1 else [whole]
        found.update(stem(name) for name in names if len(name) > 1 and name not in STOP_WORDS)
    return frozenset(found)


def names(text: str) -> frozenset[str]:
    """Products, code and the like: what is written with a capital within a sentence, or as only programs are."""
    return frozenset(name.lower() for name in _NAME.findall(text))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Crude, but the same for `retry`, `retries`, `retried` and `retrying`."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


def containment(one: Set[str], other: Set[str]) -> float:
    """The part of the smaller set that the other has too, in [0, 1]."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0
