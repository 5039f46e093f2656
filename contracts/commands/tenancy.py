"""What is ordered of a workspace, its namespaces and its keys."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from contracts.base import (
    NO_GRANTS,
    SCOPES_MAX,
    Counts,
    Grants,
    Moment,
    Name,
    NamespaceKey,
    NamespaceStatus,
    Plan,
    Scopes,
    StrictWord,
    Title,
    namespace_id,
)
from contracts.commands.base import Command

PublicId = Annotated[str, Field(pattern=r"^[a-z0-9]{8}$")]
SecretHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""HMAC-SHA-256 of the whole key under the server's pepper, in hex."""


class KeyDraft(StrictWord):
    """A key as the log keeps it."""

    key_id: UUID
    public_id: PublicId
    secret_hash: SecretHash
    name: Title
    grants: Grants
    expires_at: Moment | None = None


class OpenWorkspace(Command):
    """Makes a workspace with its default namespace and its first key, for an organisation where one is named."""

    entity = "workspace"
    verb = "open"

    name: Title
    key: KeyDraft
    organisation_id: UUID | None = None

    @property
    def entity_id(self) -> str:
        return self.workspace_id

    @model_validator(mode="after")
    def _key_reads_where_it_writes(self) -> Self:
        if self.key.grants.default not in self.key.grants.write:
            raise ValueError("the key's default namespace must be writable")
        return self


class CreateNamespace(Command):
    entity = "namespace"
    verb = "create"

    grants: Grants = NO_GRANTS
    namespace: NamespaceKey
    name: Name

    @property
    def entity_id(self) -> str:
        return str(namespace_id(self.workspace_id, self.namespace))


class ChangeNamespace(Command):
    """Renames, archives or restores; what is absent stays. What is in an archived namespace is kept, and not found."""

    entity = "namespace"
    verb = "change"

    grants: Grants = NO_GRANTS
    namespace_id: UUID
    name: Name | None = None
    status: NamespaceStatus | None = None

    @property
    def entity_id(self) -> str:
        return str(self.namespace_id)


class KeyCommand(Command):
    """About one key."""

    entity = "key"

    grants: Grants = NO_GRANTS
    key_id: UUID

    @property
    def entity_id(self) -> str:
        return str(self.key_id)


class IssueKey(KeyCommand):
    """Makes a key. Without `scopes` it reads and writes its default namespace alone; without that, the workspace's."""

    verb = "issue"

    public_id: PublicId
    secret_hash: SecretHash
    name: Title
    default_namespace_id: UUID | None = None
    scopes: Scopes | None = None
    expires_at: Moment | None = None


class RenameKey(KeyCommand):
    verb = "rename"

    name: Title


class RotateKey(KeyCommand):
    """Another secret for the same key; the one before is dead once this is answered."""

    verb = "rotate"

    public_id: PublicId
    secret_hash: SecretHash


class RevokeKey(KeyCommand):
    """For good: it is dead once this is answered."""

    verb = "revoke"


class ChangeScopes(KeyCommand):
    """What a key may do from now on; what is absent stays."""

    verb = "scope"

    default_namespace_id: UUID | None = None
    scopes: Scopes | None = None


class ChangeWorkspace(Command):
    """Renames it, or switches its plan; what is absent stays."""

    entity = "workspace"
    verb = "change"

    grants: Grants = NO_GRANTS
    name: Title | None = None
    plan: Plan | None = None

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class AssignWorkspace(Command):
    """Gives a workspace that nobody owns to an organisation."""

    entity = "workspace"
    verb = "assign"

    organisation_id: UUID

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class DeleteWorkspace(Command):
    """For good, with all that is in it. Its keys are dead once this is answered."""

    entity = "workspace"
    verb = "delete"

    grants: Grants = NO_GRANTS

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class RecordExport(Command):
    """That somebody is about to take an export away: said before its first line goes out."""

    entity = "workspace"
    verb = "export"

    namespaces: Annotated[tuple[NamespaceKey, ...], Field(max_length=SCOPES_MAX)]
    with_events: bool = False
    counts: Counts

    @property
    def entity_id(self) -> str:
        return self.workspace_id


class RecordImport(Command):
    """That somebody brought lines in, whose commands have all been decided."""

    entity = "workspace"
    verb = "import"

    counts: Counts

    @property
    def entity_id(self) -> str:
        return self.workspace_id
