"""What the loop learns across workspaces, as the role weft_extraction_loops: only which have work."""

from services.kit.postgres import Connection, load_sql, rows

SQL = load_sql("services.extraction", "loops")


async def with_due(connection: Connection) -> list[str]:
    """Workspaces in which a job is due."""
    return [each["workspace_id"] for each in await rows(connection, SQL["with_due"], {})]


async def with_chores(connection: Connection) -> list[str]:
    """Workspaces in which nightly work is due."""
    return [each["workspace_id"] for each in await rows(connection, SQL["with_chores"], {})]


async def workspaces(connection: Connection) -> list[str]:
    """Workspaces of which anything is known."""
    return [each["workspace_id"] for each in await rows(connection, SQL["workspaces"], {})]


async def with_documents(connection: Connection, *, is_pdf: bool) -> list[str]:
    """Workspaces in which work on a document is due."""
    return [each["workspace_id"] for each in await rows(connection, SQL["with_documents"], {"is_pdf": is_pdf})]
