"""What routes that find memories share: fields that they do not know are ignored, and said so; where they look."""

from typing import Any

import pytest

from contracts.base import Grants
from services.gateway.api.calls import Call
from services.gateway.api.finding import WARNINGS_MAX, flat, ignored, readable
from services.gateway.api.shapes import ExploreRequest, SearchRequest
from services.gateway.auth import Principal

GRANTS = Grants(read=("default", "team"), write=("default",), default="default")
PRINCIPAL = Principal("ws-000000000000", "key:a", GRANTS)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("source_files", "files"),
        ("memory_type", "memory_types"),
        ("tag", "tags"),
        ("limt", "limit"),
        ("min_importence", "min_importance"),
        ("usesemantic", "use_semantic"),
        ("namespace", "namespaces"),
        ("type", "memory_types"),
        ("max_results", "limit"),
    ],
)
def test_the_field_that_was_probably_meant_is_named(given: str, meant: str) -> None:
    assert ignored({given: 1}, SearchRequest) == [f"Unknown field '{given}' was ignored; did you mean '{meant}'?"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("type", "relationship_types"),
        ("relationship_type", "relationship_types"),
        ("limit", "max_nodes"),
        ("max_results", "max_nodes"),
        ("min_confidence", "min_edge_confidence"),
        ("seeds_limit", "seed_limit"),
        ("topic", "query"),
    ],
)
def test_what_was_meant_depends_on_what_is_asked(given: str, meant: str) -> None:
    assert ignored({given: 1}, ExploreRequest) == [f"Unknown field '{given}' was ignored; did you mean '{meant}'?"]


def test_where_nothing_is_like_it_nothing_is_guessed() -> None:
    assert ignored({"zzzz": 1}, SearchRequest) == ["Unknown field 'zzzz' was ignored."]
    assert ignored({"source_files": 1}, ExploreRequest) == ["Unknown field 'source_files' was ignored."]


def test_known_fields_are_not_named() -> None:
    assert ignored({"query": "", "tag_prefixes": None, "workspace_id": "ws-000000000000"}, SearchRequest) == []
    assert ignored(dict.fromkeys(ExploreRequest.model_fields), ExploreRequest) == []


def test_names_are_cut_and_cleaned_and_not_all_of_them_told() -> None:
    warnings = ignored({f"\x1b[31m\u202e{'x' * 10_000}{number}": 1 for number in range(500)}, SearchRequest)
    assert len(warnings) == WARNINGS_MAX
    assert all(len(warning) < 150 and warning.isprintable() for warning in warnings)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, ("default", "team")),
        (("*",), ("default", "team")),
        (("team", "*"), ("default", "team")),
        (("team",), ("team",)),
        ((), ()),
    ],
)
async def test_it_looks_where_it_is_told_or_wherever_the_key_may_read(named: Any, expected: tuple[str, ...]) -> None:
    assert await readable(unconnected(), named) == expected


def unconnected() -> Call:
    """A call that can ask nobody."""
    gate: Any = None
    request: Any = None
    return Call(gate, request, PRINCIPAL)


def test_a_hit_is_shown_with_its_memory_and_flat() -> None:
    memory = {"memory_id": "mem-a", "title": "T", "memory_type": "wiki", "summary": "S", "id": "a uuid", "tags": []}
    assert flat({"memory": memory, "score": 0.5}) == {
        "memory": memory,
        "score": 0.5,
        "id": "mem-a",
        "title": "T",
        "memory_type": "wiki",
        "summary": "S",
    }
