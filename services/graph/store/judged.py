"""Pairs of memories that a model may be asked about, what it said of them, and how often it was asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic_core import to_json

from contracts.replies import Judgement
from services.graph.judgements import DUPLICATE_FROM, SIMILARITY_MIN, Note, Pair, PairKey, pair_key
from services.graph.relations import Due, Found, Method, Type
from services.kit.postgres import Connection, load_sql, row, rows

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


async def candidates(connection: Connection, nodes: Sequence[int]) -> list[Candidate]:
    values = {
        "nodes": list(nodes),
        "judgement": int(Method.LLM_JUDGEMENT),
        "similarity": int(Method.EMBEDDING_SIMILARITY),
    }
    return [
        Candidate(
            each["node"],
            Pair(
                each["newer_id"],
                each["newer_hash"],
                each["older_id"],
                each["older_hash"],
                round(each["similarity"], 4),  # as it was found: the column has fewer digits than a float
            ),
            each["joined"],
        )
        for each in await rows(connection, SQL["candidates"], values)
    ]


async def said_of(connection: Connection, workspace_id: str, keys: Iterable[PairKey]) -> dict[PairKey, Judgement]:
    """What was said of such contents, as far as anything was; it may name other memories that have, or had, them."""
    listed = sorted(set(keys))
    values = {
        "workspace_id": workspace_id,
        "ones": [one for one, _ in listed],
        "others": [other for _, other in listed],
    }
    found = await rows(connection, SQL["said_of"], values)
    return {(each["one"], each["other"]): Judgement.model_validate(each["said"]) for each in found}


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
    return {each["memory_id"]: Note(**each) for each in await rows(connection, SQL["notes"], values)}


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
        listed = [_row(it) for it in judgements[start : start + KEPT_MAX]]
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


def _row(judgement: Judgement) -> dict[str, Any]:
    one, other = pair_key(judgement.source_hash, judgement.target_hash)
    return {
        "one": one,
        "other": other,
        "source": judgement.source_memory_id,
        "target": judgement.target_memory_id,
        "source_hash": judgement.source_hash,
        "target_hash": judgement.target_hash,
        "type": None if judgement.relationship_type is None else int(Type.of(judgement.relationship_type)),
        "confidence": judgement.confidence,
        "context": judgement.context,
        "said": judgement.model_dump(mode="json"),
    }
