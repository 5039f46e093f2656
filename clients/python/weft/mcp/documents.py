"""Tools for documents, and the question over documents and memories at once."""

from typing import Annotated, Any

from pydantic import Field

from weft.mcp import arguments as a
from weft.mcp import telling
from weft.mcp.answers import Found, Ingested
from weft.mcp.counting import count_retrievals
from weft.mcp.offering import ADDS, READS, Ctx, offered, weft_of, written_to
from weft.words import QueryMode


async def document_ingest(
    ctx: Ctx,
    *,
    content: Annotated[str, Field(description="The document itself: text or Markdown.")],
    title: Annotated[a.MaybeText, Field(description="What it is called; empty: its first line.")] = "",
    source_id: Annotated[
        a.MaybeText,
        Field(description="Where it is from, such as a path or URL: the same one again is its next version."),
    ] = "",
    namespace: a.Namespace = "",
) -> Ingested:
    """Take in a document: a design, a specification, notes. It is cut into parts that can be found with memories, and
    read for facts and entities; that takes a moment. For a single insight, memory_store is better."""
    taken = await weft_of(ctx).documents.ingest(
        content, title=title or None, source_id=source_id or None, namespace=written_to(ctx, namespace)
    )
    return Ingested(document_id=taken.document_id, job_id=taken.job_id, warnings=taken.warnings)


async def query(
    ctx: Ctx,
    *,
    query: a.Query,
    mode: Annotated[
        QueryMode, Field(description="fast: what is found. rich: also neighbours, sections and facts.")
    ] = "fast",
    synthesize: Annotated[
        bool, Field(description="Also an answer with its sources, where a model is configured.")
    ] = False,
    max_results: Annotated[int, Field(ge=1, le=50)] = 10,
    namespaces: a.Namespaces = (),
    filters: Annotated[
        dict[str, Any] | None, Field(description="As in memory_search: tags, files, memory_types.")
    ] = None,
    max_tokens: a.Tokens = a.DEFAULT_TOKENS,
) -> Found:
    """Ask over memories and documents at once. For memories alone, memory_search says more of each."""
    weft = weft_of(ctx)
    found = await weft.query(
        query,
        mode=mode,
        synthesize=synthesize or None,
        max_results=max_results,
        namespaces=namespaces or None,
        filters=filters,
    )
    told = telling.found(found, max_tokens)
    await count_retrievals(weft, (result.id for result in told.results if result.kind == "memory"))
    return told


TOOLS = [
    offered("Take in a document", ADDS, document_ingest),
    offered("Ask memories and documents", READS, query),
]
