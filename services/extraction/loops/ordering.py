"""What extraction orders, like any client: memories to be stored or revised, and where its jobs are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import structlog

from contracts import subjects
from contracts.base import Grants, JobStatus, derived_id, memory_id_from, now
from contracts.commands import Command, RecordJob, ReviseMemory, StoreMemory
from services.extraction.merging import Learnt, Near, changes_for, evidence_for
from services.kit.bus import Bus
from services.kit.errors import Unavailable

logger = structlog.get_logger()

ORDER_TIMEOUT_S = 5.0
ACTOR = "extraction"


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and the one namespace that it may read and write."""

    workspace_id: str
    namespace: str
    job_id: str


@dataclass(frozen=True, slots=True)
class Place(Job):
    """The job of a session, in whose namespace belongs what it learns."""

    session_id: str

    def command_id(self, ordinal: int) -> UUID:
        """The same for the same step, however often it is ordered."""
        return derived_id("extraction", self.workspace_id, self.session_id, str(ordinal))


class Ordering:
    """Answers are contracts.replies.Reply as JSON. All raise Unavailable and NotStored: it may be done all the same."""

    def __init__(self, bus: Bus):
        self._bus = bus

    async def store(self, place: Place, ordinal: int, learnt: Learnt, near: Near | None) -> dict[str, Any]:
        command_id = place.command_id(ordinal)
        order = StoreMemory(
            **sent(place, command_id),
            memory_id=memory_id_from(command_id),
            namespace=place.namespace,
            draft=learnt.draft,
            source_session_id=place.session_id,
            evidence=evidence_for(learnt, place.session_id, near),
        )
        return await self.order(order)

    async def revise(self, place: Place, ordinal: int, learnt: Learnt, near: Near, *, ours: bool) -> dict[str, Any]:
        """Refused with `revision_mismatch` where the memory was changed since it was found."""
        order = ReviseMemory(
            **sent(place, place.command_id(ordinal)),
            memory_id=near.memory["memory_id"],
            expected_revision=near.memory["revision"],
            changes=changes_for(near.memory, learnt.draft, ours=ours),
            evidence=evidence_for(learnt, place.session_id, near),
        )
        return await self.order(order)

    async def record(
        self,
        job: Job,
        status: JobStatus,
        *,
        reason: str | None = None,
        error: str | None = None,
        counts: dict[str, int] | None = None,
        memory_ids: Sequence[str] = (),
    ) -> None:
        """Says where the job is. To say it again changes nothing, so each time is a wish of its own."""
        order = RecordJob(
            **sent(job, uuid4()),
            job_id=job.job_id,
            status=status,
            reason=reason,
            error=error,
            counts=counts or {},
            memory_ids=tuple(memory_ids),
        )
        if (refusal := (await self.order(order)).get("refusal")) is not None:
            logger.warning("a job's state was refused", job_id=job.job_id, status=status, code=refusal["code"])

    async def order(self, command: Command) -> dict[str, Any]:
        answer = await self._bus.order(subjects.command(command), command, ORDER_TIMEOUT_S)
        if answer is None:
            raise Unavailable("memory has not decided yet")
        return answer


def sent(job: Job, command_id: UUID, actor: str = ACTOR) -> dict[str, Any]:
    """What every command carries."""
    return {
        "command_id": command_id,
        "attempt": uuid4(),
        "workspace_id": job.workspace_id,
        "actor": actor,
        "grants": Grants(read=(job.namespace,), write=(job.namespace,), default=job.namespace),
        "issued_at": now(),
    }
