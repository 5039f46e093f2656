"""What is imported is taken over as it was, once, and where it may be: pure decisions."""

import json
from collections import Counter
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts.base import Grants, now
from contracts.commands import AnyCommand
from contracts.events import JobChanged, MemoryImported, ObservationsRecorded, RelationshipMade, SessionEnded
from contracts.transfer import MemoryLine
from services.memory.decisions.batch import Batch, decide_all
from services.memory.decisions.state import MemoryState, WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
READ_ONLY = Grants(read=("default",), write=("other",), default="other")
EVERYWHERE = Grants(read=("default", "other"), write=("default", "other"), default="default")


def a_workspace(plan: str = "team") -> WorkspaceState:
    return WorkspaceState(WS, plan, namespaces={"default": "active", "other": "active", "old": "archived"})


def run(state: WorkspaceState, *commands: AnyCommand) -> Batch:
    return decide_all(state, commands, {}, now(), iter(uuid4, None))


def refused(state: WorkspaceState, command: AnyCommand) -> str | None:
    """The code of the refusal; None where there was none."""
    (given,) = run(state, command).answers
    refusal = json.loads(given).get("refusal")
    return None if refusal is None else str(refusal["code"])


def memories(state: WorkspaceState, count: int, **fields: Any) -> list[str]:
    lines = [examples.a_memory_line(**fields) for _ in range(count)]
    run(state, *(examples.import_memory(WS, line, grants=EVERYWHERE) for line in lines))
    return [line.memory_id for line in lines]


def alive(state: WorkspaceState, memory_id: str) -> MemoryState:
    found = state.alive(memory_id)
    assert found is not None
    return found


def test_a_memory_is_taken_over_with_its_history() -> None:
    state, line = a_workspace(), examples.a_memory_line()
    (recorded,) = run(state, examples.import_memory(WS, line)).recorded
    found = alive(state, line.memory_id)
    assert isinstance(recorded.event, MemoryImported)
    assert (recorded.version, recorded.revision, state.memory_count) == (1, 4, 1)
    for name in ("title", "tags", "importance_score", "given_importance", "revision", "by_hand", "updated_at"):
        assert getattr(found, name) == getattr(line, name)
    assert found.created_at == datetime.fromisoformat("2025-03-01T08:00:00Z")
    assert (found.usage.access_count, found.usage.retrieval_count, found.usage.unlogged_accesses) == (3, 12, 0)
    assert (found.feedback_positive_count, found.recalculated_on) == (2, date(2025, 5, 2))


def test_it_goes_on_from_there() -> None:
    state, line = a_workspace(), examples.a_memory_line()
    run(state, examples.import_memory(WS, line), examples.revise(WS, line.memory_id, {"title": "Another"}))
    run(state, examples.access(WS, line.memory_id))
    found = alive(state, line.memory_id)
    assert (found.title, found.revision, found.usage.access_count, found.by_hand) == ("Another", 5, 4, True)


def test_what_a_line_does_not_say_is_as_for_a_new_memory() -> None:
    state, memory_id = a_workspace(), examples.a_memory_id()
    line = MemoryLine(memory_id=memory_id, title="T", narrative="N", importance_score=0.4)
    before = now()
    run(state, examples.import_memory(WS, line))
    found = alive(state, memory_id)
    assert (found.given_importance, found.revision, found.namespace, found.updated_at) == (0.4, 1, "default", None)
    assert found.created_at >= before


def test_what_is_here_or_was_here_stays_as_it_is() -> None:
    state = a_workspace()
    kept, gone = memories(state, 2)
    run(state, examples.delete(WS, gone))
    assert (
        refused(state, examples.import_memory(WS, examples.a_memory_line(memory_id=kept, title="X")))
        == "already_exists"
    )
    assert refused(state, examples.import_memory(WS, examples.a_memory_line(memory_id=gone))) == "already_deleted"
    assert alive(state, kept).title != "X"


@pytest.mark.parametrize(
    ("namespace", "grants", "code"),
    [
        ("nowhere", EVERYWHERE, "unknown_namespace"),
        ("old", EVERYWHERE, "unknown_namespace"),
        ("other", examples.OWN, "namespace_not_granted"),
        ("default", READ_ONLY, "namespace_read_only"),
        ("other", READ_ONLY, None),
    ],
)
def test_it_goes_where_its_line_says_and_the_key_may_write(namespace: str, grants: Grants, code: str | None) -> None:
    line = examples.a_memory_line(namespace=namespace)
    assert refused(a_workspace(), examples.import_memory(WS, line, grants=grants)) == code
    session = examples.a_session_line(namespace=namespace)
    assert refused(a_workspace(), examples.import_session(WS, session, grants=grants)) == code


def test_a_plans_limit_holds_and_only_for_memories() -> None:
    state = a_workspace("free")
    ids = memories(state, 501)
    assert state.memory_count == 500
    assert refused(state, examples.import_memory(WS)) == "memory_limit_reached"
    assert refused(state, examples.import_relationship(WS, ids[0], ids[1])) is None


def test_a_relationship_keeps_when_it_was_made_and_comes_once() -> None:
    state = a_workspace()
    one, other = memories(state, 2)
    order = examples.import_relationship(WS, one, other, confidence=0.4, context="So it was.")
    (recorded,) = run(state, order).recorded
    assert isinstance(recorded.event, RelationshipMade)
    made = state.made(order.entity_id)
    assert made is not None
    assert (made.created_at.year, made.confidence, made.context) == (2025, 0.4, "So it was.")
    assert refused(state, examples.import_relationship(WS, one, other)) == "already_exists"
    run(state, examples.delete_relationship(WS, order.relationship_id))
    assert refused(state, examples.import_relationship(WS, one, other)) == "already_deleted"
    assert refused(state, examples.import_relationship(WS, one, examples.a_memory_id())) == "unknown_memory"


def test_a_session_that_ended_asks_for_nothing_and_takes_its_observations_all_the_same() -> None:
    state, line = a_workspace(), examples.a_session_line()
    seen = [examples.an_observation(kind="note") for _ in range(5)]
    batch = run(
        state,
        examples.import_session(WS, line),
        examples.import_observations(WS, line, 0, *seen[:3]),
        examples.import_observations(WS, line, 3, *seen[3:]),
    )
    assert not any(isinstance(each.event, SessionEnded | JobChanged) for each in batch.recorded)
    session = state.sessions[line.session_id]
    assert (session.status, session.job_id, session.observation_count) == ("ended", None, 5)
    assert (session.started_at, session.last_seen_at) == (line.started_at, line.last_seen_at)
    assert Counter(session.kinds) == {"note": 5}
    assert refused(state, examples.import_session(WS, line)) == "already_exists"
    assert refused(state, examples.import_observations(WS, line, 3, *seen[3:])) == "already_exists"


def test_observations_do_not_come_before_those_before_them_or_into_another_session() -> None:
    state, line = a_workspace(), examples.a_session_line()
    seen = examples.an_observation()
    assert refused(state, examples.import_observations(WS, line, 0, seen)) == "unknown_session"
    run(state, examples.import_session(WS, line))
    assert refused(state, examples.import_observations(WS, line, 1, seen)) == "session_exists"
    another = examples.a_session_line(session_id=line.session_id, started_at="2025-03-01T08:00:01Z")
    assert refused(state, examples.import_observations(WS, another, 0, seen)) == "session_exists"


def test_a_session_that_goes_on_was_heard_of_when_it_was_imported() -> None:
    """Else it would be ended as silent before its observations are here."""
    state, before = a_workspace(), now()
    line = examples.a_session_line(status="active", ended_at=None, ended_by=None, summary=None)
    batch = run(
        state, examples.import_session(WS, line), examples.import_observations(WS, line, 0, examples.an_observation())
    )
    assert isinstance(batch.recorded[-1].event, ObservationsRecorded)
    session = state.sessions[line.session_id]
    assert session.last_seen_at >= before
    run(state, examples.end_session(WS, line.session_id))
    assert state.sessions[line.session_id].job_id is not None


def test_a_consolidation_is_taken_over_without_a_change_of_the_memory() -> None:
    state = a_workspace()
    (survivor,) = memories(state, 1, tags=["own"])
    (member,) = memories(state, 1, tags=["own", "its"])
    order = examples.import_consolidation(WS, survivor, member, tags=["its", "nobodys"])
    assert refused(state, order) is None
    found = alive(state, survivor)
    assert (found.tags, found.brought.tags, found.consolidated_from) == (("own", "its"), ("its",), (member,))
    assert (found.revision, found.updated_at) == (4, examples.a_memory_line().updated_at)
    assert alive(state, member).consolidated_into == survivor
    assert refused(state, examples.import_consolidation(WS, survivor, member)) == "already_exists"
    run(state, examples.delete(WS, member))
    assert alive(state, survivor).tags == ("own",)


def test_a_consolidation_of_which_a_part_is_missing_or_bound_is_refused_whole() -> None:
    state = a_workspace()
    survivor, member, another = memories(state, 3)
    (elsewhere,) = memories(state, 1, namespace="other")
    for command, code in (
        (examples.import_consolidation(WS, survivor, member, examples.a_memory_id()), "unknown_memory"),
        (examples.import_consolidation(WS, survivor, elsewhere, grants=EVERYWHERE), "not_to_be_consolidated"),
    ):
        assert refused(state, command) == code
    assert refused(state, examples.import_consolidation(WS, survivor, member)) is None
    assert refused(state, examples.import_consolidation(WS, another, member)) == "not_to_be_consolidated"
    assert refused(state, examples.import_consolidation(WS, another, survivor)) == "not_to_be_consolidated"
