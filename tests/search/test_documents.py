"""Documents in the index: their chunks come, are replaced by those of the next version, and go."""

import asyncio
from typing import Any

from contracts import subjects
from contracts.documents import chunk_id
from contracts.queries import KnowledgeFilters, OfWorkspace, SearchKnowledge
from deploy.admin import rebuilding
from tests import examples
from tests.memory.test_documents import ready
from tests.search.test_service import agree, in_agreement
from tests.search.test_service import embedded as memory_embedded
from tests.services import Talk
from tests.stack import eventually

TEXTS = ("Failed deliveries of the payment webhook are retried with jitter.", "Profiles are cached for a minute.")


async def knowledge(talk: Talk, query: str, **asked: Any) -> dict[str, Any]:
    filled = {"workspace_id": talk.workspace_id, "readable": ("default",), "query": query}
    found: dict[str, Any] = await talk.ask(SearchKnowledge(**filled | asked))
    return found


async def found(talk: Talk, query: str, **asked: Any) -> list[str]:
    """The ids, best first."""
    return [
        (it["memory"] or {}).get("memory_id") or it["chunk"]["chunk_id"] for it in await results(talk, query, **asked)
    ]


async def results(talk: Talk, query: str, **asked: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = (await knowledge(talk, query, **asked))["results"]
    return told


async def embedded(talk: Talk, count: int) -> None:
    """Until all chunks, so many, have their vectors: each stands under the title that is asked for."""

    async def by_meaning() -> bool:
        found = await results(talk, "runbook", limit=50, filters=KnowledgeFilters(kinds=("chunk",)))
        return len([it for it in found if it["semantic_score"] > 0]) == count

    await eventually(by_meaning, "the embeddings of chunks")


async def parts(talk: Talk, document_id: str) -> int:
    """Messages of DERIVED with vectors of the document."""
    state = await talk.operator.bus.jetstream.stream_info(
        subjects.DERIVED_STREAM, subjects_filter=subjects.chunk_embeddings(talk.workspace_id, document_id, "*")
    )
    return len(state.state.subjects or {})


async def test_chunks_and_memories_are_found_together_by_meaning_and_by_word(talk: Talk) -> None:
    memory = examples.store(talk.workspace_id, examples.a_draft(title="Webhooks", narrative="Sign each webhook."))
    await talk.order(memory)
    document_id = await ready(talk, *TEXTS)
    await in_agreement(talk)
    await embedded(talk, 2)
    await memory_embedded(talk, [memory.memory_id])
    first, second = (chunk_id(talk.workspace_id, document_id, 1, it) for it in range(2))
    assert await found(talk, "what if a notification of the billing service gets lost?", limit=1) == [first]
    [best, other, last] = await results(talk, "payment webhook")
    assert [it["kind"] for it in (best, other, last)] == ["chunk", "memory", "chunk"]
    assert best["chunk"]["chunk_id"] == first
    assert (best["chunk"]["text"], best["chunk"]["section_path"]) == (TEXTS[0], ["Runbook"])
    assert (best["keyword_score"], best["match_type"]) == (1.0, "combined")
    assert 0 < other["keyword_score"] < 1, "one best for both kinds"
    for filters, expected in (
        ({"kinds": ("memory",)}, [memory.memory_id]),
        ({"kinds": ("chunk",)}, [first, second]),
        ({"document_ids": ("doc-zzzzzzzzzzzzzzzz",)}, []),
        ({"document_ids": (document_id,), "min_importance": 0.5}, [first, second]),
        ({"min_importance": 0.51, "kinds": ("chunk",)}, []),
    ):
        assert await found(talk, "payment webhook", filters=KnowledgeFilters.model_validate(filters)) == expected
    assert await found(talk, "payment webhook", readable=("work",)) == []


async def test_the_next_version_takes_the_place_of_the_one_before(talk: Talk) -> None:
    document_id = await ready(talk, "zebra one", *["filler"] * 20, source_id="a.md")
    await in_agreement(talk)
    await embedded(talk, 21)
    await ready(talk, "lion two", "filler", source_id="a.md", version=2)
    await in_agreement(talk)
    assert await found(talk, "lion", limit=1) == [chunk_id(talk.workspace_id, document_id, 2, 0)]
    assert not [it for it in await results(talk, "zebra") if it["chunk"]["version"] == 1]
    await eventually(lambda: _has(talk, document_id, 1), "the vectors of the older version to go")


async def _has(talk: Talk, document_id: str, count: int) -> bool:
    return await parts(talk, document_id) == count


async def test_a_renamed_document_is_found_by_its_new_title(talk: Talk) -> None:
    document_id = await ready(talk, *TEXTS)
    await in_agreement(talk)
    await embedded(talk, 2)
    await talk.order(examples.change_document(talk.workspace_id, document_id, {"title": "Giraffes"}))

    async def found_by_word() -> bool:
        return [it["keyword_score"] > 0 for it in await results(talk, "giraffes")] == [True, True]

    await eventually(found_by_word, "the new title")


async def test_a_deleted_document_is_never_returned_and_leaves_nothing(talk: Talk) -> None:
    document_id, other = await ready(talk, *TEXTS), await ready(talk, "Payments are refunded.")
    await in_agreement(talk)
    await embedded(talk, 3)
    await talk.order(examples.delete_document(talk.workspace_id, document_id))
    assert await found(talk, "payment webhook", limit=1) == [chunk_id(talk.workspace_id, other, 1, 0)]
    await in_agreement(talk)
    await eventually(lambda: _has(talk, document_id, 0), "the erasure of its vectors")
    assert await parts(talk, other) == 1


async def test_a_rebuild_equals_what_it_replaced_and_asks_no_model(talk: Talk) -> None:
    document_id, gone = await ready(talk, *TEXTS, *["filler"] * 20), await ready(talk, "gone")
    await in_agreement(talk)
    await embedded(talk, 23)
    await talk.order(examples.delete_document(talk.workspace_id, gone))
    await in_agreement(talk)
    await eventually(lambda: _has(talk, gone, 0), "the erasure of its vectors")
    before = await knowledge(talk, "payment webhook")
    made = (await talk.operator.bus.jetstream.stream_info(subjects.DERIVED_STREAM)).state.last_seq
    answer = await talk.operator.request("search", "rebuild", OfWorkspace(workspace_id=talk.workspace_id), 60.0)
    assert answer == {"memories": 0, "chunks": 22}
    assert await knowledge(talk, "payment webhook") == before
    assert await agree(talk)
    assert (await talk.operator.bus.jetstream.stream_info(subjects.DERIVED_STREAM)).state.last_seq == made
    assert await parts(talk, document_id) == 2


async def test_documents_come_and_go_while_the_index_is_rebuilt(talk: Talk) -> None:
    kept = await ready(talk, *["filler"] * 40)
    doomed = await ready(talk, *["filler"] * 40)

    async def changing() -> None:
        await talk.order(examples.delete_document(talk.workspace_id, doomed))
        for number in range(5):
            await ready(talk, f"late {number}")

    await asyncio.gather(
        changing(), *(rebuilding.rebuild(talk.operator, "search", talk.workspace_id) for _ in range(3))
    )
    await in_agreement(talk)
    assert len(await found(talk, "late", limit=50, filters=KnowledgeFilters(kinds=("chunk",)))) == 45
    assert doomed not in {it["chunk"]["document_id"] for it in await results(talk, "filler", limit=50)}
    assert kept in {it["chunk"]["document_id"] for it in await results(talk, "filler", limit=50)}
