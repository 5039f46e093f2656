"""Relationships made by hand: what may be said of two memories, and what goes with a memory that is deleted."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Grants, now
from contracts.commands import AnyCommand, MakeRelationship
from contracts.events import MemoryDeleted, MemoryStored, RelationshipDeleted, RelationshipMade
from contracts.replies import Refusal
from services.memory.decisions.batch import Batch, apply, decide_all
from services.memory.decisions.concerned import Concerned, concerned
from services.memory.decisions.memories import decide
from services.memory.decisions.outcomes import Decision
from services.memory.decisions.relationships import RELATIONSHIPS_MAX
from services.memory.decisions.state import WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
BOTH = Grants(read=("default", "other"), write=("default", "other"), default="default")
READS_BOTH = Grants(read=("default", "other"), write=("other",), default="other")


def a_state(*memory_ids: str, elsewhere: Iterable[str] = ()) -> WorkspaceState:
    state = WorkspaceState(WS, "team", namespaces={"default": "active", "other": "active"})
    for memory_id in memory_ids:
        namespace = "other" if memory_id in elsewhere else "default"
        stored = MemoryStored(memory_id=memory_id, namespace=namespace, **dict(examples.a_draft()))
        apply(state, memory_id, stored, 1, now())
    return state


def ids(count: int) -> list[str]:
    return [examples.a_memory_id() for _ in range(count)]


def run(state: WorkspaceState, *commands: AnyCommand) -> Batch:
    return decide_all(state, commands, {}, now(), iter(uuid4, None))


def answers(batch: Batch) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in batch.answers]


def refused(state: WorkspaceState, command: AnyCommand) -> Refusal:
    found = decide(state, command, now())
    assert isinstance(found, Refusal), found
    return found


def made(state: WorkspaceState, *pairs: tuple[str, str]) -> list[MakeRelationship]:
    """What the commands say is in `state` afterwards."""
    commands = [examples.make_relationship(WS, source, target) for source, target in pairs]
    assert all("body" in answer for answer in answers(run(state, *commands)))
    return commands


def kinds(batch: Batch) -> list[str]:
    return [it.event.type.removeprefix("weft.").removesuffix(".v1") for it in batch.recorded]


def test_what_is_made_is_answered_as_an_edge() -> None:
    one, other = ids(2)
    command = examples.make_relationship(WS, one, other, confidence=0.4, context="It says so.")
    batch = run(a_state(one, other), command)
    (answer,) = answers(batch)
    created_at = answer["body"].pop("created_at")
    assert answer["body"] == {
        "id": str(command.relationship_id),
        "source_memory_id": one,
        "target_memory_id": other,
        "relationship_type": "depends_on",
        "discovery_method": "manual",
        "confidence": 0.4,
        "is_bidirectional": False,
        "context": "It says so.",
    }
    (recorded,) = batch.recorded
    assert created_at == recorded.time.isoformat().replace("+00:00", "Z")
    assert (recorded.stream, recorded.version, recorded.revision) == (command.entity_id, 1, 0)
    assert isinstance(recorded.event, RelationshipMade)


def test_said_again_the_same_is_no_event_and_the_same_answer() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    first = run(state, examples.make_relationship(WS, one, other, context="Because."))
    again = run(state, examples.make_relationship(WS, one, other, context="Because."))
    assert again.recorded == []
    assert again.answers == first.answers


def test_said_again_otherwise_it_replaces_what_was_said_and_keeps_its_age() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    first = decide_all(state, [examples.make_relationship(WS, one, other)], {}, now(), iter(uuid4, None))
    later = now() + timedelta(days=1)
    changed = examples.make_relationship(WS, one, other, confidence=0.1, context="Hardly.")
    (answer,) = answers(second := decide_all(state, [changed], {}, later, iter(uuid4, None)))
    assert (answer["body"]["confidence"], answer["body"]["context"]) == (0.1, "Hardly.")
    assert answer["body"]["created_at"] == answers(first)[0]["body"]["created_at"]
    assert [it.version for it in second.recorded] == [2]
    assert len(state.touching(one)) == 1


def test_two_types_and_two_directions_are_four_relationships() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    for source, target in ((one, other), (other, one)):
        for kind in ("depends_on", "caused_by"):
            run(state, examples.make_relationship(WS, source, target, relationship_type=kind))
    assert len(state.relationships) == len(state.touching(one)) == 4


@pytest.mark.parametrize("missing", ["source", "target"])
def test_an_end_that_is_not_there_or_may_not_be_seen_is_named(missing: str) -> None:
    one, other = ids(2)
    command = examples.make_relationship(WS, one, other)
    which = one if missing == "source" else other
    never = refused(a_state(other if which == one else one), command)
    unseen = refused(a_state(one, other, elsewhere=[which]), command)
    gone = a_state(one, other)
    apply(gone, which, MemoryDeleted(memory_id=which), 2, now())
    assert never == unseen == refused(gone, command)
    assert never == Refusal(code="unknown_memory", detail=f"Memory '{which}' not found.")


def test_who_may_write_the_source_says_what_it_relates_to() -> None:
    one, other = ids(2)
    state = a_state(one, other, elsewhere=[other])
    assert refused(state, examples.make_relationship(WS, one, other, grants=READS_BOTH)).code == "namespace_read_only"
    reverse = examples.make_relationship(WS, other, one, grants=READS_BOTH)
    assert isinstance(decide(state, reverse, now()), Decision)


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_memory_has_room_for_exactly_as_many_as_it_says(end: str) -> None:
    hub, *spokes = ids(RELATIONSHIPS_MAX + 2)
    state = a_state(hub, *spokes)
    made(state, *((hub, it) if end == "source" else (it, hub) for it in spokes[: RELATIONSHIPS_MAX - 1]))
    made(state, (spokes[0], spokes[1]))  # does not touch it
    (last,) = made(state, (spokes[-2], hub))
    assert refused(state, examples.make_relationship(WS, hub, spokes[-1])).code == "relationship_limit_reached"
    assert refused(state, examples.make_relationship(WS, spokes[-1], hub)).code == "relationship_limit_reached"
    changed = last.model_copy(update={"command_id": uuid4(), "confidence": 0.5})
    assert answers(run(state, changed))[0]["body"]["confidence"] == 0.5
    run(state, examples.delete_relationship(WS, last.relationship_id))
    made(state, (hub, spokes[-1]))


def test_what_was_taken_back_may_be_made_again_and_its_versions_go_on() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    first, gone, again = answers(
        batch := run(
            state,
            command := examples.make_relationship(WS, one, other, context="First."),
            examples.delete_relationship(WS, command.relationship_id),
            examples.make_relationship(WS, one, other, context="Second."),
        )
    )
    assert (first["body"]["context"], gone, again["body"]["context"]) == ("First.", {"body": None}, "Second.")
    assert [it.version for it in batch.recorded] == [1, 2, 3]
    assert [it.answer is None for it in batch.settled] == [True, False, False]


@pytest.mark.parametrize("hidden", ["neither", "source", "target"])
def test_a_relationship_that_is_not_there_or_touches_what_may_not_be_seen_is_unknown(hidden: str) -> None:
    one, other = ids(2)
    state = a_state(one, other, elsewhere={"neither": [], "source": [one], "target": [other]}[hidden])
    if hidden == "neither":
        command = examples.delete_relationship(WS, uuid4())
    else:
        order = examples.make_relationship(WS, one, other, grants=BOTH)
        run(state, order)
        command = examples.delete_relationship(WS, order.relationship_id)
    detail = f"Relationship '{command.relationship_id}' not found."
    assert refused(state, command) == Refusal(code="unknown_relationship", detail=detail)


def test_who_may_only_read_the_source_can_not_take_it_back() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    (command,) = made(state, (one, other))
    order = examples.delete_relationship(WS, command.relationship_id, grants=READS_BOTH)
    assert refused(state, order).code == "namespace_read_only"


def test_a_deleted_memory_takes_its_relationships_along_and_no_others() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third)
    made(state, (one, other), (other, third), (third, one))
    batch = run(state, examples.delete(WS, one))
    assert kinds(batch) == ["relationship.deleted", "relationship.deleted", "memory.deleted"]
    assert answers(batch) == [{"body": None}]
    assert (state.touching(one), len(state.touching(other))) == (set(), 1)


def test_a_batch_counts_memories_and_deletes_what_is_between_them_once() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third)
    made(state, (one, other), (other, third))
    batch = run(state, examples.delete_batch(WS, one, other, examples.a_memory_id()))
    assert answers(batch) == [{"body": {"deleted_count": 2}}]
    deleted = [it.event for it in batch.recorded if isinstance(it.event, RelationshipDeleted)]
    assert len({it.relationship_id for it in deleted}) == len(deleted) == 2
    assert state.touching(third) == set()


def test_a_relationship_across_a_wall_goes_with_either_memory() -> None:
    one, other = ids(2)
    state = a_state(one, other, elsewhere=[other])
    run(state, examples.make_relationship(WS, other, one, grants=BOTH))
    assert kinds(run(state, examples.delete(WS, one))) == ["relationship.deleted", "memory.deleted"]


def test_a_memory_that_is_deleted_in_the_same_fetch_can_not_be_related_any_more() -> None:
    one, other = ids(2)
    _, answer = answers(
        run(a_state(one, other), examples.delete(WS, other), examples.make_relationship(WS, one, other))
    )
    assert answer["refusal"]["code"] == "unknown_memory"


def test_only_what_is_deleted_or_related_costs_a_look_at_relationships() -> None:
    one, other = ids(2)
    assert concerned([examples.store(WS, memory_id=one), examples.access(WS, other)]) == Concerned((one, other))
    making = examples.make_relationship(WS, one, other)
    assert concerned([making, making]) == Concerned((one, other), (making.entity_id,), (one, other))
    assert concerned([examples.delete_batch(WS, one, one)]) == Concerned((one,), (), (one,), bound=(one,))
    taking_back = examples.delete_relationship(WS, making.relationship_id)
    assert concerned([taking_back]) == Concerned((), (making.entity_id,))


@given(st.lists(st.tuples(st.sampled_from(["make", "unmake", "delete"]), st.integers(0, 3), st.integers(0, 3))))
def test_no_relationship_outlives_its_memories(steps: Sequence[tuple[str, int, int]]) -> None:
    memory_ids = ids(4)
    state, commands = a_state(*memory_ids), list[AnyCommand]()
    for kind, place, number in steps:
        one, other = memory_ids[place], memory_ids[number if number != place else (place + 1) % 4]
        making = examples.make_relationship(WS, one, other)
        match kind:
            case "make":
                commands.append(making)
            case "unmake":
                commands.append(examples.delete_relationship(WS, making.relationship_id))
            case _:
                commands.append(examples.delete(WS, one))
    batch = run(state, *commands)
    alive = [found for each in state.relationships if (found := state.made(each)) is not None]
    assert all(state.alive(it.source) and state.alive(it.target) for it in alive)
    for memory_id in memory_ids:
        touching = {it.relationship_id for it in alive if memory_id in (it.source, it.target)}
        assert state.touching(memory_id) == touching
    for stream in {it.stream for it in batch.recorded} - set(memory_ids):
        of_it = [it for it in batch.recorded if it.stream == stream]
        assert [it.version for it in of_it] == list(range(1, len(of_it) + 1))
        assert all(type(one.event) is not type(next_.event) for one, next_ in pairwise(of_it))
