"""Large workspaces: stored over HTTP, with vectors that the model made beforehand and that are put on DERIVED."""

import json
import time
from collections.abc import Sequence
from typing import Any

from tests.bench import texts
from tests.bench.http import Answer, load
from tests.bench.rig import STORE, Rig, hashed, memory_id_of, wait_vectors_indexed
from tests.bench.vectors import Cache
from tests.stack import Workspace

FIRST_SEEDS = {1_000: 50_000_000, 10_000: 50_100_000, 50_000: 50_200_000}


def notes(size: int) -> list[dict[str, Any]]:
    """The memories of a workspace of that size; the same in every section and run, so that the cache has their
    vectors.
    """
    return [texts.memory(FIRST_SEEDS[size] + number) for number in range(size)]


async def seed(the: Rig, workspace: Workspace, memories: Sequence[dict[str, Any]], total: int, cache: Cache) -> None:
    """Returns when the search service has all of it, events and vectors; `total` events are in the log then."""
    size = len(memories)
    print(f"  {size:,} memories: vectors", flush=True)
    vectors = await cache.vectors([(memory["title"], memory["narrative"]) for memory in memories])
    by_hash = {hashed(memory): array for memory, array in zip(memories, vectors, strict=True)}
    stored: list[tuple[str, str]] = []

    def take(body: bytes, answer: Answer) -> None:
        stored.append((memory_id_of(answer), hashed(json.loads(body))))

    print(f"  {size:,} memories: storing", flush=True)
    with the.paused("search"):
        bodies = (json.dumps(memory).encode() for memory in memories)
        measured = await load(workspace, STORE, bodies, clients=32, seconds=None, succeeded=take)
        if len(stored) != size:
            raise RuntimeError(f"seeding failed: {measured.failures}")
        rows = [(memory_id, content, by_hash[content]) for memory_id, content in stored]
        await the.publish_vectors(workspace, rows, cache.model)
    began = time.perf_counter()
    await the.wait_events_indexed(total)
    print(f"  {size:,} memories: events indexed after {time.perf_counter() - began:.1f} s", flush=True)
    titles = {hashed(memory): memory["title"] for memory in memories}
    await wait_vectors_indexed(workspace, {memory_id: titles[content] for memory_id, content in stored})
    print(f"  {size:,} memories: vectors indexed after {time.perf_counter() - began:.1f} s", flush=True)
