"""Searching: how fast as a workspace grows, and how well on sets of questions with known answers."""

import asyncio
import json
import math
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from deploy.local.home import CHECKOUT, Home
from tests.bench import texts
from tests.bench.http import Answer, Connection, load
from tests.bench.report import Report, Row, Target
from tests.bench.rig import SEARCH, STORE, Rig, memory_id_of, rig, search, wait_all_embedded
from tests.bench.seeding import notes, seed
from tests.bench.vectors import Cache
from tests.bench.writing import latency_figures, shown
from tests.stack import Workspace

CLIENTS = (1, 8)
COUNTED_AT = (10_000, 1)  # memories, clients
WARM_UP_S = 1.0
DEPTH = 10
TITLE_MAX, NARRATIVE_MAX, QUERY_MAX = 500, 65_536, 2_000

TARGETS = {
    (10_000, 1): (
        Target("p50_ms", 15, at_most=True, unit=" ms"),
        Target("p95_ms", 40, at_most=True, unit=" ms"),
    ),
    (50_000, 1): (Target("p50_ms", 20, at_most=True, unit=" ms"),),
}
SET_TARGETS = {"pep": (Target("ndcg_at_10", 0.68), Target("recall_at_10", 0.84))}


async def searching(report: Report) -> None:
    """Each query is asked once only, so none is answered from a cache of query vectors."""
    sizes = (1_000, 10_000) if report.quick else (1_000, 10_000, 50_000)
    seconds = 3.0 if report.quick else 10.0
    cache = Cache(model_dir())
    async with rig("search") as the:
        report.add(the.memory_row("just started"))
        workspaces, total = {}, 0
        for size in sizes:
            workspaces[size] = the.new_workspace()
            total += size
            await seed(the, workspaces[size], notes(size), total, cache)
        questions = texts.questions(0)
        for size, workspace in workspaces.items():
            await load(workspace, SEARCH, questions, clients=1, seconds=WARM_UP_S)
            for clients in CLIENTS:
                before = the.cpu_s()
                measured = await load(workspace, SEARCH, questions, clients=clients, seconds=seconds)
                name = f"search, {size:,} memories, {clients} client{'s' if clients > 1 else ''}"
                targets = TARGETS.get((size, clients), ())
                report.add(Row("search", name, shown(measured, "searches/s"), latency_figures(measured), targets))
                if (size, clients) == COUNTED_AT:
                    report.add(the.cpu_row("search", name, before, len(measured.latencies_s)))
        report.add(the.memory_row(f"{total:,} memories open"))
    await cache.close()
    report.notes.append(
        f"search: the {total:,} memories were stored over HTTP; their vectors are the model's, made beforehand "
        f"({cache.made:,} now, the rest from the cache) and put on DERIVED, so that seeding asks no model. "
        "Ten results a page; each question is asked once, its embedding included in the time."
    )


def model_dir() -> Path:
    return Path(os.environ.get("WEFT_MODEL_DIR") or Home.from_environment().model)


# ---- retrieval


def data_folder() -> Path:
    """$WEFT_EVAL_DATA, or the folder data in shared, beside the checkout."""
    return Path(os.environ.get("WEFT_EVAL_DATA") or CHECKOUT.parent / "shared" / "data")


async def retrieval(report: Report) -> None:
    """Every set in the data folder, all its questions, each in the workspace of its group."""
    found = sorted(file.parent for file in data_folder().glob("*/memories.jsonl")) if data_folder().is_dir() else []
    if not found:
        report.notes.append("retrieval: no evaluation sets here (WEFT_EVAL_DATA), so that part was left out.")
        return
    async with rig("retrieval") as the:
        for folder in found:
            report.add(await _evaluate(the, folder))


async def _evaluate(the: Rig, folder: Path) -> Row:
    memories, queries = _read(folder / "memories.jsonl"), _read(folder / "queries.jsonl")
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for memory in memories:
        groups[memory.get("group", "all")].append(memory)
    workspaces = {group: the.new_workspace() for group in groups}
    known: dict[str, str] = {}
    for group, members in groups.items():
        known |= await _store_set(workspaces[group], members)
    for workspace in workspaces.values():
        await wait_all_embedded(workspace)
        await asyncio.sleep(0.5)  # the last vectors are on DERIVED a moment before they are in the index
    per_query = []
    for query in queries:
        connection = Connection(workspaces[query.get("group", "all")])
        results = await search(connection, query["query"][:QUERY_MAX], DEPTH)
        connection.close()
        per_query.append(measures([known[each["id"]] for each in results], set(query["relevant_ids"])))
    means = {name: round(sum(each[name] for each in per_query) / len(per_query), 4) for name in per_query[0]}
    text = ", ".join(f"{NAMES[name]} {value:.3f}" for name, value in means.items())
    measure = f"retrieval on {folder.name}: {len(queries)} questions, {len(memories)} memories"
    return Row("retrieval", measure, text, means, SET_TARGETS.get(folder.name, ()))


async def _store_set(workspace: Workspace, members: list[dict[str, Any]]) -> dict[str, str]:
    """The set's own id of each memory, by memory_id."""
    drafts = {_draft(member): member["id"] for member in members}
    known: dict[str, str] = {}

    def take(body: bytes, answer: Answer) -> None:
        known[memory_id_of(answer)] = drafts[body]

    measured = await load(workspace, STORE, iter(list(drafts)), clients=8, seconds=None, succeeded=take)
    if measured.failures:
        raise RuntimeError(f"storing the set failed: {measured.failures}")
    return known


def _draft(member: dict[str, Any]) -> bytes:
    kept = {"tags": member.get("tags", []), "source_files": member.get("source_files", [])}
    title = member["title"][:TITLE_MAX]
    narrative = (member["narrative"] or title)[:NARRATIVE_MAX]
    # the set's id makes bodies unique where two of its memories say the same; as a concept it is not searched
    return json.dumps({"title": title, "narrative": narrative, "concepts": [member["id"][:128]], **kept}).encode()


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


NAMES = {"recall_at_5": "recall@5", "recall_at_10": "recall@10", "mrr_at_10": "MRR@10", "ndcg_at_10": "nDCG@10"}


def measures(ranked: list[str], relevant: set[str]) -> dict[str, float]:
    """Of one question; relevance is yes or no."""
    hits = [rank for rank, found in enumerate(ranked[:DEPTH], 1) if found in relevant]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(len(relevant), DEPTH) + 1))
    return {
        "recall_at_5": sum(rank <= 5 for rank in hits) / len(relevant),
        "recall_at_10": len(hits) / len(relevant),
        "mrr_at_10": 1 / hits[0] if hits else 0.0,
        "ndcg_at_10": sum(1 / math.log2(rank + 1) for rank in hits) / ideal,
    }
