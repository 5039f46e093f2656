"""Search on a real bus: what is stored is found, whatever the events do on their way."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.js.api import DeliverPolicy

from contracts import subjects
from contracts.queries import OfWorkspace
from contracts.replies import Rank, Ranks, SearchResults
from deploy.admin import parked, rebuilding
from services.kit.bus import Bus
from services.search.store import Marks
from tests import examples
from tests.search.marking import label_of
from tests.services import Talk
from tests.stack import Servers, eventually

STORED_MEANWHILE_MAX = 300
"""Enough to be at it during a rebuild; the index has to catch up with all of them before the test ends."""

SUBJECTS = {
    "Retry the payment webhook": "The payment provider drops webhooks under load, so failed deliveries are retried.",
    "Cache the user profile": "Profiles are read on each page; they are cached for a minute.",
    "Tabs in Makefiles": "Recipes must begin with a tab, or make stops with a missing separator.",
}


async def stored(talk: Talk, **fields: Any) -> dict[str, str]:
    """One memory for each of SUBJECTS; their ids by title."""
    commands = [
        examples.store(talk.workspace_id, examples.a_draft(title=title, narrative=text, **fields))
        for title, text in SUBJECTS.items()
    ]
    await asyncio.gather(*(talk.order(command) for command in commands))
    return {command.draft.title: command.memory_id for command in commands}


async def embedded(talk: Talk, memory_ids: list[str]) -> None:
    async def all_ready() -> bool:
        return all([(await talk.get(it))["embedding_status"] == "ready" for it in memory_ids])

    await eventually(all_ready, "the embeddings")


async def agree(talk: Talk) -> bool:
    _, _, differences = await rebuilding.verify(talk.operator, talk.workspace_id, {"index": "search"})
    return not differences


async def in_agreement(talk: Talk) -> None:
    await eventually(lambda: agree(talk), "the index to catch up")


@pytest.fixture
async def graph(search_service: Servers) -> AsyncIterator[Bus]:
    """A connection with the graph service's rights."""
    bus = Bus(search_service.nats_url("graph"), "graph")
    await bus.connect()
    yield bus
    await bus.stop()


async def rank(talk: Talk, graph: Bus, places: dict[str, tuple[float, str | None]]) -> None:
    """Says all ranks of the workspace as one part, and waits until search and memory have heard it."""
    ranks = tuple(Rank(memory_id=it, pagerank_score=s, community_label=c) for it, (s, c) in places.items())
    said = Ranks(workspace_id=talk.workspace_id, part=0, parts=1, ranks=ranks)
    kept = await graph.publish(subjects.ranks(talk.workspace_id, 0), said.model_dump_json().encode())
    for service in ("search", "memory"):
        await heard(talk, service, kept.seq)


async def heard(talk: Talk, service: str, sequence: int) -> None:
    """Until it has handled that message, and all before."""

    async def drained() -> bool:
        reader = await talk.operator.bus.jetstream.consumer_info(subjects.DERIVED_STREAM, service)
        if reader.delivered is None or reader.delivered.stream_seq < sequence:
            return False
        return not reader.num_pending and not reader.num_ack_pending

    await eventually(drained, what=f"DERIVED to be heard by {service}")


async def places(talk: Talk, servers: Servers) -> dict[str, tuple[float | None, str | None]]:
    """What the index holds of each memory's place in the graph."""
    marks = Marks(servers.endpoints.secrets.index_key)
    return {
        it["memory_id"]: (it["pagerank_score"], label_of(marks, talk.workspace_id, it["community_label"]))
        for it in await digest(talk)
    }


async def digest(talk: Talk) -> list[Any]:
    found: list[Any] = await talk.operator.request("search", "digest", OfWorkspace(workspace_id=talk.workspace_id))
    return found


async def test_what_was_stored_is_found_by_meaning_and_by_word(talk: Talk) -> None:
    ids = await stored(talk)
    await embedded(talk, list(ids.values()))
    await in_agreement(talk)
    answer = SearchResults.model_validate(await talk.search("what if a notification of the billing service is lost?"))
    assert answer.results[0].memory.memory_id == ids["Retry the payment webhook"]
    assert answer.warnings == ()
    assert (await talk.found("separator", use_semantic=False)) == [ids["Tabs in Makefiles"]]
    best = (await talk.search("cached profiles"))["results"][0]
    assert (best["match_type"], best["keyword_score"]) == ("combined", 1.0)
    assert 0 < best["semantic_score"] <= 1


async def test_a_change_is_found_under_its_new_words_and_filters(talk: Talk) -> None:
    ids = await stored(talk)
    await in_agreement(talk)
    memory_id = ids["Tabs in Makefiles"]
    changes = {"narrative": "Use the ninja build instead.", "tags": ("build:ninja",), "memory_type": "convention"}
    await talk.order(examples.revise(talk.workspace_id, memory_id, changes))
    await in_agreement(talk)
    assert await talk.found("ninja", use_semantic=False) == [memory_id]
    assert await talk.found("separator", use_semantic=False) == []
    assert await talk.found(filters={"tag_prefixes": ("build:",)}) == [memory_id]
    assert await talk.found(filters={"memory_types": ("convention",)}) == [memory_id]
    await embedded(talk, [memory_id])


async def test_a_deleted_memory_is_never_returned_however_late_the_index_is(talk: Talk) -> None:
    ids = await stored(talk)
    await embedded(talk, list(ids.values()))  # the other two share no word with the query
    await in_agreement(talk)
    await talk.order(examples.delete(talk.workspace_id, ids["Cache the user profile"]))
    assert ids["Cache the user profile"] not in await talk.found("cached profiles", limit=2)
    assert len(await talk.found("cached profiles", limit=2)) == 2, "another takes its place on the page"


async def test_an_empty_query_lists_by_importance(talk: Talk) -> None:
    await stored(talk, importance_score=0.4)
    top = examples.store(talk.workspace_id, examples.a_draft(importance_score=0.9))
    await talk.order(top)
    await in_agreement(talk)
    assert (await talk.found(limit=1)) == [top.memory_id]
    assert len(await talk.found()) == 4


async def test_events_heard_again_and_out_of_order_change_nothing(talk: Talk) -> None:
    ids = await stored(talk)
    first, second, third = ids.values()
    await talk.order(examples.revise(talk.workspace_id, first, {"title": "Another", "tags": ("changed",)}))
    await talk.order(examples.delete(talk.workspace_id, second))
    await embedded(talk, [first, third])
    await in_agreement(talk)
    before = await digest(talk)
    events = await talk.operator.bus.jetstream.subscribe(
        f"events.{talk.workspace_id}.memory.>", ordered_consumer=True, deliver_policy=DeliverPolicy.ALL
    )
    heard = []
    async for message in events.messages:
        heard.append((message.subject, message.data))
        if message.metadata.num_pending == 0:
            break
    await events.unsubscribe()  # what it still brings would hold up the connection's end
    shuffled = [*heard, *heard]
    random.Random(7).shuffle(shuffled)
    for subject, body in shuffled:
        await talk.operator.bus.jetstream.publish(subject, body)
    marker = examples.store(talk.workspace_id)
    await talk.order(marker)

    async def marked() -> bool:
        return marker.memory_id in await talk.found()

    await eventually(marked, what="the event after the repeated ones")
    assert [it for it in await digest(talk) if it["memory_id"] != marker.memory_id] == before
    assert second not in await talk.found(limit=10)


async def test_a_rebuild_equals_what_it_replaced_and_asks_no_model(talk: Talk) -> None:
    ids = await stored(talk)
    await embedded(talk, list(ids.values()))
    await talk.order(examples.delete(talk.workspace_id, ids["Cache the user profile"]))
    await in_agreement(talk)
    before = (await digest(talk), await talk.search("payment retries"))
    made = (await talk.operator.bus.jetstream.stream_info(subjects.DERIVED_STREAM)).state.last_seq
    assert await rebuilding.rebuild(talk.operator, "search", talk.workspace_id) == 2
    assert (await digest(talk), await talk.search("payment retries")) == before
    await in_agreement(talk)
    assert (await talk.operator.bus.jetstream.stream_info(subjects.DERIVED_STREAM)).state.last_seq == made


async def test_searches_and_stores_go_on_while_the_index_is_rebuilt(talk: Talk) -> None:
    ids = await stored(talk)
    await embedded(talk, list(ids.values()))
    done = asyncio.Event()

    async def searching() -> int:
        count = 0
        while not done.is_set():
            assert ids["Tabs in Makefiles"] in await talk.found("separator")
            count += 1
        return count

    async def storing() -> None:
        for _ in range(STORED_MEANWHILE_MAX):
            if not done.is_set():
                await talk.order(examples.store(talk.workspace_id))

    tasks = asyncio.create_task(searching()), asyncio.create_task(storing())
    for _ in range(3):
        await rebuilding.rebuild(talk.operator, "search", talk.workspace_id)
    done.set()
    assert await tasks[0] > 0
    await tasks[1]
    await in_agreement(talk)


async def test_what_a_deleted_memory_meant_leaves_the_stream_of_vectors(talk: Talk) -> None:
    ids = await stored(talk)
    memory_id = ids["Tabs in Makefiles"]
    await embedded(talk, [memory_id])
    await talk.order(examples.delete(talk.workspace_id, memory_id))

    async def gone() -> bool:
        state = await talk.operator.bus.jetstream.stream_info(
            subjects.DERIVED_STREAM, subjects_filter=subjects.embedding(talk.workspace_id, memory_id)
        )
        return not state.state.subjects

    await eventually(gone, what="the erasure of its vectors")


async def test_what_is_no_event_is_parked_and_holds_nobody_up(talk: Talk) -> None:
    before = await parked.count(talk.operator)
    await talk.operator.bus.jetstream.publish(f"events.{talk.workspace_id}.memory.x.stored", b"no event")
    ids = await stored(talk)

    async def found() -> bool:
        return set(await talk.found()) == set(ids.values())

    await eventually(found, what="what came after it")
    assert await parked.count(talk.operator) == before + 1


async def test_a_memory_s_place_in_the_graph_is_in_the_index_and_outlives_a_change_and_a_rebuild(
    talk: Talk, graph: Bus, search_service: Servers
) -> None:
    first, second, third = (await stored(talk)).values()
    await in_agreement(talk)
    assert await places(talk, search_service) == dict.fromkeys((first, second, third), (None, None))
    said: dict[str, tuple[float, str | None]] = {first: (1.0, "payments"), second: (0.25, None)}
    await rank(talk, graph, said)
    assert await places(talk, search_service) == {**said, third: (None, None)}
    await talk.order(examples.revise(talk.workspace_id, first, {"narrative": "Of giraffes."}))
    await in_agreement(talk)
    assert await talk.found("giraffes", use_semantic=False) == [first]
    assert await places(talk, search_service) == {**said, third: (None, None)}
    await rebuilding.rebuild(talk.operator, "search", talk.workspace_id)
    assert await places(talk, search_service) == {**said, third: (None, None)}
    said = {second: (0.5, "profiles"), third: (1.0, None)}
    await rank(talk, graph, said)
    assert await places(talk, search_service) == {**said, first: (None, None)}, "whom it names no longer has none"


async def test_ranks_that_make_no_sense_are_parked_and_hold_nobody_up(
    talk: Talk, graph: Bus, search_service: Servers
) -> None:
    ids = list((await stored(talk)).values())
    await in_agreement(talk)
    before = len([it for it in await parked.listed(talk.operator) if it.service == "search"])
    for part, nonsense in enumerate((b"no ranks", b'{"workspace_id": 1}', b"\xff")):
        await graph.publish(subjects.ranks(talk.workspace_id, part + 1), nonsense)
    await rank(talk, graph, {ids[0]: (0.5, "payments")})
    assert (await places(talk, search_service))[ids[0]] == (0.5, "payments")
    mine = [it for it in await parked.listed(talk.operator) if it.service == "search"]
    assert len(mine) == before + 3
    assert "Poison" in str(await parked.replay(talk.operator, mine[-1])), "what is still no use stays parked"
    await rebuilding.rebuild(talk.operator, "search", talk.workspace_id)
    assert (await places(talk, search_service))[ids[0]] == (0.5, "payments"), "nor does it hold up a rebuild"


async def test_ranks_of_a_workspace_or_a_memory_that_is_not_there_make_nothing(talk: Talk, graph: Bus) -> None:
    before = await digest(talk)
    await rank(talk, graph, {"mem-0000000000000000": (0.5, "payments")})
    assert before == await digest(talk) == []


async def test_the_services_own_answer_is_what_verify_compares(talk: Talk, search_service: Servers) -> None:
    await stored(talk)
    await in_agreement(talk)
    events, memories, differences = await rebuilding.verify(talk.operator, talk.workspace_id, {"index": "search"})
    assert (events, memories, differences) == (5, 3, [])
