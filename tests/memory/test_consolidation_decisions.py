"""Near duplicates folded into one memory: who may be, and that nothing is lost whatever happens to them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import CONSOLIDATED_MAX, Brought, Evidence, now
from contracts.commands import AnyCommand, Seen
from contracts.events import EventErased, MemoryConsolidated, MemoryDeleted, MemoryFolded
from contracts.replies import Refusal
from services.memory.decisions.batch import Batch, Recorded, apply, decide_all
from services.memory.decisions.concerned import concerned
from services.memory.decisions.memories import decide
from services.memory.decisions.state import MemoryState, Usage, WorkspaceState
from tests import examples

WS = examples.a_workspace_id()
TAGS = ("alpha", "beta", "gamma", "delta", "epsilon")


def a_state(*memory_ids: str, **of_each: Sequence[Any]) -> WorkspaceState:
    """Memories that have each a tag of their own; `of_each` are other fields, in the order of the ids."""
    state = WorkspaceState(WS, "team", namespaces={"default": "active", "other": "active"})
    for number, memory_id in enumerate(memory_ids):
        fields = {"tags": ("shared", TAGS[number % 5]), **{name: values[number] for name, values in of_each.items()}}
        run(state, examples.store(WS, examples.a_draft(**fields), memory_id=memory_id))
    return state


def ids(count: int) -> list[str]:
    return [examples.a_memory_id() for _ in range(count)]


def run(state: WorkspaceState, *commands: AnyCommand) -> Batch:
    return decide_all(state, commands, {}, now(), iter(uuid4, None))


def refused(state: WorkspaceState, command: AnyCommand) -> Refusal:
    found = decide(state, command, now())
    assert isinstance(found, Refusal), found
    return found


def of(state: WorkspaceState, memory_id: str) -> MemoryState:
    found = state.alive(memory_id)
    assert found is not None
    return found


def fold(state: WorkspaceState, survivor: str, *others: str) -> Batch:
    seen = tuple(Seen(memory_id=it, revision=of(state, it).revision) for it in others)
    batch = run(state, examples.consolidate(WS, survivor, revision=of(state, survivor).revision, others=seen))
    assert b"refusal" not in batch.answers[0], batch.answers
    return batch


def kinds(batch: Batch) -> list[str]:
    return [it.event.type.removeprefix("weft.memory.").removesuffix(".v1") for it in batch.recorded]


def test_the_one_gains_lists_and_a_revision_and_the_others_stand_behind_it() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third)
    batch = fold(state, one, other, third)
    assert kinds(batch) == ["folded", "folded", "consolidated"]
    survivor = of(state, one)
    assert survivor.consolidated_from == (other, third)
    assert survivor.tags == ("shared", "alpha", "beta", "gamma")
    assert survivor.brought == Brought(tags=("beta", "gamma"))
    assert (survivor.revision, survivor.updated_at is None) == (2, False)
    assert (of(state, other).consolidated_into, of(state, other).revision, of(state, other).updated_at) == (
        one,
        1,
        None,
    )
    assert b"beta" not in batch.answers[0], "answers are kept for days"


def test_there_is_no_more_in_a_list_than_there_is_room_for() -> None:
    one, other = ids(2)
    state = a_state(one, other, tags=[tuple(f"a{it}" for it in range(60)), tuple(f"b{it}" for it in range(60))])
    fold(state, one, other)
    assert len(of(state, one).tags) == 64
    assert of(state, one).brought.tags == ("b0", "b1", "b2", "b3")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"memory_type": ["decision", "pattern"]}, "one type"),
        ({"memory_type": ["wiki", "wiki"]}, "left alone"),
        ({"importance_score": [0.5, 1.0]}, "pinned"),
    ],
)
def test_what_is_not_alike_or_not_to_be_touched_is_not_folded(fields: dict[str, Any], why: str) -> None:
    one, other = ids(2)
    found = refused(a_state(one, other, **fields), examples.consolidate(WS, one, other))
    assert (found.code, why in found.detail) == ("not_to_be_consolidated", True), found


def test_what_was_looked_at_must_be_as_it_was() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    run(state, examples.revise(WS, other, {"title": "Another"}))
    assert refused(state, examples.consolidate(WS, one, other)).code == "revision_mismatch"
    assert refused(state, examples.consolidate(WS, one, examples.a_memory_id())).code == "unknown_memory"


def test_what_is_folded_can_not_be_folded_again_nor_have_anything_folded_into_it() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third)
    fold(state, one, other)
    for command in (examples.consolidate(WS, third, other), examples.consolidate(WS, other, third)):
        assert refused(state, command).code == "not_to_be_consolidated"


def test_who_is_folded_takes_along_what_is_folded_into_it() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third)
    fold(state, other, third)
    batch = fold(state, one, other)
    assert kinds(batch) == ["consolidated", "folded", "folded", "consolidated"]
    assert of(state, one).consolidated_from == (other, third)
    assert {of(state, it).consolidated_into for it in (other, third)} == {one}
    assert of(state, one).tags == ("shared", "alpha", "beta", "gamma")
    assert (of(state, other).consolidated_from, of(state, other).tags) == ((), ("shared", "beta"))


def test_there_is_an_end_to_what_is_folded_into_one() -> None:
    one, *others = ids(CONSOLIDATED_MAX + 2)
    state = a_state(one, *others)
    for start in range(0, CONSOLIDATED_MAX, 20):
        fold(state, one, *others[start : start + 20])
    command = examples.consolidate(WS, one, others[-1], revision=of(state, one).revision)
    assert refused(state, command).code == "not_to_be_consolidated"


def test_an_undone_one_is_as_before_with_what_its_author_changed_and_stays_so() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    fold(state, one, other)
    run(state, examples.revise(WS, one, {"tags": ("new", "beta", "alpha"), "importance_score": 0.2}))
    assert (of(state, one).tags, of(state, one).revision) == (("new", "beta", "alpha"), 3)
    batch = run(state, examples.undo_consolidation(WS, one))
    assert kinds(batch) == ["folded", "consolidated"]
    after = of(state, one)
    assert (after.tags, after.importance_score, after.consolidated_from) == (("new", "alpha"), 0.2, ())
    assert of(state, other).consolidated_into is None
    for survivor, folded in ((one, other), (other, one)):
        command = examples.consolidate(
            WS,
            survivor,
            revision=of(state, survivor).revision,
            others=(Seen(memory_id=folded, revision=of(state, folded).revision),),
        )
        assert refused(state, command).code == "not_to_be_consolidated"
    assert refused(state, examples.undo_consolidation(WS, one)).code == "not_consolidated"
    for it in (one, other):
        run(state, examples.revise(WS, it, {"narrative": "Something else."}))
    fold(state, one, other)


def test_what_others_brought_is_in_no_event_that_stays() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    fold(state, one, other)
    batch = run(state, examples.revise(WS, one, {"tags": ("new", "beta")}))
    revised, said = (it.event for it in batch.recorded)
    assert kinds(batch) == ["revised", "consolidated"]
    assert (revised.tags, said.tags) == (("new",), ("new", "beta"))  # type: ignore[union-attr]
    assert {it.revision for it in batch.recorded} == {3}


def test_a_deleted_one_lets_go_of_the_others() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third)
    fold(state, one, other, third)
    assert kinds(run(state, examples.delete_batch(WS, one, third))) == ["folded", "deleted", "deleted"]
    assert (of(state, other).consolidated_into, of(state, other).apart) == (None, False)


def test_what_only_the_deleted_one_had_brought_goes_with_it() -> None:
    one, other, third = ids(3)
    state = a_state(one, other, third, tags=[("a",), ("b", "both"), ("c", "both")])
    fold(state, one, other, third)
    run(state, access := examples.access(WS, one))
    batch = run(state, examples.delete(WS, other))
    assert kinds(batch) == ["consolidated", "deleted"]
    assert (of(state, one).consolidated_from, of(state, one).tags) == ((third,), ("a", "both", "c"))
    assert batch.forgotten == {one: {"b"}}, access
    assert kinds(run(state, examples.delete(WS, third))) == ["consolidated", "deleted"]
    assert (of(state, one).consolidated_from, of(state, one).tags) == ((), ("a",))


def test_an_answer_of_the_same_fetch_does_not_keep_what_goes() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    fold(state, one, other)
    batch = run(state, examples.access(WS, one), examples.delete(WS, other), examples.access(WS, one))
    assert [it.answer is None for it in batch.settled] == [True, False, False]


@pytest.mark.parametrize(
    ("changes", "lets_go"),
    [
        ({"title": "Other"}, True),
        ({"narrative": "Other."}, True),
        ({"memory_type": "pattern"}, True),
        ({"importance_score": 1.0}, True),
        ({"importance_score": 0.9, "tags": ("other",)}, False),
    ],
)
def test_a_folded_one_stands_for_itself_when_it_says_something_else_or_is_pinned(
    changes: dict[str, Any], lets_go: bool
) -> None:
    one, other = ids(2)
    state = a_state(one, other)
    fold(state, one, other)
    batch = run(state, examples.revise(WS, other, changes))
    assert kinds(batch) == (["revised", "folded", "consolidated"] if lets_go else ["revised"])
    assert (of(state, other).consolidated_into is None) == (of(state, one).consolidated_from == ()) == lets_go


def test_a_folded_one_that_is_rated_up_to_the_top_stands_for_itself() -> None:
    one, other = ids(2)
    state = a_state(one, other, importance_score=[0.5, 0.99])
    fold(state, one, other)
    assert kinds(run(state, examples.rate(WS, other, True))) == ["rated", "folded", "consolidated"]


def test_nightly_work_does_not_make_a_memory_one_by_hand() -> None:
    one, other = ids(2)
    evidence = Evidence(session_id="s", extractor="weft-builtin/1")
    state = WorkspaceState(WS, "team", namespaces={"default": "active"})
    for it in (one, other):
        run(state, examples.store(WS, memory_id=it, evidence=evidence))
    fold(state, one, other)
    nightly = Evidence(extractor="weft-builtin/1")
    run(state, examples.revise(WS, one, {"memory_type": "pattern"}, evidence=nightly))
    assert (of(state, one).by_hand, of(state, one).memory_type) == (False, "pattern")
    run(state, examples.revise(WS, one, {"tags": ("mine",)}))
    assert of(state, one).by_hand


def test_all_that_a_command_may_touch_is_loaded() -> None:
    one, other = ids(2)
    for command in (
        examples.consolidate(WS, one, other),
        examples.delete_batch(WS, one, other),
    ):
        assert concerned([command]).bound == (one, other)
    for command_of_one in (
        examples.revise(WS, one, {}),
        examples.rate(WS, one, True),
        examples.delete(WS, one),
        examples.undo_consolidation(WS, one),
    ):
        assert concerned([command_of_one]).bound == (one,)
    assert concerned([examples.store(WS, memory_id=one), examples.access(WS, one)]).bound == ()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fold", "fold", "fold", "undo", "delete", "retitle", "retag", "pin"]),
        st.integers(0, 4),
        st.integers(0, 4),
        st.sets(st.sampled_from([*TAGS, "new"]), max_size=4),
    ),
    max_size=25,
)


@given(STEPS)
def test_whatever_happens_each_folded_one_has_one_survivor_and_the_log_says_the_same(
    steps: Sequence[tuple[str, int, int, set[str]]],
) -> None:
    memory_ids = ids(5)
    state = WorkspaceState(WS, "team", namespaces={"default": "active"})
    log: list[Recorded] = []
    for number, memory_id in enumerate(memory_ids):
        log += run(state, examples.store(WS, examples.a_draft(tags=(TAGS[number],)), memory_id=memory_id)).recorded
    for kind, place, further, tags in steps:
        log += run(state, _step(state, kind, memory_ids[place], memory_ids[further], sorted(tags))).recorded
        _each_has_one_survivor(state)
    assert _replayed(log).memories.keys() == state.memories.keys()
    for memory_id, found in _replayed(log).memories.items():
        assert found == _logged(state.memories[memory_id])


def _step(state: WorkspaceState, kind: str, one: str, other: str, tags: Sequence[str]) -> AnyCommand:
    found, further = state.alive(one), state.alive(other)
    match kind:
        case "fold" if found and further and one != other:
            seen = (Seen(memory_id=other, revision=further.revision),)
            return examples.consolidate(WS, one, revision=found.revision, others=seen)
        case "undo":
            return examples.undo_consolidation(WS, one)
        case "delete":
            return examples.delete_batch(WS, *{one, other})
        case "retitle":
            return examples.revise(WS, one, {"title": f"About {other}", "tags": tuple(tags)})
        case "pin":
            return examples.revise(WS, one, {"importance_score": 1.0 if tags else 0.5})
        case _:
            return examples.revise(WS, one, {"tags": tuple(tags)})


def _each_has_one_survivor(state: WorkspaceState) -> None:
    alive = [it for it in state.memories.values() if isinstance(it, MemoryState)]
    naming = [(member, it.memory_id) for it in alive for member in it.consolidated_from]
    assert len({member for member, _ in naming}) == len(naming)
    assert dict(naming) == {it.memory_id: it.consolidated_into for it in alive if it.consolidated_into}
    for found in alive:
        assert not (found.consolidated_from and found.consolidated_into)
        assert set(found.brought.tags) <= (set(found.tags) if found.consolidated_from else set())
        assert not (found.consolidated_into and found.importance_score == 1.0)


def _replayed(log: Sequence[Recorded]) -> WorkspaceState:
    """As a rebuild folds the log: without what has been erased in it."""
    deleted = {it.stream: it.seq for it in log if isinstance(it.event, MemoryDeleted)}
    last = {it.stream: it.seq for it in log if isinstance(it.event, MemoryConsolidated)}
    state = WorkspaceState(WS, "team", namespaces={"default": "active"})
    for each in log:
        is_old = isinstance(each.event, MemoryConsolidated) and each.seq < last[each.stream]
        is_erased = each.seq < deleted.get(each.stream, 0) or is_old
        event = EventErased(erased_type=each.event.type) if is_erased else each.event
        apply(state, each.stream, event, each.version, each.time)
    return state


def _logged(found: Any) -> Any:
    return replace(found, usage=Usage()) if isinstance(found, MemoryState) else found


def test_undoing_and_folding_say_so_on_each_stream() -> None:
    one, other = ids(2)
    state = a_state(one, other)
    batch = fold(state, one, other)
    [folded] = [it.event for it in batch.recorded if isinstance(it.event, MemoryFolded)]
    assert (folded.memory_id, folded.into, folded.apart) == (other, one, False)
    assert [it.version for it in batch.recorded] == [2, 2]
