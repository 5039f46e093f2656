"""Tools for memories: store, find, read, list, change, rate."""

from asyncio import gather
from typing import Annotated

from pydantic import Field

from weft.mcp import arguments as a
from weft.mcp import telling
from weft.mcp.answers import Deleted, Detail, Entries, Rated, Stored
from weft.mcp.counting import count_access, count_retrievals
from weft.mcp.offering import ADDS, CHANGES, COUNTS, READS, Ctx, offered, weft_of, written_to
from weft.words import Ordering

RELATED_MAX = 5
"""Memories of similar meaning that a detail shows."""

Limit = Annotated[int, Field(ge=1, le=200, description="Memories at most.")]
PageLimit = Annotated[int, Field(ge=1, le=500, description="Memories at most.")]


async def memory_store(
    ctx: Ctx,
    *,
    title: a.Title,
    content: a.Content,
    memory_type: a.Type = "general",
    tags: a.Tags = (),
    concepts: a.Concepts = (),
    files: a.Files = (),
    importance: a.Importance = 0.5,
    confidence: a.Confidence = 0.5,
    namespace: a.Namespace = "",
) -> Stored:
    """Store something worth knowing in later sessions: a decision and its reasons, a pattern, a gotcha, the cause of a
    bug. Search first: where a result scores above 0.85, change that one with memory_update instead of storing another.
    Secrets are taken out before anything is kept; `warnings` names them."""
    memory = await weft_of(ctx).memories.store(
        title,
        content,
        memory_type=memory_type,
        tags=tags,
        concepts=concepts,
        source_files=files,
        importance_score=importance,
        confidence_score=confidence,
        namespace=written_to(ctx, namespace),
    )
    return telling.stored(memory)


async def memory_search(
    ctx: Ctx,
    *,
    query: Annotated[a.Query, a.NoText] = "",
    memory_types: a.Types = (),
    tags: Annotated[a.Strings, Field(description="Only with any of these tags.")] = (),
    tag_prefixes: Annotated[a.Strings, Field(description="Only with a tag that begins like this: `area:`.")] = (),
    files: Annotated[a.Strings, Field(description="Only about any of these files.")] = (),
    min_importance: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.0,
    min_confidence: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.0,
    use_semantic: Annotated[bool, Field(description="False: by words alone, for an exact name or message.")] = True,
    namespaces: a.Namespaces = (),
    limit: Limit = 20,
    offset: a.Offset = 0,
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Entries:
    """Find what is known, by meaning and by words; do this before you decide, design or debug. The best are first:
    whole where there is room, else in one sentence. With no query: what the filters leave, by importance."""
    weft = weft_of(ctx)
    found = await weft.memories.search(
        query,
        memory_types=memory_types or None,
        tags=tags or None,
        tag_prefixes=tag_prefixes or None,
        files=files or None,
        min_importance=min_importance or None,
        min_confidence=min_confidence or None,
        namespaces=namespaces or None,
        use_semantic=use_semantic,
        limit=limit,
        offset=offset,
    )
    choices = [telling.choice(hit.memory, hit.score) for hit in found.results]
    is_last = len(choices) < limit
    told = telling.entries(choices, max_tokens, offset=offset, is_last=is_last, warnings=found.warnings)
    await count_retrievals(weft, (each.memory_id for each in told.memories))
    return told


async def memory_by_file(
    ctx: Ctx,
    *,
    file_path: Annotated[str, Field(description="Relative to the project, as it stands in a memory's files.")],
    limit: Limit = 10,
    namespaces: a.Namespaces = (),
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Entries:
    """What is known of a file, the most important first: ask before you change it."""
    weft = weft_of(ctx)
    found = await weft.memories.search(files=[file_path], limit=limit, namespaces=namespaces or None)
    told = telling.entries([telling.choice(hit.memory) for hit in found.results], max_tokens, warnings=found.warnings)
    await count_retrievals(weft, (each.memory_id for each in told.memories))
    return told


async def memory_get_detail(
    ctx: Ctx,
    *,
    memory_id: a.MemoryId,
    include_related: Annotated[bool, Field(description="Also up to 5 memories of similar meaning.")] = False,
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Detail:
    """One memory, whole, with its relationships. Counts as an access: what is read stays important."""
    weft = weft_of(ctx)
    memory, _ = await gather(weft.memories.get(memory_id), count_access(weft, memory_id))
    related = await weft.memories.related(memory_id, limit=RELATED_MAX) if include_related else []
    return telling.detail(memory, related, max_tokens)


async def memory_get_index(
    ctx: Ctx,
    *,
    limit: PageLimit = 50,
    offset: a.Offset = 0,
    memory_type: a.OneType = None,
    ordering: Annotated[Ordering, Field(description="`-` for descending.")] = "-importance_score",
    namespaces: a.Namespaces = (),
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Entries:
    """Titles and types only, the most important first: what there is, at little cost. Then memory_get_detail."""
    listed = weft_of(ctx).memories.list(
        memory_type=memory_type, ordering=ordering, namespaces=namespaces or None, limit=limit, offset=offset
    )
    lines = [telling.line(memory) async for memory in listed]
    return telling.entries([(each, each) for each in lines], max_tokens, offset=offset, is_last=len(lines) < limit)


async def memory_get_timeline(
    ctx: Ctx,
    *,
    limit: PageLimit = 20,
    offset: a.Offset = 0,
    memory_type: a.OneType = None,
    namespaces: a.Namespaces = (),
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Entries:
    """The newest memories first, with their text as far as there is room: what was learned lately."""
    listed = weft_of(ctx).memories.list(
        memory_type=memory_type, ordering="-created_at", namespaces=namespaces or None, limit=limit, offset=offset
    )
    choices = [telling.choice(memory) async for memory in listed]
    return telling.entries(choices, max_tokens, offset=offset, is_last=len(choices) < limit)


async def memory_update(
    ctx: Ctx,
    *,
    memory_id: a.MemoryId,
    title: a.NewText = "",
    content: a.NewText = "",
    memory_type: a.OneType = None,
    tags: a.NewStrings = None,
    concepts: a.NewStrings = None,
    files: a.NewStrings = None,
    importance: a.NewNumber = None,
    confidence: a.NewNumber = None,
    revision: Annotated[int | None, Field(ge=1, description="Only if it is still at this revision.")] = None,
) -> Stored:
    """Change a memory that is wrong, outdated or incomplete; what is not given stays."""
    memory = await weft_of(ctx).memories.update(
        memory_id,
        if_match=revision,
        title=title or None,
        narrative=content or None,
        memory_type=memory_type,
        tags=tags,
        concepts=concepts,
        source_files=files,
        importance_score=importance,
        confidence_score=confidence,
    )
    return telling.stored(memory)


async def memory_delete(ctx: Ctx, *, memory_id: a.MemoryId) -> Deleted:
    """Delete a memory for good, with its relationships. There is no way back: what is only outdated, update."""
    await weft_of(ctx).memories.delete(memory_id)
    return Deleted(memory_id=memory_id, deleted=True)


async def memory_rate(
    ctx: Ctx,
    *,
    memory_id: a.MemoryId,
    useful: Annotated[bool, Field(description="True if it helped; false if it was wrong, outdated or misleading.")],
    context: Annotated[a.MaybeText, Field(description="Where it helped, or why it did not.")] = "",
) -> Rated:
    """Say whether a memory was of use: useful ones come up more often (importance +0.02), others less (-0.05)."""
    rated = await weft_of(ctx).memories.rate(memory_id, useful=useful, context=context or None)
    return Rated(
        memory_id=rated.memory_id,
        previous_importance=rated.previous_importance,
        updated_importance=rated.updated_importance,
        warnings=rated.warnings,
    )


async def memory_get_related(
    ctx: Ctx,
    *,
    memory_id: a.MemoryId,
    limit: Annotated[int, Field(ge=1, le=50, description="Memories at most.")] = 10,
    similarity_threshold: Annotated[float, Field(ge=0, le=1, strict=True, description="The least cosine.")] = 0.75,
    namespaces: a.Namespaces = (),
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Entries:
    """Memories of similar meaning, the nearest first; `score` is the cosine."""
    weft = weft_of(ctx)
    hits = await weft.memories.related(
        memory_id, limit=limit, similarity_threshold=similarity_threshold, namespaces=namespaces or None
    )
    told = telling.entries([telling.choice(hit.memory, hit.score) for hit in hits], max_tokens)
    await count_retrievals(weft, (each.memory_id for each in told.memories))
    return told


TOOLS = [
    offered("Store a memory", ADDS, memory_store),
    offered("Search memories", READS, memory_search),
    offered("What is known of a file", READS, memory_by_file),
    offered("Read a memory", COUNTS, memory_get_detail),
    offered("List memories", READS, memory_get_index),
    offered("Newest memories", READS, memory_get_timeline),
    offered("Similar memories", READS, memory_get_related),
    offered("Change a memory", CHANGES, memory_update),
    offered("Delete a memory", CHANGES, memory_delete),
    offered("Rate a memory", ADDS, memory_rate),
]
