"""How much of a workspace's attention each memory draws: weighted PageRank, by graph-tool."""

import numpy as np
from graph_tool import Graph, openmp_set_num_threads
from graph_tool.centrality import pagerank
from numpy.typing import NDArray

DAMPING = 0.85
CONVERGED = 1e-6
"""The sum of all ranks' changes (the ranks sum up to 1) at which the iteration ends."""

openmp_set_num_threads(1)  # more would round in another order each time, and take the core that answers need


def ranks(
    count: int,
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    weights: NDArray[np.float32],
    both_ways: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """`count` numbers in (0, 1], the highest 1. Without edges nobody stands out, and all have 1.

    Rank flows from source to target in the ratio of the weights, and back as well where `both_ways`; edges from
    a memory to itself say nothing. A memory that no edge leaves gives its rank to all alike.
    """
    if count == 0:
        return np.empty(0)
    apart = sources != targets
    back = apart & both_ways
    graph = Graph(directed=True)
    graph.add_vertex(count)
    tails = np.concatenate([sources[apart], targets[back]])
    heads = np.concatenate([targets[apart], sources[back]])
    graph.add_edge_list(np.column_stack([tails, heads]))
    flow = graph.new_edge_property("double", vals=np.concatenate([weights[apart], weights[back]]))
    found: NDArray[np.float64] = np.array(pagerank(graph, damping=DAMPING, weight=flow, epsilon=CONVERGED).a)
    scaled: NDArray[np.float64] = found / found.max()
    return scaled
