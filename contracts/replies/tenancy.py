"""Workspaces, their namespaces, their keys and their audit trail."""

from typing import Any
from uuid import UUID

from pydantic import Field

from contracts.base import Moment, NamespaceStatus, Permission, Plan, Word


class Workspace(Word):
    """A workspace as its users see it; the limits are null where the plan has none.

    From 90 % of the memory limit on, `near_limit` is true and `pruning_candidates` names at most 20 that could go.
    """

    workspace_id: str
    name: str
    created_at: Moment
    memory_count: int
    plan: Plan
    memory_limit: int | None
    retention_days: int | None
    near_limit: bool
    pruning_candidates: tuple[str, ...]


class ManagedWorkspace(Word):
    """A workspace as those see it who manage it. `tenant_id` is its UUID; a limit is null where the plan has none."""

    workspace_id: str
    tenant_id: UUID
    name: str
    plan: Plan
    created_at: Moment
    default_namespace_id: UUID
    memory_count: int
    memory_limit: int | None
    retention_days: int | None
    key_count: int
    key_limit: int | None


class Namespace(Word):
    """A namespace. `key` is what requests call it, and never changes; `name` is for people."""

    id: UUID
    key: str
    name: str
    status: NamespaceStatus
    is_default: bool


class KeyScope(Word):
    """What a key may do in one namespace."""

    namespace_id: UUID
    namespace: str
    permissions: tuple[Permission, ...]


class ApiKey(Word):
    """An API key without its secret. `prefix` is how it begins; `rotated_at` when it last got another secret."""

    key_id: UUID
    workspace_id: str
    tenant_id: UUID
    name: str
    prefix: str
    default_namespace_id: UUID
    scopes: tuple[KeyScope, ...]
    created_at: Moment
    rotated_at: Moment | None = None
    expires_at: Moment | None = None


class StoredKey(Word):
    """What `KEYS` holds for a key's public id: enough to know its bearer, nothing to impersonate him.

    `actor` names the person to whom a workspace token was given; a key acts in its own name.
    """

    key_id: UUID
    workspace_id: str
    secret_hash: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    default_namespace: str
    expires_at: Moment | None = None
    revoked: bool = False
    actor: str | None = None


class AuditEntry(Word):
    """Something that was done: what, to what, by whom, when. `action` is the type of the event.

    `detail` says what changed: settings, `{"before": ..., "after": ...}` where there was something else before, and
    counts; never content.
    """

    id: UUID
    time: Moment
    actor: str
    action: str
    entity_id: str
    detail: dict[str, Any] = Field(default_factory=dict)
