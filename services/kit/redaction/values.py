"""Is a value a secret, or does it stand for one? `password = "hunter2"` is, `password = "<your password>"` is not."""

import re

from services.kit.redaction.spans import LENGTH_MIN

_STANDS_FOR = re.compile(
    r"\$\{|\$\(|\{\{|\}\}|\.\.\.|…|<[^<>]*>|%\(\w+\)|\$[A-Za-z_]\w*\Z|\{[^{}]*\}|%[A-Za-z_]+%|\A(?:%[sdr]\W?)+\Z"
    r"|xxxx|\*\*\*|redacted|example|placeholder|changeme|change[-_ ]me|insert[-_ ]|replace[-_ ]|dummy|foobar"
    r"|(?:\A|[^a-z])(?:your|my|some)[-_ ]|\Atodo\b|\Afixme\b",
    re.IGNORECASE,
)
_NO_PASSWORDS = """
true false null none nil undefined empty unset unknown missing optional required default string str text bytes
integer number boolean object array char varchar secretstr type value field name user username admin root guest
login email password passwd passphrase passwort secret token apikey credential credentials key bearer basic digest
auth oauth prompt masked hidden encrypted hashed plain plaintext cleartext base64 hex random generated generate
test testing tests password1 postgres mysql redis rabbitmq localhost here there this that these those same wrong
right correct incorrect invalid valid weak strong safe unsafe secure insecure short long simple complex public
private stale fresh old new gone lost known visible wanted needed used unused stored saved sent shown given never
always still only also just now then when where what which who how the and but not with without for from into onto
your ours mine theirs his her its blank ignored disabled enabled manual auto automatic environment vault inherit
include omit pepper salt same-origin unchanged sensitive confidential important different
identical unique case-sensitive something anything nothing everything someone anyone whatever characters letters
digits bits bytes days hours minutes seconds argon2 argon2id argon2i bcrypt scrypt pbkdf2 md5 sha1 sha256 sha512
sha-256 sha-512 hs256 rs256 es256 oauth2 ed25519 utf8 utf-8 base32 base58 base62 x509 tls1 totp hotp 2fa mfa
"""
_WORDS = frozenset(_NO_PASSWORDS.split())
_A_NAME = re.compile(r"[_-]*[A-Za-z]+(?:[-_.:/ ]+[A-Za-z]+)*[_-]*\Z", re.ASCII)
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z", re.ASCII)
_CODE = re.compile(
    r"[(\[\]{]|::|->|\A(?:self|this|cls|os|sys|process|config|settings|var|env|params|local)\.|\A[!@&*][A-Za-z]\w+\Z",
    re.ASCII,
)
_PATH = re.compile(r"(?:~|\.{1,2})?/|[A-Za-z]:\\|[a-z][a-z0-9+.-]{0,15}://|[\w.-]+/[\w./-]*\.[a-z]{1,4}\Z", re.ASCII)
_VERSION = re.compile(r"v?\d+(?:[.:/-]\d+)*(?:[a-z]{1,3})?\Z|\d+(?:st|nd|rd|th|-\w+)\Z", re.IGNORECASE | re.ASCII)
_ALGORITHM = re.compile(
    r"(?:sha|md|aes|rsa|hmac|argon|pbkdf|oauth|tls|http|utf|base|rfc|pep|hs|rs|es|ed|p|k|s|ec|v)-?\d", re.IGNORECASE
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE | re.ASCII)
_OUR_ID = re.compile(r"(?:mem|ws)-[a-z0-9]{12,16}\Z", re.ASCII)


def is_placeholder(value: str) -> bool:
    """Whether `value` only shows where a secret would be."""
    return len(value) < LENGTH_MIN or len(set(value)) == 1 or _STANDS_FOR.search(value) is not None


_CHANGE = re.compile(r"[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|[0-9](?=[A-Za-z])", re.ASCII)
_DIGIT = re.compile(r"[0-9]", re.ASCII)
_LOWER = re.compile(r"[a-z]", re.ASCII)
_UPPER = re.compile(r"[A-Z]", re.ASCII)
_JUDGED_MAX = 64
"""Characters that are enough to tell chance from words."""


def looks_random(value: str, length_min: int = 16) -> bool:
    """Whether letters and digits change places in `value` as chance would have it, and no words do."""
    if len(value) < length_min:
        return False
    head = value[:_JUDGED_MAX]
    changes = len(_CHANGE.findall(head))
    if changes < max(3, 0.15 * len(head)):
        return False
    lower, upper = _LOWER.search(head), _UPPER.search(head)
    if _DIGIT.search(head) is None:
        wild = len(head) >= 20 and changes >= 0.35 * len(head) and lower is not None and upper is not None
    else:
        wild = lower is not None or upper is not None
    return wild and not (is_placeholder(value) or _UUID.match(value) or _OUR_ID.match(value))


def is_uuid(value: str) -> bool:
    return _UUID.match(value) is not None


def has_digit(value: str) -> bool:
    return any(character.isdigit() for character in value)


def is_code(value: str) -> bool:
    """Whether an unquoted value is an expression, a path or an address rather than a value."""
    if _DOTTED.match(value) is not None:
        return not looks_random(value.rpartition(".")[2], 12)
    return _CODE.search(value) is not None or (_PATH.match(value) is not None and not looks_random(value, 32))


def is_password(value: str, *, quoted: bool) -> bool:
    """Whether somebody's password may look like that. A plain word does only where it is `quoted`."""
    low = value.lower().strip(".,;:!?[]()")
    if is_placeholder(value) or low in _WORDS or not value.isprintable() or _OUR_ID.match(value):
        return False
    if _VERSION.match(value) or _ALGORITHM.match(value):
        return value.isdigit() and len(value) >= 6
    if _PATH.match(value) or (not quoted and is_code(value)):
        return False
    if _A_NAME.match(value):
        return quoted and value.isalpha() and len(value) >= 5
    has_letter = any(character.isalpha() for character in value)
    return has_letter and " " not in value.strip()
