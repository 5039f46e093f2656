"""From what REST answers to what a model is told. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from weft import models
from weft.document_models import QueryAnswer
from weft.mcp.answers import (
    Detail,
    Edge,
    Entries,
    Entry,
    Fact,
    Found,
    Graph,
    Neighbour,
    Node,
    Passage,
    Stored,
    Way,
)
from weft.mcp.fitting import first, fit, fit_detail, fit_graph, room, size

TEXT_MAX = 1_500
"""Characters of a passage; memory_get_detail has the whole of a memory."""
FILES_MAX = TAGS_MAX = 5
"""Of a memory in a list; its detail has all."""


def stored(memory: models.WrittenMemory) -> Stored:
    return Stored(
        memory_id=memory.memory_id,
        title=memory.title,
        memory_type=memory.memory_type,
        namespace=memory.namespace,
        importance=memory.importance_score,
        revision=memory.revision,
        warnings=memory.warnings,
    )


def line(memory: models.Memory | models.GivenMemory) -> Entry:
    """A line of an index."""
    return Entry(
        memory_id=memory.memory_id,
        title=memory.title,
        memory_type=memory.memory_type,
        importance=memory.importance_score,
    )


def brief(memory: models.Memory, score: float | None = None) -> Entry:
    """A memory in one sentence."""
    told = {
        "score": None if score is None else round(score, 3),
        "namespace": memory.namespace,
        "created": memory.created_at.date().isoformat(),
        "files": memory.source_files[:FILES_MAX],
        "tags": memory.tags[:TAGS_MAX],
        "summary": memory.summary,
    }
    return line(memory).model_copy(update=told)


def choice(memory: models.Memory, score: float | None = None) -> tuple[Entry, Entry]:
    """In one sentence, and whole."""
    short = brief(memory, score)
    return short, short.model_copy(update={"summary": None, "content": memory.narrative})


def entries(
    choices: Sequence[tuple[Entry, Entry]],
    max_tokens: int,
    *,
    offset: int | None = None,
    is_last: bool = False,
    warnings: Sequence[str] = (),
) -> Entries:
    """As many as fit, and how to get the others: by `offset` where the tool takes one, unless this is the last page."""
    given = fit(choices, max_tokens)
    left_out = len(choices) - len(given)
    ways = []
    if left_out:
        ways.append(f"{left_out} more did not fit: ask with a larger max_tokens")
    if offset is not None and (left_out or not is_last):
        ways.append(f"{'or' if left_out else 'there may be more: ask'} with offset={offset + len(given)}")
    if any(each.summary is not None for each in given):
        ways.append("memory_get_detail has the whole text of one")
    return Entries(memories=given, left_out=left_out, more=_sentence(ways), warnings=list(warnings))


def _sentence(ways: Sequence[str]) -> str | None:
    said = "; ".join(ways)
    return f"{said[0].upper()}{said[1:]}." if said else None


def edge(known: models.Edge) -> Edge:
    return Edge(
        source=known.source_memory_id,
        target=known.target_memory_id,
        type=known.relationship_type,
        confidence=round(known.confidence, 2),
        why=known.context if isinstance(known, models.Relationship) else None,
    )


def detail(memory: models.MemoryDetail, related: Sequence[models.Hit], max_tokens: int) -> Detail:
    edges = [*memory.outgoing_relationships, *memory.incoming_relationships]
    whole = Detail(
        memory_id=memory.memory_id,
        title=memory.title,
        memory_type=memory.memory_type,
        content=memory.narrative,
        namespace=memory.namespace,
        tags=memory.tags,
        concepts=memory.concepts,
        files=memory.source_files,
        importance=memory.importance_score,
        confidence=memory.confidence_score,
        pagerank=memory.pagerank_score,
        community=memory.community_label,
        created_at=memory.created_at.isoformat(),
        updated_at=None if memory.updated_at is None else memory.updated_at.isoformat(),
        revision=memory.revision,
        source_session_id=memory.source_session_id,
        relationships=[edge(each) for each in edges],
        related=[brief(hit.memory, hit.score) for hit in related],
        warnings=memory.warnings,
    )
    return fit_detail(whole, max_tokens)


def graph(found: models.Subgraph, max_tokens: int) -> Graph:
    nodes = [
        Node(
            memory_id=node.memory_id,
            title=node.title,
            memory_type=node.memory_type,
            importance=node.importance_score,
            community=node.community_label,
            is_seed=True if node.memory_id in found.seed_memories else None,
        )
        for node in found.nodes
    ]
    kept, edges = fit_graph(nodes, [edge(each) for each in found.edges], max_tokens)
    left_out = len(nodes) - len(kept)
    more = (
        f"{left_out} more did not fit: ask with a larger max_tokens, or for fewer types of edges." if left_out else None
    )
    return Graph(memories=kept, edges=edges, left_out=left_out, more=more, warnings=found.warnings)


def way(found: models.GraphPath) -> Way:
    more = None if found.path else "There is no way within max_depth; a larger one may find it, up to 10."
    return Way(depth=found.depth, path=found.path, edges=[edge(each) for each in found.edges], more=more)


def found(answer: QueryAnswer, max_tokens: int) -> Found:
    """The answer, the results, and with the room that is left what surrounds them."""
    said = answer.model_dump(mode="json")
    citations = [f"[{each['number']}] {each['id']}" for each in said.get("citations", ())]
    results = [_passage(each) for each in said["results"]]
    left = room(max_tokens) - size(answer.answer) - size(citations)
    given = first(results, left) or results[:1]
    left -= sum(size(each) for each in given)
    related = first([_neighbour(each) for each in said.get("related", ())], left)
    left -= sum(size(each) for each in related)
    left_out = len(results) - len(given)
    return Found(
        results=given,
        answer=answer.answer,
        citations=citations,
        related=related,
        facts=first([_fact(each) for each in said.get("facts", ())], left),
        left_out=left_out,
        more=f"{left_out} more did not fit: ask with a larger max_tokens." if left_out else None,
        warnings=answer.warnings,
    )


def _passage(result: Mapping[str, Any]) -> Passage:
    text = result["text"]
    return Passage(
        kind=result["kind"],
        id=result["id"],
        title=result["title"],
        text=text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}...",
        score=round(result["score"], 3),
        namespace=result.get("namespace"),
        document_id=result.get("document_id"),
        section=" > ".join((result.get("chunk") or {}).get("section_path", ())) or None,
    )


def _neighbour(related: Mapping[str, Any]) -> Neighbour:
    memory = related["memory"]
    return Neighbour(
        memory_id=memory["memory_id"],
        title=memory["title"],
        type=related["relationship_type"],
        to=related["to"],
        summary=memory["summary"],
    )


def _fact(fact: Mapping[str, Any]) -> Fact:
    return Fact(
        text=fact["text"], kind=fact["kind"], confidence=fact["confidence"], document_id=fact.get("document_id")
    )
