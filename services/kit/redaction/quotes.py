"""A value in quotes, or without: one piece of pattern that others end in."""

import re
from typing import NamedTuple

FLAGS = re.IGNORECASE | re.ASCII

QUOTED = (
    r"\\\"(?P<escaped>[^\"\\\n]{1,512})\\\"|[rbu]?\"(?P<double>[^\"\n]{1,512})\"|[rbu]?'(?P<single>[^'\n]{1,512})'"
    r"|`(?P<tick>[^`\n]{1,512})`|“(?P<curly>[^”\n]{1,512})”"
)
VALUE = rf"(?:{QUOTED}|(?P<bare>[^\s\"'`]{{4,512}}))"


class Value(NamedTuple):
    """text[start:end] is the value, without its quotes."""

    start: int
    end: int
    quoted: bool


def value_of(found: re.Match[str]) -> Value:
    """The value in a match of VALUE."""
    for name in ("escaped", "double", "single", "tick", "curly"):
        if found[name] is not None:
            return Value(*found.span(name), quoted=True)
    return Value(*found.span("bare"), quoted=False)
