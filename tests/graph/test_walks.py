"""Both walks over small graphs, and against a plain search over all paths."""

import itertools
import random
from collections import defaultdict

import pytest

from services.graph.walks import Growth, Neighbour, PathSearch

Graph = dict[int, dict[int, float]]
"""Node, its neighbours, the confidence of each edge; both ways."""


def a_graph(*edges: tuple[int, int, float]) -> Graph:
    graph: Graph = defaultdict(dict)
    for one, other, confidence in edges:
        graph[one][other] = graph[other][one] = confidence
    return graph


def name(node: int) -> str:
    return f"mem-{node:02d}"


def neighbours(graph: Graph, nodes: list[int], pageranks: dict[int, float] | None = None) -> dict[int, list[Neighbour]]:
    return {
        node: [
            Neighbour(other, name(other), confidence, (pageranks or {}).get(other, 0.0))
            for other, confidence in graph[node].items()
        ]
        for node in nodes
        if node in graph
    }


def grown(
    graph: Graph, seeds: dict[int, float], nodes_max: int = 50, pageranks: dict[int, float] | None = None
) -> list[int]:
    growth = Growth([(node, name(node), worth) for node, worth in seeds.items()], nodes_max)
    while wanted := growth.wanted():
        assert len(wanted) == len(set(wanted))
        growth.learn(neighbours(graph, wanted, pageranks), wanted)
    return list(growth.chosen)


def path(graph: Graph, source: int, target: int, depth_max: int = 5) -> list[int]:
    search = PathSearch((source, name(source)), (target, name(target)), depth_max)
    while wanted := search.wanted():
        search.learn(neighbours(graph, wanted))
    return [node for node, _ in search.path()]


def test_growth_takes_the_surest_first() -> None:
    graph = a_graph((0, 1, 0.5), (0, 2, 0.9), (2, 3, 0.9), (1, 4, 0.9))
    assert grown(graph, {0: 1.0}) == [0, 2, 1, 3, 4]


def test_among_equally_sure_the_one_of_higher_pagerank_comes_first() -> None:
    graph = a_graph((0, 1, 0.8), (0, 2, 0.8))
    assert grown(graph, {0: 1.0}, pageranks={2: 1.0}) == [0, 2, 1]
    assert grown(graph, {0: 1.0}) == [0, 1, 2]


def test_growth_ends_at_its_bound_and_begins_with_the_best_seeds() -> None:
    graph = a_graph(*((0, node, 0.9) for node in range(10, 40)))
    assert len(grown(graph, {0: 1.0}, nodes_max=7)) == 7
    assert grown(graph, {0: 0.2, 1: 0.9, 2: 0.5}, nodes_max=2) == [1, 2]


def test_a_circle_ends() -> None:
    graph = a_graph((0, 1, 0.9), (1, 2, 0.9), (2, 0, 0.9))
    assert sorted(grown(graph, {0: 1.0})) == [0, 1, 2]


def test_seeds_without_edges_stand_alone_and_none_give_nothing() -> None:
    assert grown(a_graph(), {3: 0.1, 2: 0.1}) == [2, 3]
    assert grown(a_graph(), {}) == []


def test_growth_does_not_depend_on_how_much_is_asked_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):
        graph, pageranks = _random_graph(random.Random(seed)), {node: node / 40 for node in range(40)}
        found = []
        for ahead in (1, 3, 16, 100):
            monkeypatch.setattr("services.graph.walks.AHEAD", ahead)
            found.append(grown(graph, {0: 0.7, 5: 0.6}, 25, pageranks))
        assert all(other == found[0] for other in found)


def test_the_shortest_path_wins_over_the_surest() -> None:
    graph = a_graph((0, 1, 0.1), (1, 3, 0.1), (0, 4, 1.0), (4, 5, 1.0), (5, 3, 1.0))
    assert path(graph, 0, 3) == [0, 1, 3]


def test_among_the_shortest_the_surest_wins() -> None:
    graph = a_graph((0, 1, 0.9), (1, 3, 0.2), (0, 2, 0.5), (2, 3, 0.5))
    assert path(graph, 0, 3) == [0, 2, 3]


def test_a_path_longer_than_allowed_is_none() -> None:
    chain = a_graph(*((node, node + 1, 0.9) for node in range(8)))
    assert path(chain, 0, 5, depth_max=5) == [0, 1, 2, 3, 4, 5]
    assert path(chain, 0, 5, depth_max=4) == []
    assert path(chain, 8, 0, depth_max=10) == [8, 7, 6, 5, 4, 3, 2, 1, 0]


def test_no_path_between_what_is_not_connected() -> None:
    assert path(a_graph((0, 1, 0.9), (2, 3, 0.9)), 0, 3) == []


def test_paths_are_those_of_a_search_over_all_of_them() -> None:
    for seed in range(40):
        chance = random.Random(seed)
        graph = _random_graph(chance)
        for _ in range(5):
            source, target = chance.sample(range(40), 2)
            found, expected = path(graph, source, target), _by_brute_force(graph, source, target, 5)
            assert len(found) == len(expected)
            assert _sureness(graph, found) == pytest.approx(_sureness(graph, expected))
            assert found == path(graph, source, target)


def _random_graph(chance: random.Random) -> Graph:
    pairs = [chance.sample(range(40), 2) for _ in range(60)]
    return a_graph(*((one, other, chance.choice([0.3, 0.5, 0.7, 0.9])) for one, other in pairs))


def _sureness(graph: Graph, nodes: list[int]) -> float:
    product = 1.0
    for one, other in itertools.pairwise(nodes):
        product *= graph[one][other]
    return product


def _by_brute_force(graph: Graph, source: int, target: int, depth_max: int) -> list[int]:
    ways = [[source]]
    for _ in range(depth_max):
        ways = [[*way, step] for way in ways for step in graph.get(way[-1], {}) if step not in way]
        if done := [way for way in ways if way[-1] == target]:
            return max(done, key=lambda way: _sureness(graph, way))
    return []
