"""Options that several commands have."""

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
Limit = Annotated[int, Parameter(help="At most so many.")]


def given(several: list[str] | None) -> list[str] | None:
    """None for an option that was not given."""
    return several or None


def said_or_read(words: str | None) -> str:
    """A text from the command line; `-`, or nothing while something is piped in: from standard input."""
    import sys  # noqa: PLC0415

    if words not in (None, "-") or (words is None and sys.stdin.isatty()):
        return words or ""
    return sys.stdin.read()
