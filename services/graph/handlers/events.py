"""Events and embeddings: everything that one fetch brought goes into the tables together."""

from collections import defaultdict
from collections.abc import Sequence

from contracts.replies import Embedding
from services.graph.loops.discovery import Discovery
from services.graph.projections import Changes, Projection, by_workspace, changes_of, embedded_of
from services.graph.store.memories import Embedded
from services.kit.bus import NatsMessage, read_event
from services.kit.grouping import Group
from services.kit.pacing import Pace

CHANGES_MAX = 100


class Events:
    """`discovery` is told when something may be due. While events stream in, the graph steps back."""

    def __init__(self, projection: Projection, discovery: Discovery, pace: Pace):
        self._projection = projection
        self._discovery = discovery
        self._pace = pace
        self._group: Group[tuple[str, Changes], None] = Group(self._apply, CHANGES_MAX, pace, stage="relate")

    async def handle(self, message: NatsMessage) -> None:
        self._pace.saw(message)
        await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when the tables have what the event says."""
        event = read_event(body)
        if (changes := changes_of(event)) is not None:
            await self._group.submit((event.workspace, changes))

    async def _apply(self, changes: Sequence[tuple[str, Changes]]) -> Sequence[None]:
        for workspace_id, together in by_workspace(changes).items():
            await self._projection.apply(workspace_id, together)
        self._discovery.expect()
        return [None] * len(changes)


class Embeddings:
    """What DERIVED says of texts, in any order and any number of times: the content's hash says what it is about."""

    def __init__(self, projection: Projection, discovery: Discovery, pace: Pace):
        self._projection = projection
        self._discovery = discovery
        self._group: Group[tuple[str, Embedded], None] = Group(self._apply, CHANGES_MAX, pace, stage="take_vectors")

    async def handle(self, message: NatsMessage) -> None:
        if message.body:  # an erased entry leaves an empty body
            await self.hear(message.body)

    async def hear(self, body: bytes) -> None:
        """Returns when the tables have the vector, or do not want it."""
        kept = Embedding.model_validate_json(body)
        if (embedded := embedded_of(kept)) is not None:
            await self._group.submit((kept.workspace_id, embedded))

    async def _apply(self, found: Sequence[tuple[str, Embedded]]) -> Sequence[None]:
        together: dict[str, list[Embedded]] = defaultdict(list)
        for workspace_id, embedded in found:
            together[workspace_id].append(embedded)
        for workspace_id, its_own in together.items():
            await self._projection.apply_vectors(workspace_id, its_own)
        self._discovery.expect()
        return [None] * len(found)
