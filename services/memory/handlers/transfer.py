"""Exports: each page is read by itself, in one short transaction; what is stored meanwhile may or may not be in one."""

from contracts import subjects
from contracts.queries import Export
from contracts.replies import Reply
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.store import transfer


class Exports:
    def __init__(self, database: Database):
        self._database = database

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(Export), Export)(self.read)

    async def read(self, asked: Export) -> Reply:
        return Reply(body=await self._database.read(asked.workspace_id, lambda it: transfer.read(it, asked)))
