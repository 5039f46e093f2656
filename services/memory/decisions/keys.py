"""Decisions about API keys: one function a command. A key is known by its id; its secret is nowhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never
from uuid import UUID

from contracts.base import Grants, Scope, namespace_id
from contracts.commands import ChangeScopes, IssueKey, RenameKey, RevokeKey, RotateKey
from contracts.events import KeyIssued, KeyRenamed, KeyRevoked, KeyRotated, KeyScoped
from contracts.replies import Refusal
from services.memory.decisions.grants import unknown_namespace
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.plans import FIRST_PLAN, PLANS
from services.memory.decisions.state import WorkspaceState
from services.memory.decisions.tenancy_state import KeyState, NamespaceState

KEYS_MAX = 1_000
"""Live keys that a workspace may have under a plan without a limit."""

KeyOrder = IssueKey | RenameKey | RotateKey | RevokeKey | ChangeScopes


def decide(state: WorkspaceState, command: KeyOrder, now: datetime) -> Decision | Refusal:
    if isinstance(command, IssueKey):
        return _issue(state, command, now)
    found = state.tenancy.key(command.key_id)
    if found is None:
        return unknown_key(command.key_id)
    match command:
        case RenameKey():
            if command.name == found.name:
                return Decision()
            return _of(found, KeyRenamed(key_id=command.key_id, name=command.name))
        case RotateKey():
            return _rotate(found, command)
        case RevokeKey():
            return _of(found, KeyRevoked(key_id=command.key_id))
        case ChangeScopes():
            return _scope(state, found, command)
        case _:
            assert_never(command)


def unknown_key(key_id: UUID) -> Refusal:
    """The same for one that never was and one that was revoked."""
    return Refusal(code="unknown_key", detail=f"API key '{key_id}' not found.")


def scopes_of(workspace_id: str, grants: Grants) -> list[dict[str, Any]]:
    """Grants as contracts.replies.KeyScope, in the order of their namespaces."""
    return [
        {
            "namespace_id": namespace_id(workspace_id, each),
            "namespace": each,
            "permissions": [name for name in ("read", "write") if each in getattr(grants, name)],
        }
        for each in sorted({*grants.read, *grants.write})
    ]


def _issue(state: WorkspaceState, command: IssueKey, now: datetime) -> Decision | Refusal:
    if command.entity_id in state.tenancy.keys:
        return Refusal(code="already_exists", detail=f"API key '{command.key_id}' exists or has existed.")
    limit = PLANS[state.plan or FIRST_PLAN].keys
    live = sum(each.is_live(now) for each in state.tenancy.keys.values())
    if live >= (KEYS_MAX if limit is None else limit):
        return Refusal(code="key_limit_reached", detail=f"The limit of {limit or KEYS_MAX} live API keys is reached.")
    grants = _grants(state, command.default_namespace_id, command.scopes)
    if isinstance(grants, Refusal):
        return grants
    issued = KeyIssued(
        key_id=command.key_id,
        public_id=command.public_id,
        secret_hash=command.secret_hash,
        name=command.name,
        grants=grants,
        expires_at=command.expires_at,
    )
    return Decision((Happened(command.entity_id, issued),))


def _rotate(found: KeyState, command: RotateKey) -> Decision | Refusal:
    if command.public_id in (found.public_id, *found.retired):
        return Refusal(code="already_exists", detail="The key has had that secret before.")
    rotated = KeyRotated(
        key_id=command.key_id,
        public_id=command.public_id,
        secret_hash=command.secret_hash,
        previous_public_id=found.public_id,
    )
    return _of(found, rotated)


def _scope(state: WorkspaceState, found: KeyState, command: ChangeScopes) -> Decision | Refusal:
    grants = _grants(state, command.default_namespace_id, command.scopes, found)
    if isinstance(grants, Refusal):
        return grants
    if grants == found.grants:
        return Decision()
    return _of(found, KeyScoped(key_id=command.key_id, grants=grants))


def _of(found: KeyState, event: KeyRenamed | KeyRotated | KeyRevoked | KeyScoped) -> Decision:
    return Decision((Happened(found.key_id, event),))


def _grants(
    state: WorkspaceState, default_id: UUID | None, scopes: Sequence[Scope] | None, before: KeyState | None = None
) -> Grants | Refusal:
    """What a key may do that is asked for with `default_id` and `scopes`; where they are absent, what it may `before`.

    A new key without scopes reads and writes its default namespace. Where no default is named, a new key writes to the
    workspace's if it may, another key goes on with its own if that is still granted; else it is the first that is.
    """
    there = {each: found for each, found in state.tenancy.by_id(state.workspace_id).items() if found.status == "active"}
    named = [*(each.namespace_id for each in scopes or ()), *(() if default_id is None else (default_id,))]
    if (unknown := next((each for each in named if each not in there), None)) is not None:
        return unknown_namespace(str(unknown))
    default = None if default_id is None else there[default_id].namespace
    if scopes is not None:
        read, write = _granted(there, scopes, "read"), _granted(there, scopes, "write")
    elif before is not None:
        read, write = before.grants.read, before.grants.write
    else:
        default = default or state.tenancy.default.namespace
        read = write = (default,)
    if default is None:
        kept = (state.tenancy.default.namespace, write) if before is None else (before.grants.default, (*write, *read))
        default = kept[0] if kept[0] in kept[1] else (*write, *read)[0]
    elif default not in (*read, *write):
        detail = "A key's default namespace must be one that it may read or write."
        return Refusal(code="default_not_granted", detail=detail)
    return Grants(read=read, write=write, default=default)


def _granted(there: Mapping[UUID, NamespaceState], scopes: Sequence[Scope], what: str) -> tuple[str, ...]:
    return tuple(sorted({there[each.namespace_id].namespace for each in scopes if what in each.permissions}))
