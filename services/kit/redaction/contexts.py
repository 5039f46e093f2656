"""Secrets that stand where programs expect them: assignments, headers, addresses, command lines.

Every pattern begins with a text that is looked for first, and reads a bounded number of characters from there.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator

from services.kit.redaction.keys import KEY_WORDS, Key, begins_line, key_around
from services.kit.redaction.quotes import FLAGS, QUOTED, VALUE, value_of
from services.kit.redaction.spans import Span
from services.kit.redaction.values import is_code, is_password, is_uuid, looks_random

_HEADER = re.compile(
    r"authorization(?:\\?[\"'`])?\]?[ \t]{0,4}[:=,][ \t]{0,4}(?:\\?[\"'`])?"
    r"(?:(?P<scheme>bearer|basic|token|digest|apikey|bot)[ \t]{1,4})?(?P<value>[A-Za-z0-9+/=_.~:-]{8,4096})",
    FLAGS,
)
_BEARER = re.compile(r"bearer[ \t]{1,4}(?P<value>[A-Za-z0-9+/=_.~-]{20,4096})", FLAGS)
_URL = re.compile(r"://[^\s/:@\"'<>]{0,64}:(?P<value>[^\s/\"'<>]{1,256})@(?=[\w\[.{$-])", re.ASCII)
_AZURE = re.compile(
    r"(?:(?:Account|SharedAccess)Key=|[?&]sig=)(?P<value>[A-Za-z0-9+/%]{43,130}={0,2})(?![A-Za-z0-9])", FLAGS
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])", re.ASCII)
_COMMAND = re.compile(
    r"\b(?:(?:curl|wget|http)[ \t](?:[^\n|;]{0,200}?[ \t])??(?:-u[ \t]{0,2}|--user[ \t=])[\"']?[^\s:\"']{1,64}:"
    r"|(?:mysql|mysqldump|mysqladmin|mariadb)[ \t](?:[^\n|;]{0,100}?[ \t])??-p|sshpass[ \t]{1,4}-p[ \t]{0,4}"
    r"|redis-cli[ \t](?:[^\n|;]{0,100}?[ \t])??-a[ \t]{1,4})[\"']?(?P<value>[^\s\"'|;]{4,256})",
    re.ASCII,
)
_COMMANDS = ("curl", "wget", "http ", "mysql", "mariadb", "sshpass", "redis-cli")
_IDENTIFIED = re.compile(rf"identified[ \t]{{1,4}}by[ \t]{{1,4}}{VALUE}", FLAGS)
_TYPE = r":[ \t]?[A-Za-z_&][\w.]{0,32}(?:[ \t]?\|[ \t]?None)?[ \t]{0,4}=(?!=)"
_ASSIGNED = re.compile(
    rf"(?:{'|'.join(KEY_WORDS)})[\w-]{{0,24}}(?P<closed>\\?[\"'`])?\]?"
    r"(?:[ \t]?\([\w .-]{1,40}\)(?=[ \t]?[:=]))?[ \t]{0,8}"
    rf"(?P<op>=>|->|→|:=|==|=|{_TYPE}|:|,|\||\(|value=|>(?=[^\s<>]{{1,256}}</))(?:[ \t]{{0,8}}|[ \t]?\n\s{{0,8}})"
    rf"(?:{QUOTED}|(?P<bare>[^\s\"'`]{{1,256}}))",
    FLAGS,
)
_PAIR = re.compile(rf"auth\w{{0,16}}[ \t]?(?:=[ \t]?)?\([ \t]?[\"'][^\"'\n]{{0,64}}[\"'],[ \t]?(?:{QUOTED})", FLAGS)
_ONLY_LITERALS = frozenset(",(")
"""What stands between a name and its value in calls, where anything unquoted is a name too."""


def placed(text: str) -> Iterator[Span]:
    """The secrets in `text` that stand in a place for secrets."""
    low = text.lower()
    if "authorization" in low or "bearer" in low:
        yield from _headers(text)
    if "://" in text:
        yield from _of_shape(_URL, text, "password")
    if "key=" in low or "sig=" in low:
        yield from (span for span in _found(_AZURE, text, "Azure key") if looks_random(text[span.start : span.end], 43))
    if "aws" in low or "AKIA" in text or "ASIA" in text:
        yield from _aws_secrets(text)
    if any(command in text for command in _COMMANDS):
        yield from _of_shape(_COMMAND, text, "password")
    if "identified" in low:
        yield from (
            Span(*value_of(found)[:2], "password") for found in _IDENTIFIED.finditer(text) if _is_literal(found)
        )
    if any(word in low for word in KEY_WORDS):
        yield from _assigned(text)
    if "auth" in low:
        yield from (Span(*value_of(found)[:2], "password") for found in _PAIR.finditer(text) if _is_literal(found))


def _found(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[Span]:
    return (Span(*found.span("value"), kind) for found in pattern.finditer(text))


def _of_shape(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[Span]:
    """What the pattern finds, where that may be a password."""
    return (span for span in _found(pattern, text, kind) if is_password(text[span.start : span.end], quoted=True))


def _is_literal(found: re.Match[str]) -> bool:
    value = value_of(found)
    return value.quoted and is_password(found.string[value.start : value.end], quoted=True)


def _headers(text: str) -> Iterator[Span]:
    for found in _HEADER.finditer(text):
        value, scheme = found["value"], (found["scheme"] or "").lower()
        if looks_random(value, 12) or (scheme == "basic" and _is_pair(value)):
            yield Span(*found.span("value"), "authorization header")
    for found in _BEARER.finditer(text):
        if looks_random(found["value"], 20):
            yield Span(*found.span("value"), "bearer token")


def _is_pair(value: str) -> bool:
    """Whether it is `user:password` in base64."""
    try:
        return b":" in b64decode(value, validate=True)
    except (NotBase64, ValueError):
        return False


def _aws_secrets(text: str) -> Iterator[Span]:
    """Forty characters of base64 in a text that is about AWS; hex (a commit) is none."""
    for found in _AWS_SECRET.finditer(text):
        value = found[0]
        if value not in (value.lower(), value.upper()) and looks_random(value, 40):
            yield Span(*found.span(), "AWS secret key")


def _assigned(text: str) -> Iterator[Span]:
    at = 0
    while (found := _ASSIGNED.search(text, at)) is not None:
        span = _in_assignment(text, found)
        at = found.end("op") if span is None else span.end  # the value may be an assignment itself
        if span is not None:
            yield span


def _in_assignment(text: str, found: re.Match[str]) -> Span | None:
    named = key_around(text, found.start())
    if named is None:
        return None
    key, key_start = named
    start, end, quoted = value_of(found)
    shouted = not quoted and found["op"] == "=" and key.is_shouted
    if not quoted and not (shouted and begins_line(text, key_start)):
        end = _trimmed(text, start, end)
    if not quoted and "\n" in text[found.end("op") : start] and _LINE_ENDS.match(text, end) is None:
        return None  # a block, not a value on a line of its own
    if start < end and _is_secret(key, text[start:end], found, quoted=quoted, shouted=shouted):
        return Span(start, end, key.kind)
    return None


_LINE_ENDS = re.compile(r"[ \t]*(?:\n|\Z)")
_CALL = re.compile(r"[A-Za-z_][\w.]*[(\[]", re.ASCII)
_WEAK = frozenset("|(")
_STOPS = re.compile(r"[,;&<>(){}\[\]|\\]|[.!?]\Z", re.ASCII)


def _trimmed(text: str, start: int, end: int) -> int:
    """The end of an unquoted value. That of a call or an index is its start: it has none."""
    found = _STOPS.search(text[start:end])
    if found is None:
        return end
    return start if found[0] in "([{" else start + found.start()


def _is_secret(key: Key, value: str, found: re.Match[str], *, quoted: bool, shouted: bool) -> bool:
    """`shouted`: PASSWORD=value, where a plain word is a value and no name of one."""
    op = found["op"]
    if op in _ONLY_LITERALS and not quoted:
        return False
    random, uuid = looks_random(value, key.random_length_min), key.may_be_uuid and is_uuid(value)
    if not (random or uuid or key.is_password):
        return False
    if not quoted and (_CALL.match(value) or (not shouted and is_code(value) and op != ">")):
        return False
    if random or uuid:
        return True
    as_word = (quoted or shouted) and key.may_be_word and op not in _WEAK
    return key.is_password and is_password(value, quoted=as_word) and (quoted or op != "==") and op != ","
