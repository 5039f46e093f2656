"""Commands: everything that one fetch brought is one transaction (a commit is an fsync)."""

from collections.abc import Sequence
from itertools import groupby

from pydantic_core import from_json
from uuid_utils.compat import uuid7

from contracts import subjects
from contracts.base import now
from contracts.commands import COMMANDS, AnyCommand, TenancyOrder
from contracts.events import MemoryConsolidated
from services.kit.asking import send_answer
from services.kit.bus import Bus, NatsMessage, reply_address
from services.kit.errors import Poison
from services.kit.grouping import Group
from services.kit.postgres import Connection, Database
from services.kit.process import Wakeable
from services.memory.decisions.batch import DELETIONS, Recorded, decide_all
from services.memory.decisions.concerned import concerned
from services.memory.loops.keys import KeyEntries
from services.memory.projections import project
from services.memory.store import log

TRANSACTION_MAX = 100
"""Commands that are committed together."""


class Commands:
    """The write path. `committed` is woken after each commit that left something for the relay; `keys` tells the
    gateways what changed of keys before anyone is answered."""

    def __init__(self, bus: Bus, database: Database, committed: Wakeable, keys: KeyEntries):
        self._bus = bus
        self._database = database
        self._committed = committed
        self._keys = keys
        self._group: Group[AnyCommand, bytes] = Group(self._carry_out, TRANSACTION_MAX)

    async def handle(self, message: NatsMessage) -> None:
        """Decides one command and answers its sender; returns when the answer is on disk."""
        answer = await self.carry_out(read_command(message.raw_message.subject, message.body))
        if (address := reply_address(message)) is not None:
            await send_answer(self._bus.client, address, answer)

    async def carry_out(self, command: AnyCommand) -> bytes:
        """The answer (a Reply in JSON), once it is on disk, and holds at every gateway."""
        answer = await self._group.submit(command)
        if isinstance(command, TenancyOrder):  # also one that was decided before: it may have been interrupted here
            await self._keys.tell([command.workspace_id])
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
    connection: Connection, workspace_id: str, commands: Sequence[AnyCommand]
) -> tuple[list[bytes], list[Recorded]]:
    """Lock, load, decide, append, project, remember the answers; all of one workspace, inside a transaction."""
    command_ids = [command.command_id for command in commands]
    state, generation, known = await log.enter(connection, workspace_id, command_ids, concerned(commands))
    decided_at = now()
    batch = decide_all(state, commands, known, decided_at, iter(uuid7, None))
    deleted = [each for each in batch.recorded if isinstance(each.event, DELETIONS)]
    if deleted:
        await log.destroy_keys(connection, workspace_id, deleted)
    if batch.recorded or batch.counted:
        await project(connection, state, generation, batch.recorded, batch.counted)
    if batch.recorded:
        await log.append(connection, state, batch.recorded)
        await log.advance(connection, state)
    if deleted:
        await log.erase(connection, workspace_id, deleted)
    said = [each for each in batch.recorded if isinstance(each.event, MemoryConsolidated)]
    if said:
        await log.erase_said_before(connection, workspace_id, said)
    if batch.forgotten:
        await log.erase_answers_with(connection, workspace_id, batch.forgotten)
    if batch.settled:
        await log.record_commands(connection, workspace_id, batch.settled, decided_at)
    return batch.answers, batch.recorded


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
