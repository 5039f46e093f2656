"""DERIVED: what search found out about a memory's text becomes its `embedding_status`."""

from collections import defaultdict
from collections.abc import Sequence

from contracts.replies import Embedding
from services.kit.bus import NatsMessage
from services.kit.grouping import Group
from services.kit.postgres import Database
from services.memory.store import memories

TRANSACTION_MAX = 100


class Embeddings:
    """Applied in any order and any number of times: the row names the text that it is about."""

    def __init__(self, database: Database):
        self._database = database
        self._group: Group[Embedding, None] = Group(self._apply, TRANSACTION_MAX)

    async def handle(self, message: NatsMessage) -> None:
        if message.body:  # an erased entry leaves an empty body
            await self._group.submit(Embedding.model_validate_json(message.body))

    async def _apply(self, found: Sequence[Embedding]) -> Sequence[None]:
        by_workspace: dict[str, dict[str, Embedding]] = defaultdict(dict)
        for each in found:
            by_workspace[each.workspace_id][each.memory_id] = each
        for workspace_id, newest in by_workspace.items():
            statuses = [(each.memory_id, each.content_hash, each.status) for each in newest.values()]
            async with self._database.transaction(workspace_id) as connection:
                await memories.put_embedding_status(connection, workspace_id, statuses)
        return [None] * len(found)
