"""docs/events.md: every event in words, for people who read data rather than code. Pure.

All of it comes from the classes, their docstrings and the descriptions of their fields, and from the golden files.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from contracts.asyncapi import address, envelope, first_sentence
from contracts.events import EVENTS, EventData

Json = dict[str, Any]

HEAD = "<!-- Written by `make contracts`: what comes before the catalogue from contracts/subscribing.md. -->\n\n"
PLAIN = {"string": "text", "date-time": "time", "date": "date", "uuid": "UUID"}


def page(introduction: str, examples: Mapping[str, Json]) -> str:
    """`introduction`: in Markdown, comes first. `examples`: an event by type."""
    schemas = {kind: event.model_json_schema() for kind, event in EVENTS.items()}
    parts = [HEAD + introduction.rstrip(), *_contents(), "## The envelope", *_envelope(examples)]
    for entity, kinds in _by_entity():
        parts.append(f"## {entity.capitalize()}")
        for kind in kinds:
            parts += _event(kind, EVENTS[kind], schemas[kind], examples[kind]["data"])
    parts += ["## Shapes", "What fields of several events are made of.", *_shapes(schemas.values())]
    return "\n\n".join(parts) + "\n"


def meaning(field: Json) -> str:
    """The description of a field, or of what it is made of; empty where there is none."""
    if "description" in field:
        return str(field["description"])
    return next((found for each in field.get("anyOf", ()) if (found := meaning(each))), "")


def _by_entity() -> Iterator[tuple[str, list[str]]]:
    kinds = sorted(EVENTS, key=lambda kind: list(dict.fromkeys(map(_entity, EVENTS))).index(_entity(kind)))
    for entity, group in groupby(kinds, _entity):
        yield entity, list(group)


def _entity(kind: str) -> str:
    return kind.split(".")[1]


def _contents() -> list[str]:
    lines = [
        f"| {'' if number else entity} | [`{kind}`](#{_anchor(kind)}) | {first_sentence(EVENTS[kind])} |"
        for entity, kinds in _by_entity()
        for number, kind in enumerate(kinds)
    ]
    return ["## What there is", "\n".join(["| | event | what happened |", "|---|---|---|", *lines])]


def _envelope(examples: Mapping[str, Json]) -> list[str]:
    schema = envelope()
    first = next(iter(EVENTS))
    return [
        "Every event comes in the same envelope; `data` says what happened.",
        _table(schema),
        f"A whole one, as it is on the stream, here a `{first}`:",
        _json(examples[first]),
    ]


def _event(kind: str, event: type[EventData], schema: Json, example: Json) -> list[str]:
    where = address(kind).replace("{", "<").replace("}", ">")
    fields = _table(schema) if schema["properties"] else "It has no data."
    return [
        f"### {kind}",
        " ".join((event.__doc__ or "").split()),
        f"Subject: `{where}` · [schema](../contracts/schemas/{kind}.json)",
        fields,
        *([_json(example)] if schema["properties"] else []),
    ]


def _shapes(schemas: Any) -> list[str]:
    named: Json = {}
    for schema in schemas:
        named |= schema.get("$defs", {})
    return [
        part
        for name, shape in sorted(named.items())
        if "properties" in shape
        for part in (f"### {name}", " ".join(shape.get("description", "").split()), _table(shape))
    ]


def _table(schema: Json) -> str:
    needed = schema.get("required", ())
    rows = [
        f"| `{name}` | {_kind(field)}{'' if name in needed else ', optional'} | {meaning(field)} |"
        for name, field in schema["properties"].items()
    ]
    return "\n".join(["| field | what it is | what it means |", "|---|---|---|", *rows])


def _kind(field: Json) -> str:
    """What values a field has, in plain words."""
    match field:
        case {"anyOf": kinds}:
            return " or ".join(map(_kind, kinds))
        case {"$ref": reference}:
            name = reference.removeprefix("#/$defs/")
            return f"[{name}](#{_anchor(name)})" if name != "JsonValue" else "any JSON"
        case {"enum": [*values]} | {"const": values}:
            return ", ".join(f"`{value}`" for value in (values if isinstance(values, list) else [values]))
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "number" | "integer" as name}:
            return f"{name}{_range(field)}"
        case {"type": name}:
            return PLAIN.get(field.get("format", name), str(name))
    return "any JSON"


def _range(field: Json) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    if low is None:
        return ""
    return f" from {low:g}" + ("" if high is None else f" to {high:g}")


def _json(value: Json) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"


def _anchor(heading: str) -> str:
    """As GitHub makes them."""
    return heading.lower().replace(".", "")
