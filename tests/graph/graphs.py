"""Workspaces to analyse."""

import numpy as np

from services.graph.analysis import Work

TOPICS = ("database", "auth", "search")


def work(groups: int = 3, size: int = 12, degree: int = 6, namespaces: tuple[str, ...] = ("default",)) -> Work:
    """Groups of memories with a concept each, in turns in each of the namespaces, and few edges across."""
    random = np.random.default_rng(3)
    count = groups * size
    sources = random.integers(0, count, count * degree // 2).astype(np.int32)
    inside = random.random(len(sources)) < 0.9
    near = sources // size * size + random.integers(0, size, len(sources))
    targets = np.where(inside, near, random.integers(0, count, len(sources))).astype(np.int32)
    return Work(
        memory_ids=[f"mem-{number:016d}" for number in range(count)],
        namespaces=[namespaces[number // size % len(namespaces)] for number in range(count)],
        terms=[(TOPICS[number // size % 3], f"area{number // size:05d}x") for number in range(count)],
        memory_types=["pattern" if number // size % 2 else "decision" for number in range(count)],
        titles=[f"Title {number}" for number in range(count)],
        labels=[None] * count,
        sources=sources,
        targets=targets,
        weights=random.uniform(0.3, 1.0, len(sources)).astype(np.float32),
        both_ways=random.random(len(sources)) < 0.8,
    )


def nothing() -> Work:
    none = np.empty(0, np.int32)
    return Work([], [], [], [], [], [], none, none, np.empty(0, np.float32), np.empty(0, np.bool_))
