"""Tools for sessions: what an agent tells while it works, and what it is given."""

from typing import Annotated, Any

from pydantic import Field

from weft.mcp import arguments as a
from weft.mcp import telling
from weft.mcp.answers import Context, Ended, Recorded, Started
from weft.mcp.counting import count_retrievals
from weft.mcp.offering import ADDS, ENDS, READS, Ctx, offered, weft_of, written_to
from weft.words import ObservationKind

Metadata = Annotated[dict[str, Any] | None, Field(description="Whatever else is worth keeping with it.")]


async def session_start(
    ctx: Ctx,
    *,
    project_path: Annotated[str, Field(description="The project's folder, absolute.")],
    project_name: a.MaybeText = "",
    branch_name: a.MaybeText = "",
    session_id: Annotated[a.MaybeText, Field(description="Your own name for it; empty: one is made.")] = "",
    user_id: a.MaybeText = "",
    metadata: Metadata = None,
    namespace: Annotated[a.Namespace, Field(description="Where its memories go; empty: the default.")] = "",
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Started:
    """Begin a work session and get what is good to know at once: all that is pinned, then what is important, recent and
    near the project. Keep the session_id: record what happens, and end it, so that Weft learns from it."""
    begun = await weft_of(ctx).sessions.start(
        project_path,
        session_id=session_id or None,
        project_name=project_name or None,
        branch_name=branch_name or None,
        user_id=user_id or None,
        metadata=metadata,
        namespace=written_to(ctx, namespace),
    )
    lines = [telling.line(memory) for memory in begun.injected_memories]
    told = telling.entries([(each, each) for each in lines], max_tokens)
    return Started(
        session_id=begun.session_id,
        context_summary=begun.context_summary,
        memories=told.memories,
        left_out=told.left_out,
        more=told.more,
        warnings=begun.warnings,
    )


async def session_record_observation(
    ctx: Ctx,
    *,
    session_id: a.SessionId,
    content: Annotated[str, Field(description="What happened or was found out, with what matters of the output.")],
    kind: ObservationKind = "note",
    files: Annotated[a.Strings, Field(description="Paths that it is about.")] = (),
    metadata: Metadata = None,
) -> Recorded:
    """Tell what happened in a session: a cause found, a decision taken, a surprise. Memories are made of it at the
    session's end."""
    seen: dict[str, Any] = {"kind": kind, "content": content, "files": files, "metadata": metadata or {}}
    taken = await weft_of(ctx).sessions.observe(session_id, [seen])  # type: ignore[list-item]
    return Recorded(session_id=session_id, observation_count=taken.observation_count, warnings=taken.warnings)


async def session_get_context(
    ctx: Ctx,
    *,
    session_id: a.SessionId,
    query: Annotated[a.MaybeText, Field(description="What you are about to do.")] = "",
    files: Annotated[a.Strings, Field(description="Files at hand.")] = (),
    max_memories: Annotated[int, Field(ge=1, le=50)] = 10,
    namespaces: a.Namespaces = (),
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Context:
    """What is known of what you are about to do and of the files at hand, as text. Ask again when the task changes."""
    weft = weft_of(ctx)
    given = await weft.sessions.context(
        session_id,
        query=query or None,
        files=files or None,
        max_memories=max_memories,
        max_tokens=max_tokens,
        namespaces=namespaces or None,
    )
    memory_ids = [memory.memory_id for memory in given.memories]
    await count_retrievals(weft, memory_ids)
    more = (
        f"{given.left_out} more were found: ask with a larger max_memories or max_tokens." if given.left_out else None
    )
    return Context(
        context=given.context, memory_ids=memory_ids, left_out=given.left_out, more=more, warnings=given.warnings
    )


async def session_end(
    ctx: Ctx,
    *,
    session_id: a.SessionId,
    summary: Annotated[
        a.MaybeText, Field(description="What was done, decided and learned, in sentences; it weighs most.")
    ] = "",
) -> Ended:
    """End a session; Weft then makes memories of what it was told. Sum up in sentences that say why."""
    ended = await weft_of(ctx).sessions.end(session_id, summary=summary or None)
    return Ended(
        session_id=ended.session_id,
        extraction_job_id=ended.extraction_job_id,
        estimated_memories=ended.estimated_memories or 0,
        warnings=ended.warnings,
    )


TOOLS = [
    offered("Start a session", ADDS, session_start),
    offered("Record an observation", ADDS, session_record_observation),
    offered("Context for what is at hand", READS, session_get_context),
    offered("End a session", ENDS, session_end),
]
