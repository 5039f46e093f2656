"""Working through jobs: of a workspace one at a time, the oldest first; workspaces in turn, or several at once."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from typing import Protocol

import structlog

from services.extraction.distil import Session
from services.extraction.loops.ordering import Ordering, Place
from services.extraction.loops.reading import Reading
from services.extraction.loops.storing import Failed, Storing, Waiting
from services.extraction.merging import Learnt
from services.extraction.store import calls, jobs, sweeps
from services.extraction.store.jobs import Job, Step
from services.kit.errors import Transient
from services.kit.postgres import Database
from services.kit.process import Wakeable, keep

logger = structlog.get_logger()

LOOK_AGAIN_S = 1.0
POSTPONED_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""How long a job rests while memory or search does not answer."""
BEGUN_MAX = 10
"""A job that was begun so often and never came to any end takes the process down with it."""
MEMORY_IDS_MAX = 100

FINAL = ("completed", "empty", "failed")
NOTHING_SAID = "The session has no summary, and nothing was observed in it."
NOTHING_LEARNT = "Nothing in the session was worth keeping."


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
        self._at_once = at_once
        self._queue = deque[str]()
        self._busy = set[str]()
        self._news = Wakeable()

    def expect(self) -> None:
        """There may be a job due."""
        self._news.wake()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as workers:
            for _ in range(self._at_once):
                workers.create_task(keep(self._take_turns))

    async def _take_turns(self) -> None:
        while True:
            workspace_id = await self._next()
            if workspace_id is None:
                await self._news.pause(LOOK_AGAIN_S)
                continue
            try:
                await self.do_next(workspace_id)
            finally:
                self._busy.remove(workspace_id)

    async def _next(self) -> str | None:
        """A workspace that may have a job due and in which nobody works; busy from now on. All others come before it
        comes again.
        """
        if not self._queue:
            self._queue.extend(await self._loops.read(None, sweeps.with_due))
        while self._queue:
            workspace_id = self._queue.popleft()
            if workspace_id not in self._busy:
                self._busy.add(workspace_id)
                return workspace_id
        return None

    async def do_next(self, workspace_id: str) -> None:
        """One job, to its end or until it has to wait."""
        async with self._database.transaction(workspace_id) as connection:
            job = await jobs.begin(connection, workspace_id)
        if job is None:
            return
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
            steps = await self._plan(job, await self._learn(job, session))
            if not steps:
                said = session.summary or session.observations
                await self._empty(job, place, NOTHING_LEARNT if said else NOTHING_SAID, len(session.observations))
                return
            await self._ordering.record(place, "running", counts={"found": len(steps)})
        for step in steps:
            if step.learnt is not None:
                await self._storing.take(job, place, step.ordinal, step.learnt)
        await self._complete(job, place)

    async def _learn(self, job: Job, session: Session) -> list[Learnt]:
        """Whatever a session's text does to the extractor is that session's failure, and no other's."""
        [found] = await asyncio.gather(self._extractor.learn(job, session), return_exceptions=True)
        if isinstance(found, Exception) and not isinstance(found, Transient | Failed | Waiting):
            logger.error("a session could not be read", session_id=session.session_id, fault=type(found).__name__)
            raise Failed(type(found).__name__) from found
        if isinstance(found, BaseException):
            raise found
        return found

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
