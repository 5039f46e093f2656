"""What DERIVED says of a memory's text becomes its `embedding_status`, however often and in which order it is heard."""

from contracts import subjects
from contracts.base import content_hash
from contracts.replies import Embedding
from tests import examples
from tests.services import Talk
from tests.stack import eventually

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


async def becomes(talk: Talk, memory_id: str, status: str) -> None:
    async def reached() -> bool:
        return bool((await talk.get(memory_id))["embedding_status"] == status)

    await eventually(reached, what=f"embedding_status {status}")


async def heard_all(talk: Talk) -> None:
    """Until the service has handled everything that was said so far."""

    async def drained() -> bool:
        reader = await talk.operator.bus.jetstream.consumer_info(subjects.DERIVED_STREAM, "memory")
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
