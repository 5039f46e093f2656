"""Pairs of memories that a model may be asked about, what it said of them, and how often it was asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import to_json

from contracts.replies import Judgement
from services.graph.judgements import DUPLICATE_FROM, SIMILARITY_MIN, Note, Pair, PairKey
from services.graph.relations import Due, Found, Method, Type
from services.graph.store.sealed import Row, Sealed, as_bytea, sealed_in
from services.kit.postgres import Connection, load_sql, row, rows
from services.kit.sealing import tables

SQL = load_sql("services.graph", "judging")
TOUCH = load_sql("services.graph", "memories")["touch"]

KEPT_MAX = 500
"""So many judgements in one statement."""

JoinedAs = tuple[str, str, int]
"""Source, target and type of an edge."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory (a node) that waits, with an older one of its namespace that it is like."""

    node: int
    pair: Pair
    joined: bool
    """An edge says already what a model thought of the two."""


async def expect(connection: Connection, found: Sequence[Found]) -> None:
    """Memories that were found to be much like older ones wait from now on. Under the workspace's lock."""
    nodes = {
        edge.source
        for edge in found
        if edge.method is Method.EMBEDDING_SIMILARITY and SIMILARITY_MIN <= edge.confidence < DUPLICATE_FROM
    }
    if nodes:
        await connection.execute(SQL["expect"].encode(), {"nodes": sorted(nodes)})


async def take(connection: Connection, workspace_id: str, limit: int) -> dict[int, int]:
    """Some of the nodes that wait, the newest first, and how often the model failed to answer about each."""
    values = {"workspace_id": workspace_id, "limit": limit, "alike": int(Due.ALIKE)}
    return {each["node"]: each["faults"] for each in await rows(connection, SQL["take"], values)}


async def candidates(connection: Connection, workspace_id: str, nodes: Sequence[int]) -> list[Candidate]:
    values = {
        "nodes": list(nodes),
        "judgement": int(Method.LLM_JUDGEMENT),
        "similarity": int(Method.EMBEDDING_SIMILARITY),
    }
    found = await rows(connection, SQL["candidates"], values)
    sealed = sealed_in(connection, workspace_id)
    ends = {"nodes": list({end for each in found for end in (each["node"], each["other"])})}
    known = {each["node"]: each for each in await rows(connection, SQL["told"], ends)}
    hashes = {node: sealed.told(each).content_hash for node, each in known.items()}
    return [
        Candidate(
            each["node"],
            Pair(
                known[each["node"]]["memory_id"],
                hashes[each["node"]],
                known[each["other"]]["memory_id"],
                hashes[each["other"]],
                round(each["similarity"], 4),  # as it was found: the column has fewer digits than a float
            ),
            each["joined"],
        )
        for each in found
    ]


async def said_of(connection: Connection, workspace_id: str, keys: Iterable[PairKey]) -> dict[PairKey, Judgement]:
    """What was said of such contents, as far as anything was; it may name other memories that have, or had, them."""
    sealed = sealed_in(connection, workspace_id)
    by_hashes = {_key(sealed, *key): key for key in keys}
    values = {
        "workspace_id": workspace_id,
        "ones": [one for one, _ in by_hashes],
        "others": [other for _, other in by_hashes],
    }
    found = await rows(connection, SQL["said_of"], values)
    return {by_hashes[each["one"], each["other"]]: sealed.said(each) for each in found}


async def done(connection: Connection, nodes: Sequence[int]) -> None:
    """These wait no longer. Under the workspace's lock, since discovery may want them to."""
    if nodes:
        await connection.execute(SQL["done"].encode(), {"nodes": list(nodes)})


async def put_back(connection: Connection, workspace_id: str, memory_id: str) -> None:
    """It waits behind those that were not tried as often."""
    values = {"workspace_id": workspace_id, "memory_id": memory_id}
    await connection.execute(SQL["put_back"].encode(), values)


async def notes(connection: Connection, workspace_id: str, memory_ids: Sequence[str]) -> dict[str, Note]:
    """The memories as a model gets to see them, those that are there."""
    values = {"workspace_id": workspace_id, "memory_ids": list(memory_ids)}
    found = await tables.sealed_rows(connection, workspace_id, SQL["notes"], values)
    return {each["memory_id"]: _note(sealed_in(connection, workspace_id), each) for each in found}


def _note(sealed: Sealed, found: Row) -> Note:
    told = sealed.told(found)
    return Note(
        memory_id=found["memory_id"],
        content_hash=told.content_hash,
        title=told.title,
        memory_type=found["memory_type"],
        created_at=found["created_at"],
        narrative=sealed.narrative(found),
    )


# ---- the budget


async def asked_today(connection: Connection, workspace_id: str) -> int:
    found = await row(connection, SQL["asked_today"], {"workspace_id": workspace_id})
    return int(found["asked"]) if found else 0


async def reserve(connection: Connection, workspace_id: str, per_day: int) -> date | None:
    """Counts one call before it is made. The day (UTC) that it counts for; None where that has had all of its calls."""
    found = await row(connection, SQL["reserve"], {"workspace_id": workspace_id, "per_day": per_day})
    return found["asked_on"] if found else None


async def give_back(connection: Connection, workspace_id: str, day: date) -> None:
    """A call that was counted for that day cost nothing."""
    await connection.execute(SQL["give_back"].encode(), {"workspace_id": workspace_id, "day": day})


# ---- what was said


async def keep(connection: Connection, workspace_id: str, judgements: Sequence[Judgement]) -> None:
    """Notes what was said, and makes edges between memories whose texts are those that were judged. Under the
    workspace's lock.
    """
    changed = 0
    for start in range(0, len(judgements), KEPT_MAX):
        listed = await _rows(connection, workspace_id, judgements[start : start + KEPT_MAX])
        values = {
            "workspace_id": workspace_id,
            "judgements": to_json(listed).decode(),
            "judgement": int(Method.LLM_JUDGEMENT),
        }
        await connection.execute(SQL["note"].encode(), values)
        changed += (await connection.execute(SQL["join"].encode(), values)).rowcount
    if changed:
        await connection.execute(TOUCH.encode(), {"workspace_id": workspace_id})


async def joined(connection: Connection, workspace_id: str) -> set[JoinedAs]:
    """All edges in the workspace that come from judgements."""
    values = {"workspace_id": workspace_id, "judgement": int(Method.LLM_JUDGEMENT)}
    found = await rows(connection, SQL["joined"], values)
    return {(each["source"], each["target"], each["type"]) for each in found}


async def part(connection: Connection, workspace_id: str, edges: Iterable[JoinedAs]) -> None:
    """Takes such edges away."""
    listed = [{"source": source, "target": target, "type": of_type} for source, target, of_type in edges]
    if listed:
        values = {
            "workspace_id": workspace_id,
            "edges": to_json(listed).decode(),
            "judgement": int(Method.LLM_JUDGEMENT),
        }
        await connection.execute(SQL["part"].encode(), values)
        await connection.execute(TOUCH.encode(), {"workspace_id": workspace_id})


async def _rows(connection: Connection, workspace_id: str, judgements: Sequence[Judgement]) -> list[dict[str, Any]]:
    """Of those whose memories are both there."""
    ids = {end for it in judgements for end in (it.source_memory_id, it.target_memory_id)}
    values = {"workspace_id": workspace_id, "memory_ids": list(ids)}
    sealed, there = sealed_in(connection, workspace_id), set()
    for each in await rows(connection, SQL["keys"], values):
        sealed.learn(each["memory_id"], each["wrapped"])
        there.add(each["memory_id"])
    return [_row(sealed, it) for it in judgements if {it.source_memory_id, it.target_memory_id} <= there]


def _row(sealed: Sealed, judgement: Judgement) -> dict[str, Any]:
    one, other = _key(sealed, judgement.source_hash, judgement.target_hash)
    return {
        "one": one,
        "other": other,
        "source": judgement.source_memory_id,
        "target": judgement.target_memory_id,
        "source_content": sealed.keyed.content(judgement.source_hash),
        "target_content": sealed.keyed.content(judgement.target_hash),
        "type": None if judgement.relationship_type is None else int(Type.of(judgement.relationship_type)),
        "confidence": judgement.confidence,
        "said": as_bytea(sealed.seal_said(judgement)),
    }


def _key(sealed: Sealed, hash_a: str, hash_b: str) -> tuple[int, int]:
    """Stands for two contents in whichever order."""
    one, other = sorted((sealed.keyed.content(hash_a), sealed.keyed.content(hash_b)))
    return one, other
