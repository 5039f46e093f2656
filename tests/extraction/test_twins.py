"""Which near duplicates are folded into which memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.extraction.twins import OTHERS_MAX, Twin, folds, twin_of

BEGINNING = datetime(2026, 3, 2, tzinfo=UTC)


def twin(number: int, **fields: Any) -> Twin:
    filled: dict[str, Any] = {
        "memory_id": f"mem-{number:016d}",
        "revision": 1,
        "namespace": "default",
        "memory_type": "decision",
        "importance": 0.5,
        "created_at": BEGINNING + timedelta(days=number),
        "by_hand": True,
        "is_consolidated": False,
    }
    return Twin(**filled | fields)


def all_near(*twins: Twin) -> list[tuple[str, str, float]]:
    return [(one.memory_id, other.memory_id, 0.97) for one, other in combinations(twins, 2)]


def decided(*twins: Twin) -> list[tuple[int, list[int]]]:
    """Numbers of survivors and of those that are folded into them, where all are near to each other."""
    return [
        (int(it.memory_id[4:]), [int(other.memory_id[4:]) for other in it.others])
        for it in folds(twins, all_near(*twins))
    ]


def test_the_survivor_is_pinned_else_by_hand_else_one_already_else_the_most_important_else_the_newest() -> None:
    assert decided(twin(1), twin(2), twin(3)) == [(3, [2, 1])]
    assert decided(twin(1, importance=0.6), twin(2)) == [(1, [2])]
    assert decided(twin(1, is_consolidated=True), twin(2, importance=0.6)) == [(1, [2])]
    assert decided(twin(1), twin(2, by_hand=False, is_consolidated=True, importance=0.9)) == [(1, [2])]
    assert decided(twin(1, importance=1.0, by_hand=False), twin(2)) == [(1, [2])]


def test_what_is_pinned_is_not_folded_away() -> None:
    assert decided(twin(1, importance=1.0), twin(2, importance=1.0), twin(3)) == [(2, [3])]


def test_namespaces_and_types_are_not_mixed() -> None:
    assert decided(twin(1), twin(2, namespace="other")) == []
    assert decided(twin(1), twin(2, memory_type="pattern")) == []


def test_each_is_near_to_its_survivor_itself() -> None:
    one, two, three = twin(1), twin(2), twin(3)
    chain = [(one.memory_id, two.memory_id, 0.96), (two.memory_id, three.memory_id, 0.96)]
    [order] = folds([one, two, three], chain)
    assert (order.memory_id, [it.memory_id for it in order.others]) == (three.memory_id, [two.memory_id])
    assert folds([one, two], [(one.memory_id, two.memory_id, 0.949)]) == []


def test_a_large_group_is_several_orders_each_on_the_revision_that_the_one_before_it_leaves() -> None:
    twins = [twin(number) for number in range(OTHERS_MAX + 6)]
    first, second = folds(twins, all_near(*twins))
    assert (first.memory_id, len(first.others), first.survivor.revision) == (second.memory_id, OTHERS_MAX, 1)
    assert (len(second.others), second.survivor.revision) == (5, 2)


def test_what_is_folded_or_was_taken_out_or_is_reference_is_no_candidate() -> None:
    memory = {
        "memory_id": "mem-0000000000000001",
        "revision": 3,
        "namespace": "default",
        "memory_type": "decision",
        "importance_score": 0.4,
        "created_at": "2026-03-02T00:00:00Z",
        "is_consolidated": False,
        "consolidated_into": None,
    }
    found = {"memory": memory, "by_hand": False, "apart": False}
    made = twin_of(found)
    assert made is not None
    assert (made.revision, made.by_hand, made.created_at) == (3, False, BEGINNING)
    assert twin_of({**found, "apart": True}) is None
    assert twin_of({**found, "memory": {**memory, "consolidated_into": "mem-0000000000000002"}}) is None
    assert twin_of({**found, "memory": {**memory, "memory_type": "wiki"}}) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([0.2, 0.5, 1.0]), st.booleans(), st.booleans(), st.sampled_from(["a", "b"])),
        max_size=8,
    ),
    st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7))),
)
def test_whatever_is_near_to_what_nobody_is_folded_twice_and_a_second_look_finds_nothing(
    kinds: list[tuple[float, bool, bool, str]], near: set[tuple[int, int]]
) -> None:
    twins = [
        twin(number, importance=importance, by_hand=hand, is_consolidated=one, namespace=namespace)
        for number, (importance, hand, one, namespace) in enumerate(kinds)
    ]
    pairs = [(f"mem-{one:016d}", f"mem-{other:016d}", 0.99) for one, other in near if one != other]
    orders = folds(twins, pairs)
    folded = [other.memory_id for it in orders for other in it.others]
    assert len(set(folded)) == len(folded)
    assert not set(folded) & {it.memory_id for it in orders}
    ends = {frozenset(pair[:2]) for pair in pairs}
    assert all({it.memory_id, other.memory_id} in ends for it in orders for other in it.others)
    survivors = {it.memory_id for it in orders}
    left = [
        replace(it, is_consolidated=it.is_consolidated or it.memory_id in survivors)
        for it in twins
        if it.memory_id not in folded
    ]
    assert folds(left, pairs) == []
