"""Workspaces that are deleted for good: what goes at once, what goes row by row after that, and what is left."""

from dataclasses import asdict, dataclass

from services.kit.postgres import Connection, Database, forget_rows, load_sql, row, rows
from services.memory.decisions.auditing import Deed
from services.memory.decisions.batch import Recorded
from services.memory.decisions.state import WorkspaceState
from services.memory.store import auditing, keys, tenancy

SQL = load_sql("services.memory", "endings")

STAY = ("deleted_workspaces", "heads", "keys_due")
"""Tables whose rows go in their own way: KEYS must yet be told of keys."""
APPEND_ONLY = ("audit", "deletions", "events")
TOGETHER_MAX = 1_000
"""Rows of these that one transaction deletes."""


async def end(connection: Connection, state: WorkspaceState, deleted: Recorded) -> None:
    """Takes a workspace away from everybody, under its lock: from here on it is as unknown as if it had never been.

    What is in its tables is read by nobody any more, and goes later (`forget`).
    """
    values = {"workspace_id": state.workspace_id}
    said = {"seq": deleted.seq, "deleted_at": deleted.time, "deleted_by": deleted.actor}
    known = state.tenancy.keys.values()
    dead = {keys.TOKENS, *(public_id for each in known for public_id in (each.public_id, *each.retired))}
    await connection.execute(SQL["remember"].encode(), values | said)
    await tenancy.mark_due(connection, state.workspace_id, deleted.seq, dead)
    for statement in ("hide", "forget_keys", "forget_namespaces", "forget_webhooks", "forget_workspace"):
        await connection.execute(SQL[statement].encode(), values)
    facts = state.tenancy.workspace
    if facts is not None and facts.organisation_id is not None:
        deed = Deed(deleted.event.type, state.workspace_id, deleted.audit or {})
        await auditing.write_deeds(connection, facts.organisation_id, [deed], deleted.actor, deleted.time)


async def is_deleted(connection: Connection, workspace_id: str) -> bool:
    """Whether there was such a workspace, and is no more."""
    return await row(connection, SQL["is_deleted"], {"workspace_id": workspace_id}) is not None


async def hold(connection: Connection, workspace_id: str) -> bool:
    """Whether the workspace is there; it then stays until the commit."""
    return await row(connection, SQL["hold"], {"workspace_id": workspace_id}) is not None


async def erase_again(connection: Connection, workspace_id: str) -> None:
    """Something about the workspace came after its end, if it had one, and is still to be erased."""
    await connection.execute(SQL["erase_again"].encode(), {"workspace_id": workspace_id})


@dataclass(frozen=True, slots=True)
class Ended:
    """A deleted workspace of which something may be left; `seq` is that of the event that says so."""

    workspace_id: str
    seq: int


async def to_erase(connection: Connection, limit: int) -> list[Ended]:
    """As the role weft_memory_loops: it sees all workspaces."""
    return [Ended(**each) for each in await rows(connection, SQL["to_erase"], {"limit": limit})]


async def forget(database: Database, loops: Database, ended: Ended) -> None:
    """Deletes its rows in all tables, also those of which nobody thought here, some at a time. The event that says that
    it was deleted stays in the log. `loops` is of the role weft_memory_loops."""
    await forget_rows(database, ended.workspace_id, but=(*STAY, *APPEND_ONLY))
    for table in APPEND_ONLY:
        while await _forget_some(loops, table, ended) == TOGETHER_MAX:
            pass
    async with database.transaction(ended.workspace_id) as connection:
        await connection.execute(SQL["forget_head"].encode(), {"workspace_id": ended.workspace_id})


async def _forget_some(loops: Database, table: str, ended: Ended) -> int:
    async with loops.transaction(None) as connection:
        values = asdict(ended) | {"limit": TOGETHER_MAX}
        done = await connection.execute(SQL[f"forget_{table}"].encode(), values)
        return done.rowcount


async def mark_erased(connection: Connection, ended: Ended) -> None:
    await connection.execute(SQL["mark_erased"].encode(), {"workspace_id": ended.workspace_id})
