"""What a session is given of its workspace's memories: what is asked of the services to choose from."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from contracts.base import now
from contracts.queries import Filters, GetMemories, ListMemories, SearchMemories
from services.gateway.api.calls import Call
from services.gateway.api.injection import Chosen, Memory, all_names, choose, found_for, is_pinned, names_of
from services.kit.errors import Unavailable

log = structlog.get_logger()

Readable = tuple[str, ...]
"""The namespaces to look in."""

AT_START_MAX = 10
"""Memories that a session is given when it starts, besides all that are pinned."""
PINNED_MAX = 500
"""Of what is pinned the newest; who has more has pinned nothing."""
IMPORTANT_MAX = NEWEST_MAX = 20
RELEVANT_MAX = 10
SEARCH_TIMEOUT_S = 2.0
QUERY_CHARACTERS_MAX = 2_000

NO_SEARCH = "Search is not available at present: only pinned memories and those of standing are given."


async def at_start(call: Call, words: str) -> list[tuple[Memory, float]]:
    """What a session is given that begins now; `words` are what its project and branch are called: looked for as words,
    since a name means nothing to a model and costs it ten milliseconds.
    """
    return await _standing(call, call.principal.grants.read, words, AT_START_MAX)


async def for_context(
    call: Call, readable: Readable, project_path: str, query: str, files: Sequence[str], *, limit: int
) -> tuple[list[Chosen], list[str]]:
    """What fits a query and files, what is pinned first; for neither, what a start would give. And warnings.

    More than `limit`, so that it can be said how many were left out.
    """
    if not query and not files:
        standing = await _standing(call, readable, "", limit * 2)
        return [Chosen(memory, score, project_path) for memory, score in standing], []
    named = {file: names_of(file, project_path) for file in files}
    pinned, of_files, of_query = await asyncio.gather(
        _most_important(call, readable),
        _search(call, readable, query, all_names(named), limit * 2) if files else _nothing(),
        _search(call, readable, query, (), limit * 2) if query else _nothing(),
    )
    warnings = [NO_SEARCH] if of_files is None or of_query is None else []
    chosen = [Chosen(memory, 1.0, found_for(memory, named) or project_path) for memory in filter(is_pinned, pinned)]
    hits = [*(of_files or []), *(of_query or [])]
    chosen += [Chosen(it["memory"], it["score"], found_for(it["memory"], named) or project_path) for it in hits]
    once: dict[str, Chosen] = {}
    for each in chosen:
        once.setdefault(each.memory["memory_id"], each)
    return list(once.values()), warnings


async def read(call: Call, memory_ids: Sequence[str]) -> dict[str, Memory]:
    """Those that are there and may be read, by id."""
    if not memory_ids:
        return {}
    principal = call.principal
    asked = GetMemories(
        workspace_id=principal.workspace_id, memory_ids=tuple(memory_ids), readable=principal.grants.read
    )
    return {each["memory"]["memory_id"]: each["memory"] for each in await call.ask(asked)}


async def _standing(call: Call, readable: Readable, words: str, others_max: int) -> list[tuple[Memory, float]]:
    important, newest, found = await asyncio.gather(
        _most_important(call, readable),
        call.ask(_list(call, readable, "-created_at", NEWEST_MAX, 0)),
        _search(call, readable, words, (), RELEVANT_MAX, use_semantic=False) if words else _nothing(),
    )
    hits = found or []
    relevance = {it["memory"]["memory_id"]: it["keyword_score"] for it in hits} if words and found is not None else None
    return choose([*important, *newest, *(it["memory"] for it in hits)], relevance, now(), others_max)


async def _most_important(call: Call, readable: Readable) -> list[Memory]:
    """The most important, and at least all that are pinned (up to PINNED_MAX)."""
    found: list[Memory] = await call.ask(_list(call, readable, "-importance_score", IMPORTANT_MAX, 0))
    if len(found) == IMPORTANT_MAX and is_pinned(found[-1]):
        found += await call.ask(_list(call, readable, "-importance_score", PINNED_MAX - IMPORTANT_MAX, IMPORTANT_MAX))
    return found


async def _search(
    call: Call, readable: Readable, query: str, files: Sequence[str], limit: int, *, use_semantic: bool = True
) -> list[dict[str, Any]] | None:
    """Hits, best first; None where search does not answer: then one has to do without."""
    question = SearchMemories(
        workspace_id=call.principal.workspace_id,
        readable=readable,
        query=query[:QUERY_CHARACTERS_MAX],
        filters=Filters(files=tuple(files)) if files else Filters(),
        use_semantic=use_semantic,
        limit=min(limit, 200),
    )
    try:
        found: list[dict[str, Any]] = (await call.ask(question, SEARCH_TIMEOUT_S))["results"]
    except Unavailable as fault:
        log.warning("chosen without search", fault=str(fault))
        return None
    return found


async def _nothing() -> list[dict[str, Any]]:
    return []


def _list(call: Call, readable: Readable, ordering: Any, limit: int, offset: int) -> ListMemories:
    return ListMemories(
        workspace_id=call.principal.workspace_id, readable=readable, ordering=ordering, limit=limit, offset=offset
    )
