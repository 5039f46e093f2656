"""An operator's requests. Only the bus user `admin` may send these (deploy/nats)."""

from base64 import b64decode

from contracts import subjects
from contracts.queries import OfWorkspace, Replay
from contracts.replies import Reply
from services.graph.handlers.events import Embeddings, Events
from services.graph.loops.rebuild import Rebuild
from services.graph.store import memories
from services.kit.bus import Bus
from services.kit.postgres import Database


class Admin:
    def __init__(self, database: Database, rebuild: Rebuild, events: Events, embeddings: Embeddings):
        self._database = database
        self._rebuild = rebuild
        self._events = events
        self._embeddings = embeddings

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.admin("graph", "digest"), OfWorkspace)(self.digest)
        bus.on_query(subjects.admin("graph", "rebuild"), OfWorkspace)(self.rebuild)
        bus.on_query(subjects.admin("graph", "replay"), Replay)(self.replay)

    async def digest(self, asked: OfWorkspace) -> Reply:
        found = await self._database.read(asked.workspace_id, lambda it: memories.digest(it, asked.workspace_id))
        return Reply(body=found)

    async def rebuild(self, asked: OfWorkspace) -> Reply:
        return Reply(body={"memories": await self._rebuild.rebuild(asked.workspace_id)})

    async def replay(self, asked: Replay) -> Reply:
        root = asked.subject.split(".", maxsplit=1)[0]
        hear = self._events.hear if root == "events" else self._embeddings.hear
        await hear(b64decode(asked.payload))
        return Reply()
