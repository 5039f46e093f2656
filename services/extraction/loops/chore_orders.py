"""One order of nightly work: memories are folded into another, or a memory gets its type."""

from typing import assert_never

from contracts.base import Evidence, derived_id
from contracts.commands import Command, ConsolidateMemories, MemoryChanges, ReviseMemory
from services.extraction.loops.ordering import Job, Ordering, sent
from services.extraction.loops.reading import Reading
from services.extraction.merging import BUILT_IN, fingerprint, is_ours
from services.extraction.retyping import Retype
from services.extraction.store import chores, jobs
from services.extraction.store.chores import Chore, Order, Outcome
from services.extraction.twins import Fold
from services.kit.errors import Unavailable
from services.kit.postgres import Database

CHANGED = ("revision_mismatch", "unknown_memory", "not_to_be_consolidated", "already_deleted")
"""Why an order is passed over: the memory is not what it was. The next night it is looked at again."""
DONE_BEFORE = "idempotency_key_expired"


class Failed(Exception):
    """The job can't be done, and trying again would not help by itself. `error` is the class of failure."""

    def __init__(self, error: str):
        super().__init__(error)
        self.error = error


class ChoreOrders:
    def __init__(self, database: Database, reading: Reading, ordering: Ordering):
        self._database = database
        self._reading = reading
        self._ordering = ordering

    async def carry_out(self, chore: Chore, order: Order) -> None:
        """Returns once it is done, and noted. Raises Failed, Transient.

        After a crash in between it is ordered once more under the same command_id, and answered as it was before.
        """
        ours = await self._is_ours(chore, order.wanted.memory_id)
        answer = await self._ordering.order(command_of(chore, order))
        outcome: Outcome = "done"
        if (refusal := answer.get("refusal")) is not None:
            code = refusal["code"]
            if code == "contended":
                raise Unavailable("a memory is being changed by others")
            if code in CHANGED:
                outcome = "passed_over"
            elif code != DONE_BEFORE:
                raise Failed(code)
        written = await self._fingerprint(chore, order.wanted.memory_id) if ours and outcome == "done" else None
        async with self._database.transaction(chore.workspace_id) as connection:
            if written is not None:  # what was all extraction's own words still is
                await jobs.remember_written(connection, chore.workspace_id, order.wanted.memory_id, written)
            await chores.done(connection, chore, order.ordinal, outcome)

    async def _is_ours(self, chore: Chore, memory_id: str) -> bool:
        found = (await self._reading.memories(chore.workspace_id, [memory_id])).get(memory_id)
        written = await self._database.read(
            chore.workspace_id, lambda it: jobs.written(it, chore.workspace_id, memory_id)
        )
        return found is not None and is_ours(found["memory"], written)

    async def _fingerprint(self, chore: Chore, memory_id: str) -> str | None:
        found = (await self._reading.memories(chore.workspace_id, [memory_id])).get(memory_id)
        return fingerprint(found["memory"]) if found is not None else None


def command_of(chore: Chore, order: Order) -> Command:
    """The same for the same order, however often it is sent."""
    command_id = derived_id("chore", chore.workspace_id, chore.job_id, str(chore.version), str(order.ordinal))
    fields = sent(Job(chore.workspace_id, chore.namespace, chore.job_id), command_id, actor=chore.kind)
    match order.wanted:
        case Fold() as fold:
            return ConsolidateMemories(
                **fields,
                memory_id=fold.memory_id,
                expected_revision=fold.survivor.revision,
                others=fold.others,
            )
        case Retype() as retype:
            return ReviseMemory(
                **fields,
                memory_id=retype.memory_id,
                expected_revision=retype.memory.revision,
                changes=MemoryChanges(memory_type=retype.memory_type),
                evidence=Evidence(extractor=BUILT_IN),
            )
        case _:
            assert_never(order.wanted)
