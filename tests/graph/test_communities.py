"""Planted groups are found, namespaces do not mix, and what was found stays."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.graph.communities import NONE, Partition, find

Pairs = list[tuple[int, int]]


def of(
    namespaces: list[str],
    pairs: Pairs,
    earlier: list[str | None] | None = None,
    weights: list[float] | None = None,
) -> list[int]:
    ends = np.array(pairs, np.int32).reshape(-1, 2)
    strengths = np.array(weights or [1.0] * len(pairs), np.float32)
    found = find(namespaces, ends[:, 0], ends[:, 1], strengths, earlier or [None] * len(namespaces))
    return [int(number) for number in found]


def clique(*members: int) -> Pairs:
    return [(a, b) for a in members for b in members if a < b]


def planted(groups: int, size: int, degree: int, inside: float) -> tuple[NDArray[np.int32], Pairs]:
    """The group of each memory, and the edges: `inside` of them within a group."""
    random = np.random.default_rng(7)
    count = groups * size
    truth = random.permutation(np.repeat(np.arange(groups, dtype=np.int32), size))
    members = [np.flatnonzero(truth == group) for group in range(groups)]
    pairs = []
    for source in random.integers(0, count, count * degree // 2).tolist():
        near = random.random() < inside
        target = int(random.choice(members[truth[source]])) if near else int(random.integers(count))
        pairs.append((source, target))
    return truth, pairs


def agreement(one: Partition, other: Partition) -> float:
    """Normalised mutual information: 1 for the same partition, near 0 for unrelated ones."""

    def entropy(numbers: NDArray[np.int64]) -> float:
        share = np.unique(numbers, return_counts=True)[1] / len(numbers)
        return float(-(share * np.log(share)).sum())

    a, b = one.astype(np.int64), other.astype(np.int64)
    alone = entropy(a) + entropy(b)
    return 2 * (alone - entropy(a * (b.max() + 1) + b)) / alone


def test_without_memories_or_edges_there_are_no_communities() -> None:
    assert of([], []) == []
    assert of(["a"], []) == [NONE]
    assert of(["a"] * 3, []) == [NONE] * 3


def test_an_edge_from_a_memory_to_itself_is_no_company() -> None:
    assert of(["a"] * 2, [(0, 0), (1, 1)]) == [NONE, NONE]


def test_two_memories_with_an_edge_are_a_community_and_the_third_is_in_none() -> None:
    found = of(["a"] * 3, [(0, 2)])
    assert found == [0, NONE, 0]


def test_cliques_joined_by_one_edge_are_two_communities() -> None:
    found = of(["a"] * 8, [*clique(0, 1, 2, 3), *clique(4, 5, 6, 7), (3, 4)])
    assert len(set(found[:4])) == len(set(found[4:])) == 1
    assert found[0] != found[4]


def test_disconnected_parts_are_communities_of_their_own() -> None:
    found = of(["a"] * 6, [*clique(0, 1, 2), *clique(3, 4, 5)])
    assert found[:3] != found[3:]
    assert sorted(set(found)) == [0, 1]


def test_weights_decide_where_the_number_of_edges_does_not() -> None:
    square = [(0, 1), (1, 2), (2, 3), (3, 0)]
    sides = of(["a"] * 4, square, weights=[1.0, 0.2, 1.0, 0.2])
    others = of(["a"] * 4, square, weights=[0.2, 1.0, 0.2, 1.0])
    assert (sides[0] == sides[1], sides[1] == sides[2], sides[2] == sides[3]) == (True, False, True)
    assert (others[0] == others[1], others[1] == others[2], others[3] == others[0]) == (False, True, True)


def test_edges_between_namespaces_join_nothing() -> None:
    namespaces = ["a", "b"] * 4
    across = [(even, odd) for even in range(0, 8, 2) for odd in range(1, 8, 2)]
    assert of(namespaces, across) == [NONE] * 8
    found = of(namespaces, [*across, *clique(0, 2, 4), *clique(1, 3, 5)])
    assert found[0] == found[2] == found[4] != found[1] == found[3] == found[5]
    assert found[6:] == [NONE, NONE]


def test_what_is_in_one_namespace_changes_nothing_in_another() -> None:
    truth, pairs = planted(4, 40, 10, 0.6)
    alone = of(["b"] * len(truth), pairs)
    shifted = [(a + 6, b + 6) for a, b in pairs]
    beside = of(["a"] * 6 + ["b"] * len(truth), [*clique(0, 1, 2), *clique(3, 4, 5), *shifted])
    assert agreement(np.array(alone), np.array(beside[6:])) == pytest.approx(1.0)


def test_planted_groups_are_found() -> None:
    truth, pairs = planted(10, 100, 16, 0.8)
    assert agreement(np.array(of(["a"] * len(truth), pairs)), truth) > 0.97


def test_the_same_graph_has_the_same_communities_each_time() -> None:
    truth, pairs = planted(6, 50, 8, 0.4)
    assert of(["a"] * len(truth), pairs) == of(["a"] * len(truth), pairs)


def test_every_community_hangs_together() -> None:
    truth, pairs = planted(6, 50, 4, 0.2)
    found = of(["a"] * len(truth), pairs)
    neighbours: dict[int, set[int]] = {memory: set() for memory in range(len(truth))}
    for a, b in pairs:
        if found[a] == found[b]:
            neighbours[a].add(b)
            neighbours[b].add(a)
    for community in set(found) - {NONE}:
        members = {memory for memory, its in enumerate(found) if its == community}
        reached, waiting = set[int](), [min(members)]
        while waiting:
            memory = waiting.pop()
            if memory not in reached:
                reached.add(memory)
                waiting.extend(neighbours[memory])
        assert reached == members
        assert len(members) > 1


def test_one_more_memory_joins_its_community_and_leaves_all_others_where_they_were() -> None:
    truth, pairs = planted(6, 50, 10, 0.5)
    count = len(truth)
    before = of(["a"] * count, pairs)
    names = [None if its == NONE else f"c{its}" for its in before]
    friends = [memory for memory, its in enumerate(before) if its == before[0]][:6]
    after = of(["a"] * (count + 1), [*pairs, *((count, friend) for friend in friends)], [*names, None])
    assert agreement(np.array(before), np.array(after[:-1])) == pytest.approx(1.0)
    assert after[-1] == after[0]


def test_earlier_communities_that_are_clearly_wrong_by_now_give_way() -> None:
    truth, pairs = planted(4, 50, 16, 0.8)
    found = of(["a"] * len(truth), pairs, ["everything"] * len(truth))
    assert agreement(np.array(found), truth) > 0.95


@pytest.mark.slow
def test_planted_groups_are_found_among_20_000_memories() -> None:
    truth, pairs = planted(200, 100, 16, 0.8)
    assert agreement(np.array(of(["a"] * len(truth), pairs)), truth) > 0.95
