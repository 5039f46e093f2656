"""Relationships made by hand, as the read model keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import to_json

from services.kit.postgres import Connection, load_sql, rows
from services.memory.decisions.state import RelationshipState

SQL = load_sql("services.memory", "relationships")


async def get(
    connection: Connection, workspace_id: str, relationship_ids: Sequence[str] = (), touching: Sequence[str] = ()
) -> dict[str, RelationshipState]:
    """Those that are there, and those that lead from or to the memories `touching`; by id, the oldest first."""
    values = wanted(workspace_id, relationship_ids, touching)
    return to_states(await rows(connection, SQL["get_relationships"], values))


def wanted(workspace_id: str, relationship_ids: Sequence[str], touching: Sequence[str]) -> dict[str, Any]:
    """The values of get_relationships."""
    return {
        "workspace_id": workspace_id,
        "relationship_ids": list(relationship_ids),
        "memory_ids": list(touching),
    }


def to_states(found: Iterable[dict[str, Any]]) -> dict[str, RelationshipState]:
    """The rows of get_relationships."""
    return {each["relationship_id"]: RelationshipState(**each) for each in found}


async def put(connection: Connection, workspace_id: str, generation: int, states: Sequence[RelationshipState]) -> None:
    if states:
        listed = to_json([asdict(each) for each in states]).decode()
        values = {"workspace_id": workspace_id, "generation": generation, "relationships": listed}
        await connection.execute(SQL["put_relationships"].encode(), values)


async def drop(connection: Connection, workspace_id: str, generation: int, relationship_ids: Sequence[str]) -> None:
    if relationship_ids:
        values = {
            "workspace_id": workspace_id,
            "generation": generation,
            "relationship_ids": list(relationship_ids),
        }
        await connection.execute(SQL["drop_relationships"].encode(), values)


async def live_ids(connection: Connection, workspace_id: str) -> list[str]:
    found = await rows(connection, SQL["all_relationship_ids"], {"workspace_id": workspace_id})
    return [each["relationship_id"] for each in found]
