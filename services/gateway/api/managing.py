"""What comes in and goes out over HTTP about workspaces, namespaces and keys; how it is described, and its examples."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, Field, model_validator

from contracts.base import (
    Moment,
    Name,
    NamespaceKey,
    NamespaceStatus,
    Permission,
    Plan,
    Scopes,
    StrictWord,
    Text,
    Title,
    now,
)
from contracts.base import Scope as GrantedScope
from contracts.replies import ApiKey, AuditEntry, ManagedWorkspace, Namespace
from services.gateway.api.describing import IDEMPOTENCY_KEY, takes
from services.gateway.api.portal import SECURITY

TenantIdInPath = Annotated[str, Path(description="The workspace: `ws-...` or its UUID.", examples=["ws-3n6d1f8h0j2m"])]
KeyIdInPath = Annotated[str, Path(description="The key's id.", examples=["0b7c9f7e-5d1a-5c3e-8f20-6b1e4d7a9c55"])]
NamespaceIdInPath = Annotated[
    str, Path(description="The namespace's `id`.", examples=["6d1f0a2b-3c4d-5e6f-8a7b-9c0d1e2f3a4b"])
]


class NewNamespace(StrictWord):
    """A namespace to be made."""

    key: NamespaceKey = Field(description="What requests call it; it never changes.")
    name: Name | None = Field(None, description="For people; the key if absent.")


class NamespaceChanges(StrictWord):
    """What is absent stays."""

    name: Name | None = None
    status: NamespaceStatus | None = Field(None, description="`archived`: kept, and found by nobody.")


class Scope(StrictWord):
    """What a key may do in one namespace."""

    namespace_id: UUID
    permissions: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=2)]


class NewKey(StrictWord):
    """A key to be made, in a workspace that is named or in a new one."""

    tenant_id: Text | None = Field(None, description="The workspace: `ws-...` or its UUID. Absent: a new one is made.")
    name: Title | None = Field(None, description="For people.")
    workspace_name: Title | None = Field(None, description="Of the workspace that is made; the key's name if absent.")
    default_namespace_id: UUID | None = Field(None, description="Where it writes unasked; the workspace's if absent.")
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=1_000)] | None = Field(
        None, description="What it may do where. Absent: read and write in its default namespace, and nothing else."
    )
    expires_at: Moment | None = Field(None, description="When it ends by itself; never if absent.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _among(self.default_namespace_id, self.scopes)
        if self.tenant_id is None and (self.scopes is not None or self.default_namespace_id is not None):
            raise ValueError("a new workspace has one namespace, and nothing to choose from: name a tenant_id")
        if self.tenant_id is not None and self.workspace_name is not None:
            raise ValueError("workspace_name is for a workspace that is made, not for one that is there")
        if self.expires_at is not None and self.expires_at <= now():
            raise ValueError("expires_at must be in the future")
        return self


class KeyChanges(StrictWord):
    """What it is called."""

    name: Title


class ScopeChanges(StrictWord):
    """What is absent stays."""

    default_namespace_id: UUID | None = None
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=1_000)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _among(self.default_namespace_id, self.scopes)
        return self


class WorkspaceChanges(StrictWord):
    """What is absent stays."""

    name: Title | None = None
    plan: Plan | None = Field(None, description="A smaller one takes nothing away: what is beyond its limits stays.")


class Empty(StrictWord):
    """A body that need not be there."""


def _among(default: UUID | None, scopes: tuple[Scope, ...] | None) -> None:
    if default is not None and scopes is not None and default not in {each.namespace_id for each in scopes}:
        raise ValueError("default_namespace_id must be one of the scopes")


def granted(scopes: tuple[Scope, ...] | None) -> Scopes | None:
    """The scopes in the words of a command."""
    if scopes is None:
        return None
    return tuple(
        GrantedScope(namespace_id=each.namespace_id, permissions=frozenset(each.permissions)) for each in scopes
    )


class ShownKey(ApiKey):
    """A key with its secret, which is shown this once and known to nobody but you."""

    api_key: str


class Keys(BaseModel):
    """The oldest first, without those that were revoked."""

    api_keys: list[ApiKey]


class Namespaces(BaseModel):
    """The default one first, then by key; archived ones too."""

    namespaces: list[Namespace]


class Workspaces(BaseModel):
    """The oldest first."""

    workspaces: list[ManagedWorkspace]


class Audit(BaseModel):
    """A page, the newest first. `next` is the `cursor` of the page that follows; null on the last."""

    entries: list[AuditEntry]
    next: UUID | None


NAMESPACE_EXAMPLE = {
    "id": "6d1f0a2b-3c4d-5e6f-8a7b-9c0d1e2f3a4b",
    "key": "research",
    "name": "Research",
    "status": "active",
    "is_default": False,
}
SCOPES_EXAMPLE = [{"namespace_id": NAMESPACE_EXAMPLE["id"], "permissions": ["read", "write"]}]
KEY_EXAMPLE: dict[str, Any] = {
    "key_id": "0b7c9f7e-5d1a-5c3e-8f20-6b1e4d7a9c55",
    "workspace_id": "ws-3n6d1f8h0j2m",
    "tenant_id": "1e0f3a2b-7c6d-5e4f-9a8b-0c1d2e3f4a5b",
    "name": "research-agent",
    "prefix": "wft_live_k3y2rt9p",
    "default_namespace_id": NAMESPACE_EXAMPLE["id"],
    "scopes": [{**SCOPES_EXAMPLE[0], "namespace": "research"}],
    "created_at": "2026-03-20T09:00:00.000000Z",
    "rotated_at": None,
    "expires_at": None,
}
SHOWN_KEY_EXAMPLE = {**KEY_EXAMPLE, "api_key": "wft_live_k3y2rt9p_..."}
NEW_KEY_EXAMPLE = {
    "tenant_id": KEY_EXAMPLE["workspace_id"],
    "name": KEY_EXAMPLE["name"],
    "default_namespace_id": NAMESPACE_EXAMPLE["id"],
    "scopes": SCOPES_EXAMPLE,
}
WORKSPACE_EXAMPLE = {
    "workspace_id": "ws-3n6d1f8h0j2m",
    "tenant_id": KEY_EXAMPLE["tenant_id"],
    "name": "Payments",
    "plan": "team",
    "created_at": "2026-03-20T09:00:00.000000Z",
    "default_namespace_id": "2a3b4c5d-6e7f-5a8b-9c0d-1e2f3a4b5c6d",
    "memory_count": 142,
    "memory_limit": None,
    "retention_days": None,
    "key_count": 2,
    "key_limit": None,
}
AUDIT_EXAMPLE = {
    "entries": [
        {
            "id": "019a5c2e-8d1b-7c3a-9f20-6b1e4d7a9c55",
            "time": "2026-03-20T09:00:00.000000Z",
            "actor": "account:0d9b6c0e-6c1f-4f2a-9d77-3a1b5c7e9f10",
            "action": "weft.key.rotated.v1",
            "entity_id": KEY_EXAMPLE["key_id"],
            "detail": {"public_id": {"before": "a4x8m2qd", "after": "k3y2rt9p"}},
        }
    ],
    "next": None,
}


def ordered(body: type[BaseModel] | None = None, example: Any = None, *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a management route that changes something."""
    return SECURITY | takes(body, example, required=required, headers=(IDEMPOTENCY_KEY,))
