"""Secrets that are known by how they are built, wherever they stand.

Each form begins with a fixed text, which is looked for first: a text without any of them costs next to nothing. What
follows has a bounded length or begins only where a token does, so that a near miss is never read twice.
"""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.kit.keys import read_key
from services.kit.redaction.spans import Span
from services.kit.redaction.values import has_digit, is_placeholder, looks_random

_ENDS_A_TOKEN = re.compile(r"(?:\A|[^A-Za-z0-9_-]|\\[abfnrtv]|%[0-9A-Fa-f]{2})\Z", re.ASCII)
"""What may stand before a token: nothing, no part of a word, an escaped character, an encoded one."""


@dataclass(frozen=True, slots=True)
class Form:
    """`begins`: one of these, then `goes_on`; then `holds` says whether it is one: no placeholder, which in a key of
    random letters may stand by chance, but not with a `proven` checksum behind it.
    """

    kind: str
    begins: tuple[str, ...]
    goes_on: re.Pattern[str]
    holds: Callable[[str], bool] = lambda _: True
    proven: bool = False


def _form(
    kind: str, begins: str, goes_on: str, holds: Callable[[str], bool] = lambda _: True, *, proven: bool = False
) -> Form:
    return Form(kind, tuple(begins.split()), re.compile(goes_on, re.ASCII), holds, proven)


def _is_jwt(token: str) -> bool:
    """Whether the first part is a JSON object in base64url that names an algorithm."""
    head = token.partition(".")[0]
    try:
        header = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (NotBase64, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and ("alg" in header or "typ" in header)


_END = r"(?![A-Za-z0-9])"

FORMS = (
    _form("AWS access key id", "AKIA ASIA", rf"[A-Z2-7]{{16}}{_END}"),
    _form("GitHub token", "ghp_ gho_ ghs_ ghu_ ghr_", rf"[A-Za-z0-9]{{36,255}}{_END}"),
    _form("GitHub token", "github_pat_", rf"[A-Za-z0-9]{{22}}_[A-Za-z0-9]{{59}}{_END}"),
    _form("GitLab token", "glpat- glptt- gldt- glrt- glcbt-", r"[A-Za-z0-9_.-]{19,299}[A-Za-z0-9_-]"),
    _form("Slack token", "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe- xapp-", r"[A-Za-z0-9-]{20,250}", has_digit),
    _form(
        "Slack webhook", "https://hooks.slack.com/", r"(?:services|workflows)/(?:[A-Z0-9]{6,16}/){2}[A-Za-z0-9/]{16,64}"
    ),
    _form("Stripe key", "sk_live_ rk_live_ sk_test_ rk_test_", r"[A-Za-z0-9]{16,250}", has_digit),
    _form("Stripe key", "whsec_", r"[A-Za-z0-9+/=]{24,100}", has_digit),
    _form("Google API key", "AIza", rf"[A-Za-z0-9_-]{{35}}{_END}", has_digit),
    _form("Google token", "GOCSPX- ya29.", r"[A-Za-z0-9_-]{20,500}", has_digit),
    _form("Anthropic key", "sk-ant-", r"[A-Za-z0-9_-]{32,250}", has_digit),
    _form("OpenAI key", "sk-", r"(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,250}", has_digit),
    _form("npm token", "npm_", rf"[A-Za-z0-9]{{36}}{_END}", has_digit),
    _form("PyPI token", "pypi-AgE", r"[A-Za-z0-9_-]{40,500}"),
    _form("Twilio key", "SK AC", rf"[0-9a-f]{{32}}{_END}", has_digit),
    _form("SendGrid key", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _form("Hugging Face token", "hf_", rf"[A-Za-z0-9]{{30,60}}{_END}", has_digit),
    _form("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", rf"[0-9a-f]{{64}}{_END}"),
    _form("Shopify token", "shpat_ shpss_ shpca_ shppa_", rf"[0-9a-fA-F]{{32}}{_END}"),
    _form("Databricks token", "dapi", rf"[0-9a-f]{{32}}(?:-\d)?{_END}"),
    _form("Vault token", "hvs. hvb. hvr.", r"[A-Za-z0-9_-]{24,300}", has_digit),
    _form("age key", "AGE-SECRET-KEY-1", rf"[A-Z0-9]{{58}}{_END}"),
    _form(
        "Weft key",
        "wft_live_",
        rf"[a-z0-9]{{8}}_[A-Za-z0-9]{{32}}_[0-9a-f]{{8}}{_END}",
        lambda it: bool(read_key(it)),
        proven=True,
    ),
    _form("JWT", "eyJ", r"[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,9000}(?:\.[A-Za-z0-9_-]{1,2000})*", _is_jwt),
)


_PREFIXED = re.compile(
    r"(?:(?<![A-Za-z0-9_./+=\\-])|(?<=\\[nrt]))[A-Za-z]{2,10}(?:[_-][a-z0-9]{1,10}){0,3}[_.-](?P<random>[A-Za-z0-9]{32,256})(?![A-Za-z0-9+/=])",
    re.ASCII,
)
_CHARACTERS_32 = re.compile(r"[A-Za-z0-9]{32}", re.ASCII)


def known_by_form(text: str) -> Iterator[Span]:
    """The secrets in `text` that their form gives away."""
    for form in FORMS:
        for begin in form.begins:
            if begin in text:
                yield from _of_form(text, form, begin)
    if _CHARACTERS_32.search(text) is not None:
        yield from _prefixed(text)
    if "-----BEGIN " in text:
        yield from _private_keys(text)


def _of_form(text: str, form: Form, begin: str) -> Iterator[Span]:
    at = text.find(begin)
    while at >= 0:
        found = form.goes_on.match(text, at + len(begin)) if _begins_a_token(text, at) else None
        after = at + len(begin)
        if found is not None:
            token, after = text[at : found.end()], found.end()
            if form.holds(token) and (form.proven or not is_placeholder(token)):
                yield Span(at, after, form.kind)
        at = text.find(begin, after)


def _prefixed(text: str) -> Iterator[Span]:
    """Tokens of makers that are not in FORMS, built as most are: `maker_`, then letters of both cases and digits."""
    for found in _PREFIXED.finditer(text):
        token = found["random"]
        is_digest = found[0].lower().startswith("sha")
        if (
            not is_digest
            and token not in (token.lower(), token.upper())
            and has_digit(token)
            and looks_random(token, 32)
        ):
            yield Span(*found.span(), "token")


def _begins_a_token(text: str, at: int) -> bool:
    return _ENDS_A_TOKEN.search(text[max(0, at - 3) : at] if at else "") is not None


_PEM_HEAD = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----", re.ASCII)
_PEM_TAIL = re.compile(r"-----END (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----", re.ASCII)
_PEM_GAP = r"(?:\s|\\[nr]|[\"'+,>|#]){0,40}"
_PEM_BODY = re.compile(
    rf"(?:{_PEM_GAP}(?:Proc-Type:[^\n]{{0,80}}|DEK-Info:[^\n]{{0,80}}|Version:[^\n]{{0,80}}|[A-Za-z0-9+/]{{16,}}={{0,2}}))+"
    rf"(?:(?:\s|\\[nr])[A-Za-z0-9+/]{{1,64}}={{1,2}})?",
    re.ASCII,
)
_PEM_RUN = re.compile(r"[A-Za-z0-9+/]{16}", re.ASCII)


def _private_keys(text: str) -> Iterator[Span]:
    """From the first line of a key to its last or, where that is missing, as far as it looks like a key."""
    heads = list(_PEM_HEAD.finditer(text))
    tails = iter(_PEM_TAIL.finditer(text))
    tail = next(tails, None)
    for head, following in zip(heads, [*heads[1:], None], strict=False):
        while tail is not None and tail.start() < head.end():
            tail = next(tails, None)
        end_max = len(text) if following is None else following.start()
        if tail is not None and tail.end() <= end_max:
            if _PEM_RUN.search(text, head.end(), tail.start()):
                yield Span(head.start(), tail.end(), "private key")
        elif (body := _PEM_BODY.match(text, head.end(), end_max)) is not None:
            yield Span(head.start(), body.end(), "private key")
