"""Commands on a real bus and a real database: one answer, one place in the log, whatever is delivered how often."""

import asyncio
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest
from nats.js.api import DeliverPolicy

from contracts import subjects
from contracts.queries import GetCommand, GetWorkspace, ListMemories, OfWorkspace
from contracts.replies import StoredKey
from deploy.admin import parked
from deploy.admin.bus import Refused
from tests import examples
from tests.services import Talk
from tests.stack import PATIENCE_S, Servers, eventually


async def test_a_store_is_answered_with_what_can_then_be_read(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    answer = (await memory.order(command))["body"]
    assert answer == await memory.get(command.memory_id)
    assert answer["revision"] == 1
    assert answer["updated_at"] is None
    assert answer["embedding_status"] == "pending"


async def test_the_same_message_twice_is_one_memory_and_one_answer(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    assert await memory.order(command) == await memory.order(command)
    assert [event["subject"] for event in await memory.log()].count(command.memory_id) == 1


async def test_a_command_that_comes_late_is_decided_on_what_is_there(memory: Talk) -> None:
    stored = examples.store(memory.workspace_id)
    revised = examples.revise(memory.workspace_id, stored.memory_id, {"title": "New"})
    assert (await memory.order(revised))["refusal"]["code"] == "unknown_memory"
    await memory.order(stored)
    assert (await memory.order(revised))["refusal"]["code"] == "unknown_memory"
    again = revised.model_copy(update={"attempt": uuid4()})
    assert (await memory.order(again))["body"]["title"] == "New"


async def test_many_writers_leave_no_gap_and_lose_no_update(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    await memory.order(command)
    changes = [
        examples.revise(memory.workspace_id, command.memory_id, {"title": f"Title {number}"}) for number in range(50)
    ]
    answers = await asyncio.gather(*(memory.order(change) for change in changes))
    assert sorted(answer["body"]["revision"] for answer in answers) == list(range(2, 52))
    log = await memory.log()
    assert all(later["seq"] == earlier["seq"] + 1 for earlier, later in pairwise(log))
    assert log[0]["seq"] == 1


async def test_one_expected_revision_is_taken_once(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    await memory.order(command)
    changes = [
        examples.revise(memory.workspace_id, command.memory_id, {"title": f"Title {number}"}, expected_revision=1)
        for number in range(20)
    ]
    answers = await asyncio.gather(*(memory.order(change) for change in changes))
    assert sum("body" in answer for answer in answers) == 1


async def test_commands_of_many_workspaces_in_one_fetch_do_not_touch_each_other(memory: Talk) -> None:
    others = [examples.a_workspace_id() for _ in range(5)]
    await asyncio.gather(*(memory.order(examples.open_workspace(it)) for it in others))
    stores = [examples.store(it) for it in others for _ in range(10)]
    await asyncio.gather(*(memory.order(it) for it in stores))
    for workspace_id in others:
        its_own = Talk(memory.operator, workspace_id)
        listed = await its_own.ask(ListMemories(workspace_id=workspace_id, readable=("default",)))
        assert {it["memory_id"] for it in listed} == {it.memory_id for it in stores if it.workspace_id == workspace_id}


async def test_every_event_reaches_the_stream_in_order_and_once(memory: Talk) -> None:
    await asyncio.gather(*(memory.order(examples.store(memory.workspace_id)) for _ in range(30)))
    events = await memory.operator.bus.jetstream.subscribe(
        f"events.{memory.workspace_id}.>", ordered_consumer=True, deliver_policy=DeliverPolicy.ALL
    )
    heard = [await events.next_msg(timeout=PATIENCE_S) for _ in range(32)]
    log = await memory.log()
    assert [message.headers["Nats-Msg-Id"] for message in heard if message.headers] == [it["id"] for it in log]


async def test_what_was_published_before_a_crash_is_not_published_twice(memory: Talk, memory_service: Servers) -> None:
    for _ in range(5):
        await memory.order(examples.store(memory.workspace_id))
    js = memory.operator.bus.jetstream

    async def on_the_stream() -> int:
        state = (await js.stream_info(subjects.EVENTS_STREAM, subjects_filter=f"events.{memory.workspace_id}.>")).state
        return sum((state.subjects or {}).values())

    async def published(count: int) -> bool:
        return await on_the_stream() == count

    await eventually(lambda: published(7), what="seven events on the stream")
    with psycopg.connect(memory_service.postgres_dsn("postgres")) as connection:
        connection.execute("UPDATE memory.heads SET published_seq = 2 WHERE workspace_id = %s", (memory.workspace_id,))
    await memory.order(examples.store(memory.workspace_id))
    await eventually(lambda: published(8), what="the eighth event")
    assert await on_the_stream() == 8


async def test_a_key_is_known_to_the_gateways_when_its_workspace_is_open(memory: Talk) -> None:
    command = examples.open_workspace(examples.a_workspace_id())
    await memory.order(command)
    found = await memory.operator.bus.jetstream.get_last_msg(
        subjects.KEYS_STREAM, subjects.key_entry(command.key.public_id)
    )
    key = StoredKey.model_validate_json(found.data or b"")
    assert (key.workspace_id, key.secret_hash) == (command.workspace_id, command.key.secret_hash)


async def test_counts_reach_the_log_together_and_change_no_revision(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    await memory.order(command)
    for _ in range(3):
        await memory.order(examples.access(memory.workspace_id, command.memory_id))
    await memory.order(examples.retrieval(memory.workspace_id, command.memory_id))

    async def logged() -> bool:
        used = [event["data"] for event in await memory.log() if event["type"] == "weft.memory.used.v1"]
        return (sum(it["accesses"] for it in used), sum(it["retrievals"] for it in used)) == (3, 1)

    await eventually(logged, what="the counts in the log")
    found = await memory.get(command.memory_id)
    assert (found["access_count"], found["retrieval_count"], found["revision"]) == (3, 1, 1)
    assert found["last_accessed_at"] is not None
    assert found["updated_at"] is None


async def test_a_commands_fate_can_be_asked_for(memory: Talk) -> None:
    stored = examples.store(memory.workspace_id)
    refused = examples.delete(memory.workspace_id, examples.a_memory_id())
    await memory.order(stored)
    await memory.order(refused)
    committed = await memory.ask(GetCommand(workspace_id=memory.workspace_id, command_id=stored.command_id))
    assert (committed["status"], committed["result"]["memory_id"]) == ("committed", stored.memory_id)
    rejected = await memory.ask(GetCommand(workspace_id=memory.workspace_id, command_id=refused.command_id))
    assert (rejected["status"], rejected["refusal"]["code"]) == ("rejected", "unknown_memory")
    with pytest.raises(Refused):
        await memory.ask(GetCommand(workspace_id=memory.workspace_id, command_id=uuid4()))


async def test_what_can_never_be_handled_is_parked_and_holds_nobody_up(memory: Talk) -> None:
    js = memory.operator.bus.jetstream
    subject = f"commands.{memory.workspace_id}.memory.{examples.a_memory_id()}.store"
    before = await parked.count(memory.operator)
    await js.publish(subject, b"not json")
    await js.publish(subject, b'{"command_id": 1}')
    await js.publish(f"commands.{memory.workspace_id}.memory.x.unheard-of", b"{}")
    assert "body" in await memory.order(examples.store(memory.workspace_id))

    async def all_parked() -> bool:
        return await parked.count(memory.operator) == before + 3

    await eventually(all_parked, what="three parked messages")
    found = [it for it in await parked.listed(memory.operator) if memory.workspace_id in it.subject]
    assert {it.fault for it in found} == {"Poison"}
    assert await parked.replay(memory.operator, found[0]) is not None, "still poison: it stays parked"


async def test_a_parked_command_can_be_carried_out_after_all(memory: Talk) -> None:
    command = examples.store(memory.workspace_id)
    headers = {
        "Weft-Subject": subjects.command(command),
        "Weft-Service": "memory",
        "Weft-Fault": "Fixed",
    }
    payload = command.model_dump_json().encode()
    await memory.operator.bus.publish(subjects.parked("memory", memory.workspace_id), payload, headers)
    (found,) = [it for it in await parked.listed(memory.operator) if it.subject == subjects.command(command)]
    fate = GetCommand(workspace_id=memory.workspace_id, command_id=command.command_id)
    assert (await memory.ask(fate))["status"] == "parked"
    assert await parked.replay(memory.operator, found) is None
    assert (await memory.ask(fate))["status"] == "committed"
    assert (await memory.get(command.memory_id))["title"] == command.draft.title
    assert found.number not in {it.number for it in await parked.listed(memory.operator)}


async def test_a_workspace_tells_its_plan_and_its_count(memory: Talk) -> None:
    await memory.order(examples.store(memory.workspace_id))
    found = await memory.ask(GetWorkspace(workspace_id=memory.workspace_id, readable=("default",)))
    assert (found["memory_count"], found["plan"], found["near_limit"]) == (1, "team", False)


async def test_the_log_and_the_read_tables_agree_after_all_of_it(memory: Talk) -> None:
    stored = [examples.store(memory.workspace_id) for _ in range(20)]
    await asyncio.gather(*(memory.order(it) for it in stored))
    await memory.order(examples.revise(memory.workspace_id, stored[0].memory_id, {"title": "Other", "tags": ()}))
    await memory.order(examples.access(memory.workspace_id, stored[1].memory_id))
    await memory.order(examples.delete_batch(memory.workspace_id, *(it.memory_id for it in stored[2:6])))
    verified = await memory.operator.request("memory", "verify", OfWorkspace(workspace_id=memory.workspace_id))
    assert verified["differences"] == []
    assert len(verified["memories"]) == 16
