"""What a workspace has and does, how far its readers are, and what they could not handle: for people who look at it."""

import asyncio

from pydantic_core import from_json

from contracts import subjects
from contracts.base import now
from contracts.queries import GetOverview
from contracts.replies import Overview, Refusal, Reply
from services.kit.bus import Bus, settled
from services.kit.errors import Unavailable
from services.kit.postgres import Database
from services.memory.store import overview

READERS = ("search", "graph", "extraction")
"""Each with a durable of its name on EVENTS."""


class Overviews:
    def __init__(self, bus: Bus, database: Database):
        self._bus = bus
        self._database = database

    def register(self) -> None:
        self._bus.on_query(subjects.query(GetOverview), GetOverview)(self.overview)

    async def overview(self, asked: GetOverview) -> Reply:
        found = await self._database.read(asked.workspace_id, lambda it: overview.read(it, asked, now().date()))
        if found is None:
            return Reply(refusal=Refusal(code="unknown_workspace", detail="Workspace not found."))
        log = found["log"]
        behind = await asyncio.gather(*(self._behind(reader, asked.workspace_id, **log) for reader in READERS))
        parked = await self._parked(asked.workspace_id)
        return Reply(body=Overview(**found, behind=dict(zip(READERS, behind, strict=True)), parked=parked))

    async def _behind(self, reader: str, workspace_id: str, head: int, published: int) -> int | None:
        """By how many events the log is ahead of the first that the reader has yet to work on; None where NATS does
        not say."""
        try:
            known = await self._bus.reader(subjects.EVENTS_STREAM, reader)
            filters = known.config.filter_subjects or [known.config.filter_subject or subjects.ALL_EVENTS]
            found = [
                await self._bus.next(subjects.EVENTS_STREAM, settled(known) + 1, subjects.within(workspace_id, each))
                for each in filters
            ]
        except Unavailable:
            return None
        waiting = [int(from_json(each.data)["seq"]) for each in found if each is not None and each.data]
        return head - min([*waiting, published + 1]) + 1

    async def _parked(self, workspace_id: str) -> dict[str, int]:
        """By service; of those that parked none there is nothing."""
        found = await self._bus.stream(subjects.PARKED_STREAM, subjects.parked("*", workspace_id))
        return {subject.split(".")[1]: count for subject, count in (found.state.subjects or {}).items()}
