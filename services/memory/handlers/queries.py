"""Queries: each one reads the primary, in one short transaction that sees one workspace."""

from pydantic_core import from_json

from contracts import subjects
from contracts.base import now
from contracts.queries import (
    GetCommand,
    GetMadeRelationships,
    GetMemories,
    GetMemory,
    GetNodes,
    GetWorkspace,
    ListMemories,
    ReadEvents,
    ReadLog,
)
from contracts.replies import CommandState, Refusal, Reply, Workspace
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.memory.decisions.answers import made_by_hand, public
from services.memory.decisions.grants import unknown_memory
from services.memory.decisions.plans import PLANS, is_near_limit, pruning
from services.memory.handlers.following import may_follow
from services.memory.store import log, memories, relationships, telling

PRUNING_OFFERED_MAX = 20

_UNKNOWN_COMMAND = Refusal(code="unknown_command", detail="Command not found.")


class Queries:
    """One method a question; each answers with a Reply."""

    def __init__(self, bus: Bus, database: Database):
        self._bus = bus
        self._database = database

    def register(self) -> None:
        bus = self._bus
        bus.on_query(subjects.query(GetMemory), GetMemory)(self.get)
        bus.on_query(subjects.query(ListMemories), ListMemories)(self.browse)
        bus.on_query(subjects.query(GetMemories), GetMemories)(self.get_many)
        bus.on_query(subjects.query(GetNodes), GetNodes)(self.nodes)
        bus.on_query(subjects.query(GetMadeRelationships), GetMadeRelationships)(self.relationships)
        bus.on_query(subjects.query(GetWorkspace), GetWorkspace)(self.workspace)
        bus.on_query(subjects.query(GetCommand), GetCommand)(self.command)
        bus.on_query(subjects.query(ReadLog), ReadLog)(self.read_log)
        bus.on_query(subjects.query(ReadEvents), ReadEvents)(self.events)

    async def get(self, asked: GetMemory) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = (await memories.get(connection, asked.workspace_id, [asked.memory_id])).get(asked.memory_id)
            if found is None or found.namespace not in asked.readable:
                return Reply(refusal=unknown_memory(asked.memory_id))
            return Reply(body=public(asked.workspace_id, found))

        return await self._database.read(asked.workspace_id, work)

    async def browse(self, asked: ListMemories) -> Reply:
        async def work(connection: Connection) -> Reply:
            workspace = await memories.get_workspace(connection, asked.workspace_id)
            if workspace is None:
                return Reply(body=[])
            page = await memories.browse(connection, asked, pruning(workspace["plan"], now()))
            return Reply(body=[public(asked.workspace_id, found) for found in page])

        return await self._database.read(asked.workspace_id, work)

    async def get_many(self, asked: GetMemories) -> Reply:
        """Memories with their `version` and `content_hash`, for services that keep something derived from them.

        `by_hand`: somebody wrote or changed it, and what is extracted from sessions leaves its text alone. `apart`:
        somebody undid a consolidation of it, and nightly work leaves it alone.
        """

        async def work(connection: Connection) -> Reply:
            found = await memories.get(connection, asked.workspace_id, asked.memory_ids)
            return Reply(
                body=[
                    {
                        "memory": public(asked.workspace_id, each),
                        "version": each.version,
                        "content_hash": each.content_hash,
                        "by_hand": each.by_hand,
                        "apart": each.apart,
                    }
                    for each in found.values()
                    if asked.readable is None or each.namespace in asked.readable
                ]
            )

        return await self._database.read(asked.workspace_id, work)

    async def nodes(self, asked: GetNodes) -> Reply:
        async def work(connection: Connection) -> Reply:
            return Reply(body=await memories.get_nodes(connection, asked))

        return await self._database.read(asked.workspace_id, work)

    async def relationships(self, asked: GetMadeRelationships) -> Reply:
        """The oldest first. Whether both ends may be seen, the asker has to find out."""

        async def work(connection: Connection) -> Reply:
            found = await relationships.get(connection, asked.workspace_id, touching=[asked.memory_id])
            return Reply(body=[made_by_hand(each) for each in found.values()])

        return await self._database.read(asked.workspace_id, work)

    async def workspace(self, asked: GetWorkspace) -> Reply:
        async def work(connection: Connection) -> Reply:
            found = await memories.get_workspace(connection, asked.workspace_id)
            if found is None:
                return Reply(refusal=Refusal(code="unknown_workspace", detail="Workspace not found."))
            near = is_near_limit(found["plan"], found["memory_count"])
            offered = await self._offered(connection, asked, found["plan"]) if near else ()
            limits = PLANS[found["plan"]]
            return Reply(
                body=Workspace(
                    **found,
                    memory_limit=limits.memories,
                    retention_days=limits.retention_days,
                    near_limit=near,
                    pruning_candidates=offered,
                )
            )

        return await self._database.read(asked.workspace_id, work)

    async def _offered(self, connection: Connection, asked: GetWorkspace, plan: str) -> tuple[str, ...]:
        question = ListMemories(
            workspace_id=asked.workspace_id,
            readable=asked.readable,
            pruning_candidates=True,
            ordering="importance_score",
            limit=PRUNING_OFFERED_MAX,
        )
        return tuple(found.memory_id for found in await memories.browse(connection, question, pruning(plan, now())))

    async def command(self, asked: GetCommand) -> Reply:
        """What was decided is in the inbox; what could not be handled is on PARKED, until it is replayed."""

        async def work(connection: Connection) -> Reply | None:
            found = await log.get_command(connection, asked.workspace_id, asked.command_id)
            if found is None:
                return None
            answer = from_json(found["answer"]) if found["answer"] is not None else {}
            if not await may_follow(connection, asked, answer.get("body")):
                return Reply(refusal=_UNKNOWN_COMMAND)
            return Reply(
                body=CommandState(
                    command_id=asked.command_id,
                    status=found["status"],
                    refusal=answer.get("refusal"),
                    result=answer.get("body"),
                )
            )

        decided = await self._database.read(asked.workspace_id, work)
        if decided is not None:
            return decided
        if await self._is_parked(asked):
            return Reply(body=CommandState(command_id=asked.command_id, status="parked"))
        return Reply(refusal=_UNKNOWN_COMMAND)

    async def _is_parked(self, asked: GetCommand) -> bool:
        wanted = str(asked.command_id).encode()
        parked = self._bus.stored(subjects.PARKED_STREAM, subjects.parked(self._bus.service, asked.workspace_id))
        return any([wanted in (message.data or b"") async for message in parked])

    async def read_log(self, asked: ReadLog) -> Reply:
        async def work(connection: Connection) -> Reply:
            return Reply(body=await log.read(connection, asked.workspace_id, asked.after_seq, asked.limit))

        return await self._database.read(asked.workspace_id, work)

    async def events(self, asked: ReadEvents) -> Reply:
        return Reply(body=await self._database.read(asked.workspace_id, lambda it: telling.page(it, asked)))
