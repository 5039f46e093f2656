"""DERIVED, as far as the graph owns it: ranks and judgements. And what search keeps there: the embeddings.

Everything here raises Unavailable where the stream can't be reached.
"""

import asyncio
from collections.abc import Iterable

from contracts import subjects
from contracts.replies import Embedding, Judgement, Rank, Ranks
from services.kit.bus import Bus


async def publish_ranks(bus: Bus, ranks: Ranks) -> None:
    """Says what ranks a part has now. What was said before goes byte by byte: a message that is only replaced stays in
    its file, with the words of labels that nobody has any more.
    """
    await erase_ranks(bus, ranks.workspace_id, ranks.part)
    await bus.publish(subjects.ranks(ranks.workspace_id, ranks.part), ranks.model_dump_json().encode())


async def erase_ranks(bus: Bus, workspace_id: str, part: int) -> None:
    if (found := await bus.last(subjects.DERIVED_STREAM, subjects.ranks(workspace_id, part))) is not None:
        await bus.erase(subjects.DERIVED_STREAM, found.seq)


async def ranks_of(bus: Bus, workspace_id: str) -> dict[str, Rank]:
    """What DERIVED says of a workspace, by memory id."""
    found: dict[str, Rank] = {}
    async for message in bus.stored(subjects.DERIVED_STREAM, subjects.ranks_of(workspace_id)):
        if message.data:
            found |= {rank.memory_id: rank for rank in Ranks.model_validate_json(message.data).ranks}
    return found


async def publish_judgement(bus: Bus, judgement: Judgement) -> None:
    """Says it, and says it in place of what was said about earlier texts of the two, which goes byte by byte."""
    ids = judgement.source_memory_id, judgement.target_memory_id
    await erase_judgement(bus, judgement.workspace_id, *ids)
    subject = subjects.judgement(judgement.workspace_id, *ids)
    await bus.publish(subject, judgement.model_dump_json().encode())


async def judgement_of(bus: Bus, workspace_id: str, one: str, other: str) -> Judgement | None:
    """What a model said of two memories, in whichever order they are given; perhaps of what they were."""
    found = await bus.last(subjects.DERIVED_STREAM, subjects.judgement(workspace_id, one, other))
    return Judgement.model_validate_json(found.data or b"") if found else None


async def judgements_of(bus: Bus, workspace_id: str) -> list[Judgement]:
    """Everything that a model said in a workspace."""
    found = bus.stored(subjects.DERIVED_STREAM, subjects.judgement(workspace_id, "*", "*"))
    return [Judgement.model_validate_json(message.data) async for message in found if message.data]


async def judgements_about(bus: Bus, workspace_id: str, memory_ids: Iterable[str]) -> list[Judgement]:
    """What a model said of these memories and any other."""
    subjects_of_them = [
        subjects.judgement(workspace_id, *ends) for each in memory_ids for ends in ((each, "*"), ("*", each))
    ]
    found = [it for each in subjects_of_them async for it in bus.stored(subjects.DERIVED_STREAM, each)]
    return [Judgement.model_validate_json(message.data) for message in found if message.data]


async def erase_judgement(bus: Bus, workspace_id: str, one: str, other: str) -> None:
    """What was said of two memories, in whichever order they are given."""
    async for found in bus.stored(subjects.DERIVED_STREAM, subjects.judgement(workspace_id, one, other)):
        await bus.erase(subjects.DERIVED_STREAM, found.seq)


async def erase_judgements(bus: Bus, workspace_id: str, memory_id: str) -> None:
    """Takes what a model said about a deleted memory off the stream, and its bytes off the disk."""
    for one, other in ((memory_id, "*"), ("*", memory_id)):
        await erase_judgement(bus, workspace_id, one, other)


async def embeddings_of(bus: Bus, workspace_id: str, memory_ids: Iterable[str]) -> list[Embedding]:
    """Of those memories that have one there."""
    found = await asyncio.gather(*(_embedding_of(bus, workspace_id, memory_id) for memory_id in memory_ids))
    return [kept for kept in found if kept is not None]


async def _embedding_of(bus: Bus, workspace_id: str, memory_id: str) -> Embedding | None:
    found = await bus.last(subjects.DERIVED_STREAM, subjects.embedding(workspace_id, memory_id))
    return Embedding.model_validate_json(found.data or b"") if found else None
