"""What the analysis needs of a workspace, and what it leaves."""

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg import sql
from pydantic_core import to_json

from contracts.replies import Rank
from services.graph.relations import ONE_WAY, Type
from services.graph.store.sealed import Row, Sealed, as_bytea, sealed_in
from services.kit.postgres import Connection, Database, load_sql, row, rows
from services.kit.sealing import tables

SQL = load_sql("services.graph", "ranks")

PART_MAX = 500
"""Memories to a message on DERIVED, on average. Parts are powers of two: a growing workspace seldom has others."""
PUT_MAX = 5_000

# COPY's binary format: a header of 19 bytes, then for each row the number of fields (int16) and each field after its
# length (int32), then a row of -1. All of ours have the same size.
_HEADER, _TRAILER = 19, 2
_RECORD = np.dtype(
    [
        ("fields", ">i2"),
        ("l1", ">i4"),
        ("source", ">i8"),
        ("l2", ">i4"),
        ("target", ">i8"),
        ("l3", ">i4"),
        ("method", ">i2"),
        ("l4", ">i4"),
        ("type", ">i2"),
        ("l5", ">i4"),
        ("confidence", ">f4"),
    ]
)


@dataclass(frozen=True, slots=True)
class Member:
    """A memory in the analysis; `pagerank` and `label` as they were said last, `wrapped` is its key."""

    node: int
    memory_id: str
    namespace: str
    memory_type: str
    title: str
    terms: tuple[str, ...]
    pagerank: float | None
    label: str | None
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Edges:
    """All m edges of a workspace, as indexes into its members. Rank flows from source to target, or both ways."""

    sources: NDArray[np.int32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]
    both_ways: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A workspace at the moment that `changed` counts; `parts` is in how many messages its ranks are, and `deleted` are
    memories that may still be named there.
    """

    members: list[Member]
    edges: Edges
    changed: int
    parts: int
    deleted: list[str]


async def load(database: Database, workspace_id: str) -> Loaded:
    """One snapshot of all that the analysis needs."""
    async with database.bulk(workspace_id) as connection:
        state = await row(connection, SQL["state"], {"workspace_id": workspace_id})
        found = await tables.sealed_rows(connection, workspace_id, SQL["members"], {"workspace_id": workspace_id})
        deleted = await rows(connection, SQL["deleted"], {"workspace_id": workspace_id})
        copied = await _copy(connection)
        sealed = sealed_in(connection, workspace_id) if found else None
    members = await asyncio.to_thread(_members, sealed, found) if sealed else []
    changed, parts = (state["changed"], state["parts"]) if state else (0, 0)
    return Loaded(members, _edges(members, copied), changed, parts, [each["memory_id"] for each in deleted])


def _members(sealed: Sealed, found: Sequence[Row]) -> list[Member]:
    """About ten microseconds each."""
    return [_member(sealed, each) for each in found]


def _member(sealed: Sealed, found: Row) -> Member:
    told = sealed.told(found)
    return Member(
        node=found["node"],
        memory_id=found["memory_id"],
        namespace=found["namespace"],
        memory_type=found["memory_type"],
        title=told.title,
        terms=told.terms,
        pagerank=found["pagerank"],
        label=sealed.label(found),
        wrapped=found["wrapped"],
    )


async def _copy(connection: Connection) -> bytes:
    chunks = []
    async with connection.cursor().copy(sql.SQL(SQL["copy_edges"])) as copy:
        async for chunk in copy:
            chunks.append(bytes(chunk))
    return b"".join(chunks)


def no_edges() -> Edges:
    return _edges([], b"")


def _edges(members: Sequence[Member], copied: bytes) -> Edges:
    """Of the most confident edge between two in each direction; what supersedes lends its weight to nobody."""
    records = np.frombuffer(copied[_HEADER:-_TRAILER], dtype=_RECORD)
    nodes = np.array([member.node for member in members], np.int64)
    order = np.argsort(nodes)
    place = order[np.searchsorted(nodes, records["source"], sorter=order)] if len(nodes) else order
    other = order[np.searchsorted(nodes, records["target"], sorter=order)] if len(nodes) else order
    superseding = records["type"] == int(Type.SUPERSEDES)
    one_way = np.isin(records["method"], [int(method) for method in ONE_WAY])
    # Sums depend on the order of what is added up, and the table has none.
    fixed = np.lexsort((records["method"], records["type"], other, place))
    return Edges(
        # The older one points to what took its place.
        np.where(superseding, other, place)[fixed].astype(np.int32),
        np.where(superseding, place, other)[fixed].astype(np.int32),
        records["confidence"][fixed].astype(np.float32),
        ~one_way[fixed],
    )


def part_of(memory_id: str, parts: int) -> int:
    return zlib.crc32(memory_id.encode()) % parts


def parts_for(memories: int) -> int:
    """How many messages the ranks of so many memories are in: a power of two."""
    return 1 << max(0, (max(memories, 1) - 1) // PART_MAX).bit_length()


async def put(connection: Connection, workspace_id: str, said: Sequence[tuple[Member, float, str | None]]) -> None:
    """Keeps what was said: PageRank and label of each, but for those that are gone since they were loaded."""
    listed = [(it.node, it.memory_id, it.wrapped, score, label) for it, score, label in said]
    await _put(connection, workspace_id, listed)


async def recall(connection: Connection, workspace_id: str, said: Mapping[str, Rank]) -> None:
    """What was said, by memory id, of memories of which the tables know no rank."""
    values = {"workspace_id": workspace_id, "memory_ids": list(said)}
    listed = [
        (each["node"], memory_id, each["wrapped"], said[memory_id].pagerank_score, said[memory_id].community_label)
        for each in await rows(connection, SQL["unranked"], values)
        for memory_id in (each["memory_id"],)
    ]
    await _put(connection, workspace_id, listed)


async def _put(
    connection: Connection, workspace_id: str, ranks: Sequence[tuple[int, str, bytes, float, str | None]]
) -> None:
    """Node, memory id, wrapped key, PageRank and label of each."""
    sealed = Sealed(await tables.enter(connection, workspace_id))
    for start in range(0, len(ranks), PUT_MAX):
        listed = [
            {"node": node, "pagerank": score, "label": as_bytea(sealed.seal_label(memory_id, wrapped, label))}
            for node, memory_id, wrapped, score, label in ranks[start : start + PUT_MAX]
        ]
        values = {"workspace_id": workspace_id, "ranks": to_json(listed).decode()}
        await connection.execute(SQL["put_ranks"].encode(), values)


async def analysed(connection: Connection, workspace_id: str, changed: int, parts: int, deleted: Sequence[str]) -> None:
    """The ranks are those of the state that `changed` counts, and name none of `deleted` any more."""
    values = {"workspace_id": workspace_id, "changed": changed, "parts": parts, "deleted": list(deleted)}
    await connection.execute(SQL["analysed"].encode(), values)
    await connection.execute(SQL["forgotten"].encode(), values)
