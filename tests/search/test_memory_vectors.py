"""Memories' vectors: a turn's worth of the model's work, and more of what DERIVED has already."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from services.kit.embedding import Vector, Vectors
from services.search.loops.embedding import EMBED_BATCH_MAX, VectorMaker
from services.search.loops.memory_vectors import MemoryVectors
from services.search.projections.memories import Change, Projection
from services.search.store import Index, Model, derived
from services.search.store.edge import EdgeEngine
from tests import examples
from tests.search.marking import MARKS
from tests.search.test_lease import a_process
from tests.services import Talk
from tests.stack import Servers

pytestmark = pytest.mark.slow

MODEL = Model("counted", 4)
MEMORIES = 3 * EMBED_BATCH_MAX


class Counting:
    """A model that counts the texts it is given."""

    name, dimension = MODEL.name, MODEL.dimension

    def __init__(self) -> None:
        self.texts = 0

    async def embed_query(self, text: str) -> Vector:
        raise AssertionError("nobody searches")

    async def embed_documents(self, texts: Sequence[str]) -> list[Vectors]:
        self.texts += len(texts)
        return [np.array([[1, 0, 0, 0]], np.float32) for _ in texts]

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_turn_is_a_batch_for_the_model_and_several_of_what_is_known(
    memory: Talk, memory_service: Servers, tmp_path: Path
) -> None:
    drafts = [examples.a_draft(title=f"Memory {number}") for number in range(MEMORIES)]
    answers = await asyncio.gather(*(memory.order(examples.store(memory.workspace_id, it)) for it in drafts))
    ids = [it["body"]["memory_id"] for it in answers]
    model, index = Counting(), Index(EdgeEngine(tmp_path), MODEL, MARKS)
    async with a_process(memory_service) as bus:
        await index.start()
        changes = [Change(memory.workspace_id, it) for it in ids]
        entries = await Projection(bus, index).apply_to(memory.workspace_id, changes, None)
        turns = MemoryVectors(bus, index, VectorMaker(model))
        await turns.embed_some(memory.workspace_id)
        assert model.texts == EMBED_BATCH_MAX
        for each in entries:
            vectors = np.array([[0, 1, 0, 0]], np.float32)
            await derived.save(bus, MODEL, memory.workspace_id, each.memory_id, each.content_hash, vectors=vectors)
        await turns.embed_some(memory.workspace_id)
        assert model.texts == EMBED_BATCH_MAX
        assert await index.count_pending(memory.workspace_id) == 0
        await index.close()
