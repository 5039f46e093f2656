"""weft.events.subscribe on the real NATS: each test with a workspace and a subscription of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import pytest
import weft
from weft import Settings, errors
from weft.events.event import Event
from weft.events.kinds import KINDS, MemoryStored
from weft.events.order import Gap
from weft.events.upcasts import UPCASTS

from tests import examples
from tests.clients.scripted import Heard, Reply, Script, scripted
from tests.happened import ERASED, Happening, an_event, happening
from tests.stack import Servers


@pytest.fixture
async def bus(servers: Servers) -> AsyncIterator[Happening]:
    async with happening(servers) as opened:
        yield opened


@pytest.fixture
def workspace_id() -> str:
    return examples.a_workspace_id()


async def taken(
    subscriber: tuple[str, str],
    count: int,
    log: Script | None = None,
    *,
    into: list[Event] | None = None,
    and_then: Callable[[Event], object] = id,
    **asked: Any,
) -> list[Event]:
    """So many events, each handled by `and_then`; `into` has them also where something was raised."""
    found = [] if into is None else into
    if log is not None:
        asked["log"] = Settings(log.url, "key")
    async with weft.events.subscribe(*subscriber, **asked) as events:
        async for event in events:
            found.append(event)
            and_then(event)
            if len(found) == count:
                break
    return found


def seqs(events: list[Event]) -> list[int]:
    return [event.seq for event in events]


def several(workspace_id: str, *seqs: int) -> list[dict[str, Any]]:
    return [an_event(workspace_id, seq, title=f"Memory {seq}") for seq in seqs]


def log_of(workspace_id: str, *pages: list[dict[str, Any]], head: int) -> list[Reply]:
    """A server that says whose key it is, and then gives these pages."""
    last = [page[-1]["seq"] for page in pages]
    return [
        Reply(200, {"workspace_id": workspace_id, "name": "n", "plan": "pro", "memory_count": 1, "created_at": NOW}),
        *(Reply(200, {"events": page, "after": after, "head": head}) for page, after in zip(pages, last, strict=True)),
    ]


NOW = "2026-11-21T05:00:00Z"


async def test_it_goes_on_behind_the_last_event_that_was_handled(bus: Happening, workspace_id: str) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    await bus.publish(*several(workspace_id, 1, 2, 3))
    first = await taken(subscriber, 2)
    assert isinstance(first[0].data, MemoryStored)
    assert first[0].data.title == "Memory 1"
    with pytest.raises(ZeroDivisionError):
        await taken(subscriber, 2, and_then=lambda event: 1 / (event.seq - 3))
    await bus.publish(*several(workspace_id, 4))
    assert seqs(first + await taken(subscriber, 2)) == [1, 2, 3, 4]
    assert await bus.unsettled(subscriber[1]) == 0


def test_code_that_blocks_gets_the_same(servers: Servers, workspace_id: str) -> None:
    async def prepare() -> tuple[str, str]:
        async with happening(servers) as bus:
            await bus.publish(*several(workspace_id, 1, 2, 3))
            return await bus.subscriber(f"events.{workspace_id}.>")

    subscriber = asyncio.run(prepare())
    with weft.events.subscribe(*subscriber) as events:
        assert seqs(list(islice(events, 2))) == [1, 2]
    with weft.events.subscribe(*subscriber) as events:
        assert [seqs(batch) for batch in islice(events.batches(wait_s=0.2), 2)] == [[3], []]


async def test_what_a_dead_reader_had_comes_first_and_in_order(bus: Happening, workspace_id: str) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>", ack_wait_s=1.0)
    await bus.publish(*several(workspace_id, 1, 2, 3))
    dead = await bus.jetstream.pull_subscribe_bind(subscriber[1], stream="EVENTS")
    assert len(await dead.fetch(2)) == 2
    assert seqs(await taken(subscriber, 3)) == [1, 2, 3]


async def test_what_takes_longer_than_the_bus_waits_is_handled_once(bus: Happening, workspace_id: str) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>", ack_wait_s=0.5)
    await bus.publish(*several(workspace_id, 1, 2))
    found = []
    async with weft.events.subscribe(*subscriber) as events:
        async for event in events:
            found.append(event)
            await asyncio.sleep(1.0)
            if event.seq == 2:
                break
    assert seqs(found) == [1, 2]
    assert await bus.unsettled(subscriber[1]) == 0


async def test_what_is_missing_is_told_and_what_was_erased_comes_as_that(bus: Happening, workspace_id: str) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    await bus.publish(*several(workspace_id, 1, 2, 3, 4, 5))
    await bus.forget(workspace_id, 2)
    await bus.erase(workspace_id, 4)
    gaps: list[Gap] = []
    found = await taken(subscriber, 4, on_gap=gaps.append)
    assert [(event.seq, event.is_erased) for event in found] == [(1, False), (3, False), (5, False), (4, True)]
    assert gaps == [Gap(workspace_id, 2, 2, 1), Gap(workspace_id, 4, 4, 1)]


async def test_of_a_filtered_subscription_the_count_of_deliveries_tells_what_is_missing(
    bus: Happening, workspace_id: str
) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.memory.*.stored", ack_wait_s=1.0)
    gaps: list[Gap] = []
    async with weft.events.subscribe(*subscriber, on_gap=gaps.append) as events:
        every = aiter(events)
        rated = an_event(workspace_id, 2, "weft.memory.rated.v1")
        await bus.publish(*several(workspace_id, 1), rated, *several(workspace_id, 3))
        assert [(await anext(every)).seq, (await anext(every)).seq] == [1, 3]
        assert gaps == []
        other = await bus.jetstream.pull_subscribe_bind(subscriber[1], stream="EVENTS")
        await bus.publish(*several(workspace_id, 4))
        await other.fetch(1)
        await bus.publish(*several(workspace_id, 5))
        assert [(await anext(every)).seq, (await anext(every)).seq] == [5, 4]
    assert gaps == [Gap(workspace_id, 4, 4, 1)]


async def test_the_log_gives_what_the_stream_no_longer_has_and_then_the_stream_goes_on(
    bus: Happening, workspace_id: str
) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    await bus.publish(*several(workspace_id, *range(1, 8)))
    await bus.forget(workspace_id, 1, 2, 3)
    erased = an_event(workspace_id, 2, ERASED)
    pages = [several(workspace_id, 1), [erased, *several(workspace_id, 3, 4)]]
    with scripted(*log_of(workspace_id, *pages, head=7)) as log:
        found = await taken(subscriber, 7, log, after=0)
    assert [(it.seq, it.is_erased) for it in found] == [(n, n == 2) for n in range(1, 8)]
    assert [heard.query for heard in log.heard[1:]] == ["after=0&limit=1000", "after=1&limit=1000"]
    assert await bus.unsettled(subscriber[1]) == 0


async def test_a_replay_reads_the_log_to_its_end_and_joins_the_stream_without_a_double(
    bus: Happening, workspace_id: str
) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    await bus.publish(*several(workspace_id, 1, 2))
    await taken(subscriber, 2)
    pages = [several(workspace_id, 1, 2, 3)]  # the third is on its way to the stream
    found: list[int] = []
    with scripted(*log_of(workspace_id, *pages, head=3)) as log:
        async with weft.events.subscribe(*subscriber, after=0, log=Settings(log.url, "key")) as events:
            async for batch in events.batches(wait_s=0.2):
                found += seqs(batch)
                if found == [1, 2, 3]:
                    await bus.publish(*several(workspace_id, 3, 4))
                if 4 in found:
                    break
    assert found == [1, 2, 3, 4]


async def test_what_was_handled_before_is_passed_over(bus: Happening, workspace_id: str) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    await bus.publish(*several(workspace_id, 1, 2, 3), an_event(workspace_id, 1, ERASED))
    assert seqs(await taken(subscriber, 2, after={workspace_id: 2})) == [3, 1]


async def test_a_replay_may_begin_at_a_time(bus: Happening, workspace_id: str) -> None:
    """Nine events, one a day; the log is asked for the middle of what is left, until it is found."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    days = [
        each | {"time": (start + timedelta(days=each["seq"])).isoformat()}
        for each in several(workspace_id, *range(1, 10))
    ]
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    await bus.publish(*days)

    def page(heard: Heard) -> Reply:
        query = parse_qs(heard.query)
        after, limit = int(query.get("after", "0")[0]), int(query["limit"][0])
        return Reply(200, {"events": days[after : after + limit], "after": min(after + limit, 9), "head": 9})

    with scripted(*log_of(workspace_id, head=9), page) as log:
        found = await taken(subscriber, 3, log, after=start + timedelta(days=6, hours=12))
    assert seqs(found) == [7, 8, 9]


async def test_an_older_version_is_raised_and_before_a_newer_one_it_stands_still(
    bus: Happening, workspace_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        UPCASTS, "weft.memory.stored.v0", lambda data: ("weft.memory.stored.v1", data | {"tags": ["v0"]})
    )
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    one, two, three = several(workspace_id, 1, 2, 3)
    await bus.publish(one | {"type": "weft.memory.stored.v0"}, two, three | {"type": "weft.memory.stored.v99"})
    try:
        found: list[Event] = []
        for _ in range(2):  # however often it is started anew
            with pytest.raises(errors.NewerThanKnown, match=r"weft\.memory\.stored\.v99"):
                await taken(subscriber, 3, into=found)
            assert seqs(found) == [1, 2]
        assert isinstance(found[0].data, MemoryStored)
        assert found[0].data.tags == ("v0",)
        monkeypatch.setitem(KINDS, "weft.memory.stored.v99", MemoryStored)  # a newer client
        assert seqs(await taken(subscriber, 1)) == [3]
    finally:  # services of later tests read the same stream, and would stand still before it
        await bus.jetstream.purge_stream("EVENTS", subject=f"events.{workspace_id}.>")


async def test_a_subscription_that_is_taken_away_says_so(bus: Happening, workspace_id: str) -> None:
    subscriber = await bus.subscriber(f"events.{workspace_id}.>")
    async with weft.events.subscribe(*subscriber) as events:
        await bus.jetstream.delete_consumer("EVENTS", subscriber[1])
        with pytest.raises(errors.NoSubscription):
            await anext(aiter(events))
    with pytest.raises(errors.NoSubscription):
        await taken((subscriber[0].replace("admin:", "admin:wrong"), subscriber[1]), 1)
