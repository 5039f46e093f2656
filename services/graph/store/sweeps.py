"""What the loops learn across workspaces, as the role weft_graph_loops: only which have work."""

from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.graph", "loops")


async def with_due(connection: Connection) -> list[str]:
    """Workspaces in which edges are due."""
    return [each["workspace_id"] for each in await rows(connection, SQL["with_due"], {})]


async def with_to_judge(connection: Connection, per_day: int) -> list[str]:
    """Workspaces with memories that a model may be asked about, and fewer than `per_day` calls today."""
    return [each["workspace_id"] for each in await rows(connection, SQL["with_to_judge"], {"per_day": per_day})]


async def to_analyse(connection: Connection) -> dict[str, int]:
    """Workspaces whose ranks are from an earlier state, with the number of the present one."""
    return {each["workspace_id"]: each["changed"] for each in await rows(connection, SQL["to_analyse"], {})}


async def workspaces(connection: Connection) -> list[str]:
    """Workspaces of which anything is known."""
    return [each["workspace_id"] for each in await rows(connection, SQL["workspaces"], {})]


async def whole(connection: Connection) -> set[str]:
    """Workspaces of which the graph knows memories, and all of them."""
    return {each["workspace_id"] for each in await rows(connection, SQL["whole"], {})}
