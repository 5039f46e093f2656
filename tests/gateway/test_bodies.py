"""What is read from a body, and what is refused before any field is looked at."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from contracts.base import Grants, now
from contracts.commands import MemoryChanges, ReviseMemory
from services.gateway.api.shapes import Changes, ExploreRequest, NewMemory, NewRelationship, PathRequest, SearchRequest
from services.gateway.api.wire.bodies import DEPTH_MAX, fit, parse
from services.gateway.api.wire.errors import Problem

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


def refusal_of(attempt: Callable[[], object]) -> Problem | None:
    try:
        attempt()
    except Problem as refused:
        return refused
    return None


@given(values, st.booleans())
def test_json_is_read_as_it_was_written(value: Any, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(payload: bytes) -> None:
    refused = refusal_of(lambda: parse(payload))
    if refused is not None:
        assert refused.status in {400, 415, 422}
        assert len(refused.response().body) < 200


MODELS = (NewMemory, Changes, SearchRequest, ExploreRequest, PathRequest, NewRelationship)
NAMES = sorted({name for model in MODELS for name in model.model_fields})


@given(st.dictionaries(st.sampled_from([*NAMES, "other"]), values))
def test_whatever_a_field_holds_it_fits_or_is_refused_in_few_words(fields: dict[str, Any]) -> None:
    for model in MODELS:
        refused = refusal_of(partial(fit, model, fields))
        if refused is not None:
            assert refused.status == 422
            assert len(refused.response().body) < 2_048


@given(st.dictionaries(texts, scalars, min_size=1))
def test_a_name_given_twice_is_400(fields: dict[str, Any]) -> None:
    members = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items()]
    with pytest.raises(Problem) as refused:
        parse(f"{{{', '.join([*members, members[0]])}}}".encode())
    assert refused.value.status == 400


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_it_may_be_nested_32_deep_and_no_deeper(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return f"{opening * depth}{'1' if closing == '}' else ''}{closing * depth}".encode()

    parse(nested(DEPTH_MAX))
    for depth in (DEPTH_MAX + 1, 900, 100_000):
        with pytest.raises(Problem) as refused:
            parse(nested(depth))
        assert refused.value.detail[0]["type"] == "json_too_deep"


def test_a_wide_body_is_not_a_deep_one() -> None:
    assert len(parse(b"[" + b"[1]," * 10_000 + b"[1]]")) == 10_001


@pytest.mark.parametrize("text", [r'"\ud83e\uddf6"', r'"\\ud800"', r'{"\\udfff": "\ud83e\uddf6"}'])
def test_pairs_of_surrogates_and_escaped_backslashes_are_fine(text: str) -> None:
    assert parse(text.encode()) == json.loads(text)


A, B = "mem-000000000000000a", "mem-000000000000000b"
ENDS = {"source_memory_id": A, "target_memory_id": B}
RELATED = {**ENDS, "relationship_type": "depends_on"}


@pytest.mark.parametrize(
    ("model", "fields", "place"),
    [
        (ExploreRequest, {}, "query"),
        (ExploreRequest, {"query": None}, "query"),
        (ExploreRequest, {"query": ""}, "query"),
        (ExploreRequest, {"query": " \u200b\n"}, "query"),
        (ExploreRequest, {"query": "x" * 2_001}, "query"),
        (ExploreRequest, {"query": "a\0"}, "query"),
        (ExploreRequest, {"query": "x", "max_nodes": 0}, "max_nodes"),
        (ExploreRequest, {"query": "x", "max_nodes": 201}, "max_nodes"),
        (ExploreRequest, {"query": "x", "max_nodes": True}, "max_nodes"),
        (ExploreRequest, {"query": "x", "max_nodes": 5.0}, "max_nodes"),
        (ExploreRequest, {"query": "x", "max_nodes": None}, "max_nodes"),
        (ExploreRequest, {"query": "x", "seed_limit": 0}, "seed_limit"),
        (ExploreRequest, {"query": "x", "seed_limit": 51}, "seed_limit"),
        (ExploreRequest, {"query": "x", "min_edge_confidence": 1.1}, "min_edge_confidence"),
        (ExploreRequest, {"query": "x", "min_edge_confidence": -0.1}, "min_edge_confidence"),
        (ExploreRequest, {"query": "x", "min_edge_confidence": False}, "min_edge_confidence"),
        (ExploreRequest, {"query": "x", "min_edge_confidence": float("nan")}, "min_edge_confidence"),
        (ExploreRequest, {"query": "x", "relationship_types": "references"}, "relationship_types"),
        (ExploreRequest, {"query": "x", "relationship_types": ["likes"]}, "relationship_types"),
        (ExploreRequest, {"query": "x", "relationship_types": ["references"] * 65}, "relationship_types"),
        (ExploreRequest, {"query": "x", "namespaces": [">"]}, "namespaces"),
        (PathRequest, {"source_memory_id": A}, "target_memory_id"),
        (PathRequest, {**ENDS, "max_depth": 0}, "max_depth"),
        (PathRequest, {**ENDS, "max_depth": 11}, "max_depth"),
        (PathRequest, {**ENDS, "max_depth": 10**6}, "max_depth"),
        (PathRequest, {**ENDS, "max_depth": True}, "max_depth"),
        (PathRequest, {**ENDS, "max_depth": "5"}, "max_depth"),
        (PathRequest, {**ENDS, "relationship_types": ["REFERENCES"]}, "relationship_types"),
        (PathRequest, {**ENDS, "max_dept": 5}, "max_dept"),
        (PathRequest, {**ENDS, "source_memory_id": 7}, "source_memory_id"),
        (NewRelationship, ENDS, "relationship_type"),
        (NewRelationship, {**RELATED, "relationship_type": "likes"}, "relationship_type"),
        (NewRelationship, {**RELATED, "target_memory_id": A}, "target_memory_id"),
        (NewRelationship, {**RELATED, "confidence": 1.1}, "confidence"),
        (NewRelationship, {**RELATED, "confidence": True}, "confidence"),
        (NewRelationship, {**RELATED, "confidence": "1"}, "confidence"),
        (NewRelationship, {**RELATED, "confidence": None}, "confidence"),
        (NewRelationship, {**RELATED, "context": "x" * 1_001}, "context"),
        (NewRelationship, {**RELATED, "context": " "}, "context"),
        (NewRelationship, {**RELATED, "discovery_method": "manual"}, "discovery_method"),
        (NewRelationship, {**RELATED, "id": "x"}, "id"),
    ],
)
def test_what_does_not_fit_is_named(model: type[BaseModel], fields: dict[str, Any], place: str) -> None:
    with pytest.raises(Problem) as refused:
        fit(model, fields)
    assert refused.value.status == 422
    assert {tuple(each["loc"][:2]) for each in refused.value.detail} == {("body", place)}


def test_the_limits_themselves_fit() -> None:
    explored = fit(ExploreRequest, {"query": "x" * 2_000, "max_nodes": 200, "seed_limit": 50, "min_edge_confidence": 1})
    assert (explored.max_nodes, explored.seed_limit, explored.min_edge_confidence) == (200, 50, 1.0)
    assert fit(PathRequest, {**ENDS, "max_depth": 10}).max_depth == 10
    assert fit(NewRelationship, {**RELATED, "confidence": 0, "context": "x" * 1_000}).confidence == 0


def test_a_type_named_twice_is_one() -> None:
    types = ["references", "similar_to", "references"] * 20
    assert fit(PathRequest, {**ENDS, "relationship_types": types}).relationship_types == ("references", "similar_to")
    assert fit(PathRequest, {**ENDS, "relationship_types": []}).relationship_types == ()


def test_what_a_model_adds_to_a_word_of_contracts_stays_in_the_gateway() -> None:
    changes = fit(Changes, {"title": "New", "workspace_id": "ws-000000000000"})
    assert MemoryChanges.model_validate_json(_as_a_part_of_a_command(changes)).given() == {"title": "New"}


def _as_a_part_of_a_command(changes: MemoryChanges) -> str:
    grants = Grants(read=("default",), write=("default",), default="default")
    order = ReviseMemory(
        command_id=uuid4(),
        attempt=uuid4(),
        workspace_id="ws-000000000000",
        actor="key:a",
        grants=grants,
        issued_at=now(),
        memory_id="mem-0000000000000000",
        changes=changes,
    )
    return json.dumps(json.loads(order.model_dump_json())["changes"])
