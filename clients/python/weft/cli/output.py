"""How answers are shown: tables and sentences to people, lines with tabs to programs, JSON to who asks for it.

What came from the server may hold anything: control characters never reach a terminal.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, Generic, NamedTuple, TextIO, TypeVar

T = TypeVar("T")


class Style(Enum):
    PEOPLE = "people"
    PLAIN = "plain"
    JSON = "json"
    JSONL = "jsonl"


class Column(NamedTuple, Generic[T]):
    """`is_long`: may be shortened, so that the others fit."""

    name: str
    of: Callable[[T], Any]
    is_long: bool = False


class Output:
    """Writes to `out`; what people alone want to know goes to `err`."""

    def __init__(self, style: Style, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.style = style
        self.out = out or sys.stdout
        self.err = err or sys.stderr

    def rows(
        self, items: Iterable[T], columns: Sequence[Column[T]], *, whole: Any = None, nothing: str = "Nothing found."
    ) -> int:
        """A list; as JSON it is `whole`, where that is given. How many there were."""
        match self.style:
            case Style.JSON:
                found = list(items)
                self._json(found if whole is None else whole)
                return len(found)
            case Style.JSONL:
                return self._each(items, _json_line)
            case Style.PLAIN:
                return self._each(items, lambda item: "\t".join(line(column.of(item)) for column in columns))
        found = list(items)
        if found:
            from weft.cli import tables  # noqa: PLC0415 - rich, for terminals alone

            cells = [[_cell(column.of(item)) for column in columns] for item in found]
            tables.show(self.out, [(column.name, column.is_long) for column in columns], cells)
        else:
            self.note(nothing)
        return len(found)

    def record(self, item: Any, fields: Sequence[tuple[str, Any]], body: str = "") -> None:
        """One thing: name and value, where there is one, then `body`."""
        if self._as_json(item):
            return
        shown = [(name, text(value)) for name, value in fields if text(value)]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            self._line(f"{name}\t{line(value)}" if self.style is Style.PLAIN else f"{name:<{width}}  {line(value)}")
        if body:
            self._line(f"\n{text(body)}")

    def done(self, item: Any, said: str, *plain: Any) -> None:
        """What was done: a sentence for people, for programs the values that they need to go on (such as an id). It is
        said at once."""
        if not self._as_json(item):
            if self.style is Style.PEOPLE:
                self._line(line(said))
            elif plain:
                self._line("\t".join(map(line, plain)))
        self.out.flush()

    def each(self, done: Iterable[tuple[Any, ...]]) -> None:
        """What was done, one after the other, as it is done: the arguments of `done`."""
        if self.style is Style.JSON:
            self._json([item for item, *_ in done])
        else:
            for one in done:
                self.done(*one)

    def verbatim(self, item: Any, body: str) -> None:
        """A text that is the answer."""
        if not self._as_json(item) and body:
            self._line(text(body))

    def note(self, said: str) -> None:
        """For people who watch."""
        if self.style is Style.PEOPLE:
            print(line(said), file=self.err)

    def warn(self, warnings: Iterable[Any]) -> None:
        for each in warnings:
            print(f"weft: warning: {line(each)}", file=self.err)

    def complain(self, what: Any) -> None:
        """About one of several things, while the others go on."""
        print(f"weft: {line(what)}", file=self.err)

    def _as_json(self, item: Any) -> bool:
        if self.style is Style.JSON:
            self._json(item)
        elif self.style is Style.JSONL:
            self._line(_json_line(item))
        return self.style in (Style.JSON, Style.JSONL)

    def _json(self, item: Any) -> None:
        from pydantic_core import to_json  # noqa: PLC0415

        self._line(to_json(item, indent=2).decode())

    def _each(self, items: Iterable[T], show: Callable[[T], str]) -> int:
        count = 0
        for count, item in enumerate(items, 1):  # noqa: B007 - it is the result
            self._line(show(item))
        return count

    def _line(self, shown: str) -> None:
        print(shown, file=self.out, flush=self.style is Style.JSONL)


def text(value: Any) -> str:
    """A value as people read it, of several lines where it has them."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.2f}"
        case list() | tuple():
            return ", ".join(map(text, value))
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d %H:%M:%S}Z" if hasattr(value, "hour") else str(value.isoformat())
    return "".join(each if each.isprintable() or each == "\n" else " " for each in str(value))


def line(value: Any) -> str:
    """The same in one line, without tabs."""
    return " ".join(text(value).split())


def _cell(value: Any) -> str:
    """Of several values, each in a line of its own."""
    return "\n".join(map(line, value)) if isinstance(value, list | tuple) else line(value)


def _json_line(item: Any) -> str:
    from pydantic_core import to_json  # noqa: PLC0415

    return to_json(item).decode()
