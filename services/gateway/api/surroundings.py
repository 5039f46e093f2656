"""What surrounds the results of a query: neighbours in the graph, the text around a chunk, facts, an answer in words.

Each part is there or is missing by itself: what does not answer is named in `warnings`, and the rest is given.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from contracts.documents import chunk_id
from contracts.queries import GetChunks, GetMemories, GetRelationships, ListFacts, Passage, Synthesize
from services.gateway.api.calls import Call
from services.gateway.api.wire.errors import Problem
from services.kit.errors import Unavailable

log = structlog.get_logger()

Readable = tuple[str, ...]
Result = dict[str, Any]
"""As an answer shows it (query_shapes.QueryResult)."""

SEEDS_MAX = 5
"""Of so many memories among the results the neighbours are given, the best first."""
NEIGHBOURS_MAX = 4
FACTS_MAX = 50
WRITTEN_WITHIN_S = 70.0
"""A model may take a minute."""

NO_GRAPH = "The graph does not answer at present: no related memories are given."
NO_ANSWER = "No answer could be written at present."


async def related(call: Call, readable: Readable, results: Sequence[Result]) -> tuple[list[dict[str, Any]], list[str]]:
    """Memories that edges join with the best of those that were found, the most confident first; and warnings."""
    seeds = [it["id"] for it in results if it["kind"] == "memory"][:SEEDS_MAX]
    try:
        edges = await asyncio.gather(*(_edges(call, readable, seed) for seed in seeds))
    except Unavailable as fault:
        log.warning("a query without the graph", fault=str(fault))
        return [], [NO_GRAPH]
    found = {it["id"] for it in results}
    ends: dict[str, tuple[str, dict[str, Any]]] = {}
    for seed, edge in sorted(
        ((seed, edge) for seed, some in zip(seeds, edges, strict=True) for edge in some),
        key=lambda it: -it[1]["confidence"],
    ):
        other = edge["target_memory_id"] if edge["source_memory_id"] == seed else edge["source_memory_id"]
        if other not in found:
            ends.setdefault(other, (seed, edge))
    there = await _memories(call, readable, list(ends))
    return [_related(there[other], *ends[other]) for other in ends if other in there], []


async def with_context(call: Call, readable: Readable, results: Sequence[Result]) -> list[Result]:
    """The results; those that are chunks with the text before and after them."""
    wanted = {
        it["id"]: _neighbours(call.principal.workspace_id, it["chunk"]) for it in results if it["kind"] == "chunk"
    }
    ids = {it for pair in wanted.values() for it in pair if it is not None}
    texts = {it["chunk_id"]: it["text"] for it in await _chunks(call, readable, sorted(ids))}

    def of(result: Result) -> dict[str, Any]:
        before, after = wanted[result["id"]]
        path = result["chunk"]["section_path"]
        return {"section_path": path, "before": texts.get(before or ""), "after": texts.get(after or "")}

    return [{**it, "context": of(it)} if it["kind"] == "chunk" else it for it in results]


async def facts(call: Call, readable: Readable, results: Sequence[Result]) -> list[dict[str, Any]]:
    """What the chunks among the results say."""
    ids = tuple(it["id"] for it in results if it["kind"] == "chunk")
    if not ids:
        return []
    asked = ListFacts(workspace_id=call.principal.workspace_id, readable=readable, chunk_ids=ids, limit=FACTS_MAX)
    found: list[dict[str, Any]] = await call.ask(asked)
    return found


async def answer(
    call: Call, query: str, results: Sequence[Result]
) -> tuple[str | None, list[dict[str, Any]], list[str]]:
    """An answer that cites the results by their numbers, its citations, and warnings where there is none."""
    if not results:
        return None, [], ["No answer was written: nothing was found."]
    passages = tuple(Passage(title=it["title"], text=it["text"]) for it in results)
    asked = Synthesize(workspace_id=call.principal.workspace_id, query=query, passages=passages)
    try:
        said = await call.ask(asked, WRITTEN_WITHIN_S)
    except Unavailable as fault:
        log.warning("a query without an answer", fault=str(fault))
        return None, [], [NO_ANSWER]
    cited = [{"number": it, "kind": results[it - 1]["kind"], "id": results[it - 1]["id"]} for it in said["citations"]]
    return said["answer"], cited, [said["warning"]] if said["warning"] else []


async def _edges(call: Call, readable: Readable, memory_id: str) -> list[dict[str, Any]]:
    asked = GetRelationships(
        workspace_id=call.principal.workspace_id, memory_id=memory_id, readable=readable, limit=NEIGHBOURS_MAX
    )
    try:
        found: list[dict[str, Any]] = await call.ask(asked)
    except Problem:  # deleted since it was found
        return []
    return found


async def _memories(call: Call, readable: Readable, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    asked = GetMemories(workspace_id=call.principal.workspace_id, memory_ids=tuple(ids), readable=readable)
    return {each["memory"]["memory_id"]: each["memory"] for each in await call.ask(asked)}


async def _chunks(call: Call, readable: Readable, ids: Sequence[str]) -> list[dict[str, Any]]:
    if not ids:
        return []
    asked = GetChunks(workspace_id=call.principal.workspace_id, chunk_ids=tuple(ids), readable=readable)
    found: list[dict[str, Any]] = await call.ask(asked)
    return found


def _neighbours(workspace_id: str, chunk: dict[str, Any]) -> tuple[str | None, str | None]:
    """The ids of the chunks before and after."""
    document, version, index = chunk["document_id"], chunk["version"], chunk["index"]
    before = chunk_id(workspace_id, document, version, index - 1) if index > 0 else None
    after = chunk_id(workspace_id, document, version, index + 1) if index + 1 < chunk["chunk_count"] else None
    return before, after


def _related(memory: dict[str, Any], seed: str, edge: dict[str, Any]) -> dict[str, Any]:
    said = {name: edge[name] for name in ("relationship_type", "discovery_method", "confidence")}
    return {"memory": memory, "to": seed, **said, "reason": edge["context"]}
