"""Questions about a workspace itself, its namespaces and its keys, and about what was done to it."""

from contracts import subjects
from contracts.base import now
from contracts.queries import DescribeWorkspace, FindKey, ListAudit, ListKeys, ListNamespaces, ListWorkspaces
from contracts.replies import ManagedWorkspace, Refusal, Reply
from services.kit.bus import Bus
from services.kit.postgres import Connection, Database
from services.memory.decisions.keys import unknown_key
from services.memory.decisions.tenancy import api_key, namespace, workspace
from services.memory.store import auditing, log, tenancy


class TenancyQueries:
    """One method a question; each answers with a Reply. `loops` is of the role that sees all workspaces."""

    def __init__(self, database: Database, loops: Database):
        self._database = database
        self._loops = loops

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.query(ListNamespaces), ListNamespaces)(self.namespaces)
        bus.on_query(subjects.query(ListKeys), ListKeys)(self.keys)
        bus.on_query(subjects.query(FindKey), FindKey)(self.find_key)
        bus.on_query(subjects.query(DescribeWorkspace), DescribeWorkspace)(self.workspace)
        bus.on_query(subjects.query(ListWorkspaces), ListWorkspaces)(self.workspaces)
        bus.on_query(subjects.query(ListAudit), ListAudit)(self.audit)

    async def namespaces(self, asked: ListNamespaces) -> Reply:
        found = await self._database.read(asked.workspace_id, lambda it: tenancy.get(it, asked.workspace_id))
        return Reply(body=[namespace(asked.workspace_id, each) for each in found.namespaces.values()])

    async def keys(self, asked: ListKeys) -> Reply:
        found = await self._database.read(asked.workspace_id, lambda it: tenancy.get(it, asked.workspace_id))
        return Reply(body=[api_key(asked.workspace_id, each) for each in found.keys.values() if not each.revoked])

    async def find_key(self, asked: FindKey) -> Reply:
        """Who asks has nothing but the key's id: whose it is must be found out before it can be asked who may."""
        found = await self._loops.read(None, lambda it: tenancy.workspace_of_key(it, asked.key_id))
        return Reply(refusal=unknown_key(asked.key_id)) if found is None else Reply(body=found)

    async def workspace(self, asked: DescribeWorkspace) -> Reply:
        found = await self._database.read(asked.workspace_id, lambda it: _described(it, asked.workspace_id))
        if found is None:
            return Reply(refusal=Refusal(code="unknown_workspace", detail="Workspace not found."))
        return Reply(body=found)

    async def workspaces(self, asked: ListWorkspaces) -> Reply:
        async def work(connection: Connection) -> Reply:
            ids = await tenancy.workspaces_of(connection, asked.organisation_id)
            return Reply(body=[await _described(connection, each) for each in ids])

        return await self._loops.read(None, work)

    async def audit(self, asked: ListAudit) -> Reply:
        async def work(connection: Connection) -> Reply:
            return Reply(body=await auditing.of_workspace(connection, asked.workspace_id, asked.filters))

        return await self._database.read(asked.workspace_id, work)


async def _described(connection: Connection, workspace_id: str) -> ManagedWorkspace | None:
    found = await tenancy.get(connection, workspace_id)
    if found.workspace is None:
        return None
    count = (await log.peek(connection, workspace_id)).memory_count
    return workspace(workspace_id, found, count, now())
