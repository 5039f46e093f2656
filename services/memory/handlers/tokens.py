"""Workspace tokens: by them people who have logged in reach content. Each is a key in KEYS that ends by itself."""

from collections.abc import Iterable

from contracts import subjects
from contracts.accounts import WORKSPACE_TOKEN_LASTS, IssueWorkspaceToken, WorkspaceToken
from contracts.base import DEFAULT_NAMESPACE, derived_id, now
from contracts.replies import Refusal, Reply, StoredKey
from services.kit.bus import Bus
from services.kit.postgres import Database
from services.memory.store import accounts, keys, logins

PER_ACCOUNT_MAX = 100


class WorkspaceTokens:
    """`people` knows who may enter, `database` what is there."""

    def __init__(self, bus: Bus, database: Database, people: Database):
        self._bus = bus
        self._database = database
        self._people = people

    def register(self, bus: Bus) -> None:
        bus.on_query(subjects.account(IssueWorkspaceToken), IssueWorkspaceToken)(self.issue)

    async def issue(self, asked: IssueWorkspaceToken) -> Reply:
        """Reads and writes every namespace that is active now.

        Roles differ in what they manage, not in what they know.
        """
        at = now()
        entered = await self._people.read(None, lambda it: accounts.workspace_to_enter(it, asked, at))
        if entered is None:
            return Reply(refusal=Refusal(code="unknown_workspace", detail="Workspace not found."))
        workspace_id, tenant_id = entered
        namespaces = await self._database.read(workspace_id, lambda it: keys.active_namespaces(it, workspace_id))
        async with self._people.transaction(None) as connection:
            noted = await logins.add_workspace_token(connection, asked, at + WORKSPACE_TOKEN_LASTS, at, PER_ACCOUNT_MAX)
        if not noted:
            detail = f"This account has {PER_ACCOUNT_MAX} workspace tokens that are still good."
            return Reply(refusal=Refusal(code="token_limit_reached", detail=detail))
        key = StoredKey(
            key_id=derived_id("workspace token", asked.public_id),
            workspace_id=workspace_id,
            secret_hash=asked.secret_hash,
            read=namespaces,
            write=namespaces,
            default_namespace=DEFAULT_NAMESPACE,
            expires_at=at + WORKSPACE_TOKEN_LASTS,
            actor=f"account:{asked.account_id}",
        )
        await keys.publish(self._bus, asked.public_id, key, lasts=WORKSPACE_TOKEN_LASTS)
        if await self._database.read(workspace_id, lambda it: keys.active_namespaces(it, workspace_id)) != namespaces:
            await self.withdraw([asked.public_id])  # whoever ends tokens may have looked before this one was there
            return Reply(refusal=Refusal(code="contended", detail="Namespaces have changed meanwhile; ask again."))
        return Reply(
            body=WorkspaceToken(
                workspace_id=workspace_id,
                tenant_id=tenant_id,
                namespaces=namespaces,
                expires_at=at + WORKSPACE_TOKEN_LASTS,
            )
        )

    async def withdraw(self, public_ids: Iterable[str]) -> None:
        """From here on no gateway knows them. What dies with this process before that ends by itself."""
        for public_id in public_ids:
            await keys.withdraw(self._bus, public_id, WORKSPACE_TOKEN_LASTS)
