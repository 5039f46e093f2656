"""Webhooks of a running memory service, with receivers that are real: in order, signed, again after a failure."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest

from contracts import subjects
from contracts.accounts import AccountQuestion, PingWebhook, ReplayWebhook, ShowWebhookSecret
from contracts.queries import ListAudit, ListDeliveries, ListWebhooks, OfWorkspace
from deploy.admin.bus import Operator, OperatorSettings, body, operator
from tests import examples
from tests.memory.test_keys import differences
from tests.receiver import Got, Receiver, receiving
from tests.services import TIMEOUT_S, Talk, ready, running
from tests.stack import Servers, eventually, files_with

QUICK = {
    "WEFT_WEBHOOKS_ALLOW_PRIVATE": "true",
    "WEFT_WEBHOOKS_POLL_S": "0.05",
    "WEFT_WEBHOOKS_TIMEOUT_S": "30",
    "WEFT_METRICS_PORT": "0",  # there are two of them
}


@pytest.fixture(scope="module")
def hooking(migrated: Servers) -> Iterator[Servers]:
    """Two of the memory service, which share the work."""
    with running(migrated, "memory", **QUICK), running(migrated, "memory", **QUICK):
        yield migrated


@pytest.fixture
async def memory(hooking: Servers) -> AsyncIterator[Talk]:
    async with connected(hooking) as admin:
        yield await opened(admin)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


def connected(servers: Servers) -> Any:
    return operator(OperatorSettings(nats_url=servers.nats_url("admin"), key_pepper="pepper"))


async def opened(admin: Operator) -> Talk:
    await ready(admin, "memory")
    talk = Talk(admin, examples.a_workspace_id())
    await talk.order(examples.open_workspace(talk.workspace_id))
    return talk


async def asked(memory: Talk, question: AccountQuestion) -> Any:
    return body(await memory.operator.bus.ask(subjects.account(question), question, TIMEOUT_S))


async def made(memory: Talk, url: str, **fields: Any) -> UUID:
    command = examples.create_webhook(memory.workspace_id, url, **fields)
    answer = await memory.order(command)
    assert answer["body"]["url"] == url, answer
    return command.webhook_id


async def shown(memory: Talk, webhook_id: UUID) -> dict[str, Any]:
    (found,) = await memory.ask(ListWebhooks(workspace_id=memory.workspace_id, webhook_id=webhook_id))
    return dict(found)


async def deliveries(memory: Talk, webhook_id: UUID, **wanted: Any) -> list[dict[str, Any]]:
    question = ListDeliveries(workspace_id=memory.workspace_id, webhook_id=webhook_id, **wanted)
    return list(await memory.ask(question))


async def settled(memory: Talk, webhook_id: UUID, count: int) -> None:
    """Until so many have been delivered."""

    async def are_there() -> bool:
        return len(await deliveries(memory, webhook_id, status="delivered")) >= count

    await eventually(are_there, f"{count} deliveries")


async def stored(memory: Talk, count: int) -> list[str]:
    commands = [examples.store(memory.workspace_id) for _ in range(count)]
    for each in commands:
        await memory.order(each)
    return [each.memory_id for each in commands]


async def seqs(memory: Talk, event_type: str = "weft.memory.stored.v1") -> list[int]:
    return [it["seq"] for it in await memory.log() if it["type"] == event_type]


@pytest.mark.slow
async def test_killed_in_the_middle_nothing_is_lost_and_only_the_same_is_sent_twice(
    migrated: Servers, receiver: Receiver
) -> None:
    """The first of this file: there must be no other memory yet, which would go on at once."""
    with running(migrated, "memory", **QUICK) as first:
        async with connected(migrated) as admin:
            memory = await opened(admin)
            webhook_id = await made(memory, receiver.url, types=["weft.memory.stored"])
            await stored(memory, 20)
            await eventually(lambda: _has(receiver, 5), "some of them")
            first.send_signal(signal.SIGKILL)
            first.wait()
            first.returncode = 0  # as was asked for
            with running(migrated, "memory", **QUICK):
                await ready(admin, "memory")
                await settled(memory, webhook_id, 20)
            came = receiver.seqs()
            assert list(dict.fromkeys(came)) == sorted(set(came))
            assert len(set(came)) == 20
            assert len(came) <= 21  # what was under way


async def test_each_event_comes_once_in_order_and_signed_and_only_those_that_are_wanted(
    memory: Talk, receiver: Receiver
) -> None:
    await stored(memory, 1)  # before there was a webhook
    webhook_id = await made(memory, receiver.url, types=["weft.memory.stored"])
    secret = await asked(memory, ShowWebhookSecret(workspace_id=memory.workspace_id, webhook_id=webhook_id))
    ids = await stored(memory, 5)
    await memory.order(examples.rate(memory.workspace_id, ids[0], useful=True))
    await settled(memory, webhook_id, 5)
    assert receiver.seqs() == (await seqs(memory))[1:]
    log = {it["id"]: it for it in await memory.log()}
    for got in receiver.got:
        assert got.event == log[got.headers["webhook-id"]]
        assert got.is_signed_by(secret)
        assert got.headers["content-type"] == "application/json"
    await memory.order(examples.rotate_webhook(memory.workspace_id, webhook_id))
    newer = await asked(memory, ShowWebhookSecret(workspace_id=memory.workspace_id, webhook_id=webhook_id))
    delivery = await asked(memory, PingWebhook(workspace_id=memory.workspace_id, webhook_id=webhook_id))
    await settled(memory, webhook_id, 6)
    test = receiver.got[-1]
    assert test.is_signed_by(secret, newer)
    assert (test.event["type"], test.event["data"]) == ("weft.webhook.test.v1", {"webhook_id": str(webhook_id)})
    (newest, *_) = await deliveries(memory, webhook_id)
    assert (newest["delivery_id"], newest["seq"], newest["attempts"]) == (delivery["delivery_id"], None, 1)
    assert await differences(memory) == []


async def test_who_fails_is_tried_again_and_holds_up_nobody_else(memory: Talk, receiver: Receiver) -> None:
    refused, released = set[str](), threading.Event()

    def answering(got: Got) -> int:
        if got.path == "/hanging":
            released.wait()
        if got.path == "/bad" and got.headers["webhook-id"] not in refused:
            refused.add(got.headers["webhook-id"])
            return 404
        return 200

    receiver.answering = answering
    bad = await made(memory, receiver.url + "bad", types=["weft.memory"])
    hanging = await made(memory, receiver.url + "hanging", types=["weft.memory"])
    good = await made(memory, receiver.url + "good", types=["weft.memory"])
    await stored(memory, 2)
    await settled(memory, good, 2)
    first = (await deliveries(memory, bad, status="waiting"))[-1]
    assert (first["attempts"], first["response_status"], first["note"]) == (1, 404, "The receiver answered 404.")
    assert (await shown(memory, bad))["failing_since"] is not None
    assert await deliveries(memory, hanging, status="delivered") == []
    released.set()
    await settled(memory, hanging, 2)
    await settled(memory, bad, 2)
    came = receiver.seqs("/bad")
    assert came == sorted(came)
    assert sorted(set(came)) == receiver.seqs("/good")
    assert (await shown(memory, bad))["failing_since"] is None


async def test_what_nobody_takes_is_parked_later_events_go_on_and_it_can_be_sent_again(
    memory: Talk, receiver: Receiver
) -> None:
    webhook_id = await made(memory, receiver.url, types=["weft.memory.stored", "weft.event"])
    receiver.answering = lambda _: 500
    (first,) = await stored(memory, 1)
    for attempt in range(1, 10):
        await memory.order(examples.change_webhook(memory.workspace_id, webhook_id, description=f"Hurry {attempt}"))

        async def was_tried(attempt: int = attempt) -> bool:
            return any(it["attempts"] >= attempt for it in await deliveries(memory, webhook_id))

        await eventually(was_tried, f"attempt {attempt}")
    (parked,) = await deliveries(memory, webhook_id, status="parked")
    receiver.answering = lambda _: 200
    await stored(memory, 1)
    await settled(memory, webhook_id, 1)
    again = ReplayWebhook(workspace_id=memory.workspace_id, webhook_id=webhook_id)
    assert await asked(memory, again) == {"queued": 1}
    await settled(memory, webhook_id, 2)
    assert receiver.got[-1].headers["webhook-id"] == parked["event_id"]
    count = len(receiver.got)
    await memory.order(examples.delete(memory.workspace_id, first))
    await asked(memory, again.model_copy(update={"after": parked["seq"] - 1}))
    await eventually(lambda: _has(receiver, count + 2), "both again")
    assert receiver.got[count].event["type"] == "weft.event.erased.v1"  # it is told as the log has it now
    assert [each.event["seq"] for each in receiver.got[count:]] == await seqs(memory, "weft.event.erased.v1") + [
        (await seqs(memory))[0]
    ]


async def _has(receiver: Receiver, count: int) -> bool:
    return len(receiver.got) >= count


async def test_who_says_that_it_is_gone_is_disabled_and_goes_on_there_when_it_is_back(
    memory: Talk, receiver: Receiver
) -> None:
    receiver.answering = lambda _: 410
    webhook_id = await made(memory, receiver.url, types=["weft.memory.stored"])
    await stored(memory, 2)

    async def is_disabled() -> bool:
        return not (await shown(memory, webhook_id))["enabled"]

    await eventually(is_disabled, "the webhook to be disabled")
    assert "410" in (await shown(memory, webhook_id))["disabled_reason"]
    (entry, *_) = await memory.ask(ListAudit(workspace_id=memory.workspace_id))
    assert (entry["actor"], entry["action"]) == ("webhooks", "weft.webhook.changed.v1")
    await stored(memory, 1)
    receiver.answering = lambda _: 200
    await memory.order(examples.change_webhook(memory.workspace_id, webhook_id, enabled=True))
    await settled(memory, webhook_id, 3)
    assert receiver.seqs()[-3:] == await seqs(memory)
    assert (await shown(memory, webhook_id))["disabled_reason"] is None
    before = await shown(memory, webhook_id) | {"after": None}  # which comes to the end of the log by itself
    await memory.operator.request("memory", "rebuild", OfWorkspace(workspace_id=memory.workspace_id))
    assert await shown(memory, webhook_id) | {"after": None} == before
    assert await differences(memory) == []
    await memory.order(examples.delete_webhook(memory.workspace_id, webhook_id))
    assert await memory.ask(ListWebhooks(workspace_id=memory.workspace_id)) == []


async def test_two_of_memory_share_the_work_and_do_nothing_twice(memory: Talk, receiver: Receiver) -> None:
    paths = [f"many-{number}" for number in range(8)]
    ids = [await made(memory, receiver.url + path, types=["weft.memory.stored"]) for path in paths]
    await asyncio.gather(*(memory.order(examples.store(memory.workspace_id)) for _ in range(10)))
    for webhook_id in ids:
        await settled(memory, webhook_id, 10)
    expected = await seqs(memory)
    assert [receiver.seqs(f"/{path}") for path in paths] == [expected] * len(paths)


async def test_a_secret_is_nowhere_but_in_the_answer(memory: Talk, receiver: Receiver, hooking: Servers) -> None:
    webhook_id = await made(memory, receiver.url + "?token=magpie-0815", types=["weft.memory"])
    secret = await asked(memory, ShowWebhookSecret(workspace_id=memory.workspace_id, webhook_id=webhook_id))
    await stored(memory, 1)
    await settled(memory, webhook_id, 1)
    assert files_with(hooking.home.path, secret.removeprefix("whsec_").encode()) == []
    logs = [path.read_text() for path in hooking.home.logs.iterdir()]
    assert not any("magpie-0815" in each for each in logs)
