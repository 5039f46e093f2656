"""Edges: what they are found from, and what was found. All under the workspace's lock (`memories.lock`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from services.graph.relations import (
    CANDIDATES_MAX,
    CROWD_MAX,
    EDGES_MAX,
    FOUND_BY,
    HOLDERS_MAX,
    SAYS,
    WITHIN,
    Due,
    Found,
    Kind,
    Method,
    Shared,
    Type,
    heads_in,
    ids_in,
)
from services.graph.store.sealed import sealed_in
from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.graph", "discovery")
TOUCH = load_sql("services.graph", "memories")["touch"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A memory whose edges are due, as far as `what` says; its narrative if that may name others (else empty)."""

    node: int
    what: Due
    narrative: str


async def due(connection: Connection, workspace_id: str, limit: int) -> list[Waiting]:
    """Those that were written or embedded, if there are any, else all others; the longest waiting first."""
    values = {"workspace_id": workspace_id, "limit": limit, "can_wait": int(Due.SHARED), "named": int(Due.NAMED)}
    found = await rows(connection, SQL["take_due"], values)
    sealed = sealed_in(connection, workspace_id)
    return [
        Waiting(each["node"], Due(each["what"]), sealed.narrative(each) if each["narrative"] is not None else "")
        for each in found
    ]


async def forget_due(connection: Connection, workspace_id: str) -> None:
    await connection.execute(SQL["forget_due"].encode(), {"workspace_id": workspace_id})


async def done(connection: Connection, nodes: Sequence[int]) -> None:
    await connection.execute(SQL["done"].encode(), {"nodes": list(nodes)})


async def shared(connection: Connection, workspace_id: str, nodes: Sequence[int]) -> list[Shared]:
    """Files, concepts and tags that these have in common with older memories."""
    values = {
        "workspace_id": workspace_id,
        "nodes": list(nodes),
        "kinds": [int(kind) for kind in (Kind.FILE, Kind.CONCEPT, Kind.TAG)],
        "holders_max": HOLDERS_MAX,
        "candidates_max": CANDIDATES_MAX,
    }
    return [
        Shared(
            each["source"],
            each["target"],
            Kind(each["kind"]),
            tuple(each["features"]),
            tuple(each["holders"]),
            each["age_rank"],
        )
        for each in await rows(connection, SQL["shared"], values)
    ]


async def in_session(connection: Connection, workspace_id: str, nodes: Sequence[int]) -> dict[int, list[int]]:
    """For each, the memories of its session right before it, the closest first."""
    limit = EDGES_MAX[Method.SESSION_COOCCURRENCE]
    values = {"workspace_id": workspace_id, "nodes": list(nodes), "session": int(Kind.SESSION), "limit": limit}
    return {each["source"]: each["others"] for each in await rows(connection, SQL["in_session"], values)}


async def right_before(
    connection: Connection, workspace_id: str, nodes: Sequence[int]
) -> dict[int, list[tuple[int, float]]]:
    """For each, what was stored within WITHIN before it, with the seconds between, the closest first."""
    values = {"workspace_id": workspace_id, "nodes": list(nodes), "within": WITHIN, "limit": CROWD_MAX + 1}
    found = await rows(connection, SQL["right_before"], values)
    return {each["source"]: list(zip(each["others"], each["seconds"], strict=True)) for each in found}


async def titled(
    connection: Connection, workspace_id: str, texts: Mapping[int, str]
) -> dict[int, list[tuple[int, str]]]:
    """For each text's memory, the memories whose title it may name: (node, title), the newest first."""
    sealed = sealed_in(connection, workspace_id)
    heads = {node: {sealed.keyed.head(head) for head in heads_in(text)} for node, text in texts.items()}
    every = {"workspace_id": workspace_id, "heads": list(set().union(*heads.values()))}
    there = {each["title_head"] for each in await rows(connection, SQL["heads"], every)}
    pairs = [(node, head) for node, of_it in heads.items() for head in sorted(of_it & there)]
    if not pairs:
        return {}
    values = {
        "workspace_id": workspace_id,
        "nodes": [node for node, _ in pairs],
        "heads": [head for _, head in pairs],
        "limit": EDGES_MAX[Method.EXPLICIT_MENTION],
    }
    found: dict[int, list[tuple[int, str]]] = {}
    for each in await rows(connection, SQL["titled"], values):
        found.setdefault(each["source"], []).append((each["target"], sealed.told(each).title))
    return found


async def identified(connection: Connection, workspace_id: str, texts: Mapping[int, str]) -> dict[int, list[int]]:
    """For each text's memory, the memories whose id stands in it."""
    named = [{"node": node, "ids": ids} for node, text in texts.items() if (ids := ids_in(text))]
    if not named:
        return {}
    found: dict[int, list[int]] = {}
    values = {"workspace_id": workspace_id, "ids": to_json(named).decode()}
    for each in await rows(connection, SQL["identified"], values):
        found.setdefault(each["source"], []).append(each["target"])
    return found


async def replace(
    connection: Connection, workspace_id: str, nodes: Mapping[Due, Sequence[int]], found: Sequence[Found]
) -> None:
    """From here on these are the edges of `nodes` by the methods that looked again; any other is withdrawn."""
    changed = 0
    for what, looked in nodes.items():
        if not looked:
            continue
        edges = [_row(edge) for edge in found if edge.method in FOUND_BY[what]]
        methods = [int(method) for method in FOUND_BY[what]]
        values = {"nodes": list(looked), "methods": methods, "edges": to_json(edges).decode()}
        changed += (await connection.execute(SQL["withdraw"].encode(), values)).rowcount
        if edges:
            values = {"workspace_id": workspace_id, "edges": to_json(edges).decode()}
            changed += (await connection.execute(SQL["put_edges"].encode(), values)).rowcount
    if changed:
        await connection.execute(TOUCH.encode(), {"workspace_id": workspace_id})


def _row(edge: Found) -> dict[str, Any]:
    return {
        "source": edge.source,
        "target": edge.target,
        "method": int(edge.method),
        "type": int(SAYS[edge.method]),
        "confidence": edge.confidence,
        "context": edge.context,
        "shared": edge.shared or None,
    }


@dataclass(frozen=True, slots=True)
class Made:
    """An edge made by hand, between two memory ids."""

    relationship_id: UUID
    source: str
    target: str
    type: Type
    confidence: float
    made_at: datetime


async def replace_made(connection: Connection, workspace_id: str, memory_id: str, made: Sequence[Made]) -> None:
    """From here on these are a memory's edges made by hand, in either direction."""
    of_it = {"workspace_id": workspace_id, "manual": int(Method.MANUAL), "memory_id": memory_id}
    await connection.execute(SQL["drop_made_of"].encode(), of_it)
    await _put_made(connection, workspace_id, made)


async def replace_all_made(connection: Connection, workspace_id: str, made: Sequence[Made]) -> None:
    """From here on these are all edges made by hand in the workspace."""
    values = {"workspace_id": workspace_id, "manual": int(Method.MANUAL)}
    await connection.execute(SQL["drop_made"].encode(), values)
    await _put_made(connection, workspace_id, made)


async def _put_made(connection: Connection, workspace_id: str, made: Sequence[Made]) -> None:
    edges = [
        {
            "source": it.source,
            "target": it.target,
            "type": int(it.type),
            "confidence": it.confidence,
            "made_as": it.relationship_id,
            "made_at": it.made_at,
        }
        for it in made
    ]
    values = {"workspace_id": workspace_id, "manual": int(Method.MANUAL), "edges": to_json(edges).decode()}
    await connection.execute(SQL["put_made"].encode(), values)
    await connection.execute(TOUCH.encode(), {"workspace_id": workspace_id})


async def ends_of_made(connection: Connection, workspace_id: str, relationship_ids: Sequence[UUID]) -> list[str]:
    """The sources of these edges, as memory ids, as far as they are known."""
    values = {"workspace_id": workspace_id, "relationship_ids": list(relationship_ids)}
    return [each["memory_id"] for each in await rows(connection, SQL["ends_of_made"], values)]
