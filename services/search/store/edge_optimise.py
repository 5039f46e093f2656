"""Builds the graph over a big shard in a child process, since the engine would hold up this one for minutes.

Run as `python -m services.search.store.edge_optimise <folder>`, on a copy that nothing else has open.
"""

import asyncio
import os
import sys
from pathlib import Path

import qdrant_edge as edge

from services.search.store.edge_terms import sparse_config

NICENESS = 15
# Only what has grown large is ever optimised, so everything in it is to be indexed.
INDEX_FROM_KB = 64


class OptimiseFailed(RuntimeError):
    """The child process ended badly; the shard it was to replace is untouched."""


async def optimise_in_child(folder: Path) -> None:
    """Cancelling this ends the child."""
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, str(folder))
    try:
        code = await child.wait()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if code:
        raise OptimiseFailed(f"optimising ended with status {code}")


def optimise(folder: Path) -> None:
    """Merges the shard's segments and indexes their vectors, blocking."""
    hnsw = edge.HnswIndexConfig(m=16, ef_construct=100, full_scan_threshold=10_000, max_indexing_threads=1)
    optimizers = edge.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=INDEX_FROM_KB)
    # A configuration must name some vectors; the dense ones stay as they are.
    config = edge.EdgeConfig(sparse_vectors=sparse_config(), hnsw_config=hnsw, optimizers=optimizers)
    shard = edge.EdgeShard.load(str(folder), config)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    os.nice(NICENESS)
    optimise(Path(sys.argv[1]))
