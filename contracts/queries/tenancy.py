"""What is asked about workspaces, their namespaces and their keys."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import Moment, NamespaceKey, StrictWord, Text
from contracts.queries.base import Question, WorkspaceQuestion


class GetWorkspace(WorkspaceQuestion):
    service, name = "memory", "workspace"

    readable: tuple[NamespaceKey, ...]


class ListNamespaces(WorkspaceQuestion):
    """All of the workspace, archived ones too (contracts.replies.Namespace), the oldest first."""

    service, name = "memory", "list_namespaces"


class ListKeys(WorkspaceQuestion):
    """All that are not revoked (contracts.replies.ApiKey), the oldest first."""

    service, name = "memory", "keys"


class FindKey(Question):
    """The id of the workspace that a key belongs to, also where it was revoked."""

    service, name = "memory", "find_key"

    key_id: UUID


class DescribeWorkspace(WorkspaceQuestion):
    """A workspace as those see it who manage it (contracts.replies.ManagedWorkspace)."""

    service, name = "memory", "describe_workspace"


class ListWorkspaces(Question):
    """Those of an organisation (contracts.replies.ManagedWorkspace), the oldest first."""

    service, name = "memory", "list_workspaces"

    organisation_id: UUID


class AuditFilters(StrictWord):
    """Which entries of an audit trail: a page, the newest first, of those that came `before` an entry."""

    before: UUID | None = None
    action: Text | None = None
    actor: Text | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=500, strict=True)] = 100


class ListAudit(WorkspaceQuestion):
    """What was done to a workspace (contracts.replies.AuditEntry), the newest first."""

    service, name = "memory", "audit"

    filters: AuditFilters = AuditFilters()


class EveryWorkspace(Question):
    """All workspaces, each with its count of memories."""

    service, name = "memory", "workspaces"


class EveryNamespace(Question):
    """The namespaces of all workspaces that may be written, by workspace."""

    service, name = "memory", "namespaces"
