"""What the audit trail says of what happened: which changes it names, and what of them. Settings and counts, never
content; what a workspace, a namespace or a key is called is a setting. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from contracts.base import Grants
from contracts.events import (
    AnyEvent,
    DocumentDeleted,
    KeyIssued,
    KeyRenamed,
    KeyRevoked,
    KeyRotated,
    KeyScoped,
    MemoryDeleted,
    NamespaceChanged,
    NamespaceCreated,
    PlanSwitched,
    RelationshipDeleted,
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
from services.memory.decisions.accounts import (
    AccountMade,
    AccountRemoved,
    AnyAccountEvent,
    Organisation,
    OrganisationMade,
    PasswordSet,
    RoleGiven,
    stream_of,
)
from services.memory.decisions.document_state import DocumentState
from services.memory.decisions.outcomes import Happened
from services.memory.decisions.state import WorkspaceState

Detail = dict[str, Any]
"""JSON. Of what was something else before: `{"before": ..., "after": ...}`."""


def detail(state: WorkspaceState, happened: Happened) -> Detail | None:
    """What is to be said of an event that is about to change `state`; None where the trail does not name it."""
    match event := happened.event:
        case MemoryDeleted():
            memory = state.alive(happened.stream)
            return {} if memory is None else {"namespace": memory.namespace}
        case RelationshipDeleted():
            made = state.made(happened.stream)
            return {} if made is None else {"type": made.type, "source": made.source, "target": made.target}
        case DocumentDeleted():
            document = state.documents.get(happened.stream)
            return {"namespace": document.namespace} if isinstance(document, DocumentState) else {}
        case KeyIssued() | KeyRenamed() | KeyRotated() | KeyScoped() | KeyRevoked():
            return _of_key(state, event)
        case WebhookCreated() | WebhookChanged() | WebhookRotated() | WebhookDeleted():
            return _of_webhook(state, event)
        case NamespaceCreated():
            return {"namespace": event.namespace, "name": event.name}
        case NamespaceChanged():
            return _of_namespace(state, event)
        case _:
            return _of_workspace(state, event)


def _of_workspace(state: WorkspaceState, event: AnyEvent) -> Detail | None:
    known = state.tenancy.workspace
    match event:
        case WorkspaceOpened():
            return {"name": event.name, "plan": event.plan}
        case WorkspaceAssigned():
            return {"organisation_id": str(event.organisation_id)}
        case WorkspaceRenamed():
            return {"name": _change(known.name if known is not None else None, event.name)}
        case PlanSwitched():
            return {"plan": _change(event.previous, event.plan)}
        case WorkspaceDeleted():
            return {"memories": state.memory_count}
        case WorkspaceExported():
            return {"namespaces": list(event.namespaces), "events": event.with_events, "counts": event.counts}
        case WorkspaceImported():
            return {"counts": event.counts}
        case _:
            return None


def _of_namespace(state: WorkspaceState, event: NamespaceChanged) -> Detail:
    before = state.tenancy.namespaces.get(event.namespace)
    said: Detail = {"namespace": event.namespace}
    for name in ("name", "status"):
        was, is_now = getattr(before, name, None), getattr(event, name)
        if was != is_now:
            said[name] = _change(was, is_now)
    return said


def _of_key(state: WorkspaceState, event: KeyIssued | KeyRenamed | KeyRotated | KeyScoped | KeyRevoked) -> Detail:
    before = state.tenancy.keys.get(str(event.key_id))
    match event:
        case KeyIssued():
            expires_at = event.expires_at.isoformat() if event.expires_at is not None else None
            return {"name": event.name, "grants": _change(None, _grants(event.grants)), "expires_at": expires_at}
        case KeyRenamed():
            return {"name": _change(before.name if before is not None else None, event.name)}
        case KeyRotated():
            return {"public_id": _change(event.previous_public_id, event.public_id)}
        case KeyScoped():
            return {"grants": _change(_grants(before.grants if before is not None else None), _grants(event.grants))}
        case KeyRevoked():
            return {"grants": _change(_grants(before.grants if before is not None else None), None)}


def _of_webhook(
    state: WorkspaceState, event: WebhookCreated | WebhookChanged | WebhookRotated | WebhookDeleted
) -> Detail:
    """Of a URL only where it leads: the rest of it may be a secret of the receiver's."""
    before = state.tenancy.webhooks.get(event.webhook_id)
    match event:
        case WebhookCreated():
            return {"host": _change(None, urlsplit(event.url).hostname), "types": list(event.types)}
        case WebhookChanged() if before is not None:
            said: Detail = {} if event.reason is None else {"reason": event.reason}
            if event.url != before.url:
                said["host"] = _change(urlsplit(before.url).hostname, urlsplit(event.url).hostname)
            names = [it for it in ("types", "description", "enabled") if getattr(before, it) != getattr(event, it)]
            return said | {name: _change(getattr(before, name), getattr(event, name)) for name in names}
        case _:
            return {}


def _grants(grants: Grants | None) -> Detail | None:
    return None if grants is None else grants.model_dump(mode="json")


def _change(before: Any, after: Any) -> Detail:
    return {"before": before, "after": after}


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done in an organisation. `entity_id`: to whom, or to which workspace."""

    action: str
    entity_id: str
    detail: Detail


def deeds(organisation: Organisation, events: Iterable[AnyAccountEvent]) -> list[Deed]:
    """What is to be said of events that are about to change an organisation: who it was about by their id alone, since
    nothing else is kept of who has gone. The password that comes with an account is no deed of its own."""
    said, made = list[Deed](), set[UUID]()
    for event in events:
        stream = stream_of(event, organisation.organisation_id)
        match event:
            case OrganisationMade():
                said.append(Deed(event.type, str(stream), {}))
            case AccountMade():
                made.add(event.account_id)
                said.append(Deed(event.type, str(stream), {"role": _change(None, event.role)}))
            case PasswordSet():
                if event.account_id not in made:
                    said.append(Deed(event.type, str(stream), {"one_time": event.once}))
            case RoleGiven() | AccountRemoved():
                after = event.role if isinstance(event, RoleGiven) else None
                known = organisation.accounts.get(event.account_id)
                said.append(Deed(event.type, str(stream), {"role": _change(known.role if known else None, after)}))
    return said
