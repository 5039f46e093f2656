"""DERIVED, as far as the graph owns it: ranks and judgements. And what search keeps there: the embeddings."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError

from contracts import subjects
from contracts.replies import Embedding, Judgement, Rank, Ranks
from services.kit.bus import Bus
from services.kit.errors import Unavailable


async def publish_ranks(bus: Bus, ranks: Ranks, *, erase_before: bool) -> None:
    """Says what ranks a part has now. `erase_before`: one of those that it had was deleted, so the old message goes
    byte by byte, instead of being outdated only.
    """
    if erase_before:
        await erase_ranks(bus, ranks.workspace_id, ranks.part)
    await bus.publish(subjects.ranks(ranks.workspace_id, ranks.part), ranks.model_dump_json().encode())


async def erase_ranks(bus: Bus, workspace_id: str, part: int) -> None:
    try:
        found = await bus.jetstream.get_last_msg(subjects.DERIVED_STREAM, subjects.ranks(workspace_id, part))
        await bus.jetstream.delete_msg(subjects.DERIVED_STREAM, int(found.seq or 0))
    except NotFoundError:
        return


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
    """What a model said of two memories, in whichever order they are given; perhaps of what they were. Raises
    Unavailable.
    """
    subject = subjects.judgement(workspace_id, one, other)
    with _reaching_it():
        try:
            found = await bus.jetstream.get_last_msg(subjects.DERIVED_STREAM, subject)
        except NotFoundError:
            return None
    return Judgement.model_validate_json(found.data) if found.data else None


async def judgements_of(bus: Bus, workspace_id: str) -> list[Judgement]:
    """Everything that a model said in a workspace. Raises Unavailable."""
    with _reaching_it():
        found = bus.stored(subjects.DERIVED_STREAM, subjects.judgement(workspace_id, "*", "*"))
        return [Judgement.model_validate_json(message.data) async for message in found if message.data]


async def erase_judgement(bus: Bus, workspace_id: str, one: str, other: str) -> None:
    """What was said of two memories, in whichever order they are given. Raises Unavailable."""
    with _reaching_it():
        async for found in bus.stored(subjects.DERIVED_STREAM, subjects.judgement(workspace_id, one, other)):
            await bus.jetstream.delete_msg(subjects.DERIVED_STREAM, int(found.seq or 0))


@contextmanager
def _reaching_it() -> Iterator[None]:
    try:
        yield
    except (NatsError, TimeoutError) as fault:
        raise Unavailable(f"{subjects.DERIVED_STREAM}: {type(fault).__name__}") from fault


async def erase_judgements(bus: Bus, workspace_id: str, memory_id: str) -> None:
    """Takes what a model said about a deleted memory off the stream, and its bytes off the disk."""
    for one, other in ((memory_id, "*"), ("*", memory_id)):
        await erase_judgement(bus, workspace_id, one, other)


async def embeddings_of(bus: Bus, workspace_id: str, memory_ids: Iterable[str]) -> list[Embedding]:
    """Of those memories that have one there."""
    found = await asyncio.gather(*(_embedding_of(bus, workspace_id, memory_id) for memory_id in memory_ids))
    return [kept for kept in found if kept is not None]


async def _embedding_of(bus: Bus, workspace_id: str, memory_id: str) -> Embedding | None:
    try:
        found = await bus.jetstream.get_last_msg(subjects.DERIVED_STREAM, subjects.embedding(workspace_id, memory_id))
    except NotFoundError:
        return None
    return Embedding.model_validate_json(found.data) if found.data else None
