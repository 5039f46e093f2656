"""One new memory in a large workspace: how soon it is connected, and what that takes of the graph service."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from services.graph.loops.discovery import BATCH_MAX, Discovery
from services.graph.projections import entry_of
from services.graph.store import memories as tables
from services.graph.store.memories import Embedded, Entry
from services.kit.embedding import Vectors
from services.kit.pacing import Pace
from services.kit.postgres import Database
from tests.bench.http import Connection, percentile_of
from tests.bench.report import Report, Row, Target
from tests.bench.rig import STORE, Rig, hashed, memory_id_of
from tests.bench.vectors import Cache
from tests.stack import Workspace

SEEN_WITHIN_S = 30.0
REST_S = 0.1
BY_MEANING = "embedding_similarity"

SEEN = (Target("p95_s", 2, at_most=True, unit=" s"),)
OF_ONE = (Target("p95_ms", 50, at_most=True, unit=" ms"),)

Memory = Mapping[str, Any]


def _newcomers(known: Sequence[Memory], count: int, word: str) -> list[dict[str, Any]]:
    """Each tells again what one of the `known` has told, so that there is something to find."""
    chosen = [known[number * len(known) // count] for number in range(count)]
    return [{**memory, "title": f"{memory['title']}, {word}"} for memory in chosen]


async def seen(report: Report, the: Rig, workspace: Workspace, known: Sequence[Memory]) -> None:
    """From the 201 until the relationships have what its vector was found to be near to, one memory at a time."""
    samples = 5 if report.quick else 30
    connection = Connection(workspace)
    first, by_meaning, before = list[float](), list[float](), the.cpu_s()
    for number, memory in enumerate(_newcomers(known, samples + 1, "once more")):
        first_s, meaning_s = await _until_seen(connection, memory)
        if number:  # the first warms all up
            first.append(first_s)
            by_meaning.append(meaning_s)
        await asyncio.sleep(REST_S)
    connection.close()
    p50, p95, any_p50 = percentile_of(by_meaning, 50), percentile_of(by_meaning, 95), percentile_of(first, 50)
    text = (
        f"p50 {p50 * 1000:.0f}, p95 {p95 * 1000:.0f} ms ({samples} memories); the first edge p50 {any_p50 * 1000:.0f}"
    )
    figures = {"p50_s": round(p50, 4), "p95_s": round(p95, 4), "first_p50_s": round(any_p50, 4)}
    report.add(Row("graph", f"201 to edges seen, idle, {len(known):,} memories", text, figures, SEEN))
    report.add(the.cpu_row("graph", "memory, from its request to its edges seen", before, samples + 1))


async def _until_seen(connection: Connection, memory: Memory) -> tuple[float, float]:
    """Seconds until the first edge, and until the first by meaning."""
    answer = await connection.exchange(connection.post(STORE, json.dumps(memory).encode()))
    began = time.perf_counter()
    path = f"/api/v1/relationships?{urlencode({'memory_id': memory_id_of(answer), 'limit': 500})}"
    first_s = 0.0
    while (now := time.perf_counter() - began) < SEEN_WITHIN_S:
        answer = await connection.exchange(connection.get(path))
        methods = {edge["discovery_method"] for edge in json.loads(answer.body)} if answer.status == 200 else set()
        now = time.perf_counter() - began
        first_s = first_s or (now if methods else 0.0)
        if BY_MEANING in methods:
            return first_s, now
        await asyncio.sleep(0.005)
    return first_s or SEEN_WITHIN_S, SEEN_WITHIN_S


async def of_one(report: Report, the: Rig, workspace: Workspace, known: Sequence[Memory], cache: Cache) -> None:
    """What the graph service does from when it has read the memory and its vector until the edges are committed.

    Done here on its tables while its own process stands still, so that each part can be told.
    """
    samples = 20 if report.quick else 200
    drafts = _newcomers(known, samples, "measured")
    vectors = await cache.vectors([(memory["title"], memory["narrative"]) for memory in drafts])
    parts: dict[str, list[float]] = {"text": [], "its edges": [], "vector": [], "edges of that": []}
    connection = Connection(workspace)
    async with the.graph_tables() as database, the.graph_tables("weft_graph_loops") as loops:
        discovery = Discovery(database, loops, Pace())
        with the.paused("graph"):
            await discovery.find_all(workspace.workspace_id)
            before = the.cpu_s()
            for draft, made in zip(drafts, vectors, strict=True):
                answer = await connection.exchange(connection.post(STORE, json.dumps(draft).encode()))
                entry = entry_of({"memory": json.loads(answer.body), "version": 1, "content_hash": hashed(draft)})
                spent = await _connect(database, discovery, workspace.workspace_id, entry, cache.model, made)
                for name, seconds in zip(parts, spent, strict=True):
                    parts[name].append(seconds)
            cost = the.cpu_row("graph", "new memory stored and joined (by bench)", before, samples)
    connection.close()
    whole = [sum(each) for each in zip(*parts.values(), strict=True)]
    p50, p95, p99 = (percentile_of(whole, each) * 1_000 for each in (50, 95, 99))
    said = ", ".join(f"{name} {percentile_of(spent, 50) * 1_000:.1f}" for name, spent in parts.items())
    text = f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms; p50 of its parts: {said}"
    figures = {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "p99_ms": round(p99, 2)}
    report.add(Row("graph", f"edges of one new memory, {len(known):,} memories", text, figures, OF_ONE))
    report.add(cost)


async def _connect(
    database: Database, discovery: Discovery, workspace_id: str, entry: Entry, model: str, made: Vectors
) -> list[float]:
    """Seconds for the text, its edges, the vector, the edges of that; and of whoever is due because of it."""
    embedded = Embedded(entry.memory_id, entry.content_hash, model, made)
    marks = [time.perf_counter()]
    async with database.transaction(workspace_id) as connection:
        await tables.change(connection, workspace_id, [entry], [])
    marks.append(time.perf_counter())
    await _find(discovery, workspace_id)
    marks.append(time.perf_counter())
    async with database.transaction(workspace_id) as connection:
        await tables.put_vectors(connection, workspace_id, [embedded])
    marks.append(time.perf_counter())
    await _find(discovery, workspace_id)
    marks.append(time.perf_counter())
    return [after - before for before, after in pairwise(marks)]


async def _find(discovery: Discovery, workspace_id: str) -> None:
    while await discovery.find_some(workspace_id) == BATCH_MAX:
        pass
