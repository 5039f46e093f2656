"""Events are for ever: whatever was written once is read by this version, and goes out again as it came in."""

import json
from pathlib import Path
from typing import Any

import pytest

from contracts import subjects
from contracts.events import EVENTS, CloudEvent, NewerThanKnown
from contracts.upcasts import UPCASTS

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*.json"))


def golden(event_type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GOLDEN / f"{event_type}.json").read_text())
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_version_ever_written_can_be_read(file: Path) -> None:
    event = CloudEvent.read(file.read_bytes())
    assert type(event.data) in EVENTS.values()


@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_every_event_has_a_golden_file_and_goes_out_as_it_came_in(event_type: str) -> None:
    written = golden(event_type)
    assert json.loads(CloudEvent.read(json.dumps(written).encode()).model_dump_json()) == written


def test_every_upcast_starts_from_a_version_with_a_golden_file() -> None:
    assert {f"{old}.json" for old in UPCASTS} <= {file.name for file in FILES}


def test_a_newer_version_is_not_skipped() -> None:
    newer = golden("weft.memory.stored.v1") | {"type": "weft.memory.stored.v99"}
    with pytest.raises(NewerThanKnown):
        CloudEvent.read(json.dumps(newer).encode())


def test_a_field_that_a_reader_does_not_know_is_ignored() -> None:
    written = golden("weft.memory.stored.v1")
    written["data"]["from_the_future"] = 1
    assert (
        CloudEvent.read(json.dumps(written).encode()).data
        == CloudEvent.read(json.dumps(golden("weft.memory.stored.v1")).encode()).data
    )


def test_a_revision_carries_only_what_changed() -> None:
    written = golden("weft.memory.revised.v1")
    event = CloudEvent.read(json.dumps(written).encode())
    assert event.data.changes() == {"tags": ("pool",), "importance_score": 0.9}  # type: ignore[union-attr]


def test_a_subject_can_be_filtered_by_workspace_and_by_memory() -> None:
    event = CloudEvent.read(json.dumps(golden("weft.memory.stored.v1")).encode())
    assert subjects.event(event) == f"events.{event.workspace}.memory.{event.subject}.stored"


def test_what_was_erased_of_a_relationship_stays_with_the_relationship() -> None:
    written = golden("weft.event.erased.v1") | {"data": {"erased_type": "weft.relationship.made.v1"}}
    event = CloudEvent.read(json.dumps(written).encode())
    assert subjects.event(event) == f"events.{event.workspace}.relationship.{event.subject}.erased"


@pytest.mark.parametrize("entity", ["a.b", "*", ">", "a b", "ABC", "ümlaut"])
def test_an_id_that_is_no_token_becomes_one(entity: str) -> None:
    token = subjects.token("ws-aaaaaaaaaaaa", entity)
    assert len(token) == 32
    assert token.isalnum()
    assert token != subjects.token("ws-bbbbbbbbbbbb", entity)


@pytest.mark.parametrize(
    ("types", "filters"),
    [
        ([], ["events.*.>"]),
        (["weft"], ["events.*.>"]),
        (["weft.memory"], ["events.*.memory.>"]),
        (["weft.memory.stored.v1"], ["events.*.memory.*.stored"]),
        (["weft.memory.stored", "weft.memory", "weft.job"], ["events.*.job.>", "events.*.memory.>"]),
        (["weft.workspace.plan_switched.v1", "weft"], ["events.*.>"]),
    ],
)
def test_what_a_subscriber_asks_for_is_a_filter(types: list[str], filters: list[str]) -> None:
    assert subjects.of_types(types) == filters


def test_what_was_erased_is_heard_of_every_entity_and_of_none_twice() -> None:
    filters = subjects.of_types(["weft.event", "weft.memory"], "ws-abcdefghijkl")
    assert "events.ws-abcdefghijkl.memory.>" in filters
    assert "events.ws-abcdefghijkl.session.*.erased" in filters
    assert "events.ws-abcdefghijkl.memory.*.erased" not in filters


@pytest.mark.parametrize("event_type", sorted(EVENTS))
def test_the_filter_of_each_type_hears_it(event_type: str) -> None:
    event = CloudEvent.read((GOLDEN / f"{event_type}.json").read_bytes())
    said = subjects.event(event).split(".")
    filters = [each.split(".") for each in subjects.of_types([event_type])]
    assert any(all(a in ("*", b) for a, b in zip(each, said, strict=True)) for each in filters)
