"""A workspace itself, its namespaces and its keys, as the read model keeps them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from contracts.base import Grants, tenant_id
from services.kit.postgres import Connection, load_sql, row, rows, together
from services.memory.decisions.tenancy_state import KeyState, NamespaceState, Tenancy, WorkspaceFacts

SQL = load_sql("services.memory", "tenancy")

LOAD = (SQL["get_facts"], SQL["get_namespaces"], SQL["get_keys"])
"""What `to_tenancy` is made of."""


def to_tenancy(
    facts: Sequence[dict[str, Any]], namespaces: Iterable[dict[str, Any]], keys: Iterable[dict[str, Any]]
) -> Tenancy:
    """The rows of LOAD."""
    known = (KeyState(**it | {"grants": Grants(**it["grants"]), "retired": tuple(it["retired"])}) for it in keys)
    return Tenancy(
        workspace=WorkspaceFacts(**facts[0]) if facts else None,
        namespaces={each["namespace"]: NamespaceState(**each) for each in namespaces},
        keys={each.key_id: each for each in known},
    )


async def get(connection: Connection, workspace_id: str) -> Tenancy:
    """Without a workspace where there is none."""
    values = {"workspace_id": workspace_id}
    facts, namespaces, keys = await together(connection, *((statement, values) for statement in LOAD))
    return to_tenancy(facts, namespaces, keys)


async def put_facts(connection: Connection, workspace_id: str, facts: WorkspaceFacts) -> None:
    values = {"workspace_id": workspace_id, "tenant_id": tenant_id(workspace_id), **asdict(facts)}
    await connection.execute(SQL["put_facts"].encode(), values)


async def put_namespaces(connection: Connection, workspace_id: str, states: Sequence[NamespaceState]) -> None:
    if states:
        values = {"workspace_id": workspace_id, "namespaces": to_json([asdict(each) for each in states]).decode()}
        await connection.execute(SQL["put_namespaces"].encode(), values)


async def put_keys(connection: Connection, workspace_id: str, states: Sequence[KeyState]) -> None:
    """Those that have lost a public id first: it is unique."""
    if states:
        listed = [asdict(each) | {"grants": each.grants} for each in states]
        values = {"workspace_id": workspace_id, "keys": to_json(listed).decode()}
        await connection.execute(SQL["put_keys"].encode(), values)


async def mark_due(connection: Connection, workspace_id: str, seq: int, public_ids: Iterable[str]) -> None:
    """Says that KEYS is behind about these, as of that change."""
    listed = sorted(set(public_ids))
    if listed:
        values = {"workspace_id": workspace_id, "seq": seq, "public_ids": listed}
        await connection.execute(SQL["mark_due"].encode(), values)


async def drop_others(connection: Connection, workspace_id: str, kept: Tenancy) -> None:
    """What a rebuild did not find in the log."""
    values = {"workspace_id": workspace_id, "namespaces": list(kept.namespaces), "key_ids": [*map(UUID, kept.keys)]}
    for statement in ("drop_other_namespaces", "drop_other_keys"):
        await connection.execute(SQL[statement].encode(), values)


async def workspaces_of(connection: Connection, organisation_id: UUID) -> list[str]:
    """The oldest first. As the role weft_memory_loops: it sees all workspaces."""
    found = await rows(connection, SQL["workspaces_of"], {"organisation_id": organisation_id})
    return [each["workspace_id"] for each in found]


async def workspace_of_key(connection: Connection, key_id: UUID) -> str | None:
    """As the role weft_memory_loops: it sees all workspaces."""
    found = await row(connection, SQL["workspace_of_key"], {"key_id": key_id})
    return None if found is None else str(found["workspace_id"])
