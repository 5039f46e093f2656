"""What a deletion leaves on the streams is taken off them message by message: a purge would leave its bytes on disk."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog
from pydantic import ValidationError
from pydantic_core import from_json

from contracts import subjects
from contracts.base import Moment, Word, derived_id
from contracts.events import EVENTS, CloudEvent, DocumentDeleted, EventErased, MemoryDeleted, RelationshipDeleted
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.store import sweeps
from services.memory.store.sweeps import SaidAnew, ToErase

logger = structlog.get_logger()

BATCH_MAX = 50
CONTENTLESS = (MemoryDeleted.verb, RelationshipDeleted.verb, DocumentDeleted.verb, EventErased.verb)
"""Events that stay."""


class CommandId(Word):
    """What a command is known by; the rest of it need not be understood."""

    command_id: UUID


class When(Word):
    """Of an event its place in the log, of a command when it was sent."""

    seq: int | None = None
    issued_at: Moment | None = None


class Eraser:
    """Works through the deletion ledger. Doing it twice changes nothing."""

    def __init__(self, bus: Bus, loops: Database, poll_s: float):
        self._bus = bus
        self._loops = loops
        self._poll_s = poll_s

    async def run(self) -> None:
        while True:
            found = await self._loops.read(None, lambda connection: sweeps.to_erase(connection, BATCH_MAX))
            for deleted in found:
                await self.erase(deleted)
            anew = await self._loops.read(None, lambda connection: sweeps.said_anew(connection, BATCH_MAX))
            for each in anew:
                await self.erase_before(each)
            if not found and not anew:
                await asyncio.sleep(self._poll_s)

    async def erase(self, deleted: ToErase) -> None:
        """Erases what was deleted from COMMANDS, EVENTS and PARKED, and says which events were erased."""
        await self._erase_commands(deleted)
        await self._erase_events(deleted)
        await self._erase_parked(deleted)
        async with self._loops.transaction(None) as connection:
            await self._say_erased(await sweeps.erased_events(connection, deleted))
            if deleted.entity == MemoryDeleted.entity:
                await sweeps.drop_derived(connection, deleted)
            await sweeps.mark_erased(connection, deleted)

    async def erase_before(self, anew: SaidAnew) -> None:
        """Erases what counts no more from EVENTS, and says which events those were."""
        subject = subjects.of_event(EVENTS[anew.type], anew.workspace_id, anew.entity_id)
        async for found in self._bus.stored(subjects.EVENTS_STREAM, subject):
            said = from_json(found.data or b"")
            if said["seq"] < anew.seq and said["version"] < anew.before:
                await self._bus.erase(subjects.EVENTS_STREAM, found.seq)
        async with self._loops.transaction(None) as connection:
            await self._say_erased(await sweeps.said_before(connection, anew))
            await sweeps.forget_said_anew(connection, anew)

    async def _say_erased(self, events: Sequence[CloudEvent]) -> None:
        for event in events:
            erased = event.model_copy(update={"id": derived_id("erased", str(event.id))})
            headers = {"Nats-Msg-Id": str(erased.id)}
            await self._bus.publish(subjects.event(erased), erased.model_dump_json().encode(), headers)

    async def _erase_commands(self, deleted: ToErase) -> None:
        """Only those that were decided: a relationship may be on its way to be made again."""
        subject = subjects.of_entity("commands", deleted.workspace_id, deleted.entity, deleted.entity_id)
        found = {
            int(it.seq or 0): _command_id(it.data) async for it in self._bus.stored(subjects.COMMANDS_STREAM, subject)
        }
        wanted = [command_id for command_id in found.values() if command_id is not None]
        async with self._loops.transaction(None) as connection:
            decided = await sweeps.were_decided(connection, deleted.workspace_id, wanted)
        for seq, command_id in found.items():
            if command_id is None or command_id in decided:
                await self._bus.erase(subjects.COMMANDS_STREAM, seq)

    async def _erase_events(self, deleted: ToErase) -> None:
        """Only those before the deletion, for the same reason."""
        subject = subjects.of_entity("events", deleted.workspace_id, deleted.entity, deleted.entity_id)
        async for found in self._bus.stored(subjects.EVENTS_STREAM, subject):
            if (found.subject or "").rpartition(".")[2] in CONTENTLESS:
                continue
            if from_json(found.data or b"")["seq"] < deleted.seq:
                await self._bus.erase(subjects.EVENTS_STREAM, found.seq)

    async def _erase_parked(self, deleted: ToErase) -> None:
        """What any service could not handle and was about it, from before the deletion: its replay would be in vain."""
        parked = subjects.parked("*", deleted.workspace_id)
        async for found in self._bus.stored(subjects.PARKED_STREAM, parked):
            subject = (found.headers or {}).get("Weft-Subject", "")
            if subjects.concerns(subject, deleted.workspace_id, deleted.entity_id) and _is_older(found.data, deleted):
                await self._bus.erase(subjects.PARKED_STREAM, found.seq)


def _is_older(body: bytes | None, deleted: ToErase) -> bool:
    """Whether a message is from before the deletion; what does not say when it is from can't be replayed either."""
    try:
        when = When.model_validate_json(body or b"")
    except ValidationError:
        return True
    if when.seq is not None:
        return when.seq < deleted.seq
    return when.issued_at is None or when.issued_at < deleted.deleted_at


def _command_id(body: bytes | None) -> UUID | None:
    """None for what is no command."""
    try:
        return CommandId.model_validate_json(body or b"").command_id
    except ValidationError:
        return None
