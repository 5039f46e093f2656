"""Which memories belong together: communities of highest modularity, namespace by namespace, by graph-tool.

graph-tool 2.45 takes no edge weights here, but counts parallel edges: an edge is laid one to four times, by its weight.
"""

import warnings
from collections.abc import Hashable, Sequence

import numpy as np
from graph_tool import Graph, openmp_set_num_threads, seed_rng
from graph_tool.topology import label_components
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Error importing cairo", RuntimeWarning)  # it can't draw, nor does it have to
    from graph_tool.inference import ModularityState

NONE = -1
"""The community of a memory that has none."""

COPIES_MAX = 4
SEED = 20_240_131
LARGE_EDGES = 100_000
THOROUGH = {"niter": 1, "psingle": 0, "beta": np.inf}
"""graph-tool's own way to the best partition: 0.2 s to 2 s (without any structure) for 80,000 edges."""
QUICK = THOROUGH | {"r": 0.7, "mh_sweeps": 5, "merge_sweeps": 3}
"""Coarser steps and fewer moves between them: 800,000 edges in 7 s to 21 s instead of 6 s to 78 s, and the modularity
is lower by 0.002 (0.008 without structure).
"""
TRIES_EDGES, TRIES_MAX = 10_000, 5
"""Small graphs are tried several times, until so many edges were gone through: chance has its way with them."""
ONWARD_SWEEPS = 20
CLEARLY_BETTER = 0.01
"""By how much the modularity of communities made afresh must exceed that of the earlier ones to replace them."""

openmp_set_num_threads(1)  # more would draw random numbers in another order each time

Partition = NDArray[np.int32]


def find(
    namespaces: Sequence[str],
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    earlier: Sequence[Hashable | None],
) -> Partition:
    """The number of each memory's community, from 0 on, or NONE.

    A community lies in one namespace, has two members or more, and hangs together. Edges between namespaces do not
    count: what is in one changes nothing in another. `earlier` is the community that each memory had: these stay, and
    new memories join them, as long as a fresh start does not find clearly better ones.
    """
    found = np.full(len(namespaces), NONE, dtype=np.int32)
    walls, before = _numbered(namespaces), _numbered(earlier)
    inside = np.flatnonzero((walls[sources] == walls[targets]) & (sources != targets))
    inside = inside[np.argsort(walls[sources[inside]], kind="stable")]
    cuts = np.flatnonzero(np.diff(walls[sources[inside]])) + 1
    count = 0
    for edges in np.split(inside, cuts) if inside.size else []:
        members, ends = np.unique(np.concatenate([sources[edges], targets[edges]]), return_inverse=True)
        pairs = ends.reshape(2, -1).T
        groups = _hanging_together(pairs, _partition(pairs, weights[edges], before[members]))
        found[members] = np.where(groups == NONE, NONE, groups + count)
        count += int(groups.max()) + 1
    return found


def _numbered(names: Sequence[Hashable | None]) -> Partition:
    """Equal names get equal numbers; None gets NONE."""
    numbers: dict[Hashable, int] = {}
    given = (NONE if name is None else numbers.setdefault(name, len(numbers)) for name in names)
    return np.fromiter(given, dtype=np.int32, count=len(names))


def _partition(pairs: NDArray[np.int64], weights: NDArray[np.float32], before: Partition) -> Partition:
    copies = np.maximum(1, np.rint(weights * COPIES_MAX)).astype(np.int64)
    graph = _graph(len(before), np.repeat(pairs, copies, axis=0))
    seed_rng(SEED)  # for each namespace anew, or one would depend on those before it
    fresh = max((_afresh(graph, len(pairs)) for _ in range(_tries(len(pairs)))), key=ModularityState.modularity)
    if (before == NONE).all():
        return _groups(fresh)
    onward = ModularityState(graph, b=_each_alone(before))
    onward.mcmc_sweep(beta=np.inf, niter=ONWARD_SWEEPS)
    return _groups(fresh if fresh.modularity() > onward.modularity() + CLEARLY_BETTER else onward)


def _tries(edges: int) -> int:
    return min(TRIES_MAX, max(1, TRIES_EDGES // edges))


def _afresh(graph: Graph, edges: int) -> ModularityState:
    state = ModularityState(graph)
    state.multilevel_mcmc_sweep(**(QUICK if edges > LARGE_EDGES else THOROUGH))
    return state


def _each_alone(before: Partition) -> Partition:
    """Who had no community starts with one of its own."""
    _, groups = np.unique(before, return_inverse=True)
    new = np.flatnonzero(before == NONE)
    groups[new] = len(before) + np.arange(len(new))
    return np.unique(groups, return_inverse=True)[1].astype(np.int32)


def _hanging_together(pairs: NDArray[np.int64], groups: Partition) -> Partition:
    """Splits groups whose members are not connected within them, dissolves groups of one, and numbers the others."""
    within = pairs[groups[pairs[:, 0]] == groups[pairs[:, 1]]]
    graph = _graph(len(groups), within)  # by name, as its properties die with it
    parts = np.array(label_components(graph)[0].a, dtype=np.int64)
    large = np.bincount(parts) > 1
    numbers = np.where(large, np.cumsum(large) - 1, NONE).astype(np.int32)
    return numbers[parts]


def _graph(count: int, pairs: NDArray[np.int64]) -> Graph:
    graph = Graph(directed=False)
    graph.add_vertex(count)
    graph.add_edge_list(pairs)
    return graph


def _groups(state: ModularityState) -> Partition:
    return np.array(state.b.a, dtype=np.int32)
