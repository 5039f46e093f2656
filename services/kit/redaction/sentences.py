"""Secrets that people tell each other: "the password is hunter2", "log in with the token ..."."""

import re
from collections.abc import Iterator

from services.kit.redaction.quotes import FLAGS, VALUE, Value, value_of
from services.kit.redaction.spans import Span
from services.kit.redaction.values import has_digit, is_code, is_password, looks_random

_WORDS = ("pass", "key", "token", "secret", "pin", "kennwort", "wachtwoord", "senha")
_THING = (
    r"(?P<key>pass(?:word|wd|phrase|code|wort)|kennwort|mot[ ]de[ ]passe|wachtwoord|senha"
    r"|(?:api|access|secret|private|signing)[ -]?key|token|secret|\bpin\b)"
)
_IS = re.compile(
    rf"{_THING}(?P<between>[^.\n\"'`“=]{{0,60}}?)(?:[ \t](?P<verb>is|was|to|are|been|ist|war|lautet|est)"
    rf"(?:[ \t](?:now|still|currently|just))?:?|:|->|=>)(?:[ \t]{{1,4}}|\s{{1,4}}){VALUE}",
    FLAGS,
)
_BESIDE = re.compile(rf"{_THING}[ \t]{{1,4}}{VALUE}", FLAGS)
_CREDENTIALS = re.compile(
    r"cred(?:ential)?s\b[^\n/:]{0,24}[/:][ \t]?[\w.@-]{1,64}[ \t]?[/:][ \t]?(?P<value>[^\s\"'`]{4,128})", FLAGS
)
_PASSWORD = re.compile(r"password|passphrase|passcode", FLAGS)
_BEFORE = re.compile(
    r"(?:\A|[\s\"'`(])(?P<value>[^\s\"'`]{6,64})[\"'`]?[ \t](?:is|was|as)[ \t]"
    r"(?:(?:the|my|our|his|her|their|your|a)[ \t])?(?:[\w-]{1,20}[ \t]){0,2}\Z",
    re.ASCII,
)
_BEFORE_LENGTH_MAX = 140
_CLAUSE_ENDS = re.compile(r"[.!;,](?:\s|\Z)|\Z", re.ASCII)
_ENDINGS = ("ed", "ing", "ly", "able", "ible", "ive", "ous", "al", "ent", "ant", "ic", "ary", "less", "ful", "en")
"""Of words that say how a password is, and are none."""


def told(text: str) -> Iterator[Span]:
    """The secrets in `text` that a sentence tells."""
    low = text.lower()
    if any(word in low for word in _WORDS):
        yield from _said(text)
        yield from _said_before(text)
    if "cred" in low:
        for found in _CREDENTIALS.finditer(text):
            value = _without_point(text, Value(*found.span("value"), quoted=False))
            if is_password(text[value.start : value.end], quoted=False):
                yield Span(value.start, value.end, "password")


def _said(text: str) -> Iterator[Span]:
    for pattern in (_IS, _BESIDE):
        for found in pattern.finditer(text):
            value = _without_point(text, value_of(found))
            if _is_told(found, value) or (pattern is _IS and _is_told_word(found, value)):
                yield Span(value.start, value.end, _kind(found["key"].lower()))


def _without_point(text: str, value: Value) -> Value:
    if value.quoted:
        return value
    said = text[value.start : value.end].partition("|")[0]
    return value._replace(end=value.start + len(said.rstrip(".,;:!?)]}")))


def _is_told(found: re.Match[str], value: Value) -> bool:
    key, said = found["key"].lower(), found.string[value.start : value.end]
    if looks_random(said):
        return not is_code(said)
    if key == "pin":
        return said.isdigit() and 4 <= len(said) <= 12
    if found.re is _BESIDE and said.isalpha():
        return False
    return _kind(key) == "password" and is_password(said, quoted=value.quoted)


def _is_told_word(found: re.Match[str], value: Value) -> bool:
    """Whether a plain word at the end of a clause is a password: "the password is swordfish", not "... is stored"."""
    if value.quoted or _kind(found["key"].lower()) != "password" or (found["verb"] or "to").lower() == "to":
        return False
    said = found.string[value.start : value.end]
    ends = _CLAUSE_ENDS.match(found.string, value.end) is not None
    return ends and is_password(said, quoted=True) and not said.lower().endswith(_ENDINGS)


def _said_before(text: str) -> Iterator[Span]:
    """In "hunter2 is the password", "use hunter2 as the password"."""
    for word in _PASSWORD.finditer(text):
        start = max(0, word.start() - _BEFORE_LENGTH_MAX)
        before = text[start : word.start()]
        found = _BEFORE.search(before) if has_digit(before) and before.endswith((" ", "\t")) else None
        if found is not None and is_password(found["value"], quoted=False) and has_digit(found["value"]):
            yield Span(start + found.start("value"), start + found.end("value"), "password")


def _kind(key: str) -> str:
    """What the warning calls it."""
    if key in ("token", "secret"):
        return key
    if key.endswith("key"):
        return "API key" if key.startswith("api") else "key"
    return "password"
