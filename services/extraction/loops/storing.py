"""One step of a job: something learnt becomes a memory, or confirms one that says the same."""

from typing import Any

from contracts.base import memory_id_from
from services.extraction.loops.ordering import Ordering, Place
from services.extraction.loops.reading import Reading
from services.extraction.merging import Learnt, fingerprint, is_ours, nearest
from services.extraction.store import jobs
from services.extraction.store.jobs import Job, Outcome
from services.kit.errors import Unavailable
from services.kit.postgres import Database

TRIES_MAX = 5
"""How often a step is decided anew because the memory it was about changed meanwhile."""

MEANWHILE = ("revision_mismatch", "unknown_memory", "contended")
DONE_BEFORE = ("already_exists", "idempotency_key_expired")


class Failed(Exception):
    """The job can't be done, and trying again would not help by itself. `error` is the class of failure, `reason` says
    more of it to a person, where there is more to say.
    """

    def __init__(self, error: str, reason: str | None = None):
        super().__init__(error)
        self.error = error
        self.reason = reason


class Waiting(Exception):
    """The job can't go on at present, and `reason` says why, for people."""

    def __init__(self, reason: str, delay_s: float):
        super().__init__(reason)
        self.reason = reason
        self.delay_s = delay_s


class Storing:
    def __init__(self, database: Database, reading: Reading, ordering: Ordering, quota_retry_s: float):
        self._database = database
        self._reading = reading
        self._ordering = ordering
        self._quota_retry_s = quota_retry_s

    async def take(self, job: Job, place: Place, ordinal: int, learnt: Learnt) -> None:
        """Returns once memory has it and the step is noted as done. Raises Failed, Waiting, Transient.

        After a crash in between it is ordered once more under the same command_id, and answered as it was before.
        """
        for _ in range(TRIES_MAX):
            answer, ours = await self._order(place, ordinal, learnt)
            refusal = answer.get("refusal")
            if refusal is None:
                await self._note(job, place, ordinal, answer["body"], ours=ours)
                return
            match refusal["code"]:
                case code if code in MEANWHILE:
                    continue
                case "already_deleted":
                    await self._done(job, ordinal, "dropped", None)
                    return
                case code if code in DONE_BEFORE:
                    await self._done(job, ordinal, "stored", memory_id_from(place.command_id(ordinal)))
                    return
                case "memory_limit_reached":
                    raise Waiting(refusal["detail"], self._quota_retry_s)
                case code:
                    raise Failed(code)
        raise Unavailable("the memory to be revised changes again and again")

    async def _order(self, place: Place, ordinal: int, learnt: Learnt) -> tuple[dict[str, Any], bool]:
        """The answer, and whether the memory is, or becomes, extraction's own words."""
        near = nearest(learnt.draft, await self._reading.similar(place.workspace_id, place.namespace, learnt.draft))
        if near is None or not near.is_same:
            return await self._ordering.store(place, ordinal, learnt, near), True
        memory_id = near.memory["memory_id"]
        written = await self._database.read(
            place.workspace_id, lambda it: jobs.written(it, place.workspace_id, memory_id)
        )
        ours = is_ours(near.memory, written)
        return await self._ordering.revise(place, ordinal, learnt, near, ours=ours), ours

    async def _note(self, job: Job, place: Place, ordinal: int, memory: dict[str, Any], *, ours: bool) -> None:
        is_new = memory["memory_id"] == memory_id_from(place.command_id(ordinal))
        async with self._database.transaction(job.workspace_id) as connection:
            if is_new or ours:
                await jobs.remember_written(connection, job.workspace_id, memory["memory_id"], fingerprint(memory))
            outcome: Outcome = "stored" if is_new else "updated"
            await jobs.done(connection, job, ordinal, outcome, memory["memory_id"])

    async def _done(self, job: Job, ordinal: int, outcome: Outcome, memory_id: str | None) -> None:
        async with self._database.transaction(job.workspace_id) as connection:
            await jobs.done(connection, job, ordinal, outcome, memory_id)
