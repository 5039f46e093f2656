"""Does a name promise a secret? `DB_PASSWORD` and `clientSecret` do, `password_file` and `token_count` do not."""

import re
from dataclasses import dataclass
from functools import lru_cache

KEY_WORDS = (
    *("passw", "passphrase", "passcode", "pass", "pwd", "pw", "kennwort", "contrase"),
    *("secret", "token", "credential", "auth", "key", "pepper"),
)
"""What the names of secrets are made of; the longer first."""

_NAME_LENGTH_MAX = 64
_BEFORE_LENGTH_MAX = 16
_IN_NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-."
_NAME = re.compile(r"[\w.-]{1,96}", re.ASCII)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", re.ASCII)
_BEFORE_IN_LINE = re.compile(r"(?:export |set |ENV |- )?\Z", re.IGNORECASE)

_PASSWORDS = {"password", "passwd", "passphrase", "passcode", "pwd", "pass", "pw", "passwort", "kennwort", "contrase"}
_PASSWORD_ENDINGS = ("password", "passwd", "passphrase")
_SECRETS = {"secret", "pepper"}
_TOKENS = {"token", "credential", "credentials", "auth", "apikey", "secretkey", "accesskey", "authkey"}
_OF_THEIR_USE = """
prod production staging stage dev development live old new current previous main backup value string text plain
plaintext raw base b b64 base64 default s
"""
_GOES_ON = frozenset(_OF_THEIR_USE.split())
"""Words that may follow: PASSWORD_PROD, SECRET_KEY_BASE."""
_OF_OTHER_KEYS = """
public primary foreign sort cache partition idempotency dict object lookup index map group route hash s3 row cell column
host known config json cookie header message event query param shortcut hot composite natural
"""
_NO_SECRET_KEYS = frozenset(_OF_OTHER_KEYS.split())


@dataclass(frozen=True, slots=True)
class Key:
    """A name that promises a secret. `may_be_word`: a plain word in quotes is one, as in `password = "swordfish"`."""

    kind: str
    is_password: bool
    may_be_word: bool
    may_be_uuid: bool
    is_shouted: bool
    random_length_min: int


def key_around(text: str, at: int) -> tuple[Key, int] | None:
    """The name that the word at `at` is part of, and where it begins; None where no secret goes by such a name."""
    before = text[max(0, at - _NAME_LENGTH_MAX) : at]
    start = at - (len(before) - len(before.rstrip(_IN_NAMES)))
    found = _NAME.match(text, start)
    key = None if found is None else _key_named(found[0])
    return None if key is None else (key, start)


def begins_line(text: str, at: int) -> bool:
    """Whether text[at] is the first of its line, or what is assigned to by it."""
    line = text[max(0, at - _BEFORE_LENGTH_MAX) : at].rpartition("\n")
    return (bool(line[1]) or at <= _BEFORE_LENGTH_MAX) and _BEFORE_IN_LINE.fullmatch(line[2]) is not None


@lru_cache(maxsize=1024)
def _key_named(name: str) -> Key | None:
    kind = _kind_of([word.lower() for word in _WORD.findall(name)])
    if kind is None:
        return None
    return Key(
        kind=kind,
        is_password=kind in ("password", "secret"),
        may_be_word=name.lower() != "pass",
        may_be_uuid=kind in ("password", "secret", "API key"),
        is_shouted=name.isupper(),
        random_length_min={"password": 8, "key": 24}.get(kind, 12),
    )


def _kind_of(words: list[str]) -> str | None:
    """What the last word that counts promises."""
    while words and (words[-1] in _GOES_ON or words[-1].isdigit()):
        words = words[:-1]
    if not words:
        return None
    last, other = words[-1], words[-2] if len(words) > 1 else ""
    if last in _PASSWORDS or last.endswith(_PASSWORD_ENDINGS):
        return "password"
    if last in _SECRETS or last.endswith("secret"):
        return "secret"
    if last in _TOKENS or last.endswith("token"):
        return "API key" if last == "apikey" else "token"
    if last == "key" and other == "api":
        return "API key"
    if last == "key" and other and other not in _NO_SECRET_KEYS:
        return "secret" if other in ("secret", "private", "encryption", "signing", "master") else "key"
    return None
