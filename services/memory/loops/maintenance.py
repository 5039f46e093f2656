"""Nightly work that memory does by itself: jobs are found in the tables, and done by commands like any other."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import structlog
from uuid_utils.compat import uuid7

from contracts.base import Grants, JobStatus, MaintenanceTask, now
from contracts.commands import Command, DeleteMemories, RecalculateImportance, RecordJob
from contracts.events import MemoryDeleted, MemoryRecalculated
from contracts.replies import RefusalCode, Reply
from services.kit.postgres import Database
from services.memory.decisions.plans import PLANS, pruning
from services.memory.store import maintenance, memories, sweeps
from services.memory.store.maintenance import Unfinished

logger = structlog.get_logger()

LEADER_LOCK = 0x57454654_02
"""Advisory lock of whoever does the work; the same job twice at once would do no harm, and no good."""

KINDS: tuple[MaintenanceTask, ...] = ("importance", "retention")
PAGE_MAX = 100

NOTHING_MOVED = "No memory's importance was due to move."
KEPT_FOR_EVER = "The plan keeps memories for ever."
NOTHING_EXPIRED = "No memory is older than the plan keeps it."

Outcome = tuple[dict[str, int], str | None]
"""Counts, and why nothing came of it where nothing did."""


class Refused(Exception):
    """A command of a job was refused; it will not be otherwise the next time."""

    def __init__(self, code: RefusalCode):
        super().__init__(code)
        self.code = code


class Maintenance:
    """One job at a time, workspaces in turn. What has been done of a job is in the log: it is gone on with anywhere."""

    def __init__(self, loops: Database, carry_out: Callable[[Any], Awaitable[bytes]], poll_s: float):
        self._loops = loops
        self._carry_out = carry_out
        self._poll_s = poll_s

    async def run(self) -> None:
        while True:
            if not await self.sweep():
                await asyncio.sleep(self._poll_s)

    async def sweep(self) -> bool:
        """Does the oldest job of each workspace, unless another process is at it. Whether there was any."""
        if not await self._unfinished():
            return False
        async with self._loops.session() as leader:
            if not await sweeps.lead(leader, LEADER_LOCK):
                return False
            for job in await self._unfinished():
                await self._do(job)
        return True

    async def _unfinished(self) -> list[Unfinished]:
        return await self._loops.read(None, lambda connection: maintenance.unfinished(connection, KINDS))

    async def _do(self, job: Unfinished) -> None:
        named = {"workspace_id": job.workspace_id, "job_id": job.job_id, "task": job.kind}
        try:
            await self._record(job, "running")
            counts, reason = await (self._recalculate(job) if job.kind == "importance" else self._retain(job))
            await self._record(job, "empty" if reason else "completed", reason=reason, counts=counts)
            logger.info("nightly work done", **named, **counts)
        except Refused as refused:
            logger.error("nightly work was refused", **named, code=refused.code)
            await self._record(job, "failed", error=refused.code)

    async def _recalculate(self, job: Unfinished) -> Outcome:
        found = await self._loops.read(None, lambda connection: maintenance.to_recalculate(connection, job))
        stayed = len(found)
        for start in range(0, len(found), PAGE_MAX):
            page = tuple(found[start : start + PAGE_MAX])
            order = RecalculateImportance(**_sent(job), day=job.day, memories=page)
            stayed -= (await self._order(order))["recalculated_count"]
        moved = await self._done_by(job, MemoryRecalculated.type)
        return {"moved": moved, "stayed": stayed}, None if moved else NOTHING_MOVED

    async def _retain(self, job: Unfinished) -> Outcome:
        """Memories go that are older than the plan keeps them at the beginning of the job's day."""
        workspace = await self._loops.read(None, lambda it: memories.get_workspace(it, job.workspace_id))
        if workspace is None:
            raise Refused("unknown_workspace")
        before = expired_before(workspace["plan"], datetime.combine(job.day, time(), UTC))
        if before is not None:
            await self._delete(job, before)
        candidates = pruning(workspace["plan"], now())
        could_go = await self._loops.read(None, lambda it: maintenance.pruning_candidates(it, job, candidates))
        deleted = await self._done_by(job, MemoryDeleted.type)
        nothing = KEPT_FOR_EVER if before is None else NOTHING_EXPIRED
        return {"deleted": deleted, "pruning_candidates": could_go}, None if deleted else nothing

    async def _delete(self, job: Unfinished, before: datetime) -> None:
        page = await self._expired(job, before, after="")
        while page:
            await self._order(DeleteMemories(**_sent(job), memory_ids=tuple(page), unchanged_since=before))
            page = await self._expired(job, before, after=page[-1])

    async def _expired(self, job: Unfinished, before: datetime, after: str) -> list[str]:
        return await self._loops.read(None, lambda it: maintenance.expired(it, job, before, after, PAGE_MAX))

    async def _done_by(self, job: Unfinished, event_type: str) -> int:
        return await self._loops.read(None, lambda it: maintenance.done_by(it, job, event_type, job.kind))

    async def _record(
        self,
        job: Unfinished,
        status: JobStatus,
        *,
        reason: str | None = None,
        error: str | None = None,
        counts: dict[str, int] | None = None,
    ) -> None:
        """To say it again changes nothing."""
        said = {"job_id": job.job_id, "status": status, "reason": reason, "error": error, "counts": counts or {}}
        await self._order(RecordJob(**_sent(job), **said))

    async def _order(self, command: Command) -> Any:
        """The body of the answer. Raises Refused."""
        answer = Reply.model_validate_json(await self._carry_out(command))
        if answer.refusal is not None:
            raise Refused(answer.refusal.code)
        return answer.body


def expired_before(plan: str, at: datetime) -> datetime | None:
    """What was made and last changed before this is older than a plan keeps it; None where it keeps it for ever."""
    days = PLANS[plan].retention_days
    return at - timedelta(days=days) if days is not None else None


def _sent(job: Unfinished) -> dict[str, Any]:
    """What the work is about is decided each time anew, so each command is a wish of its own."""
    return {
        "command_id": uuid7(),
        "attempt": uuid7(),
        "workspace_id": job.workspace_id,
        "actor": job.kind,
        "grants": Grants(read=(job.namespace,), write=(job.namespace,), default=job.namespace),
        "issued_at": now(),
    }
