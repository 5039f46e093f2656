"""Relationships made by hand, as the read model keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import to_json

from services.kit.postgres import Connection, load_sql, rows
from services.kit.sealing.keys import Keys
from services.kit.sealing.tables import ensure, enter, opened, sealed_rows
from services.memory.decisions.state import RelationshipState
from services.memory.store.codec import seal, unseal

SQL = load_sql("services.memory", "relationships")


async def get(
    connection: Connection, workspace_id: str, relationship_ids: Sequence[str] = (), touching: Sequence[str] = ()
) -> dict[str, RelationshipState]:
    """Those that are there, and those that lead from or to the memories `touching`; by id, the oldest first."""
    values = wanted(workspace_id, relationship_ids, touching)
    found = await sealed_rows(connection, workspace_id, SQL["get_relationships"], values)
    return to_states(opened(connection, workspace_id), found) if found else {}


def wanted(workspace_id: str, relationship_ids: Sequence[str], touching: Sequence[str]) -> dict[str, Any]:
    """The values of get_relationships."""
    return {
        "workspace_id": workspace_id,
        "relationship_ids": list(relationship_ids),
        "memory_ids": list(touching),
    }


def to_states(keys: Keys, found: Iterable[dict[str, Any]]) -> dict[str, RelationshipState]:
    """The rows of get_relationships. Raises Unreadable."""
    states = (RelationshipState(**_without(each), **content(keys, each)) for each in found)
    return {each.relationship_id: each for each in states}


def content(keys: Keys, found: dict[str, Any]) -> dict[str, Any]:
    """What is sealed in a row of relationships: its context. Raises Unreadable."""
    relationship_id = found["relationship_id"]
    keys.learn(relationship_id, found["wrapped"])
    return unseal(keys.of(relationship_id), found["sealed"], *_place(keys, relationship_id, found["version"]))


def _without(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name not in ("sealed", "wrapped")}


def _columns(keys: Keys, state: RelationshipState) -> dict[str, Any]:
    said = asdict(state)
    place = _place(keys, state.relationship_id, state.version)
    return said | {"sealed": seal(keys.of(state.relationship_id), {"context": said.pop("context")}, *place)}


def _place(keys: Keys, relationship_id: str, version: int) -> tuple[str, ...]:
    return ("relationships", keys.workspace.workspace_id, relationship_id, str(version))


async def put(connection: Connection, workspace_id: str, generation: int, states: Sequence[RelationshipState]) -> None:
    if states:
        keys = await enter(connection, workspace_id)
        await ensure(connection, keys, (each.relationship_id for each in states))
        listed = to_json([_columns(keys, each) for each in states]).decode()
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
