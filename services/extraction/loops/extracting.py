"""Working through jobs: of a workspace one at a time, the oldest first; workspaces in turn, or several at once."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeVar

import structlog

from services.extraction.distil import Session
from services.extraction.loops.ordering import Ordering, Place
from services.extraction.loops.reading import Reading
from services.extraction.loops.storing import Failed, Storing, Waiting
from services.extraction.loops.turns import Turns
from services.extraction.merging import Learnt
from services.extraction.store import calls, jobs, sweeps
from services.extraction.store.jobs import Job, Step
from services.extraction.store.leases import Leases
from services.kit import telemetry
from services.kit.errors import Transient
from services.kit.postgres import Database

logger = structlog.get_logger()

POSTPONED_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""How long a job rests while memory or search does not answer."""
BEGUN_MAX = 10
"""A job that was begun so often and never came to any end takes the process down with it."""
MEMORY_IDS_MAX = 100

FINAL = ("completed", "empty", "failed")
NOTHING_SAID = "The session has no summary, and nothing was observed in it."
NOTHING_LEARNT = "Nothing in the session was worth keeping."


Made = TypeVar("Made")


async def or_failed(work: Awaitable[Made]) -> Made:
    """Whatever a text does to whoever reads it is that job's failure, and no other's: Failed in place of what nobody
    expected.
    """
    [made] = await asyncio.gather(work, return_exceptions=True)
    if isinstance(made, Exception) and not isinstance(made, Transient | Failed | Waiting):
        logger.error("a text could not be read", fault=type(made).__name__)
        raise Failed(type(made).__name__) from made
    if isinstance(made, BaseException):
        raise made
    return made


class Extractor(Protocol):
    async def learn(self, job: Job, session: Session) -> list[Learnt]:
        """What the session is worth, at most 20 memories, the most important first. Raises Failed, Waiting, Transient;
        any other exception fails the job.
        """
        ...


class Extracting:
    """What is to be done is in the tables: nothing is lost with the process. `at_once`: in so many workspaces."""

    def __init__(
        self,
        database: Database,
        loops: Database,
        reading: Reading,
        ordering: Ordering,
        extractor: Extractor,
        *,
        quota_retry_s: float,
        at_once: int = 1,
    ):
        self._database = database
        self._loops = loops
        self._reading = reading
        self._ordering = ordering
        self._storing = Storing(database, reading, ordering, quota_retry_s)
        self._extractor = extractor
        self._turns = Turns(self._with_due, self.do_next, Leases(loops, "sessions"), at_once)

    def expect(self) -> None:
        """There may be a job due."""
        self._turns.expect()

    async def run(self) -> None:
        await self._turns.run()

    async def _with_due(self) -> list[str]:
        return await self._loops.read(None, sweeps.with_due)

    async def do_next(self, workspace_id: str) -> None:
        """One job, to its end or until it has to wait."""
        async with self._database.transaction(workspace_id) as connection:
            job = await jobs.begin(connection, workspace_id)
        if job is not None:
            with telemetry.stage("extract", job.traceparent):
                await self._do(job)

    async def _do(self, job: Job) -> None:
        delay_s = POSTPONED_S[min(job.postponed, len(POSTPONED_S) - 1)]
        try:
            place = await self._place_of(job)
        except Transient as fault:
            await self._postpone(job, str(fault), delay_s)
            return
        if place is None:
            await self._finish(job)
            return
        try:
            await self._work(job, place)
        except Failed as failure:
            await self._fail(job, place, failure.error)
        except Waiting as pause:
            await self._wait(job, place, pause.reason, pause.delay_s)
        except Transient as fault:
            await self._wait(job, place, f"Another service does not answer: {fault}", delay_s)

    async def _place_of(self, job: Job) -> Place | None:
        """None where the job has ended already, or is gone."""
        found = await self._reading.job(job.workspace_id, job.job_id)
        if found is None or found["status"] in FINAL:
            return None
        return Place(job.workspace_id, found["namespace"], job.job_id, job.session_id)

    async def _work(self, job: Job, place: Place) -> None:
        if job.begun > BEGUN_MAX:
            raise Failed("process_died")
        await self._ordering.record(place, "running")
        async with self._database.transaction(job.workspace_id) as connection:
            steps = await jobs.steps(connection, job)
        if not steps:
            session = await self._reading.session(job.workspace_id, job.session_id)
            if session is None:
                raise Failed("unknown_session")
            steps = await self._plan(job, await or_failed(self._extractor.learn(job, session)))
            if not steps:
                said = session.summary or session.observations
                await self._empty(job, place, NOTHING_LEARNT if said else NOTHING_SAID, len(session.observations))
                return
            await self._ordering.record(place, "running", counts={"found": len(steps)})
        for step in steps:
            if step.learnt is not None:
                await self._storing.take(job, place, step.ordinal, step.learnt)
        await self._complete(job, place)

    async def _plan(self, job: Job, learnt: Sequence[Learnt]) -> list[Step]:
        """From here on nobody is asked again: what a model answered is needed no longer."""
        async with self._database.transaction(job.workspace_id) as connection:
            steps = await jobs.plan(connection, job, learnt)
            await calls.forget(connection, job)
            return steps

    async def _complete(self, job: Job, place: Place) -> None:
        async with self._database.transaction(job.workspace_id) as connection:
            steps = await jobs.steps(connection, job)
        outcomes = Counter[str](it.outcome for it in steps if it.outcome is not None)
        counts = {"found": len(steps), **outcomes}
        ids = dict.fromkeys(it.memory_id for it in steps if it.memory_id is not None)
        await self._ordering.record(place, "completed", counts=counts, memory_ids=list(ids)[:MEMORY_IDS_MAX])
        await self._finish(job)
        logger.info("extracted", workspace_id=job.workspace_id, job_id=job.job_id, **counts)

    async def _empty(self, job: Job, place: Place, reason: str, observations: int) -> None:
        await self._ordering.record(place, "empty", reason=reason, counts={"observations": observations})
        await self._finish(job)
        logger.info("nothing to extract", workspace_id=job.workspace_id, job_id=job.job_id)

    async def _fail(self, job: Job, place: Place, error: str) -> None:
        logger.error("extraction failed", workspace_id=job.workspace_id, job_id=job.job_id, error=error)
        try:
            await self._ordering.record(place, "failed", error=error)
        except Transient as fault:
            await self._postpone(job, str(fault), POSTPONED_S[0])
            return
        await self._finish(job)

    async def _wait(self, job: Job, place: Place, reason: str, delay_s: float) -> None:
        await self._postpone(job, reason, delay_s)
        try:
            await self._ordering.record(place, "waiting", reason=reason)
        except Transient as fault:
            logger.warning("nobody hears that a job waits", job_id=job.job_id, fault=str(fault))

    async def _postpone(self, job: Job, reason: str, delay_s: float) -> None:
        logger.warning("a job waits", workspace_id=job.workspace_id, job_id=job.job_id, reason=reason, delay_s=delay_s)
        async with self._database.transaction(job.workspace_id) as connection:
            await jobs.postpone(connection, job, delay_s)

    async def _finish(self, job: Job) -> None:
        async with self._database.transaction(job.workspace_id) as connection:
            await jobs.finish(connection, job)
