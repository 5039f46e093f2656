"""Secrets are taken out of a text before it is written anywhere. Pure; needs time in proportion to the text.

`redact` is all that others need, and `redact_parts` for a text that is cut. `forms` knows secrets by how they are
built, `contexts` by where they stand, `sentences` by what is said of them; `keys` and `values` tell whether a name
promises a secret, and a value is one.
"""

from collections.abc import Sequence
from typing import NamedTuple

from services.kit.redaction.contexts import placed
from services.kit.redaction.forms import known_by_form
from services.kit.redaction.sentences import told
from services.kit.redaction.spans import Span, joined

__all__ = ["Redacted", "redact", "redact_parts"]


class Redacted(NamedTuple):
    """A text without its secrets, and which kinds there were, each once, in the order in which they were met."""

    text: str
    kinds: tuple[str, ...]


def redact(text: str, length_max: int | None = None) -> Redacted:
    """`text` with `[redacted: <kind>]` in place of each secret, and otherwise unchanged.

    Where that would be longer than `length_max` characters (which `text` is not), the placeholders are shorter, at
    last `***`, which is shorter than any secret: what stands around a secret is never cut. Redacted twice, a text is
    the same as redacted once.
    """
    spans = _spans(text)
    if not spans:
        return Redacted(text, ())
    kinds = tuple(dict.fromkeys(span.kind for span in spans))
    for placeholder in ("[redacted: {}]", "[redacted]", "***"):
        redacted = _without(text, spans, placeholder)
        if length_max is None or len(redacted) <= length_max:
            break
    return Redacted(redacted, kinds)


def redact_parts(text: str, parts: Sequence[tuple[int, int]]) -> list[str]:
    """Each `text[start:end]` of it without secrets, also such as are cut by its bounds."""
    spans = _spans(text)
    return [_without(text[start:end], _within(spans, start, end), "[redacted: {}]") for start, end in parts]


def _spans(text: str) -> list[Span]:
    return joined([*known_by_form(text), *placed(text), *told(text)])


def _within(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """What of them lies in that part, counted from its start."""
    return [
        Span(max(it.start, start) - start, min(it.end, end) - start, it.kind)
        for it in spans
        if it.start < end and it.end > start
    ]


def _without(text: str, spans: list[Span], placeholder: str) -> str:
    parts, done = list[str](), 0
    for span in spans:
        parts += text[done : span.start], placeholder.format(span.kind)
        done = span.end
    return "".join([*parts, text[done:]])
