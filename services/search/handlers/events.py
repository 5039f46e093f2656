"""Events about memories and documents, and memories' places in the graph."""

from collections.abc import Sequence

from pydantic import ValidationError

from contracts.replies import Ranks
from services.kit.bus import NatsMessage, read_event
from services.kit.errors import Poison
from services.kit.grouping import Group
from services.search.loops.documents import DocumentLoop
from services.search.loops.embedding import Expecting
from services.search.projections.memories import Change, News, Projection, change_of
from services.search.store import ChunkIndex, DueDocument

CHANGES_MAX = 100
"""Changes that go into the index together."""


class Events:
    """Everything that one fetch brought goes into the index together; of a document only that it is due."""

    def __init__(self, projection: Projection, chunks: ChunkIndex, embedding: Expecting, documents: DocumentLoop):
        self._projection = projection
        self._chunks = chunks
        self._embedding = embedding
        self._documents = documents
        self._group: Group[Change, None] = Group(self._apply, CHANGES_MAX, stage="index")

    async def handle(self, message: NatsMessage) -> None:
        await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when the index has what the event says."""
        match change_of(read_event(body)):
            case Change() as change:
                await self._group.submit(change)
            case News() as news:
                await self._chunks.note(news.workspace_id, [DueDocument(news.document_id, news.version)])
                self._documents.expect(news.workspace_id)
            case None:
                return

    async def _apply(self, changes: Sequence[Change]) -> Sequence[None]:
        await self._projection.apply(changes)
        for workspace_id in {change.workspace_id for change in changes}:
            self._embedding.expect(workspace_id, "memories")
        return [None] * len(changes)


class Places:
    """Memories' places in the graph, as the graph service says them on DERIVED."""

    def __init__(self, projection: Projection):
        self._projection = projection

    async def handle(self, message: NatsMessage) -> None:
        if message.body:  # an erased entry leaves an empty body
            await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when the index has it. Raises Poison for what are no ranks."""
        try:
            said = Ranks.model_validate_json(body)
        except ValidationError:
            raise Poison("malformed ranks") from None
        await self._projection.place(said)
