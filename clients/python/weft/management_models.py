"""What the server answers to those who manage workspaces."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from weft.models import Model
from weft.words import Plan


class Person(Model):
    account_id: UUID
    organisation_id: UUID
    email: str | None = None
    role: str
    must_change_password: bool = False


class Login(Model):
    """`access_token` is for `portal_token`, for `expires_in` seconds; `refresh_token` gets the next one, once."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None
    refresh_expires_at: datetime
    person: Person


class WorkspaceToken(Model):
    """Stands for an API key, for `expires_in` seconds."""

    token: str
    expires_in: int
    expires_at: datetime
    workspace_id: str
    tenant_id: UUID
    namespaces: list[str]


class ManagedWorkspace(Model):
    workspace_id: str
    tenant_id: UUID
    name: str
    plan: str
    created_at: datetime
    default_namespace_id: UUID
    memory_count: int
    memory_limit: int | None = None
    retention_days: int | None = None
    key_count: int
    key_limit: int | None = None


class Namespace(Model):
    """`key` is what requests call it."""

    id: UUID
    key: str
    name: str
    status: str
    is_default: bool = False


class KeyScope(Model):
    namespace_id: UUID
    namespace: str
    permissions: list[str]


class ApiKey(Model):
    key_id: UUID
    workspace_id: str
    tenant_id: UUID
    name: str
    prefix: str
    default_namespace_id: UUID
    scopes: list[KeyScope] = Field(default_factory=list)
    created_at: datetime
    rotated_at: datetime | None = None
    expires_at: datetime | None = None


class ShownKey(ApiKey):
    """With its secret, which is shown this once."""

    api_key: str


class AuditEntry(Model):
    id: UUID
    time: datetime
    actor: str
    action: str
    entity_id: str
    detail: dict[str, Any] = Field(default_factory=dict)


class AuditPage(Model):
    """The newest first; `next` is the `cursor` of the page that follows."""

    entries: list[AuditEntry]
    next: UUID | None = None


class Counted(Model):
    """How much there is of a kind, and what of it was added in the period; `limit` is the plan's."""

    count: int
    this_period: int
    limit: int | None = None


class Usage(Model):
    """What a workspace uses. `period` has `start` and `end` of the calendar month, UTC; `model_calls` and `storage` are
    by service, null for one that did not answer.
    """

    workspace_id: str
    tenant_id: UUID
    plan: Plan
    period: dict[str, datetime]
    memories: Counted
    relationships: Counted
    sessions: Counted
    observations: Counted
    documents: Counted
    model_calls: dict[str, Any]
    storage: dict[str, int | None]
