"""Fields that a search does not know: ignored, and said so."""

import pytest

from services.gateway.api.search import WARNINGS_MAX, ignored


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
    ],
)
def test_the_field_that_was_probably_meant_is_named(given: str, meant: str) -> None:
    assert ignored({given: 1}) == [f"Unknown field '{given}' was ignored; did you mean '{meant}'?"]


def test_where_nothing_is_like_it_nothing_is_guessed() -> None:
    assert ignored({"zzzz": 1}) == ["Unknown field 'zzzz' was ignored."]


def test_known_fields_are_not_named() -> None:
    assert ignored({"query": "", "tag_prefixes": None, "workspace_id": "ws-000000000000"}) == []


def test_names_are_cut_and_cleaned_and_not_all_of_them_told() -> None:
    warnings = ignored({f"\x1b[31m\u202e{'x' * 10_000}{number}": 1 for number in range(500)})
    assert len(warnings) == WARNINGS_MAX
    assert all(len(warning) < 150 and warning.isprintable() for warning in warnings)
