"""Whether the schema of an event may take the place of the released one. Pure.

A released event changes by a new optional field, and by nothing else: what was written must be readable by every later
Weft, and a subscriber who was built for it must go on to understand what is written now. So what is wider is refused as
what is narrower is: somebody has a column for ten types, and here comes the eleventh.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

SILENT = {"$defs", "$schema", "title", "description", "examples"}
"""Keywords that say nothing of what is valid."""


def refusals(released: Mapping[str, Schema], now: Mapping[str, Schema], lifted: Collection[str]) -> list[str]:
    """Why `now` may not follow `released` (schemas by type), a line each; a type may go when an upcast lifts it."""
    gone = [f"{name}: released, and gone without an upcast" for name in released if name not in {*now, *lifted}]
    changed = [f"{name}{line}" for name in released if name in now for line in breaks(released[name], now[name])]
    return gone + changed


def breaks(released: Schema, now: Schema) -> list[str]:
    """What is different but for new optional fields: where it is (`.field`, `[]`), and what of it."""
    return list(_Comparison(released.get("$defs", {}), now.get("$defs", {})).of("", released, now))


class _Comparison:
    def __init__(self, definitions_then: Schema, definitions_now: Schema):
        self._definitions = definitions_then, definitions_now
        self._met: set[tuple[str, str]] = set()

    def of(self, where: str, then: Schema, now: Schema) -> Iterator[str]:
        met = then.get("$ref", ""), now.get("$ref", "")
        if met in self._met:
            return
        if all(met):
            self._met.add(met)  # a shape may hold itself
        then, now = (_resolved(*pair) for pair in zip((then, now), self._definitions, strict=True))
        yield from self._fields(where, then, now)
        for keyword in sorted((then.keys() | now.keys()) - SILENT - {"properties", "required"}):
            yield from self._keyword(where, keyword, then.get(keyword), now.get(keyword))

    def _fields(self, where: str, then: Schema, now: Schema) -> Iterator[str]:
        fields_then, fields_now = then.get("properties", {}), now.get("properties", {})
        needed_then, needed_now = then.get("required", ()), now.get("required", ())
        for name, field in fields_then.items():
            if name not in fields_now:
                yield f"{where}.{name}: removed"
                continue
            if (name in needed_then) != (name in needed_now):
                yield f"{where}.{name}: {'was required' if name in needed_then else 'was optional'}"
            yield from self.of(f"{where}.{name}", field, fields_now[name])
        for name in fields_now.keys() - fields_then.keys():
            if name in needed_now:
                yield f"{where}.{name}: new, and required"

    def _keyword(self, where: str, keyword: str, then: Any, now: Any) -> Iterator[str]:
        match then, now:
            case {}, {} if keyword != "default":
                yield from self.of(f"{where}[]", then, now)
            case [{}, *_], [{}, *_] if keyword != "default" and len(then) == len(now):
                for one, other in zip(then, now, strict=True):
                    yield from self.of(where, one, other)
            case [*_], [*_] if keyword == "enum" and set(then) == set(now):
                return
            case _ if then != now:
                yield f"{where}: {keyword} was {then}, is {now}"


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    named: Schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    return {**named, **{keyword: value for keyword, value in schema.items() if keyword != "$ref"}}
