"""An operator's requests."""

from base64 import b64decode

from contracts import subjects
from contracts.queries import OfWorkspace, Replay
from contracts.replies import IndexedDocument, Reply
from services.kit.bus import Bus
from services.kit.errors import Unavailable
from services.search.handlers.events import Events, Places
from services.search.loops.rebuild import Rebuilds
from services.search.store import Indexes


class Admin:
    """Only the bus user `admin` may send these (deploy/nats)."""

    def __init__(self, indexes: Indexes, rebuilds: Rebuilds, events: Events, places: Places):
        self._indexes = indexes
        self._rebuilds = rebuilds
        self._events = events
        self._places = places

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.admin("search", "digest"), OfWorkspace)(self.digest)
        bus.on_query(subjects.admin("search", "digest_documents"), OfWorkspace)(self.digest_documents)
        bus.on_query(subjects.admin("search", "rebuild"), OfWorkspace)(self.rebuild)
        bus.on_query(subjects.admin("search", "replay"), Replay)(self.replay)

    async def digest(self, asked: OfWorkspace) -> Reply:
        return Reply(
            body=[
                {
                    "memory_id": it.memory_id,
                    "version": it.version,
                    "content_hash": it.content_hash,
                    "pagerank_score": it.pagerank,
                    "community_label": it.community,
                }
                for it in await self._indexes.memories.digest(asked.workspace_id)
            ]
        )

    async def digest_documents(self, asked: OfWorkspace) -> Reply:
        found = await self._indexes.chunks.documents(asked.workspace_id)
        return Reply(
            body=[IndexedDocument(document_id=it.document_id, version=it.version, chunks=it.chunks) for it in found]
        )

    async def rebuild(self, asked: OfWorkspace) -> Reply:
        """Memories and chunks. Raises Unavailable while another process rebuilds."""
        async with self._rebuilds.exclusive.held() as ours:
            if not ours:
                raise Unavailable("another search process is rebuilding")
            memories = await self._rebuilds.memories.rebuild(asked.workspace_id)
            chunks = await self._rebuilds.chunks.rebuild(asked.workspace_id)
        return Reply(body={"memories": memories, "chunks": chunks})

    async def replay(self, asked: Replay) -> Reply:
        of_ranks = subjects.derived_kind(asked.subject) == "ranks"
        await (self._places if of_ranks else self._events).hear(b64decode(asked.payload))
        return Reply()
