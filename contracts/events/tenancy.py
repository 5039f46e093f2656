"""What happens to a workspace, its namespaces and its keys."""

from uuid import UUID

from pydantic import Field

from contracts.base import Counts, Grants, Moment, Name, NamespaceKey, NamespaceStatus, Plan, Text, Title
from contracts.events.base import EventData


class WorkspaceOpened(EventData):
    """A workspace came into being. Its first event."""

    type = "weft.workspace.opened.v1"
    verb = "opened"
    entity = "workspace"

    name: Title = Field(description="What people call it")
    plan: Plan = Field(description="By which its limits are set")
    default_namespace: NamespaceKey = Field(description="Where writes go that name no namespace")


class WorkspaceAssigned(EventData):
    """The workspace belongs to an organisation, whose people may manage it. Said once."""

    type = "weft.workspace.assigned.v1"
    verb = "assigned"
    entity = "workspace"

    organisation_id: UUID = Field(description="The organisation")


class WorkspaceRenamed(EventData):
    """The workspace has another name."""

    type = "weft.workspace.renamed.v1"
    verb = "renamed"
    entity = "workspace"

    name: Title = Field(description="What people call it now")


class PlanSwitched(EventData):
    """From here on the limits are those of `plan`. What is there already stays, also beyond them."""

    type = "weft.workspace.plan_switched.v1"
    verb = "plan_switched"
    entity = "workspace"

    plan: Plan = Field(description="The plan from now on")
    previous: Plan = Field(description="The plan before")


class WorkspaceDeleted(EventData):
    """The workspace is gone for good, with all that was in it. Nothing comes after this, and everything before it
    leaves the streams."""

    type = "weft.workspace.deleted.v1"
    verb = "deleted"
    entity = "workspace"


class WorkspaceExported(EventData):
    """Somebody began to take away what they may read: as much as `counts` says was there at that moment."""

    type = "weft.workspace.exported.v1"
    verb = "exported"
    entity = "workspace"

    namespaces: tuple[NamespaceKey, ...] = Field(description="What they may read")
    with_events: bool = Field(description="Whether the log goes along")
    counts: Counts = Field(description="How many things were there, by kind")


class WorkspaceImported(EventData):
    """Somebody brought lines in; `counts` says what became of them."""

    type = "weft.workspace.imported.v1"
    verb = "imported"
    entity = "workspace"

    counts: Counts = Field(description="How many lines, by what became of them")


class NamespaceCreated(EventData):
    """A part of the workspace came into being, to which keys can be limited."""

    type = "weft.namespace.created.v1"
    verb = "created"
    entity = "namespace"

    namespace_id: UUID = Field(description="The namespace's id, which stays whatever it is called")
    namespace: NamespaceKey = Field(description="Its key, which never changes")
    name: Name = Field(description="What people call it")


class NamespaceChanged(EventData):
    """A namespace was renamed, archived or restored; it is now as this says.

    What is in an archived one is kept, and found by nobody until it is active again.
    """

    type = "weft.namespace.changed.v1"
    verb = "changed"
    entity = "namespace"

    namespace_id: UUID = Field(description="The namespace's id, which stays whatever it is called")
    namespace: NamespaceKey = Field(description="Its key, which never changes")
    name: Name = Field(description="What people call it now")
    status: NamespaceStatus = Field(description="Whether it is in use")


class KeyIssued(EventData):
    """A key was made. `secret_hash` is a keyed hash of it; the key itself is nowhere."""

    type = "weft.key.issued.v1"
    verb = "issued"
    entity = "key"

    key_id: UUID = Field(description="The key")
    public_id: Text = Field(description="The part of the key that is no secret")
    secret_hash: Text = Field(description="A keyed hash of the key")
    name: Title = Field(description="What people call it")
    grants: Grants = Field(description="The namespaces that it may read and write")
    expires_at: Moment | None = Field(None, description="When it dies by itself, if it does")


class KeyRenamed(EventData):
    """A key has another name."""

    type = "weft.key.renamed.v1"
    verb = "renamed"
    entity = "key"

    key_id: UUID = Field(description="The key")
    name: Title = Field(description="What people call it now")


class KeyRotated(EventData):
    """A key has another secret; the one before is dead."""

    type = "weft.key.rotated.v1"
    verb = "rotated"
    entity = "key"

    key_id: UUID = Field(description="The key")
    public_id: Text = Field(description="The part of the new key that is no secret")
    secret_hash: Text = Field(description="A keyed hash of the new key")
    previous_public_id: Text = Field(description="The same part of the key before")


class KeyScoped(EventData):
    """What a key may do was changed."""

    type = "weft.key.scoped.v1"
    verb = "scoped"
    entity = "key"

    key_id: UUID = Field(description="The key")
    grants: Grants = Field(description="The namespaces that it may read and write")


class KeyRevoked(EventData):
    """A key is dead for good."""

    type = "weft.key.revoked.v1"
    verb = "revoked"
    entity = "key"

    key_id: UUID = Field(description="The key")
