"""`python -m contracts.for_python` writes the events as the Python client has them; `--check` says what drifted.

The client imports no contract: what it knows of events are files of its own, generated and committed.
"""

import inspect
import sys
import types
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, JsonValue
from pydantic.fields import FieldInfo

from contracts import upcasts
from contracts.events import EVENTS

FOLDER = Path(__file__).parent.parent / "clients" / "python" / "weft" / "events"
GENERATED = "Generated from contracts/ by `make contracts`: change it there."

HEAD = f'''"""What happened: a class for the data of each event, by its newest version.

A field that is not known here is kept. Words with a closed list are plain `str`: a newer server may know more.
{GENERATED}
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import Field

from weft.models import Model


class Data(Model):
    """The part of an event that says what happened."""

    type: ClassVar[str]'''

PLAIN: dict[Any, str] = {
    **{each: each.__name__ for each in (str, int, float, bool, UUID, date, datetime)},
    type(None): "None",
    AwareDatetime: "datetime",
    JsonValue: "Any",
}


def files() -> dict[str, str]:
    """Every generated file by its name."""
    head, rest = Path(upcasts.__file__).read_text(encoding="utf-8").split('"""\n', 1)
    return {"kinds.py": kinds(), "upcasts.py": f'{head}\n\n{GENERATED}\n"""\n{rest}'}


def kinds() -> str:
    """The module of all events' data, and of what that is made of."""
    parts = dict[str, type[BaseModel]]()
    for kind in EVENTS.values():
        _collect(kind, parts)
    names = [kind.__name__ for kind in EVENTS.values()]
    classes = [_class(part, "Model") for part in parts.values()] + [_class(kind, "Data") for kind in EVENTS.values()]
    union = "\n    | ".join(names)
    table = "\n".join(f"    {name}.type: {name}," for name in names)
    ends = f"AnyEvent = (\n    {union}\n)\n\nKINDS: dict[str, type[AnyEvent]] = {{\n{table}\n}}"
    return "\n\n\n".join([HEAD, *classes, ends]) + '\n"""Every event by the newest version of its type."""\n'


def drift() -> list[str]:
    """Names of the files that are missing or stale."""
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}
    return [name for name, text in files().items() if found.get(name) != text]


def write() -> None:
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _collect(kind: type[BaseModel], into: dict[str, type[BaseModel]]) -> None:
    """What the fields of `kind` are made of, the innermost first."""
    for field in kind.model_fields.values():
        for part in _models_in(field.annotation):
            if part.__name__ not in into:
                _collect(part, into)
                into[part.__name__] = part


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_in(each)


def _class(kind: type[BaseModel], base: str) -> str:
    lines = [f"class {kind.__name__}({base}):"]
    if said := kind.__dict__.get("__doc__"):
        lines.append(_indented(f'"""{inspect.cleandoc(said)}' + ('\n"""' if "\n" in said else '"""') + "\n"))
    if base == "Data":
        lines.append(f'    type = "{EVENTS[kind.type].type}"\n')  # type: ignore[attr-defined]
    lines += [f"    {name}: {_spelled(field.annotation)}{_default(field)}" for name, field in kind.model_fields.items()]
    return "\n".join(lines).rstrip()


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def _spelled(annotation: Any) -> str:
    """A type in the client's words. Raises TypeError for one that it has no word for."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "str"
    if origin is Annotated:
        return _spelled(inner[0])
    if origin in (Union, types.UnionType):
        return " | ".join(dict.fromkeys(map(_spelled, inner)))
    if origin in (tuple, dict):
        return f"{origin.__name__}[{', '.join('...' if each is ... else _spelled(each) for each in inner)}]"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.__name__
    raise TypeError(f"{annotation} has no place in the client's events yet")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    if field.default_factory is dict:
        return " = Field(default_factory=dict)"
    return f" = {field.default!r}"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        write()
    elif drifted := drift():
        sys.exit(f"clients/python/weft/events: run `make contracts` and look at the difference: {', '.join(drifted)}")
