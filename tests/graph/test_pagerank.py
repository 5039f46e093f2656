"""Ranks of small graphs whose order is plain to see."""

import numpy as np
import pytest
from numpy.typing import NDArray

from services.graph.pagerank import DAMPING, ranks

Edges = list[tuple[int, int, float, bool]]


def of(count: int, edges: Edges) -> NDArray[np.float64]:
    sources, targets, weights, both_ways = zip(*edges, strict=True) if edges else ((), (), (), ())
    return ranks(
        count,
        np.array(sources, np.int32),
        np.array(targets, np.int32),
        np.array(weights, np.float32),
        np.array(both_ways, np.bool_),
    )


def test_without_memories_there_are_no_ranks() -> None:
    assert of(0, []).shape == (0,)


@pytest.mark.parametrize("count", [1, 5])
def test_without_edges_all_memories_have_1(count: int) -> None:
    assert of(count, []).tolist() == [1.0] * count


def test_a_hub_has_1_and_its_leaves_alike_less() -> None:
    found = of(9, [(leaf, 8, 0.5, True) for leaf in range(8)])
    assert found[8] == 1.0
    assert found[:8] == pytest.approx([found[0]] * 8)
    assert 0 < found[0] < 0.3


def test_a_disconnected_memory_has_the_least_and_more_than_nothing() -> None:
    found = of(4, [(0, 1, 1.0, True), (1, 2, 1.0, True)])
    assert found.argmin() == 3
    assert found[3] > 0


def test_rank_flows_one_way_unless_told_otherwise() -> None:
    one_way, both = of(2, [(0, 1, 1.0, False)]), of(2, [(0, 1, 1.0, True)])
    assert one_way[0] < one_way[1] == 1.0
    assert both.tolist() == [1.0, 1.0]


def test_rank_is_divided_in_the_ratio_of_the_weights() -> None:
    found = of(3, [(0, 1, 0.9, False), (0, 2, 0.3, False)])
    # The dangling 1 and 2 give theirs to all alike, so that all have the same base, which is 0's whole rank.
    gained = found[1:] - found[0]
    assert gained[0] == pytest.approx(3 * gained[1], rel=1e-4)
    assert gained[0] == pytest.approx(DAMPING * 0.75 * found[0], rel=1e-4)


def test_what_a_memory_says_of_itself_does_not_count() -> None:
    edges: Edges = [(0, 1, 1.0, True), (1, 2, 1.0, True)]
    assert of(3, [*edges, (0, 0, 1.0, True)]).tolist() == of(3, edges).tolist()


def test_two_edges_between_two_memories_weigh_as_much_as_both() -> None:
    doubled = of(3, [(0, 1, 0.3, True), (0, 1, 0.3, True), (0, 2, 0.6, True)])
    assert doubled[1] == pytest.approx(doubled[2])


def test_a_large_graph_has_the_same_ranks_each_time_and_its_highest_is_1() -> None:
    random = np.random.default_rng(1)
    edges: Edges = [
        (int(a), int(b), 0.5, bool(c)) for a, b, c in random.integers(0, [2_000, 2_000, 2], size=(8_000, 3))
    ]
    first = of(2_000, edges)
    assert first.tolist() == of(2_000, edges).tolist()
    assert first.max() == 1.0
    assert first.min() > 0
