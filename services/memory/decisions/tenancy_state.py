"""A workspace itself, its namespaces and its keys as decisions see them, and how an event changes them."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from contracts.base import Grants, NamespaceStatus, Plan, namespace_id
from contracts.events import (
    KeyIssued,
    KeyRenamed,
    KeyRevoked,
    KeyRotated,
    KeyScoped,
    NamespaceChanged,
    NamespaceCreated,
    PlanSwitched,
    TenancyEvent,
    WebhookChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookRotated,
    WorkspaceAssigned,
    WorkspaceDeleted,
    WorkspaceExported,
    WorkspaceImported,
    WorkspaceOpened,
    WorkspaceRenamed,
)

DEFAULT_NAME = "Default"
SETTINGS = ("workspace", "namespace", "key", "webhook")
"""Entities whose streams are few and short: their versions are looked up in the log where they are needed."""


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    name: str
    plan: Plan
    created_at: datetime
    organisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NamespaceState:
    """A namespace as it is now. The default one came with the workspace, without an event of its own."""

    namespace: str
    name: str
    status: NamespaceStatus
    is_default: bool


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key as it is now. `retired` are the public ids that it had before: they never come back."""

    key_id: str
    public_id: str
    secret_hash: str
    name: str
    grants: Grants
    created_at: datetime
    expires_at: datetime | None = None
    rotated_at: datetime | None = None
    revoked: bool = False
    retired: tuple[str, ...] = ()

    def is_live(self, now: datetime) -> bool:
        return not self.revoked and (self.expires_at is None or self.expires_at > now)


@dataclass(frozen=True, slots=True)
class WebhookState:
    """A webhook as it is now. `secrets`: how many it had before the one that it has."""

    webhook_id: UUID
    url: str
    types: tuple[str, ...]
    description: str | None
    created_at: datetime
    enabled: bool = True
    reason: str | None = None
    updated_at: datetime | None = None
    secrets: int = 0
    rotated_at: datetime | None = None


@dataclass(slots=True)
class Tenancy:
    """Of one workspace: all its namespaces by their keys, all its API keys by their ids, and its webhooks."""

    workspace: WorkspaceFacts | None = None
    namespaces: dict[str, NamespaceState] = field(default_factory=dict)
    keys: dict[str, KeyState] = field(default_factory=dict)
    webhooks: dict[UUID, WebhookState] = field(default_factory=dict)

    @property
    def default(self) -> NamespaceState:
        """The namespace that the workspace came with."""
        return next(each for each in self.namespaces.values() if each.is_default)

    def key(self, key_id: UUID) -> KeyState | None:
        """None for a revoked one too."""
        found = self.keys.get(str(key_id))
        return None if found is None or found.revoked else found

    def by_id(self, workspace_id: str) -> dict[UUID, NamespaceState]:
        return {namespace_id(workspace_id, key): each for key, each in self.namespaces.items()}


def evolve_tenancy(before: Tenancy, event: TenancyEvent, time: datetime) -> None:
    """Moves `before` on by one more event of one of its streams."""
    match event:
        case WorkspaceOpened():
            before.workspace = WorkspaceFacts(event.name, event.plan, time)
            opened = NamespaceState(event.default_namespace, DEFAULT_NAME, "active", True)
            before.namespaces[event.default_namespace] = opened
        case WorkspaceAssigned() | WorkspaceRenamed() | PlanSwitched():
            _change_workspace(before, event)
        case WorkspaceDeleted() | WorkspaceExported() | WorkspaceImported():  # who ends it needs to know what it was
            pass
        case NamespaceCreated() | NamespaceChanged():
            before.namespaces[event.namespace] = _namespace(before, event)
        case KeyIssued() | KeyRenamed() | KeyRotated() | KeyScoped() | KeyRevoked():
            changed = _key(before.keys.get(str(event.key_id)), event, time)
            if changed is not None:
                before.keys[changed.key_id] = changed
        case WebhookCreated() | WebhookChanged() | WebhookRotated() | WebhookDeleted():
            _change_webhook(before.webhooks, event, time)
        case _:
            assert_never(event)


def _change_workspace(before: Tenancy, event: WorkspaceAssigned | WorkspaceRenamed | PlanSwitched) -> None:
    if before.workspace is None:
        return
    match event:
        case WorkspaceAssigned():
            before.workspace = replace(before.workspace, organisation_id=event.organisation_id)
        case WorkspaceRenamed():
            before.workspace = replace(before.workspace, name=event.name)
        case PlanSwitched():
            before.workspace = replace(before.workspace, plan=event.plan)
        case _:
            assert_never(event)


def _change_webhook(
    webhooks: dict[UUID, WebhookState],
    event: WebhookCreated | WebhookChanged | WebhookRotated | WebhookDeleted,
    time: datetime,
) -> None:
    known = webhooks.pop(event.webhook_id, None)
    match event:
        case WebhookCreated():
            known = WebhookState(event.webhook_id, event.url, event.types, event.description, time)
        case WebhookChanged() if known is not None:
            said = {name: getattr(event, name) for name in ("url", "types", "description", "enabled", "reason")}
            known = replace(known, **said, updated_at=time)
        case WebhookRotated() if known is not None:
            known = replace(known, secrets=known.secrets + 1, rotated_at=time)
        case _:
            return
    webhooks[event.webhook_id] = known


def _namespace(before: Tenancy, event: NamespaceCreated | NamespaceChanged) -> NamespaceState:
    known = before.namespaces.get(event.namespace)
    status = event.status if isinstance(event, NamespaceChanged) else "active"
    return NamespaceState(event.namespace, event.name, status, known is not None and known.is_default)


def _key(
    before: KeyState | None,
    event: KeyIssued | KeyRenamed | KeyRotated | KeyScoped | KeyRevoked,
    time: datetime,
) -> KeyState | None:
    if isinstance(event, KeyIssued):
        return KeyState(
            key_id=str(event.key_id),
            public_id=event.public_id,
            secret_hash=event.secret_hash,
            name=event.name,
            grants=event.grants,
            created_at=time,
            expires_at=event.expires_at,
        )
    if before is None:
        return None
    match event:
        case KeyRenamed():
            return replace(before, name=event.name)
        case KeyScoped():
            return replace(before, grants=event.grants)
        case KeyRevoked():
            return replace(before, revoked=True)
        case KeyRotated():
            return replace(
                before,
                public_id=event.public_id,
                secret_hash=event.secret_hash,
                rotated_at=time,
                retired=(*before.retired, event.previous_public_id),
            )
        case _:
            assert_never(event)
