"""Decisions are pure: a state and a command in, events or a refusal out."""

from dataclasses import replace

import pytest

from contracts.base import Grants, now
from contracts.commands import AnyCommand
from contracts.events import KeyIssued, MemoryDeleted, MemoryRevised, MemoryStored, WorkspaceOpened
from contracts.replies import Refusal
from services.memory.decisions.batch import apply
from services.memory.decisions.memories import decide
from services.memory.decisions.outcomes import Decision
from services.memory.decisions.state import MemoryState, WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
READ_ONLY = Grants(read=("default",), write=("other",), default="other")
ELSEWHERE = Grants(read=("other",), write=("other",), default="other")


def a_state(*memory_ids: str, plan: str = "team", namespace: str = "default") -> WorkspaceState:
    state = WorkspaceState(WS, plan, namespaces={"default": "active", "other": "active", "old": "archived"})
    for memory_id in memory_ids:
        stored = MemoryStored(memory_id=memory_id, namespace=namespace, **dict(examples.a_draft()))
        apply(state, memory_id, stored, 1, now())
    return state


def decided(state: WorkspaceState, command: AnyCommand) -> Decision:
    found = decide(state, command, now())
    assert isinstance(found, Decision), found
    return found


def refused(state: WorkspaceState, command: AnyCommand) -> str:
    found = decide(state, command, now())
    assert isinstance(found, Refusal), found
    return found.code


def test_a_stored_memory_goes_to_the_default_namespace_of_the_key() -> None:
    command = examples.store(WS)
    (happened,) = decided(a_state(), command).happened
    assert isinstance(happened.event, MemoryStored)
    assert (happened.stream, happened.event.namespace) == (command.memory_id, "default")
    assert happened.event.title == command.draft.title


@pytest.mark.parametrize(
    ("namespace", "grants", "code"),
    [
        ("unknown", examples.OWN, "unknown_namespace"),
        ("old", examples.OWN, "unknown_namespace"),
        ("other", examples.OWN, "namespace_not_granted"),
        ("default", READ_ONLY, "namespace_read_only"),
    ],
)
def test_a_store_where_it_may_not_be_is_refused(namespace: str, grants: Grants, code: str) -> None:
    assert refused(a_state(), examples.store(WS, namespace=namespace, grants=grants)) == code


def test_a_memory_id_is_used_once_even_after_a_deletion() -> None:
    command = examples.store(WS)
    state = a_state(command.memory_id)
    assert refused(state, command) == "already_exists"
    apply(state, command.memory_id, MemoryDeleted(memory_id=command.memory_id), 2, now())
    assert refused(state, command) == "already_exists"


def test_a_plan_has_room_for_exactly_as_many_memories_as_it_says() -> None:
    state = a_state(plan="free")
    state.memory_count = 499
    assert decided(state, examples.store(WS)).happened
    state.memory_count = 500
    assert refused(state, examples.store(WS)) == "memory_limit_reached"


def test_a_revision_says_only_what_changed() -> None:
    memory_id = examples.a_memory_id()
    command = examples.revise(WS, memory_id, {"tags": ("pool",), "title": "Use the connection pool"})
    (happened,) = decided(a_state(memory_id), command).happened
    assert isinstance(happened.event, MemoryRevised)
    assert happened.event.changes() == {"tags": ("pool",)}


def test_a_revision_that_changes_nothing_is_no_event() -> None:
    memory_id = examples.a_memory_id()
    assert decided(a_state(memory_id), examples.revise(WS, memory_id, {"importance_score": 0.7})) == Decision()


def test_a_revision_of_another_revision_than_expected_is_refused() -> None:
    memory_id = examples.a_memory_id()
    command = examples.revise(WS, memory_id, {"title": "New"}, expected_revision=2)
    assert refused(a_state(memory_id), command) == "revision_mismatch"
    assert decided(a_state(memory_id), command.model_copy(update={"expected_revision": 1})).happened


@pytest.mark.parametrize("order", [examples.delete, examples.access, examples.retrieval])
def test_what_is_not_there_and_what_may_not_be_seen_are_the_same(order) -> None:  # type: ignore[no-untyped-def]
    memory_id = examples.a_memory_id()
    unknown = decide(a_state(), order(WS, memory_id), now())
    unseen = decide(a_state(memory_id), order(WS, memory_id, grants=ELSEWHERE), now())
    assert unknown == unseen
    assert isinstance(unknown, Refusal)


def test_what_may_be_read_but_not_written_is_counted_but_not_deleted() -> None:
    memory_id = examples.a_memory_id()
    state = a_state(memory_id)
    assert refused(state, examples.delete(WS, memory_id, grants=READ_ONLY)) == "namespace_read_only"
    assert decided(state, examples.access(WS, memory_id, grants=READ_ONLY)).counted


def test_a_batch_deletes_what_it_finds_and_each_once() -> None:
    one, other, unknown = (examples.a_memory_id() for _ in range(3))
    happened = decided(a_state(one, other), examples.delete_batch(WS, one, one, unknown, other, one)).happened
    assert [each.stream for each in happened] == [one, other]


def test_counting_is_no_event_and_no_revision() -> None:
    memory_id = examples.a_memory_id()
    state = a_state(memory_id)
    for order, counts in ((examples.access, (1, 0)), (examples.retrieval, (0, 1))):
        decision = decided(state, order(WS, memory_id))
        assert decision.happened == ()
        assert decision.counted is not None
        usage = decision.counted[1]
        assert (usage.access_count, usage.retrieval_count) == counts
        assert (usage.last_accessed_at is not None) == (order is examples.access)


def test_a_workspace_is_opened_once_with_its_first_key() -> None:
    opened, issued = decided(WorkspaceState(WS, None), examples.open_workspace(WS)).happened
    assert isinstance(opened.event, WorkspaceOpened)
    assert isinstance(issued.event, KeyIssued)
    assert opened.event.plan == "team"
    assert refused(a_state(), examples.open_workspace(WS)) == "already_exists"


def test_nothing_happens_in_a_workspace_that_does_not_exist() -> None:
    assert refused(WorkspaceState(WS, None), examples.store(WS)) == "unknown_workspace"


def test_a_new_text_waits_for_its_vectors_and_another_tag_does_not() -> None:
    memory_id = examples.a_memory_id()
    state = a_state(memory_id)
    found = state.alive(memory_id)
    assert found is not None
    state.memories[memory_id] = replace(found, embedding_status="ready")
    apply(state, memory_id, MemoryRevised(memory_id=memory_id, tags=("x",)), 2, now())
    after = state.memories[memory_id]
    assert isinstance(after, MemoryState)
    assert (after.embedding_status, after.revision) == ("ready", 2)
    apply(state, memory_id, MemoryRevised(memory_id=memory_id, title="Another"), 3, now())
    after = state.memories[memory_id]
    assert isinstance(after, MemoryState)
    assert (after.embedding_status, after.revision) == ("pending", 3)
