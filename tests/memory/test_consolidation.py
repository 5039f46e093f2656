"""Consolidation on the running memory service: what is listed, what a rebuild says, what a deletion leaves."""

from typing import Any
from uuid import uuid4

from contracts import subjects
from contracts.events import MemoryConsolidated
from contracts.queries import GetNodes, ListMemories
from tests import examples
from tests.memory.test_erasure import left_of
from tests.memory.test_rebuild import rebuild, verified
from tests.services import Talk
from tests.stack import Servers, eventually

CONSOLIDATED = "weft.memory.consolidated.v1"


async def stored(memory: Talk, *tags: str) -> list[str]:
    """Memories that say the same; each has one of the tags."""
    orders = [examples.store(memory.workspace_id, examples.a_draft(tags=(tag,))) for tag in tags]
    for order in orders:
        await memory.order(order)
    return [order.memory_id for order in orders]


async def listed(memory: Talk, *, consolidated: bool = False) -> dict[str, Any]:
    asked = ListMemories(workspace_id=memory.workspace_id, readable=("default",), limit=500, consolidated=consolidated)
    return {it["memory_id"]: it for it in await memory.ask(asked)}


async def test_a_folded_memory_is_read_but_not_listed_until_it_is_taken_out(memory: Talk) -> None:
    one, other, third = await stored(memory, "a", "b", "c")
    answer = await memory.order(examples.consolidate(memory.workspace_id, one, other, third))
    assert answer["body"] == {"memory_id": one, "consolidated_from": [other, third], "revision": 2}
    survivor, folded = await memory.get(one), await memory.get(other)
    assert (survivor["is_consolidated"], survivor["consolidated_from"]) == (True, [other, third])
    assert survivor["tags"] == ["a", "b", "c"]
    assert (folded["consolidated_into"], folded["revision"], folded["tags"]) == (one, 1, ["b"])
    assert (await listed(memory)).keys() == {one}
    assert (await listed(memory, consolidated=True)).keys() == {one, other, third}
    nodes = GetNodes(workspace_id=memory.workspace_id, memory_ids=(one, other), readable=("default",))
    assert [it["memory_id"] for it in await memory.ask(nodes)] == [one]
    undone = await memory.order(examples.undo_consolidation(memory.workspace_id, one))
    assert (undone["body"]["is_consolidated"], undone["body"]["consolidated_from"]) == (False, None)
    assert undone["body"]["tags"] == ["a"]
    assert (await listed(memory)).keys() == {one, other, third}


async def test_a_rebuild_says_the_same_of_what_is_folded(memory: Talk) -> None:
    ids = await stored(memory, *"abcdefgh")
    await memory.order(examples.consolidate(memory.workspace_id, ids[0], *ids[1:4]))
    await memory.order(examples.revise(memory.workspace_id, ids[0], {"tags": ("d", "mine")}))
    await memory.order(examples.access(memory.workspace_id, ids[1]))
    await memory.order(examples.delete(memory.workspace_id, ids[2]))
    await memory.order(examples.consolidate(memory.workspace_id, ids[4], *ids[5:7]))
    await memory.order(examples.undo_consolidation(memory.workspace_id, ids[4]))
    await memory.order(examples.consolidate(memory.workspace_id, ids[7], ids[0], others=_seen(ids[0], 4)))
    before = await listed(memory, consolidated=True)
    assert before[ids[7]]["consolidated_from"] == [ids[0], ids[1], ids[3]]
    assert before[ids[7]]["tags"] == ["h", "d", "mine"]
    assert await verified(memory) == []
    assert await rebuild(memory) == 7
    assert await listed(memory, consolidated=True) == before
    assert await verified(memory) == []
    await memory.order(examples.delete(memory.workspace_id, ids[1]))  # what it is folded into was loaded with it
    assert (await memory.get(ids[7]))["consolidated_from"] == [ids[0], ids[3]]
    await memory.order(examples.delete(memory.workspace_id, ids[7]))
    assert (await memory.get(ids[0]))["consolidated_into"] is None
    assert await verified(memory) == []


def _seen(memory_id: str, revision: int) -> Any:
    return ({"memory_id": memory_id, "revision": revision},)


async def test_what_a_deleted_memory_had_brought_to_another_is_nowhere(memory: Talk, memory_service: Servers) -> None:
    canary, kept = f"canary-{uuid4().hex}", f"kept-{uuid4().hex}"
    one, other, third = await stored(memory, "a", canary, kept)
    await memory.order(examples.consolidate(memory.workspace_id, one, other, third))
    await memory.order(examples.access(memory.workspace_id, one))
    await memory.order(examples.revise(memory.workspace_id, one, {"title": "Other"}))
    assert {"memories", "events", "inbox"} <= set(left_of(memory, memory_service, canary))
    await memory.order(examples.delete(memory.workspace_id, other))
    subject = subjects.of_event(MemoryConsolidated, memory.workspace_id, one)

    async def gone() -> bool:
        on_stream = [it async for it in memory.operator.bus.stored(subjects.EVENTS_STREAM, subject)]
        return len(on_stream) == 1 and left_of(memory, memory_service, canary) == []

    await eventually(gone, what="the erasure")
    assert (await memory.get(one))["tags"] == ["a", kept]
    assert "events" in left_of(memory, memory_service, kept)
    erased = f"events.{memory.workspace_id}.memory.{one}.erased"
    assert [it async for it in memory.operator.bus.stored(subjects.EVENTS_STREAM, erased)]
    assert await verified(memory) == []
