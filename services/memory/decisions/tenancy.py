"""Decisions about a workspace itself, its namespaces and keys: one function a command, and what each is answered."""

from datetime import datetime
from typing import Any, assert_never

from contracts.base import namespace_id, tenant_id
from contracts.commands import (
    AssignWorkspace,
    ChangeNamespace,
    ChangeScopes,
    ChangeWebhook,
    ChangeWorkspace,
    CreateNamespace,
    CreateWebhook,
    DeleteWebhook,
    DeleteWorkspace,
    IssueKey,
    OpenWorkspace,
    RecordExport,
    RecordImport,
    RenameKey,
    RevokeKey,
    RotateKey,
    RotateWebhook,
    TenancyOrder,
)
from contracts.events import (
    AnyEvent,
    KeyIssued,
    NamespaceChanged,
    NamespaceCreated,
    PlanSwitched,
    WorkspaceAssigned,
    WorkspaceDeleted,
    WorkspaceExported,
    WorkspaceImported,
    WorkspaceOpened,
    WorkspaceRenamed,
)
from contracts.replies import ApiKey, ManagedWorkspace, Namespace, Refusal
from services.memory.decisions import keys, webhooks
from services.memory.decisions.grants import unknown_namespace
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.plans import FIRST_PLAN, PLANS
from services.memory.decisions.state import WorkspaceState
from services.memory.decisions.tenancy_state import KeyState, NamespaceState, Tenancy

NAMESPACES_MAX = 1_000
"""As many may be in a workspace."""


def decide(state: WorkspaceState, command: TenancyOrder, now: datetime) -> Decision | Refusal:
    match command:
        case OpenWorkspace():
            return _open(state, command)
        case AssignWorkspace():
            return _assign(state, command)
        case ChangeWorkspace():
            return _change(state, command)
        case DeleteWorkspace() | RecordExport() | RecordImport():
            return Decision((Happened(command.workspace_id, _said(command)),))
        case CreateNamespace():
            return _create(state, command)
        case ChangeNamespace():
            return _change_namespace(state, command)
        case IssueKey() | RenameKey() | RotateKey() | RevokeKey() | ChangeScopes():
            return keys.decide(state, command, now)
        case CreateWebhook() | ChangeWebhook() | RotateWebhook() | DeleteWebhook():
            return webhooks.decide(state, command)
        case _:
            assert_never(command)


def answer(state: WorkspaceState, command: TenancyOrder, now: datetime) -> Any:
    """What a command is answered that was carried out: the thing as it is then."""
    match command:
        case AssignWorkspace() | ChangeWorkspace():
            return workspace(state.workspace_id, state.tenancy, state.memory_count, now)
        case CreateNamespace():
            return namespace(state.workspace_id, state.tenancy.namespaces[command.namespace])
        case ChangeNamespace():
            return namespace(state.workspace_id, state.tenancy.by_id(state.workspace_id)[command.namespace_id])
        case CreateWebhook() | ChangeWebhook() | RotateWebhook():
            return webhooks.webhook(state.workspace_id, state.tenancy.webhooks[command.webhook_id])
        case RevokeKey() | DeleteWebhook() | DeleteWorkspace() | RecordExport() | RecordImport():
            return None
        case OpenWorkspace():
            return api_key(state.workspace_id, state.tenancy.keys[str(command.key.key_id)])
        case IssueKey() | RenameKey() | RotateKey() | ChangeScopes():
            return api_key(state.workspace_id, state.tenancy.keys[command.entity_id])
        case _:
            assert_never(command)


def namespace(workspace_id: str, found: NamespaceState) -> Namespace:
    return Namespace(
        id=namespace_id(workspace_id, found.namespace),
        key=found.namespace,
        name=found.name,
        status=found.status,
        is_default=found.is_default,
    )


def api_key(workspace_id: str, found: KeyState) -> ApiKey:
    return ApiKey.model_validate(
        {
            "key_id": found.key_id,
            "workspace_id": workspace_id,
            "tenant_id": tenant_id(workspace_id),
            "name": found.name,
            "prefix": f"wft_live_{found.public_id}",
            "default_namespace_id": namespace_id(workspace_id, found.grants.default),
            "scopes": keys.scopes_of(workspace_id, found.grants),
            "created_at": found.created_at,
            "rotated_at": found.rotated_at,
            "expires_at": found.expires_at,
        }
    )


def workspace(workspace_id: str, found: Tenancy, memory_count: int, now: datetime) -> ManagedWorkspace:
    assert found.workspace is not None
    limits = PLANS[found.workspace.plan]
    return ManagedWorkspace(
        workspace_id=workspace_id,
        tenant_id=tenant_id(workspace_id),
        name=found.workspace.name,
        plan=found.workspace.plan,
        created_at=found.workspace.created_at,
        default_namespace_id=namespace_id(workspace_id, found.default.namespace),
        memory_count=memory_count,
        memory_limit=limits.memories,
        retention_days=limits.retention_days,
        key_count=sum(each.is_live(now) for each in found.keys.values()),
        key_limit=limits.keys,
    )


def _open(state: WorkspaceState, command: OpenWorkspace) -> Decision | Refusal:
    if state.deleted:
        return Refusal(code="already_deleted", detail="The workspace has been deleted since.")
    if state.plan is not None:
        return Refusal(code="already_exists", detail=f"Workspace '{command.workspace_id}' exists.")
    opened = WorkspaceOpened(name=command.name, plan=FIRST_PLAN, default_namespace=command.key.grants.default)
    issued = KeyIssued(**dict(command.key))
    happened = (Happened(command.workspace_id, opened), Happened(str(issued.key_id), issued))
    if command.organisation_id is None:
        return Decision(happened)
    assigned = WorkspaceAssigned(organisation_id=command.organisation_id)
    return Decision((*happened, Happened(command.workspace_id, assigned)))


def _assign(state: WorkspaceState, command: AssignWorkspace) -> Decision | Refusal:
    found = state.tenancy.workspace
    assert found is not None
    if found.organisation_id == command.organisation_id:
        return Decision()
    if found.organisation_id is not None:
        return Refusal(code="already_exists", detail="The workspace belongs to another organisation.")
    return Decision((Happened(command.workspace_id, WorkspaceAssigned(organisation_id=command.organisation_id)),))


def _change(state: WorkspaceState, command: ChangeWorkspace) -> Decision:
    """A plan may be smaller than what is there: nothing goes, and what is beyond its limits is refused from then on."""
    found = state.tenancy.workspace
    assert found is not None
    events: list[AnyEvent] = []
    if command.name is not None and command.name != found.name:
        events.append(WorkspaceRenamed(name=command.name))
    if command.plan is not None and command.plan != found.plan:
        events.append(PlanSwitched(plan=command.plan, previous=found.plan))
    return Decision(tuple(Happened(command.workspace_id, each) for each in events))


def _said(command: DeleteWorkspace | RecordExport | RecordImport) -> AnyEvent:
    match command:
        case DeleteWorkspace():
            return WorkspaceDeleted()
        case RecordExport():
            return WorkspaceExported(
                namespaces=command.namespaces, with_events=command.with_events, counts=command.counts
            )
        case RecordImport():
            return WorkspaceImported(counts=command.counts)
        case _:
            assert_never(command)


def _create(state: WorkspaceState, command: CreateNamespace) -> Decision | Refusal:
    """An archived namespace keeps its key: what was in it may come back."""
    if command.namespace in state.tenancy.namespaces:
        return Refusal(code="namespace_exists", detail=f"Namespace '{command.namespace}' exists.")
    if len(state.tenancy.namespaces) >= NAMESPACES_MAX:
        detail = f"A workspace has {NAMESPACES_MAX} namespaces at most."
        return Refusal(code="namespace_limit_reached", detail=detail)
    created = NamespaceCreated.model_validate(
        {"namespace_id": command.entity_id, "namespace": command.namespace, "name": command.name}
    )
    return Decision((Happened(command.entity_id, created),))


def _change_namespace(state: WorkspaceState, command: ChangeNamespace) -> Decision | Refusal:
    found = state.tenancy.by_id(state.workspace_id).get(command.namespace_id)
    if found is None:
        return unknown_namespace(command.entity_id)
    name, status = command.name or found.name, command.status or found.status
    if (name, status) == (found.name, found.status):
        return Decision()
    if status == "archived" and found.is_default:
        detail = "The workspace's default namespace can't be archived."
        return Refusal(code="default_namespace", detail=detail)
    changed = NamespaceChanged(namespace_id=command.namespace_id, namespace=found.namespace, name=name, status=status)
    return Decision((Happened(command.entity_id, changed),))
