"""What is asked of the graph over HTTP, and searches while a large graph is analysed."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from services.graph.analysis import Analyst
from tests.bench import texts
from tests.bench.analysis import graph, timed
from tests.bench.http import Connection, Measured, load
from tests.bench.report import Report, Row, Target
from tests.bench.rig import SEARCH, listed
from tests.bench.writing import latency_figures
from tests.stack import Workspace

WARM_UP = 5
NODES, DEPTH, DRAWN = 50, 5, 500
WALK = (Target("p95_ms", 50, at_most=True, unit=" ms"),)
BESIDE = (Target("times", 2, at_most=True),)


async def walks(report: Report, workspace: Workspace, size: int) -> None:
    """One request after the other on an otherwise idle stack; no question is asked twice."""
    count = 30 if report.quick else 200
    ids = [memory["memory_id"] for memory in await listed(workspace)]
    draw = random.Random(1)
    connection = Connection(workspace)
    asked = (json.loads(each)["query"] for each in texts.questions(900_000))
    explores = [{"query": next(asked), "max_nodes": NODES} for _ in range(count + WARM_UP)]
    await _ask(connection, [connection.post("/api/v1/memories/explore", _body(each)) for each in explores[:WARM_UP]])
    measured, found = await _ask(
        connection, [connection.post("/api/v1/memories/explore", _body(each)) for each in explores[WARM_UP:]]
    )
    nodes = [len(each["nodes"]) for each in found]
    name = f"explore, {NODES} nodes, {size:,} memories"
    report.add(_row(name, measured, f"{sum(nodes) / len(nodes):.0f} nodes", WALK))

    pairs = [draw.sample(ids, 2) for _ in range(count)]
    requests = [
        connection.post(
            "/api/v1/memories/path",
            _body({"source_memory_id": one, "target_memory_id": other, "max_depth": DEPTH}),
        )
        for one, other in pairs
    ]
    measured, found = await _ask(connection, requests)
    depths = Counter(each["depth"] for each in found)
    said = ", ".join(f"{depths[depth]} of depth {depth}" for depth in sorted(depths) if depth)
    report.add(_row(f"path, depth {DEPTH} at most, {size:,} memories", measured, f"{said}, {depths[0]} none", WALK))

    some = draw.sample(ids, count)
    measured, found = await _ask(connection, [connection.get(f"/api/v1/memories/{each}/related") for each in some])
    report.add(_row(f"related, {size:,} memories", measured, _mean(found, "found")))
    paths = [f"/api/v1/relationships?{urlencode({'memory_id': each})}" for each in some]
    measured, found = await _ask(connection, [connection.get(each) for each in paths])
    report.add(_row(f"relationships, {size:,} memories", measured, _mean(found, "each")))
    measured, _ = await _ask(connection, [connection.get(f"/api/v1/memories/{each}") for each in some])
    report.add(_row(f"a memory with its relationships, {size:,} memories", measured, ""))
    drawing = connection.get(f"/api/v1/memories/graph?max_nodes={DRAWN}")
    measured, found = await _ask(connection, [drawing] * (count // 10))
    report.add(_row(f"drawing of {DRAWN}, {size:,} memories", measured, f"{len(found[0]['edges']):,} edges"))
    connection.close()


async def _ask(connection: Connection, requests: Sequence[bytes]) -> tuple[Measured, list[Any]]:
    """One after the other; what was answered. Raises RuntimeError for any that is not 200."""
    measured, found = Measured(), []
    began = time.perf_counter()
    for request in requests:
        sent = time.perf_counter()
        answer = await connection.exchange(request)
        measured.latencies_s.append(time.perf_counter() - sent)
        if answer.status != 200:
            raise RuntimeError(f"answered {answer.status}: {answer.body[:200]!r}")
        found.append(json.loads(answer.body))
    measured.seconds = time.perf_counter() - began
    return measured, found


def _body(value: object) -> bytes:
    return json.dumps(value).encode()


def _mean(found: Sequence[Sequence[object]], name: str) -> str:
    return f"{sum(map(len, found)) / len(found):.1f} {name}"


def _row(measure: str, measured: Measured, more: str, targets: tuple[Target, ...] = ()) -> Row:
    p50, p95, p99 = (measured.ms(each) for each in (50, 95, 99))
    text = f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms"
    return Row("graph", measure, f"{text}; {more}" if more else text, latency_figures(measured), targets)


async def searches_beside(report: Report, workspace: Workspace, size: int) -> None:
    """p95 of searches, one client, while the largest graph is analysed, against what it is without."""
    memories, edges = (10_000, 80_000) if report.quick else (100_000, 800_000)
    work, analyst = graph(memories, edges), Analyst()
    await analyst.analyse(graph(100, 400))
    questions = texts.questions(700_000)
    await load(workspace, SEARCH, questions, clients=1, seconds=1.0)
    alone = await load(workspace, SEARCH, questions, clients=1, seconds=3.0 if report.quick else 15.0)
    task = asyncio.create_task(timed(analyst, work))
    beside = await load(workspace, SEARCH, _until(task, questions), clients=1, seconds=None)
    _, seconds = await task
    await analyst.close()
    times = beside.ms(95) / alone.ms(95)
    text = (
        f"p95 {beside.ms(95):.1f} ms beside, {alone.ms(95):.1f} ms without: {times:.2f} times "
        f"(p50 {beside.ms(50):.1f}, {alone.ms(50):.1f} ms); the analysis took {seconds:.1f} s"
    )
    figures = {"times": round(times, 3), "beside_p95_ms": beside.ms(95), "alone_p95_ms": alone.ms(95)}
    name = f"searches in {size:,} memories while {memories:,} are analysed"
    report.add(Row("graph", name, text, figures, BESIDE))


def _until(task: "asyncio.Task[Any]", bodies: Iterator[bytes]) -> Iterator[bytes]:
    while not task.done():
        yield next(bodies)
