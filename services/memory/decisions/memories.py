"""Decisions about memories: one function a command. Those about relationships are in a module of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from contracts.commands import (
    AnyCommand,
    ConsolidateMemories,
    DeleteMemories,
    DeleteMemory,
    DeleteRelationship,
    DocumentOrder,
    EndSession,
    ImportConsolidation,
    ImportMemory,
    ImportObservations,
    ImportRelationship,
    ImportSession,
    MakeRelationship,
    OpenWorkspace,
    RateMemory,
    RecalculateImportance,
    RecordAccess,
    RecordJob,
    RecordObservations,
    RecordRetrieval,
    RetryExtraction,
    ReviseMemory,
    StartMaintenance,
    StartSession,
    StoreMemory,
    TenancyOrder,
    UndoConsolidation,
)
from contracts.events import MemoryDeleted, MemoryRevised, MemoryStored
from contracts.replies import Refusal
from services.memory.decisions import (
    consolidation,
    documents,
    feedback,
    importing,
    maintenance,
    relationships,
    sessions,
    tenancy,
)
from services.memory.decisions.grants import at_revision, namespace_for, readable, writable
from services.memory.decisions.maintenance import is_expired
from services.memory.decisions.outcomes import Decision, Happened
from services.memory.decisions.plans import no_room
from services.memory.decisions.state import MemoryState, WorkspaceState


def decide(  # noqa: PLR0911, PLR0912 - one for each kind of command
    state: WorkspaceState, command: AnyCommand, now: datetime
) -> Decision | Refusal:
    """Total over all commands; the type checker lists this place when there is a new one."""
    if not isinstance(command, OpenWorkspace) and state.plan is None:
        return Refusal(code="unknown_workspace", detail="There is no such workspace.")
    if isinstance(command, TenancyOrder):
        return tenancy.decide(state, command, now)
    if isinstance(command, DocumentOrder):
        return documents.decide(state, command)
    match command:
        case StoreMemory():
            return _store(state, command)
        case ReviseMemory():
            return _revise(state, command)
        case ConsolidateMemories() | UndoConsolidation():
            return consolidation.decide(state, command)
        case DeleteMemory() | DeleteMemories():
            return _delete(state, command)
        case RecordAccess() | RecordRetrieval() | RateMemory():
            return _use(state, command, now)
        case StartSession() | RecordObservations() | EndSession() | RetryExtraction() | RecordJob():
            return sessions.decide(state, command)
        case StartMaintenance() | RecalculateImportance():
            return maintenance.decide(state, command)
        case MakeRelationship() | DeleteRelationship():
            return _relate(state, command)
        case ImportMemory() | ImportConsolidation() | ImportRelationship() | ImportSession() | ImportObservations():
            return importing.decide(state, command, now)
        case _:
            assert_never(command)


def _store(state: WorkspaceState, command: StoreMemory) -> Decision | Refusal:
    namespace = namespace_for(state, command.namespace, command.grants)
    if isinstance(namespace, Refusal):
        return namespace
    if command.memory_id in state.memories:
        return Refusal(code="already_exists", detail=f"Memory '{command.memory_id}' exists or has existed.")
    if (full := no_room(state)) is not None:
        return full
    event = MemoryStored(
        memory_id=command.memory_id,
        namespace=namespace,
        **dict(command.draft),
        source_session_id=command.source_session_id,
        evidence=command.evidence,
    )
    return Decision((Happened(command.memory_id, event),))


def _revise(state: WorkspaceState, command: ReviseMemory) -> Decision | Refusal:
    found = at_revision(state, command.memory_id, command.grants, command.expected_revision)
    if isinstance(found, Refusal):
        return found
    changed = {name: value for name, value in command.changes.given().items() if getattr(found, name) != value}
    if not changed and command.evidence is None:
        return Decision()
    if found.consolidated_from:
        return Decision(consolidation.revised(found, command, changed))
    event = MemoryRevised.model_validate({"memory_id": command.memory_id, "evidence": command.evidence, **changed})
    return Decision((Happened(command.memory_id, event), *consolidation.let_go(state, found, changed)))


def _delete(state: WorkspaceState, command: DeleteMemory | DeleteMemories) -> Decision | Refusal:
    if isinstance(command, DeleteMemories):
        return _delete_batch(state, command)
    found = at_revision(state, command.memory_id, command.grants, command.expected_revision)
    if isinstance(found, Refusal):
        return found
    return Decision(_deleted(state, [command.memory_id]))


def _delete_batch(state: WorkspaceState, command: DeleteMemories) -> Decision | Refusal:
    """Those that are not there are passed over; one that may be read but not written refuses the whole."""
    there = []
    for memory_id in dict.fromkeys(command.memory_ids):
        found = writable(state, memory_id, command.grants)
        if isinstance(found, MemoryState):
            if command.unchanged_since is None or is_expired(found, command.unchanged_since):
                there.append(memory_id)
        elif found.code != "unknown_memory":
            return found
    return Decision(_deleted(state, there))


def _deleted(state: WorkspaceState, memory_ids: Sequence[str]) -> tuple[Happened, ...]:
    memories = (Happened(memory_id, MemoryDeleted(memory_id=memory_id)) for memory_id in memory_ids)
    unfolded = consolidation.deleted_with(state, memory_ids)
    return (*relationships.deleted_with(state, memory_ids), *unfolded, *memories)


def _use(
    state: WorkspaceState, command: RecordAccess | RecordRetrieval | RateMemory, now: datetime
) -> Decision | Refusal:
    if isinstance(command, RateMemory):
        return feedback.rate(state, command)
    return _count(state, command, now)


def _count(state: WorkspaceState, command: RecordAccess | RecordRetrieval, now: datetime) -> Decision | Refusal:
    """Counting is no change: whoever may read a memory may count that he did."""
    found = readable(state, command.memory_id, command.grants)
    if isinstance(found, Refusal):
        return found
    usage = found.usage
    if isinstance(command, RecordRetrieval):
        counted = replace(
            usage, retrieval_count=usage.retrieval_count + 1, unlogged_retrievals=usage.unlogged_retrievals + 1
        )
    else:
        counted = replace(
            usage,
            access_count=usage.access_count + 1,
            last_accessed_at=now,
            unlogged_accesses=usage.unlogged_accesses + 1,
        )
    return Decision(counted=(command.memory_id, counted))


def _relate(state: WorkspaceState, command: MakeRelationship | DeleteRelationship) -> Decision | Refusal:
    if isinstance(command, MakeRelationship):
        return relationships.make(state, command)
    return relationships.delete(state, command)
