"""Walking the graph: from seeds to what surrounds them, and the shortest way between two.

Both walks say which nodes' edges they want next, are told them, and go on. Nodes are numbers; ties are broken by memory
id, so that the same graph gives the same answer.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

AHEAD = 16
"""Edges are asked for so many nodes at a time that are likely to be next."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Where an edge leads, in whichever direction, and how sure it is."""

    node: int
    memory_id: str
    confidence: float
    pagerank: float


class Growth:
    """Grows from seeds to at most `nodes_max` nodes, the best first.

    A seed is worth its search score. What an edge leads to is worth what it came from, times the edge's confidence,
    times 0.5 + PageRank / 2: near to a good seed, surely related, and of some weight.
    """

    def __init__(self, seeds: Iterable[tuple[int, str, float]], nodes_max: int):
        self.chosen: dict[int, str] = {}
        """Node and memory id, in the order in which they were reached."""
        self._nodes_max = nodes_max
        self._known: dict[int, list[Neighbour]] = {}
        self._last: int | None = None
        self._heap = [(-worth, memory_id, node) for node, memory_id, worth in seeds]
        heapq.heapify(self._heap)

    def learn(self, edges: Mapping[int, list[Neighbour]], asked: Iterable[int]) -> None:
        """The neighbours of the nodes that `wanted` asked for; those that have none are absent from `edges`."""
        for node in asked:
            self._known[node] = edges.get(node, [])

    def wanted(self) -> list[int]:
        """Chooses as far as it is clear which is best; the nodes whose edges are needed to go on, none at the end."""
        while self._heap and len(self.chosen) < self._nodes_max:
            worth, memory_id, node = self._heap[0]
            if node in self.chosen:
                heapq.heappop(self._heap)
                continue
            if len(self.chosen) + 1 < self._nodes_max and node not in self._known:
                likely = [each[2] for each in heapq.nsmallest(AHEAD, self._heap)]
                return list(dict.fromkeys(it for it in [node, *likely] if it not in self._known))
            heapq.heappop(self._heap)
            self.chosen[node] = memory_id
            for it in self._known.get(node, ()):
                if it.node not in self.chosen:
                    worth_there = worth * it.confidence * (0.5 + it.pagerank / 2)
                    heapq.heappush(self._heap, (worth_there, it.memory_id, it.node))
        return []


@dataclass(slots=True)
class _Way:
    """The most confident of the shortest ways from one end to a node."""

    confidence: float
    memory_ids: tuple[str, ...]
    nodes: tuple[int, ...]

    def better_than(self, other: "_Way | None") -> bool:
        return other is None or (-self.confidence, self.memory_ids) < (-other.confidence, other.memory_ids)

    def on(self, step: Neighbour) -> "_Way":
        return _Way(self.confidence * step.confidence, (*self.memory_ids, step.memory_id), (*self.nodes, step.node))


@dataclass(slots=True)
class _End:
    """What is known from one end: the ways to all nodes so far, and the outermost of them."""

    ways: dict[int, _Way]
    frontier: dict[int, _Way] = field(default_factory=dict)

    def grow(self, edges: Mapping[int, Collection[Neighbour]]) -> None:
        reached: dict[int, _Way] = {}
        for node, way in self.frontier.items():
            for step in edges.get(node, ()):
                if step.node not in self.ways:
                    longer = way.on(step)
                    if longer.better_than(reached.get(step.node)):
                        reached[step.node] = longer
        self.ways |= reached
        self.frontier = reached


class PathSearch:
    """Breadth first from both ends at once, a level at a time, the smaller side first.

    Among the shortest ways it finds the one whose confidences multiply to the most; then the first by memory ids.
    """

    def __init__(self, source: tuple[int, str], target: tuple[int, str], depth_max: int):
        self._depth_left = depth_max
        self._ends = [
            _End({node: _Way(1.0, (memory_id,), (node,))}, {node: _Way(1.0, (memory_id,), (node,))})
            for node, memory_id in (source, target)
        ]
        self._growing = 0

    def wanted(self) -> list[int]:
        """The nodes whose edges are needed next; none when the answer is known."""
        if self._meeting() or self._depth_left == 0 or not all(end.frontier for end in self._ends):
            return []
        self._growing = min((0, 1), key=lambda end: len(self._ends[end].frontier))
        return sorted(self._ends[self._growing].frontier)

    def learn(self, edges: Mapping[int, Collection[Neighbour]]) -> None:
        """The neighbours of the nodes that `wanted` asked for, all of them."""
        self._depth_left -= 1
        self._ends[self._growing].grow(edges)

    def path(self) -> list[tuple[int, str]]:
        """Node and memory id of each place on the way; empty where there is none within the depth."""
        met = self._meeting()
        if not met:
            return []
        best = min(met, key=self._rank)
        ours, theirs = (end.ways[best] for end in self._ends)
        nodes = (*ours.nodes, *theirs.nodes[-2::-1])
        return list(zip(nodes, (*ours.memory_ids, *theirs.memory_ids[-2::-1]), strict=True))

    def _meeting(self) -> set[int]:
        return self._ends[0].frontier.keys() & self._ends[1].frontier.keys()

    def _rank(self, node: int) -> tuple[float, tuple[str, ...]]:
        ours, theirs = (end.ways[node] for end in self._ends)
        return -ours.confidence * theirs.confidence, (*ours.memory_ids, *theirs.memory_ids[-2::-1])
