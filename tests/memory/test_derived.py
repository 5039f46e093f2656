"""What DERIVED says of a memory becomes its `embedding_status`, rank and community, however often it is heard."""

from typing import Any

import psycopg

from contracts import subjects
from contracts.base import content_hash
from contracts.queries import GetMemories, GetNodes, ListMemories, OfWorkspace
from contracts.replies import Embedding, Judgement, Rank, Ranks
from deploy.admin import parked
from tests import examples
from tests.services import Talk
from tests.stack import Servers, eventually

OLD, NEW = ("First title", "The first text."), ("Second title", "The second text.")


def about(talk: Talk, memory_id: str, text: tuple[str, str], status: str = "ready") -> Embedding:
    return Embedding.model_validate(
        {
            "workspace_id": talk.workspace_id,
            "memory_id": memory_id,
            "content_hash": content_hash(*text),
            "model": "m",
            "dimension": 1,
            "status": status,
        }
    )


async def say(talk: Talk, *embeddings: Embedding) -> None:
    for it in embeddings:
        subject = subjects.embedding(it.workspace_id, it.memory_id)
        await talk.operator.bus.publish(subject, it.model_dump_json().encode())


def a_rank(memory_id: str, score: float, label: str | None = "database-pool") -> Rank:
    return Rank(memory_id=memory_id, pagerank_score=score, community_label=label)


async def rank(talk: Talk, part: int, parts: int, *ranks: Rank) -> None:
    """Says one part of the ranks."""
    said = Ranks(workspace_id=talk.workspace_id, part=part, parts=parts, ranks=ranks)
    await talk.operator.bus.publish(subjects.ranks(talk.workspace_id, part), said.model_dump_json().encode())


async def ranked(talk: Talk, memory_id: str) -> tuple[float | None, str | None]:
    found = await talk.get(memory_id)
    return found["pagerank_score"], found["community_label"]


def derived(servers: Servers, memory_id: str) -> list[tuple[Any, ...]]:
    """What is kept of it, whether the memory is there or not."""
    with psycopg.connect(servers.postgres_dsn("postgres")) as connection:
        return connection.execute("SELECT * FROM memory.derived WHERE memory_id = %s", (memory_id,)).fetchall()


async def becomes(talk: Talk, memory_id: str, status: str) -> None:
    async def reached() -> bool:
        return bool((await talk.get(memory_id))["embedding_status"] == status)

    await eventually(reached, what=f"embedding_status {status}")


async def heard_all(talk: Talk) -> None:
    """Until the service has handled everything that was said so far."""
    jetstream = talk.operator.bus.jetstream
    last = (await jetstream.stream_info(subjects.DERIVED_STREAM)).state.last_seq

    async def drained() -> bool:
        reader = await jetstream.consumer_info(subjects.DERIVED_STREAM, "memory")
        if reader.delivered is None or reader.delivered.stream_seq < last:  # what has just come is not pending at once
            return False
        return not reader.num_pending and not reader.num_ack_pending

    await eventually(drained, what="DERIVED to be heard")


async def a_memory(talk: Talk, text: tuple[str, str]) -> str:
    command = examples.store(talk.workspace_id, examples.a_draft(title=text[0], narrative=text[1]))
    await talk.order(command)
    return command.memory_id


async def test_heard_twice_is_heard_once(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    await say(memory, about(memory, memory_id, OLD), about(memory, memory_id, OLD))
    await becomes(memory, memory_id, "ready")
    await heard_all(memory)
    assert (await memory.get(memory_id))["embedding_status"] == "ready"
    assert (await memory.get(memory_id))["revision"] == 1


async def test_vectors_of_an_earlier_text_do_not_count(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    change = {"title": NEW[0], "narrative": NEW[1]}
    await memory.order(examples.revise(memory.workspace_id, memory_id, change))
    await say(memory, about(memory, memory_id, OLD))
    await heard_all(memory)
    assert (await memory.get(memory_id))["embedding_status"] == "pending"
    await say(memory, about(memory, memory_id, NEW))
    await becomes(memory, memory_id, "ready")


async def test_vectors_that_came_before_their_text_count_once_it_is_there(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    await say(memory, about(memory, memory_id, NEW))
    await heard_all(memory)
    assert (await memory.get(memory_id))["embedding_status"] == "pending"
    change = {"title": NEW[0], "narrative": NEW[1]}
    await memory.order(examples.revise(memory.workspace_id, memory_id, change))
    await becomes(memory, memory_id, "ready")


async def test_a_text_that_can_not_be_embedded_says_so(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    await say(memory, about(memory, memory_id, OLD, "failed"))
    await becomes(memory, memory_id, "failed")


async def test_a_rank_is_shown_wherever_the_memory_is(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    await rank(memory, 0, 1, a_rank(memory_id, 0.25))
    await heard_all(memory)
    ws = memory.workspace_id
    (listed,) = await memory.ask(ListMemories(workspace_id=ws, readable=("default",)))
    (many,) = await memory.ask(GetMemories(workspace_id=ws, memory_ids=(memory_id,)))
    (node,) = await memory.ask(GetNodes(workspace_id=ws, memory_ids=(memory_id,), readable=("default",)))
    accessed = (await memory.order(examples.access(ws, memory_id)))["body"]
    for shown in (await memory.get(memory_id), listed, many["memory"], node, accessed):
        assert (shown["pagerank_score"], shown["community_label"]) == (0.25, "database-pool")
    assert (await memory.get(memory_id))["revision"] == 1


async def test_ranks_heard_twice_are_heard_once(memory: Talk) -> None:
    one, other = await a_memory(memory, OLD), await a_memory(memory, NEW)
    for _ in range(2):
        await rank(memory, 0, 1, a_rank(one, 1.0), a_rank(other, 0.5, None))
    await heard_all(memory)
    assert await ranked(memory, one) == (1.0, "database-pool")
    assert await ranked(memory, other) == (0.5, None)


async def test_a_rank_and_a_text_s_vectors_do_not_take_each_other_s_place(memory: Talk) -> None:
    one, other = await a_memory(memory, OLD), await a_memory(memory, OLD)
    await rank(memory, 0, 1, a_rank(one, 1.0))
    await heard_all(memory)
    assert (await memory.get(one))["embedding_status"] == "pending"
    await say(memory, about(memory, one, OLD), about(memory, other, OLD))
    await heard_all(memory)
    assert await ranked(memory, one) == (1.0, "database-pool")
    await rank(memory, 0, 1, a_rank(one, 0.5), a_rank(other, 1.0))
    await heard_all(memory)
    assert [(await memory.get(it))["embedding_status"] for it in (one, other)] == ["ready", "ready"]
    assert await ranked(memory, other) == (1.0, "database-pool")


async def test_what_a_part_names_no_more_has_no_rank(memory: Talk) -> None:
    one, other, elsewhere = [await a_memory(memory, OLD) for _ in range(3)]
    await say(memory, about(memory, other, OLD))
    await rank(memory, 0, 2, a_rank(one, 1.0), a_rank(other, 0.5))
    await rank(memory, 1, 2, a_rank(elsewhere, 0.1))
    await heard_all(memory)
    await rank(memory, 0, 2, a_rank(one, 0.9))
    await heard_all(memory)
    assert await ranked(memory, one) == (0.9, "database-pool")
    assert await ranked(memory, other) == (None, None)
    assert await ranked(memory, elsewhere) == (0.1, "database-pool")
    assert (await memory.get(other))["embedding_status"] == "ready"


async def test_where_there_are_fewer_parts_the_last_ones_count_no_more(memory: Talk) -> None:
    one, other, elsewhere = [await a_memory(memory, OLD) for _ in range(3)]
    for part, memory_id in enumerate((one, other, elsewhere)):
        await rank(memory, part, 3, a_rank(memory_id, 0.5))
    await heard_all(memory)
    await rank(memory, 0, 2, a_rank(one, 1.0), a_rank(elsewhere, 0.7))
    await heard_all(memory)
    assert [(await ranked(memory, it))[0] for it in (one, other, elsewhere)] == [1.0, 0.5, 0.7]
    await rank(memory, 0, 1)
    await heard_all(memory)
    assert [(await ranked(memory, it))[0] for it in (one, other, elsewhere)] == [None, None, None]


async def test_ranks_bring_no_deleted_memory_back(memory: Talk, memory_service: Servers) -> None:
    deleted, alive = await a_memory(memory, OLD), await a_memory(memory, OLD)
    await rank(memory, 0, 1, a_rank(deleted, 1.0), a_rank(alive, 0.5))
    await heard_all(memory)
    assert derived(memory_service, deleted)
    await memory.order(examples.delete(memory.workspace_id, deleted))
    assert derived(memory_service, deleted) == []
    await rank(memory, 0, 1, a_rank(deleted, 1.0), a_rank(alive, 0.6))
    await heard_all(memory)
    assert derived(memory_service, deleted) == []
    assert await ranked(memory, alive) == (0.6, "database-pool")


async def test_ranks_are_of_one_workspace(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    await rank(memory, 0, 1, a_rank(memory_id, 1.0))
    stranger = Talk(memory.operator, examples.a_workspace_id())
    await stranger.order(examples.open_workspace(stranger.workspace_id))
    await rank(stranger, 0, 1, a_rank(memory_id, 0.1))
    await heard_all(memory)
    assert await ranked(memory, memory_id) == (1.0, "database-pool")


async def test_ranks_outlive_a_rebuild_and_are_no_difference_from_the_log(memory: Talk) -> None:
    memory_id = await a_memory(memory, OLD)
    await rank(memory, 0, 1, a_rank(memory_id, 1.0))
    await heard_all(memory)
    workspace = OfWorkspace(workspace_id=memory.workspace_id)
    await memory.operator.request("memory", "rebuild", workspace)
    assert await ranked(memory, memory_id) == (1.0, "database-pool")
    assert (await memory.operator.request("memory", "verify", workspace))["differences"] == []


async def test_judgements_are_passed_over(memory: Talk) -> None:
    one, other = await a_memory(memory, OLD), await a_memory(memory, OLD)
    before = await parked.count(memory.operator)
    said = Judgement(
        workspace_id=memory.workspace_id,
        source_memory_id=one,
        target_memory_id=other,
        source_hash=content_hash(*OLD),
        target_hash=content_hash(*OLD),
        model="m",
        relationship_type="contradicts",
        confidence=0.9,
    )
    subject = subjects.judgement(memory.workspace_id, one, other)
    await memory.operator.bus.publish(subject, said.model_dump_json().encode())
    await rank(memory, 0, 1, a_rank(one, 1.0))
    await heard_all(memory)
    assert await ranked(memory, one) == (1.0, "database-pool")
    assert await parked.count(memory.operator) == before
