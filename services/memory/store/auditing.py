"""The audit trail: of each workspace, and of each organisation."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from uuid_utils.compat import uuid7

from contracts.events import WorkspaceDeleted
from contracts.queries import AuditFilters
from contracts.replies import AuditEntry
from services.kit.postgres import Connection, load_sql, rows
from services.memory.decisions.auditing import Deed
from services.memory.decisions.batch import Recorded

SQL = load_sql("services.memory", "audit")


async def write(connection: Connection, workspace_id: str, recorded: Iterable[Recorded]) -> None:
    """The rows of those events that have one. That a workspace was deleted stands in its organisation's trail: its own
    goes with it."""
    entries = [each for each in recorded if each.audit is not None and not isinstance(each.event, WorkspaceDeleted)]
    if not entries:
        return
    values = {
        "workspace_id": workspace_id,
        "audit_id": [uuid7() for _ in entries],
        "time": [each.time for each in entries],
        "actor": [each.actor for each in entries],
        "action": [each.event.type for each in entries],
        "entity_id": [each.stream for each in entries],
        "detail": [to_json(each.audit).decode() for each in entries],
    }
    await connection.execute(SQL["write_audit"].encode(), values)


async def write_deeds(
    connection: Connection, organisation_id: UUID, deeds: Iterable[Deed], actor: str, time: datetime
) -> None:
    """Says in the organisation's trail what was done."""
    for deed in deeds:
        values: dict[str, Any] = {"organisation_id": organisation_id, "audit_id": uuid7(), "time": time, "actor": actor}
        said = {"action": deed.action, "entity_id": deed.entity_id, "detail": to_json(deed.detail).decode()}
        await connection.execute(SQL["write_deed"].encode(), values | said)


async def of_workspace(connection: Connection, workspace_id: str, asked: AuditFilters) -> list[AuditEntry]:
    """A page, the newest first."""
    return await _page(connection, "list_audit", asked, workspace_id=workspace_id)


async def of_organisation(connection: Connection, organisation_id: UUID, asked: AuditFilters) -> list[AuditEntry]:
    """A page, the newest first. As the role weft_accounts."""
    return await _page(connection, "list_deeds", asked, organisation_id=organisation_id)


async def _page(connection: Connection, statement: str, asked: AuditFilters, **whose: Any) -> list[AuditEntry]:
    values = {name: getattr(asked, name) for name in AuditFilters.model_fields}
    return [AuditEntry(**each) for each in await rows(connection, SQL[statement], values | whose)]
