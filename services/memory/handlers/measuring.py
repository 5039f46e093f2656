"""How much there is of what: for whoever manages a workspace, and for the audit trail of exports."""

from contracts import subjects
from contracts.queries import CountContents, GetUsage
from contracts.replies import Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.store import measures


class Measuring:
    def __init__(self, database: Database):
        self._database = database

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(CountContents), CountContents)(self.contents)
        bus.on_query(subjects.query(GetUsage), GetUsage)(self.usage)

    async def contents(self, asked: CountContents) -> Reply:
        return Reply(body=await self._database.read(asked.workspace_id, lambda it: measures.contents(it, asked)))

    async def usage(self, asked: GetUsage) -> Reply:
        found = await self._database.read(asked.workspace_id, lambda it: measures.usage(it, asked))
        if found is None:
            return Reply(refusal=Refusal(code="unknown_workspace", detail="Workspace not found."))
        return Reply(body=found)
