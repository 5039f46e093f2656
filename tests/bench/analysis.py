"""The analysis of large graphs, alone and beside searches. The graphs are made up, of a shape as real ones have."""

import asyncio
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from services.graph import pagerank
from services.graph.analysis import Analyst, Result, Work
from tests.bench.report import Report, Row, Target

TOPIC_MEAN = 60
WITHIN_TOPIC = 0.85
PULL = 2.0
"""How much the first memories of a topic draw more edges than the later ones (1: not at all)."""
TYPES = ("decision", "pattern", "discovery", "incident")

SIZES = ((10_000, 80_000), (100_000, 800_000))
TARGETS = {
    10_000: (Target("seconds", 2, at_most=True, unit=" s"),),
    100_000: (Target("pagerank_s", 2, at_most=True, unit=" s"), Target("seconds", 30, at_most=True, unit=" s")),
}


def graph(memories: int, edges: int, seed: int = 7) -> Work:
    """Topics of very different sizes, most edges within them and to what is central there; nothing labelled yet.

    One namespace, as that makes the largest graphs; a fifth of the edges lead one way only.
    """
    draw = np.random.default_rng(seed)
    shares = draw.pareto(1.5, max(1, memories // TOPIC_MEAN)) + 0.2
    topics = np.sort(draw.choice(len(shares), memories, p=shares / shares.sum()))
    first = np.searchsorted(topics, topics, side="left")
    after = np.searchsorted(topics, topics, side="right")
    sources = draw.integers(0, memories, edges)
    near = first[sources] + _central(draw.random(edges), after[sources] - first[sources])
    far = _central(draw.random(edges), np.full(edges, memories))
    targets = np.where(draw.random(edges) < WITHIN_TOPIC, near, far)
    return Work(
        memory_ids=[f"mem-{number:016x}" for number in range(memories)],
        namespaces=["default"] * memories,
        terms=[(f"topic {topic}", f"area {topic // 7}", f"tag {number % 40}") for number, topic in enumerate(topics)],
        memory_types=[TYPES[number % len(TYPES)] for number in range(memories)],
        titles=[f"Note {number} on topic {topic}" for number, topic in enumerate(topics)],
        labels=[None] * memories,
        sources=sources.astype(np.int32),
        targets=targets.astype(np.int32),
        weights=draw.uniform(0.25, 1.0, edges).astype(np.float32),
        both_ways=draw.random(edges) < 0.8,
    )


def _central(chance: NDArray[np.float64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(chance**PULL * sizes, np.int64)


async def analysis(report: Report) -> None:
    """As the service has it done: in a process of its own, which is warm; the way there and back is included."""
    analyst = Analyst()
    await analyst.analyse(graph(100, 400))
    for memories, edges in SIZES[: 1 if report.quick else None]:
        work = graph(memories, edges)
        first, seconds = await timed(analyst, work)
        _, again_s = await timed(analyst, replace(work, labels=first.labels))
        pagerank_s = await asyncio.to_thread(_pagerank_s, work)
        communities = len(set(first.labels) - {None})
        text = f"{seconds:.2f} s, again {again_s:.2f} s; of it PageRank {pagerank_s:.2f} s ({communities:,} labels)"
        figures = {"seconds": round(max(seconds, again_s), 3), "pagerank_s": round(pagerank_s, 3)}
        measure = f"PageRank and communities, {memories:,} memories, {edges:,} edges"
        report.add(Row("graph", measure, text, figures, TARGETS[memories]))
    await analyst.close()


async def timed(analyst: Analyst, work: Work) -> tuple[Result, float]:
    began = time.perf_counter()
    result = await analyst.analyse(work)
    return result, time.perf_counter() - began


def _pagerank_s(work: Work) -> float:
    began = time.perf_counter()
    pagerank.ranks(len(work.memory_ids), work.sources, work.targets, work.weights, work.both_ways)
    return time.perf_counter() - began
