"""Options that several commands have."""

import sys
from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=())]
Namespaces = Annotated[
    list[str] | None,
    Parameter(name="--namespace", negative=(), help="Only this one; may be given several times. '*': all."),
]
WriteNamespace = Annotated[str | None, Parameter(name="--namespace", help="Where it belongs, if not the default.")]
Tags = Annotated[list[str] | None, Parameter(name="--tag", negative=(), help="May be given several times.")]
Concepts = Annotated[list[str] | None, Parameter(name="--concept", negative=(), help="May be given several times.")]
Files = Annotated[list[str] | None, Parameter(name="--file", negative=(), help="A path; may be given several times.")]
Text = Annotated[str | None, Parameter(allow_leading_hyphen=True)]
Limit = Annotated[int, Parameter(help="At most so many.")]


def given(several: list[str] | None) -> list[str] | None:
    """None for an option that was not given."""
    return several or None


def said_or_read(words: str | None) -> str:
    """A text from the command line, or where there is none from standard input, if something is piped in."""
    return words if words is not None else "" if sys.stdin.isatty() else _read()


def dash_is_stdin(words: str | None) -> str | None:
    """The value of an option: `-` stands for standard input."""
    return _read() if words == "-" else words


def _read() -> str:
    return sys.stdin.buffer.read().decode(errors="replace")
