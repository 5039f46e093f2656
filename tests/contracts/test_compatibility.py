"""What may follow a released event's schema, and what may not."""

from typing import Any

import pytest
from pydantic import BaseModel

from contracts import schemas
from contracts.compatibility import breaks, refusals
from contracts.events import MemoryStored

RELEASED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "maxLength": 10},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "score": {"type": "number", "minimum": 0},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
    },
    "required": ["id", "kind", "score", "parts"],
    "$defs": {"Part": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """RELEASED with another value at `path` (by slashes); None takes it away."""

    def put(node: Any, names: list[str]) -> Any:
        copy = dict(node)
        if len(names) > 1:
            copy[names[0]] = put(copy.get(names[0], {}), names[1:])
        elif value is None:
            del copy[names[0]]
        else:
            copy[names[0]] = value
        return copy

    found: dict[str, Any] = put(RELEASED, path.split("/"))
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("properties/later", {"type": "string", "default": ""}),
        ("$defs/Part/properties/later", {"type": "integer", "default": 0}),
        ("description", "In other words."),
        ("properties/id/description", "In other words."),
        ("properties/kind/enum", ["b", "a"]),
    ],
)
def test_a_new_optional_field_at_any_depth_or_other_words_are_no_change(path: str, value: Any) -> None:
    assert breaks(RELEASED, changed(path, value)) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("properties/score", None, ".score: removed"),
        ("required", ["id", "kind", "score", "parts", "note"], ".note: was optional"),
        ("required", ["id", "kind", "parts"], ".score: was required"),
        ("properties/score/type", "integer", ".score: type was number, is integer"),
        ("properties/kind/enum", ["a"], ".kind: enum was ['a', 'b'], is ['a']"),
        ("properties/kind/enum", ["a", "b", "c"], ".kind: enum was ['a', 'b'], is ['a', 'b', 'c']"),
        ("properties/id/maxLength", 5, ".id: maxLength was 10, is 5"),
        ("properties/id/maxLength", 20, ".id: maxLength was 10, is 20"),
        ("properties/id/pattern", "^x", ".id: pattern was None, is ^x"),
        ("properties/score/minimum", None, ".score: minimum was 0, is None"),
        ("properties/note/default", "none", ".note: default was None, is none"),
        ("properties/parts/items", {"type": "string"}, ".parts[]: type was object, is string"),
        ("properties/parts/maxItems", 3, ".parts: maxItems was None, is 3"),
        ("$defs/Part/properties/name/type", "integer", ".parts[].name: type was string, is integer"),
        ("$defs/Part/properties", {"title": {"type": "string"}}, ".parts[].name: removed"),
        ("additionalProperties", False, ": additionalProperties was None, is False"),
    ],
)
def test_anything_else_is_refused_and_said(path: str, value: Any, said: str) -> None:
    assert said in breaks(RELEASED, changed(path, value))


def test_a_new_field_that_must_be_there_and_a_renamed_one_are_refused() -> None:
    renamed = changed("properties/score", None)
    renamed["properties"] = {**renamed["properties"], "points": RELEASED["properties"]["score"]}
    renamed["required"] = ["id", "kind", "points", "parts"]
    assert breaks(RELEASED, renamed) == [".score: removed", ".points: new, and required"]


def test_an_alternative_more_or_less_is_refused() -> None:
    [said] = breaks(RELEASED, changed("properties/note/anyOf", [{"type": "string"}]))
    assert said.startswith(".note: anyOf was ")


def test_a_shape_that_holds_itself_is_compared_once() -> None:
    class Tree(BaseModel):
        branches: list["Tree"]

    assert breaks(Tree.model_json_schema(), Tree.model_json_schema()) == []


def test_a_released_type_goes_only_when_an_upcast_lifts_it() -> None:
    released = {"weft.memory.stored.v1": MemoryStored.model_json_schema()}
    assert refusals(released, {}, lifted=()) == ["weft.memory.stored.v1: released, and gone without an upcast"]
    assert refusals(released, {}, lifted=released) == []


def test_what_was_released_is_still_so() -> None:
    assert schemas.refusals() == []


def test_an_event_that_is_changed_fails_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = MemoryStored.model_json_schema()
    monkeypatch.setattr(schemas, "_public", lambda: {**schemas.released()["events"], MemoryStored.type: stored})
    stored["required"].append("evidence")
    with pytest.raises(SystemExit, match=r"weft\.memory\.stored\.v1\.evidence: was optional"):
        schemas.main("--check")


def test_this_version_of_weft_has_taken_its_events_as_released() -> None:
    """Who gives Weft a new version is reminded: `python -m contracts.schemas --release`."""
    assert schemas.released()["version"] == schemas.weft_version()
