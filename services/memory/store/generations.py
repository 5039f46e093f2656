"""The copies of a workspace's read model: the live one and the one that a rebuild fills."""

from services.kit.postgres import Connection, load_sql, row, rows

SQL = load_sql("services.memory", "generations")

TABLES = (
    "memories",
    "usage",
    "relationships",
    "sessions",
    "observations",
    "jobs",
    "documents",
    "chunks",
    "sections",
    "facts",
    "entities",
)
"""Those that have a row in each generation."""


async def prepare(connection: Connection, workspace_id: str) -> int:
    """The number of an empty generation to fill. Raises LookupError where there is no such workspace."""
    found = await row(connection, SQL["next_generation"], {"workspace_id": workspace_id})
    if found is None:
        raise LookupError(workspace_id)
    values = {"workspace_id": workspace_id, "generation": found["generation"]}
    for table in TABLES:
        await connection.execute(SQL[f"clear_{table}"].encode(), values)
    return int(found["generation"])


async def carry_unlogged_usage(connection: Connection, workspace_id: str, generation: int) -> None:
    values = {"workspace_id": workspace_id, "generation": generation}
    await connection.execute(SQL["carry_unlogged_usage"].encode(), values)


async def switch(connection: Connection, workspace_id: str, generation: int, memory_count: int) -> None:
    """From this commit on every read and write is about `generation`."""
    values = {"workspace_id": workspace_id, "generation": generation, "memory_count": memory_count}
    await connection.execute(SQL["switch"].encode(), values)


async def drop_others(connection: Connection, workspace_id: str, generation: int) -> None:
    values = {"workspace_id": workspace_id, "generation": generation}
    for table in TABLES:
        await connection.execute(SQL[f"drop_other_{table}"].encode(), values)


async def live_memory_ids(connection: Connection, workspace_id: str) -> list[str]:
    found = await rows(connection, SQL["all_memory_ids"], {"workspace_id": workspace_id})
    return [each["memory_id"] for each in found]
