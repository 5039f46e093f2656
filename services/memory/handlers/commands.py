"""Commands: everything that one fetch brought is one transaction (a commit is an fsync)."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from pydantic_core import from_json
from uuid_utils.compat import uuid7

from contracts import subjects
from contracts.base import now
from contracts.commands import COMMANDS, AnyCommand, IngestDocument, TenancyOrder
from contracts.events import ChunksRecorded, DocumentReady, MemoryConsolidated, WorkspaceDeleted
from services.kit import telemetry
from services.kit.asking import send_answer
from services.kit.bus import Bus, NatsMessage, reply_address
from services.kit.errors import Poison
from services.kit.grouping import Group
from services.kit.postgres import Connection, Database
from services.kit.process import Wakeable
from services.kit.sealing.tables import destroy_workspace
from services.memory.decisions.batch import DELETIONS, Recorded, decide_all
from services.memory.decisions.concerned import concerned
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.state import WorkspaceState
from services.memory.handlers.blobs import Blobs
from services.memory.loops.keys import KeyEntries
from services.memory.projections import project
from services.memory.store import endings, log

TRANSACTION_MAX = 100
"""Commands that are committed together."""
TAKEN_IN_MAX = 4
"""Documents that are taken in at a time: their bytes are held meanwhile."""
NO_CONTENTS: Mapping[UUID, bytes] = {}


class Commands:
    """The write path. `committed` is woken after each commit that left something for the relay; `keys` tells the
    gateways what changed of keys before anyone is answered."""

    def __init__(self, bus: Bus, database: Database, committed: Wakeable, keys: KeyEntries):
        self._bus = bus
        self._database = database
        self._committed = committed
        self._keys = keys
        self._blobs = Blobs(bus)
        self._taking_in = asyncio.Semaphore(TAKEN_IN_MAX)
        self._group: Group[AnyCommand, bytes] = Group(self._carry_out, TRANSACTION_MAX, stage="carry_out")

    async def handle(self, message: NatsMessage) -> None:
        """Decides one command and answers its sender; returns when the answer is on disk."""
        command = read_command(message.raw_message.subject, message.body)
        if (named := telemetry.traceparent()) is not None:  # what follows from it follows from its being handled
            command = command.model_copy(update={"traceparent": named})
        answer = await self.carry_out(command)
        if (address := reply_address(message)) is not None:
            await send_answer(self._bus.client, address, answer)

    async def carry_out(self, command: AnyCommand) -> bytes:
        """The answer (a Reply in JSON), once it is on disk, and holds at every gateway."""
        if isinstance(command, IngestDocument):
            return await self._take_in(command)
        answer = await self._group.submit(command)
        if isinstance(command, TenancyOrder):  # also one that was decided before: it may have been interrupted here
            await self._keys.tell([command.workspace_id])
        return answer

    async def _take_in(self, command: IngestDocument) -> bytes:
        """By itself, few at a time: the bytes of a document would hold up whoever is in the same transaction.

        What was decided before is answered before it matters that its bytes have left BLOBS.
        """
        async with self._taking_in:
            content = await self._blobs.read(command.blob, command.size)
            contents = {} if content is None else {command.command_id: content}
            async with self._database.transaction(None) as connection:
                (answer,), recorded = await write(connection, command.workspace_id, [command], contents)
        if recorded:
            self._committed.wake()
        await self._blobs.erase(command.blob)
        return answer

    async def _carry_out(self, commands: Sequence[AnyCommand]) -> list[bytes]:
        """One transaction. Workspaces are locked in sorted order, so two writers never wait for each other."""
        answers: dict[int, bytes] = {}
        recorded: list[tuple[str, Recorded]] = []
        ordered = sorted(enumerate(commands), key=lambda numbered: numbered[1].workspace_id)
        async with self._database.transaction(None) as connection:
            for workspace_id, numbered in groupby(ordered, key=lambda numbered: numbered[1].workspace_id):
                places, group = zip(*numbered, strict=True)
                given, happened = await write(connection, workspace_id, group)
                answers |= zip(places, given, strict=True)
                recorded += ((workspace_id, each) for each in happened)
        if recorded:
            self._committed.wake()
        return [answers[place] for place in range(len(commands))]


async def write(
    connection: Connection,
    workspace_id: str,
    commands: Sequence[AnyCommand],
    contents: Mapping[UUID, bytes] = NO_CONTENTS,
) -> tuple[list[bytes], list[Recorded]]:
    """Lock, load, decide, append, project, remember the answers; all of one workspace, inside a transaction.

    `contents` are the bytes that came with commands, by the commands' ids.
    """
    command_ids = [command.command_id for command in commands]
    state, generation, known = await log.enter(connection, workspace_id, command_ids, concerned(commands))
    state.contents = contents
    decided_at = now()
    batch = decide_all(state, commands, known, decided_at, iter(uuid7, None))
    deleted = [each for each in batch.recorded if isinstance(each.event, DELETIONS)]
    if deleted:
        await log.note_deletions(connection, workspace_id, deleted)
        await log.destroy_keys(connection, workspace_id, deleted)
    ended = next((each for each in batch.recorded if isinstance(each.event, WorkspaceDeleted)), None)
    if ended is not None:
        await endings.end(connection, state, ended)
    elif batch.recorded or batch.counted:
        await project(connection, state, generation, batch.recorded, batch.counted)
    if batch.recorded:
        await log.append(connection, state, batch.recorded)
        await log.advance(connection, state)
    if state.deleted and ended is None:
        await endings.erase_again(connection, workspace_id)
    if deleted:
        await log.erase(connection, workspace_id, deleted)
    if anew := said_anew(state, batch.recorded):
        await log.erase_said_before(connection, workspace_id, anew)
    if batch.forgotten:
        await log.erase_answers_with(connection, workspace_id, batch.forgotten)
    if ended is not None:
        await destroy_workspace(connection, workspace_id)
    if batch.settled:
        await log.record_commands(connection, state, batch.settled, decided_at)
    return batch.answers, batch.recorded


def said_anew(
    state: WorkspaceState, recorded: Sequence[Recorded]
) -> list[tuple[Recorded, type[MemoryConsolidated | ChunksRecorded], int]]:
    """The events after which others of their stream count no more: of which kind, and below which version of it."""
    found: list[tuple[Recorded, type[MemoryConsolidated | ChunksRecorded], int]] = []
    for each in recorded:
        match each.event:
            case MemoryConsolidated():
                found.append((each, MemoryConsolidated, each.version))
            case DocumentReady():
                document = state.documents[each.stream]
                if isinstance(document, DocumentState) and document.version == each.event.version:  # else: next time
                    found.append((each, ChunksRecorded, document.begun))
            case _:
                pass
    return found


def read_command(subject: str, body: bytes) -> AnyCommand:
    """Raises Poison for what is no command of ours."""
    try:
        kind = COMMANDS[subjects.command_kind(subject)]
    except (KeyError, ValueError):
        raise Poison("unknown command") from None
    try:
        return kind.model_validate(from_json(body), strict=False)
    except ValueError:
        raise Poison("malformed command") from None
