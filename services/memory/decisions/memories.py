"""Decisions about memories: one function a command."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from contracts.base import Grants
from contracts.commands import (
    AnyCommand,
    DeleteMemories,
    DeleteMemory,
    OpenWorkspace,
    RecordAccess,
    RecordRetrieval,
    ReviseMemory,
    StoreMemory,
)
from contracts.events import AnyEvent, KeyIssued, MemoryDeleted, MemoryRevised, MemoryStored, WorkspaceOpened
from contracts.replies import Refusal
from services.memory.decisions.plans import FIRST_PLAN, PLANS
from services.memory.decisions.state import MemoryState, Usage, WorkspaceState


@dataclass(frozen=True, slots=True)
class Happened:
    """An event to be appended to `stream`."""

    stream: str
    event: AnyEvent


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a command: events, or new counters of one memory (which reach the log later, in batches)."""

    happened: tuple[Happened, ...] = ()
    counted: tuple[str, Usage] | None = None


def decide(state: WorkspaceState, command: AnyCommand, now: datetime) -> Decision | Refusal:
    """Total over all commands; the type checker lists this place when there is a new one."""
    if not isinstance(command, OpenWorkspace) and state.plan is None:
        return Refusal(code="unknown_workspace", detail="There is no such workspace.")
    match command:
        case StoreMemory():
            return _store(state, command)
        case ReviseMemory():
            return _revise(state, command)
        case DeleteMemory():
            return _delete(state, command)
        case DeleteMemories():
            return _delete_batch(state, command)
        case RecordAccess():
            return _count(state, command, now)
        case RecordRetrieval():
            return _count(state, command, None)
        case OpenWorkspace():
            return _open(state, command)
        case _:
            assert_never(command)


def unknown_memory(memory_id: str) -> Refusal:
    """The same for a memory that never was, was deleted, or may not be seen."""
    return Refusal(code="unknown_memory", detail=f"Memory '{memory_id}' not found.")


def _store(state: WorkspaceState, command: StoreMemory) -> Decision | Refusal:
    namespace = command.namespace or command.grants.default
    if state.namespaces.get(namespace) != "active":
        return Refusal(code="unknown_namespace", detail=f"Namespace '{namespace}' not found.")
    if (refusal := _not_writable(namespace, command.grants)) is not None:
        return refusal
    if command.memory_id in state.memories:
        return Refusal(code="already_exists", detail=f"Memory '{command.memory_id}' exists or has existed.")
    limit = PLANS[state.plan or FIRST_PLAN].memories
    if limit is not None and state.memory_count >= limit:
        return Refusal(code="memory_limit_reached", detail=f"The plan's limit of {limit} memories is reached.")
    event = MemoryStored(memory_id=command.memory_id, namespace=namespace, **dict(command.draft))
    return Decision((Happened(command.memory_id, event),))


def _revise(state: WorkspaceState, command: ReviseMemory) -> Decision | Refusal:
    found = _writable(state, command.memory_id, command.grants, command.expected_revision)
    if isinstance(found, Refusal):
        return found
    changed = {name: value for name, value in command.changes.given().items() if getattr(found, name) != value}
    if not changed:
        return Decision()
    event = MemoryRevised.model_validate({"memory_id": command.memory_id, **changed})
    return Decision((Happened(command.memory_id, event),))


def _delete(state: WorkspaceState, command: DeleteMemory) -> Decision | Refusal:
    found = _writable(state, command.memory_id, command.grants, command.expected_revision)
    if isinstance(found, Refusal):
        return found
    return Decision((Happened(command.memory_id, MemoryDeleted(memory_id=command.memory_id)),))


def _delete_batch(state: WorkspaceState, command: DeleteMemories) -> Decision | Refusal:
    """Those that are not there are passed over; one that may be read but not written refuses the whole."""
    happened = []
    for memory_id in dict.fromkeys(command.memory_ids):
        found = _writable(state, memory_id, command.grants, None)
        if isinstance(found, MemoryState):
            happened.append(Happened(memory_id, MemoryDeleted(memory_id=memory_id)))
        elif found.code != "unknown_memory":
            return found
    return Decision(tuple(happened))


def _count(
    state: WorkspaceState, command: RecordAccess | RecordRetrieval, opened_at: datetime | None
) -> Decision | Refusal:
    """Counting is no change: whoever may read a memory may count that he did."""
    found = state.alive(command.memory_id)
    if found is None or found.namespace not in command.grants.read:
        return unknown_memory(command.memory_id)
    usage = found.usage
    if opened_at is None:
        return Decision(
            counted=(
                command.memory_id,
                replace(
                    usage,
                    retrieval_count=usage.retrieval_count + 1,
                    unlogged_retrievals=usage.unlogged_retrievals + 1,
                ),
            )
        )
    return Decision(
        counted=(
            command.memory_id,
            replace(
                usage,
                access_count=usage.access_count + 1,
                last_accessed_at=opened_at,
                unlogged_accesses=usage.unlogged_accesses + 1,
            ),
        )
    )


def _open(state: WorkspaceState, command: OpenWorkspace) -> Decision | Refusal:
    if state.plan is not None:
        return Refusal(code="already_exists", detail=f"Workspace '{command.workspace_id}' exists.")
    opened = WorkspaceOpened(name=command.name, plan=FIRST_PLAN, default_namespace=command.key.grants.default)
    issued = KeyIssued(**dict(command.key))
    return Decision((Happened(command.workspace_id, opened), Happened(str(issued.key_id), issued)))


def _writable(
    state: WorkspaceState, memory_id: str, grants: Grants, expected_revision: int | None
) -> MemoryState | Refusal:
    found = state.alive(memory_id)
    if found is None or found.namespace not in grants.read:
        return unknown_memory(memory_id)
    if (refusal := _not_writable(found.namespace, grants)) is not None:
        return refusal
    if expected_revision is not None and expected_revision != found.revision:
        detail = f"The memory is at revision {found.revision}, not {expected_revision}."
        return Refusal(code="revision_mismatch", detail=detail)
    return found


def _not_writable(namespace: str, grants: Grants) -> Refusal | None:
    if namespace in grants.write:
        return None
    if namespace in grants.read:
        return Refusal(code="namespace_read_only", detail=f"This key may read namespace '{namespace}', not write it.")
    return Refusal(code="namespace_not_granted", detail=f"This key has no grant for namespace '{namespace}'.")
