"""The graph: analysis, discovery of all that was stored, and what is asked of it."""

import random
import time
from typing import Any

from tests.bench.analysis import analysis
from tests.bench.newcomer import of_one, seen
from tests.bench.reading import model_dir
from tests.bench.report import Report, Row, Target
from tests.bench.rig import Rig, rig
from tests.bench.seeding import notes, seed
from tests.bench.sizes import sizes_row
from tests.bench.vectors import Cache
from tests.bench.walking import searches_beside, walks
from tests.stack import Workspace

SIZES, SIZES_QUICK = (10_000, 50_000), (1_000,)
KEEPS_UP = (Target("rate", 100, unit="/s"),)


async def graph(report: Report) -> None:
    await analysis(report)
    cache = Cache(model_dir())
    sizes = SIZES_QUICK if report.quick else SIZES
    async with rig("graph") as the:
        workspace, total = await _grow(report, the, sizes[0], sizes[0], cache), sizes[0]
        await the.wait_analysed()
        await walks(report, workspace, sizes[0])
        await searches_beside(report, workspace, sizes[0])
        for size in sizes[1:]:
            total += size
            workspace = await _grow(report, the, size, total, cache)
        # Its analysis is not waited for: after a long one the service rests for minutes.
        known = _connected_notes(sizes[-1])
        await seen(report, the, workspace, known)
        await of_one(report, the, workspace, known, cache)
        report.add(the.memory_row(f"{total:,} memories in the graph"))
        report.add(await sizes_row(the, total, f"{total:,} memories in the graph"))
    await cache.close()
    report.notes.append(
        "graph: memories as in the section search, each with three files, two concepts and two tags of many, some of "
        "them popular and most rare. While they were stored the graph service stood still, so that discovery began "
        "with the whole of them; it has kept up when every event and vector was heard and no edge was due."
    )


def _connected_notes(size: int) -> list[dict[str, Any]]:
    return [connected(memory, number, size) for number, memory in enumerate(notes(size))]


def connected(memory: dict[str, Any], number: int, size: int) -> dict[str, Any]:
    """With things to share: a few are popular, most are rare. Text and vector stay as they are."""
    draw = random.Random(number)

    def some(name: str, count: int, of: int) -> list[str]:
        return sorted({f"{name}{int(of * draw.random() ** 3)}" for _ in range(count)})

    return {
        **memory,
        "source_files": some("src/module", 3, size // 4),
        "concepts": some("concept ", 2, size // 10),
        "tags": some("tag ", 2, size // 20),
    }


async def _grow(report: Report, the: Rig, size: int, total: int, cache: Cache) -> Workspace:
    """A workspace of that size. The search service is done with it before the graph service begins."""
    workspace = the.new_workspace()
    with the.paused("graph"):
        await seed(the, workspace, _connected_notes(size), total, cache)
    before, began = the.cpu_s(), time.perf_counter()
    await the.wait_discovered()
    seconds = time.perf_counter() - began
    rate = size / seconds
    edges = await the.edge_count(workspace)
    text = f"{rate:.0f} memories/s ({size:,} in {seconds:.1f} s, {edges / size:.1f} edges each)"
    figures = {"rate": round(rate, 1), "seconds": round(seconds, 2), "edges": float(edges)}
    name = f"discovery, from {size:,} events and vectors to all edges"
    report.add(Row("graph", name, text, figures, KEEPS_UP))
    report.add(the.cpu_row("graph", f"memory in {name}", before, size))
    return workspace
