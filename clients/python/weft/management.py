"""For people who manage workspaces: log in, namespaces, keys. All but logging in needs `portal_token`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from weft.calls import Call, E, Group, at, model, models, nothing, operation
from weft.management_models import (
    ApiKey,
    AuditPage,
    Login,
    ManagedWorkspace,
    Namespace,
    Person,
    ShownKey,
    Usage,
    WorkspaceToken,
)
from weft.words import NamespaceStatus, Permission, Plan

KEYS = "/v1/auth/api-keys"


class Portal(Group[E]):
    """Logging in, and what there is to manage."""

    @operation
    def login(self, email: str, password: str) -> Call[Login]:
        """`with_options(portal_token=...)` makes a client of the `access_token`."""
        return Call("POST", "/v1/auth/login", model(Login), json={"email": email, "password": password}, face="open")

    @operation
    def refresh(self, refresh_token: str) -> Call[Login]:
        """Good for one use: used twice, it ends the login. So a lost answer is an error, and not asked for again."""
        said = {"refresh_token": refresh_token}
        return Call("POST", "/v1/auth/refresh", model(Login), json=said, face="open", repeatable=False)

    @operation
    def logout(self, refresh_token: str) -> Call[None]:
        return Call("POST", "/v1/auth/logout", nothing, json={"refresh_token": refresh_token}, face="open")

    @operation
    def me(self) -> Call[Person]:
        return Call("GET", "/v1/auth/me", model(Person), face="portal")

    @operation
    def workspace_token(self, tenant_id: str) -> Call[WorkspaceToken]:
        """A token of 15 minutes for data, used as a key."""
        said = {"tenant_id": tenant_id}
        return Call("POST", "/v1/auth/workspace-token", model(WorkspaceToken), json=said, face="portal")

    @operation
    def workspaces(self) -> Call[list[ManagedWorkspace]]:
        return Call("GET", "/v1/workspaces", models(ManagedWorkspace, "workspaces"), face="portal")

    @operation
    def change_workspace(
        self, tenant_id: str, *, name: str | None = None, plan: Plan | None = None
    ) -> Call[ManagedWorkspace]:
        said = {"name": name, "plan": plan}
        return Call("PATCH", at("/v1/workspaces", tenant_id), model(ManagedWorkspace), json=said, face="portal")

    @operation
    def delete_workspace(self, tenant_id: str) -> Call[None]:
        """For good, with all that is in it."""
        return Call("DELETE", at("/v1/workspaces", tenant_id), nothing, face="portal")

    @operation
    def usage(self, *, tenant_id: str | None = None) -> Call[Usage]:
        return Call("GET", "/v1/usage", model(Usage), face="portal", tenant=tenant_id)

    @operation
    def audit(
        self,
        *,
        action: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: UUID | None = None,
        limit: int | None = None,
        tenant_id: str | None = None,
    ) -> Call[AuditPage]:
        """The newest first; a page's `next` is the `cursor` of the one that follows."""
        params = {
            "action": action,
            "actor": actor,
            "since": since and since.isoformat(),
            "until": until and until.isoformat(),
            "cursor": cursor and str(cursor),
            "limit": limit,
        }
        return Call("GET", "/v1/audit", model(AuditPage), params=params, face="portal", tenant=tenant_id)


class Namespaces(Group[E]):
    """Of the workspace that `tenant_id` names, or else the client's."""

    @operation
    def list(self, *, tenant_id: str | None = None) -> Call[Sequence[Namespace]]:
        """Archived ones too."""
        return Call("GET", "/v1/namespaces", models(Namespace, "namespaces"), face="portal", tenant=tenant_id)

    @operation
    def create(self, key: str, *, name: str | None = None, tenant_id: str | None = None) -> Call[Namespace]:
        said = {"key": key, "name": name}
        return Call("POST", "/v1/namespaces", model(Namespace), json=said, face="portal", tenant=tenant_id)

    @operation
    def change(
        self,
        namespace_id: UUID | str,
        *,
        name: str | None = None,
        status: NamespaceStatus | None = None,
        tenant_id: str | None = None,
    ) -> Call[Namespace]:
        said = {"name": name, "status": status}
        path = at("/v1/namespaces", namespace_id)
        return Call("PATCH", path, model(Namespace), json=said, face="portal", tenant=tenant_id)


Scopes = Mapping[UUID, Sequence[Permission]]
"""What a key may do, by namespace id."""


class Keys(Group[E]):
    @operation
    def list(self, *, tenant_id: str | None = None) -> Call[Sequence[ApiKey]]:
        """Without those that were revoked."""
        return Call("GET", KEYS, models(ApiKey, "api_keys"), face="portal", tenant=tenant_id)

    @operation
    def create(
        self,
        *,
        tenant_id: str | None = None,
        name: str | None = None,
        workspace_name: str | None = None,
        default_namespace_id: UUID | None = None,
        scopes: Scopes | None = None,
        expires_at: datetime | None = None,
    ) -> Call[ShownKey]:
        """Without `tenant_id` a workspace is made for it. `api_key` is shown this once."""
        said = {
            "tenant_id": tenant_id,
            "name": name,
            "workspace_name": workspace_name,
            "default_namespace_id": default_namespace_id and str(default_namespace_id),
            "scopes": _scopes(scopes),
            "expires_at": expires_at and expires_at.isoformat(),
        }
        return Call("POST", KEYS, model(ShownKey), json=said, face="portal")

    @operation
    def rename(self, key_id: UUID | str, name: str) -> Call[ApiKey]:
        return Call("PATCH", at(KEYS, key_id), model(ApiKey), json={"name": name}, face="portal")

    @operation
    def change_scopes(
        self, key_id: UUID | str, *, scopes: Scopes | None = None, default_namespace_id: UUID | None = None
    ) -> Call[ApiKey]:
        """What is given takes the place of all that was."""
        said = {
            "scopes": _scopes(scopes),
            "default_namespace_id": default_namespace_id and str(default_namespace_id),
        }
        return Call("PATCH", at(KEYS, key_id, "scopes"), model(ApiKey), json=said, face="portal")

    @operation
    def rotate(self, key_id: UUID | str) -> Call[ShownKey]:
        """The old secret is dead once this is answered."""
        return Call("POST", at(KEYS, key_id, "rotate"), model(ShownKey), face="portal")

    @operation
    def revoke(self, key_id: UUID | str) -> Call[None]:
        return Call("DELETE", at(KEYS, key_id), nothing, face="portal")


def _scopes(scopes: Scopes | None) -> list[dict[str, Any]] | None:
    if scopes is None:
        return None
    return [{"namespace_id": str(each), "permissions": list(permissions)} for each, permissions in scopes.items()]
