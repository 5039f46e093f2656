"""Working through nightly work: one job at a time, the oldest first, workspaces in turn."""

from collections import Counter
from collections.abc import Sequence

import structlog

from contracts.base import JobStatus
from services.extraction.distil import Nearness
from services.extraction.loops.chore_orders import ChoreOrders, Failed
from services.extraction.loops.chore_plans import ChorePlans
from services.extraction.loops.ordering import Job, Ordering
from services.extraction.loops.reading import Reading
from services.extraction.loops.turns import Turns
from services.extraction.store import chores, sweeps
from services.extraction.store.chores import Chore, Kind, Order
from services.extraction.store.leases import Leases
from services.kit.errors import Transient
from services.kit.postgres import Database

logger = structlog.get_logger()

POSTPONED_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""How long a job rests while another service does not answer."""
BEGUN_MAX = 10
"""A job that was begun so often and never came to any end takes the process down with it."""
MEMORY_IDS_MAX = 100
FINAL: tuple[JobStatus, ...] = ("completed", "empty", "failed")

NOTHING: dict[Kind, str] = {
    "consolidation": "No memories say nearly the same.",
    "reclassification": "No memory of type general is clearly of another type.",
}
DONE_AS: dict[Kind, str] = {"consolidation": "folded", "reclassification": "reclassified"}


class Chores:
    """What is to be done is in the tables: nothing is lost with the process."""

    def __init__(
        self, database: Database, loops: Database, reading: Reading, ordering: Ordering, nearness: Nearness | None
    ):
        self._database = database
        self._loops = loops
        self._reading = reading
        self._ordering = ordering
        self._plans = ChorePlans(database, reading, nearness)
        self._orders = ChoreOrders(database, reading, ordering)
        self._turns = Turns(self._with_chores, self.do_next, Leases(loops, "chores"))

    def expect(self) -> None:
        """There may be a job due."""
        self._turns.expect()

    async def run(self) -> None:
        await self._turns.run()

    async def _with_chores(self) -> list[str]:
        return await self._loops.read(None, sweeps.with_chores)

    async def do_next(self, workspace_id: str) -> None:
        """One job, to its end or until it has to wait."""
        async with self._database.transaction(workspace_id) as connection:
            chore = await chores.begin(connection, workspace_id)
        if chore is None:
            return
        try:
            if await self._has_ended(chore):
                await self._finish(chore)
                return
            await self._work(chore)
        except Failed as failure:
            await self._fail(chore, failure.error)
        except Transient as fault:
            await self._wait(chore, f"Another service does not answer: {fault}")

    async def _has_ended(self, chore: Chore) -> bool:
        """Also where nobody knows it any more."""
        found = await self._reading.job(chore.workspace_id, chore.job_id)
        return found is None or found["status"] in FINAL

    async def _work(self, chore: Chore) -> None:
        if chore.begun > BEGUN_MAX:
            raise Failed("process_died")
        await self._ordering.record(_job(chore), "running")
        found = chore.found
        if found is None:
            found = await self._plans.make(chore)
        for order in await self._read_orders(chore):
            if order.outcome is None:
                await self._orders.carry_out(chore, order)
        await self._complete(chore, dict(found), await self._read_orders(chore))

    async def _read_orders(self, chore: Chore) -> list[Order]:
        return await self._database.read(chore.workspace_id, lambda it: chores.orders(it, chore))

    async def _complete(self, chore: Chore, counts: dict[str, int], orders: Sequence[Order]) -> None:
        outcomes = Counter(it.outcome for it in orders)
        done = [it.wanted for it in orders if it.outcome == "done"]
        counts[DONE_AS[chore.kind]] = sum(it.memories for it in done)
        if outcomes["passed_over"]:
            counts["passed_over"] = outcomes["passed_over"]
        ids = list(dict.fromkeys(it.memory_id for it in done))[:MEMORY_IDS_MAX]
        if done:
            await self._ordering.record(_job(chore), "completed", counts=counts, memory_ids=ids)
        else:
            await self._ordering.record(_job(chore), "empty", reason=NOTHING[chore.kind], counts=counts)
        await self._finish(chore)
        logger.info("nightly work done", workspace_id=chore.workspace_id, kind=chore.kind, **counts)

    async def _fail(self, chore: Chore, error: str) -> None:
        logger.error("nightly work failed", workspace_id=chore.workspace_id, job_id=chore.job_id, error=error)
        try:
            await self._ordering.record(_job(chore), "failed", error=error)
        except Transient as fault:
            await self._postpone(chore, str(fault))
            return
        await self._finish(chore)

    async def _wait(self, chore: Chore, reason: str) -> None:
        await self._postpone(chore, reason)
        try:
            await self._ordering.record(_job(chore), "waiting", reason=reason)
        except Transient as fault:
            logger.warning("nobody hears that nightly work waits", job_id=chore.job_id, fault=str(fault))

    async def _postpone(self, chore: Chore, reason: str) -> None:
        delay_s = POSTPONED_S[min(chore.postponed, len(POSTPONED_S) - 1)]
        logger.warning("nightly work waits", job_id=chore.job_id, reason=reason, delay_s=delay_s)
        async with self._database.transaction(chore.workspace_id) as connection:
            await chores.postpone(connection, chore, delay_s)

    async def _finish(self, chore: Chore) -> None:
        async with self._database.transaction(chore.workspace_id) as connection:
            await chores.finish(connection, chore)


def _job(chore: Chore) -> Job:
    return Job(chore.workspace_id, chore.namespace, chore.job_id)
