"""The graph's tables on the real Postgres, and an empty workspace in them for each test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.queries import GetNearDuplicates
from services.graph.loops.discovery import Discovery
from services.graph.relations import Method, in_words
from services.graph.store import memories, vectors
from services.graph.store.memories import Embedded, Entry
from services.graph.store.sealed import sealed_in
from services.kit.bus import Bus
from services.kit.pacing import Pace
from services.kit.postgres import Database, rows
from services.kit.sealing import tables
from services.kit.sealing.keys import Keyring
from services.kit.sealing.masters import Masters
from tests import examples
from tests.stack import Servers

START = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(hours=1)

EVERY_EDGE = """
SELECT s.memory_id, s.version, s.wrapped, s.told, t.memory_id AS target, e.method, e.confidence, e.context, e.shared
FROM edges e JOIN memories s ON s.node = e.source JOIN memories t ON t.node = e.target
WHERE e.said IS NULL
"""

Edge = tuple[str, str, str, float, str]
"""Source, target, method, confidence, context."""


def an_entry(number: int, **fields: object) -> Entry:
    """A memory that has nothing in common with any other; each an hour after the one before."""
    at = START + number * APART
    entry = Entry(
        memory_id=f"mem-{number:016d}",
        version=1,
        content_hash=f"{number:032x}",
        namespace="default",
        memory_type="general",
        title=f"Title of number {number}",
        narrative=f"Narrative {number}",
        source_files=(),
        concepts=(),
        tags=(),
        session=None,
        created_at=at,
        written_at=at,
    )
    return replace(entry, **fields)  # type: ignore[arg-type]


@dataclass
class Graph:
    """One workspace of the graph's store."""

    database: Database
    loops: Database
    workspace_id: str = field(default_factory=examples.a_workspace_id)

    async def change(self, *entries: Entry, gone: tuple[str, ...] = (), folded: tuple[str, ...] = ()) -> None:
        async with self.database.transaction(self.workspace_id) as connection:
            await memories.change(connection, self.workspace_id, entries, gone, folded)

    async def twins(self, limit: int = 100, namespace: str = "default") -> set[tuple[int, int]]:
        """All pairs of near duplicates by the numbers of `an_entry`, asked for in pages."""
        pairs, asked = set[tuple[int, int]](), {"workspace_id": self.workspace_id, "namespace": namespace}
        after: str | None = ""
        while after is not None:
            question = GetNearDuplicates.model_validate({**asked, "limit": limit, "after": after})
            async with self.database.transaction(self.workspace_id) as connection:
                found = await vectors.twins(connection, question)
            pairs |= {(int(it.one[4:]), int(it.other[4:])) for it in found.pairs}
            after = found.next
        return pairs

    async def embed(self, *vectors: tuple[Entry, NDArray[np.float32]]) -> None:
        """(dimension,) each."""
        embedded = [Embedded(it.memory_id, it.content_hash, "model", vector.reshape(1, -1)) for it, vector in vectors]
        async with self.database.transaction(self.workspace_id) as connection:
            await memories.put_vectors(connection, self.workspace_id, embedded)

    async def find(self) -> None:
        await Discovery(self.database, self.loops, Pace()).find_all(self.workspace_id)

    async def edges(self, *methods: Method) -> list[Edge]:
        found = []
        async with self.database.transaction(self.workspace_id) as connection:
            for it in await tables.sealed_rows(connection, self.workspace_id, EVERY_EDGE, {}):
                if not methods or Method(it["method"]) in methods:
                    sealed = sealed_in(connection, self.workspace_id)
                    names = {sealed.keyed.feature(kind, name): name for kind, name in sealed.told(it).features}
                    context = in_words(it["context"], it["shared"] or (), names) or ""
                    method = Method(it["method"]).public
                    found.append((it["memory_id"], it["target"], method, round(it["confidence"], 4), context))
        return sorted(found)

    async def pairs(self, *methods: Method) -> set[tuple[int, int]]:
        """Edges by the numbers of `an_entry`."""
        return {(int(it[0][4:]), int(it[1][4:])) for it in await self.edges(*methods)}

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.database.transaction(self.workspace_id) as connection:
            return await rows(connection, statement, {})


@contextmanager
def named(label: str) -> Iterator[None]:
    """Says which of many cases failed."""
    try:
        yield
    except AssertionError as failure:
        failure.add_note(label)
        raise


@pytest.fixture
async def databases(migrated: Servers) -> AsyncIterator[tuple[Database, Database]]:
    """As the service has them: the role that sees one workspace, and the one of the loops."""
    keyring = Keyring(Masters(migrated.home.master_key.read_text))
    pools = [
        Database(migrated.postgres_dsn(role), "graph,public", size_max=4, plan_each_time=True, keyring=keyring)
        for role in ("weft_graph", "weft_graph_loops")
    ]
    for pool in pools:
        await pool.open()
    yield pools[0], pools[1]
    for pool in pools:
        await pool.close()


@pytest.fixture
def graph(databases: tuple[Database, Database]) -> Graph:
    return Graph(*databases)


@pytest.fixture
async def bus(migrated: Servers) -> AsyncIterator[Bus]:
    opened = Bus(migrated.nats_url("graph"), "graph")
    await opened.connect()
    yield opened
    await opened.stop()
