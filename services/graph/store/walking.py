"""Reading the graph, each time only what the asker may read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.graph.relations import Method, Type, in_words
from services.graph.store.sealed import Row, Sealed, sealed_in
from services.graph.walks import Neighbour
from services.kit.postgres import Connection, load_sql, row, rows
from services.kit.sealing import tables

SQL = load_sql("services.graph", "walking")

NEIGHBOURS_MAX = 1_000_000
"""All of them: a shortest path may lead along the weakest edge."""


@dataclass(frozen=True, slots=True)
class View:
    """Which part of a workspace's graph is walked: what may be read, and which edges count."""

    workspace_id: str
    readable: tuple[str, ...]
    types: tuple[Type, ...] = tuple(Type)
    confident_from: float = 0.0

    def values(self, **more: object) -> dict[str, object]:
        return {
            "workspace_id": self.workspace_id,
            "readable": list(self.readable),
            "types": [int(each) for each in self.types],
            "confident_from": self.confident_from,
            **more,
        }


@dataclass(frozen=True, slots=True)
class Seen:
    """An edge between two memory ids."""

    source: str
    target: str
    type: Type
    confidence: float


@dataclass(frozen=True, slots=True)
class Discovered(Seen):
    """The same, with all that is known of it. `found_at`: when the newer of its memories was stored."""

    method: Method
    context: str | None
    found_at: datetime


async def nodes_of(connection: Connection, view: View, memory_ids: Sequence[str]) -> dict[str, int]:
    """Those of the memories that are there and readable."""
    found = await rows(connection, SQL["nodes_of"], view.values(memory_ids=list(memory_ids)))
    return {each["memory_id"]: each["node"] for each in found}


async def memory_ids_of(connection: Connection, view: View, nodes: Sequence[int]) -> dict[int, str]:
    """Those of the nodes that are readable."""
    found = await rows(connection, SQL["memory_ids_of"], view.values(nodes=list(nodes)))
    return {each["node"]: each["memory_id"] for each in found}


async def around(
    connection: Connection, view: View, nodes: Sequence[int], limit: int = NEIGHBOURS_MAX
) -> dict[int, list[Neighbour]]:
    """The neighbours of each, the most confident first; `limit` of them. Nodes without any are absent."""
    found = await rows(connection, SQL["around"], view.values(nodes=list(nodes), limit=limit))
    return {
        each["node"]: [
            Neighbour(*one)
            for one in zip(each["others"], each["memory_ids"], each["confidences"], each["pageranks"], strict=True)
        ]
        for each in found
    }


async def among(connection: Connection, view: View, nodes: Sequence[int]) -> list[Seen]:
    """All edges between these, one for each source, target and type."""
    found = await rows(connection, SQL["among"], view.values(nodes=list(nodes)))
    return [Seen(each["source"], each["target"], Type(each["type"]), each["confidence"]) for each in found]


async def web(
    connection: Connection, view: View, nodes: Sequence[int], per_node: int
) -> list[tuple[int, int, Type, float]]:
    """Source, target, type and confidence of edges between these: of each node `per_node` that lead away from it, those
    that say more than that two are related first, then the most confident."""
    values = {"nodes": list(nodes), "per_node": per_node, "telling": int(Type.SUPERSEDES)}
    found = await rows(connection, SQL["web"], view.values(**values))
    return [(each["source"], each["target"], Type(each["type"]), each["confidence"]) for each in found]


async def of_memory(connection: Connection, view: View, memory_id: str, limit: int) -> list[Discovered]:
    """A memory's discovered edges, one for each source, target and type; the most confident first."""
    values = view.values(memory_id=memory_id, limit=limit, manual=int(Method.MANUAL))
    found = await tables.sealed_rows(connection, view.workspace_id, SQL["of_memory"], values)
    if not found:
        return []
    sealed = sealed_in(connection, view.workspace_id)
    own = await row(connection, SQL["told"], values)
    held = sealed.told(own).features if own is not None else ()
    names = {sealed.keyed.feature(kind, name): name for kind, name in held}
    return [
        Discovered(
            each["source"],
            each["target"],
            Type(each["type"]),
            each["confidence"],
            Method(each["method"]),
            _context(sealed, each, names),
            each["found_at"],
        )
        for each in found
    ]


def _context(sealed: Sealed, edge: Row, names: Mapping[int, str]) -> str | None:
    """`names`: of what one of its ends holds, by key."""
    if edge["said"] is not None:
        return sealed.said(edge).context
    return in_words(edge["context"], edge["shared"] or (), names)


async def highest(connection: Connection, view: View, limit: int) -> tuple[dict[str, int], int]:
    """Memory id and node of highest PageRank first, and how many there are in all."""
    found = await rows(connection, SQL["highest"], view.values(limit=limit))
    return {each["memory_id"]: each["node"] for each in found}, found[0]["total"] if found else 0
