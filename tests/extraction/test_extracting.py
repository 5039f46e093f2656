"""Jobs worked through in this process, so that the extractor can be one that fails."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from contracts.base import extraction_job_id, now
from contracts.commands import MemoryDraft
from services.extraction import projections
from services.extraction.distil import Distilled, Nearness, Session
from services.extraction.loops.distilling import Distilling
from services.extraction.loops.extracting import BEGUN_MAX, Extracting
from services.extraction.loops.ordering import Ordering, Place
from services.extraction.loops.reading import Reading
from services.extraction.merging import Learnt, nearest
from services.extraction.store import jobs
from services.extraction.store.jobs import Asked
from services.kit.bus import Bus
from services.kit.postgres import Database, rows
from tests.extraction.jobs import a_session, job, memories
from tests.services import Talk, ready, running, sealed
from tests.stack import Servers, eventually


@dataclass
class Extractor:
    """Finds a memory for each paragraph of the summary, and counts how often it was asked."""

    asked: int = 0
    fault: Exception | None = None
    title: Callable[[str], str] = field(default=lambda text: text)

    def __call__(self, session: Session, nearness: Nearness | None) -> list[Distilled]:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return [
            Distilled(self.title(text), text, "pattern", (), (), (), 0.95, 0.5, (), (text,))
            for text in (session.summary or "").split("\n\n")
        ]


@dataclass
class Rig:
    talk: Talk
    database: Database
    extractor: Extractor
    extracting: Extracting
    reading: Reading
    ordering: Ordering

    async def hear_of(self, session_id: str, version: int = 2) -> None:
        job_id = extraction_job_id(self.talk.workspace_id, session_id)
        asked = Asked(job_id, session_id, version, now())
        await projections.apply(self.database, self.talk.workspace_id, asked)

    async def work(self) -> None:
        await self.extracting.do_next(self.talk.workspace_id)

    async def rows(self, statement: str) -> list[dict[str, object]]:
        async with self.database.transaction(self.talk.workspace_id) as connection:
            return await rows(connection, statement, {})


@pytest.fixture
async def rig(memory: Talk, memory_service: Servers) -> AsyncIterator[Rig]:
    """Without search: see `searching`."""
    bus = Bus(memory_service.nats_url("extraction"), "extraction")
    pools = [
        sealed(memory_service, it, "extraction", size_max=2) for it in ("weft_extraction", "weft_extraction_loops")
    ]
    for pool in pools:
        await pool.open()
    await bus.connect()
    extractor = Extractor()
    reading, ordering = Reading(bus), Ordering(bus)
    extracting = Extracting(pools[0], pools[1], reading, ordering, Distilling(extractor, None), quota_retry_s=0.1)
    yield Rig(memory, pools[0], extractor, extracting, reading, ordering)
    await bus.stop()
    for pool in pools:
        await pool.close()


async def test_a_session_that_the_extractor_fails_over_fails_alone_and_says_how(rig: Rig) -> None:
    session_id = await a_session(rig.talk, "Whatever")
    rig.extractor.fault = RecursionError("too deep")
    await rig.hear_of(session_id)
    await rig.work()
    found = await job(rig.talk, session_id)
    assert (found["status"], found["error"], found["memory_ids"]) == ("failed", "RecursionError", [])
    await rig.work()
    assert rig.extractor.asked == 1


async def test_what_goes_beyond_a_memorys_limits_fails_the_job(rig: Rig) -> None:
    session_id = await a_session(rig.talk, "Whatever")
    rig.extractor.title = lambda text: text * 1_000
    await rig.hear_of(session_id)
    await rig.work()
    found = await job(rig.talk, session_id)
    assert (found["status"], found["error"]) == ("failed", "ValidationError")


@pytest.mark.slow
async def test_without_search_a_job_waits_and_goes_on_with_what_it_had_found(rig: Rig, memory_service: Servers) -> None:
    session_id = await a_session(rig.talk, "One thing.\n\nAnother thing.")
    await rig.hear_of(session_id)
    await rig.work()
    waiting = await job(rig.talk, session_id)
    assert waiting["status"] == "waiting"
    assert waiting["reason"].startswith("Another service does not answer")
    assert await memories(rig.talk) == []
    with running(memory_service, "search", WEFT_EMBEDDING="off"):

        async def done() -> bool:
            await rig.work()
            return bool((await job(rig.talk, session_id))["status"] == "completed")

        await eventually(done, "a job that is done")
        assert rig.extractor.asked == 1
        found = await memories(rig.talk)
        assert sorted(it["title"] for it in found) == ["Another thing.", "One thing."]
        assert {it["importance_score"] for it in found} == {0.9}
        assert await rig.rows("SELECT * FROM steps WHERE learnt IS NOT NULL OR outcome <> 'stored'") == []


@pytest.mark.slow
async def test_a_step_whose_order_was_carried_out_but_not_noted_is_not_done_twice(
    rig: Rig, memory_service: Servers
) -> None:
    """As if the process had died in between: for a new memory, then for one that is revised."""
    place = rig.talk.workspace_id
    with running(memory_service, "search", WEFT_EMBEDDING="off"):
        await ready(rig.talk.operator, "search")
        for outcome in ("stored", "updated"):
            session_id = await a_session(rig.talk, "A thing to know.")
            await rig.hear_of(session_id)
            async with rig.database.transaction(place) as connection:
                begun = await jobs.begin(connection, place)
            assert begun is not None
            learnt = Learnt(
                draft=MemoryDraft(title="It", narrative="A thing to know.", memory_type="pattern"), quotes=()
            )
            async with rig.database.transaction(place) as connection:
                await jobs.plan(connection, begun, [learnt])
            ordered = Place(place, "default", begun.job_id, session_id)
            hits = await rig.reading.similar(place, "default", learnt.draft)
            near = nearest(learnt.draft, hits)
            if near is None:
                await rig.ordering.store(ordered, 0, learnt, None)
            else:
                await rig.ordering.revise(ordered, 0, learnt, near, ours=True)
            before = await _events(rig.talk)
            await eventually(lambda: _finds(rig.talk, "thing"), "the memory in the index")
            await rig.work()
            assert (await job(rig.talk, session_id))["counts"] == {"found": 1, outcome: 1}
            assert await _events(rig.talk) == before
        assert len(await memories(rig.talk)) == 1


async def _events(talk: Talk) -> list[dict[str, object]]:
    return [it for it in await talk.log() if it["type"] in ("weft.memory.stored.v1", "weft.memory.revised.v1")]


async def _finds(talk: Talk, query: str) -> bool:
    return bool(await talk.found(query))


async def test_a_job_that_takes_the_process_down_is_given_up(rig: Rig) -> None:
    session_id = await a_session(rig.talk, "Whatever")
    await rig.hear_of(session_id)
    for _ in range(BEGUN_MAX):
        async with rig.database.transaction(rig.talk.workspace_id) as connection:
            assert await jobs.begin(connection, rig.talk.workspace_id) is not None
    await rig.work()
    found = await job(rig.talk, session_id)
    assert (found["status"], found["error"]) == ("failed", "process_died")
    assert rig.extractor.asked == 0


async def test_jobs_of_another_workspace_can_not_be_seen_or_touched(rig: Rig) -> None:
    session_id = await a_session(rig.talk, "Whatever")
    await rig.hear_of(session_id)
    async with rig.database.transaction("ws-000000000000") as connection:
        assert await rows(connection, "SELECT * FROM jobs", {}) == []
        assert await rows(connection, "UPDATE jobs SET due_at = NULL RETURNING job_id", {}) == []
    assert [it["session_id"] for it in await rig.rows("SELECT * FROM jobs WHERE due_at IS NOT NULL")] == [session_id]


async def test_what_was_heard_before_does_not_undo_what_was_heard_after(rig: Rig) -> None:
    session_id = await a_session(rig.talk, "One thing.")
    await rig.hear_of(session_id, version=5)
    await rig.hear_of(session_id, version=3)
    await rig.hear_of(session_id, version=5)
    assert [it["version"] for it in await rig.rows("SELECT version FROM jobs")] == [5]
    rig.extractor.fault = ValueError("no")
    await rig.work()
    await rig.hear_of(session_id, version=5)
    await rig.work()
    assert rig.extractor.asked == 1
