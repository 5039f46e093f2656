"""Relationships by hand on a real bus and a real database: said, asked for, taken back, gone with their memories."""

import asyncio
from typing import Any
from uuid import uuid4

import psycopg
from nats.js.api import DeliverPolicy

from contracts.base import Grants
from contracts.queries import GetCommand, GetMadeRelationships, GetNodes
from tests import examples
from tests.services import Talk
from tests.stack import PATIENCE_S, Servers

ELSEWHERE = Grants(read=("other",), write=("other",), default="other")


async def stored(memory: Talk, count: int) -> list[str]:
    commands = [examples.store(memory.workspace_id, examples.a_draft(title=f"Memory {it}")) for it in range(count)]
    await asyncio.gather(*(memory.order(it) for it in commands))
    return [it.memory_id for it in commands]


async def made(memory: Talk, memory_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await memory.ask(
        GetMadeRelationships(workspace_id=memory.workspace_id, memory_id=memory_id)
    )
    return found


async def happened(memory: Talk, entity_id: str) -> list[tuple[str, int]]:
    """What the log says of one entity: verbs and versions."""
    return [(it["type"].split(".")[2], it["version"]) for it in await memory.log() if it["subject"] == entity_id]


async def test_what_is_made_is_answered_with_what_can_then_be_asked_for_at_both_ends(memory: Talk) -> None:
    one, other, third = await stored(memory, 3)
    answer = await memory.order(examples.make_relationship(memory.workspace_id, one, other, context="Because."))
    assert await made(memory, one) == await made(memory, other) == [answer["body"]]
    assert await made(memory, third) == []


async def test_the_same_message_twice_is_one_relationship_and_one_answer(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other)
    assert await memory.order(command) == await memory.order(command)
    assert await happened(memory, command.entity_id) == [("made", 1)]


async def test_said_again_it_says_what_was_said_last(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    first = (await memory.order(examples.make_relationship(memory.workspace_id, one, other)))["body"]
    again = (await memory.order(examples.make_relationship(memory.workspace_id, one, other)))["body"]
    changed = examples.make_relationship(memory.workspace_id, one, other, confidence=0.25, context="Perhaps.")
    last = (await memory.order(changed))["body"]
    assert again == first
    assert last == first | {"confidence": 0.25, "context": "Perhaps."}
    assert await made(memory, one) == [last]
    assert await happened(memory, changed.entity_id) == [("made", 1), ("made", 2)]


async def test_what_was_taken_back_is_gone_and_may_be_made_again(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other)
    await memory.order(command)
    taking_back = examples.delete_relationship(memory.workspace_id, command.relationship_id)
    assert await memory.order(taking_back) == {"body": None}
    assert await made(memory, one) == []
    assert (await memory.order(examples.delete_relationship(memory.workspace_id, command.relationship_id)))["refusal"][
        "code"
    ] == "unknown_relationship"
    again = examples.make_relationship(memory.workspace_id, one, other)
    answer = await memory.order(again)
    assert await made(memory, other) == [answer["body"]]
    assert [it[1] for it in await happened(memory, command.entity_id)] == [1, 2, 3]


async def test_a_repeated_request_does_not_bring_back_what_was_taken_back(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other, fingerprint="a" * 64)
    await memory.order(command)
    await memory.order(examples.delete_relationship(memory.workspace_id, command.relationship_id))
    retry = command.model_copy(update={"attempt": uuid4()})
    assert (await memory.order(retry))["refusal"]["code"] == "already_deleted"
    assert await made(memory, one) == []


async def test_who_may_not_see_the_ends_can_neither_make_nor_take_back(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other)
    await memory.order(command)
    blind = examples.make_relationship(memory.workspace_id, other, one, grants=ELSEWHERE)
    assert (await memory.order(blind))["refusal"]["code"] == "unknown_memory"
    taking_back = examples.delete_relationship(memory.workspace_id, command.relationship_id, grants=ELSEWHERE)
    assert (await memory.order(taking_back))["refusal"]["code"] == "unknown_relationship"
    assert len(await made(memory, one)) == 1


async def test_deleted_memories_take_along_what_touches_them(memory: Talk) -> None:
    ids = await stored(memory, 5)
    pairs = [(0, 1), (1, 2), (2, 3), (3, 4)]
    commands = [examples.make_relationship(memory.workspace_id, ids[one], ids[other]) for one, other in pairs]
    await asyncio.gather(*(memory.order(it) for it in commands))
    await memory.order(examples.delete(memory.workspace_id, ids[0]))
    assert [it["target_memory_id"] for it in await made(memory, ids[1])] == [ids[2]]
    answer = await memory.order(examples.delete_batch(memory.workspace_id, ids[1], ids[2]))
    assert answer == {"body": {"deleted_count": 2}}
    assert [it["id"] for it in await made(memory, ids[3])] == [str(commands[3].relationship_id)]
    assert [len(await happened(memory, it.entity_id)) for it in commands] == [2, 2, 2, 1]


async def test_every_relationship_event_reaches_the_stream_under_its_own_subject(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other)
    await memory.order(command)
    events = await memory.operator.bus.jetstream.subscribe(
        f"events.{memory.workspace_id}.relationship.{command.relationship_id}.made",
        ordered_consumer=True,
        deliver_policy=DeliverPolicy.ALL,
    )
    heard = await events.next_msg(timeout=PATIENCE_S)
    (logged,) = [it for it in await memory.log() if it["subject"] == command.entity_id]
    assert heard.headers is not None
    assert heard.headers["Nats-Msg-Id"] == logged["id"]


async def test_many_who_say_the_same_at_once_say_it_once(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    commands = [examples.make_relationship(memory.workspace_id, one, other) for _ in range(20)]
    answers = await asyncio.gather(*(memory.order(it) for it in commands))
    assert all(answer == answers[0] for answer in answers)
    assert await happened(memory, commands[0].entity_id) == [("made", 1)]


async def test_a_commands_fate_shows_the_relationship_until_it_is_taken_back(memory: Talk) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other)
    await memory.order(command)
    fate = GetCommand(workspace_id=memory.workspace_id, command_id=command.command_id)
    assert (await memory.ask(fate))["result"]["id"] == str(command.relationship_id)
    await memory.order(examples.delete_relationship(memory.workspace_id, command.relationship_id))
    assert (await memory.ask(fate))["result"] is None


async def test_a_deletion_of_a_relationship_is_in_the_audit_trail(memory: Talk, memory_service: Servers) -> None:
    one, other = await stored(memory, 2)
    command = examples.make_relationship(memory.workspace_id, one, other)
    await memory.order(command)
    await memory.order(examples.delete_relationship(memory.workspace_id, command.relationship_id))
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        found = connection.execute(
            "SELECT action FROM memory.audit WHERE workspace_id = %s AND entity_id = %s",
            (memory.workspace_id, command.entity_id),
        ).fetchall()
    assert found == [("weft.relationship.deleted.v1",)]


async def test_nodes_are_memories_without_their_text(memory: Talk) -> None:
    one, other, gone = await stored(memory, 3)
    await memory.order(examples.delete(memory.workspace_id, gone))
    wanted = (one, other, gone, examples.a_memory_id())
    question = GetNodes(workspace_id=memory.workspace_id, memory_ids=wanted, readable=("default",))
    found = {it["memory_id"]: it for it in await memory.ask(question)}
    assert found.keys() == {one, other}
    assert found[one] == {
        "memory_id": one,
        "title": "Memory 0",
        "memory_type": "decision",
        "importance_score": 0.7,
        "pagerank_score": None,
        "community_label": None,
    }


async def test_nodes_that_may_not_be_seen_are_not_there(memory: Talk) -> None:
    ids = await stored(memory, 2)
    question = GetNodes(workspace_id=memory.workspace_id, memory_ids=tuple(ids), readable=("other",))
    assert await memory.ask(question) == []
