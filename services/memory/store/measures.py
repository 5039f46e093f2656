"""How much a workspace has: of what, and in how many bytes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from contracts.queries import CountContents, GetUsage
from contracts.replies import Measured, MemoryUsage
from services.kit.postgres import Connection, load_sql, row, stored_bytes
from services.memory.decisions.plans import PLANS
from services.memory.store import memories

SQL = load_sql("services.memory", "measures")

EXPORTED = ("memories", "relationships", "sessions", "observations")
KINDS = (*EXPORTED, "documents")
"""Each has a statement in sql/measures.sql, and nothing else."""

LOG = "events"

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


async def contents(connection: Connection, asked: CountContents) -> dict[str, int]:
    """How many there are of each kind that an export has."""
    found = await _measured(connection, asked.workspace_id, asked.readable, _EVER, EXPORTED)
    return {kind: each.count for kind, each in found.items()}


async def usage(connection: Connection, asked: GetUsage) -> MemoryUsage | None:
    """None where there is no such workspace."""
    workspace = await memories.get_workspace(connection, asked.workspace_id)
    if workspace is None:
        return None
    held = await stored_bytes(connection, asked.workspace_id)
    return MemoryUsage(
        plan=workspace["plan"],
        memory_limit=PLANS[workspace["plan"]].memories,
        contents=await _measured(connection, asked.workspace_id, None, asked.since, KINDS),
        log_bytes=held.pop(LOG),
        read_model_bytes=sum(held.values()),
    )


async def _measured(
    connection: Connection,
    workspace_id: str,
    readable: tuple[str, ...] | None,
    since: datetime,
    kinds: Sequence[str],
) -> dict[str, Measured]:
    values = {
        "workspace_id": workspace_id,
        "readable": list(readable) if readable is not None else None,
        "since": since,
    }
    found = {kind: await row(connection, SQL[kind], values) for kind in kinds}
    return {kind: Measured.model_validate(each) for kind, each in found.items()}
