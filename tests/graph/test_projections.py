"""What the graph makes of what it hears, beside a real memory service."""

import numpy as np
import pytest

from contracts.queries import GetMemories
from services.graph.projections import Changes, Projection
from services.graph.store.memories import Embedded
from services.kit.bus import Bus
from services.kit.postgres import Database, rows
from tests import examples
from tests.services import Talk

pytestmark = pytest.mark.usefixtures("memory_service")


async def test_a_vector_may_come_before_the_event_that_brings_its_text(
    databases: tuple[Database, Database], bus: Bus, memory: Talk
) -> None:
    """They come on two streams: whoever is told of the change later must not have passed the vector over."""
    database, workspace_id = databases[0], memory.workspace_id
    projection = Projection(bus, database)
    memory_id = (await memory.order(examples.store(workspace_id)))["body"]["memory_id"]
    told = Changes(memories=frozenset({memory_id}))
    await projection.apply(workspace_id, told)
    await memory.order(examples.revise(workspace_id, memory_id, {"narrative": "Told anew."}))
    [now] = await memory.ask(GetMemories(workspace_id=workspace_id, memory_ids=(memory_id,)))
    vector = np.eye(1, 384, dtype=np.float32)

    await projection.apply_vectors(workspace_id, [Embedded(memory_id, now["content_hash"], "model", vector)])
    await projection.apply(workspace_id, told)

    async with database.transaction(workspace_id) as connection:
        found = await rows(connection, "SELECT memory_id FROM vectors", {})
    assert [it["memory_id"] for it in found] == [memory_id]
