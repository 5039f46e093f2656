"""DERIVED: what others found out about memories becomes their `embedding_status`, PageRank and community."""

from collections import defaultdict
from collections.abc import Sequence

from contracts import subjects
from contracts.replies import Embedding, Ranks
from services.kit.bus import NatsMessage
from services.kit.grouping import Group
from services.kit.postgres import Database
from services.memory.store import endings, memories

TRANSACTION_MAX = 100


class Derived:
    """Applied any number of times: a status names the text that it is about, a part of the ranks is all there is of it.

    One group for both, so that two transactions of this process never wait for each other's rows.
    """

    def __init__(self, database: Database):
        self._database = database
        self._group: Group[Embedding | Ranks, None] = Group(self._apply, TRANSACTION_MAX)

    async def handle(self, message: NatsMessage) -> None:
        if not message.body:  # an erased entry leaves an empty body
            return
        match subjects.derived_kind(message.raw_message.subject):
            case "embedding":
                await self._group.submit(Embedding.model_validate_json(message.body))
            case "ranks":
                await self._group.submit(Ranks.model_validate_json(message.body))
            case _:  # judgements, and whatever else is found out, are nothing that a memory shows
                pass

    async def _apply(self, found: Sequence[Embedding | Ranks]) -> Sequence[None]:
        """Of several that say something of the same thing, only the last."""
        embeddings: dict[str, dict[str, Embedding]] = defaultdict(dict)
        ranks: dict[str, dict[int, Ranks]] = defaultdict(dict)
        for each in found:
            if isinstance(each, Embedding):
                embeddings[each.workspace_id][each.memory_id] = each
            else:
                ranks[each.workspace_id].pop(each.part, None)  # the last said is the last applied
                ranks[each.workspace_id][each.part] = each
        for workspace_id in sorted(embeddings.keys() | ranks.keys()):
            newest = embeddings[workspace_id]
            statuses = [(it, newest[it].content_hash, newest[it].status) for it in sorted(newest)]
            async with self._database.transaction(workspace_id) as connection:
                if not await endings.hold(connection, workspace_id):
                    await endings.erase_again(connection, workspace_id)  # where it was deleted, this is to go too
                    continue
                if statuses:
                    await memories.put_embedding_status(connection, workspace_id, statuses)
                for part in ranks[workspace_id].values():
                    await memories.put_ranks(connection, part)
        return [None] * len(found)
