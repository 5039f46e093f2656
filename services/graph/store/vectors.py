"""Which vectors are near, with pgvector.

The index (HNSW) is one for all workspaces, and a filter is applied to what it has found: where a workspace is small
beside a big one, hardly any of the nearest are its own. So few vectors are compared one by one, which finds all; only
where there are many, and so a fair part of what the index finds, it is scanned, and scanned on until enough were found.
"""

from collections.abc import Sequence
from enum import Enum

from contracts.queries import GetNearDuplicates
from contracts.replies import Alike, NearDuplicates
from services.graph.relations import DUPLICATE_FROM, Due, Method
from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.graph", "discovery")

EXACT_MAX = 1_000
"""Comparing so many of 384 dimensions takes 2 ms; the index finds sixteen in less than one."""

INDEXED_DIMENSIONS = (256, 384, 512, 768, 1024, 1536, 3072)
"""Those for which migrations/ made an index."""

TWINS_MAX = 100
"""Near duplicates of one memory, the nearest, that are told."""

BEYOND = 2
"""The index looks for so many times more than are wanted: it knows only half precision, and orders by that."""


class Side(Enum):
    """Which of the others to look at, seen from a memory: a name for people, a condition in SQL."""

    OLDER = ("older", "(x.created_at, x.memory_id) < (v.created_at, v.memory_id)")
    NEWER = ("newer", "(x.created_at, x.memory_id) > (v.created_at, v.memory_id)")
    OTHERS = ("others", "x.node <> v.node")


async def missed(connection: Connection, workspace_id: str, nodes: Sequence[int]) -> list[int]:
    """Those of the nodes whose vectors came when a newer memory had looked for its nearest already."""
    values = {"workspace_id": workspace_id, "nodes": list(nodes), "alike": int(Due.ALIKE)}
    return [each["node"] for each in await rows(connection, SQL["missed"], values)]


async def twins(connection: Connection, asked: GetNearDuplicates) -> NearDuplicates:
    """All pairs, once, of which one is among the next few memories with an edge to a near duplicate, or from one.

    The edges say only which memories have a twin: each is joined to few, and a pair that they leave out may count.
    """
    values = {
        "workspace_id": asked.workspace_id,
        "namespace": asked.namespace,
        "after": asked.after,
        "limit": asked.limit,
        "near_duplicate": int(Method.NEAR_DUPLICATE),
    }
    ids = {each["node"]: each["memory_id"] for each in await rows(connection, SQL["with_twins"], values)}
    near = await nearest(
        connection,
        asked.workspace_id,
        list(ids),
        Side.OTHERS,
        limit=TWINS_MAX,
        threshold=DUPLICATE_FROM,
        readable=[asked.namespace],
    )
    others = {other for found in near.values() for other, _ in found} - ids.keys()
    named = await rows(connection, SQL["named"], {"nodes": list(others)})
    ids_of_all = ids | {each["node"]: each["memory_id"] for each in named}
    pairs = {
        (*sorted((ids[node], ids_of_all[other])),): min(cosine, 1.0)
        for node, found in near.items()
        for other, cosine in found
    }
    return NearDuplicates(
        pairs=tuple(Alike(one=one, other=other, similarity=cosine) for (one, other), cosine in sorted(pairs.items())),
        next=max(ids.values()) if len(ids) == asked.limit else None,
    )


async def nearest(
    connection: Connection,
    workspace_id: str,
    nodes: Sequence[int],
    side: Side,
    *,
    limit: int,
    threshold: float,
    readable: Sequence[str] | None = None,
) -> dict[int, list[tuple[int, float]]]:
    """For each of `nodes` that has a vector: (node, cosine) of the nearest, best first, from `threshold` on."""
    if not nodes:
        return {}
    name, condition = side.value
    scope = {"workspace_id": workspace_id, "nodes": list(nodes), "limit": EXACT_MAX + 1}
    one_by_one: list[int] = []
    by_index: dict[int, list[int]] = {}
    for each in await rows(connection, SQL[f"how_many_{name}"], scope):
        if each[name] > EXACT_MAX and each["dimension"] in INDEXED_DIMENSIONS:
            by_index.setdefault(each["dimension"], []).append(each["node"])
        elif each[name] > 0:
            one_by_one.append(each["node"])
    values = {
        "workspace_id": workspace_id,
        "threshold": threshold,
        "readable": None if readable is None else list(readable),
    }
    found = []
    if one_by_one:
        exact = SQL["nearest_exactly"].replace("{side}", condition)
        found += await rows(connection, exact, {**values, "nodes": one_by_one, "limit": limit})
    for dimension, of_it in by_index.items():
        await connection.execute(SQL["scan_on"].encode())
        indexed = SQL["nearest_by_index"].replace("{side}", condition).replace("{dimension}", str(dimension))
        found += await rows(connection, indexed, {**values, "nodes": of_it, "limit": BEYOND * limit})
    near: dict[int, list[tuple[int, float]]] = {}
    for each in found:
        of_source = near.setdefault(each["source"], [])
        if len(of_source) < limit:
            of_source.append((each["target"], each["cosine"]))
    return near
